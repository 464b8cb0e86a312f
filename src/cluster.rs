//! Kubernetes: the objects that run, read with `get` and `list` only.
//!
//! A broken answer never reads as *absent*: an object is absent only when the server says so in its own words, or when a
//! complete list of the right kind does not hold it. Everything else is an [`Obstacle`] with a reason and a remedy.

mod answer;
mod discovery;
mod kubeconfig;
mod list;
mod live;
mod login;
mod obstacle;
mod proxy;
mod request;
mod schemas;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::model::access::{ClusterAccess, KubeconfigSource};
use crate::model::object::{GroupVersionKind, Live, ObjectKey, Schemas};
use crate::model::outcome::{Obstacle, Reason};
use crate::redact::{Redactor, Text};

use discovery::Discovery;
pub use discovery::{Listable, Served, home};
pub use live::Search;
use request::Connection;

/// How long and how often the cluster is asked, and what the surroundings give: everything that is not the kubeconfig's.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For one TCP connection.
    pub connect: Duration,
    /// For one request and its whole answer.
    pub request: Duration,
    /// For everything that is read from this cluster, counted from [`Cluster::connect`].
    pub overall: Duration,
    /// How often one request is sent at most.
    pub attempts: usize,
    /// How many repeated requests there may be in all, so that a broken cluster does not hold up the run.
    pub repeats: usize,
    /// The first pause before a request is repeated; it doubles, up to [`Limits::longest_pause`].
    pub pause: Duration,
    /// The longest pause, whatever `Retry-After` says.
    pub longest_pause: Duration,
    /// Objects per page of a list.
    pub page: usize,
    /// Bytes of one answer at most, unpacked.
    pub answer_bytes: usize,
    /// Requests at the same time.
    pub concurrency: usize,
    /// PEM roots that are trusted beside the system's where the kubeconfig gives no CA (`ca-bundle`).
    pub ca_bundle: Option<Vec<u8>>,
    /// `NO_PROXY` of the environment.
    pub no_proxy: Option<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            overall: Duration::from_secs(300),
            attempts: 4,
            repeats: 40,
            pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
            page: 500,
            answer_bytes: 256 << 20,
            concurrency: 4,
            ca_bundle: None,
            no_proxy: None,
        }
    }
}

/// One cluster, ready to be read.
#[derive(Debug)]
pub struct Cluster {
    connection: Connection,
    discovery: Discovery,
    namespace: Option<String>,
    context: Option<String>,
}

impl Cluster {
    /// Prepares the login. No request is sent, but an exec plugin of the kubeconfig is run.
    pub async fn connect(access: &ClusterAccess, limits: Limits, redactor: &Redactor) -> Result<Self, Obstacle> {
        let (access, redactor) = (access.clone(), redactor.clone());
        let patience = limits.request.min(limits.overall);
        let deadline = Instant::now() + limits.overall;
        // Reading files and the first run of an exec plugin block.
        let prepared = tokio::task::spawn_blocking(move || prepare(&access, limits, deadline, redactor));
        match tokio::time::timeout(patience, prepared).await {
            Ok(prepared) => prepared.expect("a panic ends the process, and nobody cancels it"),
            Err(_) => Err(unprepared("the login to the cluster took too long: its exec plugin does not finish".into())),
        }
    }

    /// The namespace that the kubeconfig's context (in-cluster: the Pod) gives.
    pub fn context_namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The kubeconfig's context; None in a Pod of the cluster.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Which of these kinds the server serves, under which name. Every kind has an entry.
    pub async fn discover(
        &self,
        kinds: &BTreeSet<GroupVersionKind>,
    ) -> BTreeMap<GroupVersionKind, Result<Served, Obstacle>> {
        discovery::discover(&self.connection, &self.discovery, kinds).await
    }

    /// Reads the wanted objects; every one has an entry. `served` is what [`Cluster::discover`] gave. Keys of namespaced
    /// kinds carry their namespace.
    pub async fn read(
        &self,
        wanted: &[ObjectKey],
        served: &BTreeMap<GroupVersionKind, Result<Served, Obstacle>>,
        search: &Search,
    ) -> Live {
        live::read(&self.connection, wanted, served, search).await
    }

    /// Every object of a kind in a namespace (None: of a cluster-scoped kind), as the server sent it.
    ///
    /// # Errors
    /// When the list could not be read to its end.
    pub async fn all(
        &self,
        gvk: &GroupVersionKind,
        served: &Served,
        namespace: Option<&str>,
    ) -> Result<Vec<Box<RawValue>>, Obstacle> {
        live::all(&self.connection, gvk, served, namespace).await
    }

    /// The schemas of these custom kinds, as far as they can be read.
    pub async fn schemas(&self, kinds: &BTreeMap<GroupVersionKind, Served>) -> Schemas {
        schemas::read(&self.connection, kinds).await
    }

    /// Every kind that can be listed, each at its best version, and what stood in the way of knowing more.
    pub async fn listable(&self) -> Listable {
        discovery::listable(&self.connection, &self.discovery).await
    }
}

fn prepare(access: &ClusterAccess, limits: Limits, deadline: Instant, redactor: Redactor) -> Result<Cluster, Obstacle> {
    let login = match &access.source {
        KubeconfigSource::InCluster => login::in_cluster(&redactor)?,
        KubeconfigSource::Text { .. } | KubeconfigSource::Files(_) => {
            let chosen = kubeconfig::choose(access, &redactor)?;
            login::from_kubeconfig(chosen, access, &limits, &redactor)?
        }
    };
    let client = login::client(login.config, &limits, &login.whose, &redactor)?;
    let connection = Connection::new(client, login.whose, limits, deadline, redactor);
    Ok(Cluster { connection, discovery: Discovery::default(), namespace: login.namespace, context: login.context })
}

fn unprepared(detail: Text) -> Obstacle {
    let remedy = "put a kubeconfig with a token into KUBECONFIG_<TARGET>".into();
    Obstacle { reason: Reason::Misconfigured, detail, remedy }
}

/// The credentials that the kubeconfig holds, for the redactor. What cannot be read gives none: [`Cluster::connect`] says why.
pub fn credentials(access: &ClusterAccess) -> Vec<SecretString> {
    kubeconfig::credentials(access)
}
