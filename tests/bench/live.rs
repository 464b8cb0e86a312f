//! A cluster of any size: lists of what a real server said about one application, told again for every other.
//!
//! A page is made when it is asked for, from texts: what serving costs must not hide what reading costs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

use crate::manifests::{self, NAMESPACES};
use crate::real::{Collection, Recording};
use crate::stand_in::{self, StandIn};

/// The first argument that makes this binary a cluster.
pub(crate) const ROLE: &str = "cluster";

/// The first Deployment of every fifth application was scaled.
const DRIFTED: usize = 5;

/// How to reach it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) url: String,
}

impl Ready {
    /// Text of a kubeconfig for it.
    pub(crate) fn kubeconfig(&self) -> String {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": {"server": self.url}}],
            "users": [{"name": "bench", "user": {"token": "bench-token"}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        });
        config.to_string()
    }
}

/// Starts a cluster of so many objects, as this recording tells them.
pub(crate) fn start(recording: &Path, objects: usize) -> Result<StandIn<Ready>> {
    StandIn::start(ROLE, &[recording.display().to_string(), objects.to_string()])
}

/// What the detector has to find of the applications: `Kind/name path`.
pub(crate) fn drift(applications: impl Iterator<Item = usize>) -> impl Iterator<Item = String> {
    let drifted = applications.filter(|number| number % DRIFTED == 0);
    drifted.map(|number| format!("Deployment/api-0-{} /spec/replicas", manifests::application(number)))
}

/// What the process does.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [recording, objects] = arguments else { bail!("a recording and the number of objects are needed") };
    let recording: Recording = serde_json::from_slice(&fs::read(recording)?)?;
    let cluster = Cluster::new(recording, objects.parse::<usize>()? / manifests::OBJECTS);
    let runtime = tokio::runtime::Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).context("failed to bind a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    // Small answers must not wait for the client's acknowledgement; a socket without it is slower, not wrong.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = Router::new().fallback(answer).with_state(Arc::new(cluster));
    runtime.spawn(async move { axum::serve(listener, app).await });
    stand_in::announce(&Ready { url })
}

struct Cluster {
    applications: usize,
    documents: Vec<(String, String)>,
    kinds: Vec<Kind>,
}

/// One kind: its paths and the objects of one application.
struct Kind {
    root: String,
    plural: String,
    /// `"kind":"Deployment","apiVersion":"apps/v1"`
    head: String,
    list_head: String,
    templates: Vec<Template>,
}

/// An object without what differs between applications.
struct Template {
    name: String,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Application,
    Namespace,
    Replicas,
}

#[derive(Deserialize)]
struct Page {
    limit: Option<usize>,
    #[serde(rename = "continue")]
    from: Option<usize>,
}

