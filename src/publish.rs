//! Writes a report to its places: files, the step summary, the step's outputs, standard output, and threads on GitHub.

mod comment;
mod console;
mod files;
mod issue;
mod outputs;
mod sarif;
mod threads;
mod words;

use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::model::history::History;
use crate::redact::Redactor;
use crate::render::Rendered;
use crate::report::{Report, Status};

use outputs::Paths;

pub use files::{Owner, create_folder};
pub use threads::Threads;

/// This run, as the threads on GitHub know it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What it found.
    pub report: &'a Report,
    /// `GITHUB_RUN_ID`.
    pub id: u64,
    /// `GITHUB_RUN_ATTEMPT`.
    pub attempt: u32,
    /// What the next run is to find.
    pub history: Option<&'a History>,
}

impl Run<'_> {
    /// When it began to read: which of two runs is the newer one.
    fn at(&self) -> Timestamp {
        self.report.run.started
    }

    fn has_drift(&self) -> bool {
        self.report.status == Status::Drift
    }

    /// Whether everything was compared and agrees.
    fn is_clean(&self) -> bool {
        self.report.status == Status::Clean && self.report.complete
    }
}

/// What became of the report on GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The number of the tracking issue, if there is one.
    pub issue: Option<u64>,
    /// The id of the comment on the pull request, if there is one.
    pub comment: Option<u64>,
    /// The page of the comment, else of the issue.
    pub url: Option<String>,
    /// What the reader of the log should know, one sentence each.
    pub notes: Vec<String>,
    /// One sentence in our own words per destination that was asked for and not reached.
    pub failures: Vec<String>,
    /// What decided the run's exit code, where the report does not know it.
    pub reason: Option<&'static str>,
}

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
    /// Whether a person at a terminal got the report.
    pub printed: bool,
    /// One error per destination that could not be reached.
    pub failures: Vec<anyhow::Error>,
}

/// Writes everything that can be written; a destination that fails does not stop the others.
///
/// The redactor passes over every text once more, as the last thing that happens to it.
pub fn publish(
    report: &Report,
    rendered: &Rendered,
    delivered: &Delivered,
    to: &Destinations,
    redactor: &Redactor,
    stdout: &mut impl io::Write,
) -> Published {
    let mut published = Published::default();
    let owner = match to.console {
        Console::Actions => Owner::of(&to.workspace),
        Console::Terminal => Owner::Process,
    };
    let report = redacted(report, redactor);
    let body = redactor.document(&rendered.body);
    let summary = redactor.document(&(rendered.summary.clone() + &on_github(delivered)));

    match files::create_folder(&to.out, owner) {
        Ok(()) => {
            let json = serde_json::to_string_pretty(&report).context("failed to write the report as JSON");
            published.take(json.and_then(|it| files::write(&to.out.join("report.json"), &(it + "\n"), owner)));
            let sarif = serde_json::to_string(&sarif::file(&report)).context("failed to write the report as SARIF");
            published.take(sarif.and_then(|it| files::write(&to.out.join("report.sarif"), &(it + "\n"), owner)));
            published.take(files::write(&to.out.join("report.md"), &body, owner));
            published.take(files::write(&to.out.join("summary.md"), &summary, owner));
        }
        Err(error) => published.failures.push(error),
    }
    if let Some(path) = &to.step_summary {
        published.take(files::append(path, &summary));
    }
    if let Some(path) = &to.github_output {
        let outputs = outputs::file(&report, delivered, &Paths::new(&to.out, &to.workspace));
        published.take(outputs.and_then(|it| files::append(path, &it)));
    }
    let printed = match to.console {
        Console::Terminal => stdout.write_all(body.as_bytes()),
        Console::Actions => console::write(&report, delivered, stdout),
    };
    let printed = printed.and_then(|()| stdout.flush()).context("failed to print the report");
    published.printed = printed.is_ok() && to.console == Console::Terminal;
    published.failures.extend(printed.err());
    published
}

/// What the reader of the summary should know of the other places. All of it is our own words.
fn on_github(delivered: &Delivered) -> String {
    let mut text = String::new();
    for failure in &delivered.failures {
        text.push_str(&format!("\n> [!WARNING]\n> {failure}\n"));
    }
    for note in &delivered.notes {
        text.push_str(&format!("\n{note}\n"));
    }
    text
}

impl Published {
    fn take(&mut self, written: anyhow::Result<PathBuf>) {
        match written {
            Ok(path) => self.written.push(path),
            Err(error) => self.failures.push(error),
        }
    }
}

/// The report without the credentials of this run. Each text is treated on its own, so that the JSON around it stays whole.
fn redacted(report: &Report, redactor: &Redactor) -> Report {
    fn inside(value: &mut Value, redactor: &Redactor) {
        match value {
            Value::String(text) => *text = redactor.document(text),
            Value::Array(items) => items.iter_mut().for_each(|it| inside(it, redactor)),
            Value::Object(fields) => fields.values_mut().for_each(|it| inside(it, redactor)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let redacted = serde_json::to_value(report).and_then(|mut value| {
        inside(&mut value, redactor);
        serde_json::from_value(value)
    });
    // Fails only where a credential is a word of our own, such as `partial`. The values of the report passed before.
    redacted.unwrap_or_else(|_| report.clone())
}

#[cfg(test)]
mod tests;
