//! Who may do what: jobs with few permissions, people with few roles, repositories that nobody sees.

use anyhow::Result;
use drift_detector::demo::github::{Access, Author, Token};
use serde_json::json;

use super::contract;
use super::raw::{ISSUES, Raw, SHOP, shop, world};

const REFUSED: &str = "Resource not accessible by integration";

#[tokio::test]
async fn a_job_does_what_it_was_granted_and_nothing_else() -> Result<()> {
    let world = world(shop())?;
    world.github().open(SHOP, &Author::person("alice"), "x", "y")?;
    let issues = Raw::with(&world, Token::actions(SHOP).issues(Access::Write))?;
    let pulls = Raw::with(&world, Token::actions(SHOP).pull_requests(Access::Write))?;
    let reader = Raw::with(&world, Token::actions(SHOP).issues(Access::Read).pull_requests(Access::Read))?;
    let (on_issue, on_pull) = (format!("{ISSUES}/2/comments"), format!("{ISSUES}/1/comments"));
    for (who, raw, path, status) in [
        ("issues", &issues, &on_issue, 201),
        ("issues", &issues, &on_pull, 403),
        ("pulls", &pulls, &on_issue, 403),
        ("pulls", &pulls, &on_pull, 201),
        ("reader", &reader, &on_issue, 403),
        ("reader", &reader, &on_pull, 403),
    ] {
        let answer = raw.post(path, json!({"body": "x"})).await?;
        assert_eq!(answer.status, status, "{who} {path}: {}", answer.text);
        assert!(status == 201 || answer.json["message"] == REFUSED);
    }
    assert_eq!(reader.get(&on_issue).await?.status, 200);
    assert_eq!(reader.post(ISSUES, json!({"title": "x"})).await?.json["message"], REFUSED);
    assert_eq!(reader.patch(&format!("{ISSUES}/2"), json!({"body": "x"})).await?.status, 403);
    assert_eq!(reader.post("/repos/acme/shop/labels", json!({"name": "x"})).await?.status, 403);
    assert_eq!(reader.get("/user").await?.json["message"], REFUSED);
    contract::verify(&world)
}

#[tokio::test]
async fn labels_of_people_who_may_not_label_are_dropped_without_a_word() -> Result<()> {
    let world = world(shop())?;
    let body = json!({"title": "x", "labels": ["drift"], "assignees": ["alice"]});
    for (who, labels) in [("rob", 0), ("tina", 1)] {
        let raw = Raw::with(&world, Token::person(who))?;
        let answer = raw.post(ISSUES, body.clone()).await?;
        assert_eq!((answer.status, answer.json["labels"].as_array().map(Vec::len)), (201, Some(labels)), "{who}");
        assert_eq!(answer.json["assignees"].as_array().map(Vec::len), Some(labels), "{who}");
    }
    let rob = Raw::with(&world, Token::person("rob"))?;
    assert_eq!(rob.patch(&format!("{ISSUES}/2"), json!({"body": "mine"})).await?.status, 200);
    assert_eq!(rob.patch(&format!("{ISSUES}/3"), json!({"body": "not mine"})).await?.status, 403);
    assert_eq!(rob.post(&format!("{ISSUES}/2/labels"), json!({"labels": ["drift"]})).await?.status, 403);
    contract::verify(&world)
}

#[tokio::test]
async fn what_nobody_may_see_is_not_there() -> Result<()> {
    let world = world(shop().private())?;
    for token in [Token::person("stranger"), Token::actions("acme/other").issues(Access::Write)] {
        let raw = Raw::with(&world, token)?;
        for path in ["/repos/acme/shop", ISSUES, "/repos/acme/shop/contents/README.md"] {
            assert_eq!(raw.get(path).await?.status, 404, "{path}");
        }
        assert_eq!(raw.post(ISSUES, json!({"title": "x"})).await?.status, 404);
    }
    let job = Raw::with(&world, Token::actions(SHOP).contents(Access::None))?;
    assert_eq!(job.get("/repos/acme/shop/contents/README.md").await?.json["message"], REFUSED);
    assert_eq!(job.get(ISSUES).await?.json["message"], REFUSED);
    contract::verify(&world)
}

#[tokio::test]
async fn roles_are_told_in_both_words() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    let told = async |who: &str| -> Result<(String, String)> {
        let answer = raw.get(&format!("/repos/acme/shop/collaborators/{who}/permission")).await?.json;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Ok((text("permission"), text("role_name")))
    };
    for (who, permission, role) in [
        ("rob", "read", "read"),
        ("tina", "read", "triage"),
        ("alice", "write", "write"),
        ("mia", "write", "maintain"),
        ("ada", "admin", "admin"),
        ("acme", "admin", "admin"),
        ("stranger", "read", "read"),
    ] {
        assert_eq!(told(who).await?, (permission.to_owned(), role.to_owned()), "{who}");
    }
    assert_eq!(raw.get("/repos/acme/shop/assignees/stranger").await?.status, 404);
    world.github().add(shop().private());
    assert_eq!(told("stranger").await?, ("none".to_owned(), "none".to_owned()));
    contract::verify(&world)
}
