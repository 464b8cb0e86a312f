//! Which units a run has locked and not unlocked yet, for the report of a run that ends in between.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// The units, as `space/slug`. Shared by everything that proposes.
#[derive(Debug, Default)]
pub struct Locked(Mutex<BTreeSet<String>>);

impl Locked {
    /// Those that may be locked still, sorted.
    pub fn units(&self) -> Vec<String> {
        self.0.lock().expect("a panic ends the process").iter().cloned().collect()
    }

    /// Before the request that locks them.
    pub(super) fn begin(&self, units: impl IntoIterator<Item = String>) {
        self.0.lock().expect("a panic ends the process").extend(units);
    }

    /// What became of them stands in the report.
    pub(super) fn end(&self, units: impl IntoIterator<Item = String>) {
        let mut locked = self.0.lock().expect("a panic ends the process");
        for unit in units {
            locked.remove(&unit);
        }
    }
}
