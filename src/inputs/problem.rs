//! What is wrong with the inputs: all of it at once, each with its place and what to do.

use std::fmt;

use crate::redact::Redactor;

/// Where a problem stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In how the command was called.
    Given(Given),
    /// In a file.
    File {
        /// As the user named it.
        path: String,
        /// From 1.
        line: u64,
        /// From 1, in characters.
        column: u64,
    },
    /// Nowhere in particular: something is missing.
    Nowhere,
}

/// How a value was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// On the command line; the name without dashes.
    Flag(String),
    /// As an input of the action.
    Input(String),
    /// In an environment variable.
    Variable(String),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, without a full stop.
    pub message: String,
    /// What to do, without a full stop.
    pub remedy: String,
}

impl Problem {
    /// A problem that stands nowhere in particular.
    pub fn nowhere(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: Place::Nowhere, message: message.into(), remedy: remedy.into() }
    }

    /// A problem of a given value.
    pub fn given(given: &Given, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: Place::Given(given.clone()), message: message.into(), remedy: remedy.into() }
    }
}

/// Everything that is wrong. Nothing was contacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorted, without repetitions, and without the credentials that the redactor knows.
    pub fn new(mut problems: Vec<Problem>, redactor: &Redactor) -> Self {
        for problem in &mut problems {
            problem.message = redactor.document(&problem.message);
            problem.remedy = redactor.document(&problem.remedy);
        }
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

/// What reading the inputs brought up so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<String>,
}

impl Found {
    /// The value, or None and the problem is kept.
    pub(super) fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag `--{name}`"),
            Self::Input(name) => write!(f, "input `{name}`"),
            Self::Variable(name) => write!(f, "variable `{name}`"),
        }
    }
}

impl fmt::Display for Problem {
    /// `.github/drift.yaml:12:5: what: what to do`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Given(given) => write!(f, "{given}: ")?,
            Place::File { path, line, column } => write!(f, "{path}:{line}:{column}: ")?,
            Place::Nowhere => {}
        }
        write!(f, "{}: {}", self.message, self.remedy)
    }
}

impl fmt::Display for Problems {
    /// One line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// A value that somebody wrote, as a message may show it: short, on one line, without what looks like a credential.
pub(super) fn quoted(value: &str) -> String {
    const LONGEST: usize = 80;
    let shown = Redactor::default().text(value).to_string();
    let mut shown: String = shown.chars().map(|it| if it.is_control() || it == '`' { '?' } else { it }).collect();
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).chain(['…']).collect();
    }
    format!("`{shown}`")
}

/// The known name that was probably meant.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_ascii_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.len().max(written.len()).div_ceil(3).min(3))
        .min()
        .map(|(_, name)| name)
}

/// `did you mean …?` where a known name is near, else the list of what is known.
pub(super) fn suggestion<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known are {}", listed(known)),
    }
}

/// `` `a`, `b` and `c` ``
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.pop() {
        None => "none".to_owned(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
    }
}
