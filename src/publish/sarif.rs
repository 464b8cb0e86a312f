//! The report as SARIF 2.1.0, for code scanning and every tool that reads that.
//!
//! A difference is a result; its rule is its code; what it is recognised by from run to run is its id. It has no place in the
//! repository, so it points at the configuration, and names the unit beside it (`logicalLocations`).

use serde_json::{Value, json};

use crate::model::finding::{Code, Finding, Severity, Shown};
use crate::render::one_line;
use crate::report::{EnvironmentReport, Report, TargetReport};

/// GitHub takes 25,000 results and shows the 5,000 most severe.
const RESULTS: usize = 5_000;

/// Characters of a value in a message.
const VALUE: usize = 120;

/// The file.
pub(super) fn file(report: &Report) -> Value {
    let all = report.environments.iter().flat_map(|environment| {
        let of_target = move |target| of_target(report, environment, target);
        environment.targets.iter().flat_map(of_target)
    });
    let mut results: Vec<(Severity, Value)> = all.collect();
    results.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let left_out = results.len().saturating_sub(RESULTS);
    let results: Vec<_> = results.into_iter().take(RESULTS).map(|(_, it)| it).collect();
    let started = report.run.started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let finished = report.run.finished.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Drift Detector",
                "semanticVersion": report.run.version,
                "rules": Code::ALL.map(rule),
            }},
            // Results of one configuration replace one another, those of another stand beside them.
            "automationDetails": {"id": format!("drift-detector/{}/", uri(config(report)))},
            "invocations": [{
                // What was not compared may have drifted, too.
                "executionSuccessful": report.complete,
                "startTimeUtc": started,
                "endTimeUtc": finished,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "status": report.status,
                "complete": report.complete,
                "fingerprint": report.fingerprint,
                "resultsLeftOut": left_out,
            },
        }],
    })
}

/// The file that environments are configured in, relative to the repository.
fn config(report: &Report) -> &str {
    report.run.config.as_deref().unwrap_or(".github/drift.yaml")
}

fn rule(code: Code) -> Value {
    let help = help(code);
    let level = match code {
        Code::ObjectMissing | Code::FieldRemoved | Code::FieldChanged => "warning",
        Code::ObjectOrphaned | Code::FieldAdded | Code::ObjectUnmanaged => "note",
    };
    json!({
        "id": code.name(),
        "name": pascal(code.name()),
        "shortDescription": {"text": sentence(code.description())},
        "fullDescription": {"text": format!("{} {help}", sentence(code.description()))},
        "help": {"text": help, "markdown": help},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["drift", "kubernetes"], "problem.severity": if level == "note" { "recommendation" } else { "warning" }},
    })
}

/// What to do, for each code.
fn help(code: Code) -> &'static str {
    match code {
        Code::FieldChanged | Code::FieldRemoved => {
            "If the cluster is right, change the unit in ConfigHub and ship it. If ConfigHub is right, ship the unit once more as it is."
        }
        Code::ObjectMissing => {
            "Ship the unit once more and the object comes back. If it was deleted on purpose, take it out of the unit."
        }
        Code::ObjectOrphaned => "Delete the object in the cluster. If it is still needed, state it in a unit again.",
        Code::FieldAdded => "If the field should stay, state it in the unit. Otherwise remove it in the cluster.",
        Code::ObjectUnmanaged => "If the object should stay, state it in a unit. Otherwise delete it in the cluster.",
    }
}

fn of_target<'a>(
    report: &'a Report,
    environment: &'a EnvironmentReport,
    target: &'a TargetReport,
) -> impl Iterator<Item = (Severity, Value)> + 'a {
    target.findings.iter().map(move |it| (it.severity, result(report, environment, target, it)))
}

