//! One finding as a row of a table, and as a diff where a row is too small for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::model::finding::{Code, Finding, Severity, Shown};
use crate::model::object::ObjectKey;
use crate::redact::{MARK, Text};
use crate::report::RunInfo;

use super::age::AgeView;
use super::diff::{Diff, unified};
use super::limits::Limits;
use super::markdown::visible;

/// Longer values do not stand in a cell.
const CELL: usize = 60;

/// Longer paths are broken over lines.
const PIECE: usize = 34;

/// A row.
#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    object: String,
    /// The field in pieces that fit below one another; empty: the whole object.
    field: Vec<String>,
    desired: Cell,
    live: Cell,
    /// How bad it is, as a word.
    level: &'static str,
    /// Where it is stated, unless the row above says the same.
    source: Option<Source>,
    /// The field managers of the live value, as they call themselves.
    managers: Vec<ManagerView>,
    /// Since when it is there, where that is known.
    age: Option<AgeView>,
    /// What else to know, as clauses.
    notes: Vec<String>,
}

/// Where an object is stated.
#[derive(Debug, Serialize)]
struct Source {
    /// In the first row of an object.
    unit: Option<String>,
    /// Of the field.
    line: Option<usize>,
}

/// A field manager.
#[derive(Debug, Serialize)]
struct ManagerView {
    name: String,
    /// What goes by that name; empty: nobody knows.
    tool: String,
}

/// What stands in a cell: a value, or words about one.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cell {
    value: Option<String>,
    words: String,
}

/// A diff below the table.
#[derive(Debug, Serialize)]
pub(super) struct DiffView {
    lines: Vec<String>,
}

impl FindingView {
    /// The rows, and the diffs of those that need one.
    pub(super) fn all<'a>(
        findings: impl IntoIterator<Item = &'a Finding>,
        limits: &Limits,
        run: &RunInfo,
    ) -> (Vec<Self>, Vec<DiffView>) {
        let mut diffs = Vec::new();
        let mut above: Option<&Finding> = None;
        let rows = worst_first(findings).into_iter().take(limits.findings).map(|it| {
            let (mut row, diff) = Self::new(it, limits, run);
            if let Some(above) = above.replace(it).filter(|above| above.object == it.object) {
                let line = it.line.filter(|_| above.line != it.line);
                row.source = line.map(|line| Source { unit: None, line: Some(line) });
            }
            diffs.extend(diff.filter(|_| limits.diff_lines > 0).map(|diff| DiffView::new(it, diff, limits)));
            row
        });
        (rows.collect(), diffs)
    }

    fn new(finding: &Finding, limits: &Limits, run: &RunInfo) -> (Self, Option<Diff>) {
        let (desired, live, diff) = match finding.code {
            Code::ObjectMissing => (Cell::words("the whole object"), Cell::words("missing"), None),
            Code::ObjectOrphaned => (Cell::words("nothing"), Cell::words("the whole object"), None),
            _ => sides(&finding.desired, &finding.live),
        };
        let row = Self {
            object: limits.text(&finding.object.to_string()),
            field: pieces(&limits.text(finding.field.as_str())),
            desired,
            live,
            level: finding.severity.name(),
            source: finding.unit.as_ref().map(|unit| Source { unit: Some(limits.text(unit)), line: finding.line }),
            managers: ManagerView::all(finding, limits),
            age: finding.age.as_ref().map(|it| AgeView::of(it, run)),
            notes: finding.notes.iter().map(|it| limits.text(it.as_str())).collect(),
        };
        (row, diff)
    }
}

/// Objects by the worst that differs in them; what belongs to one stays together, in its order.
fn worst_first<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<&'a Finding> {
    let mut sorted: Vec<_> = findings.into_iter().collect();
    let mut worst: BTreeMap<&ObjectKey, Severity> = BTreeMap::new();
    for finding in &sorted {
        let level = worst.entry(&finding.object).or_insert(finding.severity);
        *level = finding.severity.max(*level);
    }
    sorted.sort_by_key(|it| (Reverse(worst[&it.object]), &it.object));
    sorted
}

impl ManagerView {
    /// Each once: a manager has an entry per API version and subresource.
    fn all(finding: &Finding, limits: &Limits) -> Vec<Self> {
        let mut owners: Vec<_> = finding.owners.iter().map(|it| (&it.manager, &it.tool)).collect();
        owners.dedup();
        let view = |(name, tool): (&Text, &Option<Text>)| Self {
            name: limits.text(name.as_str()),
            tool: tool.as_ref().map(|it| limits.text(it.as_str())).unwrap_or_default(),
        };
        owners.into_iter().take(limits.names).map(view).collect()
    }
}

/// A long path over several lines, broken at its dots: a table that is wider than the page hides its last column.
pub(super) fn pieces(field: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for part in field.split_inclusive('.') {
        match pieces.last_mut() {
            Some(piece) if piece.chars().count() + part.chars().count() <= PIECE => piece.push_str(part),
            _ => pieces.push(part.to_owned()),
        }
    }
    pieces
}

