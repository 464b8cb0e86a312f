//! Entities that are little more than what clients wrote: lists, single ones, creation, change, deletion.

use axum::Json;
use axum::response::IntoResponse as _;
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, conflict, not_found};
use super::ask::{Ask, Run};
use super::attributes::Kind;
use super::auth::Permission;
use super::bulk;
use super::envelope::{listed, single};
use super::guesses::DuplicateSlug;
use super::list::{Row, rows};
use super::members::{Use, of_entity};
use super::render::{Ref, entity};
use super::state::{Entity, Record, State};
use crate::demo::locked;

/// Where in the paths an entity is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In this Space, as the path says it.
    Space(String),
    /// Of the organization, or wherever it is.
    Anywhere,
}

/// Those of one Space, or of all that the caller sees.
pub(super) fn list(ask: &Ask, kind: Kind, place: &Place) -> Answer {
    let state = locked(&ask.hub.state);
    let candidates = candidates(ask, &state, kind, place)?;
    let page = rows(ask, &state, &format!("{place:?}/{}", kind.path()), kind, candidates.into_iter())?;
    listed(ask, &state, kind, page)
}

pub(super) fn candidates(ask: &Ask, state: &State, kind: Kind, place: &Place) -> Result<Vec<Ref>, Refused> {
    let only = match place {
        Place::Space(id) => Some(ask.space(state, id)?),
        Place::Anywhere => None,
    };
    let seen = |record: &Record, id: Uuid| {
        let of = if kind == Kind::Space { Some(id) } else { record.space };
        only.map_or_else(|| ask.sees(state, of), |only| record.space == Some(only))
    };
    Ok(state.all(kind).filter(|(id, it)| seen(it, *id)).map(|(id, _)| Ref::Record(kind, id)).collect())
}

pub(super) fn one(ask: &Ask, kind: Kind, place: &Place, id: &str) -> Answer {
    let state = locked(&ask.hub.state);
    let of = Ref::Record(kind, find(ask, &state, kind, place, id)?);
    single(ask, &state, kind, Row { main: entity(&state, &of), of })
}

pub(super) fn find(ask: &Ask, state: &State, kind: Kind, place: &Place, id: &str) -> Result<Uuid, Refused> {
    if kind == Kind::Space {
        return ask.space(state, id);
    }
    let space = match place {
        Place::Space(space) => Some(ask.space(state, space)?),
        Place::Anywhere => None,
    };
    let id = ask.uuid(&format!("{}_id", kind.path()), id)?;
    let found = state.record(kind, id).is_some_and(|record| record.space == space);
    if found { Ok(id) } else { Err(not_found(format!("{} {id} not found", kind.name()))) }
}

pub(super) fn create(ask: &Ask, kind: Kind, place: &Place) -> Answer {
    let mut state = locked(&ask.hub.state);
    let space = match place {
        Place::Space(space) => Some(ask.space(&state, space)?),
        Place::Anywhere => None,
    };
    ask.need(&state, Permission::Edit, space)?;
    let mut members = of_entity(ask, &state, kind, Use::Create)?;
    members.remove("Version");
    let slug = members.get("Slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(taken) = state.with_slug(kind, space, &slug) {
        if ask.is_asked("allow_exists")? {
            return Ok(bare(&state, kind, taken));
        }
        refuse_duplicate(&state, kind, &slug)?;
    }
    members.entry("DisplayName").or_insert_with(|| slug.clone().into());
    let name = space.map_or_else(|| slug.clone(), |space| format!("{}/{slug}", state.space_slug(space)));
    let id = state.fresh(kind, &name);
    state.insert(kind, id, Record::new(space, members, ask.hub.clock.now()));
    let answer = bare(&state, kind, id);
    if ask.run()? == Run::Dry {
        state.remove(kind, id);
    }
    Ok(answer)
}

