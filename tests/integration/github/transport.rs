//! Limits, entity tags and faults: what goes wrong between a request and what it was for.

use anyhow::Result;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::github::Token;
use drift_detector::demo::world::GITHUB;
use serde_json::json;

use super::contract;
use super::raw::{ISSUES, Raw, SHOP, shop, world};

#[tokio::test]
async fn what_was_written_stays_when_the_answer_is_lost() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    world.inject(GITHUB, Rule::new(Fault::After(502)).on("POST /**/issues$").times(1))?;
    let answer = raw.post(ISSUES, json!({"title": "x"})).await?;
    assert_eq!((answer.status, world.github().issues(SHOP).len()), (502, 2));
    world.inject(GITHUB, Rule::new(502).on("POST /**/issues$").times(1))?;
    let answer = raw.post(ISSUES, json!({"title": "x"})).await?;
    assert_eq!((answer.status, world.github().issues(SHOP).len()), (502, 2), "the other order writes nothing");
    world.inject(GITHUB, Rule::new(Fault::Cut).on("POST /**/comments").times(1))?;
    assert!(raw.post(&format!("{ISSUES}/2/comments"), json!({"body": "x"})).await.is_err());
    assert_eq!(world.github().comments(SHOP, 2).len(), 1);
    contract::verify(&world)
}

#[tokio::test]
async fn limits_say_how_long_to_wait() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    world.github().too_fast(1, 7);
    assert_eq!(raw.get(ISSUES).await?.status, 200, "reading is not what comes too fast");
    let answer = raw.post(ISSUES, json!({"title": "x"})).await?;
    assert_eq!((answer.status, answer.header("retry-after")), (403, "7"));
    assert!(answer.json["message"].as_str().is_some_and(|it| it.contains("secondary rate limit")));
    assert_eq!(raw.post(ISSUES, json!({"title": "x"})).await?.status, 201);

    world.github().leave_requests(1, 900);
    assert_eq!(raw.get(ISSUES).await?.header("x-ratelimit-remaining"), "0");
    let answer = raw.get(ISSUES).await?;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (403, "0"));
    let reset: i64 = answer.header("x-ratelimit-reset").parse()?;
    let wait = reset - jiff::Timestamp::now().as_second();
    assert!((800..=900).contains(&wait), "{wait}");
    assert!(answer.json["message"].as_str().is_some_and(|it| it.starts_with("API rate limit exceeded")));
    assert_eq!(raw.get("/rate_limit").await?.json["rate"]["remaining"], 0, "asking costs nothing");
    contract::verify(&world)
}

#[tokio::test]
async fn what_is_known_costs_nothing() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    let first = raw.get(ISSUES).await?;
    let tag = [("if-none-match", first.header("etag"))];
    let again = raw.send("GET", ISSUES, None, &tag).await?;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("x-ratelimit-remaining"), first.header("x-ratelimit-remaining"));
    raw.open("x").await?;
    assert_eq!(raw.send("GET", ISSUES, None, &tag).await?.status, 200);
    assert_ne!(first.header("x-github-request-id"), again.header("x-github-request-id"));
    contract::verify(&world)
}

#[tokio::test]
async fn who_does_not_say_who_they_are_is_sent_away() -> Result<()> {
    let world = world(shop())?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/user", world.github_api_url()?);
    let token = world.github().token(Token::person("alice"));
    for (agent, token, status) in [
        ("x", None, 401),
        ("x", Some("ghp_wrong"), 401),
        ("", Some(token.as_str()), 403),
        ("x", Some(token.as_str()), 200),
    ] {
        let mut request = client.get(&url).header("user-agent", agent);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await?.status().as_u16(), status, "{agent} {token:?}");
    }
    contract::verify(&world)
}
