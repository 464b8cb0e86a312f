//! Revisions: lists, single ones, and their data.

use axum::extract::Path;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, not_found, octets};
use super::ask::Ask;
use super::attributes::Kind;
use super::envelope::{answer, listed, single};
use super::list::{Page, Row, rows};
use super::render::{Ref, entity};
use super::state::State;
use super::units::{gone, readable, texts_selected, units_of};
use crate::demo::locked;

type Three = (String, String, String);

/// All revisions of one unit.
pub(super) async fn of_unit(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let all = revisions(&state, key);
    let page = rows(&ask, &state, &format!("{key}/revision"), Kind::Revision, all.into_iter())?;
    let answer = listed(&ask, &state, Kind::Revision, page);
    state.were_read([key]);
    answer
}

pub(super) async fn everywhere(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let page = of_many(&ask, &state, "/revision")?;
    let seen = units_of(&page.rows);
    let answer = listed(&ask, &state, Kind::Revision, page);
    state.were_read(seen);
    answer
}

/// `/revision_data`: the same selection, as texts.
pub(super) async fn data_of_many(ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let page = of_many(&ask, &state, "/revision_data")?;
    let members = "RevisionID RevisionNum UnitID SpaceID Data DataHash DataSize";
    let select = texts_selected(&ask, Kind::Revision, members)?;
    let members = page.rows.iter().filter_map(|row| {
        let Ref::Revision(key, num) = row.of else { return None };
        let revision = state.units.get(&key)?.numbered(num)?;
        let mut data: Value = json!({"RevisionID": revision.id.to_string(), "RevisionNum": num, "UnitID": key.to_string(),
            "SpaceID": row.main.get("SpaceID"),
            "Data": &*revision.text, "DataHash": &*revision.hash,
            "DataSize": revision.text.len()});
        if let (Some(names), Some(members)) = (&select, data.as_object_mut()) {
            members.retain(|name, _| name.ends_with("ID") || names.contains(&name.as_str()));
        }
        Some(data)
    });
    answer(members.collect(), page.more)
}

/// At most one revision per unit, the newest that fits, unless today's service is told otherwise.
fn of_many(ask: &Ask, state: &State, path: &str) -> Result<Page, Refused> {
    let all = match ask.parameter("distinct_on") {
        None | Some("Unit") => !ask.is_release(),
        Some("Off") => {
            let selects = ask.parameter("where").is_some() || ask.parameter("filter").is_some();
            if !selects || ask.parameter("limit").is_none() {
                return Err(bad_request("distinct_on=Off needs limit, and where or filter"));
            }
            true
        }
        Some(other) => return Err(bad_request(format!("invalid distinct_on `{other}`"))),
    };
    let mut candidates: Vec<Ref> = Vec::new();
    for unit in readable(ask, state, None) {
        let Ref::Unit(key) = unit else { continue };
        let fitting = super::list::fitting(ask, state, Kind::Revision, revisions(state, key).into_iter())?;
        let skipped = if all { 0 } else { fitting.len().saturating_sub(1) };
        candidates.extend(fitting.into_iter().skip(skipped));
    }
    rows(ask, state, path, Kind::Revision, candidates.into_iter())
}

pub(super) async fn one(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let of = find(&ask, &state, &ids)?;
    single(&ask, &state, Kind::Revision, Row { main: entity(&state, &of), of })
}

pub(super) async fn data(Path(ids): Path<Three>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let Ref::Revision(key, num) = find(&ask, &state, &ids)? else { return Err(gone()) };
    let revision = state.units.get(&key).and_then(|unit| unit.numbered(num)).ok_or_else(gone)?;
    Ok(octets(&revision.text, ask.is_release().then_some(&*revision.hash)))
}

/// A revision by its id: ConfigHub takes no numbers in paths.
fn find(ask: &Ask, state: &State, (space, unit, revision): &Three) -> Result<Ref, Refused> {
    let key = ask.unit(state, space, unit)?;
    let id = ask.uuid("revision_id", revision)?;
    let found = state.units.get(&key).and_then(|unit| unit.revisions.iter().find(|revision| revision.id == id));
    found.map(|revision| Ref::Revision(key, revision.num)).ok_or_else(|| not_found(format!("Revision {id} not found")))
}

fn revisions(state: &State, key: Uuid) -> Vec<Ref> {
    let all = state.units.get(&key).into_iter().flat_map(|unit| &unit.revisions);
    all.map(|revision| Ref::Revision(key, revision.num)).collect()
}
