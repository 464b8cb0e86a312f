//! How bad a difference is: one table, and what raises a level. It never comes from a model.
//!
//! A difference of a value with parts is as bad as the worst of its parts, so that a privileged container that somebody
//! added counts as privileged.

mod table;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::compare::Difference;
use super::field_pattern;
use super::path::{FieldPath, Segment};
use super::steps;
use crate::model::environment::Stage;
use crate::model::finding::{Code, Severity};
use crate::model::object::GroupVersionKind;

/// What the object weighs, whatever of it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Where its environment stands.
    pub stage: Stage,
    /// What its unit is.
    pub tier: Tier,
}

/// How much a unit matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Nobody said anything.
    Ordinary,
    /// Labelled `tier=critical`, or listed under `critical` in the configuration.
    Critical,
}

impl Weight {
    /// Of an object of which nothing is known.
    pub const NONE: Self = Self { stage: Stage::Earlier, tier: Tier::Ordinary };
}

/// A level and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The level.
    pub severity: Severity,
    /// What decided it, and what raised it. Words of our own.
    pub reason: String,
}

/// One scalar that differs, or a whole object.
pub(super) struct Leaf<'a> {
    pub(super) code: Code,
    pub(super) gvk: &'a GroupVersionKind,
    pub(super) keys: Vec<&'a str>,
    pub(super) desired: Option<&'a Value>,
    pub(super) live: Option<&'a Value>,
}

/// More parts than this are not looked at one by one.
const PARTS: usize = 500;

/// Rates a difference between fields.
pub fn of(difference: &Difference, gvk: &GroupVersionKind, weight: Weight) -> Rating {
    let Difference { code, path, desired, live, .. } = difference;
    let desired = Some(desired).filter(|it| !it.is_null() || *code != Code::FieldAdded);
    let mut parts = Vec::new();
    split(path, desired, live.as_ref(), &mut parts);
    // A value that is there on both sides is as bad as what of it differs; one that came or went is something itself.
    let is_apart = *code != Code::FieldChanged || parts.is_empty();
    let whole = is_apart.then(|| table::rate(&leaf(*code, gvk, path, desired, live.as_ref())));
    let parts = parts.iter().map(|part| {
        let code = match (part.desired, part.live) {
            (None, _) => Code::FieldAdded,
            (_, None) => Code::FieldRemoved,
            _ => Code::FieldChanged,
        };
        table::rate(&leaf(code, gvk, &part.path, part.desired, part.live))
    });
    // Of equals the first is told: the whole, then the parts in their order.
    let worst = whole.into_iter().chain(parts).reduce(|worst, it| if it.0 > worst.0 { it } else { worst });
    raised(worst.unwrap_or_else(|| table::rate(&leaf(*code, gvk, path, desired, live.as_ref()))), weight)
}

/// Rates a whole object: missing, orphaned, unmanaged.
pub fn of_object(code: Code, gvk: &GroupVersionKind, weight: Weight) -> Rating {
    raised(table::rate(&leaf(code, gvk, &FieldPath::default(), None, None)), weight)
}

/// Each ground raises by one level. What is only good to know is never raised, and what is low at most to medium: that
/// nothing suffers is true of production too.
fn raised((severity, reason): (Severity, &'static str), weight: Weight) -> Rating {
    let grounds = [
        (weight.stage == Stage::Last, "in the last environment of the promotion order"),
        (weight.tier == Tier::Critical, "in a critical unit"),
    ];
    let (mut level, mut text) = (severity, reason.to_owned());
    for (_, ground) in grounds.into_iter().filter(|(holds, _)| *holds) {
        let up = match level {
            Severity::Info => Severity::Info,
            Severity::Low => Severity::Medium,
            Severity::Medium if severity == Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            Severity::High | Severity::Critical => Severity::Critical,
        };
        if up > level {
            level = up;
            text = format!("{text}, {ground}");
        }
    }
    Rating { severity: level, reason: text }
}

/// One part of a difference.
struct Part<'a> {
    path: FieldPath,
    desired: Option<&'a Value>,
    live: Option<&'a Value>,
}

/// The scalars, and the empty lists and maps, that differ within two values. Entries of lists are paired by name where
/// they have names, else by position.
fn split<'a>(path: &FieldPath, desired: Option<&'a Value>, live: Option<&'a Value>, parts: &mut Vec<Part<'a>>) {
    if desired == live || parts.len() >= PARTS {
        return;
    }
    let object = |it: Option<&'a Value>| it.and_then(Value::as_object);
    let array = |it: Option<&'a Value>| it.and_then(Value::as_array);
    if object(desired).or(object(live)).is_some_and(|it| !it.is_empty()) {
        let keys: BTreeSet<_> =
            [object(desired), object(live)].into_iter().flatten().flat_map(|it| it.keys()).collect();
        for key in keys {
            let side = |it: Option<&'a Value>| object(it).and_then(|it| it.get(key));
            split(&path.below(Segment::Key(key.clone())), side(desired), side(live), parts);
        }
    } else if array(desired).or(array(live)).is_some_and(|it| !it.is_empty()) {
        let (one, other) = (array(desired).map_or(&[][..], |it| it), array(live).map_or(&[][..], |it| it));
        let at = |index| Segment::Item { index, label: None };
        let there = Partners::among(other);
        for (index, item) in one.iter().enumerate() {
            split(&path.below(at(index)), Some(item), there.of(index, item), parts);
        }
        let here = Partners::among(one);
        for (index, item) in other.iter().enumerate().filter(|(index, item)| here.of(*index, item).is_none()) {
            split(&path.below(at(index)), None, Some(item), parts);
        }
    } else {
        parts.push(Part { path: path.clone(), desired, live });
    }
}

/// The entries of a list, to be found by their names, scalars by their values, all others by position.
struct Partners<'a> {
    items: &'a [Value],
    named: HashMap<&'a Value, &'a Value>,
    scalars: HashSet<&'a Value>,
}

impl<'a> Partners<'a> {
    fn among(items: &'a [Value]) -> Self {
        let (mut named, mut scalars) = (HashMap::new(), HashSet::new());
        for item in items {
            steps::take();
            match item.get("name") {
                Some(name) => drop(named.entry(name).or_insert(item)),
                None if item.is_object() => {}
                None => drop(scalars.insert(item)),
            }
        }
        Self { items, named, scalars }
    }

    /// The same entry as one of another list.
    fn of(&self, index: usize, item: &Value) -> Option<&'a Value> {
        steps::take();
        match item.get("name") {
            Some(name) => self.named.get(name).copied(),
            None if item.is_object() => self.items.get(index),
            None => self.scalars.get(item).copied(),
        }
    }
}

fn leaf<'a>(
    code: Code,
    gvk: &'a GroupVersionKind,
    path: &'a FieldPath,
    desired: Option<&'a Value>,
    live: Option<&'a Value>,
) -> Leaf<'a> {
    Leaf { code, gvk, keys: field_pattern::keys(path), desired, live }
}

#[cfg(test)]
mod tests;
