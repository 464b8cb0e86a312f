//! A first look at a live object: whether its text says all that desired says, decided while it is read. So it is with
//! most objects; of the others the comparison says what differs.
//!
//! What is stated must be there as it is stated. What only live has is passed over, unless the API replaces what holds it
//! as a whole: such a part is read as a tree, and one field more has to be what the server fills in.

mod managed;
mod whole;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::autoscale;
use super::compare;
use super::fields;
use super::types::{self, CustomSchemas, Lists, Spot};
use crate::model::environment::Additions;
use crate::model::object::{GroupVersionKind, StatedObject};
use crate::model::packed::{Item, Mapping};
use managed::Managers;

pub(super) use managed::Persons;

/// Looks at objects while they are read, so that those about which there is nothing to say need not be kept.
#[derive(Debug)]
pub struct FirstLook {
    /// Sorted by key.
    objects: Arc<[StatedObject]>,
    additions: Additions,
    persons: Persons,
}

impl FirstLook {
    /// For the objects of a selection, which are sorted.
    pub fn new(objects: Arc<[StatedObject]>, additions: Additions) -> Self {
        Self { objects, additions, persons: Persons::default() }
    }

    /// Whether there is nothing to say about the object of this kind, namespace and name: `raw` is its text, as the server
    /// sent it. Custom resources have to wait for their schema, and of autoscalers more is asked than whether they differ.
    pub fn is_as_desired(&self, gvk: &GroupVersionKind, namespace: Option<&str>, name: &str, raw: &str) -> bool {
        if !types::is_built_in(gvk) || autoscale::is_autoscaler(gvk) {
            return false;
        }
        let order = |it: &StatedObject| {
            (&it.key.gvk, it.key.namespace.as_deref(), it.key.name.as_str()).cmp(&(gvk, namespace, name))
        };
        let Ok(at) = self.objects.binary_search_by(order) else { return false };
        is_as_desired(&self.objects[at], raw, &CustomSchemas::default(), (self.additions, &self.persons))
    }
}

/// Whether there is nothing to say about the object. `raw` is its text, as the server sent it.
pub(super) fn is_as_desired(
    object: &StatedObject,
    raw: &str,
    schemas: &CustomSchemas,
    (additions, persons): (Additions, &Persons),
) -> bool {
    let is_same = says_the_same(object, raw, schemas, (additions, persons));
    // Every test that compares anything also tests that both looks agree.
    debug_assert!(
        // What is too deep for a tree is passed over where nothing is stated, and cannot be compared.
        !is_same
            || serde_json::from_str(raw).map_or(true, |live| {
                compare::compare(&object.desired().body, &live, &object.key.gvk, schemas).is_empty()
            }),
        "at first glance {} is as desired, and it is not",
        object.key
    );
    is_same
}

fn says_the_same(
    object: &StatedObject,
    raw: &str,
    schemas: &CustomSchemas,
    (additions, persons): (Additions, &Persons),
) -> bool {
    let key = &object.key;
    // The values of a Secret are bytes, which can be written in several ways.
    if key.gvk.is_secret() {
        return false;
    }
    let Item::Mapping(stated) = object.manifest.item() else { return false };
    let root = schemas.root(&key.gvk);
    let kind = if root.is_some_and(|root| root.is_go()) { key.gvk.kind.as_str() } else { "" };
    let mut head = Head { persons: (additions != Additions::Off).then_some(persons), ..Head::default() };
    let mut text = serde_json::Deserializer::from_str(raw);
    let read = text.deserialize_map(Object { stated, root, kind, head: &mut head });
    read.is_ok()
        && text.end().is_ok()
        && head.kind.is_none_or(|it| it == key.gvk.kind)
        && head.api_version.is_none_or(|it| it == key.gvk.api_version())
        && head.name.as_deref() == Some(&key.name)
        && head.namespace.as_deref() == key.namespace.as_deref()
        && head.deletion.is_none()
}

/// What an object says of itself.
#[derive(Default)]
struct Head<'a, 'p> {
    api_version: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    namespace: Option<Cow<'a, str>>,
    deletion: Option<IgnoredAny>,
    /// None: nobody asks who wrote it.
    persons: Option<&'p Persons>,
}

/// A key or a text that is not copied if it needs not be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why reading ends early. Nobody reads it.
fn differs<E: Error>() -> E {
    E::custom("differs")
}

/// Fields that most mappings have at most.
const FEW: usize = 8;

/// A field that is stated, and whether live has it.
struct Field<'s> {
    name: &'s str,
    value: Item<'s>,
    met: bool,
}

