//! One request: address, credentials, retries, and an answer that is what it claims to be.

use std::collections::BTreeSet;
use std::time::Duration;

use backon::Retryable as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use crate::http;
use crate::model::access::Credentials;
use crate::redact::Redactor;

use super::error::{Error, Kind, LOGIN};
use super::{Client, host, wire};

/// Query parameters; those without a value are not sent.
pub(super) type Query<'a> = [(&'a str, Option<String>)];

/// The largest answer that is read: a page of units may hold 64 MiB each, base64 and escapes on top.
const LARGEST_ANSWER: usize = 512 << 20;
/// How much of an error answer is looked at. What of it is quoted is cut to size after redaction.
const LOOKED_AT: usize = 8192;
/// Units a page. The service allows 1000.
const PAGE: &str = "500";
/// A server that never ends its pages is broken.
pub(super) const MOST_PAGES: usize = 10_000;

/// What of a list was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    None,
    Unread,
}

/// `GET /info`, and whether the answer carries the release generation's version header.
pub(super) async fn info(http: &reqwest::Client, base: &Url) -> Result<(wire::ApiInfo, bool), Error> {
    let request = "GET /info";
    let ask = || async {
        let answer = http.get(address(base, "/info")).send().await.map_err(|it| transport(request, &it))?;
        // It asks for nothing that could be missing, and sends nothing that could be refused: something else answers.
        let answer = accept(request, answer).await.map_err(|error| match error.kind {
            Kind::NotFound | Kind::Refused(_) => Error { kind: Kind::Unexpected, ..error },
            _ => error,
        })?;
        let versioned = answer.headers().contains_key("confighub-version");
        let info: wire::ApiInfo = decode(request, &body(request, answer).await?)?;
        if info.version.is_empty() && info.build.is_none() && info.client_id.is_none() {
            return Err(Error::new(Kind::Unexpected, request, "the answer names neither version nor build"));
        }
        Ok((info, versioned))
    };
    ask.retry(http::retries()).when(Error::is_transient).adjust(wait).await
}

impl Client {
    /// A whole list; on servers that page, all of its pages.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str, query: &Query<'_>) -> Result<Vec<T>, Error> {
        match self.pages(path, query, MOST_PAGES).await? {
            (all, Rest::None) => Ok(all),
            (_, Rest::Unread) => Err(Error::new(Kind::Unexpected, named(&Method::GET, path), "the list does not end")),
        }
    }

    /// At most so many pages of a list, and whether there are more.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        most: usize,
    ) -> Result<(Vec<T>, Rest), Error> {
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        let mut seen = BTreeSet::new();
        for _ in 0..most {
            let mut query = query.to_vec();
            if self.generation.pages() {
                if !query.iter().any(|(name, _)| *name == "limit") {
                    query.push(("limit", Some(PAGE.to_owned())));
                }
                query.push(("continue", next.clone()));
            }
            let (bytes, token) = self.get(path, &query).await?;
            all.extend(decode::<Vec<T>>(&named(&Method::GET, path), &bytes)?);
            // The header ends a list, not the length of a page: a page may be short, or empty.
            let Some(token) = token else { return Ok((all, Rest::None)) };
            if !seen.insert(token.clone()) {
                return Err(Error::new(
                    Kind::Unexpected,
                    named(&Method::GET, path),
                    "the list's pages go round in a circle",
                ));
            }
            next = Some(token);
        }
        Ok((all, Rest::Unread))
    }

    /// One entity.
    pub(super) async fn entity<T: DeserializeOwned>(&self, path: &str, query: &Query<'_>) -> Result<T, Error> {
        decode(&named(&Method::GET, path), &self.get(path, query).await?.0)
    }

    /// The bytes of a `/data` endpoint.
    pub(super) async fn data(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.get(path, &[]).await?.0)
    }

    /// A read, retried while that may help. The answer's bytes, and the token of the next page.
    async fn get(&self, path: &str, query: &Query<'_>) -> Result<(Vec<u8>, Option<String>), Error> {
        let request = named(&Method::GET, path);
        let query: Vec<(&str, &str)> =
            query.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))).collect();
        let url = address(&self.url, path);
        let read = || async {
            let answer =
                self.authorized(&request, || self.http.request(Method::GET, url.clone()).query(&query)).await?;
            let next = next_page(&answer);
            Ok((body(&request, answer).await?, next))
        };
        read.retry(http::retries()).when(Error::is_transient).adjust(wait).await
    }

    /// Sends with credentials; a worker whose token is refused logs in once more.
    pub(super) async fn authorized(
        &self,
        request: &str,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Response, Error> {
        let token = self.token(None).await?;
        let sent = self.send(request, build(), &token).await;
        match (sent, &self.credentials) {
            (Err(Error { kind: Kind::Unauthorized, .. }), Credentials::Worker { .. }) => {
                let renewed = self.token(Some(token.clone())).await?;
                self.send(request, build(), &renewed).await
            }
            (sent, _) => sent,
        }
    }

    async fn send(&self, request: &str, built: RequestBuilder, token: &SecretString) -> Result<Response, Error> {
        let Ok(mut value) = header::HeaderValue::try_from(format!("Bearer {}", token.expose_secret())) else {
            return Err(Error::new(Kind::Unauthorized, request, "the token holds characters that no token has"));
        };
        value.set_sensitive(true);
        let answer = built.header(header::AUTHORIZATION, value).send().await.map_err(|it| transport(request, &it))?;
        match accept(request, answer).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(silenced(error, token, &self.tokens.lock().await)),
        }
    }

    /// The token to send. `refused`: one that the service did not take, so a worker must log in unless somebody just has.
    async fn token(&self, refused: Option<SecretString>) -> Result<SecretString, Error> {
        let (id, secret) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::Worker { id, secret } => (id, secret),
        };
        let mut held = self.tokens.lock().await;
        if let Some(token) = held.last()
            && refused.is_none_or(|refused| refused.expose_secret() != token.expose_secret())
        {
            return Ok(token.clone());
        }
        let request = LOGIN;
        let url = format!("{}/auth/worker", host(&self.url));
        let login = serde_json::json!({"worker_id": id, "worker_secret": secret.expose_secret()});
        let answer = self.http.post(&url).json(&login).send().await.map_err(|it| transport(request, &it))?;
        let answer = accept(request, answer).await.map_err(|error| match error.kind {
            Kind::Refused(_) | Kind::Forbidden | Kind::NotFound => Error { kind: Kind::Unauthorized, ..error },
            _ => error,
        })?;
        // Not retried here: the read that needs the token is, and logs in again.
        let token = decode::<wire::WorkerLogin>(request, &body(request, answer).await?)?.access_token;
        held.push(token.clone());
        Ok(token)
    }
}

