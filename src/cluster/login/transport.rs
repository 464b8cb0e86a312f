//! The HTTP client under kube's. kube's own leaves Nagle's algorithm on, which costs 40 ms for every new connection: the
//! first request waits until the server has acknowledged the end of the TLS handshake.

use base64::Engine as _;
use http::{HeaderValue, Uri};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::middleware::AuthLayer;
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config, Error};
use percent_encoding::percent_decode_str;
use tower::{BoxError, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

/// The client that kube makes of this, but for Nagle's algorithm, its repetitions and its own log.
///
/// # Errors
/// As kube's: a login that cannot be used. Runs the exec plugin: once, or again if what it gives is a certificate.
pub(super) fn client(mut config: Config) -> Result<Client, Error> {
    let auth = config.auth_layer()?;
    if auth.is_some() {
        // It gave a token. Asked for a certificate, kube would run it again.
        config.auth_info.exec = None;
    }
    let mut tcp = HttpConnector::new();
    // Its own guard against `https`, which is what the layer above makes of it.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    match &config.proxy_url {
        None => {
            let connector = config.rustls_https_connector_with_connector(tcp)?;
            over(TimeoutConnector::new(connector), &config, auth)
        }
        Some(proxy) if proxy.scheme_str() == Some("https") => {
            let tunnel = tunnel(proxy, config.rustls_https_connector_with_connector(tcp)?);
            let connector = config.rustls_https_connector_with_connector(tunnel)?;
            over(TimeoutConnector::new(connector), &config, auth)
        }
        Some(proxy) => {
            let connector = config.rustls_https_connector_with_connector(tunnel(proxy, tcp))?;
            over(TimeoutConnector::new(connector), &config, auth)
        }
    }
}

/// A tunnel through the proxy, with the user and the password of its URL.
fn tunnel<C>(proxy: &Uri, connector: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.clone(), connector);
    let user = proxy.authority().and_then(|it| it.as_str().rsplit_once('@')).map(|(user, _)| user);
    let Some(user) = user else { return tunnel };
    let plain: Vec<u8> = percent_decode_str(user).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(plain);
    let header = HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is ASCII");
    tunnel.with_auth(header)
}

/// The requests of this login over such connections.
fn over<C>(mut connector: TimeoutConnector<C>, config: &Config, auth: Option<AuthLayer>) -> Result<Client, Error>
where
    TimeoutConnector<C>: Connect + Clone + Send + Sync + 'static,
{
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(auth)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}
