//! The entries of one live list: which of them desired means, and whose they are. Looked up, not searched for: a list may
//! have as many entries as fit into an object, and as many differences.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Owned;
use crate::drift::steps;

/// A list has one set of keys, and entries that lack one of them are named by the rest. More sets than this are nobody's:
/// they own nothing.
const SETS: usize = 16;

/// Where the first entry stands that says this of itself.
type First<K> = HashMap<K, usize>;

/// A live list, ready to be asked.
#[derive(Debug)]
pub(in crate::drift) struct Listing<'a> {
    live: &'a [Value],
    /// How the managers tell the entries apart, the first way first.
    named: Vec<Named<'a>>,
    /// Managers that own all there is.
    whole: Vec<usize>,
    /// Live entries by some of the keys that tell them apart: desired may leave out the others.
    by_keys: RefCell<HashMap<Vec<bool>, First<Vec<&'a Value>>>>,
    by_name: OnceCell<First<&'a Value>>,
    by_value: OnceCell<First<&'a Value>>,
}

/// How `FieldsV1` names an entry.
#[derive(Debug, PartialEq, Eq)]
enum By {
    /// `k:{…}`: by these fields.
    Keys(Vec<String>),
    /// `v:…`: by its value.
    Value,
    /// `i:…`: by its position.
    Position,
}

/// The entries that are named in one way.
#[derive(Debug)]
struct Named<'a> {
    by: By,
    /// Entries that say the same of themselves are owned together.
    groups: HashMap<Vec<&'a Value>, usize>,
    /// The group of each entry.
    group: Vec<Option<usize>>,
    /// What of each group is whose, in the order of the managers, each of them once.
    owned: Vec<Vec<(usize, Owned<'a>)>>,
}

impl<'a> Listing<'a> {
    /// From the list and what each manager owns of it, in their order.
    pub(super) fn read(live: &'a [Value], owned: &[(usize, Owned<'a>)]) -> Self {
        let mut listing = Self {
            live,
            named: Vec::new(),
            whole: Vec::new(),
            by_keys: RefCell::default(),
            by_name: OnceCell::new(),
            by_value: OnceCell::new(),
        };
        for (manager, owned) in owned {
            match owned {
                Owned::Whole => listing.whole.push(*manager),
                Owned::Parts(parts) => {
                    for (name, below) in *parts {
                        steps::take();
                        if let Some(below) = below.as_object() {
                            listing.name(name, *manager, Owned::of(below));
                        }
                    }
                }
            }
        }
        listing
    }

    /// Notes what a manager owns of the entries that this part names.
    fn name(&mut self, part: &str, manager: usize, owned: Owned<'a>) {
        let Some((letter, rest)) = part.split_once(':') else { return };
        let (by, says) = match letter {
            "k" => match serde_json::from_str::<Map<String, Value>>(rest) {
                Ok(keys) if !keys.is_empty() => {
                    let (names, values) = keys.into_iter().unzip();
                    (By::Keys(names), values)
                }
                _ => return,
            },
            "v" => match serde_json::from_str(rest) {
                Ok(value) => (By::Value, vec![value]),
                Err(_) => return,
            },
            "i" => (By::Position, vec![rest.parse::<usize>().map_or(Value::Null, Value::from)]),
            _ => return,
        };
        let known = self.named.iter().position(|it| it.by == by);
        let at = match known {
            Some(at) => at,
            None if self.named.len() < SETS => {
                self.named.push(Named::new(by, self.live));
                self.named.len() - 1
            }
            None => return,
        };
        self.named[at].add(&says, manager, owned);
    }

    /// What of the entry is whose, in the order of the managers.
    pub(super) fn owned(&self, at: usize) -> Vec<(usize, Owned<'a>)> {
        steps::take();
        let named = self.named.iter().filter_map(|named| named.owned.get((*named.group.get(at)?)?));
        let mut owned: Vec<_> = named.flatten().copied().collect();
        owned.extend(self.whole.iter().map(|manager| (*manager, Owned::Whole)));
        // Stable: of two ways in which a manager names an entry the first counts.
        owned.sort_by_key(|(manager, _)| *manager);
        owned.dedup_by_key(|(manager, _)| *manager);
        owned
    }

    /// Whether the managers tell the entries apart; any other list is one value.
    pub(in crate::drift) fn is_told_apart(&self) -> bool {
        self.told().is_some()
    }

    fn told(&self) -> Option<&By> {
        self.named.iter().map(|it| &it.by).find(|by| !matches!(by, By::Position))
    }

    /// The live entry that is meant by one of desired. A list without keys is one value, and positions are all there is.
    pub(in crate::drift) fn partner(&self, item: &Value, index: usize) -> Option<usize> {
        steps::take();
        match self.told() {
            Some(By::Keys(keys)) => self.same(keys, item, index).or_else(|| self.of_name(item)),
            Some(By::Value) => {
                let by_value = self.by_value.get_or_init(|| first(self.live, Some));
                by_value.get(item).copied()
            }
            Some(By::Position) | None => self.live.get(index).map(|_| index),
        }
    }

    /// The entry with these keys. One that desired leaves out is filled in by the server (`protocol`).
    fn same(&self, keys: &[String], item: &Value, index: usize) -> Option<usize> {
        let is_same = |it: &Value| keys.iter().all(|key| item.get(key).is_none() || item.get(key) == it.get(key));
        if self.live.get(index).is_some_and(is_same) {
            return Some(index);
        }
        let stated: Vec<bool> = keys.iter().map(|key| item.get(key).is_some()).collect();
        let mut by_keys = self.by_keys.borrow_mut();
        if by_keys.len() >= SETS && !by_keys.contains_key(&stated) {
            return None;
        }
        let names = keys.iter().zip(&stated).filter(|(_, is_stated)| **is_stated).map(|(key, _)| key);
        let names: Vec<&String> = names.collect();
        let by_keys = by_keys
            .entry(stated)
            .or_insert_with(|| first(self.live, |it| names.iter().map(|name| it.get(name)).collect()));
        let wanted: Vec<&Value> = names.iter().filter_map(|name| item.get(name)).collect();
        // Not by reference to the map itself: its keys live longer than those that are asked for.
        let by_keys: &First<Vec<&Value>> = by_keys;
        by_keys.get(&wanted).copied()
    }

    fn of_name(&self, item: &Value) -> Option<usize> {
        let by_name = self.by_name.get_or_init(|| first(self.live, |it| it.get("name")));
        by_name.get(item.get("name")?).copied()
    }
}

