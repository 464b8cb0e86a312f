//! Answers, and refusals as GitHub words them.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// What is sent back; the layer around adds the headers that every answer has.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(HeaderName, String)>,
}

pub(super) type Answered = Result<Answer, Answer>;

/// GitHub's own.
pub(super) const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, content_type: JSON, body: body.to_string().into_bytes(), headers: Vec::new() }
    }

    pub(super) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 201, with where it is.
    pub(super) fn created(body: &Value) -> Self {
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        Self::json(StatusCode::CREATED, body).with(header::LOCATION, location)
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, content_type: JSON, body: Vec::new(), headers: Vec::new() }
    }

    pub(super) fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let has_body = !self.body.is_empty();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if has_body {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A `basic-error`.
pub(super) fn refused(status: StatusCode, message: &str) -> Answer {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest",
        "status": status.as_u16().to_string()});
    Answer::json(status, &body)
}

pub(super) fn not_found() -> Answer {
    refused(StatusCode::NOT_FOUND, "Not Found")
}

pub(super) fn bad_request(message: &str) -> Answer {
    refused(StatusCode::BAD_REQUEST, message)
}

/// What an App or an Actions job is told that was not granted what it needs.
pub(super) fn not_granted() -> Answer {
    refused(StatusCode::FORBIDDEN, "Resource not accessible by integration")
}

/// A `validation-error` about one field.
pub(super) fn invalid(resource: &str, field: &str, code: &str) -> Answer {
    unprocessable(&json!({"resource": resource, "field": field, "code": code}))
}

/// The same, with a sentence.
pub(super) fn invalid_because(resource: &str, field: &str, message: &str) -> Answer {
    unprocessable(&json!({"resource": resource, "field": field, "code": "custom", "message": message}))
}

fn unprocessable(error: &Value) -> Answer {
    let body = json!({"message": "Validation Failed", "errors": [error],
        "documentation_url": "https://docs.github.com/rest", "status": "422"});
    Answer::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
}
