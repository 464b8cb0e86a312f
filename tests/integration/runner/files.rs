//! The files by which a step answers: its outputs and its summary (`FileCommandManager.cs`).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

/// Bytes of outputs that a job may have, counted as UTF-16 (`reference/output-limitations`).
const OUTPUT_BYTES: usize = 1_000_000;

/// Bytes of a step's summary; of a larger one the runner keeps nothing (`CreateStepSummaryCommand`).
const SUMMARY_BYTES: usize = 1024 * 1024;

/// The summary as GitHub shows it.
pub(crate) fn summary(text: &str) -> Result<&str> {
    ensure!(text.len() <= SUMMARY_BYTES, "the runner drops a summary of {} bytes", text.len());
    Ok(text)
}

/// The key-value pairs of `GITHUB_OUTPUT` (`EnvFileKeyValuePairs`). Stricter in one thing: a name stands once.
pub(crate) fn outputs(text: &str) -> Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    let mut rest = text;
    while let Some((line, _)) = line(&mut rest) {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let (key, value) = match (equals, heredoc) {
            (_, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let (key, delimiter) = (&line[..at], &line[at + 2..]);
                ensure!(!delimiter.is_empty(), "invalid format: `{line}`");
                let mut lines = Vec::new();
                loop {
                    let (next, ended) =
                        self::line(&mut rest).with_context(|| format!("no `{delimiter}` after {key}"))?;
                    if next == delimiter {
                        break;
                    }
                    ensure!(ended, "the delimiter of {key} has no line of its own");
                    lines.push(next);
                }
                (key, lines.join("\n"))
            }
            (Some(at), _) => (&line[..at], line[at + 1..].to_owned()),
            _ => anyhow::bail!("invalid format: `{line}`"),
        };
        ensure!(!key.is_empty(), "no key: `{line}`");
        ensure!(pairs.insert(key.to_owned(), value).is_none(), "`{key}` twice");
    }
    let size: usize = pairs.values().map(|it| 2 * it.encode_utf16().count()).sum();
    ensure!(size <= OUTPUT_BYTES, "a job's outputs have {size} bytes");
    Ok(pairs)
}

/// The next line, and whether a line break ended it.
fn line<'a>(rest: &mut &'a str) -> Option<(&'a str, bool)> {
    if rest.is_empty() {
        return None;
    }
    let (line, ended) = match rest.split_once('\n') {
        Some((line, after)) => {
            *rest = after;
            (line, true)
        }
        None => (std::mem::take(rest), false),
    };
    Some((line, ended))
}

#[test]
fn the_outputs_are_read_as_the_runner_does() -> Result<()> {
    let read = outputs("a=1\nb<<E\nx\ny=<<\nE\n\nc<<E\nE\nd=<<x\n")?;
    let pairs: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("a", "1"), ("b", "x\ny=<<"), ("c", ""), ("d", "<<x")]);
    for broken in ["a<<E\nx\n", "a<<E\nx", "nothing", "=1", "<<E\nE\n", "a<<\n\n"] {
        assert!(outputs(broken).is_err(), "{broken}");
    }
    assert!(outputs(&format!("a={}", "x".repeat(500_001))).is_err());
    assert!(summary(&"x".repeat(1024 * 1024)).is_ok() && summary(&"x".repeat(1024 * 1024 + 1)).is_err());
    Ok(())
}
