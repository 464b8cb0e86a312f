//! Where each field of a document stands in the unit's text: a pass of its own, for the few units whose fields are named.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_saphyr::Spanned;

/// The line, from 1, of a value and of everything in it. A field stands where its key does, an entry of a list where it
/// begins; what an alias or a merge key repeats stands where it was written.
///
/// As JSON a scalar is its line, anything else a pair of its line and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Lines {
    /// A scalar.
    Scalar(usize),
    /// A mapping and its fields.
    Fields(usize, BTreeMap<String, Self>),
    /// A list and its entries.
    Items(usize, Vec<Self>),
}

impl Lines {
    /// The value's own line.
    pub fn line(&self) -> usize {
        match self {
            Self::Scalar(line) | Self::Fields(line, _) | Self::Items(line, _) => *line,
        }
    }

    /// A field of it.
    pub fn field(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Fields(_, fields) => fields.get(key),
            Self::Scalar(_) | Self::Items(..) => None,
        }
    }

    /// An entry of it, from 0.
    pub fn item(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Items(_, items) => items.get(index),
            Self::Scalar(_) | Self::Fields(..) => None,
        }
    }

    fn at(self, line: usize) -> Self {
        match self {
            Self::Scalar(_) => Self::Scalar(line),
            Self::Fields(_, fields) => Self::Fields(line, fields),
            Self::Items(_, items) => Self::Items(line, items),
        }
    }
}

/// The documents of a text that are not empty. None where this pass fails although the first one did not: then the lines
/// of the documents have to serve.
pub(super) fn documents(text: &str) -> Option<Vec<Lines>> {
    let documents: Vec<Spot> = serde_saphyr::from_multiple_with_options(text, super::yaml::options()).ok()?;
    // Every document that is no mapping is empty, or the first pass would have failed.
    Some(documents.into_iter().map(|it| it.0).filter(|it| matches!(it, Lines::Fields(..))).collect())
}

/// A value with its place, as the parser gives it.
struct Spot(Lines);

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Shape(lines), referenced: _, defined } = Spanned::deserialize(deserializer)?;
        Ok(Self(lines.at(super::yaml::line(defined.line()))))
    }
}

/// What a value holds; its own line is not known yet.
struct Shape(Lines);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor).map(Self)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Lines;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lines, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let Spot(value) = map.next_value()?;
            fields.insert(key.value, value.at(super::yaml::line(key.defined.line())));
        }
        Ok(Lines::Fields(0, fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lines, A::Error> {
        let mut items = Vec::new();
        while let Some(Spot(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Lines::Items(0, items))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Lines, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Lines, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_str<E>(self, _: &str) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_unit<E>(self) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }

    fn visit_none<E>(self) -> Result<Lines, E> {
        Ok(Lines::Scalar(0))
    }
}
