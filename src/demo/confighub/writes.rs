//! One write to one unit: members, data, lock. The rules of locks are here and nowhere else.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Refused, bad_request, conflict};
use super::ask::Run;
use super::attributes::Kind;
use super::guesses::{Closing, LockedMetadata, LockedWrite, Opening, PatchVersion, Reopening};
use super::specs::Spec;
use super::state::{Author, Draft, Entity, Record, State, Unit};

/// What is to become of a unit.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Members as a merge patch, without `ChangeSetID` and `Data`.
    pub(super) patch: Entity,
    pub(super) lock: Lock,
    pub(super) data: Data,
    /// The ChangeSet that the request says it belongs to.
    pub(super) change_set: Option<Uuid>,
    /// Put on the resulting head.
    pub(super) tag: Option<Uuid>,
    pub(super) author: Author,
    pub(super) at: Timestamp,
    pub(super) run: Run,
}

/// What is to become of its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Kept,
    Taken(Uuid),
    LetGo,
}

/// What is to become of its data.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Kept,
    Written(Arc<str>),
    Restored(Spec),
}

/// What was found out before anything is changed.
struct Plan {
    /// The new text, where it is another one.
    text: Option<Arc<str>>,
    opens: Option<Uuid>,
}

impl State {
    /// Changes the unit, or refuses and leaves it as it was.
    pub(super) fn change(&mut self, key: Uuid, change: &Change) -> Result<(), Refused> {
        let unit = self.units.get(&key).ok_or_else(super::units::gone)?;
        let plan = self.plan(key, unit, change)?;
        if let Some(slug) = change.patch.get("Slug").and_then(Value::as_str)
            && self.with_slug(Kind::Unit, Some(unit.space), slug).is_some_and(|other| other != key)
        {
            return Err(conflict(format!("there is a Unit {slug} in this Space already")));
        }
        let before = unit.change_set;
        let gates = if plan.text.is_some() { self.gates_after_a_change(key) } else { unit.head().gates.clone() };
        let after = match change.lock {
            Lock::Kept => before,
            Lock::Taken(id) => Some(id),
            Lock::LetGo => None,
        };
        let (start, end) = self.range(change.lock, before, change);
        self.hold(key, after);
        let Some(unit) = self.units.get_mut(&key) else { return Ok(()) };
        let (old, approved) = (unit.head().text.clone(), unit.head().approved_by.clone());
        unit.record.patch(&change.patch, change.at);
        let is_new = plan.text.is_some();
        let opening_revision = plan.opens.is_some() && self.guesses.opening == Opening::MakesARevision;
        if plan.opens.is_some() && !opening_revision {
            unit.head_mut().tags.extend(start);
        }
        if is_new || opening_revision {
            unit.append(
                key,
                Draft {
                    text: plan.text.unwrap_or(old),
                    description: unit.record.text("LastChangeDescription").to_owned(),
                    source: if matches!(change.data, Data::Restored(_)) { "Restore" } else { "Update" },
                    author: change.author.clone(),
                    at: change.at,
                    change_set: after.or(before),
                    gates,
                },
            );
        }
        let head = unit.head_mut();
        if opening_revision && !is_new {
            // What was approved is still the data.
            head.approved_by = approved;
        }
        head.tags.extend(change.tag.into_iter().chain(end));
        if opening_revision {
            head.tags.extend(start);
        }
        Ok(())
    }

    fn plan(&self, key: Uuid, unit: &Unit, change: &Change) -> Result<Plan, Refused> {
        let held = unit.change_set;
        let names_the_lock = change.change_set == held;
        let opens = match (change.lock, held) {
            (Lock::Taken(id), Some(held)) if id != held => return Err(self.locked(unit, held)),
            (Lock::Taken(id), None) => {
                if change.change_set != Some(id) {
                    return Err(bad_request(format!("ChangeSetID {id} needs change_set_id={id}")));
                }
                self.reopening(id)?;
                Some(id)
            }
            (Lock::LetGo, Some(held)) if self.guesses.closing == Closing::NamesTheChangeSet && !names_the_lock => {
                return Err(self.locked(unit, held));
            }
            _ => None,
        };
        let text = match &change.data {
            Data::Kept => None,
            Data::Written(text) => Some(text.clone()),
            Data::Restored(spec) => Some(spec.of(self, unit)?.text.clone()),
        };
        let text = text.filter(|text| **text != *unit.head().text);
        let writes_members = change.patch.keys().any(|name| !["LastChangeDescription", "Version"].contains(&&**name));
        let is_bound = text.is_some() && change.run == Run::Real
            || writes_members && self.guesses.locked_metadata == LockedMetadata::Refused;
        if is_bound && change.change_set != held.or(opens) {
            return Err(match (held, change.change_set) {
                (Some(held), _) => self.locked(unit, held),
                (None, Some(id)) if text.is_some() => {
                    bad_request(format!("Unit {} ({key}) is not in ChangeSet {id}", unit.record.slug()))
                }
                (None, _) => return Ok(Plan { text, opens }),
            });
        }
        Ok(Plan { text, opens })
    }

