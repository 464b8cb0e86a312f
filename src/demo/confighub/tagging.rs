//! `POST /unit/tag`: one Tag on a revision of each selected unit, or off all of them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::auth::Permission;
use super::bulk;
use super::members::{Use, object, plain};
use super::specs::Spec;
use super::state::State;
use super::units::{gone, readable};
use crate::demo::locked;

/// What happens to the Tag.
#[derive(Clone, Copy, Debug)]
enum Action {
    Put(Spec),
    Remove,
}

pub(super) async fn many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let body = object(&ask, &state.guesses, Use::Create)?;
    let body = plain(&ask, &state, "UnitTagRequest", body, Use::Create)?;
    let tag =
        body.get("TagID").and_then(Value::as_str).ok_or_else(|| bad_request("UnitTagRequest.TagID is required"))?;
    let tag = ask.uuid("TagID", tag)?;
    if state.record(Kind::Tag, tag).is_none_or(|it| !ask.sees(&state, it.space)) {
        return Err(not_found(format!("Tag {tag} not found")));
    }
    let action = match body.get("Revision").and_then(Value::as_str).unwrap_or("HeadRevisionNum") {
        "Remove" => Action::Remove,
        text => Action::Put(Spec::parse(text, ask.profile())?),
    };
    let candidates = readable(&ask, &state, None);
    bulk::each(&ask, &mut state, Kind::Unit, candidates, |state, key| one(&ask, state, key, tag, action))
}

fn one(ask: &Ask, state: &mut State, key: Uuid, tag: Uuid, action: Action) -> Result<Value, Refused> {
    let unit = state.units.get(&key).ok_or_else(gone)?;
    ask.need(state, Permission::Edit, Some(unit.space))?;
    let num = match action {
        Action::Put(spec) => spec.of(state, unit)?.num,
        Action::Remove => 0,
    };
    let unit = state.units.get_mut(&key).ok_or_else(gone)?;
    for revision in &mut unit.revisions {
        match action {
            Action::Put(_) if revision.num == num => {
                revision.tags.insert(tag);
            }
            Action::Put(_) => {}
            Action::Remove => {
                revision.tags.remove(&tag);
            }
        }
    }
    Ok(json!({"Message": format!("Unit {} tagged", unit.record.slug())}))
}
