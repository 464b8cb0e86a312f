//! Any object of any built-in kind: what a server may make of it is no finding, and any other value is one.

use proptest::prelude::*;
use serde_json::{Map, json};

use super::super::graph::Scalar;
use super::*;
use crate::drift::compare::compare;
use crate::drift::injected::{self, Situation};

/// Choices, one after another; when they run out, the first of what there is, which is to leave out.
struct Choices {
    bytes: Vec<u8>,
    used: usize,
}

impl Choices {
    fn below(&mut self, end: u8) -> u8 {
        self.used += 1;
        self.bytes.get(self.used - 1).map_or(0, |byte| byte % end)
    }
}

/// Whether others may add to what they find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Shared,
    /// Inside of what the API replaces as a whole.
    Whole,
}

/// The same value as desired has it and as a server may show it.
type Pair = (Value, Value);

fn scalar(scalar: Scalar, choices: &mut Choices) -> Pair {
    let texts: &[(&str, &str)] = match scalar {
        Scalar::Integer => return (json!(3), json!(3)),
        Scalar::Number => return (json!(1), json!(1.0)),
        Scalar::Boolean => return (json!(true), json!(true)),
        Scalar::Text => &[("a", "a"), ("b: $x", "b: $x")],
        Scalar::Quantity => &[("1000m", "1"), ("1Ki", "1024"), ("1e3", "1k"), ("0.5", "500m")],
        Scalar::Milli => &[("1u", "1m"), ("1.5Gi", "1536Mi"), ("2", "2")],
        Scalar::Bytes => &[("aGk=", "aGk="), ("aGk=\n", "aGk=")],
        Scalar::IntOrString => &[("80%", "80%"), ("http", "http")],
        Scalar::Time => &[("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z")],
        Scalar::Duration => &[("90s", "1m30s")],
    };
    let (desired, live) = texts[usize::from(choices.below(u8::try_from(texts.len()).expect("a few spellings")))];
    (json!(desired), json!(live))
}

fn pair(spot: Spot<'_>, kind: &str, sharing: Sharing, depth: u8, choices: &mut Choices) -> Pair {
    let sharing = if spot.is_atomic() { Sharing::Whole } else { sharing };
    if let Some(it) = spot.scalar() {
        return scalar(it, choices);
    }
    if let (Some(lists), Some(item)) = (spot.lists(), spot.item()) {
        return list(lists, item, kind, sharing, depth, choices);
    }
    if spot.is_map() {
        let entry = spot.child("any").expect("a map has entries");
        let (desired, live) = pair(entry, kind, sharing, depth, choices);
        let (desired, mut live) = (json!({"k/1": desired}), json!({"k/1": live}));
        if sharing == Sharing::Shared && choices.below(2) == 1 {
            live["other"] = live["k/1"].clone();
        }
        return (desired, live);
    }
    let (mut desired, mut live) = (Map::new(), Map::new());
    for name in spot.fields() {
        let field = spot.child(name).expect("a field of its own type");
        // Most are left out, more of them the deeper it goes.
        let choice = if depth == 0 { 1 } else { choices.below(3 + depth / 2) };
        if matches!(name, "status" | "metadata") || depth > 7 {
            continue;
        }
        match choice {
            1 | 2 => {}
            3 => {
                // Left out and filled in, or a zero that the server forgets.
                if let Some(default) = field.default(kind) {
                    live.insert(name.to_owned(), default.clone());
                } else if !field.keeps_zero() && field.scalar() == Some(Scalar::Boolean) {
                    desired.insert(name.to_owned(), json!(false));
                } else if !field.keeps_zero() && field.lists().is_some() {
                    desired.insert(name.to_owned(), json!([]));
                }
                continue;
            }
            _ => continue,
        }
        let (one, other) = pair(field, kind, sharing, depth + 1, choices);
        desired.insert(name.to_owned(), one);
        live.insert(name.to_owned(), other);
    }
    (Value::Object(desired), Value::Object(live))
}

