//! The rules that the stand-in is to enforce, each broken by plain HTTP and refused.

use anyhow::{Context as _, Result};
use drift_detector::demo::confighub::{Paging, Refusal};
use drift_detector::demo::world::{Profile, World};
use serde_json::{Value, json};

use super::raw::{CHECKOUT, PENDING, PROFILES, Raw, story};

#[tokio::test]
async fn everything_but_info_needs_a_token_and_every_answer_has_an_id() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        for token in [None, Some("wrong"), Some("")] {
            let raw = Raw::new(&world)?.with_token(token);
            assert_eq!(raw.get("/info").await?.status, 200);
            for path in ["/me", "/space", "/unit", "/space/x/unit", "/colour", "/unit/approve"] {
                let answer = raw.get(path).await?;
                assert_eq!((answer.status, &answer.json()?["Code"]), (401, &json!("401")), "{path}");
                assert!(answer.header("x-request-id").is_some());
                assert_eq!(answer.header("confighub-version").is_some(), profile == Profile::Release);
            }
        }
        let raw = Raw::new(&world)?;
        assert_eq!(raw.get("/info").await?.json()?["Version"], profile.version());
        assert_eq!(raw.get("/me").await?.json()?["Slug"], "admin");
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_logs_in_on_the_host_root_and_again_when_its_token_ran_out() -> Result<()> {
    let world = World::start(&story(), Profile::Bridge)?;
    let raw = Raw::new(&world)?.with_token(None);
    let (id, secret) = world.worker();
    let wrong = raw.send("POST", "/auth/worker", &json!({"worker_id": id, "worker_secret": "wrong"})).await?;
    assert_eq!((wrong.status, wrong.json().is_err()), (401, true), "a plain text");
    assert_eq!(raw.send("POST", "/api/auth/worker", &json!({})).await?.status, 401, "not under /api");
    for _ in 0..2 {
        let login =
            raw.send("POST", "/auth/worker", &json!({"worker_id": id, "worker_secret": secret})).await?.json()?;
        let token = login["access_token"].as_str().context("no token")?;
        let worker = Raw::new(&world)?.with_token(Some(token));
        assert_eq!(worker.get("/me").await?.json()?["Slug"], "demo-bot");
        world.confighub().expire_logins();
        assert_eq!(worker.get("/me").await?.status, 401);
    }
    Ok(())
}

