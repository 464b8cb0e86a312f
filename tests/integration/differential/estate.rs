//! What the estate of the differential test consists of: manifests of every common kind, as a team would keep them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use drift_detector::manifest;
use drift_detector::model::object::GroupVersionKind;
use serde_json::{Value, json};

use super::server::{Api, Request};

/// Stands in every name, so that each case has objects of its own.
const CASE: &str = "caseid";

/// Where manifests without a namespace live.
pub(super) const NAMESPACE: &str = "shop";

/// The group of the estate's custom resource, which `order.yaml` defines.
pub(super) const CUSTOM: &str = "shop.example.com";

/// Where those live that would limit what others may do.
const BOUNDED: &str = "bounded";

/// One manifest of the estate, and how the server calls its kind.
pub(super) struct Base {
    pub(super) gvk: GroupVersionKind,
    pub(super) resource: Resource,
    text: String,
}

/// What discovery says about a kind.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Up to the version: `/apis/apps/v1`.
    root: String,
    plural: String,
    is_namespaced: bool,
    pub(super) subresources: Vec<String>,
}

impl Base {
    /// The manifest for one case, whose tag is part of its name.
    pub(super) fn manifest(&self, tag: &str) -> Value {
        let mut manifest: Value = serde_json::from_str(&self.text.replace(CASE, tag)).expect("it was written as JSON");
        if self.resource.is_namespaced && manifest.pointer("/metadata/namespace").is_none() {
            manifest["metadata"]["namespace"] = json!(NAMESPACE);
        }
        manifest
    }

    /// The path of the object that the manifest describes.
    pub(super) fn path(&self, manifest: &Value) -> String {
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        format!("{}/{name}", self.collection(manifest))
    }

    /// The path under which such an object is created.
    pub(super) fn collection(&self, manifest: &Value) -> String {
        let Resource { root, plural, is_namespaced, subresources: _ } = &self.resource;
        match manifest["metadata"]["namespace"].as_str() {
            Some(namespace) if *is_namespaced => format!("{root}/namespaces/{namespace}/{plural}"),
            _ => format!("{root}/{plural}"),
        }
    }

    /// What people call it in a report.
    pub(super) fn title(&self) -> String {
        let manifest = self.manifest("N");
        format!("{} {}", self.gvk.kind, manifest["metadata"]["name"].as_str().unwrap_or_default())
    }
}

/// Prepares the server and reads the manifests of the estate.
pub(super) async fn load(api: &Api) -> Result<Vec<Base>> {
    for namespace in [NAMESPACE, BOUNDED] {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        api.done(&Request::post("/api/v1/namespaces", "setup", body)).await?;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/differential");
    for definition in manifest::documents(&std::fs::read_to_string(folder.join("order.yaml"))?)? {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let body = definition.body.value();
        api.done(&Request::post(path, "setup", body)).await?;
    }
    api.until_served(&format!("/apis/{CUSTOM}/v1")).await?;

    let mut files: Vec<_> =
        folder.join("estate").read_dir()?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    let mut bases = Vec::new();
    let mut served: BTreeMap<String, Value> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        for document in manifest::documents(&text).with_context(|| format!("failed to read `{}`", file.display()))? {
            let gvk = document.gvk;
            let root = if gvk.group.is_empty() {
                format!("/api/{}", gvk.version)
            } else {
                format!("/apis/{}", gvk.api_version())
            };
            if !served.contains_key(&root) {
                served.insert(root.clone(), api.get(&root).await?.body);
            }
            match resource(&served[&root], root, &gvk.kind) {
                Some(resource) => bases.push(Base { gvk, resource, text: document.body.value().to_string() }),
                // Older minors do not serve everything.
                None => api.note(format!("{gvk} is not served here")),
            }
        }
    }
    Ok(bases)
}

fn resource(served: &Value, root: String, kind: &str) -> Option<Resource> {
    let all = served["resources"].as_array()?;
    let name = |it: &Value| it["name"].as_str().unwrap_or_default().to_owned();
    let own = all.iter().find(|it| it["kind"] == kind && !name(it).contains('/'))?;
    let plural = name(own);
    let below = format!("{plural}/");
    let subresources = all.iter().filter_map(|it| name(it).strip_prefix(&below).map(str::to_owned)).collect();
    Some(Resource { root, plural, is_namespaced: own["namespaced"] == true, subresources })
}
