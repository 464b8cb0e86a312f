//! By which rule two values were compared, in words for somebody who doubts the verdict.

use serde_json::Value;

use super::compare::{Difference, Sensitivity};
use super::fields;
use super::lists::Shape;
use super::place::Place;
use super::types::Scalar;
use crate::model::finding::Code;
use crate::redact::{Redactor, Text};

/// The rule of an object that is not there.
pub(super) const MISSING: &str =
    "the object was asked for by its kind, namespace and name, and the API server has none";

/// The rule of an object that ConfigHub left behind.
pub(super) const ORPHANED: &str =
    "the object carries the mark of a unit of this Space, and no unit that was read states it";
/// The rule of an object that never came from ConfigHub.
pub(super) const UNMANAGED: &str =
    "the object carries no mark of a unit, belongs to no other object, and no unit that was read states it";

/// What decided that two values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    how: How,
    /// How the innermost list that holds the field pairs its entries.
    entries: Option<Entries>,
}

/// How the entries of a list are paired.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entries {
    Keyed(Vec<String>),
    Named,
    Positions,
    Set,
}

/// How two values were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Value,
    Quantity,
    Bytes,
    Time,
    Duration,
    Presence,
    Member,
    Entry,
    WholeList,
    WholeMapping,
    Added,
}

impl Rule {
    /// The rule for the value at this place. `entries` is the shape of the list that the walk is in.
    pub(super) fn new(place: &Place<'_>, desired: &Value, live: Option<&Value>, entries: Option<Shape<'_>>) -> Self {
        let how = match (desired, live) {
            (Value::Object(_), None) if place.in_list() => How::Entry,
            (_, None) if place.in_list() => How::Member,
            (_, None) => How::Presence,
            (Value::Array(_), Some(Value::Array(_))) => How::WholeList,
            (Value::Object(_), Some(Value::Object(_))) => How::WholeMapping,
            _ if fields::quantity(place).is_some() => How::Quantity,
            _ => match place.spot().and_then(|spot| spot.scalar()) {
                Some(Scalar::Bytes) => How::Bytes,
                Some(Scalar::Time) => How::Time,
                Some(Scalar::Duration) => How::Duration,
                _ => How::Value,
            },
        };
        let entries = entries.map(|shape| match shape {
            Shape::Keyed(keys) => Entries::Keyed(keys.names().iter().map(|it| format!("`{it}`")).collect()),
            Shape::Named => Entries::Named,
            Shape::Atomic => Entries::Positions,
            Shape::Set => Entries::Set,
        });
        Self { how, entries }
    }

    /// The rule for what only live has.
    pub(super) fn added() -> Self {
        Self { how: How::Added, entries: None }
    }

    /// The rule for the values of a Secret.
    pub(super) fn secret() -> Self {
        Self { how: How::Bytes, entries: None }
    }
}

/// The rule in one sentence without a full stop.
pub(super) fn sentence(difference: &Difference, redactor: &Redactor) -> Text {
    let Rule { how, entries } = &difference.rule;
    let how = match how {
        _ if difference.sensitivity == Sensitivity::Secret && difference.code != Code::FieldAdded => {
            "compared as bytes, whether stated as `data` or `stringData`, and never shown"
        }
        How::Value => "compared as a value: nothing that the API server fills in or rewrites explains the difference",
        How::Quantity => "compared as a quantity: `1` and `1000m` are the same",
        How::Bytes => "compared as bytes: how the base64 is wrapped does not count",
        How::Time => "compared as a time: the zone in which it is written does not count",
        How::Duration => "compared as a duration: `60m` and `1h` are the same",
        How::Presence if difference.code == Code::FieldRemoved => {
            "the unit states it, the cluster does not have it, and no default of the API server stands for it"
        }
        How::Presence => "one side has it, the other does not",
        How::Added => {
            "only the cluster has it, a person's tool is its only owner, and neither a default nor a known injection \
             explains it"
        }
        How::Member => "the list is a set: each entry of the unit has to be there, in any order",
        How::Entry => "each entry of the unit has to be there",
        How::WholeList => "the list counts as a whole: its length or the order of its entries differs",
        How::WholeMapping => "the API replaces the mapping as a whole: a field more or less is a difference",
    };
    let entries = match entries {
        Some(Entries::Keyed(keys)) => {
            format!("; the entries of its list are paired by {}, the API's merge key", keys.join(" and "))
        }
        Some(Entries::Named) => "; the entries of its list are paired by `name`, and their order counts".to_owned(),
        Some(Entries::Positions) => "; the entries of its list are paired by position".to_owned(),
        Some(Entries::Set) | None => String::new(),
    };
    redactor.text(&format!("{how}{entries}"))
}
