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
        let client = reqwest::Client::builder().no_proxy().build()?;
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

async fn answered(response: reqwest::Response) -> Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}
