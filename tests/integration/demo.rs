//! The demo, and the commands beside `run`: everything that needs nothing to be set up.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};

/// The demo's report of one profile.
fn demo(profile: &str) -> Result<Answer> {
    let answer = Detector::new()?.arguments(["demo", "--profile", profile, "--out", "drift-report"]).run()?;
    ensure!(answer.code == Some(0), "{}", answer.said());
    Ok(answer)
}

/// Environment, object and path of every finding.
fn findings(report: &Value) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for environment in report["environments"].as_array().context("environments")? {
        for target in environment["targets"].as_array().context("targets")? {
            for it in target["findings"].as_array().context("findings")? {
                let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
                let object = &it["object"];
                let parts =
                    [&environment["name"], &it["code"], &object["kind"], &object["name"], &it["path"]].map(text);
                ensure!(all.insert(parts.join(" ").trim_end().to_owned()), "twice: {it:#}");
            }
        }
    }
    Ok(all)
}

/// The report without what differs from run to run: when it was written, from where, and loopback ports.
fn timeless(report: &Value) -> Result<Value> {
    let mut report = report.clone();
    for name in ["started", "finished", "config"] {
        report["run"].as_object_mut().context("the report has a run")?.remove(name);
    }
    for run in report["runs"].as_array_mut().context("the report has runs")? {
        run.as_object_mut().context("a run is an object")?.remove("at");
    }
    let mut rest = report.to_string();
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once("127.0.0.1:") {
        text.push_str(before);
        text.push_str("HOST");
        rest = after.trim_start_matches(|it: char| it.is_ascii_digit()).to_owned();
    }
    Ok(serde_json::from_str(&(text + &rest))?)
}

#[test]
fn the_demo_names_exactly_what_happened_in_the_story() -> Result<()> {
    for profile in ["release", "bridge"] {
        let answer = demo(profile)?;
        let report = answer.report()?;
        let found = findings(&report)?;
        let wanted = [
            "dev field-changed Deployment frontend-web /spec/replicas",
            "prod field-changed ConfigMap web-config /data/default.conf",
            "prod field-changed Deployment backend-api /spec/replicas",
            "prod field-changed Deployment frontend-web /spec/template/spec/containers/0/image",
            "prod object-missing DaemonSet log-shipper",
        ];
        assert_eq!(found, wanted.map(str::to_owned).into(), "{profile}");
        let environments = report["environments"].as_array().context("environments")?;
        let statuses: Vec<_> = environments.iter().map(|it| (&it["name"], &it["status"], &it["complete"])).collect();
        let (yes, clean, drift) = (json!(true), json!("clean"), json!("drift"));
        assert_eq!(
            statuses,
            [(&json!("dev"), &drift, &yes), (&json!("staging"), &clean, &yes), (&json!("prod"), &drift, &yes)]
        );
        assert_eq!(environments[1]["targets"][0]["pending"], json!(["cache"]));
        let markdown = answer.file("drift-report/report.md")?;
        assert!(answer.stdout.starts_with(&markdown) && answer.stdout.contains("Try next:"), "{}", answer.said());
        assert!(
            !answer.file("drift-report/summary.md")?.is_empty() && answer.stderr.lines().count() < 10,
            "{}",
            answer.said()
        );
    }
    Ok(())
}

/// `demo --serve`, until it is dropped.
struct Served {
    child: Child,
    described: Value,
}

