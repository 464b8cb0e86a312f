//! What each generation declares, as data: its operations with their query parameters, and the attributes of entities.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Profile;

/// One generation's declarations.
#[derive(Debug)]
pub(super) struct Described {
    operations: Vec<Operation>,
    /// `Unit.where` and its like.
    lists: BTreeMap<&'static str, Vec<&'static str>>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    path: &'static str,
    pub(super) query: Vec<&'static str>,
}

/// A member of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    /// `string`, `uuid`, `time`, `integer`, `boolean`, `strings`, `booleans`, `uuids`, `list`, `map`, `base64`, `any`.
    pub(super) form: &'static str,
    /// Whether creating needs it.
    pub(super) required: bool,
}

pub(super) fn described(profile: Profile) -> &'static Described {
    static RELEASE: OnceLock<Described> = OnceLock::new();
    static BRIDGE: OnceLock<Described> = OnceLock::new();
    match profile {
        Profile::Release => RELEASE.get_or_init(|| Described::read(include_str!("described-release.txt"))),
        Profile::Bridge => BRIDGE.get_or_init(|| Described::read(include_str!("described-bridge.txt"))),
    }
}

impl Described {
    fn read(text: &'static str) -> Self {
        let (mut operations, mut lists) = (Vec::new(), BTreeMap::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let first = words.next().unwrap_or_default();
            if first.contains('.') {
                lists.insert(first, words.collect());
            } else {
                let path = words.next().unwrap_or_default();
                operations.push(Operation { method: first, path, query: words.collect() });
            }
        }
        Self { operations, lists }
    }

    /// The operation that a request is; `path` begins after `/api`.
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.at(path).into_iter().find(|operation| operation.method == method)
    }

    /// Every operation on this path. `/unit/tag` is itself and not a unit called `tag`.
    pub(super) fn at(&self, path: &str) -> Vec<&Operation> {
        let fitting = || self.operations.iter().filter(|operation| fits(operation.path, path));
        let fewest = fitting().map(|operation| operation.path.matches('{').count()).min();
        fitting().filter(|operation| Some(operation.path.matches('{').count()) == fewest).collect()
    }

    /// `list("Unit", "where")`: names; empty where the generation has none.
    pub(super) fn list(&self, entity: &str, what: &str) -> &[&'static str] {
        self.lists.get(format!("{entity}.{what}").as_str()).map_or(&[], Vec::as_slice)
    }

    /// The members that a client may write (`members`), or that only the service does (`readonly`).
    pub(super) fn members(&self, entity: &str, what: &str) -> impl Iterator<Item = Member> {
        self.list(entity, what).iter().filter_map(|word| {
            let (name, form) = word.split_once(':')?;
            let required = name.ends_with('!');
            Some(Member { name: name.trim_end_matches('!'), form, required })
        })
    }
}

/// Whether a path is one of the route's, ids aside.
fn fits(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}
