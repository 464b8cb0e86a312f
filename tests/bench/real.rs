//! A real API server with our manifests applied, and what controllers would have written about them.

use anyhow::{Context as _, Result, ensure};
use drift_detector::model::object::GroupVersionKind;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Request;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower::{BoxError, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use crate::apiserver::{ADMIN, ApiServer, READER};
use crate::manifests::{self, Manifest, NAMESPACES, RESOURCES};

/// Requests at the same time while a cluster is filled.
const PARALLEL: usize = 8;

/// Asks for all kinds of a server at once.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// A running server.
pub(crate) struct Real {
    pub(crate) server: ApiServer,
}

/// What a server says of itself and of the objects of one application: enough to play one with any number of them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recording {
    /// By path: the documents that say which kinds there are.
    pub(crate) documents: Vec<(String, Box<RawValue>)>,
    pub(crate) collections: Vec<Collection>,
}

/// The objects of one kind as a list holds them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Collection {
    #[serde(default)]
    pub(crate) plural: String,
    pub(crate) api_version: String,
    /// With `List` at its end.
    pub(crate) kind: String,
    pub(crate) items: Vec<Box<RawValue>>,
}

impl Collection {
    pub(crate) fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::new(&self.api_version, self.kind.trim_end_matches("List"))
    }
}

impl Real {
    /// A server that runs these manifests, applied as ConfigHub would.
    pub(crate) fn start<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Result<Self> {
        let server = ApiServer::start()?.context("there is no API server to measure against")?;
        for namespace in NAMESPACES {
            server.kubectl(ADMIN, &["create", "namespace", namespace], None)?;
        }
        let apply = ["apply", "--server-side", "--field-manager=confighub", "-f", "-"];
        server.kubectl(ADMIN, &apply, Some(&manifests::file(manifests)))?;
        let rights: Vec<String> = RESOURCES
            .iter()
            .map(|(version, plural)| {
                version.split_once('/').map_or((*plural).to_owned(), |it| format!("{plural}.{}", it.0))
            })
            .collect();
        server.grant_reader(&["get", "list"], &rights.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(Self { server })
    }

    /// A client of this user. kube's own would send the first request of every connection 40 ms late, which would flatter
    /// whoever is measured beside it.
    pub(crate) async fn client(&self, user: &str) -> Result<Client> {
        let kubeconfig = Kubeconfig::from_yaml(&self.server.kubeconfig(user, "bench"))?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let connector = config.rustls_https_connector_with_connector(connector)?;
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .layer(DecompressionLayer::new())
            .option_layer(config.auth_layer()?)
            .map_err(BoxError::from)
            .service(legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(connector));
        Ok(Client::new(service, config.default_namespace))
    }

    /// Writes the status that the controllers of a healthy cluster would have written by now.
    pub(crate) async fn settle(&self) -> Result<()> {
        let client = self.client(ADMIN).await?;
        for plural in ["deployments", "statefulsets", "daemonsets"] {
            let list: Value = client.request(Request::get(format!("/apis/apps/v1/{plural}")).body(Vec::new())?).await?;
            let objects = list["items"].as_array().context("the list has no items")?;
            stream::iter(objects)
                .map(|object| {
                    let client = client.clone();
                    async move {
                        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                        let path = format!(
                            "/apis/apps/v1/namespaces/{}/{plural}/{}/status?fieldManager=kube-controller-manager",
                            text("/metadata/namespace"),
                            text("/metadata/name")
                        );
                        let patch = Request::patch(path).header("content-type", "application/merge-patch+json");
                        let body = serde_json::to_vec(&json!({"status": status(plural, object)}))?;
                        client.request::<Value>(patch.body(body)?).await.map_err(anyhow::Error::from)
                    }
                })
                .buffer_unordered(PARALLEL)
                .try_collect::<Vec<Value>>()
                .await?;
        }
        Ok(())
    }

    /// What the server says about the first application.
    pub(crate) async fn record(&self) -> Result<Recording> {
        let client = self.client(READER).await?;
        let mut documents = Vec::new();
        for path in ["/api", "/apis"] {
            let request = Request::get(path).header("accept", AGGREGATED).body(Vec::new())?;
            documents.push((path.to_owned(), serde_json::from_str(&client.request_text(request).await?)?));
        }
        let mut collections = Vec::new();
        for (api_version, plural) in RESOURCES {
            let path = format!("{}/namespaces/{}/{plural}", manifests::root(api_version), NAMESPACES[0]);
            let text = client.request_text(Request::get(path).body(Vec::new())?).await?;
            let mut collection: Collection = serde_json::from_str(&text)?;
            plural.clone_into(&mut collection.plural);
            collection.items.retain(|item| item.get().contains(manifests::FIRST));
            collections.push(collection);
        }
        let recorded: usize = collections.iter().map(|it| it.items.len()).sum();
        ensure!(recorded == manifests::OBJECTS, "{recorded} objects of the first application were recorded");
        Ok(Recording { documents, collections })
    }
}

/// The whole answer to a GET, as bytes.
pub(crate) async fn download(client: &Client, uri: &str) -> Result<Vec<u8>> {
    use http_body_util::BodyExt as _;
    let accept = if matches!(uri, "/api" | "/apis") { AGGREGATED } else { "application/json" };
    let answer = client.send(Request::get(uri).header("accept", accept).body(Body::empty())?).await?;
    ensure!(answer.status().is_success(), "GET {uri} was answered with {}", answer.status());
    let mut frames = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = frames.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// A healthy workload's status.
fn status(plural: &str, object: &Value) -> Value {
    let generation = &object["metadata"]["generation"];
    let replicas = object.pointer("/spec/replicas").cloned().unwrap_or_else(|| json!(1));
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": "2026-10-07T10:00:00Z", "lastUpdateTime": "2026-10-07T10:00:00Z"})
    };
    match plural {
        "deployments" => json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
            "conditions": [
                condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
                condition("Progressing", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed."),
            ],
        }),
        "statefulsets" => json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas, "currentReplicas": replicas,
            "currentRevision": "store-6d8f7c9b5", "updateRevision": "store-6d8f7c9b5", "collisionCount": 0,
        }),
        _ => json!({
            "observedGeneration": generation, "currentNumberScheduled": 3, "desiredNumberScheduled": 3,
            "numberMisscheduled": 0, "numberReady": 3, "numberAvailable": 3, "updatedNumberScheduled": 3,
        }),
    }
}
