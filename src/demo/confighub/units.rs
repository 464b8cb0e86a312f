//! Units: lists, single ones, and their data.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, octets};
use super::ask::Ask;
use super::attributes::Kind;
use super::envelope::{answer, included, listed, single};
use super::list::{Row, rows};
use super::render::{Ref, entity};
use super::state::State;
use crate::demo::locked;

pub(super) async fn everywhere(ask: Ask) -> Answer {
    list(&ask, None)
}

pub(super) async fn of_space(Path(space): Path<String>, ask: Ask) -> Answer {
    list(&ask, Some(&space))
}

fn list(ask: &Ask, space: Option<&str>) -> Answer {
    let (answer, is_last) = {
        let mut state = locked(&ask.hub.state);
        let space = space.map(|id| ask.space(&state, id)).transpose()?;
        let candidates = readable(ask, &state, space);
        let page = rows(ask, &state, &format!("{space:?}/unit"), Kind::Unit, candidates.into_iter())?;
        let is_last = page.more.is_none();
        let seen = units_of(&page.rows);
        let answer = listed(ask, &state, Kind::Unit, page)?;
        state.were_read(seen);
        (answer, is_last)
    };
    if is_last {
        ask.hub.unit_list_was_answered();
    }
    Ok(answer)
}

pub(super) async fn one(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let of = Ref::Unit(key);
    let answer = single(&ask, &state, Kind::Unit, Row { main: entity(&state, &of), of });
    state.were_read([key]);
    answer
}

/// Head's text as bytes; today's service tags it with its hash and answers 304.
pub(super) async fn data(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let head = state.units.get(&key).map(|unit| unit.head()).ok_or_else(gone)?;
    if !ask.is_release() {
        return Ok(octets(&head.text, None));
    }
    let tag = format!("\"{}\"", head.hash);
    let known = ask.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(tag.as_str()) {
        let mut response: Response = StatusCode::NOT_MODIFIED.into_response();
        if let Ok(value) = tag.parse() {
            response.headers_mut().insert(header::ETAG, value);
        }
        return Ok(response);
    }
    Ok(octets(&head.text, Some(&head.hash)))
}

/// `/unit_data`: texts of many units as they are at head now.
pub(super) async fn data_of_many(ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let candidates = readable(&ask, &state, None);
    let page = rows(&ask, &state, "/unit_data", Kind::Unit, candidates.into_iter())?;
    let select = texts_selected(&ask, Kind::Unit, "UnitID SpaceID SpaceSlug Slug Data DataHash DataSize")?;
    let members = page.rows.iter().filter_map(|row| {
        let Ref::Unit(key) = row.of else { return None };
        let head = state.units.get(&key)?.head();
        let mut data: Value = json!({"UnitID": key.to_string(), "SpaceID": row.main.get("SpaceID"),
            "SpaceSlug": row.main.get("SpaceSlug"), "Slug": row.main.get("Slug"), "Data": &*head.text,
            "DataHash": &*head.hash, "DataSize": head.text.len()});
        if let (Some(names), Some(members)) = (&select, data.as_object_mut()) {
            members.retain(|name, _| {
                ["UnitID", "SpaceID", "Slug"].contains(&name.as_str()) || names.contains(&name.as_str())
            });
        }
        Some(data)
    });
    answer(members.collect(), page.more)
}

/// What `select` leaves of texts; None: everything. `include` is checked for its names: there is nothing to expand.
pub(super) fn texts_selected<'a>(ask: &'a Ask, kind: Kind, members: &str) -> Result<Option<Vec<&'a str>>, Refused> {
    included(ask, kind)?;
    let Some(select) = ask.parameter("select") else { return Ok(None) };
    let names: Vec<&str> = select.split(',').map(str::trim).collect();
    match names.iter().find(|name| !members.split(' ').any(|member| member == **name)) {
        Some(name) => Err(bad_request(format!("`{name}` cannot be selected"))),
        None => Ok(Some(names)),
    }
}

/// Units that the caller sees, of one Space or of all.
pub(super) fn readable(ask: &Ask, state: &State, only: Option<Uuid>) -> Vec<Ref> {
    let seen: BTreeSet<Uuid> =
        state.all(Kind::Space).filter(|(id, _)| ask.sees(state, Some(*id))).map(|(id, _)| id).collect();
    let may = |space: &Uuid| only.map_or_else(|| seen.contains(space), |only| only == *space);
    state.units.iter().filter(|(_, unit)| may(&unit.space)).map(|(key, _)| Ref::Unit(*key)).collect()
}

/// The units that rows are of.
pub(super) fn units_of(rows: &[Row]) -> Vec<Uuid> {
    let units = rows.iter().filter_map(|row| match row.of {
        Ref::Unit(key) | Ref::Revision(key, _) => Some(key),
        _ => None,
    });
    units.collect()
}

pub(super) fn gone() -> Refused {
    super::answer::not_found("Unit not found")
}
