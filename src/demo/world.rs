//! The world that a demo or a test runs in: every stand-in on a loopback port of its own, over one story.
//!
//! A world has its own threads, so that it answers while a test blocks on a child process, and ends when it is dropped.

mod stand_in;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use super::clock::{self, Clock};
use super::cluster::{self, ClusterState, Rights};
use super::confighub::{self, Hub};
use super::faults::{Fault, Faults, Rule};
use super::github::{self, GitHub};
use super::journal::{Exchange, Journal, Journaling};
use super::story::{ClusterStory, Story};

pub use super::confighub::Profile;
pub use stand_in::{ErrorShape, Service};

/// Name of the ConfigHub stand-in in faults and the journal; clusters go by their own names.
pub const CONFIGHUB: &str = "confighub";
/// Name of the GitHub stand-in there.
pub const GITHUB: &str = "github";

/// The stand-ins, running.
#[derive(Debug)]
pub struct World {
    runtime: Option<Runtime>,
    addresses: BTreeMap<String, (SocketAddr, AbortHandle)>,
    clusters: BTreeMap<String, Arc<ClusterState>>,
    hub: Arc<Hub>,
    github: Arc<GitHub>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    journal: Arc<Journal>,
}

impl World {
    /// Starts every stand-in; exchanges are kept for [`World::journal`].
    pub fn start(story: &Story, profile: Profile) -> anyhow::Result<Self> {
        Self::start_with(story, profile, Journaling::Kept)
    }