fn list(lists: &Lists, item: Spot<'_>, kind: &str, sharing: Sharing, depth: u8, choices: &mut Choices) -> Pair {
    let (mut desired, mut live) = (Vec::new(), Vec::new());
    let inside = if *lists == Lists::Atomic { Sharing::Whole } else { sharing };
    for index in 0..choices.below(3) + 1 {
        let (mut one, mut other) = pair(item, kind, inside, depth + 1, choices);
        match lists {
            Lists::Atomic => {}
            Lists::Set => (one, other) = (json!(format!("{index}")), json!(format!("{index}"))),
            Lists::Keyed(keys) => {
                for key in keys {
                    let value = match item.child(key).and_then(|it| it.scalar()) {
                        Some(Scalar::Integer) => json!(index),
                        _ => json!(format!("k{index}")),
                    };
                    (one[&**key], other[&**key]) = (value.clone(), value);
                }
            }
        }
        desired.push(one);
        live.push(other);
    }
    if *lists != Lists::Atomic && sharing == Sharing::Shared {
        let by = usize::from(choices.below(2)) % live.len();
        live.rotate_left(by);
    }
    (Value::from(desired), Value::from(live))
}

fn object(choices: &mut Choices) -> (GroupVersionKind, Value, Value) {
    // Secrets are compared in their own way, and their values are not shown.
    let mut kinds: Vec<_> = BUILT_IN.kinds().filter(|gvk| gvk.kind != "Secret").collect();
    if choices.below(2) == 0 {
        // The largest types.
        kinds.retain(|gvk| matches!(gvk.group.as_str(), "apps" | "batch") || gvk.kind.starts_with("Po"));
    }
    let at = usize::from(choices.below(255)) * usize::from(choices.below(255)) % kinds.len();
    let gvk = kinds[at].clone();
    let root = BUILT_IN.kind(&gvk).map(|it| Spot::root(&BUILT_IN, it)).expect("a kind has a type");
    let (mut desired, mut live) = pair(root, &gvk.kind, Sharing::Shared, 0, choices);
    for it in [&mut desired, &mut live] {
        (it["apiVersion"], it["kind"]) = (json!(gvk.api_version()), json!(gvk.kind));
        it["metadata"] = json!({"name": "a", "labels": {"a": "b"}});
    }
    live["metadata"]["uid"] = json!("u");
    live["status"] = json!({"anything": 1});
    (gvk, desired, live)
}

/// Pointers of all texts and numbers but those that say which object it is.
fn leaves(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if !(pointer.is_empty() && matches!(key.as_str(), "apiVersion" | "kind" | "metadata")) {
                    leaves(value, format!("{pointer}/{}", key.replace('/', "~1")), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, format!("{pointer}/{index}"), found);
            }
        }
        Value::Bool(false) => {}
        _ => found.push(pointer),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_a_server_makes_of_an_object_is_no_finding(bytes in proptest::collection::vec(any::<u8>(), 1000..6000)) {
        let mut choices = Choices { bytes, used: 0 };
        let (gvk, desired, live) = object(&mut choices);
        let schemas = CustomSchemas::default();
        let situation = Situation::new(&gvk, (&desired, &live), &schemas);
        let found = compare(&desired, &live, &gvk, &schemas);
        let found: Vec<_> = found.iter().filter(|it| injected::explain(&situation, it).is_none()).collect();
        prop_assert!(found.is_empty(), "{gvk}\n{desired:#}\n{live:#}\n{found:#?}");
    }

    #[test]
    fn another_value_is_found(bytes in proptest::collection::vec(any::<u8>(), 1000..6000), at: proptest::sample::Index) {
        let mut choices = Choices { bytes, used: 0 };
        let (gvk, mut desired, live) = object(&mut choices);
        let mut pointers = Vec::new();
        leaves(&desired, String::new(), &mut pointers);
        prop_assume!(!pointers.is_empty());
        let pointer = at.get(&pointers).clone();
        let value = desired.pointer_mut(&pointer).expect("a leaf");
        *value = match &*value {
            Value::Bool(_) => json!(false),
            Value::Number(_) => json!(77),
            _ => json!("77"),
        };
        let found = compare(&desired, &live, &gvk, &CustomSchemas::default());
        let is_near = |path: &str| path == pointer || pointer.starts_with(&format!("{path}/"));
        prop_assert!(
            found.iter().any(|it| is_near(&it.path.pointer())),
            "{gvk} {pointer}\n{desired:#}\n{live:#}\n{found:#?}"
        );
    }
}
