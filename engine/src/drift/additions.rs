//! What only live has and a person's tool alone owns: fields, entries of lists and maps that somebody added.
//!
//! Silent is everything else: what any other manager owns too, what nobody is known to own (no `managedFields`: nobody
//! knows), what the server or ConfigHub's delivery owns, API defaults that came with a person's write, and known injections.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::compare::{Difference, Sensitivity};
use super::defaults::{self, Siblings};
use super::fields;
use super::injected::{self, Situation};
use super::owners::{Entry, Nodes, Owners};
use super::path::Segment;
use super::place::{Place, Step};
use super::rule::Rule;
use super::steps;
use crate::model::finding::Code;

/// The topmost added nodes, by path. What a difference in `found` covers already is not told twice.
///
/// `owners` are those of the situation's live object. Indices are those of desired where desired has the entry; an added entry has its index in live.
pub fn find(situation: &Situation<'_>, owners: &Owners<'_>, found: &[Difference]) -> Vec<Difference> {
    let Situation { gvk, desired, schemas, .. } = *situation;
    let (Value::Object(desired), Value::Object(live), true) = (desired, owners.live(), owners.know_a_person()) else {
        return Vec::new();
    };
    let mut walk = Walk { situation, place: Place::root(gvk, schemas), added: Vec::new() };
    walk.object(Some(desired), live, &owners.root());
    // A field that is gone says nothing about what stands in live at the same position.
    let covered = found.iter().filter(|it| it.live.is_some()).map(|it| it.path.segments());
    let covered: HashSet<&[Segment]> = covered.collect();
    walk.added.retain(|it| {
        let segments = it.path.segments();
        !(0..=segments.len()).any(|end| {
            steps::take();
            covered.contains(&segments[..end])
        })
    });
    walk.added.sort_by(|one, other| one.path.cmp(&other.path));
    walk.added
}

/// Whose an added value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// People's tools own all of it, and nobody else any of it.
    Persons,
    /// Parts of it are theirs alone.
    Partly,
    /// Somebody else's, or nobody's.
    Others,
}

/// Values of live live longer (`'l`): what is known about who owns them is kept by them.
struct Walk<'a> {
    situation: &'a Situation<'a>,
    place: Place<'a>,
    added: Vec<Difference>,
}

impl<'a> Walk<'a> {
    /// `desired` is None below an added node.
    fn object<'l: 'a>(
        &mut self,
        desired: Option<&'a Map<String, Value>>,
        live: &'l Map<String, Value>,
        nodes: &Nodes<'_, 'l>,
    ) {
        for (key, value) in live {
            let nodes = nodes.field(key);
            self.place.push(Step::Key(key));
            let is_said = |it: &&Value| !it.is_null() || fields::is_null_stated(&self.place);
            let stated = desired.and_then(|it| it.get(key)).filter(is_said);
            match (stated, value) {
                (None, value) => self.added(value, live, &nodes),
                (Some(Value::Object(stated)), Value::Object(value)) => self.object(Some(stated), value, &nodes),
                (Some(Value::Array(stated)), Value::Array(value)) => self.list(Some(stated), value, &nodes),
                // Stated: what differs is a finding of its own.
                (Some(_), _) => {}
            }
            self.place.pop();
        }
    }

    /// Only where the managers tell the entries apart; any other list is one value, and desired states it.
    fn list<'l: 'a>(&mut self, desired: Option<&'a [Value]>, live: &'l [Value], nodes: &Nodes<'_, 'l>) {
        let listing = nodes.listing(live);
        if !listing.is_told_apart() || nodes.has_whole() {
            return;
        }
        let stated = desired.unwrap_or_default();
        let mut partners = vec![None; live.len()];
        for (index, item) in stated.iter().enumerate() {
            // Where desired has an entry twice, the first is meant.
            if let Some(partner) = listing.partner(item, index).and_then(|at| partners.get_mut(at)) {
                partner.get_or_insert(index);
            }
        }
        for (at, (value, partner)) in live.iter().zip(partners).enumerate() {
            let nodes = nodes.item(&listing, at);
            let (index, item) = partner.map_or((at, value), |index| (index, &stated[index]));
            self.place.push(Step::Item { index, item, flag: None });
            match (partner, item, value) {
                (None, _, value) => self.added(value, &Map::new(), &nodes),
                (Some(_), Value::Object(stated), Value::Object(value)) => self.object(Some(stated), value, &nodes),
                (Some(_), ..) => {}
            }
            self.place.pop();
        }
    }

