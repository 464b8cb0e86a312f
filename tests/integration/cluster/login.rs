//! Logins: contexts, plugins, files, proxies. What is wrong is said before the first request.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_detector::cluster::{Limits, credentials};
use drift_detector::model::access::{ClusterAccess, KubeconfigSource};
use drift_detector::model::outcome::Reason;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::server::{Server, TOKEN};
use super::{access, anyhow, config_map, connect, connect_within, key, limits, objects, read, refused, shown};

/// A kubeconfig of one context `prod` with this cluster and user.
fn kubeconfig(cluster: &serde_json::Value, user: &serde_json::Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "prod",
        "contexts": [{ "name": "prod", "context": { "cluster": "c", "user": "u", "namespace": "shop" } }],
        "clusters": [{ "name": "c", "cluster": cluster }],
        "users": [{ "name": "u", "user": user }],
    })
    .to_string()
}

#[tokio::test]
async fn two_contexts_of_one_kubeconfig_reach_two_clusters() -> anyhow::Result<()> {
    let (us, eu) = (Server::start(vec![config_map("us")]).await?, Server::start(vec![config_map("eu")]).await?);
    let both = json!({
        "apiVersion": "v1", "kind": "Config",
        "contexts": [{ "name": "us", "context": { "cluster": "us", "user": "u" } },
                     { "name": "eu", "context": { "cluster": "eu", "user": "u", "namespace": "europe" } }],
        "clusters": [{ "name": "us", "cluster": { "server": format!("http://{}", us.addr) } },
                     { "name": "eu", "cluster": { "server": format!("http://{}", eu.addr) } }],
        "users": [{ "name": "u", "user": { "token": TOKEN } }],
    })
    .to_string();
    for (context, other, namespace) in [("us", "eu", None), ("eu", "us", Some("europe"))] {
        let cluster = connect(&access(&both, Some(context))).await.map_err(anyhow)?;
        assert_eq!(cluster.context_namespace(), namespace);
        let seen = read(&cluster, &[key("v1", "ConfigMap", context), key("v1", "ConfigMap", other)]).await;
        assert_eq!(shown(seen.get(&key("v1", "ConfigMap", context))), "found");
        assert_eq!(shown(seen.get(&key("v1", "ConfigMap", other))), "absent");
    }
    let unknown = refused(connect(&access(&both, Some("asia"))).await)?;
    assert_eq!(unknown.reason, Reason::Misconfigured);
    assert_eq!(unknown.detail.as_str(), "the kubeconfig has no context `asia` (it has eu, us)");
    let none = refused(connect(&access(&both, None)).await)?;
    assert!(none.detail.as_str().contains("no current context (it has eu, us)"), "{}", none.detail);
    Ok(())
}

