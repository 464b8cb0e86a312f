//! As much of a kubeconfig as the inputs need: its contexts, and where they lead.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::Deserialize;

/// One kubeconfig, or several that were merged.
#[derive(Debug, Default)]
pub(super) struct Kubeconfig {
    pub(super) contexts: Vec<Context>,
    clusters: Vec<Cluster>,
    current: Option<String>,
}

#[derive(Debug)]
pub(super) struct Context {
    pub(super) name: String,
    cluster: String,
}

#[derive(Debug)]
pub(super) struct Cluster {
    name: String,
    pub(super) server: String,
    pub(super) has_proxy: bool,
}

impl Kubeconfig {
    /// None if this is not a kubeconfig. The parser's own message is not passed on: it may quote a credential.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let options = serde_saphyr::options! { with_snippet: false };
        let file: File = serde_saphyr::from_str_with_options(text, options).ok()?;
        let File { current_context, contexts, clusters } = file;
        // Any YAML map would do as far as the types go; a kubeconfig without these two is of no use to anybody.
        let (contexts, clusters) = (contexts?, clusters?);
        Some(Self {
            contexts: contexts.into_iter().map(|it| Context { name: it.name, cluster: it.context.cluster }).collect(),
            clusters: clusters.into_iter().map(Cluster::from).collect(),
            current: current_context.filter(|it| !it.is_empty()),
        })
    }

    /// As kubectl merges: what comes first wins.
    pub(super) fn merge(mut self, later: Self) -> Self {
        self.contexts.extend(later.contexts);
        self.clusters.extend(later.clusters);
        self.current = self.current.or(later.current);
        self
    }

    pub(super) fn has_context(&self, name: &str) -> bool {
        self.contexts.iter().any(|it| it.name == name)
    }

    /// The current context, if there is one and it exists.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref().filter(|it| self.has_context(it))
    }

    /// The cluster that a context leads to.
    pub(super) fn cluster(&self, context: &str) -> Option<&Cluster> {
        let context = self.contexts.iter().find(|it| it.name == context)?;
        self.clusters.iter().find(|it| it.name == context.cluster)
    }
}

/// The text of a kubeconfig that was given as it is or in base64.
pub(super) fn text(given: &str) -> Option<(SecretString, Kubeconfig)> {
    // `:` is in every kubeconfig, YAML or JSON, and in no base64.
    if given.contains(':') {
        return Some((SecretString::from(given), Kubeconfig::parse(given)?));
    }
    let packed: String = given.split_whitespace().collect();
    let text = String::from_utf8(STANDARD.decode(&packed).ok()?).ok()?;
    let kubeconfig = Kubeconfig::parse(&text)?;
    Some((SecretString::from(text), kubeconfig))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    current_context: Option<String>,
    contexts: Option<Vec<NamedContext>>,
    clusters: Option<Vec<NamedCluster>>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: ContextBody,
}

#[derive(Deserialize)]
struct ContextBody {
    #[serde(default)]
    cluster: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: ClusterBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterBody {
    #[serde(default)]
    server: String,
    proxy_url: Option<String>,
}

impl From<NamedCluster> for Cluster {
    fn from(NamedCluster { name, cluster }: NamedCluster) -> Self {
        let ClusterBody { server, proxy_url } = cluster;
        Self { name, server, has_proxy: proxy_url.is_some_and(|it| !it.is_empty()) }
    }
}
