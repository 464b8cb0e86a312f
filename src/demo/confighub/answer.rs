//! Answers, and refusals in ConfigHub's shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

pub(super) type Answer = Result<Response, Refused>;

/// A `StandardErrorResponse`.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) message: String,
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

/// Something that the service has and this stand-in does not.
pub(super) fn not_built(what: &str) -> Refused {
    Refused { status: StatusCode::NOT_IMPLEMENTED, message: format!("the demo's ConfigHub does not have {what} yet") }
}

/// Configuration text as bytes, with its hash as entity tag where the generation has that.
pub(super) fn octets(text: String, tag: Option<&str>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], text).into_response();
    if let Some(value) = tag.and_then(|tag| format!("\"{tag}\"").parse().ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
