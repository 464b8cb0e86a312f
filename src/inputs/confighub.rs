//! Where ConfigHub is, and who we are there.

use std::net::IpAddr;

use http::Uri;
use reqwest::Url;
use secrecy::SecretString;

use crate::model::access::Credentials;

use super::problem::{Found, Given, Problem, quoted};
use super::settings::{Setting, Settings};

/// The hosted service.
const HOSTED: &str = "https://hub.confighub.com/api";
const EXAMPLE: &str = "write for example `https://hub.confighub.com`";

/// How ConfigHub is reached.
#[derive(Clone, Debug)]
pub struct ConfigHub {
    /// The base of all API paths; ends in `/api`, without a slash.
    pub url: Url,
    /// Who we are.
    pub credentials: Credentials,
}

pub(super) fn read(ctx: &Settings<'_>, found: &mut Found) -> Option<ConfigHub> {
    let hosted = || Setting { value: HOSTED.to_owned(), given: Given::Input("confighub-url".to_owned()) };
    let url = url(&ctx.get_or("confighub-url", "CUB_API_URL").unwrap_or_else(hosted), found);
    let credentials = credentials(ctx);
    let credentials = found.keep(credentials);
    Some(ConfigHub { url: url?, credentials: credentials? })
}

/// What was given as an input counts before what stands in a variable.
fn credentials(ctx: &Settings<'_>) -> Result<Credentials, Problem> {
    let (token, id, secret) =
        (ctx.get("confighub-token"), ctx.get("confighub-worker-id"), ctx.get("confighub-worker-secret"));
    if token.is_some() || id.is_some() || secret.is_some() {
        let secret = secret.or_else(|| {
            let value = id.is_some().then(|| ctx.variable("CONFIGHUB_WORKER_SECRET")).flatten()?;
            Some(Setting { value, given: Given::Variable("CONFIGHUB_WORKER_SECRET".to_owned()) })
        });
        return chosen(token, id, secret);
    }
    let variable = |name: &str| {
        let value = ctx.variable(name)?;
        Some(Setting { value, given: Given::Variable(name.to_owned()) })
    };
    match variable("CUB_TOKEN") {
        Some(token) => chosen(Some(token), None, None),
        None => chosen(None, variable("CONFIGHUB_WORKER_ID"), variable("CONFIGHUB_WORKER_SECRET")),
    }
}

fn chosen(token: Option<Setting>, id: Option<Setting>, secret: Option<Setting>) -> Result<Credentials, Problem> {
    match (token, id, secret) {
        (Some(token), None, None) => Ok(Credentials::Token(header_safe(token)?)),
        (None, Some(id), Some(secret)) => {
            Ok(Credentials::Worker { id: id.value, secret: SecretString::from(secret.value) })
        }
        (Some(token), _, _) => {
            Err(Problem::given(&token.given, "a token and a worker's credentials are given", "keep one of the two"))
        }
        (None, Some(id), None) => {
            Err(Problem::given(&id.given, "the worker's secret is missing", "set `confighub-worker-secret` too"))
        }
        (None, None, Some(secret)) => {
            Err(Problem::given(&secret.given, "the worker's id is missing", "set `confighub-worker-id` too"))
        }
        (None, None, None) => Err(Problem::nowhere(
            "there are no credentials for ConfigHub",
            "set the variable CUB_TOKEN, or CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET (in a workflow: the inputs \
             `confighub-token`, or `confighub-worker-id` and `confighub-worker-secret`, from secrets that exist and are \
             not empty)",
        )),
    }
}

/// A token goes into a header: a line break or a blank inside shows a bad paste.
pub(super) fn header_safe(token: Setting) -> Result<SecretString, Problem> {
    if token.value.bytes().all(|it| it.is_ascii_graphic()) {
        Ok(SecretString::from(token.value))
    } else {
        let message = "the token has blanks, line breaks or other characters that no token has";
        Err(Problem::given(&token.given, message, "store it again, as one line"))
    }
}

/// The base address; accepted with and without `/api`.
fn url(given: &Setting, found: &mut Found) -> Option<Url> {
    let mut written = given.value.trim_end_matches('/').to_owned();
    if let Some(stripped) = written.strip_suffix("/v1") {
        found.notices.push(format!(
            "{}: the trailing `/v1` was dropped: ConfigHub's API has no version in its path",
            given.given
        ));
        written = stripped.trim_end_matches('/').to_owned();
    }
    let url = checked(&written).and_then(|()| {
        let base = if written.ends_with("/api") { written.clone() } else { format!("{written}/api") };
        base.parse().map_err(|_ignored| (format!("{} is not an address", quoted(&written)), EXAMPLE))
    });
    found.keep(url.map_err(|(message, remedy)| Problem::given(&given.given, message, remedy)))
}

fn checked(written: &str) -> Result<(), (String, &'static str)> {
    let uri: Uri = written.parse().map_err(|_ignored| (format!("{} is not an address", quoted(written)), EXAMPLE))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err((format!("{} is not a whole address", quoted(written)), EXAMPLE));
    };
    if authority.as_str().contains('@') {
        return Err(("the address holds a user name or a password".to_owned(), "credentials are inputs of their own"));
    }
    if uri.query().is_some() || written.contains('#') {
        return Err((format!("{} has a query or a fragment", quoted(written)), EXAMPLE));
    }
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(authority.host()) => Ok(()),
        "http" => Err((format!("{} would send credentials in the clear", quoted(written)), "use `https://`")),
        _ => Err((format!("{} is neither http nor https", quoted(written)), EXAMPLE)),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}