fn first<'a, K: std::hash::Hash + Eq>(live: &'a [Value], key: impl Fn(&'a Value) -> Option<K>) -> First<K> {
    let mut first = HashMap::with_capacity(live.len());
    for (at, item) in live.iter().enumerate() {
        steps::take();
        if let Some(key) = key(item) {
            first.entry(key).or_insert(at);
        }
    }
    first
}

impl<'a> Named<'a> {
    fn new(by: By, live: &'a [Value]) -> Self {
        let mut groups = HashMap::new();
        let group: Vec<Option<usize>> = live
            .iter()
            .enumerate()
            .map(|(at, item)| {
                steps::take();
                let says: Vec<&Value> = match &by {
                    By::Keys(names) => names.iter().map(|name| item.get(name)).collect::<Option<_>>()?,
                    By::Value => vec![item],
                    By::Position => return Some(at),
                };
                let next = groups.len();
                Some(*groups.entry(says).or_insert(next))
            })
            .collect();
        let count = if by == By::Position { live.len() } else { groups.len() };
        Self { by, groups, group, owned: vec![Vec::new(); count] }
    }

    fn add(&mut self, says: &[Value], manager: usize, owned: Owned<'a>) {
        let group = match (&self.by, says) {
            (By::Position, [at]) => at.as_u64().and_then(|it| usize::try_from(it).ok()),
            _ => {
                let groups: &HashMap<Vec<&Value>, usize> = &self.groups;
                groups.get(&says.iter().collect::<Vec<_>>()).copied()
            }
        };
        let Some(of_group) = group.and_then(|it| self.owned.get_mut(it)) else { return };
        // Two spellings of one name; managers come one after the other.
        if of_group.last().is_none_or(|(last, _)| *last != manager) {
            of_group.push((manager, owned));
        }
    }
}
