//! Time and ids of the stand-ins: the same in every run, so that reports of the demo can be compared.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A clock that stands still until somebody moves it.
#[derive(Debug)]
pub struct Clock {
    start: Timestamp,
    elapsed: AtomicI64,
}

impl Clock {
    /// Stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { start, elapsed: AtomicI64::new(0) }
    }

    /// Its present.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::from_secs(self.elapsed.load(Ordering::Relaxed));
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// Moves it forward, by whole seconds, and returns the new present.
    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        self.elapsed.fetch_add(by.as_secs(), Ordering::Relaxed);
        self.now()
    }
}

/// The id of something by what it is and what it is called: `id("unit", "chubby-paws-dev/backend-api")`.
pub fn id(what: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("drift-detector:demo/{what}/{name}").as_bytes())
}