/// Both cells, and the diff where at least one value is too long for its cell.
fn sides(desired: &Shown, live: &Shown) -> (Cell, Cell, Option<Diff>) {
    match (desired, live) {
        (Shown::Hidden(why), Shown::Hidden(_)) => {
            (Cell::words(format!("hidden: {why}")), Cell::words("another value, hidden too"), None)
        }
        (Shown::Text(one), Shown::Text(other)) if one == other => {
            let (one, other) = (Cell::new(desired), Cell::new(live));
            // What redaction takes out of a text is a part of it: a number or a bool has none.
            let is_masked = matches!(desired, Shown::Text(text) if text.as_str().contains(MARK));
            let words = if is_masked { "differs in what is masked" } else { "of another type" };
            (one, Cell { words: words.to_owned(), ..other }, None)
        }
        (Shown::Text(_) | Shown::Absent, Shown::Text(_) | Shown::Absent) => {
            let (one, mut other) = (Cell::new(desired), Cell::new(live));
            if one.value.is_some() && other.value.is_some() || !(is_long(desired) || is_long(live)) {
                return (one, other, None);
            }
            let diff = compare(desired, live);
            let both = *desired != Shown::Absent && *live != Shown::Absent;
            if both && diff.added + diff.removed > 0 && other.value.is_none() {
                other.words.push_str(&format!(" (+{} −{})", diff.added, diff.removed));
            }
            (one, other, Some(diff))
        }
        _ => (Cell::new(desired), Cell::new(live), None),
    }
}

fn is_long(shown: &Shown) -> bool {
    matches!(shown, Shown::Text(text) if !fits(text.as_str()))
}

/// Whether a value can stand in a cell as it is.
fn fits(text: &str) -> bool {
    // A backslash before a pipe is not shown right by every renderer of tables.
    !text.contains('\n') && !text.contains("\\|") && visible(text).chars().count() <= CELL
}

/// The diff of two values, of their indented forms where both are JSON lists or maps that differ in more than layout.
fn compare(desired: &Shown, live: &Shown) -> Diff {
    let text = |it: &Shown| match it {
        Shown::Text(text) => Some(text.as_str().to_owned()),
        Shown::Absent | Shown::Hidden(_) => None,
    };
    let (desired, live) = (text(desired), text(live));
    let (one, other) = (desired.as_deref().map(indented), live.as_deref().map(indented));
    if one != Some(None) && other != Some(None) && one != other {
        unified(one.flatten().as_deref(), other.flatten().as_deref())
    } else {
        unified(desired.as_deref(), live.as_deref())
    }
}

/// A list or a map on one line, as JSON over several lines.
fn indented(text: &str) -> Option<String> {
    let value = composite(text)?;
    serde_json::to_string_pretty(&value).ok()
}

fn composite(text: &str) -> Option<Value> {
    if text.contains('\n') || !text.starts_with(['[', '{']) {
        return None;
    }
    serde_json::from_str(text).ok().filter(|it: &Value| it.is_array() || it.is_object())
}

impl Cell {
    pub(super) fn new(shown: &Shown) -> Self {
        match shown {
            Shown::Absent => Self::words("not set"),
            Shown::Hidden(why) => Self::words(format!("hidden: {why}")),
            Shown::Text(text) if fits(text.as_str()) => {
                let text = text.as_str();
                // Spaces at the ends can only be seen between quotes.
                let quoted = || Value::from(text).to_string();
                let value = if text.is_empty() || text.trim() != text { quoted() } else { text.to_owned() };
                Self { value: Some(value), words: String::new() }
            }
            Shown::Text(text) => Self::words(size(text.as_str())),
        }
    }

    pub(super) fn words(words: impl Into<String>) -> Self {
        Self { value: None, words: words.into() }
    }

    /// The same with more words.
    pub(super) fn noted(self, more: &str) -> Self {
        let words = if self.words.is_empty() { more.to_owned() } else { format!("{} {more}", self.words) };
        Self { words, ..self }
    }
}

/// How large a value is that cannot be shown in a cell.
fn size(text: &str) -> String {
    let (n, what) = match composite(text) {
        Some(Value::Array(items)) => (items.len(), "list item"),
        Some(Value::Object(fields)) => (fields.len(), "field"),
        _ if text.contains('\n') => (text.lines().count(), "line"),
        _ => (text.chars().count(), "character"),
    };
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl DiffView {
    fn new(finding: &Finding, diff: Diff, limits: &Limits) -> Self {
        let head = format!("# {}, {}", limits.text(&finding.object.to_string()), limits.text(finding.field.as_str()));
        let more = diff.lines.len().saturating_sub(limits.diff_lines);
        let mut lines = vec![visible(&head)];
        // Leaving out a few lines would save nothing over saying so.
        let shown = if more > 3 { limits.diff_lines } else { usize::MAX };
        lines.extend(diff.lines.into_iter().take(shown));
        if shown < usize::MAX {
            lines.push(format!("# {more} more lines"));
        }
        Self { lines }
    }
}
