//! A world that nobody told the story of: made, changed and taken down through the API alone.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::{Profile, World};
use serde_json::json;

use super::desk::{Desk, id};
use super::raw::{PROFILES, Raw};
use super::verify;

#[tokio::test]
async fn a_world_can_be_made_through_the_api() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&Story::new(), profile)?;
        let raw = Raw::new(&world)?;
        let mut spaces = Vec::new();
        for slug in ["acme-base", "acme-dev"] {
            let body = json!({"Slug": slug, "Labels": {"project": "acme"}});
            let space = id(&raw.post("/space", &[], &body).await?, "SpaceID")?;
            assert_eq!(raw.post("/space", &[], &body).await?.status, 409);
            assert_eq!(id(&raw.post("/space", &[("allow_exists", "true")], &body).await?, "SpaceID")?, space);
            spaces.push(format!("/space/{space}"));
        }
        let [base, dev] = spaces.as_slice() else { unreachable!("two were made") };
        let target = match profile {
            Profile::Release => json!({"Slug": "cluster", "Facts": {"KubeNamespace": "acme"}}),
            Profile::Bridge => {
                json!({"Slug": "cluster", "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML",
                "BridgeWorkerID": "11111111-1111-4111-8111-111111111111", "Parameters": "{}"})
            }
        };
        let made = raw.post(&format!("{dev}/target"), &[], &target).await?;
        let mut placed = json!({});
        if profile == Profile::Release {
            let target = id(&made, "TargetID")?;
            let answer = raw.patch(dev, &[], &json!({"ReleaseTargetID": target})).await?;
            assert_eq!(answer.json()?["ReleaseTargetID"], target.as_str());
            placed = json!({"TargetID": target});
        } else {
            assert_eq!(made.status, 404, "no such worker: {}", made.text);
        }
        let mut body = json!({"Slug": "api", "ToolchainType": "Kubernetes/YAML", "Labels": {"tier": "critical"},
            "LastChangeDescription": "import"});
        if profile == Profile::Bridge {
            body["Data"] = STANDARD.encode("kind: One\n").into();
        }
        let answer = raw.post(&format!("{base}/unit"), &[], &body).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let unit = if profile == Profile::Release { answer.json()?["Unit"].clone() } else { answer.json()? };
        let path = format!("{base}/unit/{}", unit["UnitID"].as_str().unwrap_or_default());
        if profile == Profile::Release {
            assert_eq!(unit["HeadRevisionNum"], 1, "empty");
            assert_eq!(raw.put_data(&path, &[("last_change_description", "import")], "kind: One\n").await?.status, 200);
        }
        assert_eq!(raw.get(&format!("{path}/data")).await?.text, "kind: One\n");
        assert_eq!(raw.post(&format!("{base}/unit"), &[], &body).await?.status, 409);
        let upstream = [
            ("upstream_space_id", base.trim_start_matches("/space/")),
            ("upstream_unit_id", unit["UnitID"].as_str().unwrap_or_default()),
        ];
        placed["Slug"] = "api".into();
        placed["ToolchainType"] = "Kubernetes/YAML".into();
        let clone = raw.post(&format!("{dev}/unit"), &upstream, &placed).await?;
        assert_eq!(clone.status, 200, "{}", clone.text);
        assert_eq!(
            raw.post(&format!("{dev}/unit"), &upstream[..1], &json!({"Slug": "b", "ToolchainType": "x"})).await?.status,
            400
        );
        let listed = raw.filtered("/unit?include=UpstreamUnitID,SpaceID", "UpstreamRevisionNum > 0").await?.json()?;
        assert_eq!(
            (&listed[0]["Space"]["Slug"], &listed[0]["UpstreamUnit"]["Slug"]),
            (&json!("acme-dev"), &json!("api"))
        );
        let behind = "UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum";
        assert_eq!(raw.filtered("/unit", behind).await?.text, "[]");
        let more = if profile == Profile::Release {
            raw.put_data(&path, &[], "kind: Two\n").await?
        } else {
            raw.patch(&path, &[], &json!({"Data": STANDARD.encode("kind: Two\n")})).await?
        };
        assert_eq!((more.status, raw.filtered("/unit", behind).await?.slugs("Unit")?), (200, vec!["api".to_owned()]));
        let filter = json!({"Slug": "critical", "From": "Unit", "Where": "Labels.tier = 'critical'"});
        let filter = id(&raw.post(&format!("{base}/filter"), &[], &filter).await?, "FilterID")?;
        assert_eq!(raw.get(&format!("/unit?filter={filter}")).await?.slugs("Unit")?, ["api"]);
        assert_eq!(
            raw.post(&format!("{base}/filter"), &[], &json!({"Slug": "bad", "From": "Unit", "Where": "("}))
                .await?
                .status,
            400
        );
        assert_eq!(raw.act("DELETE", base, &[]).await?.status, 409, "it has units");
        assert_eq!(raw.act("DELETE", base, &[("recursive", "true")]).await?.status, 200);
        assert_eq!(raw.get("/space").await?.slugs("Space")?, ["acme-dev"]);
        verify(&world)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_has_a_delete_gate_stays() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let path = desk.unit("fresh");
        desk.written(&raw.patch(&path, &[], &json!({"DeleteGates": {"keep": true}})).await?)?;
        assert_eq!(raw.act("DELETE", &path, &[]).await?.status, 422);
        let selected = desk.selecting(&["fresh", "flags"]);
        let answer = raw.act("DELETE", "/unit", &[("where", &selected)]).await?;
        assert_eq!(answer.status, 207, "{}", answer.text);
        desk.written(&raw.patch(&path, &[], &json!({"DeleteGates": {"keep": null}})).await?)?;
        assert_eq!(raw.act("DELETE", &path, &[]).await?.status, 200);
        assert_eq!(
            raw.filtered("/unit", &format!("SpaceID = '{}'", desk.world.confighub().space_id("shop-dev")))
                .await?
                .slugs("Unit")?,
            ["checkout", "search"]
        );
        assert_eq!(raw.act("DELETE", &desk.unit("search"), &[]).await?.status, 423, "an apply is under way");
        let change_set = desk.change_set("gated").await?;
        let path = format!("{}/change_set/{change_set}", desk.space());
        let gated =
            raw.patch(&path, &[], &json!({"DeleteGates": {"keep": true}, "Annotations": {"a": "1", "b": "2"}})).await?;
        assert_eq!((gated.status, &gated.json()?["Annotations"]["b"]), (200, &json!("2")));
        assert_eq!(raw.act("DELETE", &path, &[]).await?.status, 422);
        let body = json!({"DeleteGates": {"keep": false}, "Annotations": {"a": null}, "Labels": {"closed": "fixed"}});
        let changed = raw.patch(&path, &[], &body).await?.json()?;
        assert_eq!((&changed["Annotations"], &changed["Labels"]["closed"]), (&json!({"b": "2"}), &json!("fixed")));
        let listed = raw.filtered("/change_set", "Labels.closed = 'fixed'").await?;
        assert_eq!(listed.slugs("ChangeSet")?, ["gated"]);
        assert_eq!(raw.act("DELETE", &path, &[]).await?.status, 200);
        assert_eq!(raw.get(&path).await?.status, 404);
        assert_ne!(desk.change_set("gated").await?, change_set, "an id is not given twice");
        desk.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_story_can_have_its_gate() -> Result<()> {
    let space = Space::new("shop-prod").unit(("checkout", "kind: One\n")).approval_gate();
    let story = Story::new().space(space);
    let world = World::start(&story, Profile::Release)?;
    let raw = Raw::new(&world)?;
    let space = raw.get("/space?include=ComponentID").await?.json()?[0].clone();
    assert_eq!(space["Component"]["ChangeWorkflowRequired"], true);
    let path = format!("/space/{}", world.confighub().space_id("shop-prod"));
    let workflow = raw.get(&format!("{path}/change_workflow")).await?.json()?[0]["ChangeWorkflow"].clone();
    assert_eq!(space["Component"]["AllowedChangeWorkflowIDs"], json!([workflow["ChangeWorkflowID"]]));
    assert_eq!(workflow["AttestationPrerequisites"][0]["Type"], "Approval");
    verify(&world)?;

    let world = World::start(&story, Profile::Bridge)?;
    let raw = Raw::new(&world)?;
    let unit = format!("{path}/unit/{}", world.confighub().unit_id("shop-prod", "checkout"));
    assert_eq!(raw.get(&unit).await?.json()?["Unit"].get("ApplyGates"), None, "what is shipped was approved");
    raw.patch(&unit, &[], &json!({"Data": STANDARD.encode("kind: Two\n")})).await?;
    raw.get(&unit).await?;
    let gates = raw.get(&unit).await?.json()?["Unit"]["ApplyGates"].clone();
    assert_eq!(gates, json!({"shop-prod/require-approval/vet-approvedby": true}));
    verify(&world)
}