/// Refuses a slug that is taken, as far as the service is taken to do so.
pub(super) fn refuse_duplicate(state: &State, kind: Kind, slug: &str) -> Result<(), Refused> {
    let message = format!("there is a {} {slug} already", kind.name());
    match state.guesses.duplicate_slug {
        DuplicateSlug::Conflict => Err(conflict(message)),
        DuplicateSlug::BadRequest => Err(bad_request(message)),
        DuplicateSlug::Made => Ok(()),
    }
}

pub(super) fn patch(ask: &Ask, kind: Kind, place: &Place, id: &str) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(ask, &state, kind, place, id)?;
    let body = of_entity(ask, &state, kind, Use::Patch)?;
    let value = patched(ask, &mut state, kind, id, &body)?;
    Ok(Json(value).into_response())
}

pub(super) fn patch_many(ask: &Ask, kind: Kind) -> Answer {
    let mut state = locked(&ask.hub.state);
    let body = of_entity(ask, &state, kind, Use::Patch)?;
    let candidates = candidates(ask, &state, kind, &Place::Anywhere)?;
    bulk::each(ask, &mut state, kind, candidates, |state, id| {
        let value = patched(ask, state, kind, id, &body)?;
        Ok(Value::Object([(kind.name().to_owned(), value)].into_iter().collect()))
    })
}

/// The whole entity: what the body leaves out is taken away. The `Version` that was read must come with it.
pub(super) fn put(ask: &Ask, kind: Kind, place: &Place, id: &str) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(ask, &state, kind, place, id)?;
    let mut body = of_entity(ask, &state, kind, Use::Replace)?;
    let record = state.record(kind, id).ok_or_else(|| not_found("it is gone"))?;
    if body.get("Version").and_then(Value::as_i64) != Some(record.version) {
        return Err(conflict(format!("stale or missing Version for {} {}", kind.name(), record.slug())));
    }
    let described = super::described::described(ask.profile());
    let written = |name: &str| described.members(kind.name(), "members").any(|member| member.name == name);
    for name in record.members.keys().filter(|name| written(name)) {
        body.entry(name.clone()).or_insert(Value::Null);
    }
    let value = patched(ask, &mut state, kind, id, &body)?;
    Ok(Json(value).into_response())
}

fn patched(ask: &Ask, state: &mut State, kind: Kind, id: Uuid, body: &Entity) -> Result<Value, Refused> {
    let gone = || not_found(format!("{} {id} not found", kind.name()));
    let record = state.record(kind, id).ok_or_else(gone)?;
    ask.need(state, Permission::Edit, if kind == Kind::Space { Some(id) } else { record.space })?;
    state.current(record, body)?;
    if let Some(slug) = body.get("Slug").and_then(Value::as_str)
        && state.with_slug(kind, record.space, slug).is_some_and(|other| other != id)
    {
        return Err(conflict(format!("there is a {} {slug} already", kind.name())));
    }
    let before = record.clone();
    let patch: Entity = body.clone().into_iter().filter(|(name, _)| name != "Version").collect();
    let now = ask.hub.clock.now();
    state.record_mut(kind, id).ok_or_else(gone)?.patch(&patch, now);
    let value = Value::Object(entity(state, &Ref::Record(kind, id)));
    if ask.run()? == Run::Dry {
        state.insert(kind, id, before);
    }
    Ok(value)
}

/// An entity without an envelope, as writes answer it.
pub(super) fn bare(state: &State, kind: Kind, id: Uuid) -> axum::response::Response {
    Json(Value::Object(entity(state, &Ref::Record(kind, id)))).into_response()
}

pub(super) fn delete(ask: &Ask, kind: Kind, place: &Place, id: &str) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(ask, &state, kind, place, id)?;
    Ok(Json(super::deletion::delete(ask, &mut state, kind, id)?).into_response())
}

pub(super) fn delete_many(ask: &Ask, kind: Kind) -> Answer {
    let mut state = locked(&ask.hub.state);
    let candidates = candidates(ask, &state, kind, &Place::Anywhere)?;
    bulk::each(ask, &mut state, kind, candidates, |state, id| super::deletion::delete(ask, state, kind, id))
}