fn result(report: &Report, environment: &EnvironmentReport, target: &TargetReport, finding: &Finding) -> Value {
    let index = Code::ALL.iter().position(|it| *it == finding.code);
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    };
    let unit = finding.unit.as_deref().unwrap_or("no unit");
    let baseline = finding.age.as_ref().map(|it| if it.new { "new" } else { "unchanged" });
    let mut result = json!({
        "ruleId": finding.code.name(),
        "ruleIndex": index,
        "level": level,
        "message": {"text": message(environment, finding)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(config(report))},
                "region": {"startLine": 1},
            },
            "logicalLocations": [{
                "name": one_line(unit),
                "fullyQualifiedName": one_line(&format!("{}/{unit}/{} {}", target.space, finding.object, finding.field).trim_end().replace('\n', " ")),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {"driftFinding/v1": finding.id},
        "properties": {
            "environment": environment.name,
            "target": target.name,
            "severity": finding.severity,
            "unitLine": finding.line,
        },
    });
    if let Some(baseline) = baseline {
        result["baselineState"] = baseline.into();
    }
    result
}

/// One sentence; what others wrote in it is neither a link nor a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6).
fn message(environment: &EnvironmentReport, finding: &Finding) -> String {
    let Finding { object, field, desired, live, .. } = finding;
    let text = match finding.code {
        Code::ObjectMissing => format!("{object} is missing in {}.", environment.name),
        Code::ObjectOrphaned => format!("{object} is in {}, and no unit states it any more.", environment.name),
        Code::ObjectUnmanaged => format!("{object} is in {}, and no unit states it.", environment.name),
        Code::FieldChanged | Code::FieldRemoved | Code::FieldAdded => {
            let (desired, live) = (value(desired), value(live));
            format!("{object} in {}: {field} is {live}, ConfigHub says {desired}.", environment.name)
        }
    };
    let mut out = String::new();
    for character in one_line(&text).chars() {
        match character {
            '[' | ']' | '\\' => out.extend(['\\', character]),
            '{' | '}' => out.extend([character, character]),
            _ => out.push(character),
        }
    }
    out
}

fn value(shown: &Shown) -> String {
    match shown {
        Shown::Absent => "not set".to_owned(),
        Shown::Hidden(_) => "hidden".to_owned(),
        Shown::Text(text) if text.as_str().chars().count() > VALUE || text.as_str().contains('\n') => {
            "a longer value".to_owned()
        }
        Shown::Text(text) => format!("'{text}'"),
    }
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let plain = |it: &u8| it.is_ascii_alphanumeric() || b"-._~/".contains(it);
    let path = path.trim_start_matches("./").trim_start_matches('/');
    path.bytes().map(|it| if plain(&it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let start = characters.next().map(|it| it.to_ascii_uppercase());
    start.into_iter().chain(characters).chain(['.']).collect()
}

/// `field-changed` → `FieldChanged`.
fn pascal(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (start, rest) = part.split_at(1.min(part.len()));
        start.to_ascii_uppercase() + rest
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::*;

    #[test]
    fn a_difference_is_a_result_that_is_recognised_again() {
        let report = story();
        let sarif = file(&report);
        let results = sarif["runs"][0]["results"].as_array().expect("a list");
        assert_eq!(results.len(), report.counts.findings);
        assert_eq!((&results[0]["ruleId"], &results[0]["level"]), (&json!("object-missing"), &json!("error")));
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("a list");
        for it in results {
            let index = usize::try_from(it["ruleIndex"].as_u64().expect("a number")).expect("small");
            assert_eq!(rules[index]["id"], it["ruleId"]);
        }
        let mut ids: Vec<_> = results.iter().map(|it| it["partialFingerprints"].to_string()).collect();
        ids.sort();
        assert_eq!(ids, {
            let again = file(&story());
            let mut ids: Vec<_> = again["runs"][0]["results"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|it| it["partialFingerprints"].to_string())
                .collect();
            ids.sort();
            ids
        });
    }

    #[test]
    fn what_others_wrote_is_no_link_and_no_placeholder() {
        let hostile = "[click](http://evil.example) {0}\u{202e}\n::error::x";
        let finding = finding(object("v1", "ConfigMap", hostile), hostile, shown(hostile), shown("x"));
        let sarif = file(&report(vec![environment("prod", Ok(compared(1, vec![finding], vec![])))]));
        let message = sarif["runs"][0]["results"][0]["message"]["text"].as_str().expect("a text");
        assert!(message.contains("\\[click\\](") && message.contains("{{0}}"), "{message}");
        assert!(!message.contains(['\n', '\u{202e}']), "{message}");
    }

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(uri("./a b/é.yaml"), "a%20b/%C3%A9.yaml");
        assert_eq!(uri("/etc/x"), "etc/x");
    }
}
