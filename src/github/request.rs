//! One request: retries that repeat no post, waiting for limits within bounds, and answers by their meaning.

use std::time::{Duration, Instant};

use backon::Retryable as _;
use http_body_util::BodyExt as _;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http;

use super::error::{Error, Kind, Permission};
use super::{Client, wire};

/// Pages of a list that are read, of a hundred entries each.
const MOST_PAGES: usize = 10;
/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 << 20;
/// Without a word about when, GitHub asks for a minute, and longer each time (its page "Rate limits for the REST API").
const SECONDARY_LIMIT: Duration = Duration::from_secs(60);
/// How much of an error's message is kept, in characters.
const QUOTED: usize = 300;

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    headers: ::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn decode<T: DeserializeOwned>(&self, request: &str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's messages quote what they found: the place is enough.
            let message = format!("at line {} column {}", error.line(), error.column());
            Error::new(Kind::Unexpected, request, message)
        })
    }

    /// The address of the next page, from `Link`.
    fn next(&self) -> Option<&str> {
        let links = self.headers.get("link")?.to_str().ok()?;
        links.split(',').find_map(|link| {
            let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            rest.split(';').any(|it| it.trim() == "rel=\"next\"").then_some(address)
        })
    }
}

impl Client {
    /// A whole list, as far as it is read: ten pages.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        needs: Permission,
    ) -> Result<Vec<T>, Error> {
        let mut query: Vec<_> =
            query.iter().map(|(name, value)| format!("{name}={}", http::percent_encoded(value))).collect();
        query.push("per_page=100".to_owned());
        let mut address = format!("{path}?{}", query.join("&"));
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.get(&address, needs).await?;
            all.extend(answer.decode::<Vec<T>>(&named(&Method::GET, &address))?);
            let Some(next) = answer.next() else { break };
            let Some(rest) = next.strip_prefix(&self.base).filter(|it| it.starts_with('/')) else {
                let message = "the next page is said to be on another server";
                return Err(Error::new(Kind::Unexpected, named(&Method::GET, path), message));
            };
            address = rest.to_owned();
        }
        Ok(all)
    }

    /// A read.
    pub(super) async fn get(&self, path: &str, needs: Permission) -> Result<Answer, Error> {
        self.repeated(&Method::GET, path, None, needs).await
    }

    /// A write that gives the same result however often it is sent.
    pub(super) async fn write(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        needs: Permission,
    ) -> Result<Answer, Error> {
        self.repeated(&method, path, body, needs).await
    }

    /// A write that must not be sent twice: whoever gets [`Kind::Unclear`] looks whether it landed.
    pub(super) async fn post(&self, path: &str, body: &impl Serialize, needs: Permission) -> Result<Answer, Error> {
        let body = encoded(path, body)?;
        self.patiently(&self.rest, &Method::POST, path, Some(&body), needs).await
    }

    /// A question, or a mutation that gives the same result however often it is sent.
    pub(super) async fn ask(&self, body: &impl Serialize, needs: Permission) -> Result<Answer, Error> {
        let body = encoded("/graphql", body)?;
        let send = || self.patiently(&self.graphql, &Method::POST, "/graphql", Some(&body), needs);
        send.retry(http::retries()).when(is_transient).await
    }

    async fn repeated(
        &self,
        method: &Method,
        path: &str,
        body: Option<Value>,
        needs: Permission,
    ) -> Result<Answer, Error> {
        let send = || self.patiently(&self.rest, method, path, body.as_ref(), needs);
        send.retry(http::retries()).when(is_transient).await
    }

    /// Sends, and waits for limits as long as that is bearable. A request that met a limit did nothing.
    async fn patiently(
        &self,
        to: &octocrab::Octocrab,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        needs: Permission,
    ) -> Result<Answer, Error> {
        let mut doubled = SECONDARY_LIMIT;
        loop {
            if *method != Method::GET && path != "/graphql" {
                self.pace().await;
            }
            let error = match self.send(to, method, path, body, needs).await {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Limited(wait, error)) => {
                    let wait = wait.unwrap_or(doubled);
                    doubled *= 2;
                    let error = Error { kind: Kind::RateLimited { wait }, ..error };
                    if self.may_wait(wait).await {
                        tracing::info!("GitHub's rate limit: waiting for {} s", wait.as_secs());
                        tokio::time::sleep(wait).await;
                        continue;
                    }
                    error
                }
                Err(Refusal::Final(error)) => error,
            };
            tracing::debug!("{error}");
            return Err(error);
        }
    }

    /// Keeps writes apart.
    async fn pace(&self) {
        let mut patience = self.patience.lock().await;
        if let Some(last) = patience.last_write {
            tokio::time::sleep(self.pace.between_writes.saturating_sub(last.elapsed())).await;
        }
        patience.last_write = Some(Instant::now());
    }

    /// Whether so much waiting is left; it is then taken.
    async fn may_wait(&self, wait: Duration) -> bool {
        let mut patience = self.patience.lock().await;
        let fits = patience.waited + wait <= self.pace.longest_wait;
        if fits {
            patience.waited += wait;
        }
        fits
    }

    async fn send(
        &self,
        to: &octocrab::Octocrab,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        needs: Permission,
    ) -> Result<Answer, Refusal> {
        let request = named(method, path);
        let fail = |kind, message: String| Refusal::Final(Error::new(kind, request.clone(), message));
        let built = ::http::Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", http::USER_AGENT)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        let built = match body {
            Some(body) => built.header("content-type", "application/json").body(body.to_string()),
            None => built.body(String::new()),
        };
        let built = built.map_err(|_ignored| fail(Kind::Invalid(0), "the path cannot be sent".to_owned()))?;
        let lost = if *method == Method::GET || path == "/graphql" { Kind::Unreachable } else { Kind::Unclear };
        let answer = to.execute(built).await.map_err(|error| match transport(&error) {
            // Nothing was sent.
            (Sent::Nothing, message) => fail(Kind::Unreachable, message),
            (Sent::Perhaps, message) => fail(lost, message),
        })?;
        let (head, mut stream) = answer.into_parts();
        let mut bytes = Vec::new();
        while let Some(frame) = stream.frame().await {
            let frame = frame.map_err(|error| fail(lost, transport(&error).1))?;
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(&data);
            }
            if bytes.len() > LARGEST_ANSWER {
                return Err(fail(Kind::Unexpected, "the answer is larger than 64 MiB".to_owned()));
            }
        }
        if head.status.is_success() {
            return Ok(Answer { headers: head.headers, body: bytes });
        }
        let message = serde_json::from_slice::<wire::ErrorBody>(&bytes).map(wire::ErrorBody::text).unwrap_or_default();
        let message: String = message.chars().take(QUOTED).collect();
        if let Some(wait) = limit(head.status, &head.headers, &message) {
            return Err(Refusal::Limited(wait, Error::new(Kind::Unreachable, request, message)));
        }
        Err(fail(kind(head.status, &message, needs, lost), format!("{}; {message}", head.status.as_u16())))
    }
}