/// Reads a mapping of live: `meet` takes what stands there, and what is stated of it. All that is stated has to be met
/// once, but nulls and what `is_free`.
fn meet_all<'de, 's, A: MapAccess<'de>>(
    live: &mut A,
    stated: Mapping<'s>,
    is_free: impl Fn(&str) -> bool,
    mut meet: impl FnMut(&mut A, Cow<'de, str>, Option<(&'s str, Item<'s>)>) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    // Few mappings have more, and none grows step by step.
    let mut fields = Vec::with_capacity(FEW);
    fields.extend(stated.fields().map(|(name, value)| Field { name, value, met: false }));
    let mut next = 0;
    while let Some(Text(key)) = live.next_key()? {
        // Mostly both are in the same order.
        let is_next = fields.get(next).is_some_and(|it| *it.name == *key);
        let at = if is_next { Some(next) } else { position(&fields, &key) };
        let Some((at, field)) = at.and_then(|at| Some((at, fields.get_mut(at)?))) else {
            meet(live, key, None)?;
            continue;
        };
        if std::mem::replace(&mut field.met, true) {
            return Err(differs());
        }
        next = at + 1;
        meet(live, key, Some((field.name, field.value)))?;
    }
    let lacks = fields.iter().any(|it| !it.met && !it.value.is_null() && !is_free(it.name));
    if lacks { Err(differs()) } else { Ok(()) }
}

fn position(fields: &[Field<'_>], key: &str) -> Option<usize> {
    if fields.len() <= FEW {
        // Most names differ in length, which takes no look at the text.
        return fields.iter().position(|it| it.name == key);
    }
    fields.binary_search_by(|it| it.name.cmp(key)).ok()
}

/// The object itself.
struct Object<'s, 'h, 'de, 'p> {
    stated: Mapping<'s>,
    root: Option<Spot<'s>>,
    kind: &'s str,
    head: &'h mut Head<'de, 'p>,
}

impl<'de> Visitor<'de> for Object<'_, '_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        let Self { stated, root, kind, head } = self;
        let is_free = |name: &str| matches!(name, "apiVersion" | "kind" | "status");
        meet_all(&mut live, stated, is_free, |live, key, stated| {
            match (&*key, stated) {
                ("apiVersion", _) => head.api_version = Some(live.next_value::<Text<'_>>()?.0),
                ("kind", _) => head.kind = Some(live.next_value::<Text<'_>>()?.0),
                ("metadata", Some((_, Item::Mapping(stated)))) => {
                    live.next_value_seed(Metadata { stated, kind, head: &mut *head })?;
                }
                ("status", _) | (_, None) => drop(live.next_value::<IgnoredAny>()?),
                (_, Some((leaf, stated))) => {
                    let spot = root.filter(|it| it.is_described()).and_then(|root| root.child(leaf));
                    live.next_value_seed(Same { place: Place { stated, spot, kind, leaf }, keys: &[] })?;
                }
            }
            Ok(())
        })
    }
}

/// Its metadata.
struct Metadata<'s, 'h, 'de, 'p> {
    stated: Mapping<'s>,
    kind: &'s str,
    head: &'h mut Head<'de, 'p>,
}

impl<'de> DeserializeSeed<'de> for Metadata<'_, '_, 'de, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, live: D) -> Result<(), D::Error> {
        live.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_, '_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        let Self { stated, kind, head } = self;
        let is_free = |name: &str| name == "namespace" || fields::is_servers_metadata(name);
        meet_all(&mut live, stated, is_free, |live, key, stated| {
            match (&*key, stated) {
                ("name", _) => head.name = Some(live.next_value::<Text<'_>>()?.0),
                ("namespace", stated) => {
                    let Text(namespace) = live.next_value()?;
                    let names_another = |it: Item<'_>| !is_empty(it) && it.as_text() != Some(&namespace);
                    if stated.is_some_and(|(_, it)| names_another(it)) {
                        return Err(differs());
                    }
                    head.namespace = Some(namespace);
                }
                ("deletionTimestamp", _) => head.deletion = live.next_value()?,
                ("managedFields", _) => live.next_value_seed(Managers(head.persons))?,
                (name, _) if fields::is_servers_metadata(name) => drop(live.next_value::<IgnoredAny>()?),
                (_, None) => drop(live.next_value::<IgnoredAny>()?),
                ("annotations", Some((_, Item::Mapping(stated)))) => live.next_value_seed(Annotations(stated))?,
                (_, Some((leaf, stated))) => {
                    let spot = types::metadata().and_then(|root| root.child(leaf));
                    live.next_value_seed(Same { place: Place { stated, spot, kind, leaf }, keys: &[] })?;
                }
            }
            Ok(())
        })
    }
}

