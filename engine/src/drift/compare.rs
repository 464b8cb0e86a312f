//! Two objects → every field that desired states and live says otherwise.
//!
//! Desired leads: what only live has is silent, except inside values that the API replaces as a whole.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::defaults::{self, Siblings};
use super::equal;
use super::fields;
use super::lists::{self, Keys, Lacking, Shape};
use super::path::FieldPath;
use super::place::{Place, Step};
use super::rule::Rule;
use super::secret;
use super::types::CustomSchemas;
use crate::model::finding::Code;
use crate::model::object::GroupVersionKind;
use crate::redact::is_flag;

/// One field that is not as desired. Values are raw: they pass the redactor before anybody sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Changed, removed or added.
    pub code: Code,
    /// Where, with the indices of desired.
    pub path: FieldPath,
    /// What desired says.
    pub desired: Value,
    /// What the cluster has; None: nothing.
    pub live: Option<Value>,
    /// What the value is called, for redaction.
    pub names: Vec<String>,
    /// What kind of value it is, where that decides whether it may be shown.
    pub sensitivity: Sensitivity,
    /// What decided that it differs.
    pub rule: Rule,
}

/// Whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// The redactor decides.
    Ordinary,
    /// A value of a Secret: never.
    Secret,
}

/// Every field of `desired` that `live` has otherwise, in the order of the paths.
///
/// `schemas` are those of custom resources; built-in kinds are known.
pub fn compare(desired: &Value, live: &Value, gvk: &GroupVersionKind, schemas: &CustomSchemas) -> Vec<Difference> {
    let mut walk = Walk { place: Place::root(gvk, schemas), entries: None, found: Vec::new() };
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) if gvk.is_secret() => {
            let visible = |key: &str| key != "data" && key != "stringData";
            walk.fields(desired.iter().filter(|(key, _)| visible(key)), desired, live);
            secret::compare(desired, live, &mut walk.found);
        }
        (Value::Object(desired), Value::Object(live)) => walk.fields(desired.iter(), desired, live),
        _ => walk.value(desired, Some(live), Siblings::of(&Map::new()), Meaning::Fields),
    }
    walk.found.sort_by(|one, other| one.path.cmp(&other.path));
    walk.found
}

static EMPTY_TEXT: Value = Value::String(String::new());

/// Whether additional fields of live change what a value means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// No: each field is somebody's own.
    Fields,
    /// Yes: the API replaces the value as a whole.
    Whole,
}

struct Walk<'a> {
    place: Place<'a>,
    /// How the innermost list on the way pairs its entries.
    entries: Option<Shape<'a>>,
    found: Vec<Difference>,
}

impl<'a> Walk<'a> {
    fn fields(
        &mut self,
        stated: impl Iterator<Item = (&'a String, &'a Value)>,
        siblings: &'a Map<String, Value>,
        live: &Map<String, Value>,
    ) {
        for (key, value) in stated {
            self.place.push(Step::Key(key));
            self.value(value, live.get(key), Siblings::merged(siblings, live), Meaning::Fields);
            self.place.pop();
        }
    }

    fn value(&mut self, desired: &'a Value, live: Option<&Value>, siblings: Siblings<'_>, meaning: Meaning) {
        if fields::is_server_owned(&self.place) || self.is_identity() && (live.is_none() || desired == "") {
            return;
        }
        if desired.is_null() {
            if let Some(live) = live.filter(|it| !it.is_null())
                && self.is_reset(live, siblings, meaning)
            {
                self.differs(Code::FieldChanged, desired, Some(live));
            }
            return;
        }
        let live = match live {
            // Go reads a null among texts as an empty one.
            Some(Value::Null) if fields::is_text_entry(&self.place) => Some(&EMPTY_TEXT),
            other => other.filter(|it| !it.is_null()),
        };
        if self.says_nothing(desired, live, siblings) {
            return;
        }
        match (desired, live) {
            (_, None) => self.absent(desired),
            (Value::Object(desired), Some(Value::Object(live))) => self.object(desired, live, meaning),
            (Value::Array(desired), Some(Value::Array(live))) => self.list(desired, live, meaning),
            (_, Some(live)) if equal::same(&self.place, desired, live) => {}
            (_, Some(live)) => self.differs(Code::FieldChanged, desired, Some(live)),
        }
    }

