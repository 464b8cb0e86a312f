//! YAML as `sigs.k8s.io/yaml` reads it, within bounds that no honest unit reaches.
//!
//! What still differs, on purpose: `tRUE` is a bool here and a string there; `!custom 1` is a number here and a string
//! there; a bare key `on:` or `y:` stays as it is written, where Kubernetes makes it `"true"`; `1e400` is an error here
//! and a string there. All are rare, and all show as a finding or as not compared rather than hide a difference. To be
//! exact would take how each scalar was written, which the parser does not tell.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::{Error, Options, Spanned};

use super::ManifestError;

/// One document of a stream that is not empty.
pub(super) struct Part {
    pub(super) value: Value,
    pub(super) line: usize,
    /// Where each entry of `items` starts; empty if there is none.
    pub(super) item_lines: Vec<usize>,
}

pub(super) fn parse(text: &str) -> Result<Vec<Part>, ManifestError> {
    let documents: Vec<Spanned<Value>> =
        serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| problem(&error))?;
    let mut parts: Vec<Part> = documents
        .into_iter()
        .filter(|document| !document.value.is_null())
        .map(|mut document| {
            write_as_go_does(&mut document.value);
            Part { line: line(document.referenced.line()), value: document.value, item_lines: Vec::new() }
        })
        .collect();
    if parts.iter().any(|part| part.value.get("items").is_some_and(Value::is_array)) {
        add_item_lines(text, &mut parts);
    }
    Ok(parts)
}

/// A second pass, only for lists. Where it fails the list's own line serves.
fn add_item_lines(text: &str, parts: &mut [Part]) {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        items: Option<Vec<Spanned<IgnoredAny>>>,
    }
    let Ok(lists) = serde_saphyr::from_multiple_with_options::<List>(text, options()) else { return };
    if lists.len() != parts.len() {
        return;
    }
    for (part, list) in parts.iter_mut().zip(lists) {
        part.item_lines = list.items.unwrap_or_default().iter().map(|item| line(item.referenced.line())).collect();
    }
}

pub(super) fn line(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Bounded: an alias bomb ends in an error, and ten thousand objects of a real unit do not. What aliases repeat counts
/// against every budget, scalars by their length, so that no text takes more than a few times the largest unit's 64 MiB.
pub(super) fn options() -> Options {
    serde_saphyr::options! {
        legacy_octal_numbers: true,
        // Nobody reads them, and a unit of comments only would take ten times its size.
        emit_comments: false,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_documents: 100_000,
            max_nodes: 5_000_000,
            max_events: 20_000_000,
            max_total_scalar_bytes: 256 << 20,
            // No deeper than JSON is read, which is what objects and recordings are.
            max_depth: 127,
            flow_nesting_limit: 127,
        },
    }
}

/// Kubernetes turns YAML into JSON with Go's number format: `1e3` and `1.0` are integers there.
pub(super) fn write_as_go_does(value: &mut Value) {
    // Whole numbers that an i64 holds exactly; greater ones stay floats and compare as such.
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= LIMIT);
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
            if let Some(float) = whole {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_as_go_does),
        Value::Object(fields) => fields.values_mut().for_each(write_as_go_does),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The parser's own messages may quote the text.
fn problem(error: &Error) -> ManifestError {
    let problem = match error {
        Error::DuplicateMappingKey { .. } => "a key is given twice",
        Error::UnknownAnchor { .. } => "an alias has no anchor",
        Error::AliasError { .. } => "an alias cannot be expanded",
        Error::NonFiniteFloat { .. } => "a number is not finite",
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "it is too large or too deeply nested",
        Error::MergeValueNotMapOrSeqOfMaps { .. } => "a merge key does not name a mapping",
        Error::InvalidUtf8Input => "it is not UTF-8",
        Error::Eof { .. } => "it ends too early",
        _ => "it is not valid YAML",
    };
    ManifestError { line: error.location().map_or(1, |at| line(at.line()).max(1)), problem: problem.into() }
}