/// Why there is no answer to work with.
enum Refusal {
    /// A limit: how long GitHub asks us to wait, where it says so.
    Limited(Option<Duration>, Error),
    Final(Error),
}

/// Whether a request that broke may have arrived.
enum Sent {
    Nothing,
    Perhaps,
}

/// `GET /repos/acme/shop/issues`, without query.
pub(super) fn named(method: &Method, path: &str) -> String {
    format!("{method} {}", path.split('?').next().unwrap_or_default())
}

fn encoded(path: &str, body: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(body)
        .map_err(|error| Error::new(Kind::Invalid(0), named(&Method::POST, path), error.to_string()))
}

fn is_transient(error: &Error) -> bool {
    matches!(error.kind, Kind::Unreachable | Kind::Unclear)
}

/// Whether an answer speaks of a limit, and how long it asks us to wait (GitHub's page "Rate limits for the REST API").
#[expect(clippy::option_option, reason = "a limit may or may not say how long")]
fn limit(status: StatusCode, headers: &::http::HeaderMap, message: &str) -> Option<Option<Duration>> {
    if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let seconds = |it: i64| Duration::from_secs(u64::try_from(it).unwrap_or_default());
    if let Some(asked) = number("retry-after") {
        return Some(Some(seconds(asked)));
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        // A second more, because their clock is not ours.
        return Some(Some(seconds((reset - jiff::Timestamp::now().as_second()).max(0) + 1)));
    }
    let lower = message.to_ascii_lowercase();
    let speaks = lower.contains("rate limit") || lower.contains("abuse detection");
    (status == StatusCode::TOO_MANY_REQUESTS || speaks).then_some(None)
}

/// What a status means.
fn kind(status: StatusCode, message: &str, needs: Permission, lost: Kind) -> Kind {
    let message = message.to_ascii_lowercase();
    match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthorized,
        StatusCode::FORBIDDEN if message.contains("archived") => Kind::Archived,
        StatusCode::FORBIDDEN | StatusCode::LOCKED if message.contains("locked") => Kind::Locked,
        StatusCode::FORBIDDEN => Kind::Forbidden(needs),
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::GONE => Kind::Gone,
        _ if status.is_redirection() => Kind::Moved,
        StatusCode::REQUEST_TIMEOUT => lost,
        StatusCode::NOT_IMPLEMENTED => Kind::Invalid(501),
        _ if status.is_server_error() => lost,
        _ => Kind::Invalid(status.as_u16()),
    }
}

/// What the transport says, without the address, which may hold what must not be shown.
fn transport(error: &octocrab::Error) -> (Sent, String) {
    let mut sent = Sent::Perhaps;
    let mut reason = "the connection broke".to_owned();
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(it) = source {
        if let Some(it) = it.downcast_ref::<reqwest::Error>() {
            if it.is_connect() {
                sent = Sent::Nothing;
            }
            if it.is_timeout() {
                return (sent, "it took too long".to_owned());
            }
        } else {
            reason = it.to_string();
        }
        source = it.source();
    }
    (sent, reason)
}
