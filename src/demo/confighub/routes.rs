//! The routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, StatusCode};

use super::ask::Ask;
use super::attributes::Kind;
use super::auth::Login;
use super::records::{Place, create, delete, delete_many, list, one, patch, patch_many, put};
use super::{
    Hub, Profile, approvals, attestations, comments, declared, people, revisions, spaces, tagging, unit_life,
    unit_writes, units,
};
use crate::demo::locked;

pub(super) fn router(hub: Arc<Hub>) -> Router {
    let mut router = Router::new()
        .route("/auth/worker", post(login))
        .route("/api/info", get(people::info))
        .route("/api/me", get(people::me))
        .route("/api/organization/{id}/organization_member", get(people::members))
        .route("/api/space", get(spaces::everywhere).post(async |ask: Ask| create(&ask, Kind::Space, &Place::Anywhere)))
        .route(
            "/api/space/{id}",
            get(spaces::one)
                .patch(async |Path(id): Path<String>, ask: Ask| patch(&ask, Kind::Space, &Place::Anywhere, &id))
                .put(async |Path(id): Path<String>, ask: Ask| put(&ask, Kind::Space, &Place::Anywhere, &id))
                .delete(async |Path(id): Path<String>, ask: Ask| delete(&ask, Kind::Space, &Place::Anywhere, &id)),
        )
        .route(
            "/api/_space",
            axum::routing::patch(async |ask: Ask| patch_many(&ask, Kind::Space))
                .delete(async |ask: Ask| delete_many(&ask, Kind::Space)),
        )
        .route("/api/unit", get(units::everywhere).patch(unit_writes::patch_many).delete(unit_life::delete_many))
        .route("/api/space/{space}/unit", get(units::of_space).post(unit_life::create))
        .route(
            "/api/space/{space}/unit/{unit}",
            get(units::one).patch(unit_writes::patch).put(unit_writes::put).delete(unit_life::delete),
        )
        .route("/api/revision", get(revisions::everywhere))
        .route("/api/space/{space}/unit/{unit}/revision", get(revisions::of_unit))
        .route("/api/space/{space}/unit/{unit}/revision/{revision}", get(revisions::one))
        .route("/api/space/{space}/unit/{unit}/revision/{revision}/data", get(revisions::data));
    for kind in [Kind::Target, Kind::Filter, Kind::ChangeSet, Kind::Tag, Kind::Trigger] {
        router = router
            .route(
                &format!("/api/{}", kind.path()),
                reading(kind)
                    .patch(async move |ask: Ask| patch_many(&ask, kind))
                    .delete(async move |ask: Ask| delete_many(&ask, kind)),
            )
            .merge(in_spaces(kind, Writes::Served));
    }
    router = router
        .route("/api/unit/tag", post(tagging::many))
        .route("/api/bridge_worker", reading(Kind::BridgeWorker))
        .merge(in_spaces(Kind::BridgeWorker, Writes::NotServed));
    let data = "/api/space/{space}/unit/{unit}/data";
    match hub.profile() {
        Profile::Bridge => {
            router = router
                .route(data, get(units::data))
                .route("/api/unit/approve", post(approvals::many))
                .route("/api/space/{space}/unit/{unit}/approve", post(approvals::one));
        }
        Profile::Release => router = of_today(router.route(data, get(units::data).put(unit_writes::put_data))),
    }
    router
        .fallback(declared::refuse)
        .method_not_allowed_fallback(declared::refuse)
        .layer(from_fn_with_state(hub.clone(), headers))
        .with_state(hub)
}

/// What only today's service has.
fn of_today(router: Router<Arc<Hub>>) -> Router<Arc<Hub>> {
    let component = Kind::Component;
    let comments = "/api/space/{space}/unit/{unit}/review_comment";
    router
        .route("/api/unit_data", get(units::data_of_many))
        .route("/api/revision_data", get(revisions::data_of_many))
        .route("/api/release", reading(Kind::Release))
        .merge(in_spaces(Kind::Release, Writes::NotServed))
        .route(
            "/api/component",
            reading(component).post(async move |ask: Ask| create(&ask, component, &Place::Anywhere)),
        )
        .route(
            "/api/component/{id}",
            get(async move |Path(id): Path<String>, ask: Ask| one(&ask, component, &Place::Anywhere, &id))
                .patch(async move |Path(id): Path<String>, ask: Ask| patch(&ask, component, &Place::Anywhere, &id))
                .put(async move |Path(id): Path<String>, ask: Ask| put(&ask, component, &Place::Anywhere, &id))
                .delete(async move |Path(id): Path<String>, ask: Ask| delete(&ask, component, &Place::Anywhere, &id)),
        )
        .merge(in_spaces(Kind::ChangeWorkflow, Writes::Served))
        .route("/api/attest", post(attestations::create_many))
        .route("/api/attestation", reading(Kind::Attestation))
        .route(
            "/api/space/{space}/attestation",
            get(async |Path(space): Path<String>, ask: Ask| list(&ask, Kind::Attestation, &Place::Space(space)))
                .post(attestations::create),
        )
        .route(
            "/api/space/{space}/attestation/{id}",
            get(async |Path((space, id)): Path<Ids>, ask: Ask| one(&ask, Kind::Attestation, &Place::Space(space), &id)),
        )
        .route(
            "/api/review_comment",
            reading(Kind::ReviewComment).patch(comments::patch_many).delete(comments::delete_many),
        )
        .route(comments, get(comments::of_unit).post(comments::create))
        .route(
            &format!("{comments}/{{id}}"),
            get(comments::one).patch(comments::patch).put(comments::put).delete(comments::delete),
        )
}

/// Whether entities of a kind can be written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    Served,
    NotServed,
}

type Ids = (String, String);

/// The list over all Spaces.
fn reading(kind: Kind) -> MethodRouter<Arc<Hub>> {
    get(async move |ask: Ask| list(&ask, kind, &Place::Anywhere))
}

/// The list of a Space, and single entities in it.
fn in_spaces(kind: Kind, writes: Writes) -> Router<Arc<Hub>> {
    let mut all = get(async move |Path(space): Path<String>, ask: Ask| list(&ask, kind, &Place::Space(space)));
    let mut single =
        get(async move |Path((space, id)): Path<Ids>, ask: Ask| one(&ask, kind, &Place::Space(space), &id));
    if writes == Writes::Served {
        all = all.post(async move |Path(space): Path<String>, ask: Ask| create(&ask, kind, &Place::Space(space)));
        single = single
            .patch(async move |Path((space, id)): Path<Ids>, ask: Ask| patch(&ask, kind, &Place::Space(space), &id))
            .put(async move |Path((space, id)): Path<Ids>, ask: Ask| put(&ask, kind, &Place::Space(space), &id))
            .delete(async move |Path((space, id)): Path<Ids>, ask: Ask| delete(&ask, kind, &Place::Space(space), &id));
    }
    let path = kind.path();
    Router::new()
        .route(&format!("/api/space/{{space}}/{path}"), all)
        .route(&format!("/api/space/{{space}}/{path}/{{id}}"), single)
}

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
