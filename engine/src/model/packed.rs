//! A tree of JSON as one text that is walked without being read: most objects are compared once, and are as desired.
//!
//! ```text
//! null  n      true  t      false  f      12  i12;      1.5  dBITS;      "ab"  s2:ab
//! ["ab"]  l5:s2:ab      {"k": true}  m4:1:kt      (LENGTH is in bytes, so that a part is passed over at once)
//! ```

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Number, Value};

/// A value of JSON. Copies share the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed(Arc<str>);

/// A value inside a packed one.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number, in digits.
    Integer(&'a str),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// `[…]`
    List(List<'a>),
    /// `{…}`
    Mapping(Mapping<'a>),
}

/// A list.
#[derive(Clone, Copy, Debug)]
pub struct List<'a>(&'a str);

/// A mapping, sorted by key.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a>(&'a str);

impl Packed {
    /// Packs a tree.
    pub fn of(value: &Value) -> Self {
        // Measured first: each part is written once, however deep it is.
        let mut inside = Vec::new();
        let mut text = String::with_capacity(length(value, &mut inside));
        pack(value, &mut inside.into_iter(), &mut text);
        Self(text.into())
    }

    /// The whole value.
    pub fn item(&self) -> Item<'_> {
        item(&mut &*self.0)
    }

    /// The tree that was packed.
    pub fn value(&self) -> Value {
        self.item().value()
    }

    /// Whether a text or a whole number in it may hold these letters; no: none does.
    pub fn may_hold(&self, letters: &str) -> bool {
        self.0.contains(letters)
    }
}

impl<'a> Item<'a> {
    /// The value as a tree.
    pub fn value(self) -> Value {
        match self {
            Item::Null => Value::Null,
            Item::Bool(bool) => Value::Bool(bool),
            Item::Integer(digits) => Value::Number(integer(digits)),
            Item::Float(float) => Value::from(float),
            Item::Text(text) => Value::from(text),
            Item::List(list) => list.items().map(Item::value).collect(),
            Item::Mapping(mapping) => mapping.fields().map(|(key, it)| (key.to_owned(), it.value())).collect(),
        }
    }

    /// The value of a field, if this is a mapping that has it.
    pub fn get(self, key: &str) -> Option<Self> {
        let Item::Mapping(mapping) = self else { return None };
        mapping.fields().find(|(name, _)| *name == key).map(|(_, it)| it)
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        matches!(self, Item::Null)
    }

    /// The text that it is.
    pub fn as_text(self) -> Option<&'a str> {
        if let Item::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number that it is, if this type holds it.
    pub fn as_integer<N: std::str::FromStr>(self) -> Option<N> {
        if let Item::Integer(digits) = self { digits.parse().ok() } else { None }
    }
}

impl<'a> List<'a> {
    /// The items, in order.
    pub fn items(self) -> impl Iterator<Item = Item<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || (!rest.is_empty()).then(|| item(&mut rest)))
    }
}

impl<'a> Mapping<'a> {
    /// The fields, in order.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, Item<'a>)> {
        let mut rest = self.0;
        std::iter::from_fn(move || (!rest.is_empty()).then(|| (counted(&mut rest), item(&mut rest))))
    }
}

/// How long the packed text gets. `inside` is told, in order, how long what each list and mapping holds is.
fn length(value: &Value, inside: &mut Vec<usize>) -> usize {
    let at = inside.len();
    let held = match value {
        Value::Null | Value::Bool(_) => return 1,
        Value::Number(it) => return number(it).len(),
        Value::String(it) => return 1 + counted_length(it.len()),
        Value::Array(items) => {
            inside.push(0);
            items.iter().map(|it| length(it, inside)).sum()
        }
        Value::Object(fields) => {
            inside.push(0);
            fields.iter().map(|(key, it)| counted_length(key.len()) + length(it, inside)).sum()
        }
    };
    inside[at] = held;
    1 + counted_length(held)
}

/// The length of what stands behind its length, and of that.
fn counted_length(length: usize) -> usize {
    length.checked_ilog10().unwrap_or_default() as usize + 2 + length
}

