//! A world, a configuration, and the real binary pointed at both.

use std::thread;

use drift_detector::demo::clock;
use drift_detector::demo::story::Story;
use drift_detector::demo::world::{Profile, World};
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::surface;

/// One environment `dev` with Space `shop-dev` and cluster `dev`.
pub(crate) const ONE: &str =
    "version: 1\nenvironments:\n  - name: dev\n    targets: [{space: shop-dev, context: dev, namespace: shop}]\n";

/// Three environments, dev to prod, with Spaces `shop-…` and clusters of their names.
pub(crate) const THREE: &str = "version: 1
environments:
  - name: dev
    targets: [{space: shop-dev, namespace: shop}]
  - name: staging
    targets: [{space: shop-staging, namespace: shop}]
  - name: prod
    targets: [{space: shop-prod, namespace: shop}]
";

/// What a run needs, running. When it is dropped, every exchange with ConfigHub is held to the service's description.
pub(crate) struct Estate {
    pub(crate) world: World,
    config: String,
}

impl Estate {
    pub(crate) fn new(story: &Story, profile: Profile, config: &str) -> anyhow::Result<Self> {
        Ok(Self { world: World::start(story, profile)?, config: config.to_owned() })
    }

    /// The binary with the configuration, a kubeconfig for every cluster, and a token.
    pub(crate) fn detector(&self) -> anyhow::Result<Detector> {
        let detector = Detector::new()?
            .file(".github/drift.yaml", &self.config)?
            .file("kubeconfig", &serde_json::to_string(&self.world.kubeconfig()?)?)?;
        let kubeconfig = detector.path("kubeconfig").display().to_string();
        Ok(detector
            .variable("CUB_API_URL", self.world.confighub_url()?)
            .variable("CUB_TOKEN", self.world.confighub_token())
            .variable("KUBECONFIG", kubeconfig)
            // What is proposed has tests of its own.
            .variable("INPUT_MODE", "detect"))
    }

    /// One run from a shell.
    pub(crate) fn run(&self) -> anyhow::Result<Answer> {
        self.detector()?.run()
    }
}

impl Drop for Estate {
    fn drop(&mut self) {
        if let Err(error) = surface::verify(&self.world)
            && !thread::panicking()
        {
            panic!("{error:#}");
        }
    }
}

/// A manifest of a `ConfigMap` in `shop`.
pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  mode: {value}\n")
}

/// The same as a cluster returns it.
pub(crate) fn live_config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", "uid": clock::id("live", name).to_string(), "resourceVersion": "7"},
        "data": {"mode": value}})
}
