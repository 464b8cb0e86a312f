//! The routes, and those handlers that are one call each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Refused, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::auth::Login;
use super::envelope::{answer, envelopes, listed, single};
use super::list::{LIST, Row, rows};
use super::render::{Ref, entity};
use super::{Hub, Profile, declared, revisions, units};
use crate::demo::{clock, locked};

pub(super) fn router(hub: Arc<Hub>) -> Router {
    let mut router = Router::new()
        .route("/auth/worker", post(login))
        .route("/api/info", get(info))
        .route("/api/me", get(me))
        .route("/api/space", get(spaces))
        .route("/api/space/{space}", get(space))
        .route("/api/unit", get(units::everywhere))
        .route("/api/space/{space}/unit", get(units::of_space))
        .route("/api/space/{space}/unit/{unit}", get(units::one))
        .route("/api/space/{space}/unit/{unit}/data", get(units::data))
        .route("/api/revision", get(revisions::everywhere))
        .route("/api/space/{space}/unit/{unit}/revision", get(revisions::of_unit))
        .route("/api/space/{space}/unit/{unit}/revision/{revision}", get(revisions::one))
        .route("/api/space/{space}/unit/{unit}/revision/{revision}/data", get(revisions::data))
        .route("/api/target", get(async |ask: Ask| related(ask, Kind::Target, None)))
        .route("/api/filter", get(async |ask: Ask| related(ask, Kind::Filter, None)))
        .route(
            "/api/space/{space}/target",
            get(async |Path(s): Path<String>, ask: Ask| related(ask, Kind::Target, Some(s))),
        )
        .route(
            "/api/space/{space}/filter",
            get(async |Path(s): Path<String>, ask: Ask| related(ask, Kind::Filter, Some(s))),
        )
        .route(
            "/api/space/{space}/target/{id}",
            get(async |Path(ids): Path<Ids>, ask: Ask| related_one(ask, Kind::Target, ids)),
        )
        .route(
            "/api/space/{space}/filter/{id}",
            get(async |Path(ids): Path<Ids>, ask: Ask| related_one(ask, Kind::Filter, ids)),
        );
    if hub.profile() == Profile::Release {
        router = router
            .route("/api/unit_data", get(units::data_of_many))
            .route("/api/revision_data", get(revisions::data_of_many))
            .route("/api/release", get(async |ask: Ask| related(ask, Kind::Release, None)))
            .route(
                "/api/space/{space}/release",
                get(async |Path(s): Path<String>, ask: Ask| related(ask, Kind::Release, Some(s))),
            )
            .route(
                "/api/space/{space}/release/{id}",
                get(async |Path(ids): Path<Ids>, ask: Ask| related_one(ask, Kind::Release, ids)),
            );
    }
    router
        .fallback(declared::refuse)
        .method_not_allowed_fallback(declared::refuse)
        .layer(from_fn_with_state(hub.clone(), headers))
        .with_state(hub)
}

type Ids = (String, String);

/// `X-Request-Id` on everything, the version where the generation tells it.
async fn headers(
    State(hub): State<Arc<Hub>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let number = format!("demo-{:08}", COUNT.fetch_add(1, Ordering::Relaxed));
    if let Ok(value) = number.parse() {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    if api && hub.profile() == Profile::Release {
        let version = HeaderValue::from_static(hub.profile().version());
        response.headers_mut().insert(HeaderName::from_static("confighub-version"), version);
    }
    response
}

/// On the host root, and with a plain text where the pair is wrong.
async fn login(State(hub): State<Arc<Hub>>, body: String) -> Response {
    let Ok(login) = serde_json::from_str::<Login>(&body) else {
        return (StatusCode::BAD_REQUEST, "invalid request body").into_response();
    };
    match locked(&hub.state).tokens.login(&login) {
        Some(session) => Json(session).into_response(),
        None => (StatusCode::UNAUTHORIZED, "invalid worker credentials").into_response(),
    }
}

async fn info(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!({"Version": hub.profile().version(), "Build": "demo", "BuiltAt": "2026-10-06T12:00:00Z",
        "ClientID": "client_demo"}))
}

async fn me(ask: Ask) -> Answer {
    ask.only("", "")?;
    let name = &ask.caller.username;
    Ok(Json(json!({"UserID": clock::id("user", name).to_string(), "Slug": name, "DisplayName": name,
        "OrganizationID": clock::id("organization", "demo").to_string(), "ExternalID": format!("user_{name}"),
        "ExternalOrganizationID": "org_demo", "Username": format!("{name}@example.test")}))
    .into_response())
}

