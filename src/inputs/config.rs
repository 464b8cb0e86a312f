//! The configuration file, read whole: every problem at once, each with line, column and remedy.
//!
//! The types in `file` are the only description of its form. Their JSON schema is checked in for editors, and the same
//! schema drives the check of the structure (`structure`); what a schema cannot say is checked in `meaning`.

mod file;
mod meaning;
mod node;
mod not_yet;
mod structure;
mod syntax;

use crate::model::environment::{Additions, Environment, IgnoreRule, Scope};
use crate::model::proposal::{DirectionRule, Lock, Proposals};

use super::problem::{Place, Problem};

use file::File;

pub(super) use syntax::{name, slug};

/// Where the file is looked for.
pub const DEFAULT_PATH: &str = ".github/drift.yaml";

/// The JSON schema of the file, for editors and for our own check of its structure. Tests make it from the types: what makes
/// it would be a part of every binary.
pub const SCHEMA: &str = include_str!("config/schema.json");

/// Larger files are no configuration.
const LARGEST: usize = 1 << 20;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// In promotion order.
    pub environments: Vec<Environment>,
    /// What of them is compared.
    pub scope: Scope,
    /// Differences that are known and accepted.
    pub ignore: Vec<IgnoreRule>,
    /// What becomes of differences.
    pub directions: Vec<DirectionRule>,
    /// Whether units stay locked while a proposal waits.
    pub lock: Lock,
    /// When accepted data becomes a unit's head.
    pub proposals: Proposals,
    /// Globs over the slugs of units that matter more.
    pub critical: Vec<String>,
    /// What becomes of fields that people added.
    pub additions: Additions,
}

/// Reads the file; `path` is what problems call it.
pub fn read(text: &str, path: &str) -> Result<Config, Vec<Problem>> {
    let mut notes = Vec::new();
    let config = checked(text, &mut notes);
    match config {
        Some(config) if notes.is_empty() => Ok(config),
        _ => Err(notes.into_iter().map(|note| note.problem(path)).collect()),
    }
}

/// A problem before it knows the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    at: node::Position,
    message: String,
    remedy: String,
}

impl Note {
    fn new(at: node::Position, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, message: message.into(), remedy: remedy.into() }
    }

    fn problem(self, path: &str) -> Problem {
        let Self { at, message, remedy } = self;
        Problem { place: Place::File { path: path.to_owned(), line: at.line, column: at.column }, message, remedy }
    }
}

/// None, or notes, where something is wrong; the meaning is checked even where the structure is broken.
fn checked(text: &str, notes: &mut Vec<Note>) -> Option<Config> {
    if text.len() > LARGEST {
        notes.push(Note::new(node::Position::START, "the file is larger than 1 MiB", "is this the right file?"));
        return None;
    }
    let root = node::parse(text).map_err(|note| notes.push(note)).ok()?;
    let schema = serde_json::from_str(SCHEMA).expect("a test holds it equal to what the types give");
    structure::check(&root, &schema, notes);
    meaning::check(&root, notes);
    if !notes.is_empty() {
        return None;
    }
    // NOTE: the structure was checked against the schema of this very type, so this fails on a bug of ours only.
    let file = serde_json::from_value::<File>(root.json()).map_err(|error| {
        notes.push(Note::new(root.at, format!("the file was not understood ({error})"), "please report this as a bug"));
    });
    file.ok().map(File::config)
}

#[cfg(test)]
mod tests;
