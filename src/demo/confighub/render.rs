//! Entities as JSON, in either generation's words. As the service does, zero and empty members are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Profile;
use super::attributes::Kind;
use super::auth::user_id;
use super::state::{Entity, Record, Revision, State, Unit};
use crate::demo::clock::id;

/// Points at one entity of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ref {
    Organization,
    User(Uuid),
    /// The same user as the organization sees it.
    Member(Uuid),
    /// Anything that is neither a unit nor a revision.
    Record(Kind, Uuid),
    Unit(Uuid),
    /// Of the unit, by number.
    Revision(Uuid, i64),
}

/// The entity itself, without configuration data.
pub(super) fn entity(state: &State, of: &Ref) -> Entity {
    let mut members = match of {
        Ref::Organization => object(json!({"OrganizationID": organization().to_string(), "Slug": "demo",
            "DisplayName": "Demo", "ExternalID": ORGANIZATION})),
        Ref::User(key) => render_user(state, *key),
        Ref::Member(key) => state.tokens.name(*key).map(super::people::member).map(object).unwrap_or_default(),
        Ref::Record(kind, key) => {
            state.record(*kind, *key).map(|it| render_record(state, *kind, *key, it)).unwrap_or_default()
        }
        Ref::Unit(key) => state.units.get(key).map(|unit| render_unit(state, *key, unit)).unwrap_or_default(),
        Ref::Revision(key, num) => state
            .units
            .get(key)
            .and_then(|unit| unit.numbered(*num).map(|revision| render_revision(state, *key, unit, revision)))
            .unwrap_or_default(),
    };
    members.retain(|name, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        // The only list that is there even if nothing is in it.
        Value::Array(list) => !list.is_empty() || name == "Stages",
        Value::Bool(value) => *value,
    });
    members
}

/// The entity that a join name leads to.
pub(super) fn join(state: &State, of: &Ref, name: &str) -> Option<Ref> {
    if name == "Organization" {
        return Some(Ref::Organization);
    }
    match of {
        Ref::Organization | Ref::User(_) | Ref::Member(_) => None,
        Ref::Revision(key, num) => {
            let unit = state.units.get(key)?;
            match name {
                "Unit" => Some(Ref::Unit(*key)),
                "Space" => Some(Ref::Record(Kind::Space, unit.space)),
                "ChangeSet" => unit.numbered(*num)?.change_set.and_then(|id| record(state, Kind::ChangeSet, id)),
                "User" => Some(Ref::User(user_id(&unit.numbered(*num)?.author.user))),
                _ => None,
            }
        }
        Ref::Unit(key) => {
            let unit = state.units.get(key)?;
            let shipped = || (unit.shipped > 0).then_some(Ref::Revision(*key, unit.shipped));
            match name {
                "Space" => Some(Ref::Record(Kind::Space, unit.space)),
                "Target" => record(state, Kind::Target, unit.record.id("TargetID")?),
                "ChangeSet" => record(state, Kind::ChangeSet, unit.change_set?),
                "UpstreamUnit" => upstream(state, unit).map(|(key, _)| Ref::Unit(key)),
                "UpstreamSpace" => {
                    let (key, _) = upstream(state, unit)?;
                    Some(Ref::Record(Kind::Space, state.units.get(&key)?.space))
                }
                "HeadRevision" => Some(Ref::Revision(*key, unit.head().num)),
                "LastReleasedRevision" if state.profile == Profile::Release => shipped(),
                "LiveRevision" if state.profile == Profile::Bridge => shipped(),
                "LastAppliedRevision" if state.profile == Profile::Bridge => {
                    let num = requested(unit);
                    (num > 0).then_some(Ref::Revision(*key, num))
                }
                _ => None,
            }
        }
        Ref::Record(kind, key) => {
            let of = state.record(*kind, *key)?;
            let joined = kind.joined(name)?;
            match (joined, name) {
                (Kind::Space, "Space") => record(state, Kind::Space, of.space?),
                (Kind::Revision, _) => Some(Ref::Revision(of.id("UnitID")?, of.members.get("RevisionNum")?.as_i64()?)),
                (Kind::Unit, _) => Some(Ref::Unit(of.id("UnitID")?)),
                _ => record(state, joined, of.id(&format!("{name}ID"))?),
            }
        }
    }
}

fn record(state: &State, kind: Kind, id: Uuid) -> Option<Ref> {
    state.record(kind, id).map(|_| Ref::Record(kind, id))
}

/// The entities that a list in an envelope holds.
pub(super) fn join_many(state: &State, of: &Ref, name: &str) -> Vec<Ref> {
    match (of, name) {
        (Ref::Unit(key), "ApprovedBy") => {
            let approved = state.units.get(key).map(|unit| unit.head().approved_by.clone());
            approved.unwrap_or_default().into_iter().map(Ref::User).collect()
        }
        (Ref::Revision(key, num), _) => {
            let Some(revision) = state.units.get(key).and_then(|unit| unit.numbered(*num)) else { return Vec::new() };
            let (kind, ids) = match name {
                "Tags" => (Kind::Tag, &revision.tags),
                "Attestations" => (Kind::Attestation, &revision.attestations),
                _ => return Vec::new(),
            };
            ids.iter().filter_map(|id| record(state, kind, *id)).collect()
        }
        _ => Vec::new(),
    }
}

/// The member `Data` of the bridge's units and revisions: large, so that it is made only for rows that are answered.
pub(super) fn data(state: &State, of: &Ref) -> Option<Value> {
    let text = match of {
        Ref::Unit(key) => &state.units.get(key)?.head().text,
        Ref::Revision(key, num) => &state.units.get(key)?.numbered(*num)?.text,
        _ => return None,
    };
    (state.profile == Profile::Bridge && !text.is_empty()).then(|| STANDARD.encode(text.as_bytes()).into())
}