async fn spaces(ask: Ask) -> Answer {
    ask.only(&format!("{} summary", LIST.0), LIST.1)?;
    let state = locked(&ask.hub.state);
    let readable = state.spaces.iter().filter(|(_, space)| ask.caller.refused(&space.slug).is_none());
    let page = rows(&ask, &state, "/space", Kind::Space, readable.map(|(key, _)| Ref::Space(*key)))?;
    let ids: Vec<Ref> = page.rows.iter().map(|row| row.of.clone()).collect();
    let mut members = envelopes(&ask, &state, Kind::Space, page.rows, &page.used)?;
    if ask.parameter("summary") == Some("true") {
        for (member, of) in members.iter_mut().zip(&ids) {
            summarise(member, &state, of);
        }
    }
    answer(members, page.more)
}

async fn space(Path(id): Path<String>, ask: Ask) -> Answer {
    ask.only("include select summary", "")?;
    let state = locked(&ask.hub.state);
    let of = Ref::Space(ask.space(&state, &id)?);
    let row = vec![Row { main: entity(&state, &of), of: of.clone() }];
    let mut member = envelopes(&ask, &state, Kind::Space, row, &[])?.pop().unwrap_or_default();
    if ask.parameter("summary") == Some("true") {
        summarise(&mut member, &state, &of);
    }
    Ok(Json(member).into_response())
}

fn summarise(member: &mut Value, state: &super::state::State, of: &Ref) {
    let Ref::Space(space) = of else { return };
    let units = || state.units.values().filter(|unit| unit.space == *space);
    let pending = units().filter(|unit| unit.shipped < unit.head().num).count();
    member["TotalUnitCount"] = units().count().into();
    member["TotalFilterCount"] = state.filters.values().filter(|filter| filter.space == *space).count().into();
    if state.profile == Profile::Release {
        member["TotalTargetCount"] = state.targets.values().filter(|target| target.space == *space).count().into();
        member["TotalReleaseCount"] = state.releases.values().filter(|release| release.space == *space).count().into();
        member["UnreleasedUnitCount"] = pending.into();
    } else {
        member["UnappliedUnitCount"] = pending.into();
    }
}

/// Targets, Filters and Releases, of one Space or of all readable ones.
fn related(ask: Ask, kind: Kind, space: Option<String>) -> Answer {
    let more = if kind == Kind::Filter { "entity id" } else { "" };
    ask.only(&format!("{} {more}", LIST.0), LIST.1)?;
    let state = locked(&ask.hub.state);
    let only = space.as_deref().map(|id| ask.space(&state, id)).transpose()?;
    let readable = |space: &uuid::Uuid| {
        only.is_none_or(|only| only == *space)
            && state.spaces.get(space).is_some_and(|space| ask.caller.refused(&space.slug).is_none())
    };
    let candidates: Vec<Ref> = match kind {
        Kind::Target => {
            state.targets.iter().filter(|(_, it)| readable(&it.space)).map(|(key, _)| Ref::Target(*key)).collect()
        }
        Kind::Filter => {
            state.filters.iter().filter(|(_, it)| readable(&it.space)).map(|(key, _)| Ref::Filter(*key)).collect()
        }
        _ => state.releases.iter().filter(|(_, it)| readable(&it.space)).map(|(key, _)| Ref::Release(*key)).collect(),
    };
    let path = format!("{only:?}/{}", kind.name());
    let page = rows(&ask, &state, &path, kind, candidates.into_iter())?;
    listed(&ask, &state, kind, page)
}

fn related_one(ask: Ask, kind: Kind, (space, id): Ids) -> Answer {
    ask.only("include select", "")?;
    let state = locked(&ask.hub.state);
    let space = ask.space(&state, &space)?;
    let id = ask.uuid("id", &id)?;
    let found = match kind {
        Kind::Target => state.targets.get(&id).map(|it| (it.space, Ref::Target(id))),
        Kind::Filter => state.filters.get(&id).map(|it| (it.space, Ref::Filter(id))),
        _ => state.releases.get(&id).map(|it| (it.space, Ref::Release(id))),
    };
    let missing = || -> Refused { not_found(format!("{} {id} not found", kind.name())) };
    let (_, of) = found.filter(|(of, _)| *of == space).ok_or_else(missing)?;
    single(&ask, &state, kind, Row { main: entity(&state, &of), of })
}
