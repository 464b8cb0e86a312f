//! Each rule of GitHub broken once, and refused.

use anyhow::Result;
use drift_detector::demo::github::{Author, LARGEST_BODY, Repository, Token};
use serde_json::{Value, json};

use super::contract;
use super::raw::{ISSUES, Raw, SHOP, shop, world};

#[tokio::test]
async fn what_github_does_not_take_is_refused_with_the_field_and_the_code() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    raw.open("first").await?;
    raw.post("/repos/acme/shop/labels", json!({"name": "drift"})).await?;
    raw.post(&format!("{ISSUES}/2/comments"), json!({"body": "x"})).await?;
    let id = world.github().comments(SHOP, 2)[0].id;
    let (issue, labels) = (format!("{ISSUES}/2"), "/repos/acme/shop/labels".to_owned());
    let comments = format!("{issue}/comments");
    let long = "x".repeat(LARGEST_BODY + 1);
    let cases: Vec<(&str, &String, Value, &str, &str)> = vec![
        ("POST", &comments, json!({"body": " "}), "body", "missing_field"),
        ("POST", &comments, json!({"body": long}), "body", "custom"),
        ("POST", &labels, json!({"name": "DRIFT"}), "name", "already_exists"),
        ("POST", &labels, json!({"name": "x".repeat(51)}), "name", "custom"),
        ("POST", &labels, json!({"name": "x", "color": "#ff0000"}), "color", "invalid"),
        ("POST", &labels, json!({"name": "x", "description": "x".repeat(101)}), "description", "custom"),
        ("PATCH", &issue, json!({"title": "x".repeat(257)}), "title", "custom"),
        ("PATCH", &issue, json!({"assignees": ["nobody"]}), "assignees", "invalid"),
        (
            "PATCH",
            &issue,
            json!({"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": 1}),
            "duplicate_issue_id",
            "invalid",
        ),
    ];
    for (method, path, body, field, code) in cases {
        let answer = raw.send(method, path, Some(body), &[]).await?;
        let error = &answer.json["errors"][0];
        assert_eq!(
            (answer.status, &error["field"], &error["code"]),
            (422, &json!(field), &json!(code)),
            "{}",
            answer.text
        );
        assert!(answer.json["documentation_url"].is_string());
    }
    let edit = raw.patch(&format!("{ISSUES}/comments/{id}"), json!({"body": long})).await?;
    assert_eq!((edit.status, world.github().comments(SHOP, 2)[0].body.as_str()), (422, "x"));
    assert_eq!(raw.post(ISSUES, json!({"title": "x", "body": long})).await?.status, 422);
    assert_eq!(
        raw.send("DELETE", &format!("{issue}/labels/none"), None, &[]).await?.json["message"],
        "Label does not exist"
    );
    for path in [format!("{ISSUES}/99"), format!("{ISSUES}/comments/1"), "/repos/acme/none".to_owned()] {
        assert_eq!(raw.get(&path).await?.status, 404, "{path}");
    }
    contract::verify(&world)?;
    // Malformed by any description.
    for body in
        [json!({"title": ""}), json!({}), json!({"title": "x", "body": 7}), json!({"title": "x", "labels": "drift"})]
    {
        assert_eq!(raw.post(ISSUES, body).await?.status, 422);
    }
    assert_eq!(raw.patch(&issue, json!({"state": "shut"})).await?.status, 422);
    assert_eq!(raw.post(ISSUES, json!(["x"])).await?.status, 400);
    assert_eq!(world.github().issues(SHOP).len(), 2, "nothing that was refused is kept");
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_too_long_for_an_edit_is_dropped_without_a_word() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    raw.post(ISSUES, json!({"title": "x", "body": "old"})).await?;
    for (length, kept) in [(LARGEST_BODY, LARGEST_BODY), (LARGEST_BODY + 1, LARGEST_BODY)] {
        let answer = raw.patch(&format!("{ISSUES}/2"), json!({"body": "x".repeat(length), "title": "new"})).await?;
        assert_eq!((answer.status, answer.json["body"].as_str().map(str::len)), (200, Some(kept)));
    }
    assert_eq!(
        raw.patch(&format!("{ISSUES}/2"), json!({"body": "ä".repeat(LARGEST_BODY / 2 + 1)})).await?.json["body"]
            .as_str()
            .map(str::len),
        Some(LARGEST_BODY)
    );
    contract::verify(&world)
}

#[tokio::test]
async fn a_patch_replaces_labels_and_a_reason_needs_a_change() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    raw.post(ISSUES, json!({"title": "x", "labels": ["a", "b"]})).await?;
    raw.open("other").await?;
    let issue = format!("{ISSUES}/3");
    raw.patch(&format!("{ISSUES}/2"), json!({"labels": ["c"], "state_reason": "not_planned"})).await?;
    let first = world.github().issues(SHOP)[1].clone();
    assert_eq!((first.labels, first.state_reason), (vec!["c".to_owned()], None));
    let closing = json!({"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": first.id});
    assert_eq!(raw.patch(&issue, closing).await?.json["state_reason"], "duplicate");
    assert_eq!(world.github().issues(SHOP)[2].duplicate_of, Some(first.id));
    contract::verify(&world)
}

#[tokio::test]
async fn locked_disabled_archived_and_moved_each_say_so() -> Result<()> {
    let world = world(shop().once("acme/old"))?;
    let (raw, alice) = (Raw::new(&world)?, Raw::with(&world, Token::person("alice"))?);
    raw.open("x").await?;
    world.github().lock(SHOP, 2, &Author::person("alice"))?;
    let comments = format!("{ISSUES}/2/comments");
    let answer = raw.post(&comments, json!({"body": "x"})).await?;
    assert_eq!(
        (answer.status, &answer.json["message"]),
        (403, &json!("Unable to create comment because issue is locked."))
    );
    assert_eq!(alice.post(&comments, json!({"body": "x"})).await?.status, 201);
    world.github().unlock(SHOP, 2, &Author::person("alice"))?;
    assert_eq!(raw.post(&comments, json!({"body": "x"})).await?.status, 201);

    let moved = raw.get("/repos/acme/old/issues/2").await?;
    assert_eq!(moved.status, 301);
    assert_eq!(raw.get(moved.header("location")).await?.json["number"], 2);
    let moved = raw.patch("/repos/acme/old/issues/2", json!({"body": "moved"})).await?;
    assert_eq!((moved.status, raw.patch(moved.header("location"), json!({"body": "moved"})).await?.status), (307, 200));
    contract::verify(&world)?;

    let github = world.github();
    github.add(Repository::new("acme/none").without_issues());
    github.add(Repository::new("acme/past").archived());
    let raw = Raw::with(&world, Token::person("acme"))?;
    for path in ["/repos/acme/none/issues", "/repos/acme/none/issues/1"] {
        assert_eq!(raw.get(path).await?.status, 410, "{path}");
    }
    assert_eq!(raw.post("/repos/acme/none/issues", json!({"title": "x"})).await?.status, 410);
    let answer = raw.post("/repos/acme/past/issues", json!({"title": "x"})).await?;
    assert_eq!((answer.status, &answer.json["message"]), (403, &json!("Repository was archived so is read-only.")));
    assert_eq!(raw.get("/repos/acme/past").await?.json["archived"], true);
    contract::verify(&world)
}
