//! Request by failure: nothing is ever found or absent wrongly, and the reason is right.

use std::time::Duration;

use drift_detector::cluster::Limits;
use drift_detector::model::object::Observed;
use drift_detector::model::outcome::Reason;

use super::server::{Fault, Server};
use super::{access, anyhow, connect, connect_within, deployments, key, limits, objects, read, reason, refused, shown};

const LIST: &str = "/apis/apps/v1/namespaces/shop/deployments";
const GET: &str = "/api/v1/namespaces/shop/configmaps/a";

const FAULTS: &[(Fault, Reason)] = &[
    (Fault::Status(400), Reason::Unreachable),
    (Fault::Status(401), Reason::Unauthorized),
    (Fault::Status(403), Reason::Forbidden),
    (Fault::Status(404), Reason::NotServed),
    (Fault::Status(405), Reason::Unreachable),
    (Fault::Status(409), Reason::Unreachable),
    (Fault::Status(418), Reason::Unreachable),
    (Fault::Status(429), Reason::Unreachable),
    (Fault::Status(500), Reason::Unreachable),
    (Fault::Status(502), Reason::Unreachable),
    (Fault::Status(503), Reason::Unreachable),
    (Fault::Status(504), Reason::Unreachable),
    (Fault::Page(302), Reason::Unreachable),
    (Fault::Page(401), Reason::Unauthorized),
    (Fault::Page(403), Reason::Forbidden),
    (Fault::Page(404), Reason::Unreachable),
    (Fault::Page(503), Reason::Unreachable),
    (Fault::UnknownPath, Reason::NotServed),
    (Fault::OtherNotFound, Reason::Unreachable),
    (Fault::Html, Reason::Unreachable),
    (Fault::Empty, Reason::Unreachable),
    (Fault::Array, Reason::Unreachable),
    (Fault::OtherList, Reason::Unreachable),
    (Fault::NoItems, Reason::Unreachable),
    (Fault::ForeignItem, Reason::Unreachable),
    (Fault::NamelessItem, Reason::Unreachable),
    (Fault::SamePage, Reason::Unreachable),
    (Fault::OtherObject, Reason::Unreachable),
    (Fault::Nothing, Reason::Unreachable),
    (Fault::Success, Reason::Unreachable),
    (Fault::Half, Reason::Unreachable),
    (Fault::Cut, Reason::Unreachable),
    (Fault::Slow, Reason::Unreachable),
];

/// A machine under load answers late, and late must not read as never: only where no answer comes does time run out.
fn patience(fault: Fault) -> Limits {
    let hour = Duration::from_secs(3600);
    match fault {
        Fault::Slow => Limits { request: Duration::from_secs(10), overall: hour, attempts: 1, ..limits() },
        _ => Limits { connect: hour, request: hour, overall: hour, ..limits() },
    }
}

/// Strikes one path, and tells what became of ten Deployments (listed) and a config map (read by name).
async fn judge(path: &str, fault: Fault, want: Reason) -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let times = if fault == Fault::Status(403) || fault == Fault::Page(403) { 1 } else { usize::MAX };
    server.strike(fault, path, times);
    let cluster = connect_within(&access(&server.kubeconfig(), None), patience(fault)).await.map_err(anyhow)?;
    let mut wanted = deployments();
    let missing = key("apps/v1", "Deployment", "missing");
    let config_map = key("v1", "ConfigMap", "a");
    wanted.extend([missing.clone(), config_map.clone()]);
    let seen = read(&cluster, &wanted).await;
    let what = format!("{fault:?} on {path}");
    assert_eq!(seen.len(), wanted.len(), "{what}");

    let hits_deployments = path.starts_with("/apis");
    let listed = path.starts_with(LIST);
    let may_fall_back = listed && want == Reason::Forbidden;
    for (key, observed) in &seen {
        let is_missing = *key == missing;
        let is_hit = if *key == config_map { !hits_deployments } else { hits_deployments };
        match observed {
            Observed::Absent => assert!(is_missing && (!is_hit || may_fall_back), "{what}: {key} is not absent"),
            Observed::Found(raw) => {
                assert!(!is_missing && raw.get().contains(&key.name), "{what}: {key} is not there");
                assert!(!is_hit || may_fall_back || path.contains("continue"), "{what}: {key} was not read");
            }
            Observed::AsDesired => panic!("{what}: {key} was not to be looked at"),
            Observed::NotRead(obstacle) => {
                assert!(is_hit && !may_fall_back, "{what}: {key}: {}", shown(Some(observed)));
                assert_eq!(obstacle.reason, want, "{what}: {}", shown(Some(observed)));
                let detail = obstacle.detail.as_str();
                assert!(detail.contains("127.0.0.1"), "{what}: {detail}");
                assert!(!detail.contains("hunter2") && !detail.contains("<html"), "{what}: {detail}");
                assert!(!obstacle.remedy.is_empty(), "{what}");
            }
        }
    }
    let hit = if hits_deployments { &missing } else { &config_map };
    if may_fall_back {
        assert!(matches!(seen.get(hit), Some(Observed::Absent)), "{what}");
    } else {
        assert_eq!(reason(seen.get(hit)), Some(want), "{what}: {}", shown(seen.get(hit)));
    }
    Ok(())
}