/// What the bridge generation adds to a unit's envelope unasked.
pub(super) fn unit_status(state: &State, key: Uuid) -> Option<Value> {
    let unit = state.units.get(&key).filter(|_| state.profile == Profile::Bridge)?;
    let at = at(unit.shipped_at);
    Some(if unit.applying {
        json!({"Action": "Apply", "ActionResult": "None", "ActionStartedAt": at, "Status": "Progressing"})
    } else if unit.shipped == 0 {
        json!({"Action": "N/A", "ActionResult": "None", "Status": "NoLive"})
    } else {
        json!({"Action": "Apply", "ActionResult": "ApplyCompleted", "ActionStartedAt": at,
            "ActionTerminatedAt": at, "Status": "Ready"})
    })
}

fn render_user(state: &State, key: Uuid) -> Entity {
    let Some(name) = state.tokens.name(key) else { return object(json!({"UserID": key.to_string()})) };
    object(
        json!({"UserID": key.to_string(), "Slug": name, "DisplayName": name, "Username": format!("{name}@example.test"),
        "ExternalID": format!("user_{name}")}),
    )
}

/// What every entity says of itself.
fn render_record(state: &State, kind: Kind, key: Uuid, record: &Record) -> Entity {
    let mut members = record.members.clone();
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    say(&format!("{}ID", kind.name()), key.to_string().into());
    say("OrganizationID", organization().to_string().into());
    say("EntityType", kind.name().into());
    say("Version", record.version.into());
    say("CreatedAt", at(record.created).into());
    say("UpdatedAt", at(record.updated).into());
    if let Some(space) = record.space {
        say("SpaceID", space.to_string().into());
        say("SpaceSlug", state.space_slug(space).into());
    }
    if kind == Kind::ChangeSet {
        let is_open = state.held_by(key).next().is_some();
        let is_closed = record.id("EndTagID").is_some();
        say(
            "State",
            if is_open {
                "Open"
            } else if is_closed {
                "Closed"
            } else {
                "New"
            }
            .into(),
        );
    }
    members
}

fn render_unit(state: &State, key: Uuid, unit: &Unit) -> Entity {
    let head = unit.head();
    let mut members = render_record(state, Kind::Unit, key, &unit.record);
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    say("DataHash", (*head.hash).into());
    say("HeadRevisionNum", head.num.into());
    say("HeadMutationNum", head.num.into());
    say("ChangeSetID", json!(unit.change_set));
    if let Some((of, num)) = upstream(state, unit) {
        say("UpstreamUnitID", of.to_string().into());
        say("UpstreamRevisionNum", num.into());
        say("UpstreamSpaceID", json!(state.units.get(&of).map(|unit| unit.space)));
    }
    head.gates.render(state.profile, &mut members);
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    match state.profile {
        Profile::Release => {
            say("DataSize", head.text.len().into());
            say("HeadRevisionID", head.id.to_string().into());
            say("LastReleasedRevisionNum", unit.shipped.into());
        }
        Profile::Bridge => {
            say("LiveRevisionNum", unit.shipped.into());
            say("LastAppliedRevisionNum", requested(unit).into());
            say("ApprovedBy", json!(head.approved_by));
        }
    }
    members
}

fn render_revision(state: &State, key: Uuid, unit: &Unit, revision: &Revision) -> Entity {
    let marks = |ids: &std::collections::BTreeSet<Uuid>| -> Value {
        ids.iter().map(|id| (id.to_string(), Value::from(""))).collect::<Map<_, _>>().into()
    };
    let mut members = object(
        json!({"RevisionID": revision.id.to_string(), "RevisionNum": revision.num, "UnitID": key.to_string(),
        "SpaceID": unit.space.to_string(), "SpaceSlug": state.space_slug(unit.space), "OrganizationID": organization().to_string(),
        "EntityType": "Revision", "Version": 1, "Description": revision.description, "Source": revision.source,
        "UserID": user_id(&revision.author.user), "UserAgent": revision.author.agent, "DataHash": *revision.hash,
        "ChangeSetID": revision.change_set, "Tags": marks(&revision.tags),
        "CreatedAt": at(revision.at), "UpdatedAt": at(revision.at)}),
    );
    revision.gates.render(state.profile, &mut members);
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    match state.profile {
        Profile::Release => {
            say("DataSize", revision.text.len().into());
            say("UnitSlug", unit.record.slug().into());
            say("Attestations", marks(&revision.attestations));
        }
        Profile::Bridge => {
            say("ApprovedBy", json!(revision.approved_by));
            if revision.num == unit.shipped {
                say("LiveAt", at(unit.shipped_at).into());
            }
        }
    }
    members
}

/// Number of the revision for which an apply was asked last.
fn requested(unit: &Unit) -> i64 {
    if unit.applying { unit.head().num } else { unit.shipped }
}

/// The unit that this one was cloned from, if it is still there.
fn upstream(state: &State, unit: &Unit) -> Option<(Uuid, i64)> {
    unit.upstream.filter(|(key, _)| state.units.contains_key(key))
}

/// What clients see of the organization from outside.
pub(super) const ORGANIZATION: &str = "org_demo";

pub(super) fn organization() -> Uuid {
    id("organization", "demo")
}

pub(super) fn object(value: Value) -> Entity {
    match value {
        Value::Object(members) => members,
        _ => Entity::new(),
    }
}

fn at(time: Timestamp) -> String {
    time.to_string()
}
