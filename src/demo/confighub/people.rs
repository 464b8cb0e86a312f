//! Who somebody is: the service, the caller, the organization's members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::Hub;
use super::answer::{Answer, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::auth::user_id;
use super::envelope::answer;
use super::list::{Row, rows};
use super::render::{ORGANIZATION, Ref, organization};
use crate::demo::locked;

pub(super) async fn info(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!({"Version": hub.profile().version(), "Build": "demo", "BuiltAt": "2026-10-06T12:00:00Z",
        "ClientID": "client_demo"}))
}

pub(super) async fn me(ask: Ask) -> Answer {
    Ok(Json(member(&ask.caller.username)).into_response())
}

pub(super) async fn members(Path(id): Path<String>, ask: Ask) -> Answer {
    let id = ask.uuid("organization_id", &id)?;
    if id != organization() {
        return Err(not_found(format!("Organization {id} not found")));
    }
    let state = locked(&ask.hub.state);
    let all: Vec<Ref> = state.tokens.users().map(Ref::Member).collect();
    let page = rows(&ask, &state, "members", Kind::OrganizationMember, all.into_iter())?;
    let envelope = |row: Row| if ask.is_release() { json!({"OrganizationMember": row.main}) } else { row.main.into() };
    answer(page.rows.into_iter().map(envelope).collect(), page.more)
}

pub(super) fn member(name: &str) -> Value {
    json!({"UserID": user_id(name).to_string(), "Slug": name, "DisplayName": name,
        "OrganizationID": organization().to_string(), "ExternalID": format!("user_{name}"),
        "ExternalOrganizationID": ORGANIZATION, "Username": format!("{name}@example.test")})
}
