//! Spaces: lists and single ones, with the counts that `summary` adds.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use serde_json::Value;

use super::Profile;
use super::answer::Answer;
use super::ask::Ask;
use super::attributes::Kind;
use super::envelope::{answer, envelopes};
use super::list::{Row, rows};
use super::records::{Place, candidates};
use super::render::{Ref, entity};
use super::state::State;
use crate::demo::locked;

pub(super) async fn everywhere(ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let readable = candidates(&ask, &state, Kind::Space, &Place::Anywhere)?;
    let page = rows(&ask, &state, "/space", Kind::Space, readable.into_iter())?;
    let ids: Vec<Ref> = page.rows.iter().map(|row| row.of.clone()).collect();
    let mut members = envelopes(&ask, &state, Kind::Space, page.rows, &page.used)?;
    if ask.is_asked("summary")? {
        for (member, of) in members.iter_mut().zip(&ids) {
            summarise(member, &state, of);
        }
    }
    answer(members, page.more)
}

pub(super) async fn one(Path(id): Path<String>, ask: Ask) -> Answer {
    let state = locked(&ask.hub.state);
    let of = Ref::Record(Kind::Space, ask.space(&state, &id)?);
    let row = vec![Row { main: entity(&state, &of), of: of.clone() }];
    let mut member = envelopes(&ask, &state, Kind::Space, row, &[])?.pop().unwrap_or_default();
    if ask.is_asked("summary")? {
        summarise(&mut member, &state, &of);
    }
    Ok(Json(member).into_response())
}

fn summarise(member: &mut Value, state: &State, of: &Ref) {
    let Ref::Record(_, space) = of else { return };
    let units = || state.units.values().filter(|unit| unit.space == *space);
    let pending = units().filter(|unit| unit.shipped < unit.head().num).count();
    let total = |kind: Kind| state.all(kind).filter(|(_, record)| record.space == Some(*space)).count();
    member["TotalUnitCount"] = units().count().into();
    member["TotalFilterCount"] = total(Kind::Filter).into();
    member["TotalChangeSetCount"] = total(Kind::ChangeSet).into();
    member["TotalTagCount"] = total(Kind::Tag).into();
    member["GatedUnitCount"] = units().filter(|unit| unit.head().gates.is_closed()).count().into();
    if state.profile == Profile::Release {
        member["TotalTargetCount"] = total(Kind::Target).into();
        member["TotalReleaseCount"] = total(Kind::Release).into();
        member["UnreleasedUnitCount"] = pending.into();
    } else {
        member["UnappliedUnitCount"] = pending.into();
        member["UnapprovedUnitCount"] = units().filter(|unit| unit.head().approved_by.is_empty()).count().into();
    }
}
