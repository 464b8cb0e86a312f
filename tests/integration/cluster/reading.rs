//! What is read, and with which requests.

use std::collections::BTreeSet;

use drift_detector::model::object::{GroupVersionKind, ObjectKey, Observed};
use drift_detector::model::outcome::Reason;
use serde_json::{Value, json};

use super::server::Server;
use super::{access, anyhow, connect, deployments, key, objects, read, reason, refused, shown};

#[tokio::test]
async fn many_are_listed_in_pages_few_and_secrets_are_read_by_name() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let mut wanted = deployments();
    let missing = key("apps/v1", "Deployment", "missing");
    wanted.extend([missing.clone(), key("v1", "ConfigMap", "a"), key("v1", "ConfigMap", "gone")]);
    wanted.extend((0..8).map(|number| key("v1", "Secret", &format!("s{number}"))));
    let shop = ObjectKey { gvk: GroupVersionKind::new("v1", "Namespace"), namespace: None, name: "shop".to_owned() };
    wanted.push(shop.clone());
    let seen = read(&cluster, &wanted).await;
    for (key, observed) in &seen {
        let absent = *key == missing || key.name == "gone";
        assert_eq!(shown(Some(observed)), if absent { "absent" } else { "found" }, "{key}");
    }
    assert_eq!(server.asked("reader list deployments.apps"), 4, "pages of 3");
    assert_eq!(server.asked("reader list"), 4, "nothing else is listed");
    assert_eq!(server.asked("reader get secrets"), 8);
    assert_eq!(server.asked("reader get /api"), 2, "discovery is two requests");
    let Some(Observed::Found(raw)) = seen.get(&shop) else { anyhow::bail!("no namespace") };
    assert!(raw.get().contains("\"Active\""));
    Ok(())
}

#[tokio::test]
async fn managed_fields_and_values_come_as_the_server_sent_them() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let mut changed = super::deployment(4);
    changed["spec"]["replicas"] = json!(7);
    server.state.put("kubectl-scale", changed);
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let seen = read(&cluster, &deployments()).await;
    let Some(Observed::Found(raw)) = seen.get(&key("apps/v1", "Deployment", "web-004")) else {
        anyhow::bail!("not found")
    };
    let object: Value = serde_json::from_str(raw.get())?;
    assert_eq!(object["spec"]["replicas"], 7);
    assert_eq!(object["metadata"]["managedFields"][0]["manager"], "kubectl-scale");
    assert_eq!(object["metadata"]["managedFields"][0]["fieldsV1"], json!({ "f:spec": { "f:replicas": {} } }));
    Ok(())
}

#[tokio::test]
async fn an_expired_list_starts_again_but_not_for_ever() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.state.expire_pages(2);
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let seen = read(&cluster, &deployments()).await;
    assert!(seen.values().all(|it| matches!(it, Observed::Found(_))), "{}", shown(seen.values().next()));

    server.state.expire_pages(usize::MAX);
    let seen = read(&cluster, &deployments()).await;
    let last = seen.values().last();
    assert_eq!(reason(last), Some(Reason::Unreachable));
    assert!(shown(last).contains("410"), "{}", shown(last));
    assert!(!seen.values().any(|it| matches!(it, Observed::Absent)));
    Ok(())
}

#[tokio::test]
async fn where_listing_is_forbidden_objects_are_read_by_name() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.state.forbid("list", "deployments", None);
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let mut wanted = deployments();
    let missing = key("apps/v1", "Deployment", "missing");
    wanted.push(missing.clone());
    for (key, observed) in read(&cluster, &wanted).await {
        assert_eq!(shown(Some(&observed)), if key == missing { "absent" } else { "found" }, "{key}");
    }
    server.state.forbid("get", "deployments", None);
    for (key, observed) in read(&cluster, &wanted).await {
        assert_eq!(reason(Some(&observed)), Some(Reason::Forbidden), "{key}");
        assert!(shown(Some(&observed)).contains("failed to list deployments.apps"), "one sentence for the kind");
    }
    Ok(())
}

