//! Stand-in for a Kubernetes API server: real paths, rights, pages, patches and refusals over objects in memory.
//!
//! It serves what `kubectl get`, `scale`, `patch --type=json|merge` and `delete` need. What it does not do it refuses by name.

mod discovery;
mod kinds;
mod read;
mod refusal;
mod rights;
mod route;
mod selector;
mod store;
mod write;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::model::object::ObjectKey;

use rights::Identity;
pub use rights::Rights;
use store::Store;

/// One cluster.
#[derive(Debug)]
pub struct ClusterState {
    name: String,
    inner: Mutex<Inner>,
}

/// What changes while it runs.
#[derive(Debug)]
struct Inner {
    store: Store,
    identities: Vec<Identity>,
    forbidden: Vec<rights::Forbidden>,
    /// Neither aggregated discovery nor OpenAPI v3, as before 1.26.
    old: bool,
    /// Groups whose own server does not answer.
    stale: Vec<String>,
    /// Page tokens that will be found expired.
    expiring: usize,
    audit: Vec<String>,
}

/// What a request is answered with.
type Answer = Result<Value, refusal::Refusal>;

impl ClusterState {
    /// A cluster with these objects and the namespaces they need. Kinds that are not built in are served as their
    /// `CustomResourceDefinition` says, or as they look. Nobody has access until [`ClusterState::admit`].
    pub fn new(name: &str, objects: Vec<Value>) -> Self {
        let inner = Inner {
            store: Store::new(objects),
            identities: Vec::new(),
            forbidden: Vec::new(),
            old: false,
            stale: Vec::new(),
            expiring: 0,
            audit: Vec::new(),
        };
        Self { name: name.to_owned(), inner: Mutex::new(inner) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lets the bearer of this token in, as this user. The empty token stands for requests without one, as `kubectl proxy`
    /// takes them: kubectl and client-go send no credentials over plain HTTP.
    pub fn admit(&self, token: &str, user: &str, rights: Rights) {
        let mut inner = self.lock();
        inner.identities.retain(|it| it.token != token);
        inner.identities.push(Identity { token: token.to_owned(), user: user.to_owned(), rights });
    }

    /// Forbids everybody this verb (`*`: every verb) on this resource, for example `list` on `secrets`; None: in all namespaces.
    pub fn forbid(&self, verb: &str, plural: &str, namespace: Option<&str>) {
        let rule = rights::Forbidden {
            verb: verb.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.map(str::to_owned),
        };
        self.lock().forbidden.push(rule);
    }

    /// Makes it a server from before aggregated discovery (1.26), for good.
    pub fn grow_old(&self) {
        self.lock().old = true;
    }

    /// Cuts off the server behind an aggregated API group, for good.
    pub fn lose_group(&self, group: &str) {
        self.lock().stale.push(group.to_owned());
    }

    /// Answers the next so many requests with a page token with 410.
    pub fn expire_pages(&self, times: usize) {
        self.lock().expiring = times;
    }

    /// The object as it is now.
    pub fn object(&self, key: &ObjectKey) -> Option<Value> {
        self.lock().store.object(key).cloned()
    }

    /// Creates the object, or brings it to this state, as this field manager.
    pub fn put(&self, manager: &str, object: Value) {
        let name = write::Writer { manager: manager.to_owned(), subresource: None };
        self.lock().store.put(&name, object);
    }

    /// Deletes the object; says whether it was there.
    pub fn remove(&self, key: &ObjectKey) -> bool {
        self.lock().store.remove_key(key)
    }

    /// Who asked for what so far: `reader list deployments.apps shop/`, `admin patch deployments.apps/scale shop/web`.
    pub fn audit(&self) -> Vec<String> {
        self.lock().audit.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a panic ends the process")
    }
}

/// The API server.
pub fn router(state: Arc<ClusterState>) -> axum::Router {
    axum::Router::new().fallback(serve).with_state(state)
}

/// A kubeconfig with one context of the cluster's name.
pub fn kubeconfig(name: &str, addr: SocketAddr, token: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
         clusters:\n- name: {name}\n  cluster:\n    server: http://{addr}\n\
         users:\n- name: {name}\n  user:\n    token: {token}\n\
         contexts:\n- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n"
    )
}

async fn serve(
    axum::extract::State(state): axum::extract::State<Arc<ClusterState>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|it| it.0).unwrap_or_default();
    let call = route::Call { method: &method, path: uri.path(), query: &query, headers: &headers, body: &body };
    let answer = route::answer(&mut state.lock(), &call);
    match answer {
        Ok(body) => {
            // Aggregated discovery names its own type.
            let kind = discovery::media_type(&body).unwrap_or("application/json");
            (StatusCode::OK, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
