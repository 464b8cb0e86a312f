//! From a chosen context to a client: everything that can be known before the first request is said here.

mod plugin;
mod transport;

use std::path::Path;

use base64::Engine as _;
use http::{HeaderName, HeaderValue, Uri};
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecInteractiveMode};
use kube::{Client, Config};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Limits;
use super::kubeconfig::{Chosen, MOUNTS, readable};
use super::proxy;
use crate::model::access::ClusterAccess;
use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Redactor;

/// Who is asked, for messages.
#[derive(Clone, Debug)]
pub(super) struct Whose {
    /// Host and port of the API server.
    pub(super) host: String,
    /// `context dev`, or the Pod's service account.
    pub(super) login: String,
}

/// A configured login.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) config: Config,
    pub(super) namespace: Option<String>,
    /// None inside the cluster.
    pub(super) context: Option<String>,
    pub(super) whose: Whose,
}

const FLATTEN: &str =
    "embed the file: put the output of `kubectl config view --raw --flatten --minify` into KUBECONFIG_<TARGET>";

/// The service account of the Pod.
pub(super) fn in_cluster(redactor: &Redactor) -> Result<Login, Obstacle> {
    let config = Config::incluster().map_err(|error| {
        wrong(
            redactor,
            &format!("there is no kubeconfig, and this is no Pod with a service account ({error})"),
            "give a kubeconfig: the input `kubeconfigs`, a variable KUBECONFIG_<TARGET>, or KUBECONFIG",
        )
    })?;
    let whose = Whose { host: authority(&config.cluster_url), login: "the Pod's service account".to_owned() };
    Ok(Login { namespace: Some(config.default_namespace.clone()), context: None, config, whose })
}

/// The login of a context. Credentials win over each other as in kubectl: token, token file, exec plugin.
pub(super) fn from_kubeconfig(
    chosen: Chosen,
    access: &ClusterAccess,
    limits: &Limits,
    redactor: &Redactor,
) -> Result<Login, Obstacle> {
    let Chosen { context, namespace, cluster, mut user, user_name } = chosen;
    let fail = |detail: String, remedy: &str| wrong(redactor, &format!("context `{context}`: {detail}"), remedy);
    let server = cluster.server.clone().unwrap_or_default();
    let url: Uri = server
        .parse()
        .ok()
        .filter(|url: &Uri| url.host().is_some() && matches!(url.scheme_str(), Some("https" | "http")))
        .ok_or_else(|| {
            fail("its cluster has no usable `server` address".to_owned(), "correct `server` in the kubeconfig")
        })?;
    files_are_there(&cluster, &user, &user_name).map_err(|detail| fail(detail, FLATTEN))?;
    if let Err((detail, remedy)) = plugin::usable(&user, &user_name) {
        return Err(fail(detail, &remedy));
    }
    if let Some(exec) = &mut user.exec {
        // Nobody is there to be asked, and what it prints is redacted before it is shown.
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
        if exec.provide_cluster_info {
            let told = ExecAuthCluster::try_from(&cluster);
            exec.cluster = Some(told.map_err(|error| fail(error.to_string(), FLATTEN))?);
        }
    }

    let mut config = Config::new(url.clone());
    config.proxy_url = proxy_of(&cluster, access, limits, &url).map_err(|detail| {
        fail(detail, "name an http or https proxy, in `proxy-url` of the kubeconfig or in HTTPS_PROXY")
    })?;
    let roots = roots(&cluster, limits, &config).map_err(|detail| {
        fail(detail, "give the cluster's CA as PEM (`certificate-authority-data` as base64 of it)")
    })?;
    config.root_cert = roots;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name;
    config.auth_info = user;
    if let Some(namespace) = &namespace {
        config.default_namespace.clone_from(namespace);
    }
    let whose = Whose { host: authority(&url), login: format!("context `{context}`") };
    Ok(Login { config, namespace, context: Some(context), whose })
}

/// The client. Runs the exec plugin, if there is one.
pub(super) fn client(
    mut config: Config,
    limits: &Limits,
    whose: &Whose,
    redactor: &Redactor,
) -> Result<Client, Obstacle> {
    config.connect_timeout = Some(limits.connect);
    // Without it a server that falls silent holds the run for ever.
    config.read_timeout = Some(limits.request);
    config.headers = vec![(
        HeaderName::from_static("user-agent"),
        HeaderValue::from_static(concat!("drift-detector/", env!("CARGO_PKG_VERSION"))),
    )];
    let plugin = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    transport::client(config).map_err(|error| {
        let (detail, remedy) = plugin::broken(&error, plugin.as_deref(), redactor);
        wrong(redactor, &format!("{}: {detail}", whose.login), &remedy)
    })
}

