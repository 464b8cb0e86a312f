//! Negative controls: the judge finds what is wrong, one thing at a time.

use anyhow::{Context as _, Result};
use drift_detector::demo::journal::Exchange;
use drift_detector::demo::world::{Profile, World};
use serde_json::{Value, json};

use super::check;
use super::raw::{PROFILES, Raw, story};

/// A real exchange: the units of a Space.
async fn units(profile: Profile, query: &str) -> Result<Exchange> {
    let world = World::start(&story(), profile)?;
    let path = format!("/space/{}/unit?{query}", world.confighub().space_id("shop-dev"));
    Raw::new(&world)?.get(&path).await?;
    world.journal().pop().context("nothing in the journal")
}

/// The same exchange after its answer was changed.
fn answering(exchange: &Exchange, change: impl FnOnce(&mut Value)) -> Result<Exchange> {
    let mut body = serde_json::from_slice(&exchange.response_body)?;
    change(&mut body);
    Ok(Exchange { response_body: serde_json::to_vec(&body)?, ..exchange.clone() })
}

fn asking(exchange: &Exchange, query: &str) -> Exchange {
    Exchange { query: query.to_owned(), ..exchange.clone() }
}

#[track_caller]
fn found(profile: Profile, exchange: &Exchange, what: &str) {
    let problems = check(profile, exchange);
    assert!(problems.iter().any(|problem| problem.contains(what)), "{what} was not found, but {problems:?}");
}

