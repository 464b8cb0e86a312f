//! What writes may carry, in which form, with which permission, and what versions and entity tags guard.

use anyhow::{Context as _, Result};
use drift_detector::demo::confighub::{Grant, Paging};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::desk::Desk;
use super::raw::{PENDING, PROFILES, Written};

#[tokio::test]
async fn bodies_are_of_the_declared_type_and_of_known_members_within_their_limits() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let path = desk.unit("checkout");
        let before = desk.read("checkout").await?;
        let long = |length: usize| "x".repeat(length);
        for body in [
            json!({"spec": {"replicas": 3}}),
            json!({"Labels": {"a": 1}}),
            json!({"Labels": "a"}),
            json!({"Labels": {"a": "it's"}}),
            json!({"Labels": {"a": ""}}),
            json!({"Labels": {"a": " a"}}),
            json!({"Labels": {"a": long(129)}}),
            json!({"Labels": {"/a": "a"}}),
            json!({"Annotations": {"a": long(1025)}}),
            json!({"Slug": "not a slug"}),
            json!({"Slug": long(129)}),
            json!({"DisplayName": "Drift 12:30"}),
            json!({"TargetID": "target"}),
            json!({"LastChangeDescription": long(256)}),
            json!({"ChangeSetID": "ours"}),
            json!([]),
        ] {
            let answer = raw.patch(&path, &[], &body).await?;
            assert_eq!((answer.status, answer.json()?["Code"].clone()), (400, json!("400")), "{body}: {}", answer.text);
        }
        for (content_type, body) in [("application/json", "{}"), ("text/plain", "x")] {
            let of = Written { method: "PATCH", path: &path, query: &[], content_type, if_match: None, body };
            assert_eq!(raw.write(of).await?.status, 415, "{content_type}");
        }
        let broken = Written {
            method: "PATCH",
            path: &path,
            query: &[],
            content_type: "application/merge-patch+json",
            if_match: None,
            body: "{",
        };
        assert_eq!(raw.write(broken).await?.status, 400);
        for name in ["colour", "upgrade", "resolve"] {
            let status = if name == "colour" { 400 } else { 501 };
            assert_eq!(raw.patch(&path, &[(name, "true")], &json!({})).await?.status, status, "{name}");
        }
        assert_eq!(raw.patch(&path, &[("dry_run", "perhaps")], &json!({})).await?.status, 400);
        assert_eq!(desk.read("checkout").await?, before, "nothing of all this left a trace");
        desk.world.journal_book().clear();
        // What only the service writes is left out, and null takes away.
        let body = json!({"Annotations": {"note": "a\nb", "other": long(1024)}, "Labels": {"tier": null, "of.it/x": "a (b), c"}});
        let unit = desk.written(&raw.patch(&path, &[], &body).await?)?;
        assert_eq!((&unit["Labels"], &unit["Annotations"]["note"]), (&json!({"of.it/x": "a (b), c"}), &json!("a\nb")));
        assert_eq!(unit["HeadRevisionNum"], before["HeadRevisionNum"]);
        let version = |unit: &Value| unit["Version"].as_i64().unwrap_or_default();
        assert_eq!(version(&unit), version(&before) + 1);
        desk.verify()?;
        // What one client sends where only parameters matter.
        desk.written(&raw.patch(&path, &[], &Value::Null).await?)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_put_needs_the_version_and_data_the_tag_that_was_read() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let path = desk.unit("checkout");
        let unit = desk.read("checkout").await?;
        let whole =
            |version: Value| json!({"Slug": "checkout", "ToolchainType": "Kubernetes/YAML", "Version": version});
        for version in [Value::Null, json!(1)] {
            assert_eq!(raw.put(&path, &whole(version)).await?.status, 409);
        }
        let replaced = desk.written(&raw.put(&path, &whole(unit["Version"].clone())).await?)?;
        assert_eq!((replaced.get("Labels"), replaced.get("TargetID")), (None, None), "what is left out is gone");
        assert_eq!(replaced["DataHash"], unit["DataHash"]);
        desk.verify()?;
    }
    let desk = Desk::new(Profile::Release)?;
    let raw = desk.raw()?;
    let path = format!("{}/data", desk.unit("checkout"));
    let tag = raw.get(&path).await?.header("etag").context("no tag")?.to_owned();
    let put = async |tag: &str, text: &str| {
        let content_type = "application/octet-stream";
        raw.write(Written {
            method: "PUT",
            path: &path,
            query: &[("include", "ConfigData")],
            content_type,
            if_match: Some(tag),
            body: text,
        })
        .await
    };
    let written = put(&tag, "kind: New\n").await?;
    assert_eq!((written.status, &written.json()?["ConfigData"]), (200, &json!("kind: New\n")));
    for stale in [tag.as_str(), "\"x\"", tag.trim_matches('"')] {
        assert_eq!(put(stale, "kind: Other\n").await?.status, 409, "{stale}");
    }
    assert_eq!(put("*", "kind: Any\n").await?.status, 200);
    assert_eq!(desk.text("checkout").await?, "kind: Any\n");
    desk.verify()?;
    assert_eq!(raw.put_data(&desk.unit("checkout"), &[("include", "Colour")], "x").await?.status, 400);
    assert_eq!(raw.put(&path, &json!({})).await?.status, 415);
    assert_eq!(desk.text("checkout").await?, "kind: Any\n");
    Ok(())
}

