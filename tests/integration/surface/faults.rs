//! A world fails as it is told, where it is told, and as often.

use std::time::{Duration, Instant};

use anyhow::Result;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::ClusterStory;
use drift_detector::demo::world::{CONFIGHUB, Profile, World};

use super::raw::{Raw, story};
use super::verify;

#[tokio::test]
async fn each_fault_is_what_it_says() -> Result<()> {
    let world = World::start(&story(), Profile::Release)?;
    let raw = Raw::new(&world)?;
    let whole = raw.get("/unit").await?.text;

    for status in [400, 401, 403, 404, 409, 429, 500, 503] {
        world.fail(CONFIGHUB, status)?;
        let answer = raw.get("/unit").await?;
        assert_eq!((answer.status, answer.json()?["Code"].as_str()), (status, Some(status.to_string().as_str())));
        world.heal(CONFIGHUB);
    }
    let once = |fault: Fault| world.inject(CONFIGHUB, Rule::new(fault).times(1));

    once(Fault::HtmlPage(502))?;
    let answer = raw.get("/unit").await?;
    assert_eq!((answer.status, answer.header("content-type")), (502, Some("text/html")));
    once(Fault::Unsized(503))?;
    let answer = raw.get("/unit").await?;
    assert_eq!((answer.status, answer.header("content-length"), &answer.json()?["Code"]), (503, None, &"503".into()));
    once(Fault::Throttled { status: 429, retry_after: 7 })?;
    assert_eq!(raw.get("/unit").await?.header("retry-after"), Some("7"));
    once(Fault::StatusWithBody { status: 403, content_type: "text/plain".into(), body: "pending approval".into() })?;
    assert_eq!(raw.get("/unit").await?.text, "pending approval");
    once(Fault::LyingEmpty)?;
    assert_eq!(raw.get("/unit").await?.text, "[]");
    once(Fault::LyingEmpty)?;
    assert_eq!(raw.get("/me").await?.text, "{}");
    once(Fault::Expired)?;
    assert_eq!(raw.get("/unit").await?.status, 401);
    once(Fault::Garbage)?;
    let answer = raw.get("/unit").await?;
    assert_eq!((answer.status, answer.text.as_str()), (200, &whole[..whole.len() / 2]));
    once(Fault::Cut)?;
    assert!(raw.get("/unit").await.is_err(), "the body ends before its length");
    once(Fault::Refuse)?;
    assert!(raw.get("/unit").await.is_err(), "no answer at all");
    once(Fault::Slow(Duration::from_millis(120)))?;
    let start = Instant::now();
    assert_eq!(raw.get("/unit").await?.text, whole);
    assert!(start.elapsed() >= Duration::from_millis(120));
    assert_eq!(raw.get("/unit").await?.text, whole, "and everything works again");
    // Injected answers are no part of what the service describes.
    verify(&world)
}

#[tokio::test]
async fn a_cut_answer_has_its_head_and_part_of_its_body() -> Result<()> {
    let world = World::start(&story(), Profile::Release)?;
    Raw::new(&world)?;
    world.fail(CONFIGHUB, Fault::Cut)?;
    let url = format!("{}/unit", world.confighub_url()?);
    let request =
        reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?.get(url).bearer_auth(world.confighub_token());
    let mut answer = request.send().await?;
    assert_eq!(answer.status(), 200);
    let length = answer.content_length().unwrap_or_default();
    let mut read = 0;
    let ended = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => read += u64::try_from(chunk.len())?,
            Ok(None) => break false,
            Err(_cut) => break true,
        }
    };
    assert!(ended && read == length / 2, "{read} of {length}");
    Ok(())
}

#[tokio::test]
async fn a_fault_strikes_the_requests_and_the_service_that_it_names() -> Result<()> {
    let story = story().cluster(ClusterStory::new("prod", Vec::new()));
    let world = World::start(&story, Profile::Release)?;
    let raw = Raw::new(&world)?;
    world.inject(CONFIGHUB, Rule::new(500).on("GET /unit_data").after(1).times(2))?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        assert_eq!(raw.get("/unit").await?.status, 200);
        seen.push(raw.get("/unit_data").await?.status);
    }
    assert_eq!(seen, [200, 500, 500, 200]);
    world.inject(CONFIGHUB, Rule::new(503).on("GET /api/space/*/unit/*/data"))?;
    let (dev, unit) = (world.confighub().space_id("shop-dev"), world.confighub().unit_id("shop-dev", "search"));
    assert_eq!(raw.get(&format!("/space/{dev}/unit/{unit}/data")).await?.status, 503);
    assert_eq!(raw.get(&format!("/space/{dev}/unit/{unit}")).await?.status, 200);

    world.fail("prod", 503)?;
    assert_eq!(raw.get("/me").await?.status, 200);
    let prod = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?.get(world.url("prod")?).send().await?;
    let body: serde_json::Value = serde_json::from_str(&prod.text().await?)?;
    assert_eq!((&body["kind"], &body["code"]), (&"Status".into(), &503.into()));
    assert!(world.fail("nobody", 503).is_err());

    world.unplug("prod")?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?.get(world.url("prod")?).send().await;
    assert!(gone.is_err_and(|error| error.is_connect()));
    Ok(())
}

#[tokio::test]
async fn the_journal_holds_the_exchange_and_not_the_token() -> Result<()> {
    let world = World::start(&story(), Profile::Release)?;
    Raw::new(&world)?.get("/unit?limit=2").await?;
    let journal = world.journal();
    let [exchange] = journal.as_slice() else { anyhow::bail!("one exchange: {journal:?}") };
    assert_eq!(
        (exchange.service.as_str(), exchange.path.as_str(), exchange.query.as_str()),
        ("confighub", "/api/unit", "limit=2")
    );
    assert_eq!(exchange.request_header("authorization"), Some("(not recorded)"));
    assert!(!format!("{exchange:?}").contains(world.confighub_token()));
    Ok(())
}
