//! PATCH and PUT of units, one and many, and of their data.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, conflict, not_built, not_found};
use super::ask::{Ask, Run};
use super::attributes::Kind;
use super::auth::Permission;
use super::bulk;
use super::guesses::StaleMatch;
use super::members::{Use, content_type, description, of_entity};
use super::render::{Ref, data, entity};
use super::specs::Spec;
use super::state::{Entity, State};
use super::units::{gone, readable};
use super::writes::{Change, Data, Lock};
use crate::demo::locked;

type Ids = (String, String);

const LARGEST_DATA: usize = 67_108_864;

pub(super) async fn patch(Path((space, unit)): Path<Ids>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let body = of_entity(&ask, &state, Kind::Unit, Use::Patch)?;
    let change = change(&ask, &state, body)?;
    single(&ask, &mut state, key, &change)
}

/// The whole unit: what the body leaves out is taken away. The `Version` that was read must come with it.
pub(super) async fn put(Path((space, unit)): Path<Ids>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let mut body = of_entity(&ask, &state, Kind::Unit, Use::Replace)?;
    let record = state.record(Kind::Unit, key).ok_or_else(gone)?;
    if body.get("Version").and_then(Value::as_i64) != Some(record.version) {
        return Err(conflict(format!("stale or missing Version for Unit {}", record.slug())));
    }
    for name in record.members.keys().filter(|name| *name != "LastChangeDescription") {
        body.entry(name.clone()).or_insert(Value::Null);
    }
    if state.units.get(&key).is_some_and(|unit| unit.change_set.is_some()) {
        body.entry("ChangeSetID").or_insert(Value::Null);
    }
    let change = change(&ask, &state, body)?;
    single(&ask, &mut state, key, &change)
}

/// The text alone, if it is still the one that was read (today's service).
pub(super) async fn put_data(Path((space, unit)): Path<Ids>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    content_type(&ask, &state.guesses, "application/octet-stream")?;
    let head = state.units.get(&key).map(|unit| unit.head()).ok_or_else(gone)?;
    let wanted = ask.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    if wanted.is_some_and(|wanted| wanted != "*" && wanted != format!("\"{}\"", head.hash)) {
        let status = match state.guesses.stale_match {
            StaleMatch::Conflict => StatusCode::CONFLICT,
            StaleMatch::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        };
        return Err(Refused {
            status,
            message: format!("the data of Unit {key} is no longer the one that If-Match names"),
        });
    }
    let mut body = Entity::new();
    if let Some(text) = ask.parameter("last_change_description") {
        description(&state.guesses, text)?;
        body.insert("LastChangeDescription".to_owned(), text.into());
    }
    let text = std::str::from_utf8(&ask.body).map_err(|error| bad_request(format!("data is not UTF-8: {error}")))?;
    let change = Change { data: written(text)?, ..change(&ask, &state, body)? };
    single(&ask, &mut state, key, &change)
}

pub(super) async fn patch_many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let body = of_entity(&ask, &state, Kind::Unit, Use::Patch)?;
    let change = change(&ask, &state, body)?;
    let candidates = readable(&ask, &state, None);
    bulk::each(&ask, &mut state, Kind::Unit, candidates, |state, key| {
        let (unit, _) = write(&ask, state, key, &change)?;
        Ok(json!({"Unit": unit}))
    })
}

