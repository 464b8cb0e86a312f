//! What the stand-in holds, and how it grows: entities as the members that clients write, units with their revisions.

mod from_story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Profile;
use super::attributes::Kind;
use super::auth::Tokens;
use super::gates::Gates;
use super::guesses::Guesses;
use crate::demo::clock::id;

/// Members of an entity by name.
pub(super) type Entity = Map<String, Value>;

/// All entities by id, which is also the order in which the service lists them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) profile: Profile,
    pub(super) guesses: Guesses,
    pub(super) tokens: Tokens,
    records: BTreeMap<Kind, BTreeMap<Uuid, Record>>,
    pub(super) units: BTreeMap<Uuid, Unit>,
    /// Units by the ChangeSet that locks them.
    held: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Ids that were given away: one that was deleted is not given again.
    used: BTreeSet<Uuid>,
}

/// What every entity has, and the members that only its kind has.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// None: of the organization, as Spaces and Components are.
    pub(super) space: Option<Uuid>,
    pub(super) members: Entity,
    pub(super) version: i64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) space: Uuid,
    pub(super) record: Record,
    /// The unit that it was cloned from, and the revision that it has of it.
    pub(super) upstream: Option<(Uuid, i64)>,
    /// The lock.
    pub(super) change_set: Option<Uuid>,
    pub(super) revisions: Vec<Revision>,
    /// Number of the revision that was applied or released; 0: none.
    pub(super) shipped: i64,
    pub(super) shipped_at: Timestamp,
    pub(super) applying: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub(super) id: Uuid,
    pub(super) num: i64,
    pub(super) text: Arc<str>,
    pub(super) hash: Arc<str>,
    pub(super) description: String,
    pub(super) source: &'static str,
    pub(super) author: Author,
    pub(super) at: Timestamp,
    pub(super) change_set: Option<Uuid>,
    pub(super) tags: BTreeSet<Uuid>,
    pub(super) approved_by: BTreeSet<Uuid>,
    pub(super) attestations: BTreeSet<Uuid>,
    pub(super) gates: Gates,
}

/// Who writes, and with what program.
#[derive(Clone, Debug)]
pub(super) struct Author {
    pub(super) user: String,
    pub(super) agent: String,
}

/// A revision to be.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) text: Arc<str>,
    pub(super) description: String,
    pub(super) source: &'static str,
    pub(super) author: Author,
    pub(super) at: Timestamp,
    pub(super) change_set: Option<Uuid>,
    pub(super) gates: Gates,
}

impl Record {
    pub(super) fn new(space: Option<Uuid>, members: Entity, created: Timestamp) -> Self {
        Self { space, members, version: 1, created, updated: created }
    }

    /// A text; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.members.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn slug(&self) -> &str {
        self.text("Slug")
    }

    pub(super) fn id(&self, name: &str) -> Option<Uuid> {
        self.text(name).parse().ok().filter(|id: &Uuid| !id.is_nil())
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.members.get(name) == Some(&Value::Bool(true))
    }

    /// Merges as RFC 7396 does, and counts.
    pub(super) fn patch(&mut self, patch: &Entity, now: Timestamp) {
        for (name, value) in patch {
            merge(&mut self.members, name, value);
        }
        self.touch(now);
    }

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated = now;
    }
}

fn merge(into: &mut Entity, name: &str, value: &Value) {
    match value {
        Value::Null => {
            into.remove(name);
        }
        Value::Object(patch) => {
            let of = into.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if !of.is_object() {
                *of = Value::Object(Map::new());
            }
            if let Value::Object(members) = of {
                patch.iter().for_each(|(name, value)| merge(members, name, value));
            }
        }
        _ => {
            into.insert(name.to_owned(), value.clone());
        }
    }
}

impl Unit {
    pub(super) fn head(&self) -> &Revision {
        self.revisions.last().expect("a unit is made with a revision and loses none")
    }

    pub(super) fn head_mut(&mut self) -> &mut Revision {
        self.revisions.last_mut().expect("a unit is made with a revision and loses none")
    }

    pub(super) fn numbered(&self, num: i64) -> Option<&Revision> {
        // Revisions are numbered from 1 and none is ever lost.
        let revision = self.revisions.get(usize::try_from(num).ok()?.checked_sub(1)?)?;
        (revision.num == num).then_some(revision)
    }

