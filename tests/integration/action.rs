//! As a step of a workflow: inputs, outputs, the summary, and nothing that the runner would take for a command.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::errors::drifted;
use crate::estate::{Estate, ONE, THREE, config_map};
use crate::runner::commands;

/// What an attacker writes into a cluster or a unit.
const HOSTILE: &str = "x\n::set-output name=status::clean\n  ::error::forged\n##[error]forged\r::add-mask::a\r\n \
                       y ##[set-env name=PATH]forged\n::stop-commands::forged\u{2028}::warning::forged";

/// The step as `uses:` runs it: every declared input is set, with its default where the workflow says nothing.
fn step(estate: &Estate, event: &str, with: &[(&str, &str)]) -> Result<Detector> {
    #[derive(Deserialize)]
    struct Action {
        inputs: std::collections::BTreeMap<String, Input>,
    }
    #[derive(Deserialize)]
    struct Input {
        default: String,
    }
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"))?;
    let action: Action = serde_saphyr::from_str(&text)?;
    for (name, _) in with {
        ensure!(action.inputs.contains_key(*name), "action.yml has no input `{name}`");
    }
    let detector = estate.detector()?.in_workflow(event)?;
    Ok(action.inputs.iter().fold(detector, |detector, (name, input)| {
        let given = with.iter().find(|it| it.0 == name).map(|it| it.1);
        // The runner evaluates expressions. What goes to GitHub has tests of its own: here the job's token is empty.
        let value = given.unwrap_or(&input.default).replace("${{ github.token }}", "");
        detector.variable(&format!("INPUT_{}", name.to_uppercase()), value)
    }))
}

#[test]
fn every_output_is_written_and_read_back_by_the_runner() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    let answer = step(&estate, "schedule", &[])?.run()?;
    assert_eq!(answer.code, Some(0), "{}", answer.said());
    let outputs = answer.outputs()?;
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    let declared: Value =
        serde_saphyr::from_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"))?)?;
    let mut wanted: Vec<&str> =
        declared["outputs"].as_object().context("outputs")?.keys().map(String::as_str).collect();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
    for (name, value) in [
        ("status", "drift"),
        ("reason", "drift"),
        ("complete", "true"),
        ("drift-count", "3"),
        ("environments-drifted", r#"["dev","staging","prod"]"#),
        ("promotion-safe", "false"),
        ("report-dir", "drift-report"),
        ("report-path", "drift-report/report.md"),
        ("json-path", "drift-report/report.json"),
    ] {
        assert_eq!(outputs[name], value, "{name}");
    }
    let summary: Value = serde_json::from_str(&outputs["summary-json"])?;
    assert_eq!(summary["environments"][2]["name"], "prod");
    let report = answer.report()?;
    assert_eq!(report["run"]["url"], "https://github.com/example/shop/actions/runs/42");
    assert_eq!(
        (&report["run"]["trigger"], &report["run"]["config"]),
        (&json!("schedule"), &json!(".github/drift.yaml"))
    );
    assert_eq!(answer.file("runner/summary")?, answer.file("drift-report/summary.md")?);
    assert!(!answer.file("drift-report/report.md")?.is_empty());
    Ok(())
}

#[test]
fn inputs_have_hyphens_and_empty_ones_are_absent() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    let (url, token) = (estate.world.confighub_url()?, estate.world.confighub_token());
    let with = [
        ("environments", "dev,prod"),
        ("fail-on", "drift"),
        ("out", "reports/today"),
        ("confighub-url", url.as_str()),
        ("confighub-token", token),
        ("kubeconfigs", "dev=kubeconfig\nprod=./kubeconfig\n"),
        ("timeout", "90s"),
    ];
    let detector = step(&estate, "workflow_dispatch", &with)?;
    let bare =
        detector.variable("CUB_API_URL", "http://127.0.0.1:1").variable("CUB_TOKEN", "").variable("KUBECONFIG", "");
    let answer = bare.run()?;
    assert_eq!(answer.code, Some(1), "{}", answer.said());
    let report: Value = serde_json::from_str(&answer.file("reports/today/report.json")?)?;
    assert_eq!(report["environments"][1]["status"], "skipped", "{}", answer.said());
    assert_eq!(answer.outputs()?["environments-drifted"], r#"["dev","prod"]"#);
    assert_eq!(answer.outputs()?["report-dir"], "reports/today");
    Ok(())
}

#[test]
fn the_log_is_a_group_and_one_annotation() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let answer = step(&estate, "schedule", &[])?.run()?;
    let obeyed = ours(&answer)?;
    assert_eq!(obeyed, ["group", "stop-commands", "endgroup", "warning"]);
    assert!(
        answer.stdout.contains("::warning title=Drift Detector::Drift in dev (1 difference)."),
        "{}",
        answer.said()
    );
    estate.world.unplug("dev")?;
    assert_eq!(ours(&step(&estate, "schedule", &[])?.run()?)?, ["group", "stop-commands", "endgroup", "error"]);
    Ok(())
}

