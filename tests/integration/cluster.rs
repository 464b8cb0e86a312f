//! The cluster client against the stand-in API server.

mod faults;
mod login;
mod reading;
mod server;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use drift_detector::cluster::{Cluster, Limits, Search};
use drift_detector::model::access::{ClusterAccess, KubeconfigSource};
use drift_detector::model::object::{GroupVersionKind, ObjectKey, Observed};
use drift_detector::model::outcome::{Obstacle, Reason};
use drift_detector::redact::Redactor;
use serde_json::{Value, json};

/// Short, so that a table of failures ends soon, and long enough for a loaded machine.
fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(3),
        request: Duration::from_secs(3),
        overall: Duration::from_secs(60),
        attempts: 2,
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(20),
        page: 3,
        ..Limits::default()
    }
}

fn access(kubeconfig: &str, context: Option<&str>) -> ClusterAccess {
    ClusterAccess {
        source: KubeconfigSource::Text { variable: "KUBECONFIG_PROD".to_owned(), text: kubeconfig.to_owned().into() },
        context: context.map(str::to_owned),
        proxy: None,
    }
}

async fn connect(access: &ClusterAccess) -> Result<Cluster, Obstacle> {
    connect_within(access, limits()).await
}

async fn connect_within(access: &ClusterAccess, limits: Limits) -> Result<Cluster, Obstacle> {
    rustls::crypto::ring::default_provider().install_default().ok();
    Cluster::connect(access, limits, &Redactor::default()).await
}

fn refused<T>(result: Result<T, Obstacle>) -> anyhow::Result<Obstacle> {
    result.err().ok_or_else(|| anyhow::anyhow!("it went through"))
}

fn anyhow(obstacle: Obstacle) -> anyhow::Error {
    anyhow::anyhow!("{}; {}", obstacle.detail, obstacle.remedy)
}

/// Discovers and reads in one go.
async fn read(cluster: &Cluster, wanted: &[ObjectKey]) -> BTreeMap<ObjectKey, Observed> {
    let kinds: BTreeSet<GroupVersionKind> = wanted.iter().map(|key| key.gvk.clone()).collect();
    let served = cluster.discover(&kinds).await;
    cluster.read(wanted, &served, &Search::default()).await.objects
}

fn key(api_version: &str, kind: &str, name: &str) -> ObjectKey {
    ObjectKey {
        gvk: GroupVersionKind::new(api_version, kind),
        namespace: Some("shop".to_owned()),
        name: name.to_owned(),
    }
}

fn deployment(number: usize) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": format!("web-{number:03}"), "namespace": "shop", "labels": { "app": "web" } },
        "spec": { "replicas": 3, "selector": { "matchLabels": { "app": "web" } }, "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "web", "image": "web:1", "env": [{ "name": "A", "value": "1" }] }] },
        } },
    })
}

fn config_map(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": "shop" },
        "data": { "colour": "blue" },
    })
}

fn secret(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "namespace": "shop" },
        "data": { "password": "aHVudGVyMg==" },
    })
}

/// Ten Deployments, two config maps, eight Secrets.
fn objects() -> Vec<Value> {
    let mut objects: Vec<Value> = (0..10).map(deployment).collect();
    objects.extend(["a", "b"].map(config_map));
    objects.extend((0..8).map(|number| secret(&format!("s{number}"))));
    objects
}

fn deployments() -> Vec<ObjectKey> {
    (0..10).map(|number| key("apps/v1", "Deployment", &format!("web-{number:03}"))).collect()
}

fn reason(observed: Option<&Observed>) -> Option<Reason> {
    match observed {
        Some(Observed::NotRead(obstacle)) => Some(obstacle.reason),
        Some(Observed::Found(_) | Observed::AsDesired | Observed::Absent) | None => None,
    }
}

/// `found`, `absent`, or the reason with its sentence.
fn shown(observed: Option<&Observed>) -> String {
    match observed {
        Some(Observed::Found(_)) => "found".to_owned(),
        Some(Observed::AsDesired) => "as desired".to_owned(),
        Some(Observed::Absent) => "absent".to_owned(),
        Some(Observed::NotRead(obstacle)) => format!("{:?}: {}; {}", obstacle.reason, obstacle.detail, obstacle.remedy),
        None => "no entry".to_owned(),
    }
}
