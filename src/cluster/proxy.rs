//! PURE: whether `NO_PROXY` and the rules about loopback keep a host off the proxy of the environment, as Go's clients do.

use std::net::IpAddr;

/// Whether this host is reached directly although the environment names a proxy.
pub(super) fn bypassed(host: &str, port: u16, no_proxy: Option<&str>) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|it| it.is_loopback()) {
        return true;
    }
    let rules = no_proxy.unwrap_or_default().split([',', ' ']).map(str::trim).filter(|rule| !rule.is_empty());
    rules.into_iter().any(|rule| matches(&rule.to_ascii_lowercase(), &host, address, port))
}

fn matches(rule: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some(address) = address {
        if let Some((network, bits)) = rule.split_once('/') {
            return network.parse().is_ok_and(|network| inside(address, network, bits));
        }
        if let Ok(only) = rule.parse::<IpAddr>() {
            return only == address;
        }
    }
    let (name, only_port) = match rule.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') && !digits.is_empty() => (name, digits.parse::<u16>().ok()),
        _ => (rule, None),
    };
    if only_port.is_some_and(|it| it != port) {
        return false;
    }
    // `example.com` names itself and what is below it, `.example.com` and `*.example.com` only what is below.
    let bare = name.strip_prefix('*').unwrap_or(name);
    match bare.strip_prefix('.') {
        Some(domain) => host.ends_with(&format!(".{domain}")),
        None => host == bare || host.ends_with(&format!(".{bare}")),
    }
}

fn inside(address: IpAddr, network: IpAddr, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let shift = 32 - bits;
            u64::from(u32::from(address)) >> shift == u64::from(u32::from(network)) >> shift
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            bits == 0 || u128::from(address) >> (128 - bits) == u128::from(network) >> (128 - bits)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_read_as_go_reads_it() {
        for (host, no_proxy, want) in [
            ("api.example.com", "", false),
            ("localhost", "", true),
            ("127.0.0.1", "", true),
            ("[::1]", "", true),
            ("api.example.com", "example.com", true),
            ("api.example.com", ".example.com,", true),
            ("api.example.com", "*.example.com", true),
            ("example.com", ".example.com", false),
            ("badexample.com", "example.com", false),
            ("API.Example.com", "other, api.example.COM", true),
            ("api.example.com", "api.example.com:6443", true),
            ("api.example.com", "api.example.com:443", false),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("fd00::5", "fd00::/8", true),
            ("api.example.com", "*", true),
        ] {
            assert_eq!(bypassed(host, 6443, Some(no_proxy)), want, "{host} and `{no_proxy}`");
        }
    }
}
