//! Attestations, which only today's service has: claims of one user about revisions of one Space, never changed again.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request, not_built, not_found};
use super::ask::{Ask, Run};
use super::attributes::Kind;
use super::auth::{Permission, user_id};
use super::evaluate::{Condition, condition};
use super::guesses::NothingCovered;
use super::members::{Use, object, plain};
use super::render::{Ref, entity};
use super::specs::Spec;
use super::state::{Entity, Record, State};
use crate::demo::locked;

/// What is claimed, and of what.
struct Claim {
    members: Entity,
    units: Option<Condition>,
    revision: Spec,
}

/// `POST /space/{s}/attestation`
pub(super) async fn create(Path(space): Path<String>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let space = ask.space(&state, &space)?;
    let body = object(&ask, &state.guesses, Use::Create)?;
    let body = plain(&ask, &state, "AttestationCreateRequest", body, Use::Create)?;
    let claim = claim(&ask, body)?;
    Ok(Json(attest(&ask, &mut state, space, &claim)?).into_response())
}

/// `POST /attest`: one for each Space that is selected.
pub(super) async fn create_many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let body = object(&ask, &state.guesses, Use::Create)?;
    let mut body = plain(&ask, &state, "AttestRequest", body, Use::Create)?;
    for name in ["TargetStage", "SpaceFilterID"] {
        if body.remove(name).is_some_and(|value| !value.is_null()) {
            return Err(not_built(&format!("`{name}` of /attest")));
        }
    }
    let spaces = match body.remove("WhereSpace") {
        Some(Value::String(text)) if !text.is_empty() => parsed(&ask, "WhereSpace", &text, Kind::Space)?,
        _ => return Err(bad_request("/attest needs WhereSpace")),
    };
    let claim = claim(&ask, body)?;
    let chosen: Vec<Uuid> = state
        .all(Kind::Space)
        .filter(|(id, _)| ask.sees(&state, Some(*id)))
        .filter(|(id, _)| holds(&state, &spaces, &Ref::Record(Kind::Space, *id), Kind::Space))
        .map(|(id, _)| id)
        .collect();
    let mut status = StatusCode::OK;
    let mut items = Vec::new();
    for space in chosen {
        let slug = state.space_slug(space).to_owned();
        let mut item = attest(&ask, &mut state, space, &claim).unwrap_or_else(|refused| {
            status = StatusCode::MULTI_STATUS;
            json!({"Error": refused.item(Kind::Space, space, &slug)})
        });
        item["SpaceID"] = space.to_string().into();
        item["SpaceSlug"] = slug.into();
        items.push(item);
    }
    let response: Response = (status, Json(json!({"Spaces": items}))).into_response();
    Ok(response)
}

fn claim(ask: &Ask, mut members: Entity) -> Result<Claim, Refused> {
    members.retain(|_, value| !value.is_null() && *value != "");
    let text = |members: &mut Entity, name: &str| match members.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let units = text(&mut members, "WhereUnit").map(|text| parsed(ask, "WhereUnit", &text, Kind::Unit)).transpose()?;
    let revision = text(&mut members, "Revision").unwrap_or_else(|| "HeadRevisionNum".to_owned());
    let revision = Spec::parse(&revision, ask.profile())?;
    members.entry("Type").or_insert_with(|| "Approval".into());
    let result = members.entry("Result").or_insert_with(|| "Pass".into());
    if !["Pass", "Fail"].contains(&result.as_str().unwrap_or_default()) {
        return Err(bad_request(format!("invalid Result {result}: Pass or Fail")));
    }
    if let Some(name) = ["ChangeOrderID", "ReleaseID"].into_iter().find(|name| members.contains_key(*name)) {
        return Err(not_built(&format!("`{name}` of attestations")));
    }
    Ok(Claim { members, units, revision })
}

fn parsed(ask: &Ask, name: &str, text: &str, kind: Kind) -> Result<Condition, Refused> {
    condition(text, kind, ask.profile()).map_err(|why| bad_request(format!("invalid {name}: {why}")))
}

fn holds(state: &State, condition: &Condition, of: &Ref, kind: Kind) -> bool {
    condition.holds(state, of, &entity(state, of), kind)
}

fn attest(ask: &Ask, state: &mut State, space: Uuid, claim: &Claim) -> Result<Value, Refused> {
    ask.need(state, Permission::Approve, Some(space))?;
    let mut covered = Vec::new();
    let mut skipped = Vec::new();
    let revokes = claim.members.get("RevokedAttestationID").and_then(Value::as_str);
    if let Some(id) = revokes {
        let id = ask.uuid("RevokedAttestationID", id)?;
        if state.record(Kind::Attestation, id).is_none_or(|it| it.space != Some(space)) {
            return Err(not_found(format!("Attestation {id} not found in this Space")));
        }
    } else {
        for (key, unit) in state.units.iter().filter(|(_, unit)| unit.space == space) {
            let chosen = claim.units.as_ref().is_none_or(|it| holds(state, it, &Ref::Unit(*key), Kind::Unit));
            let slug = unit.record.slug();
            match claim.revision.of(state, unit) {
                _ if !chosen => {}
                Ok(revision) => covered.push((
                    *key,
                    revision.num,
                    json!({"UnitID": key.to_string(), "UnitSlug": slug,
                    "RevisionID": revision.id.to_string(), "RevisionNum": revision.num}),
                )),
                Err(refused) => {
                    skipped.push(json!({"UnitID": key.to_string(), "UnitSlug": slug, "Reason": refused.message}));
                }
            }
        }
    }
    if covered.is_empty() && revokes.is_none() {
        return match state.guesses.nothing_covered {
            NothingCovered::Ok => Ok(json!({"Subjects": [], "SkippedUnits": skipped})),
            NothingCovered::BadRequest => Err(bad_request("no revision is covered")),
        };
    }
    let mut members = claim.members.clone();
    members.insert("UserID".to_owned(), user_id(&ask.caller.username).to_string().into());
    let count = state.all(Kind::Attestation).count();
    let id = state.fresh(Kind::Attestation, &format!("{space}/{count}"));
    state.insert(Kind::Attestation, id, Record::new(Some(space), members, ask.hub.clock.now()));
    let attestation = Value::Object(entity(state, &Ref::Record(Kind::Attestation, id)));
    if ask.run()? == Run::Dry {
        state.remove(Kind::Attestation, id);
    } else {
        for (key, num, _) in &covered {
            let revisions = state.units.get_mut(key).into_iter().flat_map(|unit| &mut unit.revisions);
            for revision in revisions.filter(|revision| revision.num == *num) {
                revision.attestations.insert(id);
            }
        }
    }
    let subjects: Vec<Value> = covered.into_iter().map(|(_, _, subject)| subject).collect();
    Ok(json!({"Attestation": attestation, "Subjects": subjects, "SkippedUnits": skipped}))
}
