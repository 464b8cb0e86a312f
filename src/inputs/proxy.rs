//! Which proxy leads to a server: the variables that every command-line tool knows.

use std::net::IpAddr;

use http::Uri;
use secrecy::SecretString;

use super::settings::Settings;

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The proxy for this server, unless `NO_PROXY` names its host.
pub(super) fn of(ctx: &Settings<'_>, server: &str) -> Option<String> {
    let uri: Uri = server.parse().ok()?;
    let (names, default_port) =
        if uri.scheme_str() == Some("http") { (&VARIABLES[2..], 80) } else { (&VARIABLES[..2], 443) };
    let proxy = names.iter().find_map(|name| ctx.variable(name))?;
    let exceptions = ctx.variable("NO_PROXY").or_else(|| ctx.variable("no_proxy")).unwrap_or_default();
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(default_port);
    let direct = exceptions.split([',', ' ']).any(|it| excepts(it.trim(), &host, port));
    (!direct).then_some(proxy)
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

/// One entry of `NO_PROXY`: `*`, an address, a network, or a domain with everything below it; each with or without port.
fn excepts(entry: &str, host: &str, port: u16) -> bool {
    let entry = entry.to_ascii_lowercase();
    if entry.is_empty() || entry == "*" {
        return entry == "*";
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        let same = entry.parse::<IpAddr>().is_ok_and(|it| it == address) || entry == format!("{host}:{port}");
        return same || entry.split_once('/').is_some_and(|(network, bits)| is_within(address, network, bits));
    }
    let entry = match entry.rsplit_once(':') {
        Some((name, number)) if number == port.to_string() => name,
        _ => &entry,
    };
    let domain = entry.trim_start_matches("*.").trim_start_matches('.');
    host == domain || host.strip_suffix(domain).is_some_and(|it| it.ends_with('.'))
}

fn is_within(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => (u128::from(a.to_bits()), u128::from(n.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits(), n.to_bits(), 128),
        _ => return false,
    };
    bits <= width && (address ^ network).checked_shr(width - bits).unwrap_or(0) == 0
}
