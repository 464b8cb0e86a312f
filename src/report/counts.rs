//! The numbers of a report.

use std::iter::Sum;
use std::ops::Add;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Differences that are drift.
    pub findings: usize,
    /// What only the cluster has and is not counted as drift.
    pub additions: usize,
    /// Objects that have at least one difference that is drift.
    pub objects_drifted: usize,
    /// Objects that were compared, missing ones included.
    pub compared: usize,
    /// Objects in scope, as far as they are known.
    pub in_scope: usize,
    /// Objects, units and targets that were not compared though they are in scope.
    pub not_compared: usize,
    /// Differences and objects that were left out on purpose.
    pub suppressed: usize,
    /// Units whose head differs from what was shipped.
    pub pending: usize,
    /// Units that were never shipped and whose objects do not exist.
    pub not_deployed: usize,
    /// Units that were never shipped though objects of theirs exist: compared with head.
    pub never_shipped: usize,
    /// Units of toolchains other than Kubernetes.
    pub other_toolchains: usize,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        // Taken apart whole, so that a new count cannot be forgotten.
        let Self {
            findings,
            additions,
            objects_drifted,
            compared,
            in_scope,
            not_compared,
            suppressed,
            pending,
            not_deployed,
            never_shipped,
            other_toolchains,
        } = other;
        Self {
            findings: self.findings + findings,
            additions: self.additions + additions,
            objects_drifted: self.objects_drifted + objects_drifted,
            compared: self.compared + compared,
            in_scope: self.in_scope + in_scope,
            not_compared: self.not_compared + not_compared,
            suppressed: self.suppressed + suppressed,
            pending: self.pending + pending,
            not_deployed: self.not_deployed + not_deployed,
            never_shipped: self.never_shipped + never_shipped,
            other_toolchains: self.other_toolchains + other_toolchains,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}
