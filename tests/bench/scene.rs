//! A thousand objects of mixed kinds on a real API server, one in a hundred of them changed by people with kubectl.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::apiserver::{ADMIN, ALICE, BOB, READER};
use crate::detector::Detector;
use crate::hub;
use crate::manifests::{self, Manifest};
use crate::measure::{self, Taken};
use crate::real::Real;
use crate::stand_in::StandIn;

/// Objects that ConfigHub wants, each in a unit of its own.
pub(crate) const OBJECTS: usize = 1000;

/// Both sides, ready to be compared.
pub(crate) struct Scene {
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) real: Real,
    pub(crate) hub: StandIn<hub::Ready>,
    /// `Kind/name path` of all that differs.
    pub(crate) drift: BTreeSet<String>,
    folder: TempDir,
}

/// Who does what with kubectl to an object of an application, APP, and what then differs. Every application gets one deed.
#[rustfmt::skip]
const DEEDS: [(&str, &[&str], &str); OBJECTS / 100] = [
    (ALICE, &["scale", "deployment/api-0-APP", "--replicas=7"], "Deployment/api-0-APP /spec/replicas"),
    (BOB, &["scale", "statefulset/store-0-APP", "--replicas=1"], "StatefulSet/store-0-APP /spec/replicas"),
    (BOB, &["set", "image", "deployment/api-1-APP", "api=registry.example.com/shop/api:1.42.1-hotfix"],
        "Deployment/api-1-APP /spec/template/spec/containers/0/image"),
    (ALICE, &["set", "env", "deployment/api-2-APP", "-c=api", "LOG_LEVEL=debug"],
        "Deployment/api-2-APP /spec/template/spec/containers/0/env/0/value"),
    (ALICE, &["set", "resources", "deployment/api-3-APP", "-c=proxy", "--limits=memory=1Gi"],
        "Deployment/api-3-APP /spec/template/spec/containers/1/resources/limits/memory"),
    (BOB, &["patch", "configmap/settings-0-APP", "--field-manager=kubectl-edit", "-p", r#"{"data":{"mode":"slow"}}"#],
        "ConfigMap/settings-0-APP /data/mode"),
    (BOB, &["patch", "service/front-0-APP", "-p", r#"{"spec":{"selector":{"team":"canary"}}}"#],
        "Service/front-0-APP /spec/selector/team"),
    (ALICE, &["patch", "cronjob/nightly-0-APP", "-p", r#"{"spec":{"schedule":"45 4 * * *"}}"#],
        "CronJob/nightly-0-APP /spec/schedule"),
    (ALICE, &["patch", "horizontalpodautoscaler/scaler-0-APP", "-p", r#"{"spec":{"maxReplicas":20}}"#],
        "HorizontalPodAutoscaler/scaler-0-APP /spec/maxReplicas"),
    (BOB, &["delete", "configmap/settings-1-APP"], "ConfigMap/settings-1-APP "),
];

impl Scene {
    pub(crate) fn set() -> Result<Self> {
        let manifests: Vec<Manifest> = manifests::spread(OBJECTS, OBJECTS).flat_map(manifests::objects).collect();
        let hub = hub::start(OBJECTS, OBJECTS)?;
        let real = Real::start(&manifests)?;
        let mut drift = BTreeSet::new();
        for (number, (who, command, found)) in DEEDS.iter().enumerate() {
            let application = manifests::application(number);
            let words: Vec<String> = command.iter().map(|word| word.replace("APP", &application)).collect();
            let mut arguments = vec!["-n", manifests::namespace(number)];
            arguments.extend(words.iter().map(String::as_str));
            real.server.kubectl(who, &arguments, None)?;
            drift.insert(found.replace("APP", &application));
        }
        tokio::runtime::Runtime::new()?.block_on(real.settle())?;
        let folder = TempDir::with_prefix("drift-bench-")?;
        fs::write(folder.path().join("desired.yaml"), manifests::file(&manifests))?;
        fs::write(folder.path().join("kubeconfig"), real.server.kubeconfig(ADMIN, "bench"))?;
        Ok(Self { manifests, real, hub, drift, folder })
    }

    /// The detector with the rights that it needs, and no more.
    pub(crate) fn detector(&self) -> Result<Detector> {
        Detector::new(&self.hub.ready, &self.real.server.kubeconfig(READER, "bench"))
    }

    /// `kubectl diff` of all manifests at once, and how many of the objects that differ it found.
    pub(crate) fn kubectl_diff(&self, arguments: &[&str]) -> Result<(Taken, usize)> {
        let binaries = std::env::var_os("DRIFT_APISERVER").context("DRIFT_APISERVER is not set")?;
        let mut command = Command::new(std::path::Path::new(&binaries).join("kubectl"));
        command.args(["--kubeconfig", "kubeconfig", "diff", "-f", "desired.yaml"]).args(arguments);
        // It calls `diff`, and keeps what it discovered below its home.
        command.env_clear().env("HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.folder.path());
        let taken = measure::run(&command, self.folder.path())?;
        let said = fs::read_to_string(self.folder.path().join("stderr"))?;
        anyhow::ensure!(
            taken.code == Some(1),
            "kubectl diff ended with {:?} where it should find something: {said}",
            taken.code
        );
        // `diff -u -N /tmp/LIVE-1/v1.ConfigMap.shop.settings-0-a000005 /tmp/MERGED-2/…`
        let found = fs::read_to_string(self.folder.path().join("stdout"))?;
        Ok((taken, found.lines().filter(|line| line.starts_with("diff ")).count()))
    }
}