fn wrong(redactor: &Redactor, detail: &str, remedy: &str) -> Obstacle {
    Obstacle { reason: Reason::Misconfigured, detail: redactor.text(detail), remedy: redactor.text(remedy) }
}

fn authority(url: &Uri) -> String {
    let host = url.host().unwrap_or_default();
    url.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Every file that the login needs can be read here.
fn files_are_there(cluster: &Cluster, user: &AuthInfo, user_name: &str) -> Result<(), String> {
    let of_user = format!("user `{user_name}`");
    let basic = user.username.is_some() && user.password.is_some();
    let needed = [
        (
            "certificate-authority",
            "the cluster",
            &cluster.certificate_authority,
            cluster.certificate_authority_data.is_none(),
        ),
        ("client-certificate", &of_user, &user.client_certificate, user.client_certificate_data.is_none()),
        ("client-key", &of_user, &user.client_key, user.client_key_data.is_none()),
        ("tokenFile", &of_user, &user.token_file, user.token.is_none() && !basic),
    ];
    for (key, owner, path, used) in needed {
        let Some(path) = path.as_deref().filter(|path| used && !path.is_empty()) else { continue };
        if let Err(error) = readable(Path::new(path)) {
            return Err(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("{key} of {owner} names the file `{path}`, which is not there: {MOUNTS}")
                }
                _ => format!("{key} of {owner} names the file `{path}`, which cannot be read: {error}"),
            });
        }
    }
    Ok(())
}

/// `proxy-url` of the kubeconfig, else the environment's unless this host is reached directly.
fn proxy_of(cluster: &Cluster, access: &ClusterAccess, limits: &Limits, url: &Uri) -> Result<Option<Uri>, String> {
    let of_kubeconfig = cluster.proxy_url.as_deref().filter(|it| !it.is_empty());
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("http") { 80 } else { 443 });
    let of_environment = || {
        let proxy = access.proxy.as_deref().filter(|it| !it.is_empty())?;
        (!proxy::bypassed(host, port, limits.no_proxy.as_deref())).then_some(proxy)
    };
    let Some(proxy) = of_kubeconfig.or_else(of_environment) else { return Ok(None) };
    let proxy = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    match proxy.parse::<Uri>() {
        Ok(url) if url.host().is_some() && matches!(url.scheme_str(), Some("http" | "https")) => Ok(Some(url)),
        Ok(url) => Err(format!("its proxy speaks `{}`, which is not supported", url.scheme_str().unwrap_or_default())),
        Err(error) => Err(format!("its proxy is not a URL: {error}")),
    }
}

/// The roots that are trusted; None: the system's alone.
fn roots(cluster: &Cluster, limits: &Limits, config: &Config) -> Result<Option<Vec<Vec<u8>>>, String> {
    let given = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => {
            let unpacked = base64::engine::general_purpose::STANDARD.decode(data.trim());
            Some(unpacked.map_err(|error| format!("certificate-authority-data is not base64: {error}"))?)
        }
        (None, Some(path)) => Some(
            std::fs::read(path).map_err(|error| format!("certificate-authority `{path}` cannot be read: {error}"))?,
        ),
        (None, None) => None,
    };
    if let Some(pem) = given {
        return certificates(&pem, "the cluster's CA").map(Some);
    }
    let encrypted = [Some(&config.cluster_url), config.proxy_url.as_ref()];
    if !encrypted.into_iter().flatten().any(|url| url.scheme_str() == Some("https")) {
        // Nothing is encrypted, so that the system's roots, which an image may lack, are not looked for.
        return Ok(Some(Vec::new()));
    }
    let Some(bundle) = &limits.ca_bundle else { return Ok(None) };
    let mut all = certificates(bundle, "the `ca-bundle`")?;
    let system = rustls_native_certs::load_native_certs().certs;
    // One root of the system that rustls does not take would otherwise fail them all.
    all.extend(system.into_iter().filter(|it| RootCertStore::empty().add(it.clone()).is_ok()).map(|it| it.to_vec()));
    Ok(Some(all))
}

fn certificates(pem: &[u8], whose: &str) -> Result<Vec<Vec<u8>>, String> {
    let all: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(pem)
        .map(|it| it.map(|it| it.to_vec()).map_err(|error| format!("{whose} is not PEM: {error}")))
        .collect::<Result<_, _>>()?;
    if all.is_empty() { Err(format!("{whose} holds no PEM certificate")) } else { Ok(all) }
}