#[tokio::test]
async fn permissions_are_asked_space_by_space() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let hub = desk.world.confighub();
        let reader = desk.raw()?.with_token(Some(&hub.reader()));
        let narrow = hub.token("narrow", Grant::everything().editing(&["shop-base"]));
        let narrow = desk.raw()?.with_token(Some(&narrow));
        let change_set = format!("{}/change_set", desk.space());
        for raw in [&reader, &narrow] {
            for answer in [
                raw.post(&change_set, &[], &json!({"Slug": "mine"})).await?,
                raw.patch(&desk.unit("checkout"), &[], &json!({"Labels": {"a": "b"}})).await?,
                desk.write(raw, "checkout", &[], "kind: New\n").await?,
                raw.act("DELETE", &desk.unit("fresh"), &[]).await?,
                raw.post("/space", &[], &json!({"Slug": "new"})).await?,
            ] {
                assert_eq!((answer.status, answer.text.contains("permission Edit")), (403, true), "{}", answer.text);
            }
        }
        let everything = [("where", "Slug = 'checkout'")];
        let mixed = narrow.patch("/unit", &everything, &json!({"Labels": {"a": "b"}})).await?;
        assert_eq!(mixed.status, 207, "{}", mixed.text);
        let refused = mixed.json()?;
        let refused = refused.as_array().context("no list")?.iter().filter(|it| it["Error"]["Status"] == 403).count();
        assert_eq!(refused, 1);
        assert_eq!(desk.text("checkout").await?, PENDING);
        desk.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn bulk_writes_act_on_what_is_selected_page_by_page() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let body = json!({"Labels": {"seen": "yes"}});
        for expression in ["Slug = ", "Colour = 'red'", "(Slug = 'a')", "Slug = 'a' OR Slug = 'b'", "Slug = 'it''s'"] {
            assert_eq!(raw.patch("/unit", &[("where", expression)], &body).await?.status, 400, "{expression}");
        }
        desk.world.journal_book().clear();
        let none = raw.patch("/unit", &[("where", "Slug = 'nobody'")], &body).await?;
        assert_eq!((none.status, none.text.as_str()), (200, "[]"));
        let critical = raw.filtered("/filter", "Slug = 'critical'").await?.json()?[0]["Filter"]["FilterID"].clone();
        let critical = critical.as_str().context("no filter")?;
        let some = raw.patch("/unit?include=SpaceID", &[("filter", critical)], &body).await?.json()?;
        assert_eq!((some.as_array().map(Vec::len), &some[0]["Unit"]["Slug"]), (Some(1), &json!("checkout")));
        desk.verify()?;
    }
    let desk = Desk::new(Profile::Release)?;
    let raw = desk.raw()?;
    for paging in [Paging::ShortFirst, Paging::EmptyFirst, Paging::Full] {
        desk.world.confighub().page(paging);
        let (mut seen, mut token) = (0, None::<String>);
        loop {
            let mut query = vec![("where", "Slug != 'nobody'"), ("limit", "2")];
            query.extend(token.as_deref().map(|token| ("continue", token)));
            let answer = raw.patch("/unit", &query, &json!({"Labels": {"paging": format!("{paging:?}")}})).await?;
            assert_eq!(answer.status, 200, "{}", answer.text);
            seen += answer.json()?.as_array().map_or(0, Vec::len);
            token = answer.header("confighub-continue").map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, 5, "{paging:?}");
        let labelled = raw.filtered("/unit", &format!("Labels.paging = '{paging:?}'")).await?;
        assert_eq!(labelled.slugs("Unit")?.len(), 5, "{paging:?}");
    }
    desk.verify()
}
