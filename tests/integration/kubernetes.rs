//! The main job against three real Kubernetes API servers, with read rights only.

mod additions;
mod controllers;
mod custom;
mod lists;
mod secrets;
mod strays;

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{self, Shipped, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use crate::apiserver::{ADMIN, ALICE, ApiServer, BOB, READER, Request, verify_frugal};
use crate::detector::{Answer, Detector};
use crate::estate::Estate;
use crate::replay::{replay, result};

const NAMES: [&str; 3] = ["dev", "staging", "prod"];

const CONFIG: &str = "version: 1
environments:
  - {name: dev, targets: [{space: chubby-paws-dev}]}
  - {name: staging, targets: [{space: chubby-paws-staging}]}
  - {name: prod, targets: [{space: chubby-paws-prod}]}
";

/// The kinds of the example's units. Secrets are not among them.
const KINDS: [&str; 9] = [
    "namespaces",
    "configmaps",
    "services",
    "serviceaccounts",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "ingresses.networking.k8s.io",
    // Not of the units: asked for where replicas differ.
    "horizontalpodautoscalers.autoscaling",
];

/// The namespace of the example's Targets.
const HERE: [&str; 2] = ["-n", "drift-test"];

/// The example's ConfigHub without its stand-in clusters, and the real ones with what was shipped.
struct Real {
    estate: Estate,
    servers: [ApiServer; 3],
}

impl Real {
    fn start() -> Result<Option<Self>> {
        let Some(servers) = ApiServer::three()? else { return Ok(None) };
        let story = Story { clusters: Vec::new(), ..story::chubby_paws() };
        for (server, name) in servers.iter().zip(NAMES) {
            for namespace in ["drift-test", "devops-apps"] {
                server.kubectl(ADMIN, &["create", "namespace", namespace], None)?;
            }
            deliver(server, name)?;
            server.grant_reader(&["get", "list"], &KINDS)?;
        }
        Ok(Some(Self { estate: Estate::new(&story, Profile::Release, CONFIG)?, servers }))
    }

    /// The main job as a user without any right but get and list, who reads everything once.
    fn run(&self) -> Result<Answer> {
        let mut before = Vec::new();
        for server in &self.servers {
            before.push(server.audit_log()?.len());
        }
        let mut detector = self.estate.detector()?.arguments(["run", "--fail-on", "drift", "--record", "recording"]);
        for (server, name) in self.servers.iter().zip(NAMES) {
            detector =
                detector.variable(&format!("KUBECONFIG_{}", name.to_uppercase()), server.kubeconfig(READER, name));
        }
        let answer = detector.run()?;
        let again = replay(&answer)?.arguments(["--fail-on", "drift"]).run()?;
        ensure!(
            again.code == answer.code && result(&again)? == result(&answer)?,
            "the replay differs: {}",
            again.said()
        );
        for (server, before) in self.servers.iter().zip(before) {
            let requests = server.audit_log()?;
            let ours: Vec<_> = requests.iter().skip(before).filter(|it| it.user == READER).collect();
            ensure!(!ours.is_empty(), "nothing was read: {}", answer.said());
            verify_frugal(&ours)?;
        }
        Ok(answer)
    }
}

/// Applies what the story shipped to the environment, as the `GitOps` tool would: each document where it says, else where
/// the Target says.
fn deliver(server: &ApiServer, environment: &str) -> Result<()> {
    let slug = format!("chubby-paws-{environment}");
    let story = story::chubby_paws();
    let space = story.spaces.iter().find(|it| it.slug == slug).context("the story has the Space")?;
    for unit in space.units.iter().filter(|unit| unit.toolchain == story::KUBERNETES) {
        let text = match unit.shipped {
            Shipped::Head => unit.revisions.last(),
            Shipped::Nth(nth) => unit.revisions.get(nth - 1),
            Shipped::Never => None,
        };
        for document in text.context("the unit was shipped")?.text.split("\n---\n") {
            let mut apply = vec!["apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-f", "-"];
            if !document.contains("\n  namespace: ") {
                apply.extend(HERE);
            }
            server.kubectl(ADMIN, &apply, Some(document))?;
        }
    }
    Ok(())
}

/// How long a server and its controllers on a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what the server or its controllers bring about.
fn until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let since = Instant::now();
    while !is_so()? {
        ensure!(since.elapsed() < PATIENCE, "this does not come about: {what}");
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// One run against this server as its `dev`, by a user who may read what was granted and nothing else; and what it asked,
/// no page of it twice.
fn read(server: &ApiServer, detector: Detector) -> Result<(Answer, Vec<Request>)> {
    let before = server.audit_log()?.len();
    let answer = detector.variable("KUBECONFIG_DEV", server.kubeconfig(READER, "dev")).run()?;
    let asked: Vec<Request> = server.audit_log()?.into_iter().skip(before).filter(|it| it.user == READER).collect();
    verify_frugal(&asked.iter().collect::<Vec<_>>())?;
    Ok((answer, asked))
}

/// `environment code Kind/name path`, for every finding.
fn findings(report: &Value) -> BTreeSet<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut all = BTreeSet::new();
    for environment in list(&report["environments"]) {
        for finding in list(&environment["targets"]).iter().flat_map(|target| list(&target["findings"])) {
            let object = &finding["object"];
            let object = format!("{}/{}", text(&object["kind"]), text(&object["name"]));
            all.insert(format!(
                "{} {} {object} {}",
                text(&environment["name"]),
                text(&finding["code"]),
                text(&finding["path"])
            ));
        }
    }
    all
}

#[test]
fn the_report_names_exactly_what_was_changed_by_hand_and_healed_it_is_clean() -> Result<()> {
    let Some(real) = Real::start()? else { return Ok(()) };
    let before = real.run()?;
    assert_eq!(findings(&before.report()?), BTreeSet::new(), "defaults are no drift: {}", before.said());
    assert_eq!((before.report()?["status"].as_str(), before.code), (Some("clean"), Some(0)), "{}", before.said());

    let [dev, _, prod] = &real.servers;
    let on = |server: &ApiServer, who: &str, command: &[&str]| server.kubectl(who, &[command, &HERE].concat(), None);
    on(dev, ALICE, &["scale", "deployment/frontend-web", "--replicas=1"])?;
    on(prod, ALICE, &["scale", "deployment/backend-api", "--replicas=5"])?;
    on(
        prod,
        BOB,
        &["set", "image", "deployment/frontend-web", "frontend-web=ghcr.io/chubby-paws/frontend-web:1.8.1-hotfix"],
    )?;
    let patch = r#"{"data":{"default.conf":"server {\n  listen 3000;\n  client_max_body_size 20m;\n}\n"}}"#;
    on(prod, BOB, &["patch", "configmap/web-config", "--type=merge", "--field-manager=kubectl-edit", "-p", patch])?;
    on(prod, BOB, &["delete", "daemonset/log-shipper"])?;
    // What desired does not state may change freely.
    on(prod, BOB, &["annotate", "deployment/backend-api", "example.com/on-call=bob"])?;

    let drifted = real.run()?;
    let want = [
        "dev field-changed Deployment/frontend-web /spec/replicas",
        "prod field-changed ConfigMap/web-config /data/default.conf",
        "prod field-changed Deployment/backend-api /spec/replicas",
        "prod field-changed Deployment/frontend-web /spec/template/spec/containers/0/image",
        "prod object-missing DaemonSet/log-shipper ",
    ];
    let report = drifted.report()?;
    assert_eq!(findings(&report), BTreeSet::from(want.map(str::to_owned)), "{}", drifted.said());
    assert_eq!((&report["complete"], drifted.code), (&Value::Bool(true), Some(1)), "{}", drifted.said());

    for (server, name) in real.servers.iter().zip(NAMES) {
        deliver(server, name)?;
    }
    let healed = real.run()?;
    assert_eq!((findings(&healed.report()?), healed.code), (BTreeSet::new(), Some(0)), "{}", healed.said());

    for (server, name) in real.servers.iter().zip(NAMES) {
        let requests = server.audit_log()?;
        let ours: Vec<_> = requests.iter().filter(|it| it.user == READER).collect();
        let others: Vec<_> = ours.iter().filter(|it| it.verb != "get").collect();
        let others: Vec<_> = others.iter().map(|it| (it.verb.as_str(), it.resource.as_str())).collect();
        let scaled = vec![("list", "horizontalpodautoscalers")];
        assert_eq!(others, if name == "staging" { vec![] } else { scaled }, "few objects are read one by one");
        assert!(ours.iter().all(|it| it.resource != "secrets"), "no Secret was asked for");
        let failed: Vec<_> = ours.iter().filter(|it| it.status != Some(200)).collect();
        let failed: Vec<_> = failed.iter().map(|it| (it.uri.as_str(), it.status)).collect();
        let deleted = ("/apis/apps/v1/namespaces/drift-test/daemonsets/log-shipper", Some(404));
        assert_eq!(failed, if name == "prod" { vec![deleted] } else { vec![] }, "{name}");
    }
    Ok(())
}