#[tokio::test]
async fn what_is_as_described_passes_and_anything_else_in_an_answer_is_found() -> Result<()> {
    for profile in PROFILES {
        let good = units(profile, "include=SpaceID").await?;
        assert_eq!(check(profile, &good), Vec::<String>::new());
        found(profile, &answering(&good, |body| body[0]["Unit"]["Colour"] = "red".into())?, "unknown member `Colour`");
        found(
            profile,
            &answering(&good, |body| body[0]["Unit"]["Version"] = "1".into())?,
            "/0/Unit/Version: not of type",
        );
        found(profile, &answering(&good, |body| body[0]["Unit"]["UnitID"] = "one".into())?, "not of format uuid");
        found(
            profile,
            &answering(&good, |body| body[0]["Unit"]["CreatedAt"] = "today".into())?,
            "not of format date-time",
        );
        found(
            profile,
            &answering(&good, |body| body[0]["Unit"]["Labels"] = json!({"a": 1}))?,
            "/Labels/a: not of type",
        );
        let without_slug = answering(&good, |body| body[0]["Unit"]["Slug"] = Value::Null)?;
        found(profile, &without_slug, "required member `Slug` is missing");
        // With `select` the service leaves members out.
        assert_eq!(check(profile, &asking(&without_slug, "include=SpaceID&select=UnitID")), Vec::<String>::new());
        found(profile, &answering(&good, |body| *body = json!({}))?, "not an array");
        found(profile, &Exchange { status: 418, ..good.clone() }, "status 418 is not declared");
        found(profile, &Exchange { status: 304, ..good.clone() }, "status 304 is not declared");
        let html = vec![("content-type".to_owned(), "text/html".to_owned())];
        found(profile, &Exchange { response_headers: html.clone(), ..good.clone() }, "content type `text/html`");
        found(profile, &Exchange { status: 500, response_headers: html, ..good.clone() }, "of an error");
        found(
            profile,
            &Exchange { status: 500, response_body: br#"{"Error":"x"}"#.to_vec(), ..good.clone() },
            "unknown member",
        );
        found(
            profile,
            &Exchange { status: 500, response_body: br#"{"Code":500}"#.to_vec(), ..good.clone() },
            "Code: not of type",
        );
        found(profile, &Exchange { response_body: b"[{".to_vec(), ..good }, "not JSON");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_request_asks_for_is_held_to_the_generation() -> Result<()> {
    for profile in PROFILES {
        let good = units(profile, "").await?;
        found(profile, &asking(&good, "colour=red"), "`colour` is not declared");
        found(profile, &asking(&good, "triggers_passed=maybe"), "not of type boolean");
        found(profile, &asking(&good, "include=ColourID"), "`ColourID` is not an attribute");
        for (expression, wrong) in [
            ("Colour = 'red'", "Colour"),
            ("Slug = 'a' AND LEN(Colours) > 0", "Colours"),
            ("Space.Colour = 'red'", "Space.Colour"),
            ("Slug = 'a' OR Slug = 'b'", "OR"),
        ] {
            let query = format!("where={}", expression.replace(' ', "%20").replace('>', "%3E"));
            found(profile, &asking(&good, &query), &format!("`{wrong}` is not an attribute"));
        }
        found(profile, &asking(&good, "where=Slug%20=%20'a"), "a literal is not closed");
        found(profile, &asking(&good, &format!("where=Slug='{}'", "x".repeat(256))), "cannot be written");
        found(profile, &asking(&good, &format!("where=Slug='{}'", "x".repeat(4096))), "longer than 4096");
        let path = good.path.replace(good.path.split('/').nth(3).context("no id")?, "shop-dev");
        found(profile, &Exchange { path, ..good.clone() }, "`shop-dev` is not a UUID");
        found(profile, &Exchange { path: "/api/colour".into(), ..good.clone() }, "undeclared operation");
        found(profile, &Exchange { method: "PUT".into(), ..good.clone() }, "undeclared operation");
        found(profile, &Exchange { request_body: b"{}".to_vec(), ..good.clone() }, "takes no body");
        // An injected answer proves nothing about the service; the request that it met still counts.
        let injected = Exchange { injected: true, status: 418, ..asking(&good, "colour=red") };
        assert_eq!(check(profile, &injected), ["query parameter `colour` is not declared"]);
    }
    let bridge = units(Profile::Bridge, "").await?;
    found(Profile::Bridge, &asking(&bridge, "limit=10"), "`limit` is not declared");
    found(Profile::Bridge, &asking(&bridge, "where=LastReleasedRevisionNum%3E0"), "is not an attribute of Unit");
    let release = units(Profile::Release, "").await?;
    found(Profile::Release, &asking(&release, "limit=ten"), "not of type integer");
    found(Profile::Release, &asking(&release, "order_by=DESC:Labels"), "order_by: `Labels`");
    found(Profile::Release, &asking(&release, "filter=critical"), "not of format uuid");
    found(Profile::Release, &asking(&release, "where=LiveRevisionNum%3E0"), "is not an attribute of Unit");
    Ok(())
}

#[tokio::test]
async fn bodies_of_writes_are_held_to_their_schemas() -> Result<()> {
    for profile in PROFILES {
        let good = units(profile, "").await?;
        let write = |method: &str, content_type: &str, body: Value| {
            let request_headers = vec![("content-type".to_owned(), content_type.to_owned())];
            let request_body = body.to_string().into_bytes();
            Exchange { method: method.to_owned(), request_headers, request_body, injected: true, ..good.clone() }
        };
        let unit = json!({"Slug": "a", "ToolchainType": "Kubernetes/YAML"});
        assert_eq!(check(profile, &write("POST", "application/json", unit.clone())), Vec::<String>::new());
        found(profile, &write("POST", "application/json", json!({"Slug": "a"})), "`ToolchainType` is missing");
        found(
            profile,
            &write("POST", "application/json", json!({"Slug": 1, "ToolchainType": "x"})),
            "not of type string",
        );
        found(profile, &write("POST", "text/yaml", unit.clone()), "is not declared for the request");
        found(
            profile,
            &write("POST", "application/json", json!({"Slug": "a", "ToolchainType": "x", "Hue": 1})),
            "`Hue`",
        );
        let path = format!("{}/{}", good.path, "11111111-1111-4111-8111-111111111111");
        let patch =
            |content_type: &str, body: Value| Exchange { path: path.clone(), ..write("PATCH", content_type, body) };
        assert_eq!(
            check(profile, &patch("application/merge-patch+json", json!({"Labels": {"a": "b"}}))),
            Vec::<String>::new()
        );
        found(profile, &patch("application/json", json!({})), "is not declared for the request");
        found(profile, &patch("application/merge-patch+json", json!({"HeadRevisionNum": 3})), "HeadRevisionNum");
    }
    Ok(())
}
