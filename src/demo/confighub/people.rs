//! Who somebody is: the service, the caller, the organization's members.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use std::sync::Arc;

use super::Hub;
use super::answer::{Answer, not_built, not_found};
use super::ask::Ask;
use super::auth::user_id;
use super::render::{ORGANIZATION, organization};
use crate::demo::locked;

pub(super) async fn info(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!({"Version": hub.profile().version(), "Build": "demo", "BuiltAt": "2026-10-06T12:00:00Z",
        "ClientID": "client_demo"}))
}

pub(super) async fn me(ask: Ask) -> Answer {
    Ok(Json(member(&ask.caller.username)).into_response())
}

/// Members are few: nothing but `where` by nothing at all is evaluated.
pub(super) async fn members(Path(id): Path<String>, ask: Ask) -> Answer {
    let id = ask.uuid("organization_id", &id)?;
    if id != organization() {
        return Err(not_found(format!("Organization {id} not found")));
    }
    for name in ["where", "filter", "contains"] {
        if ask.parameter(name).is_some() {
            return Err(not_built(&format!("`{name}` of members")));
        }
    }
    let state = locked(&ask.hub.state);
    let envelope = |member: Value| if ask.is_release() { json!({"OrganizationMember": member}) } else { member };
    let all: Vec<Value> = state.tokens.users().map(|(_, name)| envelope(member(name))).collect();
    Ok(Json(all).into_response())
}

fn member(name: &str) -> Value {
    json!({"UserID": user_id(name).to_string(), "Slug": name, "DisplayName": name,
        "OrganizationID": organization().to_string(), "ExternalID": format!("user_{name}"),
        "ExternalOrganizationID": ORGANIZATION, "Username": format!("{name}@example.test")})
}
