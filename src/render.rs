//! PURE: [`Report`] → Markdown, by compiled-in templates that are strict and escape by default.

mod diff;
mod finding;
mod limits;
mod lists;
mod markdown;
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
    let templates = Templates::new()?;
    let mut document = String::new();
    for limits in LEVELS {
        document = templates.render(format, View::new(report, limits))?;
        if document.len() <= bytes {
            break;
        }
    }
    Ok(document)
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
