//! How ConfigHub and a target's cluster are reached. Credentials live here and nowhere else in the model.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where a target's kubeconfig comes from.
#[derive(Clone, Debug)]
pub enum KubeconfigSource {
    /// The text itself, from `KUBECONFIG_<TARGET>`.
    Text {
        /// Name of the variable, for messages.
        variable: String,
        /// Kubeconfig YAML.
        text: SecretString,
    },
    /// Files that are merged as kubectl merges them, from `kubeconfigs`, `KUBECONFIG` or the home directory.
    Files(Vec<PathBuf>),
    /// The service account of the Pod that we run in.
    InCluster,
}

/// A target's way into its cluster.
#[derive(Clone, Debug)]
pub struct ClusterAccess {
    /// Where the kubeconfig comes from.
    pub source: KubeconfigSource,
    /// The context to use; None: the kubeconfig's current one.
    pub context: Option<String>,
    /// `HTTPS_PROXY` or `HTTP_PROXY` of the environment, unless `NO_PROXY` names the host; a `proxy-url` of the kubeconfig wins.
    pub proxy: Option<String>,
}

/// How we prove to ConfigHub who we are.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A bearer token, sent as it is.
    Token(SecretString),
    /// A worker, which logs in for a token, and once more when that is refused.
    Worker {
        /// UUID of the BridgeWorker.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
}
