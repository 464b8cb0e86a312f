//! Who wrote an object, without what: nobody asks for the fields unless a person's tool is among the writers.

use std::borrow::Cow;
use std::fmt;
use std::sync::RwLock;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::agree;
use crate::drift::managers;
use crate::model::finding::{ManagerClass, Operation};

/// An entry of `metadata.managedFields` without its fields.
#[derive(Debug, PartialEq, Eq, Deserialize)]
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
pub(in crate::drift) struct Persons(RwLock<Vec<(Manager<'static>, bool)>>);

/// Why no lock is poisoned.
const UNPOISONED: &str = "a panic ends the process";

/// Managers that are remembered: they are looked up one by one.
const FEW: usize = 16;

impl Persons {
    /// Whether this is a person's tool.
    fn wrote(&self, manager: &Manager<'_>) -> bool {
        let known = self.0.read().expect(UNPOISONED);
        if let Some((_, is_persons)) = known.iter().find(|(it, _)| it == manager) {
            return *is_persons;
        }
        let has_room = known.len() < FEW;
        drop(known);
        let Manager { manager: name, operation, subresource } = manager;
        let operation = if operation == "Apply" { Operation::Apply } else { Operation::Update };
        let is_persons = managers::class(name, operation, subresource.as_deref()) == ManagerClass::PersonsTool;
        if has_room {
            self.0.write().expect(UNPOISONED).push((manager.kept(), is_persons));
        }
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

/// `metadata.managedFields`, in which no person's tool may be. None: anybody may.
pub(super) struct Managers<'p>(pub(super) Option<&'p Persons>);

impl<'de> DeserializeSeed<'de> for Managers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, live: D) -> Result<(), D::Error> {
        live.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Managers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("managers of fields")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        while let Some(manager) = live.next_element::<Manager<'_>>()? {
            agree(!self.0.is_some_and(|persons| persons.wrote(&manager)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_known_by_tool_and_subresource() {
        let persons = Persons::default();
        for (manager, subresource, expected) in [
            ("kubectl-edit", None, true),
            ("kubectl", Some("scale"), true),
            ("kubectl", Some("status"), false),
            ("kube-controller-manager", None, false),
            ("kubectl-edit", None, true),
        ] {
            let entry = Manager {
                manager: manager.into(),
                operation: "Update".into(),
                subresource: subresource.map(Cow::Borrowed),
            };
            assert_eq!(persons.wrote(&entry), expected, "{manager} {subresource:?}");
        }
    }
}