impl Served {
    fn start(detector: &Detector) -> Result<Self> {
        let mut child = detector.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut stdout = child.stdout.take().context("standard output is piped")?;
        let (mut text, mut piece) = (Vec::new(), [0; 4096]);
        // It goes on running: the end of the JSON is the end of what it says.
        let described = loop {
            let read = stdout.read(&mut piece)?;
            ensure!(read > 0, "it ended: {}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&piece[..read]);
            if let Ok(described) = serde_json::from_slice(&text) {
                break described;
            }
        };
        Ok(Self { child, described })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_run_from_the_shell_against_served_stand_ins_gives_the_report_of_the_demo() -> Result<()> {
    for profile in ["release", "bridge"] {
        let detector = Detector::new()?.arguments(["demo", "--serve", "--profile", profile, "--out", "served"]);
        let served = Served::start(&detector)?;
        let described = &served.described;
        let text = |pointer: &str| {
            described.pointer(pointer).and_then(Value::as_str).with_context(|| format!("{pointer} in {described:#}"))
        };
        let config = std::fs::read_to_string(text("/files/config")?)?;
        let run = Detector::new()?
            .file(".github/drift.yaml", &config)?
            .file("kubeconfig", &described["kubeconfig"].to_string())?
            .variable("CUB_API_URL", text("/confighub/url")?)
            .variable("KUBECONFIG", "kubeconfig")
            .variable("CONFIGHUB_WORKER_ID", text("/confighub/worker-id")?)
            .variable("CONFIGHUB_WORKER_SECRET", text("/confighub/worker-secret")?);
        let answer = run.run()?;
        assert_eq!(answer.code, Some(0), "{}", answer.said());
        assert_eq!(timeless(&answer.report()?)?, timeless(&demo(profile)?.report()?)?);

        let said = Detector::new()?
            .arguments(["run", "--config", text("/files/config")?, "--fail-on", "drift"])
            .variable("CUB_API_URL", text("/environment/CUB_API_URL")?)
            .variable("KUBECONFIG", text("/environment/KUBECONFIG")?)
            .variable("CONFIGHUB_WORKER_ID", text("/confighub/worker-id")?)
            .variable("CONFIGHUB_WORKER_SECRET", text("/confighub/worker-secret")?);
        let answer = said.run()?;
        assert_eq!(answer.code, Some(1), "{}", answer.said());
    }
    Ok(())
}

#[test]
fn a_report_is_rendered_again_as_it_was() -> Result<()> {
    let answer = demo("release")?;
    for (format, file) in [("markdown", "drift-report/report.md"), ("summary", "drift-report/summary.md")] {
        let render = Detector::new()?.file("report.json", &answer.file("drift-report/report.json")?)?;
        let rendered = render.arguments(["render", "--from", "report.json", "--format", format]).run()?;
        assert_eq!((rendered.code, rendered.stdout.trim_end()), (Some(0), answer.file(file)?.trim_end()));
    }
    for (text, words) in [
        ("{\"schema-version\": 99}", "schema version 99"),
        ("not a report", "failed to read it as a report"),
        ("{\"schema-version\": 0}", "failed to read it as a report"),
    ] {
        let bad = Detector::new()?.file("bad.json", text)?.arguments(["render", "--from", "bad.json"]).run()?;
        assert!(bad.code == Some(2) && bad.stderr.contains(words) && bad.stdout.is_empty(), "{}", bad.said());
    }
    Ok(())
}

#[test]
fn compare_tells_same_drift_and_error_by_its_exit_code() -> Result<()> {
    let manifest = |replicas: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {replicas}}}\n")
    };
    let compare = |live: &str, more: &[&str]| -> Result<Answer> {
        let detector = Detector::new()?.file("desired.yaml", &manifest("3"))?.file("live.yaml", live)?;
        let arguments = ["compare", "--desired", "desired.yaml", "--live", "live.yaml"];
        detector.arguments(arguments).arguments(more.iter().copied()).run()
    };
    for (live, more, code) in [
        (manifest("3"), vec![], 0),
        (manifest("5"), vec![], 1),
        (manifest("5"), vec!["--ignore", "/spec/replicas"], 0),
        ("# deleted\n".to_owned(), vec![], 1),
        (": [".to_owned(), vec![], 2),
        (manifest("3"), vec!["--context", "nowhere.yaml"], 2),
        (manifest("3"), vec!["--format", "xml"], 2),
    ] {
        let answer = compare(&live, &more)?;
        assert_eq!(answer.code, Some(code), "{live} {more:?}: {}", answer.said());
        assert_eq!(answer.stderr.is_empty(), code != 2, "{}", answer.said());
    }
    let answer: Value = serde_json::from_str(&compare(&manifest("5"), &["--format", "json"])?.stdout)?;
    assert_eq!((&answer["drift"], &answer["findings"][0]["path"]), (&json!(true), &json!("/spec/replicas")));
    assert!(answer["additions"].is_array() && answer["suppressed"].is_array(), "{answer:#}");
    Ok(())
}

#[test]
fn the_schemas_are_those_that_are_checked_in() -> Result<()> {
    let schema = |of: &str| -> Result<Value> {
        let answer = Detector::new()?.arguments(["schema", of]).run()?;
        ensure!(answer.code == Some(0), "{}", answer.said());
        Ok(serde_json::from_str(&answer.stdout)?)
    };
    let checked_in = |path: &str| -> Result<Value> {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        Ok(serde_json::from_str(&text.with_context(|| format!("failed to read {path}"))?)?)
    };
    assert_eq!(schema("config")?, checked_in("src/inputs/config/schema.json")?);
    let report = schema("report")?;
    assert_eq!(report, checked_in("src/report/schema.json")?);
    let validator = jsonschema::validator_for(&report)?;
    let written = demo("release")?.report()?;
    let problems: Vec<_> = validator.iter_errors(&written).map(|it| it.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(!validator.is_valid(&json!({"schema-version": 0})), "a negative control");
    Ok(())
}

#[test]
fn every_core_case_of_the_corpus_is_judged_right() -> Result<()> {
    let Some(shared) = std::env::var_os("DRIFT_SHARED").filter(|it| !it.is_empty()) else {
        // Past the test runner, which shows nothing of a test that passes.
        writeln!(io::stderr(), "skipped: DRIFT_SHARED does not say where the corpus is")?;
        return Ok(());
    };
    let corpus = Path::new(&shared).join("corpus");
    for cases in [corpus.clone(), corpus.join("apiserver")] {
        let mut score = Command::new(corpus.join("score"));
        score.arg(env!("CARGO_BIN_EXE_drift-detector")).arg("--bad").arg("--cases").arg(&cases);
        let done = score.output().context("failed to run the corpus' score")?;
        let (said, failed) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        // Its exit code asks for more: that paths are spelled as its sources spelled them.
        let core =
            said.lines().find_map(|it| it.strip_prefix("core: ")?.split_once(" right, 0 false alarms, 0 missed"));
        let (right, all) = core.and_then(|it| it.0.split_once('/')).with_context(|| format!("{said}\n{failed}"))?;
        let paths = said.lines().find(|it| it.starts_with("paths exact")).unwrap_or_default();
        writeln!(io::stderr(), "{}: {right} of {all} core cases, {paths}", cases.display())?;
        ensure!(right == all && right != "0" && paths.ends_with("API defaults: 0"), "{}:\n{said}", cases.display());
    }
    Ok(())
}
