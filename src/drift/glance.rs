//! A first look at a live object: as much of it as a comparison needs. `managedFields` are half of the text, and nobody
//! asks for them unless something differs or a person's tool is among them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::managers;
use crate::model::finding::{ManagerClass, Operation};

/// A live object without `metadata.managedFields` and `status`.
#[derive(Debug)]
pub(super) struct Glance<'a> {
    pub(super) live: Value,
    managers: Vec<Manager<'a>>,
}

/// Who wrote, without what.
#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Manager<'a> {
    #[serde(borrow)]
    manager: Cow<'a, str>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow, default)]
    subresource: Option<Cow<'a, str>>,
}

/// Whether managers are people's tools. The same few write most objects.
#[derive(Debug, Default)]
pub(super) struct Persons(HashMap<Manager<'static>, bool>);

impl<'a> Glance<'a> {
    /// None: the object is not as a server writes it, and deserves a second look.
    pub(super) fn of(raw: &'a str) -> Option<Self> {
        serde_json::from_str(raw).ok()
    }

    /// Whether a person's tool wrote any of it.
    pub(super) fn knows_a_person(&self, persons: &mut Persons) -> bool {
        self.managers.iter().any(|manager| persons.are(manager))
    }
}

impl Persons {
    fn are(&mut self, manager: &Manager<'_>) -> bool {
        if let Some(known) = self.0.get(manager) {
            return *known;
        }
        let Manager { manager: name, operation, subresource } = manager;
        let operation = if operation == "Apply" { Operation::Apply } else { Operation::Update };
        let is_persons = managers::class(name, operation, subresource.as_deref()) == ManagerClass::PersonsTool;
        self.0.insert(manager.kept(), is_persons);
        is_persons
    }
}

impl Manager<'_> {
    fn kept(&self) -> Manager<'static> {
        let kept = |it: &Cow<'_, str>| Cow::Owned(it.clone().into_owned());
        Manager {
            manager: kept(&self.manager),
            operation: kept(&self.operation),
            subresource: self.subresource.as_ref().map(kept),
        }
    }
}

impl<'de> Deserialize<'de> for Glance<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut managers = Vec::new();
        let live = Fields { level: Level::Object, managers: &mut managers }.deserialize(deserializer)?;
        Ok(Self { live: Value::Object(live), managers })
    }
}

/// Where fields are left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Object,
    Metadata,
}

struct Fields<'m, 'a> {
    level: Level,
    managers: &'m mut Vec<Manager<'a>>,
}

impl<'de> DeserializeSeed<'de> for Fields<'_, 'de> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = match (self.level, key.as_str()) {
                (Level::Object, "metadata") => {
                    Value::Object(map.next_value_seed(Fields { level: Level::Metadata, managers: self.managers })?)
                }
                (Level::Object, "status") => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                (Level::Metadata, "managedFields") => {
                    *self.managers = map.next_value()?;
                    continue;
                }
                _ => map.next_value()?,
            };
            fields.insert(key, value);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn managed(manager: &str, subresource: &str) -> String {
        json!({
            "metadata": {
                "name": "a",
                "managedFields": [
                    {"manager": "confighub", "operation": "Apply", "fieldsV1": {"f:spec": {}}},
                    {"manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": {}},
                ],
            },
            "spec": {"status": {"managedFields": 1}},
            "status": {"replicas": 1},
        })
        .to_string()
    }

    #[test]
    fn what_is_compared_stays() {
        let raw = managed("kubectl-edit", "");
        let glance = Glance::of(&raw).expect("it is as a server writes it");
        assert_eq!(glance.live, json!({"metadata": {"name": "a"}, "spec": {"status": {"managedFields": 1}}}));
    }

    #[test]
    fn a_person_is_known_by_tool_and_subresource() {
        let mut persons = Persons::default();
        for (manager, subresource, expected) in [
            ("kubectl-edit", "", true),
            ("kubectl", "scale", true),
            ("kubectl", "status", false),
            ("kube-controller-manager", "", false),
            ("kubectl-edit", "", true),
        ] {
            let raw = managed(manager, subresource);
            let glance = Glance::of(&raw).expect("it is as a server writes it");
            assert_eq!(glance.knows_a_person(&mut persons), expected, "{manager} {subresource}");
        }
    }

    #[test]
    fn what_is_odd_deserves_a_second_look() {
        for raw in ["[]", "{\"metadata\": null}", "{\"metadata\": {\"managedFields\": {}}}", "{\"metadata\": {"] {
            assert!(Glance::of(raw).is_none(), "{raw}");
        }
    }
}