#[tokio::test]
async fn no_failure_reads_as_absent_or_found() -> anyhow::Result<()> {
    let paths = ["/apis".to_owned(), "/api".to_owned(), LIST.to_owned(), format!("{LIST}?continue="), GET.to_owned()];
    let (slow, prompt): (Vec<_>, Vec<_>) = FAULTS.iter().partition(|(fault, _)| *fault == Fault::Slow);
    // What runs against time has the thread to itself.
    for faults in [prompt, slow] {
        let cases = paths.iter().flat_map(|path| faults.iter().map(move |(fault, want)| judge(path, *fault, *want)));
        for result in futures::future::join_all(cases).await {
            result?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_connection_fails_every_kind_and_says_what_to_check() -> anyhow::Result<()> {
    let unused = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let kubeconfig = drift_detector::demo::cluster::kubeconfig("prod", unused, "token-of-nobody");
    let cluster = connect(&access(&kubeconfig, None)).await.map_err(anyhow)?;
    let seen = read(&cluster, &[key("v1", "ConfigMap", "a"), key("apps/v1", "Deployment", "web-000")]).await;
    for observed in seen.values() {
        let text = shown(Some(observed));
        assert!(text.contains("Unreachable") && text.contains("Connection refused"), "{text}");
        assert!(text.contains("can be reached from this runner"), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn passing_failures_are_survived() -> anyhow::Result<()> {
    for fault in [429, 500, 502, 503, 504].map(Fault::Status).into_iter().chain([Fault::Cut]) {
        let server = Server::start(objects()).await?;
        for path in ["/apis", LIST, GET] {
            server.strike(fault, path, 1);
        }
        let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
        let mut wanted = deployments();
        wanted.push(key("v1", "ConfigMap", "a"));
        for (key, observed) in read(&cluster, &wanted).await {
            assert!(matches!(observed, Observed::Found(_)), "{fault:?}: {key}: {}", shown(Some(&observed)));
        }
    }
    Ok(())
}

#[tokio::test]
async fn refusals_are_asked_once() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.state.forbid("*", "configmaps", None);
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let seen = read(&cluster, &[key("v1", "ConfigMap", "a")]).await;
    let text = shown(seen.values().next());
    for part in [
        "Forbidden: failed to get `a` of configmaps in namespace `shop`",
        "User \"reader\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"shop\"",
        "a Role in namespace `shop`",
        "apiGroups: [\"\"], resources: [\"configmaps\"], verbs: [\"get\", \"list\"]",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(server.asked("configmaps"), 1);
    Ok(())
}

#[tokio::test]
async fn the_time_for_a_cluster_ends() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.strike(Fault::Slow, GET, usize::MAX);
    let limits = Limits { overall: Duration::from_secs(1), ..limits() };
    let cluster = connect_within(&access(&server.kubeconfig(), None), limits).await.map_err(anyhow)?;
    let seen = read(&cluster, &[key("v1", "ConfigMap", "a")]).await;
    assert_eq!(reason(seen.values().next()), Some(Reason::TimedOut), "{}", shown(seen.values().next()));
    Ok(())
}

#[tokio::test]
async fn an_endless_answer_is_given_up() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    let limits = Limits { answer_bytes: 1000, ..limits() };
    let cluster = connect_within(&access(&server.kubeconfig(), None), limits).await.map_err(anyhow)?;
    let seen = read(&cluster, &[key("v1", "ConfigMap", "a")]).await;
    assert!(shown(seen.values().next()).contains("longer than"), "{}", shown(seen.values().next()));
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_said_once_and_for_all() -> anyhow::Result<()> {
    let server = Server::start(objects()).await?;
    server.state.admit(super::server::TOKEN, "reader", drift_detector::demo::cluster::Rights::Expired);
    let cluster = connect(&access(&server.kubeconfig(), None)).await.map_err(anyhow)?;
    let kinds = deployments().into_iter().map(|key| key.gvk).collect();
    for (_, served) in cluster.discover(&kinds).await {
        let obstacle = refused(served)?;
        assert_eq!(obstacle.reason, Reason::Unauthorized);
        assert!(obstacle.remedy.as_str().contains("renew the credentials of context `prod`"), "{}", obstacle.remedy);
    }
    Ok(())
}
