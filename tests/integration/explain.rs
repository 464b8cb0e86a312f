//! `explain`: a report's entry by its id or name, its line and rule, and the rule that would suppress it, tried out.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::estate::{Estate, ONE, config_map};

const DEPLOYMENT: &str = "# the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: proxy
          image: proxy:1
        - name: web
          image: web:1
          resources:
            limits:
              cpu: \"1\"
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData:
  word: hunter2
";

/// A Deployment that was scaled, got another image and another limit; one object that is gone, one that is excluded, one
/// that is ignored, and a unit that cannot be read.
pub(crate) fn story() -> Story {
    let live = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop",
        "uid": "6f1b0e0e-0f0e-4a53-9f4e-000000000001"}, "spec": {"replicas": 5, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
            {"name": "proxy", "image": "proxy:1"},
            {"name": "web", "image": "web:2", "resources": {"limits": {"cpu": "2"}}}]}}}});
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop",
        "uid": "6f1b0e0e-0f0e-4a53-9f4e-000000000002"}, "data": {"mode": "slow"}});
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(("web", DEPLOYMENT))
        .unit(("settings", &*config_map("settings", "fast")))
        .unit(("gone", &*config_map("gone", "x")))
        .unit(Unit::new("broken", "a: [\n"));
    Story::new().space(space).cluster(ClusterStory::new("dev", vec![live, settings]))
}

pub(crate) const IGNORE: &str =
    "ignore:\n  - {kind: ConfigMap, name: settings, path: /data/mode, reason: \"tuned by hand\"}\n";

/// A run over the story, with a recording.
fn ran() -> Result<(Estate, Answer)> {
    let estate = Estate::new(&story(), Profile::Release, &format!("{ONE}{IGNORE}"))?;
    let answer = estate.detector()?.arguments(["run", "--record", "recording"]).run()?;
    ensure!(answer.code == Some(3), "{}", answer.said());
    Ok((estate, answer))
}

/// `explain` about an answer's report.
fn about(answer: &Answer, arguments: &[&str]) -> Result<Answer> {
    let detector = Detector::new()?.file("drift-report/report.json", &answer.file("drift-report/report.json")?)?;
    detector.arguments(["explain"]).arguments(arguments.iter().copied()).run()
}

fn explained(answer: &Answer, arguments: &[&str]) -> Result<String> {
    let answer = about(answer, arguments)?;
    ensure!(answer.code == Some(0) && answer.stderr.is_empty(), "{}", answer.said());
    Ok(answer.stdout)
}

#[test]
fn a_finding_is_explained_by_its_id_or_its_name() -> Result<()> {
    let (_estate, answer) = ran()?;
    let report = answer.report()?;
    let findings = report["environments"][0]["targets"][0]["findings"].as_array().context("findings")?;
    let image = findings.iter().find(|it| it["path"].as_str().is_some_and(|it| it.ends_with("/image")));
    let id = image.and_then(|it| it["id"].as_str()).context("the image was changed")?;
    let by_id = explained(&answer, &[id])?;
    for name in
        [&id[..8], "web/spec.template.spec.containers[name=web].image", "dev/web/spec/template/spec/containers/1/image"]
    {
        assert_eq!(explained(&answer, &[name])?, by_id, "{name}");
    }
    for words in [
        "field-changed: the cluster has another value than ConfigHub",
        "Deployment shop/web",
        "unit web, line 16",
        "ConfigHub says  web:1",
        "Cluster runs    web:2",
        "compared as a value",
        "paired by `name`, the API's merge key",
        "path: /spec/template/spec/containers/[name=web]/image",
    ] {
        assert!(by_id.contains(words), "{words}: {by_id}");
    }
    let cpu = explained(&answer, &["web/spec.template.spec.containers[name=web].resources.limits.cpu"])?;
    assert!(cpu.contains("unit web, line 19") && cpu.contains("compared as a quantity"), "{cpu}");
    let markdown = answer.file("drift-report/report.md")?;
    assert!(markdown.contains("unit&nbsp;`web`, line&nbsp;7") && markdown.contains("line&nbsp;16"), "{markdown}");
    Ok(())
}