    /// Refuses the change of a unit that a ChangeSet holds.
    fn locked(&self, unit: &Unit, held: Uuid) -> Refused {
        let status = match self.guesses.locked_write {
            LockedWrite::BadRequest => StatusCode::BAD_REQUEST,
            LockedWrite::Conflict => StatusCode::CONFLICT,
            LockedWrite::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            LockedWrite::Locked => StatusCode::LOCKED,
        };
        let slug = self.record(Kind::ChangeSet, held).map_or("", Record::slug);
        Refused { status, message: format!("Unit {} is in ChangeSet {slug} ({held})", unit.record.slug()) }
    }

    fn reopening(&self, id: Uuid) -> Result<(), Refused> {
        let was_closed = self.record(Kind::ChangeSet, id).is_some_and(|it| it.id("EndTagID").is_some());
        if was_closed && self.held_by(id).next().is_none() && self.guesses.reopening == Reopening::Refused {
            return Err(bad_request(format!("ChangeSet {id} is closed")));
        }
        Ok(())
    }

    /// The Tags at the ends of the ChangeSet that is opened or closed.
    fn range(&mut self, lock: Lock, before: Option<Uuid>, change: &Change) -> (Option<Uuid>, Option<Uuid>) {
        match (lock, before) {
            (Lock::Taken(id), _) => (self.end_of(id, "StartTagID", change), None),
            (Lock::LetGo, Some(id)) => (None, self.end_of(id, "EndTagID", change)),
            _ => (None, None),
        }
    }

    /// One of a ChangeSet's two Tags, made when it is first needed.
    fn end_of(&mut self, id: Uuid, end: &str, change: &Change) -> Option<Uuid> {
        let change_set = self.record(Kind::ChangeSet, id)?;
        let (known, space, slug) = (change_set.id(end), change_set.space, change_set.slug().to_owned());
        if known.is_some() || change.run == Run::Dry {
            return known;
        }
        let slug = format!("{slug}-{}", if end == "StartTagID" { "start" } else { "end" });
        let name = format!("{}/{slug}", space.map_or("", |space| self.space_slug(space)));
        let tag = self.fresh(Kind::Tag, &name);
        let members = super::render::object(json!({"Slug": slug, "DisplayName": slug, "ChangeSetID": id.to_string()}));
        self.insert(Kind::Tag, tag, Record::new(space, members, change.at));
        let prior = end == "StartTagID" && self.guesses.opening == Opening::MakesNone;
        let is_release = self.profile == super::Profile::Release;
        if let Some(change_set) = self.record_mut(Kind::ChangeSet, id) {
            change_set.members.insert(end.to_owned(), tag.to_string().into());
            if prior && is_release {
                change_set.members.insert("StartTagIsPriorRevision".to_owned(), true.into());
            }
        }
        Some(tag)
    }

    /// Puts a unit back as it was: the end of a dry run.
    pub(super) fn put_back(&mut self, key: Uuid, unit: Unit) {
        self.hold(key, unit.change_set);
        self.units.insert(key, unit);
    }

    /// Refuses a patch that was made from an older version.
    pub(super) fn current(&self, record: &Record, patch: &Entity) -> Result<(), Refused> {
        let sent = patch.get("Version").and_then(Value::as_i64);
        if self.guesses.patch_version == PatchVersion::Enforced && sent.is_some_and(|sent| sent != record.version) {
            return Err(conflict(format!("stale Version for {}", record.slug())));
        }
        Ok(())
    }
}
