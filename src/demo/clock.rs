//! Time and ids of the stand-ins: the same in every run, so that reports of the demo can be compared.

use jiff::Timestamp;
use uuid::Uuid;

/// A clock that stands still.
#[derive(Debug)]
pub struct Clock(Timestamp);

impl Clock {
    /// Stands at `present`.
    pub fn new(present: Timestamp) -> Self {
        Self(present)
    }

    /// Its present.
    pub fn now(&self) -> Timestamp {
        self.0
    }
}

/// The id of something by what it is and what it is called: `id("unit", "chubby-paws-dev/backend-api")`.
pub fn id(what: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("drift-detector:demo/{what}/{name}").as_bytes())
}