#[test]
fn whatever_a_report_lists_is_explained() -> Result<()> {
    let (_estate, answer) = ran()?;
    for (name, words) in [
        ("gone", ["object-missing", "unit gone, line 1", "the API server has none", "leaves out the whole object"]),
        (
            "settings",
            [
                "suppressed: left out on purpose",
                "ConfigHub says  fast",
                "Cluster runs    slow",
                "ignored: tuned by hand",
            ],
        ),
        ("Secret shop/login", ["suppressed", "unit web, line 21", "Left out", "`secrets: true`"]),
        (
            "broken",
            [
                "not compared: whether it drifted is not known",
                "Unit            broken",
                "not Kubernetes YAML",
                "What to do",
            ],
        ),
    ] {
        let said = explained(&answer, &[name])?;
        assert!(words.iter().all(|it| said.contains(it)), "{name}: {said}");
    }
    let json: Value = serde_json::from_str(&explained(&answer, &["gone", "--format", "json"])?)?;
    assert_eq!((&json["environment"], &json["finding"]["code"]), (&json!("dev"), &json!("object-missing")));
    Ok(())
}

#[test]
fn the_suggested_rule_suppresses_what_it_is_for_and_nothing_else() -> Result<()> {
    let (estate, answer) = ran()?;
    let report = answer.report()?;
    let findings = report["environments"][0]["targets"][0]["findings"].as_array().cloned().context("findings")?;
    assert_eq!(findings.len(), 4, "{findings:#?}");
    for finding in &findings {
        let id = finding["id"].as_str().context("an id")?;
        let json: Value = serde_json::from_str(&explained(&answer, &[id, "--format", "json"])?)?;
        let rule = json["ignore"].as_str().context("a rule")?;
        ensure!(explained(&answer, &[id])?.contains(rule.lines().next().unwrap_or_default()));
        let indented: String = rule.lines().map(|it| format!("  {it}\n")).collect();
        let detector = estate.detector()?.file(".github/drift.yaml", &format!("{ONE}ignore:\n{indented}"))?;
        let report = detector.run()?.report()?;
        let target = &report["environments"][0]["targets"][0];
        let left: Vec<_> = target["findings"].as_array().context("findings")?.iter().map(|it| &it["id"]).collect();
        assert!(!left.iter().any(|it| **it == *id), "{rule}");
        // Without the rule of the story one more is found.
        assert_eq!(left.len(), findings.len(), "{rule}: {left:?}");
        let suppressed = target["suppressed"].as_array().context("suppressed")?;
        assert!(suppressed.iter().any(|it| it["id"] == *id), "{rule}: {suppressed:#?}");
    }
    Ok(())
}

#[test]
fn a_recording_is_explained_as_its_run_was() -> Result<()> {
    let (_estate, answer) = ran()?;
    let mut from_recording = Detector::new()?;
    for name in ["index.json", "dev.json"] {
        from_recording =
            from_recording.file(&format!("recording/{name}"), &answer.file(&format!("recording/{name}"))?)?;
    }
    let said = from_recording.arguments(["explain", "web/spec.replicas", "--replay", "recording"]).run()?;
    assert_eq!(said.code, Some(0), "{}", said.said());
    assert_eq!(said.stdout, explained(&answer, &["web/spec.replicas"])?);
    Ok(())
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_there_is() -> Result<()> {
    let (_estate, answer) = ran()?;
    for (arguments, words) in [
        (vec!["web"], ["`web` may be any of these; give its id", "spec.replicas", "limits.cpu"]),
        (vec!["nobody"], ["nothing that is called `nobody`; it has", "object-missing", "not compared"]),
        (vec![""], ["nothing that is called ``", "it has", "spec.replicas"]),
        (vec!["web", "--from", "nowhere.json"], ["failed to read the report `nowhere.json`", "--from", " file"]),
    ] {
        let said = about(&answer, &arguments)?;
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.said());
        assert!(said.stdout.is_empty() && words.iter().all(|it| said.stderr.contains(it)), "{}", said.said());
    }
    Ok(())
}