#[tokio::test]
async fn what_the_image_does_not_have_is_named_with_the_way_out() -> anyhow::Result<()> {
    let exec = |command: &str| json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never" } });
    let https = json!({ "server": "https://prod.example.com:6443" });
    for (cluster, user, parts) in [
        (
            https.clone(),
            exec("aws-of-this-test"),
            vec!["exec plugin `aws-of-this-test`", "not found here", "KUBECONFIG_<TARGET>"],
        ),
        (
            https.clone(),
            exec("/opt/bin/gke-gcloud-auth-plugin"),
            vec!["exec plugin `/opt/bin/gke-gcloud-auth-plugin`", "get-gke-credentials"],
        ),
        (
            https.clone(),
            json!({ "auth-provider": { "name": "gcp", "config": {} } }),
            vec!["auth-provider `gcp`", "KUBECONFIG_<TARGET>"],
        ),
        (
            https.clone(),
            json!({ "tokenFile": "/home/runner/token" }),
            vec!["tokenFile of user `u`", "`/home/runner/token`", "sees only the workspace"],
        ),
        (
            https.clone(),
            json!({ "client-certificate": "/home/runner/c.crt", "client-key": "/home/runner/c.key" }),
            vec!["client-certificate of user `u`", "--flatten"],
        ),
        (
            https.clone(),
            json!({ "client-certificate-data": "YQ==", "client-key": "/home/runner/c.key" }),
            vec!["client-key of user `u`"],
        ),
        (
            json!({ "server": "https://x", "certificate-authority": "/home/runner/ca.crt" }),
            json!({ "token": TOKEN }),
            vec!["certificate-authority of the cluster", "/home/runner/ca.crt"],
        ),
        (
            json!({ "server": "https://x", "certificate-authority-data": "YWJj" }),
            json!({ "token": TOKEN }),
            vec!["holds no PEM certificate"],
        ),
        (json!({ "server": "prod" }), json!({ "token": TOKEN }), vec!["no usable `server` address"]),
        (
            json!({ "server": "https://x", "proxy-url": "socks5://p:1" }),
            json!({ "token": TOKEN }),
            vec!["`socks5`", "not supported"],
        ),
    ] {
        let obstacle = refused(connect(&access(&kubeconfig(&cluster, &user), None)).await)?;
        let text = format!("{}; {}", obstacle.detail, obstacle.remedy);
        assert_eq!(obstacle.reason, Reason::Misconfigured, "{text}");
        assert!(text.contains("context `prod`"), "{text}");
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_is_there_is_used_and_one_that_fails_is_quoted() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let folder = tempfile::tempdir()?;
    let plugin = |name: &str, script: &str| -> anyhow::Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        Ok(path.to_string_lossy().into_owned())
    };
    let good = json!({ "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": { "token": TOKEN } });
    let cluster = json!({ "server": format!("http://{}", server.addr) });
    let user = |command: String| json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never" } });
    let mut lasting = good.clone();
    lasting["status"]["expirationTimestamp"] = "2999-01-01T00:00:00Z".into();
    for (name, credential) in [("good", good), ("lasting", lasting)] {
        let runs = folder.path().join(format!("runs-of-{name}"));
        let script = format!("echo ran >> '{}'\necho '{credential}'", runs.display());
        let text = kubeconfig(&cluster, &user(plugin(name, &script)?));
        let client = connect(&access(&text, None)).await.map_err(anyhow)?;
        for _ in 0..2 {
            let seen = read(&client, &[key("v1", "ConfigMap", "a")]).await;
            assert_eq!(shown(seen.values().next()), "found");
        }
        assert_eq!(std::fs::read_to_string(runs)?, "ran\n", "a login that holds is asked for once");
    }

    let text = kubeconfig(&cluster, &user(plugin("bad", "echo 'no session, password=hunter2' >&2; exit 7")?));
    let obstacle = refused(connect(&access(&text, None)).await)?;
    let detail = obstacle.detail.as_str();
    assert!(detail.contains("failed with exit status: 7 (no session") && !detail.contains("hunter2"), "{detail}");

    // A credential that stands where the quotation ends.
    let long = format!("{} ghp_{} >&2; exit 7", "x ".repeat(144), "a1B2".repeat(9));
    let text = kubeconfig(&cluster, &user(plugin("long", &format!("echo {long}"))?));
    let detail = refused(connect(&access(&text, None)).await)?.detail;
    assert!(detail.as_str().contains("x x x") && !detail.as_str().contains("ghp_"), "{detail}");

    let text = kubeconfig(&cluster, &user(plugin("endless", "exec sleep 2")?));
    let short = std::time::Duration::from_millis(200);
    for limits in [Limits { request: short, ..limits() }, Limits { overall: short, ..limits() }] {
        let obstacle = refused(connect_within(&access(&text, None), limits).await)?;
        assert!(obstacle.detail.as_str().contains("does not finish"), "{}", obstacle.detail);
    }

    let text = kubeconfig(&cluster, &user(plugin("odd", "echo 'token-as-plain-text'")?));
    let detail = refused(connect(&access(&text, None)).await)?.detail;
    assert!(detail.as_str().contains("no ExecCredential") && !detail.as_str().contains("plain-text"), "{detail}");
    Ok(())
}