/// `GET /space/…/unit`: paths without ids, which say nothing to a reader.
pub(super) fn named(method: &Method, path: &str) -> String {
    let parts = path.split('/').map(|part| if uuid::Uuid::try_parse(part).is_ok() { "…" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

pub(super) fn address(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The token that asks for the next page.
pub(super) fn next_page(answer: &Response) -> Option<String> {
    let token = answer.headers().get("confighub-continue").and_then(|it| it.to_str().ok());
    token.filter(|it| !it.is_empty()).map(str::to_owned)
}

/// How long to wait before the next try: what the service asks for, if that is bearable.
pub(super) fn wait(error: &Error, planned: Option<Duration>) -> Option<Duration> {
    let Kind::Unavailable { retry_after: Some(asked), .. } = error.kind else { return planned };
    planned.filter(|_| asked <= http::LONGEST_WAIT).map(|planned| planned.max(asked))
}

/// The error without this token and those from logins, which are known here alone: nobody else could cut them out.
fn silenced(error: Error, token: &SecretString, held: &[SecretString]) -> Error {
    let message = Redactor::new(held.iter().chain([token])).document(&error.message);
    Error { message, ..error }
}

/// The answer if it is a success, else what its status means.
async fn accept(request: &str, answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let header = |name: &str| answer.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let request_id = header("x-request-id");
    let retry_after = header("retry-after").and_then(|it| it.parse().ok()).map(Duration::from_secs);
    let kind = match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthorized,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Kind::Unavailable { status: Some(status.as_u16()), retry_after }
        }
        _ if status.is_client_error() => Kind::Refused(status.as_u16()),
        _ if status.is_server_error() => Kind::Unavailable { status: Some(status.as_u16()), retry_after },
        _ => Kind::Unexpected,
    };
    let message = match header("location") {
        // Not the query: login pages take codes and states there.
        Some(location) => format!("it redirects to {}", location.split(['?', '#']).next().unwrap_or_default()),
        None => message(&body(request, answer).await.unwrap_or_default()),
    };
    Err(Error { kind, request: request.to_owned(), message, request_id })
}

/// The message of an error body; a proxy's error page by its first words.
fn message(bytes: &[u8]) -> String {
    if let Ok(error) = serde_json::from_slice::<wire::StandardError>(bytes)
        && !error.message.is_empty()
    {
        return error.message.chars().take(LOOKED_AT).collect();
    }
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = words.join(" ");
    if plain.starts_with('<') { "an HTML page".to_owned() } else { plain.chars().take(LOOKED_AT).collect() }
}

/// The whole body, bounded. A body that is cut is no answer.
pub(super) async fn body(request: &str, mut answer: Response) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|it| transport(request, &it))? {
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Error::new(Kind::Unexpected, request, "it is larger than 512 MiB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub(super) fn decode<T: DeserializeOwned>(request: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = match bytes.trim_ascii_start().first() {
            None => "it is empty".to_owned(),
            Some(b'<') => "it is an HTML page".to_owned(),
            // serde's messages quote scalars, which may be anything: the place is enough.
            Some(_) => format!("{} at line {} column {}", category(&error), error.line(), error.column()),
        };
        Error::new(Kind::Unexpected, request, message)
    })
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "a member is missing or has another type",
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
    }
}

/// No answer: what the transport says, and of the address only the host: the rest may hold what must not be shown.
fn transport(request: &str, error: &reqwest::Error) -> Error {
    let mut reason = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(it) = source {
        reason = it.to_string();
        source = it.source();
    }
    if error.is_timeout() {
        return Error::too_slow(request);
    }
    let message = if error.is_connect() {
        let host = error.url().and_then(|it| it.host_str()).unwrap_or("it");
        let port = error.url().and_then(|it| it.port()).map_or_else(String::new, |it| format!(":{it}"));
        format!("no connection to {host}{port}: {reason}")
    } else if error.is_body() || error.is_decode() || error.is_request() {
        format!("the connection broke: {reason}")
    } else {
        reason
    };
    Error::new(Kind::Unavailable { status: None, retry_after: None }, request, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_redirect_is_told_without_its_query() -> Result<(), ::http::Error> {
        let address = "https://login.example.com/start?code=hunter2#hunter2";
        let answer = ::http::Response::builder().status(302).header("location", address).body("")?;
        let error = accept("GET /space", answer.into()).await.expect_err("it is no success");
        assert_eq!(error.message, "it redirects to https://login.example.com/start");
        Ok(())
    }
}
