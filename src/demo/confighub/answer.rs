//! Answers, and refusals in ConfigHub's shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::attributes::Kind;

pub(super) type Answer = Result<Response, Refused>;

/// A `StandardErrorResponse`.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refused {
    /// As it stands in a bulk answer, of this entity.
    pub(super) fn item(&self, kind: Kind, id: Uuid, slug: &str) -> Value {
        let category = match self.status.as_u16() {
            403 => "authorization",
            404 => "not-found",
            409 | 412 | 423 => "conflict",
            _ => "validation",
        };
        json!({"Message": self.message, "Status": self.status.as_u16(), "Type": category, "ErrorCategory": category,
            "ErrorMetadata": {"EntityType": kind.name(), "EntityID": id.to_string(), "EntitySlug": slug}})
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({"Code": self.status.as_u16().to_string(), "Message": self.message});
        (self.status, Json(body)).into_response()
    }
}

pub(super) fn bad_request(message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, message: message.into() }
}

pub(super) fn not_found(message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::NOT_FOUND, message: message.into() }
}

pub(super) fn forbidden(message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::FORBIDDEN, message: message.into() }
}

pub(super) fn conflict(message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::CONFLICT, message: message.into() }
}

/// Something that the service has and this stand-in does not.
pub(super) fn not_built(what: &str) -> Refused {
    Refused { status: StatusCode::NOT_IMPLEMENTED, message: format!("the demo's ConfigHub does not have {what} yet") }
}

/// Configuration text as bytes, with its hash as entity tag where the generation has that.
pub(super) fn octets(text: &str, tag: Option<&str>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], text.to_owned()).into_response();
    if let Some(value) = tag.and_then(|tag| format!("\"{tag}\"").parse().ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
