//! One GET: its deadline, its repetitions, the bound on its size. What the answer means is judged elsewhere.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use http::header::{ACCEPT, CONTENT_LENGTH, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::debug;

use super::Limits;
use super::login::Whose;
use crate::http::percent_encoded;
use crate::redact::Redactor;

/// A client with everything that a request needs.
pub(super) struct Connection {
    client: Client,
    pub(super) whose: Whose,
    pub(super) limits: Limits,
    pub(super) redactor: Redactor,
    deadline: Instant,
    /// Repetitions that are left for the whole cluster.
    repeats: AtomicUsize,
}

/// What the server said, whatever the status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// No usable answer came.
#[derive(Debug)]
pub(super) enum Silence {
    /// The connection could not be made or broke; the causes.
    Lost(String),
    /// It took longer than one request may.
    Slow(Duration),
    /// The answer was longer than this many bytes.
    TooLong(usize),
    /// The time for this cluster is over.
    TimeOver,
}

/// Why an attempt was not the last.
enum Failure {
    Answer(Answer, Option<Duration>),
    Silence(Silence),
}

impl Connection {
    pub(super) fn new(client: Client, whose: Whose, limits: Limits, deadline: Instant, redactor: Redactor) -> Self {
        let repeats = AtomicUsize::new(limits.repeats);
        Self { client, whose, limits, redactor, deadline, repeats }
    }

    /// Sends a GET until it is answered or there is no point in going on. An overloaded or broken server is asked again:
    /// reading has no effect.
    pub(super) async fn get(&self, path_and_query: &str, accept: &'static str) -> Result<Answer, Silence> {
        self.get_at_most(path_and_query, accept, self.limits.answer_bytes).await
    }

    /// The same, for an answer of at most so many bytes.
    pub(super) async fn get_at_most(
        &self,
        path_and_query: &str,
        accept: &'static str,
        most: usize,
    ) -> Result<Answer, Silence> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.limits.pause)
            .with_max_delay(self.limits.longest_pause)
            .with_max_times(self.limits.attempts.saturating_sub(1))
            .with_jitter();
        let longest = self.limits.longest_pause;
        let all = (|| self.attempt(path_and_query, accept, most))
            .retry(pauses)
            .when(|failure| failure.is_passing() && self.may_repeat())
            .adjust(move |failure, pause| match failure {
                Failure::Answer(_, Some(wish)) => pause.map(|pause| pause.max((*wish).min(longest))),
                Failure::Answer(_, None) | Failure::Silence(_) => pause,
            });
        match timeout_at(self.deadline, all).await {
            Err(_) => Err(Silence::TimeOver),
            Ok(Ok(answer) | Err(Failure::Answer(answer, _))) => Ok(answer),
            Ok(Err(Failure::Silence(silence))) => Err(silence),
        }
    }

    fn may_repeat(&self) -> bool {
        let taken = self.repeats.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok()
    }

    async fn attempt(&self, path_and_query: &str, accept: &'static str, most: usize) -> Result<Answer, Failure> {
        let started = Instant::now();
        let result = timeout(self.limits.request, self.exchange(path_and_query, accept, most)).await;
        // The query is left out: it holds the server's own page tokens.
        let path = path_and_query.split('?').next().unwrap_or_default();
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (answer, wish) = match result {
            Ok(Ok(it)) => it,
            Ok(Err(silence)) => {
                debug!(method = "GET", path, duration_ms, "GET {path}: no answer");
                return Err(Failure::Silence(silence));
            }
            Err(_) => {
                debug!(method = "GET", path, duration_ms, "GET {path}: too slow");
                return Err(Failure::Silence(Silence::Slow(self.limits.request)));
            }
        };
        let (status, bytes) = (answer.status.as_u16(), answer.body.len());
        debug!(method = "GET", path, status, bytes, duration_ms, "GET {path}: {status}");
        if matches!(status, 429 | 500 | 502 | 503 | 504) { Err(Failure::Answer(answer, wish)) } else { Ok(answer) }
    }

    async fn exchange(
        &self,
        path_and_query: &str,
        accept: &str,
        most: usize,
    ) -> Result<(Answer, Option<Duration>), Silence> {
        let request = Request::get(path_and_query).header(ACCEPT, accept).body(Body::empty());
        let request = request.map_err(|error| Silence::Lost(error.to_string()))?;
        let response = self.client.send(request).await.map_err(|error| Silence::Lost(causes(&error)))?;
        let wish = retry_after(&response);
        let announced = header(&response, CONTENT_LENGTH).and_then(|it| it.parse::<usize>().ok()).unwrap_or_default();
        let mut body = Vec::with_capacity(announced.min(most).min(8 << 20));
        let (parts, mut frames) = response.into_parts();
        while let Some(frame) = frames.frame().await {
            let frame = frame.map_err(|error| Silence::Lost(causes(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            if body.len() + data.len() > most {
                return Err(Silence::TooLong(most));
            }
            body.extend_from_slice(&data);
        }
        Ok((Answer { status: parts.status, body }, wish))
    }
}

impl Failure {
    /// Whether the next attempt may go better.
    fn is_passing(&self) -> bool {
        match self {
            Self::Answer(..) | Self::Silence(Silence::Slow(_)) => true,
            Self::Silence(Silence::Lost(causes)) => !causes.contains("certificate"),
            Self::Silence(Silence::TooLong(_) | Silence::TimeOver) => false,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("whose", &self.whose).finish_non_exhaustive()
    }
}

/// One segment of a path, or None where it would change the path or no object can have this name.
pub(super) fn segment(name: &str) -> Option<String> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '%']) {
        return None;
    }
    Some(percent_encoded(name))
}

fn header(response: &Response<Body>, name: http::HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    header(response, RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs)
}

/// The two innermost causes: the outer ones only say that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut all: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        // Many wrappers repeat what they wrap.
        if all.last().is_some_and(|outer| outer.ends_with(&text)) {
            all.pop();
        }
        all.push(text);
        next = cause.source();
    }
    if all.len() > 1 {
        all.retain(|text| !text.starts_with("client error ("));
    }
    all[all.len().saturating_sub(2)..].join(": ")
}
