//! Which entries of two lists belong together.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::LazyLock;

use serde_json::Value;

use super::equal::Exact;
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
            // Go cannot tell it from absent; a custom resource keeps it.
            Some(Value::String(text)) if text.is_empty() && self.item.is_some_and(|it| it.is_go()) => default(),
            Some(value) => Some(value),
        }
    }

    /// What tells the entry from the others.
    fn key<'b>(&self, item: &'b Value) -> Vec<Option<Exact<'b>>>
    where
        'a: 'b,
    {
        self.names.iter().map(|name| self.of(item, name).map(Exact::of)).collect()
    }

    fn are_same(&self, one: &Value, other: &Value) -> bool {
        self.names.iter().all(|name| self.of(one, name).map(Exact::of) == self.of(other, name).map(Exact::of))
    }
}

/// The shape of the list at `place`.
pub(super) fn shape<'a>(place: &Place<'a>, desired: &[Value], live: &[Value]) -> Shape<'a> {
    match place.spot().and_then(|spot| Some((spot.lists()?, spot.item()?))) {
        Some((Lists::Set, _)) => Shape::Set,
        Some((Lists::Keyed(names), item)) => {
            let keys = Keys { names, item: Some(item), kind: place.kind() };
            // Live may have an entry without: the empty name is one where Go's zero is the default.
            if all_have(keys, desired) { Shape::Keyed(keys) } else { Shape::Atomic }
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
/// more often on one side: then nothing says which one is meant, or desired cannot be applied at all.
pub(super) fn pair(keys: Keys<'_>, desired: &[Value], live: &[Value]) -> Option<Vec<Option<usize>>> {
    let mut pairs = partners(desired, live, |one, other| keys.are_same(one, other), |item| keys.key(item));
    let unpaired: Vec<usize> = (0..desired.len()).filter(|at| pairs[*at].is_none()).collect();
    let left = left(&pairs, live.len());
    if !unpaired.is_empty() || !left.is_empty() {
        let mut stated = HashSet::with_capacity(desired.len());
        let repeated: HashSet<_> =
            desired.iter().map(|item| keys.key(item)).filter(|key| !stated.insert(key.clone())).collect();
        if left.iter().any(|at| stated.contains(&keys.key(&live[*at])))
            || unpaired.iter().any(|at| repeated.contains(&keys.key(&desired[*at])))
        {
            return None;
        }
    }
    pair_by_name(keys, desired, live, &unpaired, &left, &mut pairs);
    Some(pairs)
}

/// What a set lacks.
pub(super) enum Lacking {
    /// These entries of desired, by their indices.
    Entries(Vec<usize>),
    /// Desired gives an entry more often than live: no set can be that.
    Repeated,
}

/// The entries of desired that a live set lacks.
pub(super) fn lacking(desired: &[Value], live: &[Value]) -> Lacking {
    let pairs = partners(desired, live, |one, other| Exact::of(one) == Exact::of(other), Exact::of);
    let lacking: Vec<usize> = (0..desired.len()).filter(|at| pairs[*at].is_none()).collect();
    if !lacking.is_empty() {
        let mut stated = HashSet::with_capacity(desired.len());
        let repeated: HashSet<_> = desired.iter().map(Exact::of).filter(|it| !stated.insert(*it)).collect();
        if lacking.iter().any(|at| repeated.contains(&Exact::of(&desired[*at]))) {
            return Lacking::Repeated;
        }
    }
    Lacking::Entries(lacking)
}

/// For each entry of `desired` one of `live` with the same key, each of which is taken once.
fn partners<'v, K: std::hash::Hash + Eq>(
    desired: &'v [Value],
    live: &'v [Value],
    are_same: impl Fn(&Value, &Value) -> bool,
    key: impl Fn(&'v Value) -> K,
) -> Vec<Option<usize>> {
    let mut taken = vec![false; live.len()];
    // Only where an entry does not stand where it should: lists may be long, and most are as desired.
    let mut places: Option<HashMap<K, VecDeque<usize>>> = None;
    let mut pairs = Vec::with_capacity(desired.len());
    for (index, item) in desired.iter().enumerate() {
        // Same position first: almost always right, and it keeps equal keys in order.
        let is_here = live.get(index).is_some_and(|it| !taken[index] && are_same(item, it));
        let found = if is_here {
            Some(index)
        } else {
            let places = places.get_or_insert_with(|| {
                let mut places: HashMap<K, VecDeque<usize>> = HashMap::with_capacity(live.len());
                for (at, item) in live.iter().enumerate() {
                    places.entry(key(item)).or_default().push_back(at);
                }
                places
            });
            places.get_mut(&key(item)).and_then(|free| {
                while free.front().is_some_and(|at| taken[*at]) {
                    free.pop_front();
                }
                free.pop_front()
            })
        };
        if let Some(found) = found {
            taken[found] = true;
        }
        pairs.push(found);
    }
    pairs
}

/// Indices of live entries without a partner.
fn left(pairs: &[Option<usize>], len: usize) -> Vec<usize> {
    let mut taken = vec![false; len];
    for at in pairs.iter().flatten() {
        taken[*at] = true;
    }
    (0..len).filter(|at| !taken[*at]).collect()
}

/// A port whose number was changed keeps its name: *port 80 became 8080* says more than *port 80 is gone*. Only where
/// desired states what was changed: a protocol that it leaves to the default would go unseen.
fn pair_by_name(
    keys: Keys<'_>,
    desired: &[Value],
    live: &[Value],
    unpaired: &[usize],
    left: &[usize],
    pairs: &mut [Option<usize>],
) {
    if unpaired.is_empty() || left.is_empty() || keys.names.iter().any(|it| **it == *"name") {
        return;
    }
    let (wanted, there) = (by_name(desired, unpaired), by_name(live, left));
    for (name, at) in wanted {
        // None: several have the name.
        let (Some(index), Some(Some(only))) = (at, there.get(name)) else { continue };
        let (wanted, there) = (&desired[index], &live[*only]);
        let says_otherwise = |key: &str| {
            wanted.get(key).is_some() && keys.of(wanted, key).map(Exact::of) != keys.of(there, key).map(Exact::of)
        };
        if keys.names.iter().any(|key| says_otherwise(key)) {
            pairs[index] = Some(*only);
        }
    }
}

/// Which of the entries `at` has a name; None: several have it.
fn by_name<'a>(items: &'a [Value], at: &[usize]) -> HashMap<&'a str, Option<usize>> {
    let mut names = HashMap::new();
    for index in at {
        if let Some(name) = items[*index].get("name").and_then(Value::as_str) {
            names.entry(name).and_modify(|it| *it = None).or_insert(Some(*index));
        }
    }
    names
}
