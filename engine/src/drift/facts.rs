//! What is known about a difference beside its two values: who owns the live field, how bad it is, what stands in the way
//! of setting it back.

use super::compare::Difference;
use super::ignore;
use super::immutable;
use super::injected::Situation;
use super::owners::Owners;
use super::severity::{self, Weight};
use crate::model::finding::{Owner, Severity};
use crate::redact::{Redactor, Text};

/// The facts, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who owns the live field, sorted.
    pub owners: Vec<Owner>,
    /// How bad it is.
    pub severity: Severity,
    /// Why.
    pub severity_reason: Text,
    /// One sentence each, without a full stop.
    pub notes: Vec<Text>,
}

/// About one difference of an object.
pub fn of(
    situation: &Situation<'_>,
    difference: &Difference,
    owners: &Owners<'_>,
    weight: Weight,
    redactor: &Redactor,
) -> Facts {
    let rating = severity::of(difference, situation.gvk, weight);
    let body = ignore::body(situation, difference);
    // Taking away what was added is no less refused than setting back what was changed.
    let notes = immutable::note(situation, difference).map(|why| redactor.text(&format!("needs replacing: {why}")));
    Facts {
        owners: owners.of(body, &difference.path, redactor),
        severity: rating.severity,
        severity_reason: redactor.text(&rating.reason),
        notes: notes.into_iter().collect(),
    }
}