/// Names of the commands that the runner obeyed; fails where one stands on standard error or carries forged words.
fn ours(answer: &Answer) -> Result<Vec<String>> {
    let on_stderr = commands(&answer.stderr);
    ensure!(on_stderr.is_empty(), "commands on standard error: {on_stderr:?}");
    let obeyed = commands(&answer.stdout);
    let name = |line: &String| line.trim_start_matches(':').split([' ', ':']).next().unwrap_or_default().to_owned();
    ensure!(obeyed.iter().all(|it| it.starts_with("::")), "{obeyed:?}");
    Ok(obeyed.iter().map(name).collect())
}

/// A Space and a cluster full of [`HOSTILE`].
fn hostile() -> Story {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings",
        "annotations": {HOSTILE: HOSTILE}}, "data": {"mode": "fast", HOSTILE: "x"}});
    let named = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": HOSTILE, "namespace": HOSTILE}, "data": {"a": "b"}});
    let kind = json!({"apiVersion": "example.com/v1", "kind": HOSTILE, "metadata": {"name": "a"}});
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop",
        "uid": "6f1b0e0e-0f0e-4a53-9f4e-2f4cbb3a2d10", "resourceVersion": "8", "annotations": {HOSTILE: "no"}},
        "data": {"mode": HOSTILE, HOSTILE: "y"}});
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(("settings", &*manifest.to_string()))
        .unit(("named", &*named.to_string()))
        .unit(("kind", &*kind.to_string()))
        .unit(("broken", &*format!("a: [\n{HOSTILE}\n")))
        .unit(Unit::new("other", "x").toolchain("AppConfig/::error::x"))
        .unit(("agrees", &*config_map("agrees", "fast")));
    Story::new().space(space).cluster(ClusterStory::new("dev", vec![live]))
}

#[test]
fn hostile_names_and_values_give_the_runner_no_command() -> Result<()> {
    for level in ["info", "trace"] {
        let estate = Estate::new(&hostile(), Profile::Release, ONE)?;
        let answer = step(&estate, "schedule", &[])?.variable("DRIFT_LOG", level).run()?;
        assert_eq!(ours(&answer)?, ["group", "stop-commands", "endgroup", "warning"], "{}", answer.said());
        assert_eq!(answer.outputs()?["status"], "drift", "{}", answer.said());
        assert!(!answer.outputs()?["summary-json"].contains("::set-output"));
        let found = answer.report()?["environments"][0]["counts"]["findings"].as_u64();
        assert!(found.is_some_and(|it| it >= 3), "what is hostile is compared all the same: {}", answer.said());
    }
    Ok(())
}

#[test]
fn hostile_answers_of_services_give_the_runner_no_command() -> Result<()> {
    let plain =
        |status| Fault::StatusWithBody { status, content_type: "text/plain".to_owned(), body: HOSTILE.to_owned() };
    let confighub = json!({"Code": "403", "Message": HOSTILE}).to_string();
    let cluster = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": HOSTILE, "message": HOSTILE, "code": 403});
    let shaped =
        |body: String| Fault::StatusWithBody { status: 403, content_type: "application/json".to_owned(), body };
    for (service, fault) in [
        (CONFIGHUB, plain(400)),
        (CONFIGHUB, shaped(confighub)),
        ("dev", plain(403)),
        ("dev", shaped(cluster.to_string())),
        ("dev", plain(200)),
    ] {
        let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
        estate.world.inject(service, Rule::new(fault.clone()))?;
        let answer = step(&estate, "schedule", &[])?.variable("DRIFT_LOG", "trace").run()?;
        assert_eq!(ours(&answer)?.len(), 4, "{fault:?}: {}", answer.said());
        assert_eq!(answer.outputs()?["status"], "failed", "{fault:?}: {}", answer.said());
    }
    Ok(())
}

#[test]
fn hostile_inputs_give_the_runner_no_command() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    for name in ["environments", "fail-on", "mode", "config", "confighub-url", "kubeconfigs", "timeout", "ca-bundle"] {
        let answer = step(&estate, "schedule", &[(name, HOSTILE)])?.run()?;
        assert_eq!(answer.code, Some(2), "{name}: {}", answer.said());
        let obeyed = ours(&answer)?;
        assert!(obeyed.iter().all(|it| it == "error") && !obeyed.is_empty(), "{name}: {}", answer.said());
        let lines = answer.stdout.lines().filter(|it| it.starts_with("::error title="));
        assert_eq!(lines.count(), answer.stdout.lines().count(), "{name}: {}", answer.said());
    }
    let config = format!("version: 1\nenvironments:\n  - name: {}\n    ##[error]: 1\n", json!(HOSTILE));
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, &config)?;
    let answer = step(&estate, "schedule", &[])?.run()?;
    assert!(ours(&answer)?.iter().all(|it| it == "error"), "{}", answer.said());
    Ok(())
}
