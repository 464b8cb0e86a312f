//! Nothing that leaves holds a secret, in whatever form: the finding is there, and none of its secret's bytes.
//!
//! Canaries are planted wherever people and servers put credentials. What counts as leaving: both streams at the chattiest
//! level, every file of the report, the step's summary and its outputs.

mod forms;
mod planted;
mod echoed;

use anyhow::{Context as _, Result, ensure};

use crate::detector::Answer;

/// Fails where any form of a canary left, and where the control, which is no secret, did not.
fn ensure_silent(answer: &Answer, canaries: &[&str], what: &str) -> Result<()> {
    let everything = answer.everything()?;
    for canary in canaries {
        for (form, text) in forms::of(canary) {
            let Some(at) = everything.find(&text) else { continue };
            let from = everything[..at].char_indices().rev().nth(120).map_or(0, |it| it.0);
            let around: String = everything[from..].chars().take(240 + text.len()).collect();
            anyhow::bail!("{what}: `{canary}` left, {form}:\n…{around}…");
        }
    }
    Ok(())
}

/// Paths of the findings, with what is shown of both sides.
fn findings(answer: &Answer) -> Result<Vec<(String, String)>> {
    let report = answer.report()?;
    let targets = report["environments"][0]["targets"].as_array().cloned().unwrap_or_default();
    let findings = targets.iter().flat_map(|it| it["findings"].as_array().cloned().unwrap_or_default());
    findings
        .map(|it| {
            let path = it["path"].as_str().context("a finding has a path")?.to_owned();
            Ok((path, format!("{} {}", it["desired"], it["live"])))
        })
        .collect()
}

/// Fails unless exactly these paths drifted.
fn ensure_found(answer: &Answer, paths: &[&str]) -> Result<()> {
    let mut found: Vec<String> = findings(answer)?.into_iter().map(|it| it.0).collect();
    found.sort();
    let mut wanted = paths.to_vec();
    wanted.sort_unstable();
    ensure!(found == wanted, "{found:#?} instead of {wanted:#?}: {}", answer.said());
    Ok(())
}
