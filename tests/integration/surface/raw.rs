//! Plain HTTP against a world, and the small story that these tests tell.

use anyhow::Result;
use drift_detector::demo::story::{LiveStatus, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile, World};
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(crate) const CHECKOUT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: checkout\n";
pub(crate) const PENDING: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: checkout\ndata: {}\n";

pub(crate) const PROFILES: [Profile; 2] = [Profile::Release, Profile::Bridge];

/// Two Spaces: one with every kind of unit, one that a narrow token cannot read.
pub(crate) fn story() -> Story {
    let base = Space::new("shop-base").label("environment", "base").unit(("checkout", CHECKOUT));
    let dev = Space::new("shop-dev")
        .label("environment", "dev")
        .upstream("shop-base")
        .namespace("shop")
        .live_status(LiveStatus::running())
        .unit(Unit::new("checkout", CHECKOUT).label("tier", "critical").then(PENDING).shipped(1))
        .unit(Unit::new("search", "kind: ConfigMap\n").label("tier", "backend").applying())
        .unit(Unit::new("fresh", "kind: ConfigMap\n").never_shipped())
        .unit(Unit::new("flags", "a=b\n").toolchain("AppConfig/Properties").without_target())
        .filter("critical", "Labels.tier = 'critical'");
    Story::new().space(base).space(dev)
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.text)?)
    }

    /// `Slug` of every `kind` in a list of envelopes, sorted.
    pub(crate) fn slugs(&self, kind: &str) -> Result<Vec<String>> {
        let json = self.json()?;
        let members = json.as_array().into_iter().flatten();
        let mut slugs: Vec<String> =
            members.filter_map(|member| member[kind]["Slug"].as_str()).map(str::to_owned).collect();
        slugs.sort();
        Ok(slugs)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

pub(crate) struct Raw<'a> {
    pub(crate) world: &'a World,
    client: reqwest::Client,
    token: Option<String>,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(world: &'a World) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
        Ok(Self { world, client, token: Some(world.confighub_token().to_owned()) })
    }

    pub(crate) fn with_token(mut self, token: Option<&str>) -> Self {
        self.token = token.map(str::to_owned);
        self
    }

    /// `path` with its query, from `/` on under `/api`.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        self.get_with(path, &[], &[]).await
    }

    /// The same with query parameters to be encoded, and headers.
    pub(crate) async fn get_with(
        &self,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut request = self.client.get(format!("{}{path}", self.world.confighub_url()?));
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request.send().await?).await
    }

    /// `GET` with a `where`.
    pub(crate) async fn filtered(&self, path: &str, expression: &str) -> Result<Answer> {
        self.get_with(path, &[("where", expression)], &[]).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        let url = format!("{}{path}", self.world.url(CONFIGHUB)?);
        let mut request = self.client.request(method.parse()?, url).json(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        answered(request.send().await?).await
    }
}

/// A request in the making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) content_type: &'a str,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) body: &'a str,
}

impl Raw<'_> {
    /// Sends anything at all.
    pub(crate) async fn write(&self, of: Written<'_>) -> Result<Answer> {
        let url = format!("{}{}", self.world.confighub_url()?, of.path);
        let mut request = self.client.request(of.method.parse()?, url).header("user-agent", "raw/1");
        if !of.query.is_empty() {
            request = request.query(of.query);
        }
        if !of.content_type.is_empty() {
            request = request.header("content-type", of.content_type).body(of.body.to_owned());
        }
        if let Some(tag) = of.if_match {
            request = request.header("if-match", tag);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        answered(request.send().await?).await
    }

    pub(crate) async fn post(&self, path: &str, query: &[(&str, &str)], body: &Value) -> Result<Answer> {
        let (content_type, body) = ("application/json", body.to_string());
        self.write(Written { method: "POST", path, query, content_type, if_match: None, body: &body }).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        let (content_type, body) = ("application/json", body.to_string());
        self.write(Written { method: "PUT", path, query: &[], content_type, if_match: None, body: &body }).await
    }

    pub(crate) async fn patch(&self, path: &str, query: &[(&str, &str)], body: &Value) -> Result<Answer> {
        let (content_type, body) = ("application/merge-patch+json", body.to_string());
        self.write(Written { method: "PATCH", path, query, content_type, if_match: None, body: &body }).await
    }

    pub(crate) async fn put_data(&self, path: &str, query: &[(&str, &str)], text: &str) -> Result<Answer> {
        let path = format!("{path}/data");
        let content_type = "application/octet-stream";
        self.write(Written { method: "PUT", path: &path, query, content_type, if_match: None, body: text }).await
    }

    /// A request without a body: DELETE, or an approval.
    pub(crate) async fn act(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Result<Answer> {
        self.write(Written { method, path, query, content_type: "", if_match: None, body: "" }).await
    }
}

async fn answered(response: reqwest::Response) -> Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}
