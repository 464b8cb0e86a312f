//! `managedFields` as an API server keeps them: who owns which field, and since when.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::live::Deed;

/// What applied the released manifests.
const APPLIER: &str = "argocd-controller";

/// What the deployment controller counts its rollouts in.
pub(super) const ROLLOUT: &str = "deployment.kubernetes.io/revision";

/// Lists whose members are told apart by these fields, by the list's name.
const KEYED: [(&str, &[&str]); 6] = [
    ("containers", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("ports", &["containerPort", "port", "protocol"]),
    ("conditions", &["type"]),
];

/// The applier's entry: every field of the manifest.
pub(super) fn applied(desired: &Value, at: Timestamp) -> Vec<Value> {
    let mut fields = owned(desired, "");
    for name in ["f:apiVersion", "f:kind"] {
        fields.remove(name);
    }
    if let Some(Value::Object(metadata)) = fields.get_mut("f:metadata") {
        metadata.remove("f:name");
        metadata.remove("f:namespace");
        if metadata.is_empty() {
            fields.remove("f:metadata");
        }
    }
    vec![json!({"manager": APPLIER, "operation": "Apply", "apiVersion": desired["apiVersion"],
        "time": at.to_string(), "fieldsType": "FieldsV1", "fieldsV1": fields})]
}

/// The entry of somebody who changed some fields.
pub(super) fn entry(desired: &Value, object: &Value, deed: &Deed) -> Value {
    let mut fields = Value::Object(Map::new());
    for path in deed.set.keys() {
        let mut place = &mut fields;
        for key in keys(object, path) {
            place = &mut place[key.as_str()];
        }
        *place = json!({});
    }
    let mut entry = json!({"manager": deed.manager, "operation": "Update", "apiVersion": desired["apiVersion"],
        "time": deed.at, "fieldsType": "FieldsV1", "fieldsV1": fields});
    if let Some(subresource) = &deed.subresource {
        entry["subresource"] = subresource.as_str().into();
    }
    entry
}

/// A field that is changed leaves the entries of those who owned it.
pub(super) fn take_over(entries: &mut [Value], object: &Value, path: &str) {
    let keys = keys(object, path);
    let Some((last, parents)) = keys.split_last() else { return };
    for entry in entries {
        let place = parents.iter().try_fold(&mut entry["fieldsV1"], |place, key| place.get_mut(key));
        if let Some(Value::Object(fields)) = place {
            fields.remove(last);
        }
    }
}

/// The controllers' entry for a status, and for the number of a rollout.
pub(super) fn status(object: &Value, status: &Value, at: Timestamp) -> Value {
    let mut fields = json!({"f:status": owned(status, "")});
    if object["kind"] == "Deployment" {
        fields["f:metadata"]["f:annotations"] = json!({".": {}, format!("f:{ROLLOUT}"): {}});
    }
    json!({"manager": "kube-controller-manager", "operation": "Update", "subresource": "status",
        "apiVersion": object["apiVersion"], "time": at.to_string(), "fieldsType": "FieldsV1", "fieldsV1": fields})
}

/// The fields of a value, in the notation of `FieldsV1`.
fn owned(value: &Value, name: &str) -> Map<String, Value> {
    match value {
        Value::Object(members) => {
            let fields = members.iter().map(|(key, member)| (format!("f:{key}"), Value::Object(owned(member, key))));
            fields.collect()
        }
        Value::Array(items) if KEYED.iter().any(|(list, _)| *list == name) => {
            let members = items.iter().map(|item| {
                let mut fields = Map::from_iter([(".".to_owned(), json!({}))]);
                fields.extend(owned(item, ""));
                (key(item, name), Value::Object(fields))
            });
            members.collect()
        }
        _ => Map::new(),
    }
}

/// `k:{"name":"backend-api"}`
fn key(item: &Value, list: &str) -> String {
    let names = KEYED.iter().find(|(name, _)| *name == list).map_or(&[][..], |(_, names)| *names);
    let mut key: Map<String, Value> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone()))).collect();
    if list == "ports" {
        key.entry("protocol").or_insert_with(|| "TCP".into());
    }
    format!("k:{}", Value::Object(key))
}

/// A JSON pointer into the object as `FieldsV1` keys.
fn keys(object: &Value, pointer: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let (mut place, mut list) = (object, String::new());
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        place = match place {
            Value::Array(items) => {
                let item = part.parse().ok().and_then(|index: usize| items.get(index)).unwrap_or(&Value::Null);
                keys.push(key(item, &list));
                item
            }
            _ => {
                keys.push(format!("f:{part}"));
                place.get(&part).unwrap_or(&Value::Null)
            }
        };
        list = part;
    }
    keys
}
