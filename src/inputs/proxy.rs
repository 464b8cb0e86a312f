//! The proxy that the environment names. Which hosts are reached directly is for the connection to decide.

use http::Uri;
use secrecy::SecretString;

use super::settings::Settings;

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The proxy for servers of this scheme.
pub(super) fn of(ctx: &Settings<'_>, server: &str) -> Option<String> {
    let uri: Uri = server.parse().ok()?;
    let names = if uri.scheme_str() == Some("http") { &VARIABLES[2..] } else { &VARIABLES[..2] };
    names.iter().find_map(|name| ctx.variable(name))
}

/// `NO_PROXY`, as it is written.
pub(super) fn exceptions(ctx: &Settings<'_>) -> Option<String> {
    ctx.variable("NO_PROXY").or_else(|| ctx.variable("no_proxy"))
}

/// What the proxies' addresses hold of user names and passwords.
pub(super) fn credentials(ctx: &Settings<'_>) -> Vec<SecretString> {
    let userinfo = VARIABLES.iter().filter_map(|name| {
        let proxy = ctx.variable(name)?;
        let (_, rest) = proxy.split_once("://").unwrap_or(("", &proxy));
        let (userinfo, _) = rest.split('/').next()?.rsplit_once('@')?;
        let password = userinfo.split_once(':').map(|(_, password)| SecretString::from(password));
        Some([Some(SecretString::from(userinfo)), password].into_iter().flatten())
    });
    userinfo.flatten().collect()
}
