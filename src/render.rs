//! PURE: [`Report`] → Markdown, by compiled-in templates that are strict and escape by default.

mod age;
mod diff;
mod finding;
mod limits;
mod lists;
mod markdown;
mod matrix;
mod next_steps;
mod proposal;
mod templates;
mod view;

use crate::report::Report;

use limits::LEVELS;
use templates::Templates;
use view::View;

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `report.md`: what an issue or a comment holds.
    Markdown,
    /// The step summary.
    Summary,
}

/// Bytes that the body of an issue or a comment may have, everywhere.
pub const BODY_BYTES: usize = 60_000;

/// Bytes that GitHub takes as the summary of a step; a longer one is dropped whole.
pub const SUMMARY_BYTES: usize = 1024 * 1024;

/// How much of a report a document shows. The smallest is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(usize);

impl Level {
    /// Everything.
    pub const FULL: Self = Self(0);

    /// One level smaller; None: this is the shortest form.
    pub fn smaller(self) -> Option<Self> {
        (self.0 + 1 < LEVELS.len()).then_some(Self(self.0 + 1))
    }
}

/// A document, and how much it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The Markdown.
    pub text: String,
    /// How much of the report it is.
    pub level: Level,
}

/// A report's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// `report.md`.
    pub body: String,
    /// The step summary.
    pub summary: String,
}

/// All documents of a report; `body_bytes` bounds the first.
pub fn all(report: &Report, body_bytes: usize) -> anyhow::Result<Rendered> {
    Ok(Rendered {
        body: render(report, Format::Markdown, body_bytes)?,
        summary: render(report, Format::Summary, SUMMARY_BYTES)?,
    })
}

/// One document in at most `bytes` bytes: what does not fit is left out, and the document says so. The shortest form, a
/// few kilobytes, is returned even where it is longer than that.
pub fn render(report: &Report, format: Format, bytes: usize) -> anyhow::Result<String> {
    Ok(fit(report, format, bytes, Level::FULL)?.text)
}

/// As [`render`], from this level downwards: where a body of the right size was not taken, the next smaller one may be.
pub fn fit(report: &Report, format: Format, bytes: usize, from: Level) -> anyhow::Result<Document> {
    let templates = Templates::new()?;
    let mut level = from;
    loop {
        let limits = &LEVELS[level.0.min(LEVELS.len() - 1)];
        let text = templates.render(format, View::new(report, limits))?;
        match level.smaller() {
            Some(smaller) if text.len() > bytes => level = smaller,
            _ => return Ok(Document { text, level }),
        }
    }
}

/// A text on one line for a log, with everything that cannot be seen spelled out.
pub fn one_line(text: &str) -> String {
    markdown::visible(text)
}

/// One document from the text of a `report.json`.
pub fn from_json(text: &str, format: Format) -> anyhow::Result<String> {
    let report = Report::from_json(text)?;
    let bytes = match format {
        Format::Markdown => BODY_BYTES,
        Format::Summary => SUMMARY_BYTES,
    };
    render(&report, format, bytes)
}

#[cfg(test)]
mod tests;