#[tokio::test]
async fn every_kind_is_made_changed_replaced_and_deleted() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let target = match profile {
            Profile::Release => json!({"Slug": "new"}),
            Profile::Bridge => {
                let worker = raw.get("/bridge_worker").await?.json()?[0]["BridgeWorker"]["BridgeWorkerID"].clone();
                json!({"Slug": "new", "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML", "BridgeWorkerID": worker})
            }
        };
        let trigger = json!({"Slug": "new", "Event": "PostClone", "ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-placeholders"});
        let mut kinds = vec![
            ("/space".to_owned(), "/_space", "SpaceID", json!({"Slug": "new"})),
            (format!("{}/target", desk.space()), "/target", "TargetID", target),
            (format!("{}/filter", desk.space()), "/filter", "FilterID", json!({"Slug": "new", "From": "Unit"})),
            (
                format!("{}/change_set", desk.space()),
                "/change_set",
                "ChangeSetID",
                json!({"Slug": "new", "Description": "d"}),
            ),
            (format!("{}/tag", desk.space()), "/tag", "TagID", json!({"Slug": "new"})),
            (format!("{}/trigger", desk.space()), "/trigger", "TriggerID", trigger),
        ];
        if profile == Profile::Release {
            kinds.push(("/component".to_owned(), "", "ComponentID", json!({"Slug": "new"})));
            let workflow = json!({"Slug": "new", "Stages": [{"Name": "all"}]});
            kinds.push((format!("{}/change_workflow", desk.space()), "", "ChangeWorkflowID", workflow));
        }
        for (path, many, key, body) in kinds {
            let made = raw.post(&path, &[], &body).await?;
            let one = format!("{path}/{}", id(&made, key)?);
            assert_eq!(raw.post(&path, &[], &body).await?.status, 409, "{path}");
            assert_eq!(id(&raw.post(&path, &[("allow_exists", "true")], &body).await?, key)?, id(&made, key)?);
            let patched = raw.patch(&one, &[], &json!({"Labels": {"a": "b"}})).await?.json()?;
            assert_eq!((&patched["Labels"]["a"], &patched["Version"]), (&json!("b"), &json!(2)), "{path}");
            assert_eq!(raw.put(&one, &body).await?.status, 409, "{path}: without a Version");
            let mut whole = body.clone();
            whole["Version"] = json!(2);
            let replaced = raw.put(&one, &whole).await?;
            assert_eq!((replaced.status, replaced.json()?.get("Labels")), (200, None), "{path}: {}", replaced.text);
            if many.is_empty() {
                assert_eq!(raw.act("DELETE", &one, &[]).await?.status, 200, "{path}");
            } else {
                let mine = [("where", "Slug = 'new'")];
                let changed = raw.patch(many, &mine, &json!({"DisplayName": "New one"})).await?;
                assert_eq!(
                    (changed.status, changed.json()?.as_array().map(Vec::len)),
                    (200, Some(1)),
                    "{many}: {}",
                    changed.text
                );
                let gone = raw.act("DELETE", many, &mine).await?;
                assert_eq!(
                    (gone.status, gone.json()?.as_array().map(Vec::len)),
                    (200, Some(1)),
                    "{many}: {}",
                    gone.text
                );
            }
            assert_eq!(raw.get(&one).await?.status, 404, "{path}");
        }
        assert_eq!(raw.post(&format!("{}/tag", desk.space()), &[], &json!({})).await?.status, 400, "no Slug");
        desk.world.journal_book().clear();
        let members = raw.get("/me").await?.json()?;
        let path =
            format!("/organization/{}/organization_member", members["OrganizationID"].as_str().unwrap_or_default());
        let listed = raw.get(&path).await?.json()?;
        let member = |it: &serde_json::Value| {
            if desk.is_release() { it["OrganizationMember"]["Slug"].clone() } else { it["Slug"].clone() }
        };
        let names: Vec<_> = listed.as_array().into_iter().flatten().map(member).collect();
        assert!(["admin", "alice", "bob", "demo-bot"].iter().all(|name| names.contains(&json!(name))), "{names:?}");
        desk.verify()?;
    }
    Ok(())
}