#[tokio::test]
async fn paths_take_ids_that_exist_there() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let (dev, base) = (world.confighub().space_id("shop-dev"), world.confighub().space_id("shop-base"));
        let unit = world.confighub().unit_id("shop-dev", "checkout");
        let nobody = "11111111-1111-4111-8111-111111111111";
        for (path, status) in [
            ("/space/shop-dev".to_owned(), 400),
            (format!("/space/{dev}/unit/checkout"), 400),
            (format!("/space/{dev}/unit/{unit}/revision/1"), 400),
            (format!("/space/{nobody}"), 404),
            (format!("/space/{nobody}/unit"), 404),
            (format!("/space/{base}/unit/{unit}"), 404),
            (format!("/space/{base}/unit/{unit}/data"), 404),
            (format!("/space/{dev}/unit/{unit}/revision/{nobody}"), 404),
            (format!("/space/{dev}/target/{nobody}"), 404),
            (format!("/space/{dev}/unit/{unit}"), 200),
        ] {
            assert_eq!(raw.get(&path).await?.status, status, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_narrow_token_sees_its_spaces_alone() -> Result<()> {
    for (refusal, status) in [(Refusal::Forbidden, 403), (Refusal::NotFound, 404)] {
        let world = World::start(&story(), Profile::Release)?;
        let token = world.confighub().token_reading(&["shop-dev"], refusal);
        let raw = Raw::new(&world)?.with_token(Some(&token));
        assert_eq!(raw.get("/space").await?.slugs("Space")?, ["shop-dev"]);
        assert_eq!(raw.get("/unit").await?.slugs("Unit")?, ["checkout", "flags", "fresh", "search"]);
        let base = world.confighub().space_id("shop-base");
        assert_eq!(raw.get(&format!("/space/{base}/unit")).await?.status, status);
    }
    Ok(())
}

#[tokio::test]
async fn pages_may_be_short_and_their_tokens_belong_to_one_request() -> Result<()> {
    let world = World::start(&story(), Profile::Release)?;
    let raw = Raw::new(&world)?;
    assert_eq!(raw.get("/unit").await?.slugs("Unit")?.len(), 5, "without a limit nothing is cut");
    for paging in [Paging::ShortFirst, Paging::EmptyFirst, Paging::Full] {
        world.confighub().page(paging);
        let (mut slugs, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
        loop {
            let mut query = vec![("limit", "3")];
            query.extend(token.as_deref().map(|token| ("continue", token)));
            let answer = raw.get_with("/unit", &query, &[]).await?;
            let page = answer.slugs("Unit")?;
            sizes.push(page.len());
            slugs.extend(page);
            token = answer.header("confighub-continue").map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        slugs.sort();
        assert_eq!(slugs, ["checkout", "checkout", "flags", "fresh", "search"], "{paging:?}");
        let expected: &[usize] = if paging == Paging::EmptyFirst { &[0, 3, 2] } else { &[3, 2] };
        assert_eq!(sizes, expected, "{paging:?}");
    }
    world.confighub().page(Paging::ShortFirst);
    let first = raw.get("/unit?limit=1000").await?;
    assert_eq!(first.slugs("Unit")?.len(), 4, "short although everything would fit");
    let token = first.header("confighub-continue").context("no token")?.to_owned();
    for (path, query) in [
        ("/unit", vec![("limit", "999"), ("continue", token.as_str())]),
        ("/unit_data", vec![("limit", "1000"), ("continue", &token)]),
        ("/unit", vec![("continue", &token)]),
        ("/unit", vec![("limit", "1000"), ("continue", "x")]),
        ("/unit", vec![("limit", "1001")]),
        ("/unit", vec![("limit", "0")]),
        ("/unit", vec![("limit", "many")]),
        ("/unit", vec![("order_by", "Labels")]),
        ("/revision", vec![("distinct_on", "Off"), ("limit", "5")]),
        ("/revision", vec![("distinct_on", "Off"), ("where", "RevisionNum > 0")]),
    ] {
        assert_eq!(raw.get_with(path, &query, &[]).await?.status, 400, "{path} {query:?}");
    }
    let sorted = raw.get("/space?order_by=DESC:Slug").await?.json()?;
    assert_eq!([&sorted[0]["Space"]["Slug"], &sorted[1]["Space"]["Slug"]], ["shop-dev", "shop-base"]);
    let bridge = World::start(&story(), Profile::Bridge)?;
    assert_eq!(Raw::new(&bridge)?.get("/unit?limit=3").await?.status, 400, "the bridge has no pages");
    Ok(())
}

#[tokio::test]
async fn data_and_revision_numbers_are_each_generations_own() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let (dev, unit) = (world.confighub().space_id("shop-dev"), world.confighub().unit_id("shop-dev", "checkout"));
        let path = format!("/space/{dev}/unit/{unit}");
        let envelope = raw.get(&path).await?.json()?;
        let (head, shipped) = if profile == Profile::Release { (3, 2) } else { (2, 1) };
        assert_eq!(envelope["Unit"]["HeadRevisionNum"], head);
        let found = raw.filtered(&format!("{path}/revision"), &format!("RevisionNum = {shipped}")).await?.json()?;
        let revision = found[0]["Revision"]["RevisionID"].as_str().context("no revision")?;
        assert_eq!(raw.get(&format!("{path}/revision/{revision}/data")).await?.text, CHECKOUT);
        let data = raw.get(&format!("{path}/data")).await?;
        assert_eq!(data.text, PENDING);
        let revisions = raw.get(&format!("{path}/revision")).await?.json()?;
        assert_eq!(revisions.as_array().map(Vec::len), Some(usize::try_from(head)?));
        let target = raw.get(&format!("/space/{dev}/target")).await?.json()?[0]["Target"].clone();
        if profile == Profile::Release {
            assert_eq!(envelope["Unit"].get("Data"), None);
            assert_eq!(target["Facts"]["KubeNamespace"], "shop");
            assert_eq!(revisions[0]["Revision"]["DataSize"], Value::Null, "revision 1 is empty");
            let tag = data.header("etag").context("no tag")?;
            assert_eq!(tag, format!("{}", envelope["Unit"]["DataHash"]));
            let again = raw.get_with(&format!("{path}/data"), &[], &[("if-none-match", tag)]).await?;
            assert_eq!((again.status, again.text.as_str()), (304, ""));
            let release = raw.get(&format!("/space/{dev}/release?order_by=DESC:ReleaseNum&limit=1")).await?.json()?;
            assert_eq!(release[0]["Release"]["LiveStatus"]["Operation"], "Running");
        } else {
            let listed = raw.get(&format!("{path}?select=Data")).await?.json()?;
            assert_eq!(envelope["Unit"]["Data"], listed["Unit"]["Data"]);
            assert_eq!(raw.get(&format!("{path}?select=Slug")).await?.json()?["Unit"].get("Data"), None);
            let parameters: Value = serde_json::from_str(target["Parameters"].as_str().context("no parameters")?)?;
            assert_eq!(parameters["KubeNamespace"], "shop");
            assert_eq!(data.header("etag"), None);
            let status = raw.filtered("/unit", "Slug = 'search'").await?.json()?[0]["UnitStatus"].clone();
            assert_eq!((&status["Action"], &status["ActionResult"]), (&json!("Apply"), &json!("None")));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_unit_can_change_between_the_list_and_its_data() -> Result<()> {
    let world = World::start(&story(), Profile::Release)?;
    let raw = Raw::new(&world)?;
    world.confighub().edit_after_unit_list("shop-dev", "search", "kind: Changed\n");
    let listed = raw.filtered("/unit", "Slug = 'search'").await?.json()?[0]["Unit"]["DataHash"].clone();
    let read = raw.filtered("/unit_data", "Slug = 'search'").await?.json()?[0].clone();
    assert_eq!(read["Data"], "kind: Changed\n");
    assert_ne!(read["DataHash"], listed);
    assert_eq!(raw.filtered("/unit", "Slug = 'search'").await?.json()?[0]["Unit"]["DataHash"], read["DataHash"]);
    Ok(())
}
