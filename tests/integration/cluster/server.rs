//! The stand-in on loopback, with faults in front of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use drift_detector::demo::cluster::{ClusterState, Rights, kubeconfig, router};
use serde_json::{Value, json};

/// What comes instead of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A `Status` body without details, as gateways and servers send it.
    Status(u16),
    /// The same status with an HTML page.
    Page(u16),
    /// The plain text of a path that is not served.
    UnknownPath,
    /// *Not found*, but about something else.
    OtherNotFound,
    /// A login page with 200.
    Html,
    /// `{}` with 200.
    Empty,
    /// `[]` with 200.
    Array,
    /// The list of another kind.
    OtherList,
    /// A list without items.
    NoItems,
    /// A list that holds an object of another namespace.
    ForeignItem,
    /// A list that holds an object without a name.
    NamelessItem,
    /// A list whose every page is the first.
    SamePage,
    /// Another object than the one that was asked for.
    OtherObject,
    /// Nothing at all with 200.
    Nothing,
    /// The right answer, half of it, complete as HTTP.
    Half,
    /// The right answer, and then the connection is gone.
    Cut,
    /// No answer.
    Slow,
    /// A `Status` with 200.
    Success,
}

/// Where a fault strikes.
#[derive(Clone, Debug)]
pub(super) struct Strike {
    pub(super) fault: Fault,
    /// Path, exactly; with `?` the query too must contain what follows.
    pub(super) path: String,
    /// How often; afterwards the server is healthy.
    pub(super) times: usize,
}

/// A running server.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) state: Arc<ClusterState>,
    strikes: Arc<Mutex<Vec<Strike>>>,
}

pub(super) const TOKEN: &str = "reader-token-of-the-test";

impl Server {
    pub(super) async fn start(objects: Vec<Value>) -> anyhow::Result<Self> {
        let state = Arc::new(ClusterState::new("prod", objects));
        state.admit(TOKEN, "reader", Rights::Reader);
        let strikes = Arc::new(Mutex::new(Vec::new()));
        let app = router(Arc::clone(&state)).layer(middleware::from_fn_with_state(Arc::clone(&strikes), strike));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { addr, state, strikes })
    }

    pub(super) fn kubeconfig(&self) -> String {
        kubeconfig("prod", self.addr, TOKEN)
    }

    pub(super) fn strike(&self, fault: Fault, path: &str, times: usize) {
        let strike = Strike { fault, path: path.to_owned(), times };
        self.strikes.lock().unwrap_or_else(PoisonError::into_inner).push(strike);
    }

    /// Requests that reached the server itself and contain this.
    pub(super) fn asked(&self, what: &str) -> usize {
        self.state.audit().iter().filter(|line| line.contains(what)).count()
    }
}

type Strikes = Arc<Mutex<Vec<Strike>>>;

async fn strike(State(strikes): State<Strikes>, request: Request, next: Next) -> Response {
    let fault = {
        let mut strikes = strikes.lock().unwrap_or_else(PoisonError::into_inner);
        let hit = strikes.iter_mut().find(|strike| {
            let (path, query) = strike.path.split_once('?').unwrap_or((&strike.path, ""));
            strike.times > 0
                && path == request.uri().path()
                && request.uri().query().unwrap_or_default().contains(query)
        });
        hit.map(|strike| {
            strike.times -= 1;
            strike.fault
        })
    };
    match fault {
        Some(fault) => answer(fault, request, next).await,
        None => next.run(request).await,
    }
}

async fn answer(fault: Fault, request: Request, next: Next) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::IM_A_TEAPOT);
    let not_found = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "NotFound",
        "message": "namespaces \"shop\" not found", "details": { "name": "shop", "kind": "namespaces" }, "code": 404 });
    match fault {
        Fault::Status(code) => {
            let reason = match code {
                404 => "NotFound",
                410 => "Expired",
                _ => "Unknown",
            };
            let body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason,
                "message": "the server says no; password=hunter2", "details": {}, "code": code });
            let mut response = (status(code), json, body.to_string()).into_response();
            // An hour: obeying it would hang.
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("3600"));
            response
        }
        Fault::Page(code) => (status(code), "<html><body>not here</body></html>").into_response(),
        Fault::UnknownPath => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
        Fault::OtherNotFound => (StatusCode::NOT_FOUND, json, not_found.to_string()).into_response(),
        Fault::Html => (StatusCode::OK, "<html><body>Please log in</body></html>").into_response(),
        Fault::Empty => (StatusCode::OK, json, "{}").into_response(),
        Fault::Array => (StatusCode::OK, json, "[]").into_response(),
        Fault::OtherList => {
            let list = json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [] });
            (StatusCode::OK, json, list.to_string()).into_response()
        }
        Fault::NoItems => {
            let list = json!({ "kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {} });
            (StatusCode::OK, json, list.to_string()).into_response()
        }
        Fault::ForeignItem => {
            let item = json!({ "metadata": { "name": "web-001", "namespace": "other" } });
            (StatusCode::OK, json, deployment_list(item, "")).into_response()
        }
        Fault::NamelessItem => {
            let item = json!({ "metadata": { "namespace": "shop" } });
            (StatusCode::OK, json, deployment_list(item, "")).into_response()
        }
        Fault::SamePage => {
            let item = json!({ "metadata": { "name": "unwanted", "namespace": "shop" } });
            (StatusCode::OK, json, deployment_list(item, "again")).into_response()
        }
        Fault::OtherObject => {
            let metadata = json!({ "name": "b", "namespace": "shop" });
            let object = json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata });
            (StatusCode::OK, json, object.to_string()).into_response()
        }
        Fault::Nothing => StatusCode::OK.into_response(),
        Fault::Success => {
            let body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" });
            (StatusCode::OK, json, body.to_string()).into_response()
        }
        Fault::Half => {
            let body = body_of(next.run(request).await).await;
            (StatusCode::OK, json, body[..body.len() / 2].to_vec()).into_response()
        }
        Fault::Cut => {
            let body = body_of(next.run(request).await).await;
            let half = body[..body.len() / 2].to_vec();
            let broken = futures::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
            (StatusCode::OK, json, Body::from_stream(broken)).into_response()
        }
        Fault::Slow => std::future::pending().await,
    }
}

fn deployment_list(item: Value, next: &str) -> String {
    let metadata = json!({ "resourceVersion": "1", "continue": next });
    json!({ "kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": metadata, "items": [item] }).to_string()
}

async fn body_of(response: Response) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.map(|it| it.to_vec()).unwrap_or_default()
}
