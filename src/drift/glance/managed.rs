//! Who wrote an object, without what: nobody asks for the fields unless a person's tool is among the writers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use serde::Deserialize;

use crate::drift::managers;
use crate::model::finding::{ManagerClass, Operation};

/// An entry of `metadata.managedFields` without its fields.
#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
pub(super) struct Manager<'a> {
    #[serde(borrow)]
    manager: Cow<'a, str>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow, default)]
    subresource: Option<Cow<'a, str>>,
}

/// Whether managers are people's tools. The same few write most objects.
#[derive(Debug, Default)]
pub(in crate::drift) struct Persons(Mutex<HashMap<Manager<'static>, bool>>);

impl Persons {
    /// Whether this is a person's tool.
    pub(super) fn wrote(&self, manager: &Manager<'_>) -> bool {
        let mut all = self.0.lock().expect("a panic ends the process");
        if let Some(known) = all.get(manager) {
            return *known;
        }
        let Manager { manager: name, operation, subresource } = manager;
        let operation = if operation == "Apply" { Operation::Apply } else { Operation::Update };
        let is_persons = managers::class(name, operation, subresource.as_deref()) == ManagerClass::PersonsTool;
        all.insert(manager.kept(), is_persons);
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