#[tokio::test]
async fn an_old_server_is_read_too() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.state.grow_old();
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let mut wanted = deployments();
    wanted.push(key("v1", "ConfigMap", "a"));
    for (key, observed) in read(&cluster, &wanted).await {
        assert_eq!(shown(Some(&observed)), "found", "{key}");
    }
    assert_eq!(server.asked("reader get /api"), 4, "/api, /api/v1, /apis, /apis/apps/v1 and nothing else");
    Ok(())
}

#[tokio::test]
async fn a_kind_that_is_not_served_says_where_it_is() -> anyhow::Result<()> {
    for old in [false, true] {
        let server = Server::start(objects()).await?;
        if old {
            server.state.grow_old();
        }
        let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
        let kinds = BTreeSet::from([
            GroupVersionKind::new("apps/v1beta1", "Deployment"),
            GroupVersionKind::new("example.com/v1", "Gadget"),
            GroupVersionKind::new("v1", "ConfigMap"),
        ]);
        let mut served = cluster.discover(&kinds).await.into_iter();
        let mut next = || served.next().map(|it| it.1).ok_or_else(|| anyhow::anyhow!("an entry is missing"));
        assert!(next()?.is_ok(), "ConfigMap");
        let deployment = refused(next()?)?;
        assert_eq!(deployment.reason, Reason::NotServed);
        assert!(deployment.detail.as_str().contains("it serves Deployment at apps/v1"), "{}", deployment.detail);
        assert!(deployment.remedy.as_str().contains("apiVersion: apps/v1"), "{}", deployment.remedy);
        let gadget = refused(next()?)?;
        assert_eq!(gadget.reason, Reason::NotServed);
        assert!(gadget.remedy.as_str().contains("CustomResourceDefinition"), "{}", gadget.remedy);
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_aggregated_group_fails_alone() -> anyhow::Result<()> {
    for old in [false, true] {
        let gadget = json!({ "apiVersion": "example.com/v1", "kind": "Gadget", "metadata": { "name": "g", "namespace": "shop" } });
        let mut objects = objects();
        objects.push(gadget);
        let server = Server::start(objects).await?;
        server.state.lose_group("example.com");
        if old {
            server.state.grow_old();
        }
        let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
        let gadget = key("example.com/v1", "Gadget", "g");
        let web = key("apps/v1", "Deployment", "web-001");
        let seen = read(&cluster, &[gadget.clone(), web.clone()]).await;
        assert_eq!(reason(seen.get(&gadget)), Some(Reason::Unreachable), "{}", shown(seen.get(&gadget)));
        assert_eq!(shown(seen.get(&web)), "found");
    }
    Ok(())
}

#[tokio::test]
async fn names_cannot_change_the_path() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let odd = ["", "..", "a/../../secrets/s1", "a%2Fb", "a?x=1", "a b", "system:node"];
    let wanted: Vec<ObjectKey> = odd.iter().map(|name| key("v1", "ConfigMap", name)).collect();
    let seen = read(&cluster, &wanted).await;
    for (key, observed) in &seen {
        let impossible = matches!(key.name.as_str(), "" | "..") || key.name.contains(['/', '%']);
        let want = impossible.then_some(Reason::Misconfigured);
        assert_eq!(reason(Some(observed)), want, "`{}`: {}", key.name, shown(Some(observed)));
    }
    assert_eq!(server.asked("secrets"), 0);
    Ok(())
}

#[tokio::test]
async fn a_large_namespace_is_paged_through() -> anyhow::Result<()> {
    let server = Server::start((0..2_000).map(super::deployment).collect()).await?;
    let limits =
        drift_detector::cluster::Limits { page: 500, request: std::time::Duration::from_secs(30), ..super::limits() };
    let cluster = super::connect_within(&access(&server.kubeconfig(), None), limits).await.map_err(anyhow)?;
    let wanted: Vec<ObjectKey> =
        (0..10).map(|number| key("apps/v1", "Deployment", &format!("web-{:03}", number * 199))).collect();
    let seen = read(&cluster, &wanted).await;
    assert!(seen.values().all(|it| matches!(it, Observed::Found(_))));
    assert_eq!(server.asked("reader list deployments.apps"), 4);
    Ok(())
}