    /// The same, with or without a journal.
    pub fn start_with(story: &Story, profile: Profile, journaling: Journaling) -> anyhow::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(2).enable_all().build().context("failed to start threads")?;
        let clock = Arc::new(Clock::new(story.now));
        let hub = Hub::new(story, profile, clock.clone());
        let github = GitHub::new(clock.clone());
        let (faults, journal) = (Arc::new(Faults::default()), Arc::new(Journal::new(journaling)));
        let mut services = vec![
            Service::new(CONFIGHUB, ErrorShape::ConfigHub, confighub::router(hub.clone())),
            Service::new(GITHUB, ErrorShape::GitHub, github::router(github.clone())),
        ];
        let mut clusters = BTreeMap::new();
        for ClusterStory { name, objects } in &story.clusters {
            let state = Arc::new(ClusterState::new(name, objects.clone()));
            state.admit(&Self::cluster_token(name), "demo-admin", Rights::Full);
            // kubectl sends no token over plain HTTP, as if `kubectl proxy` stood before the server.
            state.admit("", "demo-kubectl", Rights::Full);
            services.push(Service::new(name, ErrorShape::Kubernetes, cluster::router(state.clone())));
            clusters.insert(name.clone(), state);
        }
        let mut addresses = BTreeMap::new();
        for service in services {
            let name = service.name().to_owned();
            anyhow::ensure!(!addresses.contains_key(&name), "two stand-ins are called `{name}`");
            // Serving blocks nobody: binding is all that is waited for.
            let (sender, receiver) = std::sync::mpsc::channel();
            let (faults, journal) = (faults.clone(), journal.clone());
            runtime.spawn(async move { sender.send(service.serve(faults, journal).await).ok() });
            addresses.insert(name, receiver.recv().context("failed to start a stand-in")??);
        }
        Ok(Self { runtime: Some(runtime), addresses, clusters, hub, github, clock, faults, journal })
    }

    /// `http://127.0.0.1:PORT` of a stand-in: `confighub`, or a cluster's name.
    pub fn url(&self, service: &str) -> anyhow::Result<String> {
        let (address, _) = self.addresses.get(service).with_context(|| format!("no stand-in is called `{service}`"))?;
        Ok(format!("http://{address}"))
    }

    /// ConfigHub's base URL, with `/api`.
    pub fn confighub_url(&self) -> anyhow::Result<String> {
        Ok(format!("{}/api", self.url(CONFIGHUB)?))
    }

    /// A token of a person who reads every Space.
    pub fn confighub_token(&self) -> &'static str {
        confighub::TOKEN
    }

    /// Id and secret of a worker, for `/auth/worker`.
    pub fn worker(&self) -> (String, &'static str) {
        (clock::id("worker", confighub::WORKER).to_string(), confighub::WORKER_SECRET)
    }

    /// The bearer token that the kubeconfig holds for a cluster.
    pub fn cluster_token(cluster: &str) -> String {
        format!("demo-cluster-token-{cluster}")
    }

    /// A cluster's stand-in, to be told what happens there.
    pub fn cluster(&self, name: &str) -> anyhow::Result<&ClusterState> {
        self.clusters.get(name).map(AsRef::as_ref).with_context(|| format!("no cluster is called `{name}`"))
    }

    /// A kubeconfig with one context per cluster, named like it; JSON, which is YAML too.
    pub fn kubeconfig(&self) -> anyhow::Result<Value> {
        let mut clusters = Vec::new();
        for name in self.clusters.keys() {
            clusters.push(json!({"name": name, "cluster": {"server": self.url(name)?}}));
        }
        let names = || self.clusters.keys();
        let users: Vec<Value> =
            names().map(|n| json!({"name": n, "user": {"token": Self::cluster_token(n)}})).collect();
        let contexts: Vec<Value> = names().map(|n| json!({"name": n, "context": {"cluster": n, "user": n}})).collect();
        Ok(json!({"apiVersion": "v1", "kind": "Config", "clusters": clusters, "users": users, "contexts": contexts,
            "current-context": self.clusters.keys().next()}))
    }

    /// The ConfigHub stand-in, to be told what happens there.
    pub fn confighub(&self) -> &Hub {
        &self.hub
    }

    /// The GitHub stand-in, to be told what happens there. It holds nothing at first.
    pub fn github(&self) -> &GitHub {
        &self.github
    }

    /// What `GITHUB_API_URL` would say, for the site that is served.
    pub fn github_api_url(&self) -> anyhow::Result<String> {
        Ok(format!("{}{}", self.url(GITHUB)?, self.github.site().rest_prefix()))
    }

    /// What `GITHUB_GRAPHQL_URL` would say, for the site that is served.
    pub fn github_graphql_url(&self) -> anyhow::Result<String> {
        Ok(format!("{}{}", self.url(GITHUB)?, self.github.site().graphql_path()))
    }

    /// The clock of all stand-ins.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// From now on the service answers every request so: `world.fail("prod", 503)`.
    pub fn fail(&self, service: &str, fault: impl Into<Fault>) -> anyhow::Result<()> {
        self.inject(service, Rule::new(fault))
    }

    /// The service answers those requests so that the rule names.
    pub fn inject(&self, service: &str, rule: Rule) -> anyhow::Result<()> {
        self.url(service)?;
        self.faults.inject(service, rule);
        Ok(())
    }

    /// The service's port closes for good: new connections are refused, as with a cluster that is down.
    pub fn unplug(&self, service: &str) -> anyhow::Result<()> {
        let (_, serving) = self.addresses.get(service).with_context(|| format!("no stand-in is called `{service}`"))?;
        serving.abort();
        Ok(())
    }

    /// The service works again.
    pub fn heal(&self, service: &str) {
        self.faults.heal(service);
    }

    /// How many requests to the service a fault struck, those included whose client left before the answer: the journal
    /// does not have these.
    pub fn struck(&self, service: &str) -> usize {
        self.faults.struck(service)
    }

    /// The threads of the world.
    pub(super) fn runtime(&self) -> anyhow::Result<&Runtime> {
        self.runtime.as_ref().context("the world is gone")
    }

    /// Every exchange so far, of all stand-ins.
    pub fn journal(&self) -> Vec<Exchange> {
        self.journal.exchanges()
    }

    /// The journal itself, to clear it or to see whether it overflowed.
    pub fn journal_book(&self) -> &Journal {
        &self.journal
    }
}

impl Drop for World {
    /// Closes every port. In the background: a world may be dropped inside another runtime.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
