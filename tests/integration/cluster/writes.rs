//! The stand-in's writes, as kubectl sends them. The client itself never writes.

use drift_detector::demo::cluster::Rights;
use serde_json::{Value, json};

use super::objects;
use super::server::{Server, TOKEN};

const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web-001";

struct Kubectl {
    http: reqwest::Client,
    base: String,
}

impl Kubectl {
    fn new(server: &Server) -> anyhow::Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        server.state.admit("admin-token-of-the-test", "admin", Rights::Full);
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?,
            base: format!("http://{}", server.addr),
        })
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        self.send_as("admin-token-of-the-test", method, path, kind, body).await
    }

    async fn send_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        kind: &str,
        body: &Value,
    ) -> anyhow::Result<(u16, Value)> {
        let request = self.http.request(method.parse()?, format!("{}{path}", self.base)).bearer_auth(token);
        let answer = request.header("content-type", kind).body(body.to_string()).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}

const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json-patch+json";

#[tokio::test]
async fn patches_change_the_object_and_its_owners() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let kubectl = Kubectl::new(&server)?;
    let (_, before) = kubectl.send("GET", WEB, "", &Value::Null).await?;
    let scale = json!({ "spec": { "replicas": 9 } });
    let (status, scaled) = kubectl.send("PATCH", &format!("{WEB}/scale?fieldManager=kubectl"), MERGE, &scale).await?;
    assert_eq!((status, &scaled["kind"], &scaled["spec"]["replicas"]), (200, &json!("Scale"), &json!(9)));
    let image = json!([{ "op": "test", "path": "/spec/replicas", "value": 9 },
        { "op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "web:2" }]);
    let (status, after) = kubectl.send("PATCH", &format!("{WEB}?fieldManager=kubectl-patch"), JSON, &image).await?;
    assert_eq!(status, 200, "{after}");
    assert_eq!(after["metadata"]["generation"], 3);
    assert_ne!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    let owners = &after["metadata"]["managedFields"];
    assert_eq!((&owners[0]["manager"], &owners[0]["subresource"]), (&json!("kubectl"), &json!("scale")));
    assert_eq!(owners[0]["fieldsV1"], json!({ "f:spec": { "f:replicas": {} } }));
    assert_eq!(
        owners[1]["fieldsV1"],
        json!({ "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"web\"}": { "f:image": {} } } } } } })
    );
    let back = json!({ "spec": { "replicas": 3 } });
    let (_, after) = kubectl.send("PATCH", &format!("{WEB}?fieldManager=someone"), MERGE, &back).await?;
    let managers: Vec<&str> = after["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["manager"].as_str())
        .collect();
    assert_eq!(managers, ["kubectl-patch", "someone"], "the field went from one to the other");
    Ok(())
}

#[tokio::test]
async fn what_a_server_refuses_is_refused() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let kubectl = Kubectl::new(&server)?;
    let stale = json!({ "metadata": { "resourceVersion": "1" }, "spec": { "replicas": 1 } });
    let wrong = json!([{ "op": "test", "path": "/spec/replicas", "value": 77 }]);
    for (method, path, kind, body, status, part) in [
        ("PATCH", WEB.to_owned(), MERGE, stale, 409, "the object has been modified"),
        ("PATCH", WEB.to_owned(), JSON, wrong, 422, "the server rejected our request"),
        ("PATCH", WEB.to_owned(), "application/strategic-merge-patch+json", json!({}), 415, "strategic-merge-patch"),
        ("PATCH", WEB.to_owned(), "application/apply-patch+yaml", json!({}), 415, "apply-patch"),
        ("PATCH", WEB.to_owned(), MERGE, json!({ "metadata": { "name": "x" } }), 422, "metadata.name"),
        ("PATCH", format!("{WEB}/status"), MERGE, json!({}), 405, "subresource status"),
        ("PUT", WEB.to_owned(), "application/json", json!({}), 405, "PUT on objects"),
        (
            "POST",
            "/api/v1/namespaces/shop/configmaps".to_owned(),
            "application/json",
            json!({}),
            405,
            "POST on a whole collection",
        ),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments?watch=true".to_owned(), "", Value::Null, 405, "watches"),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dx".to_owned(), "", Value::Null, 400, "spec.nodeName"),
        ("GET", "/api/v1/namespaces/shop/gadgets".to_owned(), "", Value::Null, 404, "404 page not found"),
        (
            "GET",
            "/apis/apps/v1/namespaces/shop/deployments/nope".to_owned(),
            "",
            Value::Null,
            404,
            "deployments.apps \\\"nope\\\" not found",
        ),
    ] {
        let (got, answer) = kubectl.send(method, &path, kind, &body).await?;
        assert_eq!(got, status, "{method} {path}: {answer}");
        assert!(answer.to_string().contains(part), "{method} {path}: {answer}");
    }
    let (status, answer) = kubectl.send_as(TOKEN, "DELETE", WEB, "", &Value::Null).await?;
    assert_eq!(status, 403);
    assert_eq!(
        answer["message"],
        "deployments.apps \"web-001\" is forbidden: User \"reader\" cannot delete resource \"deployments\" in API group \"apps\" in the namespace \"shop\""
    );
    let (status, _) = kubectl.send_as("nobody", "GET", WEB, "", &Value::Null).await?;
    assert_eq!(status, 401);
    let (status, answer) = kubectl.send("DELETE", WEB, "", &Value::Null).await?;
    assert_eq!((status, &answer["status"]), (200, &json!("Success")));
    let (status, _) = kubectl.send("GET", WEB, "", &Value::Null).await?;
    assert_eq!(status, 404);
    Ok(())
}

#[tokio::test]
async fn selectors_select() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let kubectl = Kubectl::new(&server)?;
    for (query, count) in [
        ("fieldSelector=metadata.name%3Dweb-001", 1),
        ("labelSelector=app%3Dweb", 10),
        ("labelSelector=app%21%3Dweb", 0),
        ("labelSelector=tier", 0),
        ("labelSelector=%21tier", 10),
        ("limit=4", 4),
    ] {
        let (_, list) = kubectl.send("GET", &format!("/apis/apps/v1/deployments?{query}"), "", &Value::Null).await?;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{query}: {list}");
        assert!(list["items"][0]["kind"].is_null());
    }
    Ok(())
}
