//! How an API server says no: `Status` bodies in its own words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::kinds::Kind;

/// A failed request.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    /// None: the plain text of the server's router.
    body: Option<Value>,
}

impl Refusal {
    fn status(status: StatusCode, reason: &str, message: &str, details: Value) -> Self {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": status.as_u16(),
        });
        if !details.is_null() {
            body["details"] = details;
        }
        Self { status, body: Some(body) }
    }

    /// The path is not served.
    pub(super) fn unknown_path() -> Self {
        Self { status: StatusCode::NOT_FOUND, body: None }
    }

    pub(super) fn unauthorized() -> Self {
        Self::status(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized", Value::Null)
    }

    /// `what` is `deployments.apps "web"` or `forbidden`, `action` what the user cannot do.
    pub(super) fn forbidden(message: &str, kind: Option<(&Kind, &str)>) -> Self {
        let details = kind.map_or_else(|| json!({}), |(kind, name)| details(kind, name));
        Self::status(StatusCode::FORBIDDEN, "Forbidden", message, details)
    }

    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.full_name());
        Self::status(StatusCode::NOT_FOUND, "NotFound", &message, details(kind, name))
    }

    pub(super) fn conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            kind.full_name()
        );
        Self::status(StatusCode::CONFLICT, "Conflict", &message, details(kind, name))
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::status(StatusCode::BAD_REQUEST, "BadRequest", message, Value::Null)
    }

    /// What the stand-in does not do, by name.
    pub(super) fn method_not_allowed(what: &str) -> Self {
        let message = format!("the demo cluster does not serve {what}");
        Self::status(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", &message, json!({}))
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json";
        Self::status(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message, Value::Null)
    }

    pub(super) fn unsupported_media_type(sent: &str) -> Self {
        let message = format!(
            "the demo cluster does not serve patches of the type {sent}: use application/json-patch+json or application/merge-patch+json (kubectl patch --type=json or --type=merge)"
        );
        Self::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", &message, json!({}))
    }

    /// A patch that does not fit; `test` operations that fail end here.
    pub(super) fn unprocessable(message: &str) -> Self {
        let message =
            if message.is_empty() { "the server rejected our request due to an error in our request" } else { message };
        Self::status(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message, json!({}))
    }

    pub(super) fn expired(fresh: &str) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        let mut refusal = Self::status(StatusCode::GONE, "Expired", message, Value::Null);
        if let Some(body) = &mut refusal.body {
            body["metadata"] = json!({ "continue": fresh });
        }
        refusal
    }

    /// The server behind an aggregated group does not answer.
    pub(super) fn unavailable() -> Self {
        Self::status(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "service unavailable", Value::Null)
    }
}

fn details(kind: &Kind, name: &str) -> Value {
    let mut details = json!({ "kind": kind.plural });
    if !name.is_empty() {
        details["name"] = name.into();
    }
    if !kind.group.is_empty() {
        details["group"] = kind.group.as_str().into();
    }
    details
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.body {
            Some(body) => (self.status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
            None => (self.status, "404 page not found\n").into_response(),
        }
    }
}
