//! Every operation once as it is meant, on both sites, and lists page by page.

use anyhow::Result;
use drift_detector::demo::github::{Access, Author, IssueState, Site, Token};
use jiff::SignedDuration;
use serde_json::json;

use super::contract;
use super::raw::{ISSUES, Raw, SHOP, shop, world};

#[tokio::test]
async fn every_operation_works_and_is_as_described() -> Result<()> {
    for site in [Site::DotCom, Site::Enterprise] {
        let world = world(shop())?;
        world.github().serve_as(site);
        let (raw, alice) = (Raw::new(&world)?, Raw::with(&world, Token::person("alice"))?);
        let made = raw
            .post(
                ISSUES,
                json!({"title": "Drift: prod 2", "body": "a\r\nb", "labels": ["drift"], "assignees": ["alice"]}),
            )
            .await?;
        assert_eq!(
            (made.status, made.json["number"].as_u64(), made.json["body"].as_str()),
            (201, Some(2), Some("a\r\nb")),
            "{}",
            made.text
        );
        assert_eq!(made.json["user"]["login"], "github-actions[bot]");
        assert_eq!(made.json["performed_via_github_app"]["slug"], "github-actions");
        assert!(made.header("location").ends_with("/repos/acme/shop/issues/2"));
        let comment = raw.post(&format!("{ISSUES}/2/comments"), json!({"body": "new"})).await?;
        let id = comment.json["id"].as_u64().unwrap_or_default();
        let one = format!("{ISSUES}/comments/{id}");
        assert_eq!(alice.post(&format!("{one}/reactions"), json!({"content": "eyes"})).await?.status, 201);
        assert_eq!(alice.post(&format!("{one}/reactions"), json!({"content": "eyes"})).await?.status, 200);
        assert_eq!(raw.get(&one).await?.json["reactions"]["eyes"], 1);
        assert_eq!(raw.get(&format!("{one}/reactions")).await?.json[0]["user"]["login"], "alice");
        assert_eq!(raw.patch(&one, json!({"body": "newer"})).await?.json["body"], "newer");
        let label = raw
            .post("/repos/acme/shop/labels", json!({"name": "drift/prod", "color": "B60205", "description": "d"}))
            .await?;
        assert_eq!(label.status, 201, "{}", label.text);
        assert_eq!(
            raw.post(&format!("{ISSUES}/2/labels"), json!({"labels": ["drift/prod", "Drift"]})).await?.status,
            200
        );
        assert_eq!(world.github().issues(SHOP)[1].labels, ["drift", "drift/prod"]);
        assert_eq!(raw.send("DELETE", &format!("{ISSUES}/2/labels/drift%2Fprod"), None, &[]).await?.status, 200);
        assert_eq!(raw.patch(&format!("{ISSUES}/2"), json!({"state": "closed", "title": "clean"})).await?.status, 200);
        assert_eq!(raw.patch(&format!("{ISSUES}/2"), json!({"state": "open"})).await?.json["state_reason"], "reopened");
        world.github().close(SHOP, 2, &Author::person("alice"), "not_planned")?;
        let closed = raw.get(&format!("{ISSUES}/2")).await?;
        assert_eq!(
            (&closed.json["state_reason"], &closed.json["closed_by"]["login"]),
            (&json!("not_planned"), &json!("alice"))
        );
        assert_eq!(
            raw.send("PUT", &format!("{ISSUES}/2/lock"), Some(json!({"lock_reason": "resolved"})), &[]).await?.status,
            204
        );
        assert_eq!(raw.send("DELETE", &format!("{ISSUES}/2/lock"), None, &[]).await?.status, 204);
        let timeline = raw.get(&format!("{ISSUES}/2/timeline")).await?;
        let events: Vec<&str> =
            timeline.json.as_array().into_iter().flatten().filter_map(|it| it["event"].as_str()).collect();
        let all = "labeled commented labeled unlabeled renamed closed reopened closed locked unlocked";
        assert_eq!(events.join(" "), all);
        for path in [
            "",
            "/issues",
            "/issues/2/comments",
            "/issues/2/labels",
            "/labels",
            "/labels/drift",
            "/contents/.github",
            "/contents/.github/drift.yaml?ref=ba5e",
            "/pulls/1",
            "/pulls/1/files",
            "/commits/c0ffee/pulls",
            "/collaborators/alice/permission",
        ] {
            let answer = raw.get(&format!("/repos/acme/shop{path}")).await?;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        assert_eq!(raw.get("/repos/acme/shop/assignees/alice").await?.status, 204);
        assert_eq!(raw.get("/rate_limit").await?.json["rate"]["limit"], 5000);
        assert_eq!(alice.get("/user").await?.json["login"], "alice");
        let prefix = if site == Site::DotCom { "/api/v3" } else { "" };
        let other = format!("{}{prefix}/rate_limit", world.url("github")?);
        contract::verify(&world)?;
        assert_eq!(raw.get(&other).await?.status, 404, "{site:?} has no other prefix");
    }
    Ok(())
}

#[tokio::test]
async fn lists_are_walked_by_their_links() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    for number in 2..=8 {
        let title = format!("{number}");
        raw.open(&title).await?;
        world.clock().advance(SignedDuration::from_mins(1));
    }
    raw.patch(&format!("{ISSUES}/3"), json!({"body": "touched", "labels": ["drift"]})).await?;
    let mut next = Some(format!("{ISSUES}?state=all&sort=updated&direction=desc&per_page=3"));
    let (mut seen, mut pages) = (Vec::new(), 0);
    while let Some(path) = next {
        let page = raw.get(&path).await?;
        assert_eq!(page.link("prev").is_some(), pages > 0);
        assert_eq!(page.link("last").is_some(), page.link("next").is_some());
        (next, pages) = (page.link("next"), pages + 1);
        seen.extend(page.numbers());
    }
    assert_eq!((pages, seen), (3, vec![3, 8, 7, 6, 5, 4, 2, 1]), "a pull request is among the issues");
    for (query, numbers) in [
        ("labels=drift", vec![3]),
        ("labels=drift,other", vec![]),
        ("creator=carol", vec![1]),
        ("state=closed", vec![]),
        ("sort=created&direction=asc&per_page=2&page=2", vec![3, 4]),
        ("page=9", vec![]),
    ] {
        assert_eq!(raw.get(&format!("{ISSUES}?{query}")).await?.numbers(), numbers, "{query}");
    }
    assert_eq!(raw.get(&format!("{ISSUES}?per_page=1")).await?.json[0]["number"], 8);
    let issues = world.github().issues(SHOP);
    let since = issues[7].updated;
    assert_eq!(raw.get(&format!("{ISSUES}?since={since}")).await?.numbers(), [8, 3]);
    assert!(issues.iter().all(|it| it.state == IssueState::Open));
    let files = raw.get("/repos/acme/shop/pulls/1/files?per_page=1&page=2").await?;
    assert_eq!(files.json[0]["previous_filename"], "old.yaml");
    contract::verify(&world)
}

