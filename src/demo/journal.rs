//! What went over the wire, kept for tests.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::locked;

/// Older exchanges are dropped beyond this; [`Journal::dropped`] tells.
const CAPACITY: usize = 20_000;

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Which stand-in: `confighub`, or a cluster's name.
    pub service: String,
    /// `GET`, …
    pub method: String,
    /// Path as sent, percent-encoded.
    pub path: String,
    /// Query as sent, percent-encoded; empty if there was none.
    pub query: String,
    /// Names in lower case; the value of `authorization` is replaced.
    pub request_headers: Vec<(String, String)>,
    /// As sent.
    pub request_body: Vec<u8>,
    /// HTTP status; 0 where the connection was closed without an answer.
    pub status: u16,
    /// Names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// As answered, before a fault cut the connection.
    pub response_body: Vec<u8>,
    /// Whether an injected fault made this answer.
    pub injected: bool,
}

impl Exchange {
    /// A response header by its lower-case name.
    pub fn response_header(&self, name: &str) -> Option<&str> {
        self.response_headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A request header by its lower-case name.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        self.request_headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Whether exchanges are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journaling {
    /// For tests.
    Kept,
    /// For `demo --serve` and measurements: nothing is buffered, answers are streamed.
    Off,
}

/// The exchanges of all stand-ins of a world, in the order of their answers.
#[derive(Debug)]
pub struct Journal {
    mode: Journaling,
    entries: Mutex<(VecDeque<Exchange>, usize)>,
}

impl Journal {
    /// Empty.
    pub fn new(mode: Journaling) -> Self {
        Self { mode, entries: Mutex::default() }
    }

    /// Whether exchanges are kept.
    pub fn mode(&self) -> Journaling {
        self.mode
    }

    /// A copy of what was kept.
    pub fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.entries).0.iter().cloned().collect()
    }

    /// How many exchanges were dropped for want of room.
    pub fn dropped(&self) -> usize {
        locked(&self.entries).1
    }

    /// Forgets everything, to watch what happens next.
    pub fn clear(&self) {
        *locked(&self.entries) = Default::default();
    }

    pub(crate) fn record(&self, exchange: Exchange) {
        if self.mode == Journaling::Off {
            return;
        }
        let mut entries = locked(&self.entries);
        if entries.0.len() == CAPACITY {
            entries.0.pop_front();
            entries.1 += 1;
        }
        entries.0.push_back(exchange);
    }
}