    /// Whether the server takes desired for unset, or for what it fills in anyway, and live for the same.
    fn says_nothing(&self, desired: &Value, live: Option<&Value>, siblings: Siblings<'_>) -> bool {
        let place = &self.place;
        if fields::is_unset(place, desired) {
            return live.is_none_or(|live| {
                fields::is_unset(place, live)
                    || fields::is_assigned(place)
                    || defaults::is_default(place, live, siblings)
            });
        }
        live.is_none() && defaults::is_default(place, desired, siblings)
    }

    /// Whether applying a null would change live.
    fn is_reset(&self, live: &Value, siblings: Siblings<'_>, meaning: Meaning) -> bool {
        let place = &self.place;
        let Some(spot) = place.spot().filter(|_| fields::is_null_stated(place)) else { return false };
        // In a value that counts as a whole, the whole tells.
        let is_told = spot.is_nullable() || meaning == Meaning::Fields && !self.is_identity();
        let is_same = fields::is_unset(place, live)
            || spot.is_read_from_null(live)
            || fields::is_assigned(place)
            || defaults::is_default(place, live, siblings);
        is_told && (spot.is_nullable() || !is_same)
    }

    /// What says which object it is, and may be absent from an answer about it: the items of a list have no kind, and a
    /// cluster-scoped object has no namespace, whatever the manifest says. An empty one names none.
    fn is_identity(&self) -> bool {
        match self.place.depth() {
            1 => matches!(self.place.leaf(), "apiVersion" | "kind"),
            2 => self.place.first() == "metadata" && self.place.leaf() == "namespace",
            _ => false,
        }
    }

    /// Live has nothing here.
    fn absent(&mut self, desired: &'a Value) {
        match desired {
            // Entries of labels or data are what people know; each is a finding of its own.
            Value::Object(entries) if fields::is_text_map(&self.place) => {
                for (key, value) in entries {
                    self.place.push(Step::Key(key));
                    if !value.is_null() && !fields::is_server_owned(&self.place) {
                        self.differs(Code::FieldRemoved, value, None);
                    }
                    self.place.pop();
                }
            }
            other => self.differs(Code::FieldRemoved, other, None),
        }
    }

    fn object(&mut self, desired: &'a Map<String, Value>, live: &Map<String, Value>, meaning: Meaning) {
        let meaning = if fields::is_atomic_map(&self.place) { Meaning::Whole } else { meaning };
        let siblings = match meaning {
            Meaning::Fields => Siblings::merged(desired, live),
            Meaning::Whole => Siblings::of(desired),
        };
        for (key, value) in desired {
            self.place.push(Step::Key(key));
            self.value(value, live.get(key), siblings, meaning);
            self.place.pop();
        }
        if meaning == Meaning::Whole && live.iter().any(|(key, value)| self.is_addition(desired, live, key, value)) {
            let (desired, live) = (Value::Object(desired.clone()), Value::Object(live.clone()));
            self.differs(Code::FieldChanged, &desired, Some(&live));
        }
    }

    fn is_addition(&self, desired: &Map<String, Value>, live: &Map<String, Value>, key: &str, value: &Value) -> bool {
        let (spot, names) = (self.place.spot(), (self.place.kind(), self.place.leaf()));
        let child = spot.and_then(|it| it.child(key));
        let is_filled_in = || defaults::is_filled_in(spot, names, (key, value), live);
        match (desired.get(key), child) {
            (None, _) => !is_filled_in(),
            // One that is a value was compared with the others.
            (Some(Value::Null), Some(child)) if child.is_nullable() => false,
            (Some(Value::Null), Some(child)) if child.is_entry() => !child.is_read_from_null(value),
            (Some(Value::Null), _) => !is_filled_in(),
            (Some(_), _) => false,
        }
    }

