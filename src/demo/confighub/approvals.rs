//! Approvals, which only the older service has: names on a revision, and Triggers that run again for them.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request};
use super::ask::Ask;
use super::attributes::Kind;
use super::auth::{Permission, user_id};
use super::bulk;
use super::guesses::ApprovalOf;
use super::specs::Spec;
use super::state::State;
use super::unit_writes::rendered;
use super::units::{gone, readable};
use crate::demo::locked;

pub(super) async fn one(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    let spec = spec(&ask)?;
    Ok(Json(approve(&ask, &mut state, key, &spec)?).into_response())
}

pub(super) async fn many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let spec = spec(&ask)?;
    let candidates = readable(&ask, &state, None);
    bulk::each(&ask, &mut state, Kind::Unit, candidates, |state, key| approve(&ask, state, key, &spec))
}

fn spec(ask: &Ask) -> Result<Spec, Refused> {
    Spec::parse(ask.parameter("revision").unwrap_or("HeadRevisionNum"), ask.profile())
}

/// Approving twice is approving once. Locks do not matter: what is in a ChangeSet is there to be approved.
fn approve(ask: &Ask, state: &mut State, key: Uuid, spec: &Spec) -> Result<Value, Refused> {
    let unit = state.units.get(&key).ok_or_else(gone)?;
    ask.need(state, Permission::Approve, Some(unit.space))?;
    let (num, head) = (spec.of(state, unit)?.num, unit.head().num);
    if num != head && state.guesses.approval_of == ApprovalOf::HeadAlone {
        return Err(bad_request(format!("only head can be approved, and revision {num} is not")));
    }
    let unit = state.units.get_mut(&key).ok_or_else(gone)?;
    let revision = unit.revisions.iter_mut().find(|revision| revision.num == num).ok_or_else(gone)?;
    let is_new = revision.approved_by.insert(user_id(&ask.caller.username));
    let message = format!("revision {num} of Unit {} approved", unit.record.slug());
    if num == head && is_new {
        let gates = state.gates_after_a_change(key);
        state.units.get_mut(&key).ok_or_else(gone)?.head_mut().gates = gates;
    }
    Ok(json!({"Message": message, "Unit": rendered(state, key)}))
}