async fn answer(State(cluster): State<Arc<Cluster>>, uri: Uri, Query(page): Query<Page>) -> Response {
    let Some((body, is_aggregated)) = cluster.body(uri.path(), &page) else {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    };
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let content_type = if is_aggregated { aggregated } else { "application/json" };
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

impl Cluster {
    fn new(recording: Recording, applications: usize) -> Self {
        let documents = recording.documents.into_iter().map(|(path, body)| (path, body.get().to_owned())).collect();
        let kinds = recording.collections.iter().map(Kind::new).collect();
        Self { applications, documents, kinds }
    }

    fn body(&self, path: &str, page: &Page) -> Option<(Vec<u8>, bool)> {
        if let Some((_, document)) = self.documents.iter().find(|(at, _)| at == path) {
            return Some((document.clone().into_bytes(), true));
        }
        let (kind, rest) = self.kinds.iter().find_map(|kind| Some((kind, kind.below(path)?)))?;
        let parts: Vec<&str> = rest.split('/').filter(|it| !it.is_empty()).collect();
        let body = match parts[..] {
            [] => kind.list(&(0..self.applications).collect::<Vec<_>>(), page),
            [namespace] => {
                let here = |number: &usize| manifests::namespace(*number) == namespace;
                kind.list(&(0..self.applications).filter(here).collect::<Vec<_>>(), page)
            }
            [_, name] => kind.object(name)?,
            _ => return None,
        };
        Some((body, false))
    }
}

impl Kind {
    fn new(collection: &Collection) -> Self {
        let Collection { plural, api_version, kind, items } = collection;
        let head = |kind: &str| format!(r#""kind":"{kind}","apiVersion":"{api_version}""#);
        let mut templates: Vec<Template> = items.iter().map(|item| Template::new(item.get())).collect();
        templates.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            root: manifests::root(api_version),
            plural: plural.clone(),
            head: head(kind.trim_end_matches("List")),
            list_head: head(kind),
            templates,
        }
    }

    /// What of a path of this kind says which objects: empty, `NAMESPACE` or `NAMESPACE/NAME`.
    fn below<'a>(&self, path: &'a str) -> Option<String> {
        let rest: &'a str = path.strip_prefix(&self.root)?.strip_prefix('/')?;
        let parts: Vec<&str> = rest.split('/').collect();
        match parts[..] {
            [plural] if plural == self.plural => Some(String::new()),
            ["namespaces", namespace, plural] if plural == self.plural => Some(namespace.to_owned()),
            ["namespaces", namespace, plural, name] if plural == self.plural => Some(format!("{namespace}/{name}")),
            _ => None,
        }
    }

    /// A page of the objects of these applications, by name.
    fn list(&self, applications: &[usize], page: &Page) -> Vec<u8> {
        let all = applications.len() * self.templates.len();
        let from = page.from.unwrap_or_default().min(all);
        let to = page.limit.map_or(all, |limit| (from + limit).min(all));
        let next =
            if to < all { format!(r#","continue":"{to}","remainingItemCount":{}"#, all - to) } else { String::new() };
        let mut body =
            format!(r#"{{{},"metadata":{{"resourceVersion":"123456"{next}}},"items":["#, self.list_head).into_bytes();
        for index in from..to {
            if index > from {
                body.push(b',');
            }
            self.templates[index / applications.len()].write(applications[index % applications.len()], &mut body);
        }
        body.extend_from_slice(b"]}");
        body
    }

    fn object(&self, name: &str) -> Option<Vec<u8>> {
        let number: usize = name.rsplit_once("-a")?.1.parse().ok()?;
        let template = self
            .templates
            .iter()
            .find(|it| it.name.replace(manifests::FIRST, &manifests::application(number)) == name)?;
        let mut item = Vec::new();
        template.write(number, &mut item);
        let mut body = format!("{{{},", self.head).into_bytes();
        body.extend_from_slice(&item[1..]);
        Some(body)
    }
}

impl Template {
    fn new(item: &str) -> Self {
        let name = item.split(r#""name":""#).nth(1).and_then(|it| it.split('"').next()).unwrap_or_default().to_owned();
        let scaled = name.starts_with("api-0-");
        let here = format!(r#""namespace":"{}""#, NAMESPACES[0]);
        let replicas = r#""replicas":3"#;
        let (mut pieces, mut rest, mut is_scaled) = (Vec::new(), item, false);
        loop {
            let marks = [
                rest.find(manifests::FIRST).map(|at| (at, manifests::FIRST.len(), Piece::Application)),
                rest.find(&here).map(|at| (at, here.len(), Piece::Namespace)),
                rest.find(replicas).filter(|_| scaled && !is_scaled).map(|at| (at, replicas.len(), Piece::Replicas)),
            ];
            let Some((at, length, piece)) = marks.into_iter().flatten().min_by_key(|(at, ..)| *at) else { break };
            is_scaled |= matches!(piece, Piece::Replicas);
            pieces.push(Piece::Text(rest[..at].to_owned()));
            pieces.push(piece);
            rest = &rest[at + length..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self { name, pieces }
    }

    fn write(&self, number: usize, body: &mut Vec<u8>) {
        let application = manifests::application(number);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => body.extend_from_slice(text.as_bytes()),
                Piece::Application => body.extend_from_slice(application.as_bytes()),
                Piece::Namespace => {
                    body.extend_from_slice(format!(r#""namespace":"{}""#, manifests::namespace(number)).as_bytes());
                }
                Piece::Replicas => {
                    let replicas = if number.is_multiple_of(DRIFTED) { 9 } else { 3 };
                    body.extend_from_slice(format!(r#""replicas":{replicas}"#).as_bytes());
                }
            }
        }
    }
}
