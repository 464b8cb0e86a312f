//! Which entries of two lists belong together.

use std::sync::LazyLock;

use serde_json::Value;

use super::equal;
use super::place::Place;
use super::types::{Lists, Spot};

/// How the API treats a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    /// A map in disguise: entries are known by these fields. Who else adds entries does not touch ours.
    Keyed(Keys<'a>),
    /// Scalars without order. Who else adds entries does not touch ours.
    Set,
    /// One value: entries count by position, and one more is a change.
    Atomic,
    /// Atomic, or nobody knows; entries have names. Paired by name so that a finding is small, but an entry more or
    /// another order counts, because it may matter.
    Named,
}

/// The fields by which entries are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys<'a> {
    names: &'a [Box<str>],
    /// What an entry is; its fields may have defaults.
    item: Option<Spot<'a>>,
    kind: &'a str,
}

impl Keys<'static> {
    /// By their names.
    pub(super) fn name() -> Self {
        static NAME: LazyLock<[Box<str>; 1]> = LazyLock::new(|| ["name".into()]);
        Self { names: &*NAME, item: None, kind: "" }
    }
}

impl<'a> Keys<'a> {
    /// The names of the fields.
    pub(super) fn names(&self) -> &'a [Box<str>] {
        self.names
    }

    fn of<'b>(&self, item: &'b Value, name: &str) -> Option<&'b Value>
    where
        'a: 'b,
    {
        let default = || self.item?.child(name)?.default(self.kind);
        match item.get(name) {
            None | Some(Value::Null) => default(),
            Some(Value::String(text)) if text.is_empty() => default(),
            Some(value) => Some(value),
        }
    }

    fn are_same(&self, one: &Value, other: &Value) -> bool {
        self.names.iter().all(|name| match (self.of(one, name), self.of(other, name)) {
            (Some(Value::Number(one)), Some(Value::Number(other))) => equal::same_number(one, other),
            (one, other) => one == other,
        })
    }
}

/// The shape of the list at `place`.
pub(super) fn shape<'a>(place: &Place<'a>, desired: &[Value], live: &[Value]) -> Shape<'a> {
    match place.spot().and_then(|spot| Some((spot.lists()?, spot.item()?))) {
        Some((Lists::Set, _)) => Shape::Set,
        Some((Lists::Keyed(names), item)) => {
            let keys = Keys { names, item: Some(item), kind: place.kind() };
            if all_have(keys, desired) && all_have(keys, live) { Shape::Keyed(keys) } else { Shape::Atomic }
        }
        _ if !place.is_typed() && !desired.is_empty() && is_named(desired) && is_named(live) => Shape::Named,
        _ => Shape::Atomic,
    }
}

/// Whether the order of a keyed list means something: `$(NAME)` in a variable refers to variables before it.
pub(super) fn order_counts(place: &Place<'_>, items: &[Value]) -> bool {
    let refers = |item: &Value| item.get("value").and_then(Value::as_str).is_some_and(|value| value.contains("$("));
    place.leaf() == "env" && items.iter().any(refers)
}

/// A manifest may lack a key (a container without a name); such a list can only be compared by position.
fn all_have(keys: Keys<'_>, items: &[Value]) -> bool {
    items.iter().all(|item| keys.names.iter().all(|name| keys.of(item, name).is_some()))
}

fn is_named(items: &[Value]) -> bool {
    let mut names: Vec<&str> = Vec::with_capacity(items.len());
    for item in items {
        match item.get("name").and_then(Value::as_str) {
            Some(name) => names.push(name),
            None => return false,
        }
    }
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

/// For each desired entry the index of the live one; None: it is not there. The result is None where an entry is given
/// more often on one side: then nothing says which one is meant.
pub(super) fn pair(keys: Keys<'_>, desired: &[Value], live: &[Value]) -> Option<Vec<Option<usize>>> {
    let mut taken = vec![false; live.len()];
    let mut pairs: Vec<Option<usize>> = Vec::with_capacity(desired.len());
    for (index, item) in desired.iter().enumerate() {
        // Same position first: almost always right, and it keeps equal keys in order.
        let found = std::iter::once(index)
            .chain(0..live.len())
            .find(|at| live.get(*at).is_some_and(|it| !taken[*at] && keys.are_same(item, it)));
        if let Some(found) = found {
            taken[found] = true;
        }
        pairs.push(found);
    }
    let is_repeated = |item: &Value| desired.iter().any(|other| keys.are_same(item, other));
    let left: Vec<usize> = (0..live.len()).filter(|at| !taken[*at]).collect();
    if left.iter().any(|at| is_repeated(&live[*at])) {
        return None;
    }
    pair_by_name(keys, desired, live, &left, &mut pairs);
    Some(pairs)
}

/// A port whose number was changed keeps its name: *port 80 became 8080* says more than *port 80 is gone*. Only where
/// desired states what was changed: a protocol that it leaves to the default would go unseen.
fn pair_by_name(keys: Keys<'_>, desired: &[Value], live: &[Value], left: &[usize], pairs: &mut [Option<usize>]) {
    if keys.names.iter().any(|it| **it == *"name") {
        return;
    }
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    for index in 0..desired.len() {
        let Some(wanted) = name(&desired[index]).filter(|_| pairs[index].is_none()) else { continue };
        let is_wanted = |item: &Value| name(item).as_ref() == Some(&wanted);
        let mut alike = left.iter().filter(|at| is_wanted(&live[**at]));
        let rivals = (0..desired.len()).filter(|it| pairs[*it].is_none() && is_wanted(&desired[*it]));
        if let (Some(only), None, 1) = (alike.next(), alike.next(), rivals.count())
            && keys.names.iter().any(|key| {
                desired[index].get(&**key).is_some() && keys.of(&desired[index], key) != keys.of(&live[*only], key)
            })
        {
            pairs[index] = Some(*only);
        }
    }
}
