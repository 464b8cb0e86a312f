//! Any Deployment and any custom resource: nothing found where nothing was changed, and each change found where it is.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::*;
use crate::drift::path::Segment;

fn word() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,6}"
}

fn container(name: String) -> impl Strategy<Value = Value> {
    let env = proptest::collection::btree_map(word(), word(), 0..4);
    let args = proptest::collection::vec(word(), 0..3);
    (word(), env, args, 1u32..500, proptest::collection::btree_set(1u16.., 0..3)).prop_map(
        move |(image, env, args, milli, ports)| {
            let env: Vec<Value> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            let ports: Vec<Value> = ports.iter().map(|port| json!({"containerPort": port})).collect();
            json!({
                "name": name, "image": image, "env": env, "args": args, "ports": ports, "tty": false,
                "resources": {"requests": {"cpu": format!("{milli}m")}},
                "volumeMounts": [{"name": "data", "mountPath": format!("/{image}"), "readOnly": true}],
            })
        },
    )
}

fn deployment() -> impl Strategy<Value = Value> {
    let labels = proptest::collection::btree_map(word(), word(), 1..4);
    let containers = proptest::collection::btree_set(word(), 1..3)
        .prop_flat_map(|names| names.into_iter().map(container).collect::<Vec<_>>());
    (labels, containers, 0u8..9).prop_map(|(labels, containers, replicas)| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": labels},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            },
        })
    })
}

fn custom() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    let tree = scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z./~]{1,5}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    tree.prop_map(|spec| {
        json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"x": spec, "y": 1}})
    })
}

/// What a server adds: fields of its own at every mapping that is not one value, entries of others in keyed lists.
fn serve(value: &Value, path: &mut Vec<Segment>, built_in: bool) -> Value {
    let whole = path.iter().any(|it| matches!(it, Segment::Key(key) if key == "selector"));
    match value {
        Value::Object(fields) => {
            let mut served = serde_json::Map::new();
            for (key, value) in fields {
                path.push(Segment::Key(key.clone()));
                served.insert(key.clone(), serve(value, path, built_in));
                path.pop();
            }
            if !whole {
                served.insert("zzAdded".into(), json!({"by": ["the", "server"]}));
            }
            Value::Object(served)
        }
        Value::Array(items) => {
            let mut served: Vec<Value> = items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    path.push(Segment::Item { index, label: None });
                    let served = serve(item, path, built_in);
                    path.pop();
                    served
                })
                .collect();
            let keyed = matches!(path.last(), Some(Segment::Key(key)) if ["containers", "env", "volumeMounts"].contains(&key.as_str()));
            if built_in && keyed {
                served.insert(0, json!({"name": "zz-injected", "mountPath": "/zz-injected"}));
            }
            Value::Array(served)
        }
        scalar => scalar.clone(),
    }
}

fn served(desired: &Value, built_in: bool) -> Value {
    let mut live = serve(desired, &mut Vec::new(), built_in);
    live["status"] = json!({"anything": 1});
    live["metadata"]["uid"] = json!("u");
    live
}

/// Pointers of every scalar that desired states below `spec` and in the labels.
fn scalars(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                scalars(value, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                scalars(value, format!("{pointer}/{index}"), found);
            }
        }
        _ => found.push(pointer),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Bool(bool) => Value::from(!bool),
        Value::Number(number) => Value::from(number.as_i64().unwrap_or_default() + 7),
        Value::String(text) if text.ends_with('m') && text.starts_with(|it: char| it.is_ascii_digit()) => {
            Value::from("77777m")
        }
        Value::String(text) => Value::from(format!("{text}-other")),
        _ => Value::Null,
    }
}

/// Whether the scalar is part of what names an entry: then the entry as a whole is another one.
fn names_an_entry(pointer: &str, desired: &Value) -> bool {
    let (above, leaf) = pointer.rsplit_once('/').unwrap_or_default();
    let in_list = above.rsplit_once('/').is_some_and(|(list, _)| desired.pointer(list).is_some_and(Value::is_array));
    in_list && ["name", "mountPath", "containerPort"].contains(&leaf)
}

fn check_change(desired: &Value, at: &Index, remove: bool) -> Result<(), TestCaseError> {
    let mut pointers = Vec::new();
    scalars(&desired["spec"], "/spec".into(), &mut pointers);
    scalars(&desired["metadata"]["labels"], "/metadata/labels".into(), &mut pointers);
    pointers.retain(|it| desired.pointer(it).is_some_and(|value| !value.is_null()) && it != "/metadata/labels");
    let pointer = at.get(&pointers).clone();
    let mut live = desired.clone();
    let (above, leaf) = pointer.rsplit_once('/').unwrap_or_default();
    let Some(value) = live.pointer_mut(&pointer) else { return Ok(()) };
    *value = other(value);
    if remove {
        match live.pointer_mut(above) {
            Some(Value::Object(fields)) => drop(fields.remove(&leaf.replace("~1", "/").replace("~0", "~"))),
            // Removing an entry of a list is a change of the list; that has a test of its own.
            _ => return Ok(()),
        }
    }
    let found = compare(desired, &live, &gvk(desired), &CustomSchemas::default());
    let silent = remove && (leaf == "tty" || leaf == "replicas" && desired.pointer(&pointer) == Some(&json!(1)));
    let found: Vec<String> = found.iter().map(|it| it.path.pointer()).collect();
    if silent {
        prop_assert!(found.is_empty(), "{found:?}");
    } else if names_an_entry(&pointer, desired) {
        prop_assert!(
            !found.is_empty() && found.iter().all(|it| it == &pointer || above.starts_with(it.as_str())),
            "{found:?} for {pointer}"
        );
    } else {
        prop_assert_eq!(found, vec![pointer]);
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_the_server_adds_is_no_finding(deployment in deployment(), custom in custom()) {
        prop_assert_eq!(compare(&deployment, &served(&deployment, true), &gvk(&deployment), &CustomSchemas::default()), vec![]);
        prop_assert_eq!(compare(&custom, &served(&custom, false), &gvk(&custom), &CustomSchemas::default()), vec![]);
        prop_assert_eq!(compare(&deployment, &deployment, &gvk(&deployment), &CustomSchemas::default()), vec![]);
    }

    #[test]
    fn every_change_is_found_where_it_is(deployment in deployment(), custom in custom(), at: Index, remove: bool) {
        check_change(&deployment, &at, remove)?;
        check_change(&custom, &at, remove)?;
    }
}
