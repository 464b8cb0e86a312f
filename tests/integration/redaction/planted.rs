//! Secrets inside of objects and units.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::{ensure_found, ensure_silent, findings};
use crate::detector::Answer;
use crate::estate::{Estate, ONE};
use crate::replay::{replay, result};

/// What nobody hides: it must be seen, or nothing is proved.
const CONTROL: [&str; 2] = ["the-visible-mode-of-desired", "the-visible-mode-of-live"];

/// Secrets included.
fn config() -> String {
    format!("{ONE}scope: {{secrets: true}}\n")
}

/// Desired and live of the same objects, one unit each, compared in a workflow with the chattiest log.
fn compared(pairs: Vec<(Value, Value)>) -> Result<Answer> {
    let mut space = Space::new("shop-dev").namespace("shop");
    let mut live = Vec::new();
    for (index, (desired, actual)) in pairs.into_iter().enumerate() {
        space = space.unit((format!("unit-{index}").as_str(), desired.to_string().as_str()));
        let mut actual = actual;
        actual["metadata"]["namespace"] = "shop".into();
        actual["metadata"]["uid"] = format!("6f1b0e0e-0f0e-4a53-9f4e-{index:012}").into();
        live.push(actual);
    }
    let estate =
        Estate::new(&Story::new().space(space).cluster(ClusterStory::new("dev", live)), Profile::Release, &config())?;
    let detector = estate.detector()?.arguments(["run", "--record", "recording"]);
    let answer = detector.in_workflow("schedule")?.variable("DRIFT_LOG", "trace").run()?;
    anyhow::ensure!(answer.code == Some(0), "{}", answer.said());
    let again = replay(&answer)?.run()?;
    let (replayed, original) = (findings(&again)?, findings(&answer)?);
    anyhow::ensure!(replayed == original, "the replay says {replayed:#?} instead of {original:#?}");
    anyhow::ensure!(result(&again)? == result(&answer)?, "the replay says something else: {}", again.said());
    Ok(answer)
}

fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn control() -> (Value, Value) {
    let [desired, live] = CONTROL.map(|it| config_map("control", &json!({"mode": it})));
    (desired, live)
}

fn ensure_control(answer: &Answer) -> Result<()> {
    let everything = answer.file("drift-report/report.md")?;
    anyhow::ensure!(CONTROL.iter().all(|it| everything.contains(it)), "the control is not shown: {}", answer.said());
    let recording = answer.file("recording/dev.json")?;
    anyhow::ensure!(CONTROL.iter().all(|it| recording.contains(it)), "the control is not recorded: {recording}");
    Ok(())
}

#[test]
fn the_values_of_secrets_are_compared_and_never_shown() -> Result<()> {
    let (old, new) = ("old-hunter-of-a-secret", "new-hunter-of-a-secret");
    let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "type": "Opaque", "data": data});
    let mut plain = secret(json!({}));
    plain["metadata"]["name"] = "plain".into();
    plain["stringData"] = json!({"mode": old, "same": "the-same-on-both-sides"});
    let mut plain_live =
        secret(json!({"mode": STANDARD.encode(new), "same": STANDARD.encode("the-same-on-both-sides")}));
    plain_live["metadata"]["name"] = "plain".into();
    let answer = compared(vec![
        control(),
        (
            secret(json!({"mode": STANDARD.encode(old), "gone": STANDARD.encode("a-value-that-is-gone")})),
            secret(json!({"mode": STANDARD.encode(new)})),
        ),
        (plain, plain_live),
    ])?;
    ensure_found(&answer, &["/data/gone", "/data/mode", "/data/mode", "/data/mode"])?;
    ensure_control(&answer)?;
    ensure_silent(&answer, &[old, new, "the-same-on-both-sides", "a-value-that-is-gone"], "Secret")
}

/// A Deployment whose one container has these parts beside its image.
fn deployment(container: &Value, annotations: &Value) -> Value {
    let mut web = json!({"name": "web", "image": "web:1"});
    for (key, value) in container.as_object().into_iter().flatten() {
        web[key] = value.clone();
    }
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "annotations": annotations}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [web]}}}})
}

#[test]
fn credentials_of_containers_are_not_shown() -> Result<()> {
    let with = |canary: &str| {
        let env = json!([
            {"name": "DB_PASSWORD", "value": format!("{canary}-password")},
            {"name": "API_TOKEN", "value": format!("{canary}-token")},
            {"name": "BROKER", "value": format!("amqp://app:{canary}-broker@mq:5672/shop")},
            {"name": "LEVEL", "value": format!("{canary}-is-visible")},
        ]);
        let args = json!(["--port=80", format!("--password={canary}-flag"), "--api-token", format!("{canary}-next")]);
        let annotations = json!({
            "example.com/webhook": format!("https://hook:{canary}-hook@example.com/x"),
            "example.com/auth-token": format!("{canary}-annotation"),
        });
        deployment(&json!({"env": env, "args": args}), &annotations)
    };
    let answer = compared(vec![(with("desired"), with("actual"))])?;
    let found = findings(&answer)?;
    let paths: Vec<_> = found.iter().map(|it| it.0.as_str()).collect();
    for wanted in ["/env/0/value", "/env/1/value", "/env/2/value", "/env/3/value", "/args"] {
        assert!(paths.iter().any(|it| it.contains(wanted)), "{wanted} in {paths:#?}");
    }
    assert!(paths.iter().filter(|it| it.starts_with("/metadata/annotations/")).count() == 2, "{paths:#?}");
    let secrets = ["password", "token", "broker", "flag", "next", "hook", "annotation"];
    for side in ["desired", "actual"] {
        assert!(answer.file("drift-report/report.md")?.contains(&format!("{side}-is-visible")), "{}", answer.said());
        let canaries: Vec<String> = secrets.iter().map(|it| format!("{side}-{it}")).collect();
        ensure_silent(&answer, &canaries.iter().map(String::as_str).collect::<Vec<_>>(), "container")?;
    }
    Ok(())
}

