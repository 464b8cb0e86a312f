//! Units: lists, single ones, and their data.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, octets};
use super::ask::Ask;
use super::attributes::Kind;
use super::list::{LIST, Row, answer, envelopes, rows, single};
use super::render::{Ref, entity};
use super::state::State;
use crate::demo::locked;

/// What lists of units and of their data take besides.
const SELECTORS: &str = "resource_type where_data where_trigger trigger_filter triggers_passed view";

pub(super) async fn everywhere(ask: Ask) -> Answer {
    list(&ask, None)
}

pub(super) async fn of_space(Path(space): Path<String>, ask: Ask) -> Answer {
    list(&ask, Some(&space))
}

fn list(ask: &Ask, space: Option<&str>) -> Answer {
    only_selectors(ask)?;
    let members = {
        let state = locked(&ask.hub.state);
        let space = space.map(|id| ask.space(&state, id)).transpose()?;
        let candidates = readable(ask, &state, space);
        let (found, used, more) = rows(ask, &state, &format!("{space:?}/unit"), Kind::Unit, candidates.into_iter())?;
        (envelopes(ask, &state, Kind::Unit, found, &used)?, more)
    };
    if members.1.is_none() {
        ask.hub.unit_list_was_answered();
    }
    answer(members.0, members.1)
}

pub(super) async fn one(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    ask.only("include select", "")?;
    let state = locked(&ask.hub.state);
    let of = Ref::Unit(ask.unit(&state, &space, &unit)?);
    single(&ask, &state, Kind::Unit, Row { main: entity(&state, &of), of })
}

/// Head's text as bytes; today's service tags it with its hash and answers 304.
pub(super) async fn data(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    ask.only("", "")?;
    let state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let head = state.units.get(&key).map(|unit| unit.head()).ok_or_else(gone)?;
    if !ask.is_release() {
        return Ok(octets(head.text.clone(), None));
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
    Ok(octets(head.text.clone(), Some(&head.hash)))
}

/// `/unit_data`: texts of many units as they are at head now.
pub(super) async fn data_of_many(ask: Ask) -> Answer {
    only_selectors(&ask)?;
    let state = locked(&ask.hub.state);
    let candidates = readable(&ask, &state, None);
    let (found, _, more) = rows(&ask, &state, "/unit_data", Kind::Unit, candidates.into_iter())?;
    // Checked for its names alone: there is nothing to expand in a `UnitData`.
    envelopes(&ask, &state, Kind::Unit, Vec::new(), &[])?;
    let select: Option<Vec<&str>> = ask.parameter("select").map(|names| names.split(',').collect());
    let members = found.iter().filter_map(|row| {
        let Ref::Unit(key) = row.of else { return None };
        let head = state.units.get(&key)?.head();
        let mut data: Value = json!({"UnitID": key.to_string(), "SpaceID": row.main.get("SpaceID"),
            "SpaceSlug": row.main.get("SpaceSlug"), "Slug": row.main.get("Slug"), "Data": head.text,
            "DataHash": head.hash, "DataSize": head.text.len()});
        if let (Some(names), Some(members)) = (&select, data.as_object_mut()) {
            members.retain(|name, _| {
                ["UnitID", "SpaceID", "Slug"].contains(&name.as_str()) || names.contains(&name.as_str())
            });
        }
        Some(data)
    });
    answer(members.collect(), more)
}

pub(super) fn readable(ask: &Ask, state: &State, only: Option<Uuid>) -> Vec<Ref> {
    let may = |space: &Uuid| {
        only.is_none_or(|only| only == *space)
            && state.spaces.get(space).is_some_and(|space| ask.caller.refused(&space.slug).is_none())
    };
    state.units.iter().filter(|(_, unit)| may(&unit.space)).map(|(key, _)| Ref::Unit(*key)).collect()
}

fn only_selectors(ask: &Ask) -> Result<(), Refused> {
    ask.only(&format!("{} {SELECTORS}", LIST.0), &format!("{} where_data_engine", LIST.1))
}

pub(super) fn gone() -> Refused {
    super::answer::not_found("Unit not found")
}