#[tokio::test]
async fn files_come_as_json_or_as_they_are() -> Result<()> {
    let large = vec![b'x'; (1 << 20) + 1];
    let world = world(shop().file("main", "large", &large))?;
    let raw = Raw::with(&world, Token::actions(SHOP).contents(Access::Read))?;
    let file = "/repos/acme/shop/contents/.github/drift.yaml?ref=ba5e";
    let shown = raw.get(file).await?;
    assert!(shown.json["content"].as_str().is_some_and(|it| it.matches('\n').count() == 2), "{}", shown.text);
    let accept = [("accept", "application/vnd.github.raw+json")];
    let plain = raw.send("GET", file, None, &accept).await?;
    assert!(plain.text.starts_with("version: 1 #"));
    let answer = raw.get("/repos/acme/shop/contents/large").await?;
    assert_eq!((&answer.json["content"], &answer.json["encoding"]), (&json!(""), &json!("none")));
    assert_eq!(raw.send("GET", "/repos/acme/shop/contents/large", None, &accept).await?.text.len(), large.len());
    for path in ["none.yaml", "README.md?ref=none", "README.md/below"] {
        assert_eq!(raw.get(&format!("/repos/acme/shop/contents/{path}")).await?.status, 404, "{path}");
    }
    contract::verify(&world)
}