/// Texts that look like credentials, whatever they are called; what of each is the secret.
fn shapes(random: &str) -> Vec<(String, String)> {
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.{random}.{random}");
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{random}\n{random}\n-----END RSA PRIVATE KEY-----\n");
    vec![
        (jwt, random.to_owned()),
        (pem, random.to_owned()),
        (format!("ghp_{random}"), random.to_owned()),
        (format!("sk-ant-api03-{random}"), random.to_owned()),
        (format!("glpat-{random}"), random.to_owned()),
        (format!("xoxb-{random}"), random.to_owned()),
        (format!("db.user=app\ndb.password={random}\ndb.pool=5\n"), random.to_owned()),
        (format!("{{\"apiKey\": \"{random}\", \"pool\": 5}}"), random.to_owned()),
        (format!("postgres://app:{random}@db:5432/shop"), random.to_owned()),
        (format!("curl -H 'Authorization: Bearer {random}' https://example.com"), random.to_owned()),
        (format!("AccountName=shop;AccountKey={random};EndpointSuffix=core"), random.to_owned()),
    ]
}

#[test]
fn what_looks_like_a_credential_is_not_shown_wherever_it_stands() -> Result<()> {
    let random = "[A-Za-z0-9]{12}[a-z][0-9][A-Z][A-Za-z0-9]{13}";
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(4) });
    let checked = runner.run(&(random, random), |(old, new)| {
        check_shapes(&old, &new).map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    checked.map_err(|error| anyhow::anyhow!("{error}"))
}

fn check_shapes(old: &str, new: &str) -> Result<()> {
    let data = |random: &str| -> Value {
        let shapes = shapes(random).into_iter().enumerate();
        shapes
            .map(|(index, (text, _))| (format!("entry-{index}"), Value::from(text)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let env = |random: &str| -> Value {
        let shapes = shapes(random).into_iter().enumerate();
        shapes.map(|(index, (text, _))| json!({"name": format!("ENTRY_{index}"), "value": text})).collect()
    };
    let args = |random: &str| -> Value { shapes(random).into_iter().map(|it| Value::from(it.0)).collect() };
    let both = |random: &str| deployment(&json!({"env": env(random), "args": args(random)}), &data(random));
    let answer = compared(vec![
        control(),
        (config_map("settings", &data(old)), config_map("settings", &data(new))),
        (both(old), both(new)),
    ])?;
    let count = shapes(old).len();
    let found = findings(&answer)?;
    let below = |prefix: &str| found.iter().filter(|it| it.0.starts_with(prefix)).count();
    anyhow::ensure!(below("/data/entry-") == count && below("/metadata/annotations/") == count, "{found:#?}");
    anyhow::ensure!(below("/spec/template/spec/containers/0/env/") == count, "{found:#?}");
    ensure_control(&answer)?;
    ensure_silent(&answer, &[old, new], "shape")
}

#[test]
fn what_nobody_compares_is_not_recorded_either() -> Result<()> {
    let canary = "hunter-of-a-last-applied-secret";
    let annotated = |mode: &str| {
        let applied = json!({"kind": "Secret", "data": {"mode": STANDARD.encode(canary)}}).to_string();
        let mut object = config_map("applied", &json!({"mode": mode}));
        object["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
        object
    };
    let pins = |pin: i64| json!({"apiVersion": "example.com/v1", "kind": "Door", "metadata": {"name": "door"}, "spec": {"passcode": pin, "sessionLength": "1h"}});
    let mut live = pins(7_391_846);
    live["spec"]["sessionLength"] = "1h0m0s".into();
    let answer = compared(vec![control(), (annotated("same"), annotated("same")), (pins(5_820_117), live)])?;
    ensure_found(&answer, &["/data/mode", "/spec/passcode"])?;
    ensure_control(&answer)?;
    ensure_silent(&answer, &[canary, "7391846", "5820117"], "recording")
}

/// The live object with a person's tool as the owner of these fields.
fn edited(mut live: Value, fields: &Value) -> Value {
    live["metadata"]["managedFields"] = json!([{"manager": "kubectl-edit", "operation": "Update",
        "fieldsType": "FieldsV1", "time": "2026-11-22T02:13:45Z", "fieldsV1": fields}]);
    live
}

#[test]
fn what_a_person_added_is_told_without_its_secrets() -> Result<()> {
    let canary = |what: &str| format!("hunter-of-an-added-{what}");
    let settings = edited(
        config_map(
            "settings",
            &json!({"mode": "fast", "level": "visible-level", "db-password": canary("entry"),
            "app.properties": format!("db.user=app\ndb.password={}\n", canary("property"))}),
        ),
        &json!({"f:data": {"f:level": {}, "f:db-password": {}, "f:app.properties": {}}}),
    );
    let variable = |name: &str, value: String| json!({"name": name, "value": value});
    let mode = variable("MODE", "fast".to_owned());
    let desired = deployment(&json!({"env": [mode]}), &json!({"example.com/team": "shop"}));
    let env = json!([
        mode,
        variable("API_TOKEN", canary("variable")),
        variable("BROKER", format!("amqp://a:{}@mq/x", canary("broker")))
    ]);
    let annotations = json!({"example.com/team": "shop", "example.com/auth-token": canary("annotation")});
    let mut web = deployment(&json!({"env": env}), &annotations);
    let debug = json!({"name": "debug", "image": "debug:1", "args": [format!("--password={}", canary("flag"))],
        "env": [variable("PASSWORD", canary("container"))]});
    let containers = &mut web["spec"]["template"]["spec"]["containers"];
    containers.as_array_mut().context("containers")?.push(debug);
    let entry = |key: &str, parts: Value| json!({format!("k:{{\"name\":\"{key}\"}}"): parts});
    let mut variables = entry("API_TOKEN", json!({".": {}, "f:name": {}, "f:value": {}}));
    variables["k:{\"name\":\"BROKER\"}"] = json!({".": {}, "f:name": {}, "f:value": {}});
    let mut owned = entry("web", json!({"f:env": variables}));
    owned["k:{\"name\":\"debug\"}"] = json!({".": {}, "f:name": {}, "f:image": {}, "f:args": {}, "f:env": {
        ".": {}, "k:{\"name\":\"PASSWORD\"}": {".": {}, "f:name": {}, "f:value": {}}}});
    let web = edited(
        web,
        &json!({"f:metadata": {"f:annotations": {"f:example.com/auth-token": {}}},
        "f:spec": {"f:template": {"f:spec": {"f:containers": owned}}}}),
    );
    let secret =
        |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "data": data});
    let login =
        edited(secret(json!({"extra": STANDARD.encode(canary("secret"))})), &json!({"f:data": {"f:extra": {}}}));

    let answer = compared(vec![
        control(),
        (config_map("settings", &json!({"mode": "fast"})), settings),
        (desired, web),
        (secret(json!({})), login),
    ])?;
    let report = answer.report()?;
    let additions = report["environments"][0]["targets"][0]["additions"].as_array().cloned().unwrap_or_default();
    let mut paths: Vec<_> = additions.iter().filter_map(|it| it["path"].as_str()).collect();
    paths.sort_unstable();
    let container = "/spec/template/spec/containers";
    let mut wanted = vec![
        "/data/app.properties".to_owned(),
        "/data/db-password".to_owned(),
        "/data/extra".to_owned(),
        "/data/level".to_owned(),
        "/metadata/annotations/example.com~1auth-token".to_owned(),
        format!("{container}/0/env/1"),
        format!("{container}/0/env/2"),
        format!("{container}/1"),
    ];
    wanted.sort_unstable();
    assert_eq!(paths, wanted, "{}", answer.said());
    ensure_control(&answer)?;
    for file in ["drift-report/report.md", "recording/dev.json"] {
        assert!(answer.file(file)?.contains("visible-level"), "{file}: {}", answer.said());
    }
    let whats = ["entry", "property", "variable", "broker", "annotation", "flag", "container", "secret"];
    let canaries: Vec<String> = whats.iter().map(|it| canary(it)).collect();
    ensure_silent(&answer, &canaries.iter().map(String::as_str).collect::<Vec<_>>(), "addition")
}

#[test]
fn secrets_in_units_that_cannot_be_read_are_not_quoted() -> Result<()> {
    let canary = "Tr0ub4dor-of-an-unreadable-unit";
    let texts = [
        format!("apiVersion: v1\nkind: Secret\nstringData:\n  password: {canary}\n bad: [\n"),
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{password: confighubplaceholder, b: {canary}}}\n"
        ),
        format!("password: {canary}\n"),
        format!("apiVersion: v1\nkind: {{password: {canary}}}\n"),
        format!("{canary}: *unknown\n"),
    ];
    let space = texts.iter().enumerate().fold(Space::new("shop-dev"), |space, (index, text)| {
        space.unit((format!("unit-{index}").as_str(), text.as_str()))
    });
    let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![]));
    let estate = Estate::new(&story, Profile::Release, &config())?;
    let detector = estate.detector()?.arguments(["run", "--record", "recording"]);
    let answer = detector.in_workflow("schedule")?.variable("DRIFT_LOG", "trace").run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    ensure_silent(&answer, &[canary], "unit")
}
