//! Review comments on revisions, which today's service has.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, conflict, forbidden, not_found};
use super::ask::{Ask, Run};
use super::attributes::Kind;
use super::auth::{Permission, user_id};
use super::bulk;
use super::envelope::{listed, single};
use super::list::{Row, rows};
use super::members::{Use, of_entity};
use super::records::{Place, bare, candidates};
use super::render::{Ref, entity};
use super::state::{Entity, Record, State};
use crate::demo::locked;

type Two = (String, String);
type Three = (String, String, String);

pub(super) async fn of_unit(Path((space, unit)): Path<Two>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let all = state.all(Kind::ReviewComment).filter(|(_, comment)| comment.id("UnitID") == Some(key));
    let all = all.map(|(id, _)| Ref::Record(Kind::ReviewComment, id));
    let page = rows(&ask, &state, &format!("{key}/review_comment"), Kind::ReviewComment, all)?;
    listed(&ask, &state, Kind::ReviewComment, page)
}

pub(super) async fn one(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let of = Ref::Record(Kind::ReviewComment, find(&ask, &state, &ids)?);
    single(&ask, &state, Kind::ReviewComment, Row { main: entity(&state, &of), of })
}

pub(super) async fn create(Path((space, unit)): Path<Two>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let space = ask.space(&state, &space)?;
    ask.need(&state, Permission::Edit, Some(space))?;
    let mut members = of_entity(&ask, &state, Kind::ReviewComment, Use::Create)?;
    text(&members)?;
    let num = members.get("RevisionNum").and_then(Value::as_i64).unwrap_or_default();
    let of = state.units.get(&key).ok_or_else(super::units::gone)?;
    let missing = || not_found(format!("Unit {} has no revision {num}", of.record.slug()));
    let revision = of.numbered(num).ok_or_else(missing)?.id;
    for (name, value) in [
        ("UnitID", key.to_string()),
        ("UnitSlug", of.record.slug().to_owned()),
        ("RevisionID", revision.to_string()),
        ("UserID", user_id(&ask.caller.username).to_string()),
        ("UserAgent", ask.author().agent),
    ] {
        members.insert(name.to_owned(), value.into());
    }
    let count = state.all(Kind::ReviewComment).count();
    let id = state.fresh(Kind::ReviewComment, &format!("{key}/{count}"));
    state.insert(Kind::ReviewComment, id, Record::new(Some(space), members, ask.hub.clock.now()));
    let answer = bare(&state, Kind::ReviewComment, id);
    if ask.run()? == Run::Dry {
        state.remove(Kind::ReviewComment, id);
    }
    Ok(answer)
}

pub(super) async fn patch(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(&ask, &state, &ids)?;
    let body = of_entity(&ask, &state, Kind::ReviewComment, Use::Patch)?;
    Ok(Json(changed(&ask, &mut state, id, &body)?).into_response())
}

pub(super) async fn put(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(&ask, &state, &ids)?;
    let body = of_entity(&ask, &state, Kind::ReviewComment, Use::Replace)?;
    let version = state.record(Kind::ReviewComment, id).map(|comment| comment.version);
    if body.get("Version").and_then(Value::as_i64) != version {
        return Err(conflict(format!("stale or missing Version for ReviewComment {id}")));
    }
    Ok(Json(changed(&ask, &mut state, id, &body)?).into_response())
}

pub(super) async fn delete(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let id = find(&ask, &state, &ids)?;
    Ok(Json(deleted(&ask, &mut state, id)?).into_response())
}

pub(super) async fn patch_many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let body = of_entity(&ask, &state, Kind::ReviewComment, Use::Patch)?;
    let all = candidates(&ask, &state, Kind::ReviewComment, &Place::Anywhere)?;
    bulk::each(&ask, &mut state, Kind::ReviewComment, all, |state, id| {
        Ok(json!({"ReviewComment": changed(&ask, state, id, &body)?}))
    })
}

pub(super) async fn delete_many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let all = candidates(&ask, &state, Kind::ReviewComment, &Place::Anywhere)?;
    bulk::each(&ask, &mut state, Kind::ReviewComment, all, |state, id| deleted(&ask, state, id))
}

fn find(ask: &Ask, state: &State, (space, unit, comment): &Three) -> Result<Uuid, Refused> {
    let key = ask.unit(state, space, unit)?;
    let id = ask.uuid("review_comment_id", comment)?;
    let found = state.record(Kind::ReviewComment, id).is_some_and(|it| it.id("UnitID") == Some(key));
    if found { Ok(id) } else { Err(not_found(format!("ReviewComment {id} not found"))) }
}

/// Only the text of a comment changes, and only by its author.
fn changed(ask: &Ask, state: &mut State, id: Uuid, body: &Entity) -> Result<Value, Refused> {
    own(ask, state, id)?;
    text(body)?;
    let patch: Entity = body.clone().into_iter().filter(|(name, _)| name == "Text").collect();
    let before = state.record(Kind::ReviewComment, id).cloned();
    let now = ask.hub.clock.now();
    if let Some(comment) = state.record_mut(Kind::ReviewComment, id) {
        comment.patch(&patch, now);
    }
    let value = Value::Object(entity(state, &Ref::Record(Kind::ReviewComment, id)));
    if let (Run::Dry, Some(before)) = (ask.run()?, before) {
        state.insert(Kind::ReviewComment, id, before);
    }
    Ok(value)
}

fn deleted(ask: &Ask, state: &mut State, id: Uuid) -> Result<Value, Refused> {
    own(ask, state, id)?;
    state.remove(Kind::ReviewComment, id);
    Ok(json!({"Message": format!("ReviewComment {id} deleted")}))
}

fn own(ask: &Ask, state: &State, id: Uuid) -> Result<(), Refused> {
    let author = state.record(Kind::ReviewComment, id).and_then(|comment| comment.id("UserID"));
    if author == Some(user_id(&ask.caller.username)) {
        return Ok(());
    }
    Err(forbidden(format!("ReviewComment {id} is somebody else's")))
}

fn text(members: &Entity) -> Result<(), Refused> {
    match members.get("Text") {
        Some(Value::String(text)) if text.is_empty() => Err(bad_request("a comment without Text")),
        Some(Value::Null) => Err(bad_request("a comment without Text")),
        _ => Ok(()),
    }
}
