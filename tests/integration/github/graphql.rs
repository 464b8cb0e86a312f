//! GraphQL: who the viewer is, what the viewer wrote, and hiding a comment.

use anyhow::Result;
use drift_detector::demo::github::{Author, Site, Token};
use serde_json::{Value, json};

use super::raw::{ISSUES, Raw, SHOP, shop, world};

async fn ask(raw: &Raw<'_>, query: &str, variables: Value) -> Result<Value> {
    let url = raw.world.github_graphql_url()?;
    let answer = raw.post(&url, json!({"query": query, "variables": variables})).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    Ok(answer.json)
}

#[tokio::test]
async fn the_viewer_knows_what_is_its_own() -> Result<()> {
    for site in [Site::DotCom, Site::Enterprise] {
        let world = world(shop())?;
        world.github().serve_as(site);
        let raw = Raw::new(&world)?;
        raw.open("mine").await?;
        raw.post(&format!("{ISSUES}/2/comments"), json!({"body": "mine"})).await?;
        world.github().comment(SHOP, 2, &Author::person("github-actions"), "not mine")?;
        assert_eq!(
            ask(&raw, "{ viewer { login } }", json!({})).await?["data"]["viewer"]["login"],
            "github-actions[bot]"
        );
        let query = "query Ours($owner: String!, $name: String!, $number: Int!, $after: String) {
            repository(owner: $owner, name: $name) { issue(number: $number) { viewerDidAuthor author { login }
                comments(first: 1, after: $after) { nodes { id databaseId viewerDidAuthor body } pageInfo { hasNextPage endCursor } } } } }";
        let first = ask(&raw, query, json!({"owner": "acme", "name": "shop", "number": 2})).await?;
        let issue = &first["data"]["repository"]["issue"];
        assert_eq!(
            (&issue["viewerDidAuthor"], &issue["author"]["login"]),
            (&json!(true), &json!("github-actions")),
            "{first}"
        );
        assert_eq!(issue["comments"]["nodes"][0]["viewerDidAuthor"], true);
        let page = &issue["comments"]["pageInfo"];
        assert_eq!(page["hasNextPage"], true);
        let variables = json!({"owner": "acme", "name": "shop", "number": 2, "after": page["endCursor"]});
        let second = ask(&raw, query, variables).await?;
        let comments = &second["data"]["repository"]["issue"]["comments"];
        assert_eq!(
            (&comments["nodes"][0]["viewerDidAuthor"], &comments["pageInfo"]["hasNextPage"]),
            (&json!(false), &json!(false))
        );
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on IssueComment { viewerDidAuthor } ... on Issue { number } } }";
        let ids = json!({"ids": [issue["comments"]["nodes"][0]["id"], "IC_1"]});
        assert_eq!(
            ask(&raw, nodes, ids).await?["data"]["nodes"],
            json!([{"__typename": "IssueComment", "viewerDidAuthor": true}, null])
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_comment_is_hidden_by_those_who_may() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    raw.open("x").await?;
    let id = raw.post(&format!("{ISSUES}/2/comments"), json!({"body": "old"})).await?.json["node_id"].clone();
    let mutation = "mutation($id: ID!, $why: ReportedContentClassifiers!) { minimizeComment(input: {subjectId: $id, classifier: $why}) {
        minimizedComment { isMinimized minimizedReason } } }";
    for (token, id, why, kind) in [
        (Token::person("rob"), &id, "OUTDATED", "FORBIDDEN"),
        (Token::person("alice"), &id, "OLD", "INVALID"),
        (Token::person("alice"), &json!("IC_1"), "OUTDATED", "NOT_FOUND"),
    ] {
        let answer = ask(&Raw::with(&world, token)?, mutation, json!({"id": id, "why": why})).await?;
        assert_eq!(answer["errors"][0]["type"], kind, "{answer}");
    }
    assert_eq!(world.github().comments(SHOP, 2)[0].minimized, None);
    let answer = ask(&raw, mutation, json!({"id": id, "why": "OUTDATED"})).await?;
    assert_eq!(
        answer["data"]["minimizeComment"]["minimizedComment"],
        json!({"isMinimized": true, "minimizedReason": "outdated"})
    );
    assert_eq!(world.github().comments(SHOP, 2)[0].minimized.as_deref(), Some("OUTDATED"));
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_with_200() -> Result<()> {
    let world = world(shop())?;
    let raw = Raw::new(&world)?;
    for query in [
        "{ viewer { name2 } }",
        "{ viewer }",
        "{ viewer { login { x } } }",
        "query($id: ID!) { node(id: $id) { id } }",
        "{ viewer { login }",
        "mutation { closeIssue(input: {issueId: 1}) { clientMutationId } }",
        "{ repository(owner: \"acme\", name: \"none\") { issue(number: 1) { id } } }",
        "{ repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) { comments { totalCount } } } }",
    ] {
        let answer = ask(&raw, query, json!({})).await?;
        assert!(answer["errors"][0]["message"].is_string(), "{query}: {answer}");
    }
    Ok(())
}