    /// Makes a new head of the unit, which goes by `key`.
    pub(super) fn append(&mut self, key: Uuid, draft: Draft) {
        let num = i64::try_from(self.revisions.len()).unwrap_or(i64::MAX - 1) + 1;
        self.revisions.push(draft.revision(key, num));
    }
}

impl Draft {
    fn revision(self, unit: Uuid, num: i64) -> Revision {
        Revision {
            id: id("revision", &format!("{unit}@{num}")),
            num,
            hash: sha256(self.text.as_bytes()).into(),
            text: self.text,
            description: self.description,
            source: self.source,
            author: self.author,
            at: self.at,
            change_set: self.change_set,
            tags: BTreeSet::new(),
            approved_by: BTreeSet::new(),
            attestations: BTreeSet::new(),
            gates: self.gates,
        }
    }
}

impl State {
    pub(super) fn empty(profile: Profile) -> Self {
        Self {
            profile,
            guesses: Guesses::default(),
            tokens: Tokens::new(),
            records: BTreeMap::new(),
            units: BTreeMap::new(),
            held: BTreeMap::new(),
            used: BTreeSet::new(),
        }
    }

    /// Every entity of a kind, in the order of ids. Units and revisions are not among them.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = (Uuid, &Record)> {
        self.records.get(&kind).into_iter().flatten().map(|(id, record)| (*id, record))
    }

    pub(super) fn record(&self, kind: Kind, id: Uuid) -> Option<&Record> {
        match kind {
            Kind::Unit => self.units.get(&id).map(|unit| &unit.record),
            _ => self.records.get(&kind)?.get(&id),
        }
    }

    pub(super) fn record_mut(&mut self, kind: Kind, id: Uuid) -> Option<&mut Record> {
        match kind {
            Kind::Unit => self.units.get_mut(&id).map(|unit| &mut unit.record),
            _ => self.records.get_mut(&kind)?.get_mut(&id),
        }
    }

    pub(super) fn insert(&mut self, kind: Kind, id: Uuid, record: Record) {
        self.records.entry(kind).or_default().insert(id, record);
    }

    pub(super) fn remove(&mut self, kind: Kind, id: Uuid) {
        if let Some(records) = self.records.get_mut(&kind) {
            records.remove(&id);
        }
    }

    pub(super) fn space_slug(&self, space: Uuid) -> &str {
        self.record(Kind::Space, space).map_or("", Record::slug)
    }

    /// An id that was never given: the one that the name has, or that of `name#2` and so on.
    pub(super) fn fresh(&mut self, kind: Kind, name: &str) -> Uuid {
        let mut id_of = id(kind.path(), name);
        let mut next = 2;
        while !self.used.insert(id_of) {
            id_of = id(kind.path(), &format!("{name}#{next}"));
            next += 1;
        }
        id_of
    }

    /// The entities of a kind that have this slug in the Space (or in the organization), in the order of ids.
    pub(super) fn with_slug(&self, kind: Kind, space: Option<Uuid>, slug: &str) -> Option<Uuid> {
        if kind == Kind::Unit {
            let found = self.units.iter().find(|(_, unit)| Some(unit.space) == space && unit.record.slug() == slug);
            return found.map(|(id, _)| *id);
        }
        self.all(kind).find(|(_, record)| record.space == space && record.slug() == slug).map(|(id, _)| id)
    }

    /// Units that a ChangeSet locks.
    pub(super) fn held_by(&self, change_set: Uuid) -> impl Iterator<Item = Uuid> {
        self.held.get(&change_set).into_iter().flatten().copied()
    }

    /// Locks or unlocks a unit, without any of the rules.
    pub(super) fn hold(&mut self, unit: Uuid, change_set: Option<Uuid>) {
        let Some(entry) = self.units.get_mut(&unit) else { return };
        if let Some(units) = entry.change_set.and_then(|before| self.held.get_mut(&before)) {
            units.remove(&unit);
        }
        entry.change_set = change_set;
        if let Some(change_set) = change_set {
            self.held.entry(change_set).or_default().insert(unit);
        }
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
