//! The real client against the stand-in: ChangeSets, locks, new heads, revisions, approvals, in both generations.

mod bulk;
mod faults;
mod heads;
mod locks;
mod records;
mod reviews;

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Context as _, Result, bail};
use drift_detector::confighub::{Client, Error, Kind, Space};
use drift_detector::demo::story::{self, Story};
use drift_detector::demo::world::{CONFIGHUB, Profile, World};
use drift_detector::http;
use drift_detector::model::access::Credentials;
use drift_detector::model::changeset::{ChangeSet, NewChangeSet, Opened, UnitHead, UnitIds};
use jiff::SignedDuration;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use uuid::Uuid;

use crate::estate::config_map;
use crate::surface;

const PROFILES: [Profile; 2] = [Profile::Release, Profile::Bridge];
const UNITS: [&str; 3] = ["cart", "search", "web"];

/// A world with Spaces `shop-dev` and `shop-prod`, and our client. When it is dropped, every exchange is held to the
/// service's description.
struct Shop {
    world: World,
    client: Client,
    space: Space,
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Err(error) = surface::verify(&self.world)
            && !thread::panicking()
        {
            panic!("{error:#}");
        }
    }
}

impl Shop {
    /// Three units, as the worker.
    async fn new(profile: Profile) -> Result<Self> {
        Self::of(profile, &UNITS.map(str::to_owned)).await
    }

    async fn of(profile: Profile, units: &[String]) -> Result<Self> {
        let space = units.iter().fold(story::Space::new("shop-dev"), |space, name| {
            space.unit((name.as_str(), config_map(name, "fast").as_str()))
        });
        let prod = story::Space::new("shop-prod").unit(("web", config_map("web", "fast").as_str()));
        let world = World::start(&Story::new().space(space).space(prod), profile)?;
        let (id, secret) = world.worker();
        let client = connect(&world, Credentials::Worker { id, secret: secret.into() }).await?;
        let space = client.space("shop-dev").await?;
        Ok(Self { world, client, space })
    }

    /// The same world with another token.
    async fn client_with(&self, token: String) -> Result<Client> {
        connect(&self.world, Credentials::Token(token.into())).await
    }

    fn id(&self, unit: &str) -> Uuid {
        self.world.confighub().unit_id("shop-dev", unit)
    }

    fn ids(&self, units: &[&str]) -> UnitIds {
        UnitIds::new(units.iter().map(|unit| self.id(unit))).expect("there are some")
    }

    async fn head(&self, unit: &str) -> Result<UnitHead> {
        let found = self.client.unit_heads(&self.ids(&[unit])).await?;
        found.into_iter().next().context("the unit is gone")
    }

    async fn open(&self, slug: &str) -> Result<ChangeSet> {
        match self.client.open_changeset(&self.space, &new(slug)).await? {
            Opened::Created(it) | Opened::Exists(it) => Ok(it),
        }
    }

    /// A unit that this ChangeSet holds now.
    async fn locked(&self, unit: &str, under: &ChangeSet) -> Result<UnitHead> {
        let answers = self.client.lock(&self.ids(&[unit]), under.id, "open").await;
        Ok(answers.into_iter().next().context("no answer")?.1?)
    }

    /// The stand-in's clock stands still otherwise, and what is oldest is then decided by ids.
    fn a_minute_passes(&self) {
        self.world.clock().advance(SignedDuration::from_mins(1));
    }

    /// Plain HTTP as somebody; the answer's JSON. `path` without `/api`.
    async fn raw(&self, token: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.world.confighub_url()?);
        let request = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()?
            .request(method.parse()?, url)
            .bearer_auth(token);
        let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request = match body {
            Value::Null => request,
            body => request.header(CONTENT_TYPE, content).body(body.to_string()),
        };
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{method} {path}: {status} {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// How many requests of this kind were sent: a method, and the path's end.
    fn sent(&self, method: &str, end: &str) -> usize {
        let journal = self.world.journal();
        let of = |it: &&drift_detector::demo::journal::Exchange| it.service == CONFIGHUB && it.method == method;
        journal.iter().filter(of).filter(|it| it.path.ends_with(end)).count()
    }
}

async fn connect(world: &World, credentials: Credentials) -> Result<Client> {
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(Client::connect(world.confighub_url()?.parse()?, credentials, &http::Settings::default()).await?)
}

fn new(slug: &str) -> NewChangeSet {
    let labels = [("source", "drift-detector"), ("drift-detector/environment", "dev")];
    NewChangeSet {
        slug: slug.to_owned(),
        display_name: "Drift fixes dev 1".to_owned(),
        description: "3 units drifted\nhttps://github.example.com/run/1".to_owned(),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
    }
}

/// What went wrong, by meaning; it must have.
fn kind<T: std::fmt::Debug>(answer: Result<T, Error>) -> Kind {
    answer.expect_err("it is refused").kind
}

fn some(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
}