#[tokio::test]
async fn kubeconfig_files_are_merged_and_their_faults_never_quoted() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: &str| -> anyhow::Result<std::path::PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let from = |files: Vec<std::path::PathBuf>| ClusterAccess {
        source: KubeconfigSource::Files(files),
        context: None,
        proxy: None,
    };
    file("token", TOKEN)?;
    let whole = kubeconfig(&json!({ "server": format!("http://{}", server.addr) }), &json!({ "tokenFile": "token" }));
    let whole = file("whole", &whole)?;
    let missing = folder.path().join("missing");
    let access = from(vec![missing.clone(), whole]);
    let cluster = connect(&access).await.map_err(anyhow)?;
    assert_eq!(cluster.context_namespace(), Some("shop"));
    assert_eq!(shown(read(&cluster, &[key("v1", "ConfigMap", "a")]).await.values().next()), "found");
    assert_eq!(credentials(&access).iter().map(|it| it.expose_secret()).collect::<Vec<_>>(), [TOKEN]);

    let user = json!({
        "password": "password-of-a-user", "client-key-data": "LS0tLS1CRUdJTg==",
        "auth-provider": {"name": "oidc", "config": {"client-secret": "secret-of-a-client", "client-id": "app"}},
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "x", "interactiveMode": "Never",
            "env": [{"name": "KEY", "value": "a-long-secret-of-a-plugin"}, {"name": "REGION", "value": "eu-central-1"}]},
    });
    let known = credentials(&from(vec![file("rich", &kubeconfig(&json!({"server": "https://x"}), &user))?]));
    let mut known: Vec<_> = known.iter().map(|it| it.expose_secret()).collect();
    known.sort_unstable();
    assert_eq!(
        known,
        ["-----BEGIN", "LS0tLS1CRUdJTg==", "a-long-secret-of-a-plugin", "password-of-a-user", "secret-of-a-client"]
    );

    let obstacle = refused(connect(&from(vec![missing])).await)?;
    assert!(obstacle.detail.as_str().contains("is not there: a container action sees only"), "{}", obstacle.detail);
    for broken in ["users: [{name: u, user: {token: hunter2secret}}", "aHVudGVyMnNlY3JldA==", "users: hunter2secret"] {
        let obstacle = refused(connect(&from(vec![file("broken", broken)?])).await)?;
        let text = format!("{} {}", obstacle.detail, obstacle.remedy);
        assert!(text.contains("malformed"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVy"), "{text}");
    }
    let empty = refused(connect(&from(vec![file("empty", "")?])).await)?;
    assert!(empty.detail.as_str().contains("no current context (it has none)"), "{}", empty.detail);
    Ok(())
}

/// A proxy that connects every tunnel with one address, and counts them.
fn proxy(to: SocketAddr) -> anyhow::Result<(SocketAddr, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let counter = Arc::clone(&counter);
            std::thread::spawn(move || tunnel(stream, to, &counter));
        }
    });
    Ok((address, count))
}

fn tunnel(mut client: TcpStream, to: SocketAddr, count: &AtomicUsize) -> std::io::Result<()> {
    let mut head = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    head.read_line(&mut line)?;
    if !line.starts_with("CONNECT prod.example.invalid:6443 ") {
        return client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }
    while line != "\r\n" {
        line.clear();
        head.read_line(&mut line)?;
    }
    count.fetch_add(1, Ordering::Relaxed);
    let mut server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client);
    std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    std::io::copy(&mut head, &mut server)?;
    Ok(())
}

#[tokio::test]
async fn proxies_are_used_and_no_proxy_is_honoured() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let (address, count) = proxy(server.addr)?;
    let url = format!("http://{address}");
    let server_url = "http://prod.example.invalid:6443";
    let plain = kubeconfig(&json!({ "server": server_url }), &json!({ "token": TOKEN }));
    let own = kubeconfig(&json!({ "server": server_url, "proxy-url": url }), &json!({ "token": TOKEN }));
    let local = kubeconfig(&json!({ "server": format!("http://{}", server.addr) }), &json!({ "token": TOKEN }));
    for (text, of_environment, no_proxy, found, tunnelled) in [
        (&plain, Some(url.as_str()), None, true, true),
        (&plain, Some(url.as_str()), Some("other.example.com"), true, true),
        (&plain, Some(url.as_str()), Some(".example.invalid"), false, false),
        // The kubeconfig's own proxy wins, whatever NO_PROXY says.
        (&own, Some("http://127.0.0.1:1"), Some("*"), true, true),
        // Loopback is never asked for through the proxy of the environment.
        (&local, Some("http://127.0.0.1:1"), None, true, false),
    ] {
        let before = count.load(Ordering::Relaxed);
        let access = ClusterAccess { proxy: of_environment.map(str::to_owned), ..access(text, None) };
        let limits = Limits { no_proxy: no_proxy.map(str::to_owned), attempts: 1, ..limits() };
        let cluster = connect_within(&access, limits).await.map_err(anyhow)?;
        let seen = read(&cluster, &[key("v1", "ConfigMap", "a")]).await;
        let text = shown(seen.values().next());
        assert_eq!(text == "found", found, "{of_environment:?} {no_proxy:?}: {text}");
        assert_eq!(count.load(Ordering::Relaxed) > before, tunnelled, "{of_environment:?} {no_proxy:?}");
    }
    Ok(())
}
