//! Standard output under the Actions runner, which reads commands from every line of it.

use std::io;

use serde_json::json;
use uuid::Uuid;

use crate::render::one_line;
use crate::report::{EnvironmentReport, Report, Status, counted};
use crate::workflow::{Level, annotation, defused};

use super::Delivered;
use super::outputs::word;

/// Findings of a target that are logged; the report has all of them.
const FINDINGS: usize = 20;

/// Characters of an annotation that the runner shows.
const ANNOTATION: usize = 4_000;

/// A short log in a group of its own, and one annotation with the verdict.
///
/// Everything in the group that others may have written stands where the runner looks for no commands.
pub(super) fn write(report: &Report, delivered: &Delivered, out: &mut impl io::Write) -> io::Result<()> {
    let resume = Uuid::new_v4();
    writeln!(out, "::group::Drift report")?;
    writeln!(out, "::stop-commands::{resume}")?;
    for line in lines(report).iter().chain(&delivered.notes).chain(&delivered.failures) {
        writeln!(out, "{}", defused(&one_line(line)))?;
    }
    writeln!(out, "::{resume}::")?;
    writeln!(out, "::endgroup::")?;
    let level = match report.status {
        Status::Clean | Status::Skipped if delivered.failures.is_empty() => Level::Notice,
        Status::Clean | Status::Skipped => Level::Warning,
        Status::Drift | Status::Partial => Level::Warning,
        Status::Failed => Level::Error,
    };
    writeln!(out, "{}", annotation(level, &one_line(&message(report, delivered))))
}

/// The log, line by line.
fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![report.verdict.clone()];
    lines.extend(report.remarks.iter().cloned());
    lines.extend(report.environments.iter().flat_map(of_environment));
    lines
}

fn of_environment(it: &EnvironmentReport) -> Vec<String> {
    let counts = &it.counts;
    let mut lines = vec![format!(
        "{}: {}, {}, {} of {} compared",
        it.name,
        word(&json!(it.status)),
        counted(counts.findings, "difference", "differences"),
        counts.compared,
        counted(counts.in_scope, "object", "objects")
    )];
    for target in &it.targets {
        let failure = target.failure.iter().map(|it| format!("  {}: not read: {}", target.name, it.detail));
        lines.extend(failure);
        let findings = target.findings.iter().take(FINDINGS);
        lines.extend(findings.map(|it| format!("  {}: {} {} ({})", target.name, it.object, it.field, it.code)));
        let more = target.findings.len().saturating_sub(FINDINGS);
        lines.extend((more > 0).then(|| format!("  {}: {more} more", target.name)));
        let groups = target.not_compared.iter();
        lines.extend(groups.map(|it| format!("  {}: {} not compared: {}", target.name, it.count, it.obstacle.detail)));
    }
    lines
}

fn message(report: &Report, delivered: &Delivered) -> String {
    let sentences: Vec<_> = std::iter::once(&report.verdict)
        .chain(&delivered.failures)
        .chain(&report.remarks)
        .map(String::as_str)
        .collect();
    let text = sentences.join(" ");
    if text.chars().count() <= ANNOTATION { text } else { report.verdict.chars().take(ANNOTATION).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::*;

    #[test]
    fn cluster_text_gives_the_runner_no_command() -> anyhow::Result<()> {
        let hostile = "x\n::error::a\n  ::set-output name=b::c\n##[warning]d\r::debug::e\u{202e}";
        let object = object("v1", hostile, hostile);
        let report = report(vec![environment(hostile, Ok(compared(1, vec![missing(object)], vec![])))]);
        let mut out = Vec::new();
        write(&report, &Delivered::default(), &mut out)?;
        let out = String::from_utf8(out)?;
        let commands: Vec<_> = out.lines().filter(|it| it.trim_start().starts_with("::")).collect();
        assert_eq!(commands.len(), 5, "{out}");
        assert!(commands[4].starts_with("::warning title=Drift Detector::Drift in x\\n::error::a\\n"), "{out}");
        assert!(
            !out.contains("##[")
                && !out.contains('\r')
                && !out[..out.find("::warning").unwrap_or(0)].contains('\u{202e}'),
            "{out}"
        );
        Ok(())
    }
}
