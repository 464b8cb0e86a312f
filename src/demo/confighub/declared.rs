//! Requests that no handler takes: refused by name, as missing from ConfigHub or only from this stand-in.

use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, Uri};

use super::Profile;
use super::answer::{Refused, not_built, not_found};
use super::ask::Ask;

/// `path METHOD METHOD…`, one path a line, as the generation declares them.
fn routes(profile: Profile) -> &'static str {
    match profile {
        Profile::Release => include_str!("routes-release.txt"),
        Profile::Bridge => include_str!("routes-bridge.txt"),
    }
}

pub(super) async fn refuse(method: Method, uri: Uri, ask: Result<Ask, Refused>) -> Response {
    let Some(path) = uri.path().strip_prefix("/api/") else {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    };
    // The token comes first: nobody learns without one which routes there are.
    let ask = match ask {
        Ok(ask) => ask,
        Err(refused) => return refused.into_response(),
    };
    let name = format!("{method} /{path}");
    let methods =
        routes(ask.hub.profile()).lines().filter_map(|line| line.split_once(' ')).find(|(route, _)| fits(route, path));
    let refused = match methods {
        Some((_, methods)) if methods.split(' ').any(|known| known == method.as_str()) => not_built(&name),
        Some((_, methods)) => Refused {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: format!("{name}: this path takes {methods} only"),
        },
        None => not_found(format!("{name}: no such route in ConfigHub {}", ask.hub.profile().version())),
    };
    refused.into_response()
}

/// Whether a path is one of the route's, ids aside.
fn fits(route: &str, path: &str) -> bool {
    let mut wanted = route.trim_start_matches('/').split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}
