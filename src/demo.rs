//! The loopback sandbox: stand-ins for ConfigHub and the clusters, as strict as the real services, over one story.
//!
//! [`story`] is plain data, [`world`] serves it on loopback ports and can be told to fail; the pipeline meets it with
//! its ordinary clients. Nothing outside this module knows that it exists.

pub mod clock;
pub mod faults;
pub mod journal;
mod person;
pub mod story;
pub mod confighub;
pub mod cluster;
pub mod github;
pub mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic in one request must not turn every later answer of a stand-in into another panic.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
