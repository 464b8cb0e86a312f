//! Time and ids of the stand-ins: the same in every run, so that reports of the demo can be compared.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::locked;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct Clock(Mutex<Timestamp>);

impl Clock {
    /// Stands at `present`.
    pub fn new(present: Timestamp) -> Self {
        Self(Mutex::new(present))
    }

    /// Its present.
    pub fn now(&self) -> Timestamp {
        *locked(&self.0)
    }

    /// Stands so much later from now on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = locked(&self.0);
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
    }
}

/// The id of something by what it is and what it is called: `id("unit", "chubby-paws-dev/backend-api")`.
pub fn id(what: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("drift-detector:demo/{what}/{name}").as_bytes())
}
