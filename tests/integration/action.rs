//! As a step of a workflow: inputs, outputs, the summary, and nothing that the runner would take for a command.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::errors::drifted;
use crate::estate::{Estate, ONE, THREE, config_map, live_config_map};
use crate::runner::{Action, commands};

/// What an attacker writes into a cluster or a unit.
const HOSTILE: &str = "x\n::set-output name=status::clean\n  ::error::forged\n##[error]forged\r::add-mask::a\r\n \
                       y ##[set-env name=PATH]forged\n::stop-commands::forged\u{2028}::warning::forged";

/// The step as `uses:` runs it.
pub(crate) fn step(estate: &Estate, event: &str, with: &[(&str, &str)]) -> Result<Detector> {
    estate.detector()?.in_workflow(event)?.with(with)
}

#[test]
fn every_output_is_written_and_read_back_by_the_runner() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    let answer = step(&estate, "schedule", &[])?.run()?;
    assert_eq!(answer.code, Some(0), "{}", answer.said());
    let outputs = answer.outputs()?;
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    let declared = Action::read()?.outputs;
    assert_eq!(names, declared.keys().map(String::as_str).collect::<Vec<_>>());
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
    assert_eq!(answer.summary()?, answer.file("drift-report/summary.md")?);
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
pub(crate) fn ours(answer: &Answer) -> Result<Vec<String>> {
    let on_stderr = commands(&answer.stderr);
    ensure!(on_stderr.is_empty(), "commands on standard error: {on_stderr:?}");
    let obeyed = answer.commands();
    ensure!(obeyed.iter().all(|it| it.line.starts_with("::")), "{obeyed:?}");
    Ok(obeyed.into_iter().map(|it| it.name).collect())
}

/// A Space and a cluster full of [`HOSTILE`].
pub(crate) fn hostile() -> Story {
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

#[test]
fn files_in_the_workspace_are_its_owners() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let (user, group) = (1001, 121);
    let prepared = step(&estate, "schedule", &[("out", "reports/today"), ("record", "kept/recording")])?;
    let prepared = match prepared.owned_by(user, group) {
        Ok(prepared) => prepared,
        Err(error) => {
            writeln!(
                std::io::stderr(),
                "skipped: only root gives files away, as only a container's root has to ({error:#})"
            )?;
            return Ok(());
        }
    };
    let answer = prepared.run()?;
    assert_eq!(answer.code, Some(0), "{}", answer.said());
    assert!(
        !answer.file("reports/today/report.md")?.is_empty() && !answer.file("kept/recording/index.json")?.is_empty()
    );
    assert_eq!(answer.strangers(user, group)?, Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn a_report_of_thousands_of_findings_fits_what_the_runner_takes() -> Result<()> {
    let mut space = Space::new("shop-dev").namespace("shop");
    let mut live = Vec::new();
    for number in 0..2_000 {
        let name = format!("settings-{number}");
        space = space.unit((&*name, &*config_map(&name, &"fast ".repeat(100))));
        live.push(live_config_map(&name, &"slow ".repeat(100)));
    }
    let story = Story::new().space(space).cluster(ClusterStory::new("dev", live));
    let estate = Estate::new(&story, Profile::Release, ONE)?;
    let answer = step(&estate, "schedule", &[("mode", "detect")])?.run()?;
    assert_eq!(answer.outputs()?["drift-count"], "2000", "{}", answer.said());
    assert!(answer.outputs()?["summary-json"].len() < 32 * 1024);
    assert!(answer.summary()?.contains("2000"), "the summary is there, and whole in its numbers");
    Ok(())
}
