//! One stand-in on a loopback port, under the layer that all of them share: faults and the journal.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::wire::{Door, Valve};
use crate::demo::faults::{Fault, Faults};
use crate::demo::journal::{Exchange, Journal, Journaling};

/// The error body that a service sends with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"Code":"503","Message":"…"}`
    ConfigHub,
    /// A `Status` object.
    Kubernetes,
    /// `{"message":"…","documentation_url":"…","status":"503"}`
    GitHub,
}

/// A stand-in before it is served: any router, and how it says no when a fault makes it.
#[derive(Debug)]
pub struct Service {
    name: String,
    errors: ErrorShape,
    router: Router,
}

impl Service {
    /// `name` is what faults and the journal call it.
    pub fn new(name: &str, errors: ErrorShape, router: Router) -> Self {
        Self { name: name.to_owned(), errors, router }
    }

    /// What faults and the journal call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Binds `127.0.0.1:0` and serves on the current runtime until that is shut down.
    pub(super) async fn serve(
        self,
        faults: Arc<Faults>,
        journal: Arc<Journal>,
    ) -> anyhow::Result<(SocketAddr, AbortHandle)> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .with_context(|| format!("failed to bind a loopback port for `{}`", self.name))?;
        let address = listener.local_addr().context("failed to read the port")?;
        let desk = Desk { name: self.name.into(), errors: self.errors, faults, journal };
        let app = self.router.layer(from_fn_with_state(desk, exchange));
        let service = app.into_make_service_with_connect_info::<Valve>();
        let serving = tokio::spawn(async move { axum::serve(Door(listener), service).await });
        Ok((address, serving.abort_handle()))
    }
}

#[derive(Clone)]
struct Desk {
    name: Arc<str>,
    errors: ErrorShape,
    faults: Arc<Faults>,
    journal: Arc<Journal>,
}

async fn exchange(
    State(desk): State<Desk>,
    ConnectInfo(valve): ConnectInfo<Valve>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().to_string();
    let fault = desk.faults.strike(&desk.name, &method, request.uri().path());
    if fault.is_none() && desk.journal.mode() == Journaling::Off {
        return next.run(request).await;
    }
    let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
    let request_headers = listed(request.headers());
    let (head, body) = request.into_parts();
    let request_body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let request = Request::from_parts(head, Body::from(request_body.clone()));

    let answer = match &fault {
        None => taken(next.run(request).await).await,
        Some(fault) => desk.spoil(fault, request, next, &valve).await,
    };
    let has_size = !matches!(fault, Some(Fault::Unsized(_)));
    let status = if fault == Some(Fault::Refuse) { 0 } else { answer.status().as_u16() };
    desk.journal.record(Exchange {
        service: desk.name.to_string(),
        method,
        path,
        query,
        request_headers,
        request_body: request_body.to_vec(),
        status,
        response_headers: listed(answer.headers()),
        response_body: answer.body().to_vec(),
        injected: fault.is_some_and(|fault| !matches!(fault, Fault::Slow(_))),
    });
    if has_size {
        return answer.map(Body::from);
    }
    answer.map(|body| Body::from_stream(futures::stream::iter([Ok::<Bytes, Infallible>(body)])))
}

impl Desk {
    async fn spoil(&self, fault: &Fault, request: Request, next: Next, valve: &Valve) -> Response<Bytes> {
        match fault {
            Fault::Status(status) | Fault::Unsized(status) => self.error(*status),
            Fault::Expired => self.error(401),
            Fault::Throttled { status, retry_after } => {
                let mut answer = self.error(*status);
                answer.headers_mut().insert(header::RETRY_AFTER, (*retry_after).into());
                answer
            }
            Fault::StatusWithBody { status, content_type, body } => page(*status, content_type, body.clone()),
            Fault::HtmlPage(status) => {
                let body =
                    format!("<html><head><title>{status}</title></head><body><h1>Bad gateway</h1></body></html>");
                page(*status, "text/html", body)
            }
            Fault::Slow(delay) => {
                tokio::time::sleep(*delay).await;
                taken(next.run(request).await).await
            }
            Fault::After(status) => {
                taken(next.run(request).await).await;
                self.error(*status)
            }
            Fault::Refuse => {
                valve.close();
                page(200, "application/json", String::new())
            }
            Fault::Cut => {
                let answer = taken(next.run(request).await).await;
                valve.cut(answer.body().len() / 2);
                answer
            }
            Fault::Garbage => {
                let answer = taken(next.run(request).await).await;
                let half = answer.body().len() / 2;
                resized(answer.map(|body| body.slice(..half)))
            }
            Fault::LyingEmpty => {
                let answer = taken(next.run(request).await).await;
                let empty: &'static [u8] = if answer.body().starts_with(b"[") { b"[]" } else { b"{}" };
                let mut answer = resized(answer.map(|_| Bytes::from_static(empty)));
                *answer.status_mut() = StatusCode::OK;
                answer
            }
        }
    }

    fn error(&self, status: u16) -> Response<Bytes> {
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("Error");
        let message = format!("injected fault: {reason}");
        page(status, "application/json", self.errors.body(status, &message).to_string())
    }
}

impl ErrorShape {
    fn body(self, status: u16, message: &str) -> Value {
        match self {
            Self::ConfigHub => json!({"Code": status.to_string(), "Message": message}),
            Self::GitHub => json!({"message": message, "documentation_url": "https://docs.github.com/rest",
                "status": status.to_string()}),
            Self::Kubernetes => {
                let reason = match status {
                    401 => "Unauthorized",
                    403 => "Forbidden",
                    404 => "NotFound",
                    410 => "Expired",
                    429 => "TooManyRequests",
                    500 => "InternalError",
                    503 => "ServiceUnavailable",
                    504 => "Timeout",
                    _ => "",
                };
                json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                    "message": message, "reason": reason, "code": status})
            }
        }
    }
}

fn page(status: u16, content_type: &str, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    answer
}

/// The answer with its body read.
async fn taken(answer: Response) -> Response<Bytes> {
    let (head, body) = answer.into_parts();
    Response::from_parts(head, to_bytes(body, usize::MAX).await.unwrap_or_default())
}

/// The old length no longer holds.
fn resized(mut answer: Response<Bytes>) -> Response<Bytes> {
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer
}

fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &header::HeaderName, value: &header::HeaderValue| {
        if name == header::AUTHORIZATION {
            return "(not recorded)".to_owned();
        }
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(name, value))).collect()
}
