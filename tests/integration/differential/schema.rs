//! The server's OpenAPI v3 as a tree: which list is keyed by what, which map counts as one value, which text is a quantity.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use drift_detector::model::object::GroupVersionKind;
use serde_json::Value;

/// What the server says about each group and version.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

/// One node of an object's type.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    schemas: &'a Value,
    /// As the field states it: its default stands beside the reference.
    stated: &'a Value,
    /// What the reference names, else the same.
    meant: &'a Value,
    name: &'a str,
}

/// How a list merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListType {
    Keyed(Vec<String>),
    Set,
    Atomic,
}

/// What a scalar may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Quantity,
    IntOrString,
    Time,
    Bytes,
    Integer,
    Number,
    Bool,
    /// Nobody says.
    Any,
}

/// `apis/apps/v1`, `api/v1`
pub(super) fn group_path(gvk: &GroupVersionKind) -> String {
    if gvk.group.is_empty() { format!("api/{}", gvk.version) } else { format!("apis/{}", gvk.api_version()) }
}

impl Schemas {
    /// Adds the description of a group and version (`apis/apps/v1`).
    pub(super) fn add(&mut self, group: String, mut description: Value) -> Result<()> {
        let schemas = description.pointer_mut("/components/schemas").map(Value::take);
        self.0.insert(group, schemas.context("a description has schemas")?);
        Ok(())
    }

    /// The type of a kind.
    pub(super) fn root(&self, gvk: &GroupVersionKind) -> Option<Node<'_>> {
        let schemas = self.0.get(&group_path(gvk))?;
        let is_it = |it: &Value| {
            it["group"].as_str() == Some(&gvk.group)
                && it["version"].as_str() == Some(&gvk.version)
                && it["kind"].as_str() == Some(&gvk.kind)
        };
        let of_kind =
            |it: &&Value| it["x-kubernetes-group-version-kind"].as_array().is_some_and(|all| all.iter().any(is_it));
        let meant = schemas.as_object()?.values().find(of_kind)?;
        Some(Node { schemas, stated: meant, meant, name: "" })
    }
}

impl<'a> Node<'a> {
    fn of(self, stated: &'a Value) -> Self {
        let reference = stated["$ref"].as_str().or_else(|| stated["allOf"][0]["$ref"].as_str());
        let name = reference.and_then(|it| it.rsplit('/').next()).unwrap_or_default();
        let meant = if name.is_empty() { stated } else { &self.schemas[name] };
        Self { schemas: self.schemas, stated, meant, name }
    }

    /// The type of a field, or of an entry of a map.
    pub(super) fn field(self, key: &str) -> Option<Self> {
        let found = self.meant["properties"].get(key);
        let found = found.or_else(|| self.meant.get("additionalProperties").filter(|it| it.is_object()));
        found.map(|it| self.of(it))
    }

    pub(super) fn fields(self) -> Vec<&'a str> {
        self.meant["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    pub(super) fn item(self) -> Option<Self> {
        self.meant.get("items").map(|it| self.of(it))
    }

    fn mark(self, key: &str) -> &'a Value {
        self.stated.get(key).unwrap_or(&self.meant[key])
    }

    pub(super) fn list_type(self) -> ListType {
        let keys = self.mark("x-kubernetes-list-map-keys").as_array();
        let keys = keys.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect();
        match self.mark("x-kubernetes-list-type").as_str() {
            Some("map") => ListType::Keyed(keys),
            Some("set") => ListType::Set,
            _ => ListType::Atomic,
        }
    }

    /// The key by which a strategic merge patch finds an entry.
    pub(super) fn merge_key(self) -> Option<&'a str> {
        self.mark("x-kubernetes-patch-merge-key").as_str()
    }

    /// Whether an additional field changes the value.
    pub(super) fn is_atomic_map(self) -> bool {
        self.mark("x-kubernetes-map-type") == "atomic"
    }

    /// Whether the fields are the user's own, as labels are.
    pub(super) fn is_map(self) -> bool {
        self.meant.get("additionalProperties").is_some_and(Value::is_object)
    }

    pub(super) fn is_list(self) -> bool {
        self.meant["type"] == "array"
    }

    pub(super) fn is_object(self) -> bool {
        self.meant["type"] == "object"
    }

    pub(super) fn default(self) -> Option<&'a Value> {
        self.stated.get("default").or_else(|| self.meant.get("default"))
    }

    pub(super) fn choices(self) -> &'a [Value] {
        self.mark("enum").as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn scalar(self) -> Scalar {
        let format = self.mark("format").as_str().unwrap_or_default();
        match self.name.rsplit('.').next().unwrap_or_default() {
            "Quantity" => return Scalar::Quantity,
            "IntOrString" => return Scalar::IntOrString,
            "Time" | "MicroTime" => return Scalar::Time,
            _ => {}
        }
        match self.mark("type").as_str() {
            Some("string") if format == "byte" => Scalar::Bytes,
            Some("string") if format == "date-time" => Scalar::Time,
            Some("string") => Scalar::Text,
            Some("integer") => Scalar::Integer,
            Some("number") => Scalar::Number,
            Some("boolean") => Scalar::Bool,
            _ if format == "int-or-string" || self.mark("x-kubernetes-int-or-string") == true => Scalar::IntOrString,
            _ => Scalar::Any,
        }
    }
}
