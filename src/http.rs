//! How ConfigHub's client is built and retries, and what all clients share.

use std::time::Duration;

use anyhow::Context as _;
use backon::ExponentialBuilder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Identifies us to every service.
pub const USER_AGENT: &str = concat!("drift-detector/", env!("CARGO_PKG_VERSION"));

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encoded for a path segment or a query value.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Bounds of one request, and whom to trust.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// PEM certificates that are trusted beside the system's.
    pub ca_bundle: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10), read_timeout: Duration::from_secs(30), ca_bundle: None }
    }
}

/// A client for one service. It honours the proxy variables, except for loopback, which no proxy reaches; it follows no
/// redirect: a redirect could carry a token elsewhere, and an API that redirects is a wrong address.
///
/// # Errors
/// When the system has no root certificates, or the bundle is no PEM.
pub fn client(settings: &Settings, service: &reqwest::Url) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(service) {
        builder = builder.no_proxy();
        if service.scheme() == "http" {
            // Nothing is encrypted, so that the system's roots, which an image may lack, are not looked for.
            builder = builder.tls_certs_only([]);
        }
    }
    if let Some(pem) = &settings.ca_bundle {
        for certificate in reqwest::Certificate::from_pem_bundle(pem).context("failed to read `ca-bundle` as PEM")? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().context("failed to set up TLS (does the system have root certificates?)")
}

/// Whether the service is on this machine.
fn is_loopback(service: &reqwest::Url) -> bool {
    match service.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback()),
        None => false,
    }
}

/// Three more tries within about two seconds, spread so that parallel requests do not come back at once.
pub fn retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_factor(2.0)
        .with_max_times(3)
        .with_jitter()
}

/// The longest `Retry-After` that is waited for; a service that asks for more is reported as unreachable.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);