    fn list(&mut self, desired: &'a [Value], live: &[Value], meaning: Meaning) {
        let shape = if meaning == Meaning::Whole { Shape::Atomic } else { lists::shape(&self.place, desired, live) };
        let outer = self.entries.replace(shape);
        match shape {
            Shape::Set => match lists::lacking(desired, live) {
                Lacking::Entries(entries) => {
                    for index in entries {
                        self.item(desired, index, |walk, item| walk.differs(Code::FieldRemoved, item, None));
                    }
                }
                Lacking::Repeated => self.whole(desired, live),
            },
            Shape::Keyed(keys) => match lists::pair(keys, desired, live) {
                Some(pairs) => {
                    self.pairs(desired, live, &pairs, Meaning::Fields);
                    if !pairs.iter().flatten().is_sorted() && lists::order_counts(&self.place, desired) {
                        self.whole(desired, live);
                    }
                }
                None => self.positions(desired, live),
            },
            Shape::Named => self.named(desired, live),
            Shape::Atomic => self.positions(desired, live),
        }
        self.entries = outer;
    }

    fn pairs(&mut self, desired: &'a [Value], live: &[Value], pairs: &[Option<usize>], meaning: Meaning) {
        for (index, partner) in pairs.iter().enumerate() {
            let partner = partner.and_then(|at| live.get(at));
            self.item(desired, index, |walk, item| match partner {
                Some(partner) => walk.value(item, Some(partner), Siblings::of(&Map::new()), meaning),
                None => walk.differs(Code::FieldRemoved, item, None),
            });
        }
    }

    fn named(&mut self, desired: &'a [Value], live: &[Value]) {
        let Some(mut pairs) = lists::pair(Keys::name(), desired, live) else { return self.positions(desired, live) };
        // An entry whose name alone was changed stands where it stood.
        let taken: HashSet<usize> = pairs.iter().copied().flatten().collect();
        for (index, partner) in pairs.iter_mut().enumerate() {
            if partner.is_none() && desired.len() == live.len() && !taken.contains(&index) {
                *partner = Some(index);
            }
        }
        let meaning = if self.place.spot().is_some() { Meaning::Whole } else { Meaning::Fields };
        self.pairs(desired, live, &pairs, meaning);
        let is_added = live.len() > pairs.iter().flatten().count();
        if is_added || !pairs.iter().flatten().is_sorted() {
            self.whole(desired, live);
        }
    }

    /// Entries by position. A list of another length is one difference: which entry came or went is anybody's guess.
    fn positions(&mut self, desired: &'a [Value], live: &[Value]) {
        self.entries = Some(Shape::Atomic);
        if desired.len() != live.len() {
            return self.whole(desired, live);
        }
        // Where nothing is known about the entries, a field more may be a default.
        let meaning = if self.place.spot().is_some() { Meaning::Whole } else { Meaning::Fields };
        for (index, live) in live.iter().enumerate() {
            self.item(desired, index, |walk, item| {
                // Positions hold: a null entry is an entry.
                if item.is_null() != live.is_null() {
                    walk.differs(Code::FieldChanged, item, Some(live));
                } else {
                    walk.value(item, Some(live), Siblings::of(&Map::new()), meaning);
                }
            });
        }
    }

    fn whole(&mut self, desired: &[Value], live: &[Value]) {
        let (desired, live) = (Value::Array(desired.to_vec()), Value::Array(live.to_vec()));
        self.differs(Code::FieldChanged, &desired, Some(&live));
    }

    fn item(&mut self, items: &'a [Value], index: usize, act: impl FnOnce(&mut Self, &'a Value)) {
        let Some(item) = items.get(index) else { return };
        let before = index.checked_sub(1).and_then(|at| items.get(at)).and_then(Value::as_str);
        self.place.push(Step::Item { index, item, flag: before.filter(|text| is_flag(text)) });
        act(self, item);
        self.place.pop();
    }

    fn differs(&mut self, code: Code, desired: &Value, live: Option<&Value>) {
        self.found.push(Difference {
            code,
            path: self.place.path(),
            desired: desired.clone(),
            live: live.cloned(),
            names: self.place.names(),
            sensitivity: Sensitivity::Ordinary,
            rule: Rule::new(&self.place, desired, live, self.entries),
        });
    }
}

#[cfg(test)]
mod tests;
