//! A door to ConfigHub of a run's own: its requests pass, and their answers come back, when the test says so. What is behind
//! it is the stand-in, so that two runs through two doors meet there in any order that a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use drift_detector::demo::world::{CONFIGHUB, World};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// Of all doors.
static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the machine has two more threads")
});

/// A run that gets nowhere for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which requests are counted and wait; the others pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// All of them, logins included.
    Requests,
    /// Those that may change what ConfigHub holds.
    Writes,
}

/// How far the counted requests of the run are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// They came to the door.
    pub(super) asked: usize,
    /// They went through.
    pub(super) passed: usize,
    /// ConfigHub has done what they ask for.
    pub(super) landed: usize,
    /// Their answers went back through.
    pub(super) answered: usize,
    /// The run is at its end.
    pub(super) ended: bool,
}

/// The door; closed when it is made.
pub(super) struct Door {
    address: SocketAddr,
    gate: Arc<Gate>,
    serving: AbortHandle,
}

struct Gate {
    service: String,
    client: reqwest::Client,
    counted: Counted,
    asks: Semaphore,
    answers: Semaphore,
    seen: Mutex<Seen>,
    moved: Condvar,
}

impl Door {
    pub(super) fn new(world: &World, counted: Counted) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let gate = Arc::new(Gate {
            service: world.url(CONFIGHUB)?,
            client: reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?,
            counted,
            asks: Semaphore::new(0),
            answers: Semaphore::new(0),
            seen: Mutex::default(),
            moved: Condvar::new(),
        });
        let (sender, receiver) = std::sync::mpsc::channel();
        let app = Router::new().fallback(pass).with_state(gate.clone());
        let serving = THREADS.spawn(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            sender.send(listener.local_addr()?).ok();
            axum::serve(listener, app).await
        });
        let address = receiver.recv().context("a door needs a loopback port")?;
        Ok(Self { address, gate, serving: serving.abort_handle() })
    }

    /// ConfigHub's base URL as seen through this door.
    pub(super) fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// So many more requests may pass.
    pub(super) fn ask(&self, more: usize) {
        self.gate.asks.add_permits(more);
    }

    /// So many more answers may go back.
    pub(super) fn answer(&self, more: usize) {
        self.gate.answers.add_permits(more);
    }

    /// Everything passes from now on.
    pub(super) fn open(&self) {
        for one in [&self.gate.asks, &self.gate.answers] {
            one.add_permits(Semaphore::MAX_PERMITS / 2);
        }
    }

    /// The run behind the door is at its end.
    pub(super) fn end(&self) {
        self.gate.note(|it| it.ended = true);
    }

    pub(super) fn seen(&self) -> Seen {
        *self.gate.seen()
    }

    /// Waits until the run is that far, or at its end.
    pub(super) fn until(&self, far: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.gate.seen();
        while !seen.ended && !far(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "the run is stuck at {:?}", *seen);
            seen = self.gate.moved.wait_timeout(seen, left).map_or_else(|it| it.into_inner().0, |it| it.0);
        }
        Ok(*seen)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Gate {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen());
        self.moved.notify_all();
    }

    fn counts(&self, request: &Request) -> bool {
        let reads = request.method() == "GET" || request.uri().path() == "/auth/worker";
        self.counted == Counted::Requests || !reads
    }

    async fn forward(&self, request: Request) -> Result<Response> {
        let (head, body) = request.into_parts();
        let url = format!("{}{}", self.service, head.uri);
        let mut headers = head.headers;
        headers.remove(header::HOST);
        let body = to_bytes(body, usize::MAX).await?;
        let answer = self.client.request(head.method, url).headers(headers).body(body).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(header::TRANSFER_ENCODING);
        let mut passed = Response::new(Body::from(answer.bytes().await?));
        *passed.status_mut() = status;
        *passed.headers_mut() = headers;
        Ok(passed)
    }
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let counts = gate.counts(&request);
    if counts {
        gate.note(|it| it.asked += 1);
        gate.asks.acquire().await.expect("it is never closed").forget();
        gate.note(|it| it.passed += 1);
    }
    let answer = gate.forward(request).await;
    if counts {
        gate.note(|it| it.landed += 1);
        gate.answers.acquire().await.expect("it is never closed").forget();
        gate.note(|it| it.answered += 1);
    }
    answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response())
}
