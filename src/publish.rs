//! Writes a report to its places: files, the step summary, the step's outputs, and standard output.

use std::io;
use std::path::PathBuf;

use crate::redact::Redactor;
use crate::render::Rendered;
use crate::report::Report;

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations {
    /// The folder of the files; created where it does not exist.
    pub out: PathBuf,
    /// `GITHUB_STEP_SUMMARY`.
    pub step_summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`.
    pub github_output: Option<PathBuf>,
    /// Whether the Actions runner reads standard output.
    pub console: Console,
    /// What output paths are relative to, and whose owner gets the files.
    pub workspace: PathBuf,
}

/// Who reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// A person: the report.
    Terminal,
    /// The Actions runner: a short grouped log and one annotation.
    Actions,
}

/// What was written, and what could not be.
#[derive(Debug, Default)]
pub struct Published {
    /// The files, in the order in which they were written.
    pub written: Vec<PathBuf>,
    /// One error per destination that could not be reached.
    pub failures: Vec<anyhow::Error>,
}

/// Writes everything that can be written; a destination that fails does not stop the others.
pub fn publish(
    _report: &Report,
    _rendered: &Rendered,
    _to: &Destinations,
    _redactor: &Redactor,
    _stdout: &mut impl io::Write,
) -> Published {
    Published::default()
}

#[cfg(test)]
mod tests;
