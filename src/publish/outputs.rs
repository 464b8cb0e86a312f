//! The step's outputs, as `GITHUB_OUTPUT` takes them.

use std::path::Path;

use anyhow::bail;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::history::Changes;
use crate::model::proposal::OpenChangeSet;
use crate::report::{Report, Status};

use super::Delivered;

/// Bytes that `summary-json` may have: GitHub takes 1 MB of outputs for a whole job.
const SUMMARY_BYTES: usize = 32 * 1024;

/// Every output of this version, as `name<<delimiter` blocks.
pub(super) fn file(report: &Report, delivered: &Delivered, paths: &Paths) -> anyhow::Result<String> {
    let mut file = String::new();
    for (name, value) in values(report, delivered, paths) {
        file.push_str(&block(name, &value, &format!("drift_{}", Uuid::new_v4()))?);
    }
    Ok(file)
}

/// Where the files are, relative to the workspace.
pub(super) struct Paths {
    pub(super) folder: String,
    pub(super) report: String,
    pub(super) json: String,
    pub(super) sarif: String,
}

impl Paths {
    /// Later steps do not see our file system: inside the workspace, paths are relative to it.
    pub(super) fn new(out: &Path, workspace: &Path) -> Self {
        let path = |it: &Path| it.strip_prefix(workspace).unwrap_or(it).display().to_string();
        Self {
            folder: path(out),
            report: path(&out.join("report.md")),
            json: path(&out.join("report.json")),
            sarif: path(&out.join("report.sarif")),
        }
    }
}

fn values(report: &Report, delivered: &Delivered, paths: &Paths) -> Vec<(&'static str, String)> {
    let number = |it: Option<u64>| it.map(|it| it.to_string()).unwrap_or_default();
    let page = delivered.url.clone().or_else(|| report.run.url.clone()).unwrap_or_default();
    let drifted = report.environments.iter().filter(|it| it.status == Status::Drift).map(|it| it.name.as_str());
    // Empty where nothing is known about earlier runs: zero would be a claim.
    let changes =
        |count: fn(&Changes) -> usize| report.changes.as_ref().map(|it| count(it).to_string()).unwrap_or_default();
    vec![
        ("status", word(&json!(report.status))),
        ("reason", delivered.reason.map_or_else(|| word(&json!(report.reason)), str::to_owned)),
        ("complete", report.complete.to_string()),
        ("drift-count", report.counts.findings.to_string()),
        ("new-count", changes(|it| it.new)),
        ("resolved-count", changes(|it| it.resolved)),
        ("environments-drifted", Value::from_iter(drifted).to_string()),
        ("promotion-safe", word(&json!(report.promotion_safe))),
        ("fingerprint", report.fingerprint.clone()),
        ("summary-json", summary(report)),
        ("report-dir", paths.folder.clone()),
        ("report-path", paths.report.clone()),
        ("json-path", paths.json.clone()),
        ("sarif-path", paths.sarif.clone()),
        ("issue-number", number(delivered.issue)),
        ("comment-id", number(delivered.comment)),
        ("report-url", page),
        ("changesets", changesets(report)),
    ]
}

/// Which ChangeSet holds the proposals of each environment that has any.
fn changesets(report: &Report) -> String {
    let all = report.environments.iter().filter_map(|it| {
        let OpenChangeSet { space, slug, url, state, .. } = it.proposal.as_ref()?.changeset.as_ref()?;
        Some(json!({"environment": it.name, "space": space, "slug": slug, "url": url, "state": state}))
    });
    Value::from_iter(all).to_string()
}

/// The name of a value that has one.
pub(super) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The report without its lists. Environments that do not fit are counted.
fn summary(report: &Report) -> String {
    let mut shown = report.environments.len();
    loop {
        let environments = report
            .environments
            .iter()
            .take(shown)
            .map(|it| json!({"name": it.name, "status": it.status, "complete": it.complete, "counts": it.counts}));
        let edges = report.edges.iter().take(shown);
        let text = json!({
            "schema-version": report.schema_version,
            "status": report.status,
            "reason": report.reason,
            "complete": report.complete,
            "verdict": report.verdict,
            "counts": report.counts,
            "changes": report.changes,
            "fingerprint": report.fingerprint,
            "promotion-safe": report.promotion_safe,
            "environments": environments.collect::<Vec<_>>(),
            "environments-left-out": report.environments.len() - shown,
            "edges": edges.map(|it| json!({"from": it.from, "to": it.to, "verdict": it.verdict})).collect::<Vec<_>>(),
        })
        .to_string();
        if text.len() < SUMMARY_BYTES || shown == 0 {
            return text;
        }
        shown /= 2;
    }
}

/// One output. A value that holds the delimiter could start outputs of its own.
fn block(name: &str, value: &str, delimiter: &str) -> anyhow::Result<String> {
    if value.contains(delimiter) {
        bail!("the output `{name}` holds its own delimiter");
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::*;

    #[test]
    fn the_runner_reads_back_what_was_written() -> anyhow::Result<()> {
        let paths = Paths::new(Path::new("/github/workspace/drift-report"), Path::new("/github/workspace"));
        let file = file(&story(), &Delivered { issue: Some(7), ..Delivered::default() }, &paths)?;
        let mut lines = file.lines();
        let mut read = Vec::new();
        while let Some((name, delimiter)) = lines.next().and_then(|it| it.split_once("<<")) {
            let value: Vec<_> = lines.by_ref().take_while(|it| *it != delimiter).collect();
            read.push((name, value.join("\n")));
        }
        let names: Vec<_> = read.iter().map(|(name, _)| *name).collect();
        let get = |name: &str| read.iter().find(|it| it.0 == name).map(|it| it.1.as_str()).unwrap_or_default();
        assert_eq!(names.len(), 18, "{names:?}");
        assert_eq!(get("status"), "drift");
        assert_eq!(get("reason"), "drift");
        assert_eq!(get("complete"), "false");
        assert_eq!(get("drift-count"), "8");
        assert_eq!((get("issue-number"), get("comment-id")), ("7", ""));
        assert_eq!(get("report-url"), "https://github.com/acme/shop/actions/runs/9876543210");
        assert_eq!((get("new-count"), get("resolved-count"), get("fingerprint").len()), ("", "", 64));
        assert_eq!(get("environments-drifted"), r#"["dev","prod"]"#);
        assert_eq!(get("promotion-safe"), "false");
        assert_eq!(get("report-path"), "drift-report/report.md");
        assert_eq!(serde_json::from_str::<Value>(get("summary-json"))?["counts"]["in-scope"], 24);
        Ok(())
    }

    #[test]
    fn the_summary_fits_whatever_is_in_it() {
        let one = |n| environment(&format!("environment-with-a-long-name-{n}"), Ok(compared(6, vec![], vec![])));
        let summary = summary(&report((0..2_000).map(one).collect()));
        assert!(summary.len() < SUMMARY_BYTES && summary.contains("environments-left-out\":1"), "{summary}");
    }

    #[test]
    fn a_value_with_its_own_delimiter_is_refused() {
        assert!(block("status", "x\nEND\nother<<y", "END").is_err());
    }
}
