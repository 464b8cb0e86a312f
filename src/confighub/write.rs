//! One write: sent once. It is sent again only where it certainly did nothing: the login ran out, or the service put it off.

use backon::Retryable as _;
use reqwest::{Method, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http;

use super::Client;
use super::error::{Error, Kind, LOGIN};
use super::request::{Query, address, body, decode, named, next_page, wait};

/// What is sent.
pub(super) struct Write<'a> {
    pub(super) method: Method,
    /// Below the API's base.
    pub(super) path: &'a str,
    pub(super) query: &'a Query<'a>,
    pub(super) body: Body<'a>,
}

/// The body, in the content type that the API wants for it.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    /// A new entity, or a request.
    Json(&'a Value),
    /// RFC 7396, of every PATCH.
    MergePatch(&'a Value),
    /// A unit's data, accepted only while the head's data has this hash.
    Data { text: &'a str, if_match: &'a str },
}

/// What came back: the bytes, and the token of the next page of a write to many.
pub(super) struct Sent {
    pub(super) bytes: Vec<u8>,
    pub(super) next: Option<String>,
}

impl Write<'_> {
    /// `PATCH /unit`, for messages.
    pub(super) fn named(&self) -> String {
        named(&self.method, self.path)
    }
}

impl Client {
    /// A write and what it answers.
    pub(super) async fn written<T: DeserializeOwned>(&self, write: &Write<'_>) -> Result<T, Error> {
        decode(&write.named(), &self.write(write).await?.bytes)
    }

    /// A write.
    pub(super) async fn write(&self, write: &Write<'_>) -> Result<Sent, Error> {
        let request = write.named();
        let send = || async {
            let answer = self.answer(&request, write).await.map_err(meaning)?;
            let next = next_page(&answer);
            Ok(Sent { bytes: body(&request, answer).await?, next })
        };
        send.retry(http::retries()).when(Error::is_put_off).adjust(wait).await
    }

    async fn answer(&self, request: &str, write: &Write<'_>) -> Result<Response, Error> {
        let query: Vec<(&str, &str)> =
            write.query.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))).collect();
        let url = address(&self.url, write.path);
        let build = || {
            let built = self.http.request(write.method.clone(), url.clone()).query(&query);
            match write.body {
                Body::Json(value) => built.json(value),
                Body::MergePatch(value) => {
                    built.header(header::CONTENT_TYPE, "application/merge-patch+json").body(value.to_string())
                }
                Body::Data { text, if_match } => built
                    .header(header::CONTENT_TYPE, "application/octet-stream")
                    .header(header::IF_MATCH, format!("\"{if_match}\""))
                    .body(text.to_owned()),
            }
        };
        self.authorized(request, build).await
    }
}

/// What a status means for a write. The service declares 409 for what changed, and 412 is what RFC 9110 wants of If-Match.
fn meaning(error: Error) -> Error {
    let kind = match error.kind {
        Kind::Refused(409 | 412) => Kind::Conflict,
        Kind::Unauthorized if error.request != LOGIN => Kind::Forbidden,
        kind => kind,
    };
    Error { kind, ..error }
}

/// What a status inside of an answer to a write to many means.
pub(super) fn kind_of(status: u16) -> Kind {
    match StatusCode::from_u16(status) {
        Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Kind::Forbidden,
        Ok(StatusCode::NOT_FOUND) => Kind::NotFound,
        Ok(StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => Kind::Conflict,
        Ok(it) if it.is_server_error() || it == StatusCode::TOO_MANY_REQUESTS => {
            Kind::Unavailable { status: Some(status), retry_after: None }
        }
        _ => Kind::Refused(status),
    }
}
