//! What admission, the control plane and clouds are known to put into objects: one table of named rules.
//!
//! A rule covers only what desired leaves out or empty. In a list that counts as a whole it covers entries that desired
//! does not have and that are exactly the known ones; whatever else differs remains a difference.

mod table;

use std::cell::{LazyCell, OnceCell};
use std::collections::HashSet;

use serde_json::Value;

use super::compare::Difference;
use super::equal;
use super::ignore;
use super::path::FieldPath;
use super::steps;
use super::types::CustomSchemas;
use crate::model::finding::Code;
use crate::model::object::GroupVersionKind;

/// Both sides of one object.
#[derive(Debug)]
pub struct Situation<'a> {
    /// What kind of object it is.
    pub gvk: &'a GroupVersionKind,
    /// As desired states it.
    pub desired: &'a Value,
    /// As the cluster has it.
    pub live: &'a Value,
    /// What is known about custom resources.
    pub schemas: &'a CustomSchemas,
    /// Whether what else a rule asks for holds, rule by rule: it is the same for all differences of the object.
    given: [OnceCell<bool>; table::RULES.len()],
}

impl<'a> Situation<'a> {
    /// An object of this kind, as desired states it and as the cluster has it.
    pub fn new(gvk: &'a GroupVersionKind, (desired, live): (&'a Value, &'a Value), schemas: &'a CustomSchemas) -> Self {
        Self { gvk, desired, live, schemas, given: [const { OnceCell::new() }; table::RULES.len()] }
    }
}

/// One known injection.
pub struct Rule {
    /// Stable, kebab-case: part of `report.json`.
    pub name: &'static str,
    /// Why the difference does not count: one sentence without a full stop.
    pub reason: &'static str,
    /// Where the rule is taken from: a source file of Kubernetes, or whose behaviour it is.
    pub source: &'static str,
    /// Kinds that it touches; empty: all.
    kinds: &'static [&'static str],
    /// Fields, as patterns of ignore rules have them.
    fields: &'static [&'static str],
    how: How,
    /// What else must hold.
    given: fn(&Situation<'_>) -> bool,
}

/// What a rule covers.
#[derive(Clone, Copy)]
enum How {
    /// Everything: what desired states there is overwritten.
    Overwritten,
    /// Any value where desired states none, or an empty one.
    Filled,
    /// Any value where desired states none: an empty one means something.
    FilledIfAbsent,
    /// These entries of a list, or values below the field.
    Entries(fn(&Value) -> bool),
}

/// The rule that explains the difference.
pub fn explain(situation: &Situation<'_>, difference: &Difference) -> Option<&'static Rule> {
    let Difference { code, path, desired, live, .. } = difference;
    rule(situation, *code, path, desired, live.as_ref())
}

/// The same for a difference that is not one yet.
pub(super) fn rule(
    situation: &Situation<'_>,
    code: Code,
    path: &FieldPath,
    desired: &Value,
    live: Option<&Value>,
) -> Option<&'static Rule> {
    // The pattern looks list entries up by name; an added one stands in live only.
    let body = if code == Code::FieldAdded { situation.live } else { situation.desired };
    let covers = |rule: &Rule| {
        (rule.kinds.is_empty() || rule.kinds.contains(&situation.gvk.kind.as_str()))
            && rule.fields.iter().any(|pattern| ignore::covers(pattern, path, body))
            && rule.how.covers(desired, live)
    };
    let mut rules = table::RULES.iter().zip(&situation.given);
    rules.find(|(rule, given)| covers(rule) && *given.get_or_init(|| (rule.given)(situation))).map(|(rule, _)| rule)
}

impl How {
    fn covers(self, desired: &Value, live: Option<&Value>) -> bool {
        match (self, live) {
            (Self::Overwritten, _) => true,
            (_, None) => false,
            (Self::Filled, Some(_)) => is_blank(desired),
            (Self::FilledIfAbsent, Some(_)) => desired.is_null(),
            (Self::Entries(is_known), Some(live)) => {
                desired.is_null() && is_known(live) || {
                    let rest = without(live, desired, is_known);
                    rest.as_ref().unwrap_or(&Value::Null) == &compact(desired)
                }
            }
        }
    }
}

/// Null, empty, or white space, as text or in base64.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => {
            text.trim().is_empty() || equal::bytes(text).is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace))
        }
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Live without the known entries that desired does not have; None: nothing is left.
fn without(live: &Value, desired: &Value, is_known: fn(&Value) -> bool) -> Option<Value> {
    match live {
        Value::Array(items) => {
            let stated = LazyCell::new(|| desired.as_array().into_iter().flatten().collect::<HashSet<_>>());
            let is_left = |it: &&Value| {
                steps::take();
                !is_known(it) || stated.contains(it)
            };
            let rest: Vec<_> = items.iter().filter(is_left).cloned().collect();
            (!rest.is_empty()).then_some(Value::Array(rest))
        }
        Value::Object(fields) => {
            let rest = fields.iter().filter_map(|(key, value)| {
                Some((key.clone(), without(value, desired.get(key).unwrap_or(&Value::Null), is_known)?))
            });
            let rest: serde_json::Map<_, _> = rest.collect();
            (!rest.is_empty()).then_some(Value::Object(rest))
        }
        Value::Null => None,
        scalar => Some(scalar.clone()),
    }
}

/// Desired without what is empty, so that it can equal what [`without`] leaves.
fn compact(desired: &Value) -> Value {
    without(desired, desired, |_| false).unwrap_or_default()
}

#[cfg(test)]
mod tests;
