//! Requests that no handler takes: refused by name, as missing from ConfigHub or only from this stand-in.

use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, Uri};

use super::answer::{Refused, not_built, not_found};
use super::ask::Ask;
use super::described::described;

pub(super) async fn refuse(method: Method, uri: Uri, ask: Result<Ask, Refused>) -> Response {
    let Some(path) = uri.path().strip_prefix("/api") else {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    };
    // The token comes first: nobody learns without one which routes there are.
    let ask = match ask {
        Ok(ask) => ask,
        Err(refused) => return refused.into_response(),
    };
    let name = format!("{method} {path}");
    let methods: Vec<&str> = described(ask.profile()).at(path).iter().map(|operation| operation.method).collect();
    let refused = if methods.contains(&method.as_str()) {
        not_built(&name)
    } else if methods.is_empty() {
        not_found(format!("{name}: no such route in ConfigHub {}", ask.profile().version()))
    } else {
        Refused {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: format!("{name}: this path takes {} only", methods.join(" ")),
        }
    };
    refused.into_response()
}