/// What the query and the body ask for.
fn change(ask: &Ask, state: &State, mut body: Entity) -> Result<Change, Refused> {
    let lock = match body.remove("ChangeSetID") {
        None => Lock::Kept,
        Some(Value::String(id)) if !ask.uuid("ChangeSetID", &id)?.is_nil() => {
            Lock::Taken(ask.uuid("ChangeSetID", &id)?)
        }
        Some(_) => Lock::LetGo,
    };
    let change_set = ask.id_parameter("change_set_id")?;
    if let Some(id) = change_set
        && state.record(Kind::ChangeSet, id).is_none_or(|it| !ask.sees(state, it.space))
    {
        return Err(not_found(format!("ChangeSet {id} not found")));
    }
    let tag = ask.id_parameter("tag")?;
    if let Some(id) = tag
        && state.record(Kind::Tag, id).is_none_or(|it| !ask.sees(state, it.space))
    {
        return Err(not_found(format!("Tag {id} not found")));
    }
    let by_id = ask.id_parameter("revision_id")?.map(Spec::revision);
    let by_name = ask.parameter("restore").map(|text| Spec::parse(text, state.profile)).transpose()?;
    let data = match (body.remove("Data"), by_id, by_name) {
        (None, None, None) => Data::Kept,
        (Some(Value::String(data)), None, None) => {
            let bytes = STANDARD.decode(data).map_err(|error| bad_request(format!("Data: {error}")))?;
            let text = String::from_utf8(bytes).map_err(|error| bad_request(format!("Data is not UTF-8: {error}")))?;
            written(&text)?
        }
        (None, Some(spec), None) | (None, None, Some(spec)) => Data::Restored(spec),
        (Some(Value::Null), None, None) => written("")?,
        _ => return Err(bad_request("only one of Data, restore and revision_id can be written")),
    };
    let (author, at, run) = (ask.author(), ask.hub.clock.now(), ask.run()?);
    Ok(Change { patch: body, lock, data, change_set, tag, author, at, run })
}

fn written(text: &str) -> Result<Data, Refused> {
    if text.len() > LARGEST_DATA {
        return Err(bad_request(format!("data is larger than {LARGEST_DATA} bytes")));
    }
    Ok(Data::Written(text.into()))
}

/// Writes and answers the unit as it is then; a dry run leaves no trace.
fn write(ask: &Ask, state: &mut State, key: Uuid, change: &Change) -> Result<(Value, Arc<str>), Refused> {
    let unit = state.units.get(&key).ok_or_else(gone)?;
    ask.need(state, Permission::Edit, Some(unit.space))?;
    state.current(&unit.record, &change.patch)?;
    let before = (change.run == Run::Dry).then(|| unit.clone());
    let patch: Entity = change.patch.clone().into_iter().filter(|(name, _)| name != "Version").collect();
    state.change(key, &Change { patch, ..change.clone() })?;
    let text = state.units.get(&key).ok_or_else(gone)?.head().text.clone();
    let written = (rendered(state, key), text);
    if let Some(before) = before {
        state.put_back(key, before);
    }
    Ok(written)
}

/// A unit as writes answer it.
pub(super) fn rendered(state: &State, key: Uuid) -> Value {
    let of = Ref::Unit(key);
    let mut unit = entity(state, &of);
    unit.extend(data(state, &of).map(|data| ("Data".to_owned(), data)));
    Value::Object(unit)
}

/// Writes, and answers as the generation does.
fn single(ask: &Ask, state: &mut State, key: Uuid, change: &Change) -> Answer {
    let included = included(ask)?;
    let (unit, text) = write(ask, state, key, change)?;
    Ok(wrapped(ask, unit, included.then_some(&*text)))
}

/// Whether the answer to a write carries the text. Nothing else that it could carry is made here.
pub(super) fn included(ask: &Ask) -> Result<bool, Refused> {
    let names = ask.parameter("include").unwrap_or_default();
    match names.split(',').find(|name| !["", "ConfigData"].contains(name)) {
        Some(name @ ("MutationSources" | "Diff")) => Err(not_built(&format!("`include={name}` of a written Unit"))),
        Some(name) => Err(bad_request(format!("`{name}` of a written Unit cannot be included"))),
        None => Ok(!names.is_empty()),
    }
}

/// Today's service puts a written unit in an envelope.
pub(super) fn wrapped(ask: &Ask, unit: Value, text: Option<&str>) -> Response {
    if !ask.is_release() {
        return Json(unit).into_response();
    }
    let mut envelope = json!({"Unit": unit});
    if let Some(text) = text {
        envelope["ConfigData"] = text.into();
    }
    Json(envelope).into_response()
}
