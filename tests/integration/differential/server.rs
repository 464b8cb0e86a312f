//! Requests as other users and managers send them, and the server's own description of its types.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use drift_detector::http;
use serde_json::Value;

use crate::apiserver::{ADMIN, ApiServer};

/// How long the server may take to serve a kind that was just defined.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server, asked as a user with every right.
pub(super) struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
    notes: Mutex<Vec<String>>,
}

/// One request, kept so that it can be sent again when a failure is made smaller.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: reqwest::Method,
    /// With its query.
    pub(super) path: String,
    content: &'static str,
    pub(super) body: Option<Value>,
}

/// What the server said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn post(path: &str, manager: &str, body: Value) -> Self {
        Self::new(reqwest::Method::POST, format!("{path}?fieldManager={manager}"), "application/json", Some(body))
    }

    pub(super) fn put(path: &str, manager: &str, body: Value) -> Self {
        Self::new(reqwest::Method::PUT, format!("{path}?fieldManager={manager}"), "application/json", Some(body))
    }

    pub(super) fn delete(path: &str) -> Self {
        Self::new(reqwest::Method::DELETE, format!("{path}?propagationPolicy=Background"), "application/json", None)
    }

    /// `kind` is `merge`, `json` or `strategic`.
    pub(super) fn patch(path: &str, manager: &str, kind: Patch, body: Value) -> Self {
        let content = match kind {
            Patch::Merge => "application/merge-patch+json",
            Patch::Json => "application/json-patch+json",
            Patch::Strategic => "application/strategic-merge-patch+json",
        };
        Self::new(reqwest::Method::PATCH, format!("{path}?fieldManager={manager}"), content, Some(body))
    }

    /// Server-side apply, forced.
    pub(super) fn apply(path: &str, manager: &str, body: Value) -> Self {
        let path = format!("{path}?fieldManager={manager}&force=true");
        Self::new(reqwest::Method::PATCH, path, "application/apply-patch+yaml", Some(body))
    }

    /// The same, with nothing stored.
    pub(super) fn dry_run(mut self) -> Self {
        self.path.push_str("&dryRun=All");
        self
    }

    fn new(method: reqwest::Method, path: String, content: &'static str, body: Option<Value>) -> Self {
        Self { method, path, content, body }
    }
}

/// How a PATCH is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patch {
    Merge,
    Json,
    Strategic,
}

impl Answer {
    pub(super) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The server's reason for a refusal.
    pub(super) fn message(&self) -> String {
        format!("{} {}", self.status, self.body["message"].as_str().unwrap_or_default())
    }
}

impl Api {
    pub(super) fn new(server: &ApiServer) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let settings = http::Settings { ca_bundle: Some(server.ca()?), ..http::Settings::default() };
        let http = http::client(&settings, &server.url().parse()?)?;
        let token = crate::apiserver::token(ADMIN);
        Ok(Self { http, base: server.url().to_owned(), token, notes: Mutex::default() })
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Answer> {
        let Request { method, path, content, body } = request;
        let mut call = self.http.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            call = call.header(reqwest::header::CONTENT_TYPE, *content).body(body.to_string());
        }
        let answer = call.send().await.with_context(|| format!("failed to send {method} {path}"))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.with_context(|| format!("failed to read the answer to {method} {path}"))?;
        let body = serde_json::from_slice(&bytes).with_context(|| format!("{method} {path} answered no JSON"))?;
        Ok(Answer { status, body })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.send(&Request::new(reqwest::Method::GET, path.to_owned(), "application/json", None)).await
    }

    /// A request that must succeed.
    pub(super) async fn done(&self, request: &Request) -> Result<Value> {
        let answer = self.send(request).await?;
        ensure!(answer.is_ok(), "{} {} was refused: {}", request.method, request.path, answer.message());
        Ok(answer.body)
    }

    pub(super) async fn until_served(&self, path: &str) -> Result<()> {
        let since = Instant::now();
        while self.get(&format!("/openapi/v3{path}")).await.is_err() || !self.get(path).await?.is_ok() {
            ensure!(since.elapsed() < PATIENCE, "the server does not serve {path}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The description of a group and version (`apis/apps/v1`).
    pub(super) async fn description(&self, group: &str) -> Result<Value> {
        let answer = self.get(&format!("/openapi/v3/{group}")).await?;
        ensure!(answer.is_ok(), "the server does not describe {group}: {}", answer.message());
        Ok(answer.body)
    }

    /// Something the run should say.
    pub(super) fn note(&self, note: String) {
        self.notes.lock().expect("nobody panics while noting").push(note);
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("nobody panics while noting").clone()
    }
}