/// Its annotations, some of which are others'.
struct Annotations<'s>(Mapping<'s>);

impl<'de> DeserializeSeed<'de> for Annotations<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, live: D) -> Result<(), D::Error> {
        live.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Annotations<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotations")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        meet_all(&mut live, self.0, fields::is_managed_annotation, |live, _, stated| match stated {
            Some((name, stated)) if !fields::is_managed_annotation(name) => {
                let Text(value) = live.next_value()?;
                agree(stated.as_text() == Some(&value))
            }
            Some(_) | None => live.next_value::<IgnoredAny>().map(drop),
        })
    }
}

/// What is stated somewhere, and what is known about that place.
#[derive(Clone, Copy)]
struct Place<'s> {
    stated: Item<'s>,
    spot: Option<Spot<'s>>,
    /// The object's, if it is one that Kubernetes itself serves.
    kind: &'s str,
    /// The field's key; of a list's entry the list's.
    leaf: &'s str,
}

impl<'s> Place<'s> {
    /// A field, or without a key an entry.
    fn part(self, leaf: Option<&'s str>, stated: Item<'s>) -> Self {
        let spot = self.spot.filter(|it| it.is_described()).and_then(|it| it.part(leaf));
        Self { stated, spot, leaf: leaf.unwrap_or(self.leaf), ..self }
    }

    /// Whether the API replaces it as a whole.
    fn is_whole(self) -> bool {
        match (self.stated, self.spot) {
            (Item::Mapping(_), Some(spot)) => spot.is_atomic(),
            (Item::List(_), Some(spot)) => !matches!(spot.lists(), Some(Lists::Set | Lists::Keyed(_))),
            _ => false,
        }
    }
}

/// Any value of live, which has to be as stated.
struct Same<'s> {
    place: Place<'s>,
    /// By which the entry is known, if it is one of a keyed list.
    keys: &'s [Box<str>],
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, live: D) -> Result<(), D::Error> {
        if self.place.is_whole() {
            let live = Value::deserialize(live)?;
            return if whole::is_same(self.place, &live) { Ok(()) } else { Err(differs()) };
        }
        live.deserialize_any(self)
    }
}

fn agree<E: Error>(yes: bool) -> Result<(), E> {
    if yes { Ok(()) } else { Err(differs()) }
}

impl<'de> Visitor<'de> for Same<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is stated")
    }

    fn visit_bool<E: Error>(self, live: bool) -> Result<(), E> {
        agree(matches!(self.place.stated, Item::Bool(stated) if stated == live))
    }

    fn visit_i64<E: Error>(self, live: i64) -> Result<(), E> {
        agree(self.place.stated.as_integer() == Some(live))
    }

    fn visit_u64<E: Error>(self, live: u64) -> Result<(), E> {
        agree(self.place.stated.as_integer() == Some(live))
    }

    fn visit_str<E: Error>(self, live: &str) -> Result<(), E> {
        agree(self.place.stated.as_text() == Some(live))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        let Item::List(stated) = self.place.stated else { return Err(differs()) };
        let keys = match self.place.spot.and_then(|spot| spot.lists()) {
            Some(Lists::Keyed(keys)) => &**keys,
            Some(Lists::Set | Lists::Atomic) | None => &[],
        };
        for stated in stated.items() {
            if live.next_element_seed(Same { place: self.place.part(None, stated), keys })?.is_none() {
                return Err(differs());
            }
        }
        agree(live.next_element::<IgnoredAny>()?.is_none())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut live: A) -> Result<(), A::Error> {
        let Self { place, keys } = self;
        let Item::Mapping(fields) = place.stated else { return Err(differs()) };
        // An entry is known by fields that desired may leave to their defaults.
        let is_stated = |key: &str| place.stated.get(key).is_some_and(|it| !is_empty(it));
        let mut known = keys.iter().filter(|key| is_stated(key)).count();
        meet_all(
            &mut live,
            fields,
            |_| false,
            |live, key, stated| match stated {
                Some((leaf, stated)) => live.next_value_seed(Same { place: place.part(Some(leaf), stated), keys: &[] }),
                None if keys.iter().any(|it| **it == *key) => {
                    let default = place.spot.and_then(|it| it.child(&key)).and_then(|it| it.default(place.kind));
                    known += 1;
                    agree(default == Some(&live.next_value()?))
                }
                None => live.next_value::<IgnoredAny>().map(drop),
            },
        )?;
        agree(known == keys.len())
    }
}

fn is_empty(value: Item<'_>) -> bool {
    value.is_null() || value.as_text() == Some("")
}

#[cfg(test)]
mod tests;
