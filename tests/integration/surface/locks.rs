//! Change sets as locks: opened, written under, closed, and what they keep others from.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::desk::Desk;
use super::raw::{PENDING, PROFILES};

#[tokio::test]
async fn a_change_set_takes_units_and_lets_them_go() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let before = desk.read("checkout").await?;
        let id = desk.opened("drift-dev-1", &["checkout", "search"]).await?;
        let unit = desk.read("checkout").await?;
        assert_eq!(unit["ChangeSetID"], id.as_str());
        let head = before["HeadRevisionNum"].as_i64().context("no head")?;
        assert_eq!(unit["HeadRevisionNum"], head + 1, "opening makes a revision");
        assert_eq!(unit["DataHash"], before["DataHash"]);
        let opening = desk.revisions("checkout").await?.pop().context("no revision")?;
        assert_eq!((&opening["ChangeSetID"], &opening["Description"]), (&json!(id), &json!("open")));
        assert_eq!(
            (&opening["UserAgent"], &opening["UserID"]),
            (&json!("raw/1"), &json!(desk.world.confighub().user_id("admin")))
        );
        let change_set = raw.get(&format!("{}/change_set/{id}?include=StartTagID", desk.space())).await?.json()?;
        let start = change_set["StartTag"]["TagID"].as_str().context("no start tag")?;
        assert_eq!(opening["Tags"][start], "");
        assert_eq!(change_set["ChangeSet"].get("EndTagID"), None);

        for expression in [format!("ChangeSetID = '{id}'"), "ChangeSet.Slug = 'drift-dev-1'".to_owned()] {
            assert_eq!(raw.filtered("/unit", &expression).await?.slugs("Unit")?, ["checkout", "search"]);
        }
        let listed = raw.filtered("/unit?include=ChangeSetID", "ChangeSetID IS NOT NULL").await?.json()?;
        assert_eq!(listed[0]["ChangeSet"]["Labels"]["source"], "drift-detector");

        let query = [("change_set_id", id.as_str()), ("last_change_description", "Scaled to 5 (drift detected)")];
        let written = desk.written(&desk.write(&raw, "checkout", &query, "kind: Drifted\n").await?)?;
        assert_eq!(written["HeadRevisionNum"], head + 2);
        let query = [("change_set_id", id.as_str()), ("restore", &*head.to_string())];
        let body = json!({"LastChangeDescription": "Fixed replicas: 5 -> 3"});
        desk.written(&raw.patch(&desk.unit("checkout"), &query, &body).await?)?;
        assert_eq!(desk.text("checkout").await?, PENDING);
        let words: Vec<_> =
            desk.revisions("checkout").await?.iter().rev().take(3).map(|it| it["Description"].clone()).collect();
        assert_eq!(words, ["Fixed replicas: 5 -> 3", "Scaled to 5 (drift detected)", "open"]);

        let answer = desk.close(&["checkout", "search"]).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(desk.read("checkout").await?.get("ChangeSetID"), None);
        let closed = raw.get(&format!("{}/change_set/{id}", desk.space())).await?.json()?["ChangeSet"].clone();
        let end = closed["EndTagID"].as_str().context("no end tag")?;
        assert_eq!(desk.revisions("checkout").await?.last().context("no head")?["Tags"][end], "");

        let under = raw
            .filtered("/revision?include=ChangeSetID,UserID,Tags", &format!("ChangeSetID = '{id}'"))
            .await?
            .json()?;
        let numbers: Vec<_> = under
            .as_array()
            .context("no list")?
            .iter()
            .filter(|it| it["Revision"]["UnitID"] == before["UnitID"])
            .map(|it| it["Revision"]["RevisionNum"].clone())
            .collect();
        let expected = if desk.is_release() { vec![head + 3] } else { vec![head + 1, head + 2, head + 3] };
        assert_eq!(numbers, expected.into_iter().map(|it| json!(it)).collect::<Vec<_>>());
        if desk.is_release() {
            let query = [("where", &*format!("ChangeSetID = '{id}'")), ("distinct_on", "Off"), ("limit", "1000")];
            desk.world.confighub().page(drift_detector::demo::confighub::Paging::Full);
            let all = raw.get_with("/revision", &query, &[]).await?.json()?;
            assert_eq!(all.as_array().map(Vec::len), Some(4));
        }
        desk.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_change_set_holds_is_written_under_its_name_alone() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let theirs = desk.opened("theirs", &["checkout"]).await?;
        let ours = desk.change_set("ours").await?;
        let (unit, text) = (desk.unit("checkout"), desk.text("checkout").await?);
        let head = desk.read("checkout").await?;
        for query in [vec![], vec![("change_set_id", ours.as_str())]] {
            let answer = desk.write(&raw, "checkout", &query, "kind: Other\n").await?;
            assert_eq!(answer.status, 400, "{query:?}");
            assert!(answer.text.contains("ChangeSet theirs"), "{}", answer.text);
            let restore: Vec<_> = query.iter().copied().chain([("restore", "1")]).collect();
            assert_eq!(raw.patch(&unit, &restore, &json!({})).await?.status, 400, "{query:?}");
        }
        let query = [("change_set_id", ours.as_str())];
        assert_eq!(raw.patch(&unit, &query, &json!({"ChangeSetID": ours})).await?.status, 400, "no lock is taken over");
        assert_eq!(raw.patch(&desk.unit("fresh"), &[], &json!({"ChangeSetID": ours})).await?.status, 400, "unnamed");
        assert_eq!(desk.write(&raw, "fresh", &query, "kind: New\n").await?.status, 400, "not in it");
        let nobody = "11111111-1111-4111-8111-111111111111";
        let unknown = [("change_set_id", nobody)];
        assert_eq!(raw.patch(&unit, &unknown, &json!({"ChangeSetID": nobody})).await?.status, 404);
        assert_eq!(desk.text("checkout").await?, text);
        assert_eq!(desk.read("checkout").await?, head, "nothing of all this left a trace");

        let dry = desk.write(&raw, "checkout", &[("dry_run", "true")], "kind: Other\n").await?;
        assert_ne!(desk.written(&dry)?["DataHash"], head["DataHash"]);
        let labels = raw.patch(&unit, &[], &json!({"Labels": {"seen": "yes", "tier": null}})).await?;
        assert_eq!(desk.written(&labels)?["Labels"], json!({"seen": "yes"}));
        assert_eq!(desk.text("checkout").await?, text);

        let mixed = desk.lock(&ours, &["checkout", "fresh"]).await?;
        assert_eq!(mixed.status, 207, "{}", mixed.text);
        let items = mixed.json()?;
        let items = items.as_array().context("no list")?;
        let refused: Vec<_> = items.iter().filter(|it| it["Error"].is_object()).map(|it| &it["Error"]).collect();
        assert_eq!((items.len(), refused.len()), (2, 1));
        assert_eq!(refused[0]["ErrorMetadata"]["EntityID"], head["UnitID"]);
        assert_eq!(desk.read("fresh").await?["ChangeSetID"], ours.as_str());
        let failed = desk.lock(&theirs, &["fresh"]).await?;
        assert_eq!((failed.status, failed.json()?[0]["Error"]["Status"].clone()), (207, json!(400)));

        let used = raw.act("DELETE", &format!("{}/change_set/{theirs}", desk.space()), &[]).await?;
        assert_eq!(used.status, 409, "{}", used.text);
        if desk.is_release() {
            let query = [("detach", "true")];
            let gone = raw.act("DELETE", &format!("{}/change_set/{theirs}", desk.space()), &query).await?;
            assert_eq!(gone.status, 200);
            assert_eq!(desk.read("checkout").await?.get("ChangeSetID"), None, "and lets go of its units");
        }
        desk.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_change_makes_no_revision() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let before = desk.read("checkout").await?;
        let written = desk.written(&desk.write(&raw, "checkout", &[], PENDING).await?)?;
        assert_eq!(written["HeadRevisionNum"], before["HeadRevisionNum"]);
        let id = desk.opened("twice", &["checkout"]).await?;
        let once = desk.read("checkout").await?["HeadRevisionNum"].clone();
        assert_eq!(desk.lock(&id, &["checkout"]).await?.status, 200);
        assert_eq!(desk.read("checkout").await?["HeadRevisionNum"], once, "it is in it already");
        let dry = [("where", &*desk.selecting(&["search"])), ("change_set_id", id.as_str()), ("dry_run", "true")];
        let answer = raw.patch("/unit", &dry, &json!({"ChangeSetID": id})).await?.json()?;
        assert_eq!(answer[0]["Unit"]["ChangeSetID"], id.as_str());
        assert_eq!(desk.read("search").await?.get("ChangeSetID"), None, "it was dry");
        desk.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_restore_is_of_a_revision_that_is_named() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let id = desk.opened("drift", &["checkout"]).await?;
        let query = [("change_set_id", id.as_str())];
        desk.write(&raw, "checkout", &query, "kind: One\n").await?;
        desk.write(&raw, "checkout", &query, "kind: Two\n").await?;
        let revisions = desk.revisions("checkout").await?;
        let opening = revisions.iter().find(|it| it["ChangeSetID"] == id.as_str()).context("no opening")?;
        let start = opening["Tags"].as_object().and_then(|it| it.keys().next()).context("no tag")?.clone();
        let shipped = if desk.is_release() { "LastReleasedRevisionNum" } else { "LiveRevisionNum" };
        let by_id = format!("Revision:{}", opening["RevisionID"].as_str().unwrap_or_default());
        for (spec, text) in [
            ("Before:HeadRevisionNum".to_owned(), "kind: One\n"),
            (format!("Tag:{start}"), PENDING),
            (format!("ChangeSet:{id}"), PENDING),
            (format!("Before:ChangeSet:{id}"), PENDING),
            (by_id, PENDING),
            (shipped.to_owned(), super::raw::CHECKOUT),
        ] {
            let answer = raw.patch(&desk.unit("checkout"), &[query[0], ("restore", &spec)], &json!({})).await?;
            desk.written(&answer)?;
            assert_eq!(desk.text("checkout").await?, text, "{spec}");
        }
        let revision = opening["RevisionID"].as_str().unwrap_or_default();
        let answer = raw.patch(&desk.unit("checkout"), &[query[0], ("revision_id", revision)], &json!({})).await?;
        desk.written(&answer)?;
        assert_eq!(desk.text("checkout").await?, PENDING);
        let other = if desk.is_release() { "LiveRevisionNum" } else { "LastReleasedRevisionNum" };
        for (spec, status) in
            [("yesterday", 400), ("0", 400), ("Tag:start", 400), ("Week:1", 400), (other, 400), ("99", 404)]
        {
            let answer = raw.patch(&desk.unit("checkout"), &[query[0], ("restore", spec)], &json!({})).await?;
            assert_eq!(answer.status, status, "{spec}: {}", answer.text);
        }
        desk.verify()?;
    }
    Ok(())
}