const ADDED: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
  address: https://shop:first-password@db.example/
";

/// A `ConfigMap` into which several hands wrote, and one that no unit states.
fn with_managers() -> Story {
    let fields = |fields: Value| json!({"f:data": fields});
    let entry = |manager: &str, operation: &str, fields: Value| {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1",
            "time": "2026-11-20T08:14:03Z", "fieldsV1": fields})
    };
    let mut untimed = entry("kubectl-patch", "Update", fields(json!({"f:debug": {}})));
    untimed.as_object_mut().and_then(|it| it.remove("time"));
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop",
        "uid": "6f1b0e0e-0f0e-4a53-9f4e-000000000003", "managedFields": [
            entry("confighub", "Apply", fields(json!({".": {}, "f:address": {}}))),
            entry("kubectl-edit", "Update", fields(json!({"f:mode": {}}))),
            untimed]},
        "data": {"mode": "slow", "debug": "true", "address": "https://shop:other-password@db.example/"}});
    let stray = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stray", "namespace": "shop",
        "uid": "6f1b0e0e-0f0e-4a53-9f4e-000000000004"}, "data": {}});
    let space = Space::new("shop-dev").namespace("shop").unit(("settings", ADDED));
    Story::new().space(space).cluster(ClusterStory::new("dev", vec![settings, stray]))
}

#[test]
fn severity_and_field_managers_are_explained() -> Result<()> {
    let answer = Estate::new(&with_managers(), Profile::Release, ONE)?.run()?;
    let mode = explained(&answer, &["settings/data.mode"])?;
    for words in [
        "Severity        medium: ",
        "Field manager   kubectl-edit: a person's tool (kubectl edit); Update, last wrote 2026-11-20 08:14:03 UTC",
        "self-declared",
        "  path: /data/mode",
        "  manager: kubectl-edit",
    ] {
        assert!(mode.contains(words), "{words}: {mode}");
    }
    let debug = explained(&answer, &["settings/data.debug"])?;
    for words in
        ["field-added", "not counted as drift", "kubectl-patch: a person's tool", "no time given", "path: /data/debug"]
    {
        assert!(debug.contains(words), "{words}: {debug}");
    }
    // Both passwords are masked: nothing else differs, and the type does not either.
    let markdown = answer.file("drift-report/report.md")?;
    assert!(markdown.contains("differs in what is masked") && !markdown.contains("of another type"), "{markdown}");
    let gone = explained(&ran()?.1, &["gone"])?;
    assert!(gone.contains("Severity") && !gone.contains("Field manager"), "{gone}");
    Ok(())
}

#[test]
fn every_suggested_rule_holds_for_additions_and_managers_too() -> Result<()> {
    let config = format!("{ONE}unmanaged: report\n");
    let estate = Estate::new(&with_managers(), Profile::Release, &config)?;
    let answer = estate.run()?;
    let left = |report: &Value| -> Vec<String> {
        let target = &report["environments"][0]["targets"][0];
        let all = ["findings", "additions"].into_iter().filter_map(|it| target[it].as_array()).flatten();
        all.filter_map(|it| it["id"].as_str()).map(str::to_owned).collect()
    };
    let ids = left(&answer.report()?);
    assert_eq!(ids.len(), 4, "two changed, one added, one unmanaged: {ids:?}");
    let mut by_manager = 0;
    for id in &ids {
        let json: Value = serde_json::from_str(&explained(&answer, &[id, "--format", "json"])?)?;
        for rule in [&json["ignore"], &json["ignore-manager"]].into_iter().filter_map(Value::as_str) {
            by_manager += usize::from(rule.contains("manager:"));
            let indented: String = rule.lines().map(|it| format!("  {it}\n")).collect();
            let detector = estate.detector()?.file(".github/drift.yaml", &format!("{config}ignore:\n{indented}"))?;
            let report = detector.run()?.report()?;
            let expected: Vec<_> = ids.iter().filter(|it| *it != id).cloned().collect();
            assert_eq!(left(&report), expected, "{rule}");
        }
    }
    assert_eq!(by_manager, 3);
    Ok(())
}