fn pack(value: &Value, inside: &mut impl Iterator<Item = usize>, text: &mut String) {
    match value {
        Value::Null => text.push('n'),
        Value::Bool(it) => text.push(if *it { 't' } else { 'f' }),
        Value::Number(it) => text.push_str(&number(it)),
        Value::String(it) => {
            text.push('s');
            count(it.len(), text);
            text.push_str(it);
        }
        Value::Array(items) => {
            text.push('l');
            count(inside.next().unwrap_or_default(), text);
            for it in items {
                pack(it, inside, text);
            }
        }
        Value::Object(fields) => {
            text.push('m');
            count(inside.next().unwrap_or_default(), text);
            for (key, it) in fields {
                count(key.len(), text);
                text.push_str(key);
                pack(it, inside, text);
            }
        }
    }
}

fn count(length: usize, text: &mut String) {
    write!(text, "{length}:").expect("a text can be written to");
}

fn number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        // Its bits: to be read as digits takes longer.
        Some(float) => format!("d{};", float.to_bits()),
        None => format!("i{number};"),
    }
}

/// Takes the first value off a text that was packed.
fn item<'a>(text: &mut &'a str) -> Item<'a> {
    let (sort, rest) = text.split_at(1);
    *text = rest;
    match sort.as_bytes() {
        b"t" => Item::Bool(true),
        b"f" => Item::Bool(false),
        b"i" => Item::Integer(digits(text)),
        b"d" => Item::Float(f64::from_bits(digits(text).parse().expect("bits are written in digits"))),
        b"s" => Item::Text(counted(text)),
        b"l" => Item::List(List(counted(text))),
        b"m" => Item::Mapping(Mapping(counted(text))),
        _ => Item::Null,
    }
}

fn digits<'a>(text: &mut &'a str) -> &'a str {
    let (digits, rest) = text.split_once(';').expect("digits are written with their end");
    *text = rest;
    digits
}

/// What stands behind its length.
fn counted<'a>(text: &mut &'a str) -> &'a str {
    let mut length = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b':' {
            let (counted, rest) = text[at + 1..].split_at(length);
            *text = rest;
            return counted;
        }
        length = length * 10 + usize::from(byte - b'0');
    }
    ""
}

fn integer(digits: &str) -> Number {
    let unsigned = digits.parse::<u64>().map(Number::from);
    unsigned.or_else(|_| digits.parse::<i64>().map(Number::from)).expect("a whole number fits in one of the two")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_written_as_the_picture_says() {
        for (value, packed) in [
            (json!(null), "n"),
            (json!([true, false]), "l2:tf"),
            (json!([12, -3, u64::MAX]), "l30:i12;i-3;i18446744073709551615;"),
            (json!({"b": "ä", "a": {}}), "m14:1:am0:1:bs2:ä"),
        ] {
            assert_eq!(&*Packed::of(&value).0, packed);
        }
    }

    #[test]
    fn fields_and_items_are_found_without_a_tree() {
        let packed =
            Packed::of(&json!({"name": "a", "ports": [{"port": 80}, {"port": -1}], "zero": 0.5, "none": null}));
        let fields = packed.item();
        assert_eq!(fields.get("name").and_then(Item::as_text), Some("a"));
        assert!(fields.get("none").is_some_and(Item::is_null));
        assert!(fields.get("port").is_none());
        let Some(Item::List(ports)) = fields.get("ports") else { panic!("they are a list") };
        let mut ports = ports.items();
        let port = |it: Option<Item<'_>>| it.and_then(|it| it.get("port")).and_then(Item::as_integer::<i64>);
        assert_eq!((port(ports.next()), port(ports.next()), port(ports.next())), (Some(80), Some(-1), None));
        assert!(packed.may_hold("port") && packed.may_hold("80") && !packed.may_hold("part"));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        scalar.prop_recursive(6, 64, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..5).prop_map(|it| it.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_tree_comes_back(tree in tree()) {
            let packed = Packed::of(&tree);
            prop_assert_eq!(packed.0.len(), length(&tree, &mut Vec::new()));
            prop_assert_eq!(packed.value(), tree);
        }
    }
}