    /// A node that desired does not have. `siblings` are the live fields beside it.
    fn added<'l: 'a>(&mut self, value: &'l Value, siblings: &Map<String, Value>, nodes: &Nodes<'_, 'l>) {
        let whose = self.whose(value, nodes);
        // In this order: most of what live has beside desired is nobody's, or the server's.
        if whose == Whose::Others || self.is_silent(value, siblings) {
            return;
        }
        match (whose, value) {
            (Whose::Persons, value) => self.tell(value),
            // Who put an entry into a list added it, whoever wrote into it since.
            (Whose::Partly, value) if self.place.in_list() && is_persons(nodes.of_node()) => self.tell(value),
            (Whose::Partly, Value::Object(fields)) => self.object(None, fields, nodes),
            (Whose::Partly, Value::Array(items)) => self.list(None, items, nodes),
            _ => {}
        }
    }

    fn tell(&mut self, value: &Value) {
        let is_secret = self.situation.gvk.is_secret() && matches!(self.place.first(), "data" | "stringData");
        self.added.push(Difference {
            code: Code::FieldAdded,
            path: self.place.path(),
            desired: Value::Null,
            // The values of a Secret end here, as they do where it is compared.
            live: Some(if is_secret { Value::Null } else { value.clone() }),
            names: self.place.names(),
            sensitivity: if is_secret { Sensitivity::Secret } else { Sensitivity::Ordinary },
            rule: Rule::added(),
        });
    }

    /// Whether the value says nothing that a person could have meant.
    fn is_silent(&mut self, value: &'a Value, siblings: &Map<String, Value>) -> bool {
        if fields::is_server_owned(&self.place) || self.is_default(value, siblings) || self.is_injected(value) {
            return true;
        }
        match value {
            Value::Null => true,
            Value::Object(fields) => fields.iter().all(|(key, value)| {
                self.place.push(Step::Key(key));
                let is_silent = self.is_silent(value, fields);
                self.place.pop();
                is_silent
            }),
            // An entry is something, whatever it says.
            Value::Array(items) => items.iter().enumerate().all(|(index, item)| {
                self.place.push(Step::Item { index, item, flag: None });
                let is_known = self.is_injected(item);
                self.place.pop();
                is_known
            }),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    fn is_injected(&self, value: &Value) -> bool {
        let path = self.place.path();
        injected::rule(self.situation, Code::FieldAdded, &path, &Value::Null, Some(value)).is_some()
    }

    fn is_default(&self, value: &Value, siblings: &Map<String, Value>) -> bool {
        let scalar = !value.is_object() && !value.is_array();
        let computed = match (self.place.kind(), self.place.leaf()) {
            // Both depend on fields elsewhere (`pkg/apis/core/v1/defaults.go`, `pkg/apis/networking/v1/defaults.go`).
            ("Service", "externalTrafficPolicy") => value == "Cluster",
            ("NetworkPolicy", "policyTypes") => {
                let has_egress = siblings.get("egress").is_some_and(|it| !it.is_null());
                *value == if has_egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) }
            }
            _ => false,
        };
        computed
            || scalar && fields::is_unset(&self.place, value)
            || defaults::is_default(&self.place, value, Siblings::of(siblings))
    }

    fn whose<'l: 'a>(&mut self, value: &'l Value, nodes: &Nodes<'_, 'l>) -> Whose {
        if fields::is_server_owned(&self.place) {
            return Whose::Others;
        }
        let mut parts = Vec::new();
        match value {
            Value::Object(fields) if !fields.is_empty() && !nodes.has_whole() => {
                for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    self.place.push(Step::Key(key));
                    parts.push(self.whose(value, &nodes.field(key)));
                    self.place.pop();
                }
            }
            Value::Array(items) if !items.is_empty() && !nodes.has_whole() => {
                let listing = nodes.listing(items);
                for (index, item) in items.iter().enumerate() {
                    self.place.push(Step::Item { index, item, flag: None });
                    parts.push(self.whose(item, &nodes.item(&listing, index)));
                    self.place.pop();
                }
            }
            _ => return if is_persons(nodes.entries()) { Whose::Persons } else { Whose::Others },
        }
        // The mapping itself may be somebody else's, who put something into it before.
        let is_theirs = nodes.of_node().all(Entry::is_persons);
        if is_theirs && parts.iter().all(|it| *it == Whose::Persons) {
            Whose::Persons
        } else if parts.iter().all(|it| *it == Whose::Others) {
            Whose::Others
        } else {
            Whose::Partly
        }
    }
}

/// Whether there are any, and all are people's tools.
fn is_persons<'o, 'a: 'o>(owners: impl Iterator<Item = &'o Entry<'a>>) -> bool {
    let mut owners = owners.peekable();
    owners.peek().is_some() && owners.all(Entry::is_persons)
}

#[cfg(test)]
mod tests;
