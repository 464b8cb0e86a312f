//! The objects, with the metadata that the server keeps: uid, resourceVersion, generation, times.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::kinds::{self, Kind};
use super::write::{Writer, claim};
use crate::model::object::ObjectKey;

/// All objects of a cluster.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) kinds: Vec<Kind>,
    /// By resource, then `namespace/name`: the order of a real server's lists.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// The newest resourceVersion.
    pub(super) version: u64,
}

impl Store {
    pub(super) fn new(mut objects: Vec<Value>) -> Self {
        let kinds = kinds::of(&objects);
        let namespaces: Vec<String> =
            objects.iter().filter_map(|it| it["metadata"]["namespace"].as_str()).map(str::to_owned).collect();
        for name in namespaces.into_iter().chain(["default".to_owned()]) {
            let exists = objects.iter().any(|it| it["kind"] == "Namespace" && it["metadata"]["name"] == name.as_str());
            if !exists {
                objects.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
            }
        }
        let mut store = Self { kinds, objects: BTreeMap::new(), version: 1000 };
        for object in objects {
            if let Some(kind) = store.kind_of(&object) {
                store.insert(&kind, object);
            }
        }
        store
    }

    pub(super) fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(&kind.full_name())?.get(&place(namespace, name))
    }

    pub(super) fn object(&self, key: &ObjectKey) -> Option<&Value> {
        self.get(self.kind(key)?, key.namespace.as_deref().unwrap_or_default(), &key.name)
    }

    /// The objects of a kind with their place, in order; an empty namespace means all.
    pub(super) fn list<'a>(
        &'a self,
        kind: &Kind,
        namespace: &str,
    ) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let all = self.objects.get(&kind.full_name()).into_iter().flatten();
        all.filter(move |(place, _)| place.starts_with(&prefix)).map(|(place, object)| (place.clone(), object))
    }

    /// Every `CustomResourceDefinition`.
    pub(super) fn definitions(&self) -> impl Iterator<Item = &Value> {
        let name = "customresourcedefinitions.apiextensions.k8s.io";
        self.objects.get(name).into_iter().flat_map(BTreeMap::values)
    }

    /// Creates the object or brings it to this state.
    pub(super) fn put(&mut self, writer: &Writer, object: Value) {
        if self.kind_of(&object).is_none() {
            self.kinds.extend(kinds::of(std::slice::from_ref(&object)).into_iter().last());
        }
        let Some(kind) = self.kind_of(&object) else { return };
        let (namespace, name) = names(&object);
        match self.get(&kind, &namespace, &name).cloned() {
            Some(before) => {
                self.replace(&kind, writer, &before, object);
            }
            None => {
                let mut object = object;
                claim(&mut object, &json!({}), writer, &kind.api_version());
                self.insert(&kind, object);
            }
        }
    }

    /// The object after a write: versions counted, fields claimed. Nothing happens where nothing changed.
    pub(super) fn replace(&mut self, kind: &Kind, writer: &Writer, before: &Value, mut after: Value) -> Value {
        for kept in ["uid", "creationTimestamp", "generation", "resourceVersion", "managedFields", "name", "namespace"]
        {
            match before["metadata"].get(kept) {
                Some(value) => after["metadata"][kept] = value.clone(),
                None => {
                    after["metadata"].as_object_mut().map(|metadata| metadata.remove(kept));
                }
            }
        }
        if &after == before {
            return after;
        }
        if after["spec"] != before["spec"] {
            after["metadata"]["generation"] = (before["metadata"]["generation"].as_u64().unwrap_or(1) + 1).into();
        }
        claim(&mut after, before, writer, &kind.api_version());
        self.version += 1;
        after["metadata"]["resourceVersion"] = self.version.to_string().into();
        let (namespace, name) = names(before);
        self.objects.entry(kind.full_name()).or_default().insert(place(&namespace, &name), after.clone());
        after
    }

    pub(super) fn remove(&mut self, kind: &Kind, namespace: &str, name: &str) -> Option<Value> {
        let removed = self.objects.get_mut(&kind.full_name())?.remove(&place(namespace, name))?;
        self.version += 1;
        Some(removed)
    }

    pub(super) fn remove_key(&mut self, key: &ObjectKey) -> bool {
        let Some(kind) = self.kind(key).cloned() else { return false };
        self.remove(&kind, key.namespace.as_deref().unwrap_or_default(), &key.name).is_some()
    }

    fn kind(&self, key: &ObjectKey) -> Option<&Kind> {
        self.kinds
            .iter()
            .find(|it| it.kind == key.gvk.kind && it.group == key.gvk.group && it.version == key.gvk.version)
    }

    fn kind_of(&self, object: &Value) -> Option<Kind> {
        let api_version = object["apiVersion"].as_str()?;
        self.kinds.iter().find(|it| object["kind"] == it.kind.as_str() && it.api_version() == api_version).cloned()
    }

    fn insert(&mut self, kind: &Kind, mut object: Value) {
        let (mut namespace, name) = names(&object);
        if kind.namespaced && namespace.is_empty() {
            namespace = "default".to_owned();
            object["metadata"]["namespace"] = namespace.as_str().into();
        }
        self.version += 1;
        let place = place(&namespace, &name);
        let metadata = &mut object["metadata"];
        let uid =
            Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}/{place}/{}", kind.full_name(), self.version).as_bytes());
        let mut defaults = vec![
            ("uid", json!(uid.to_string())),
            ("resourceVersion", json!(self.version.to_string())),
            ("creationTimestamp", json!("2026-01-05T09:00:00Z")),
        ];
        if kind.scalable || kind.kind == "DaemonSet" || kind.kind == "Ingress" {
            defaults.push(("generation", json!(1)));
        }
        for (key, value) in defaults {
            if metadata[key].is_null() {
                metadata[key] = value;
            }
        }
        if kind.kind == "Namespace" && object["status"].is_null() {
            object["spec"] = json!({ "finalizers": ["kubernetes"] });
            object["status"] = json!({ "phase": "Active" });
        }
        self.objects.entry(kind.full_name()).or_default().insert(place, object);
    }
}

fn names(object: &Value) -> (String, String) {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

/// Cluster-scoped objects stand under their bare name.
fn place(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}
