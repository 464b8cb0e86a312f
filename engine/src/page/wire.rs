//! The JSON of a list and of what names an object, as the API server sends it. Items stay raw text: trees would cost twelve
//! times as much memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::object::ORIGIN_UNIT;

/// Where an answer stops being what it should be. The parser's own words are left out: they quote the text.
pub fn unread(what: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "is cut off".to_owned();
    }
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) api_version: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default)]
    pub(super) metadata: PageMeta,
    /// Must be there, and may be null as Go writes an empty list.
    #[serde(borrow, deserialize_with = "present")]
    pub(super) items: Option<Vec<&'a RawValue>>,
}

/// A list's own metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageMeta {
    #[serde(rename = "continue")]
    pub(super) next: Option<String>,
}

/// What names an object. Items of built-in lists carry neither `apiVersion` nor `kind`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity<'a> {
    /// Its `apiVersion`.
    #[serde(borrow, default)]
    pub api_version: Option<Cow<'a, str>>,
    /// Its `kind`.
    #[serde(borrow, default)]
    pub kind: Option<Cow<'a, str>>,
    /// The part of its metadata that names it.
    #[serde(borrow)]
    pub metadata: Name<'a>,
}

impl<'a> Identity<'a> {
    /// Of a list's item, without what follows the metadata: that is most of an object.
    pub(super) fn of_item(raw: &'a str) -> serde_json::Result<Self> {
        let mut head = Head::default();
        let read = serde_json::Deserializer::from_str(raw).deserialize_map(&mut head);
        let Head { api_version, kind, metadata } = head;
        match (metadata, read) {
            (Some(metadata), _) => Ok(Self { api_version, kind, metadata }),
            (None, Ok(())) => Err(serde_json::Error::missing_field("metadata")),
            (None, Err(error)) => Err(error),
        }
    }
}

/// The name that a list's item gives itself first. Whether it is one object of that name is not looked at.
pub(super) fn first_name(raw: &str) -> Option<Cow<'_, str>> {
    let mut name = None;
    // Ends in an error by design: only the beginning is read.
    let _ = serde_json::Deserializer::from_str(raw).deserialize_map(FirstName(&mut name));
    name
}

/// Goes into `metadata` and ends behind `name`.
struct FirstName<'n, 'a>(&'n mut Option<Cow<'a, str>>);

impl<'de> DeserializeSeed<'de> for FirstName<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FirstName<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "metadata" => return map.next_value_seed(self),
                "name" => {
                    *self.0 = Some(map.next_value::<Key<'_>>()?.0);
                    return Err(A::Error::custom("enough"));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The beginning of an object.
#[derive(Default)]
struct Head<'a> {
    api_version: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    metadata: Option<Name<'a>>,
}

impl<'de> Visitor<'de> for &mut Head<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "apiVersion" => self.api_version = map.next_value::<Option<Key<'_>>>()?.map(|it| it.0),
                "kind" => self.kind = map.next_value::<Option<Key<'_>>>()?.map(|it| it.0),
                "metadata" => {
                    self.metadata = Some(map.next_value()?);
                    return Err(A::Error::custom("enough"));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// An object's name, and whether it says that it comes from ConfigHub.
#[derive(Debug, Deserialize)]
pub struct Name<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its namespace, if it lives in one.
    #[serde(borrow, default)]
    pub namespace: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) labels: Marked,
    #[serde(default)]
    pub(super) annotations: Marked,
}

/// Whether a map of texts has the key that names a ConfigHub unit; the rest of it is passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Marked {
    Yes,
    #[default]
    No,
}

impl<'de> Deserialize<'de> for Marked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Marked;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts, or null")
            }

            fn visit_unit<E>(self) -> Result<Marked, E> {
                Ok(Marked::No)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Marked, A::Error> {
                let mut marked = Marked::No;
                while let Some(Key(key)) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    if key == ORIGIN_UNIT {
                        marked = Marked::Yes;
                    }
                }
                Ok(marked)
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

/// Borrowed where it holds no escape: most keys are only looked at.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is kept of an object that nobody asked for by name.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    pub(super) metadata: Description,
}

/// Its metadata.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Description {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) owner_references: Vec<OwnerReference>,
    #[serde(default)]
    pub(super) deletion_timestamp: Option<IgnoredAny>,
}

/// One owner.
#[derive(Debug, Deserialize)]
pub(super) struct OwnerReference {
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) controller: Option<bool>,
}

/// A field with this has to be there; null is None.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// Go writes an empty list as null.
/// # Errors
/// What is there is of another type.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
