//! The judge itself: what is wrong is found, each by itself.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::journal::Exchange;
use serde_json::{Value, json};

use super::contract::Contract;
use super::raw::{ISSUES, Raw, shop, world};

/// A good creation of an issue, to be spoiled.
async fn creation() -> Result<Exchange> {
    let world = world(shop())?;
    Raw::new(&world)?.post(ISSUES, json!({"title": "drift", "labels": ["drift"]})).await?;
    world.journal().into_iter().last().context("nothing was sent")
}

fn body(exchange: &Exchange, body: &Value) -> Exchange {
    Exchange { request_body: body.to_string().into_bytes(), ..exchange.clone() }
}

#[tokio::test]
async fn what_is_not_as_described_is_found() -> Result<()> {
    let Some(contract) = Contract::get()? else { return Ok(()) };
    let good = creation().await?;
    ensure!(contract.problems(&good)?.is_empty(), "{:?}", contract.problems(&good)?);
    let change = Exchange { method: "PATCH".to_owned(), path: format!("{ISSUES}/2"), status: 200, ..good.clone() };
    ensure!(contract.problems(&body(&change, &json!({"state": "closed"})))?.is_empty());
    let list = Exchange {
        method: "GET".to_owned(),
        request_body: Vec::new(),
        status: 200,
        response_body: b"[]".to_vec(),
        ..good.clone()
    };
    let queried = |query: &str| Exchange { query: query.to_owned(), ..list.clone() };
    ensure!(contract.problems(&queried("state=all&labels=drift&per_page=100"))?.is_empty());
    let mut answer: Value = serde_json::from_slice(&good.response_body)?;
    answer["number"] = json!("seven");
    let cases = [
        ("unknown member", body(&good, &json!({"title": "x", "colour": "red"}))),
        ("unknown member of a label", body(&good, &json!({"title": "x", "labels": [{"name": "x", "colour": "red"}]}))),
        ("no title", body(&good, &json!({"body": "x"}))),
        ("title of a wrong type", body(&good, &json!({"title": ["x"]}))),
        ("no body", Exchange { request_body: Vec::new(), ..good.clone() }),
        ("state that does not exist", body(&change, &json!({"state": "shut"}))),
        ("wrong path", Exchange { path: "/repos/acme/shop/isues".to_owned(), ..good.clone() }),
        ("number that is none", Exchange { path: format!("{ISSUES}/two"), ..change.clone() }),
        ("wrong method", Exchange { method: "DELETE".to_owned(), ..good.clone() }),
        ("unknown parameter", queried("label=drift")),
        ("parameter of a wrong type", queried("per_page=many")),
        ("parameter with a wrong value", queried("state=shut")),
        ("parameter twice", queried("page=1&page=2")),
        ("body where none belongs", body(&list, &json!({}))),
        ("status that is not described", Exchange { status: 202, ..good.clone() }),
        ("answer of another shape", Exchange { response_body: answer.to_string().into_bytes(), ..good.clone() }),
        ("answer that is no JSON", Exchange { response_body: b"<html>".to_vec(), ..good.clone() }),
    ];
    for (what, exchange) in cases {
        ensure!(!contract.problems(&exchange)?.is_empty(), "{what}: not found");
    }
    let injected = Exchange { injected: true, status: 502, response_body: b"<html>".to_vec(), ..good };
    ensure!(contract.problems(&injected)?.is_empty(), "what a fault answers is not GitHub's");
    ensure!(!contract.problems(&body(&injected, &json!({})))?.is_empty(), "what was sent still counts");
    Ok(())
}
