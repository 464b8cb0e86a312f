//! Plain HTTP against the stand-in, and the small repository that these tests tell of.

use anyhow::{Context as _, Result};
use drift_detector::demo::github::{Access, ChangedFile, Pull, Repository, Role, Token};
use drift_detector::demo::story::Story;
use drift_detector::demo::world::{Profile, World};
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(super) const SHOP: &str = "acme/shop";
/// Path of its issues.
pub(super) const ISSUES: &str = "/repos/acme/shop/issues";

/// Number 1 is a pull request.
pub(super) fn shop() -> Repository {
    let pull = Pull::new("carol", "faster", "c0ffee", "ba5e").file(ChangedFile::modified("deploy/shop/app.yaml"));
    let pull = pull.file(ChangedFile::renamed("old.yaml", "new.yaml")).file(ChangedFile::added("more.yaml"));
    let pull = pull.file(ChangedFile::removed("gone.yaml")).from_fork("carol/shop");
    Repository::new(SHOP)
        .role("alice", Role::Write)
        .role("tina", Role::Triage)
        .role("rob", Role::Read)
        .role("mia", Role::Maintain)
        .role("ada", Role::Admin)
        .file("main", ".github/drift.yaml", b"version: 1\n")
        .file("main", "README.md", b"# shop\n")
        .file(
            "ba5e",
            ".github/drift.yaml",
            &b"version: 1 # long enough for a second line of base64, which is 60 characters\n"[..],
        )
        .pull(pull)
}

pub(super) fn world(repository: Repository) -> Result<World> {
    let world = World::start(&Story::new(), Profile::Release)?;
    world.github().add(repository);
    Ok(world)
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The address of another page.
    pub(super) fn link(&self, relation: &str) -> Option<String> {
        let links = self.header("link").split(", ");
        let (address, _) =
            links.filter_map(|it| it.split_once("; ")).find(|(_, rel)| *rel == format!("rel=\"{relation}\""))?;
        Some(address.trim_matches(['<', '>']).to_owned())
    }

    /// `number` of every item.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.json.as_array().into_iter().flatten().filter_map(|it| it["number"].as_u64()).collect()
    }
}

pub(super) struct Raw<'a> {
    pub(super) world: &'a World,
    client: reqwest::Client,
    token: String,
}

impl<'a> Raw<'a> {
    /// As the Actions job of the repository that may write issues and comments.
    pub(super) fn new(world: &'a World) -> Result<Self> {
        Self::with(world, Token::actions(SHOP).issues(Access::Write).pull_requests(Access::Write))
    }

    pub(super) fn with(world: &'a World, token: Token) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().user_agent("drift-tests").redirect(redirects).build()?;
        Ok(Self { world, client, token: world.github().token(token) })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None, &[]).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send("POST", path, Some(body), &[]).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Result<Answer> {
        self.send("PATCH", path, Some(body), &[]).await
    }

    /// The path below the API's address, or a whole address.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.world.github_api_url()?) };
        let mut request = self.client.request(method.parse()?, url).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, headers, text, json })
    }

    /// Number of a new issue.
    pub(super) async fn open(&self, title: &str) -> Result<u64> {
        let answer = self.post(ISSUES, serde_json::json!({"title": title})).await?;
        answer.json["number"].as_u64().with_context(|| answer.text.clone())
    }
}
