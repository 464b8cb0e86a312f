//! What people say to a proposal: approvals, attestations and their revocations, comments; and what asks for it, gates.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use drift_detector::confighub::Kind;
use drift_detector::demo::confighub::Grant;
use drift_detector::demo::world::Profile;
use drift_detector::model::changeset::{
    Attestation, Carried, ChangeSet, Gate, Judgement, NewAttestation, REMARK, Restore, UnitHead,
};
use serde_json::{Value, json};

use super::{PROFILES, Shop, kind};
use crate::estate::config_map;

/// A unit with a fix under an open ChangeSet.
async fn proposed(shop: &Shop) -> Result<(ChangeSet, UnitHead)> {
    let ours = shop.open("drift-dev-1").await?;
    let head = shop.locked("web", &ours).await?;
    let written = shop.client.write_data(&head, ours.id, &config_map("web", "slow"), "drift").await?;
    let fixed = shop.client.restore(&written, Restore::Revision(1), Some(ours.id), "fixed").await?;
    Ok((ours, fixed))
}

/// Somebody attests; the new attestation's id.
async fn attests(shop: &Shop, name: &str, body: Value) -> Result<Value> {
    let token = shop.world.confighub().person(name);
    let path = format!("/space/{}/attestation", shop.space.id);
    shop.a_minute_passes();
    Ok(shop.raw(&token, "POST", &path, &body).await?["Attestation"]["AttestationID"].clone())
}

async fn attestations(shop: &Shop, ours: &ChangeSet) -> Result<Vec<Attestation>> {
    let revisions = shop.client.changeset_revisions(ours.id).await?;
    Ok(revisions.into_iter().next().context("no revision")?.attestations)
}

#[tokio::test]
async fn an_approval_of_the_older_service_names_who_approved() -> Result<()> {
    let shop = Shop::new(Profile::Bridge).await?;
    let (ours, head) = proposed(&shop).await?;
    let alice = shop.world.confighub().person("alice");
    shop.raw(&alice, "POST", &format!("/space/{}/unit/{}/approve", head.space, head.id), &Value::Null).await?;
    let by = vec![shop.world.confighub().user_id("alice")];
    assert_eq!(shop.head("web").await?.approved_by, by);
    let newest = shop.client.changeset_revisions(ours.id).await?;
    assert_eq!((newest[0].number, &newest[0].approved_by), (head.head, &by));
    let written = shop.client.write_data(&shop.head("web").await?, ours.id, &config_map("web", "new"), "more").await?;
    assert!(written.approved_by.is_empty(), "new data is not approved");
    Ok(())
}

#[tokio::test]
async fn attestations_come_with_their_revocations_and_what_revokes_those() -> Result<()> {
    let shop = Shop::new(Profile::Release).await?;
    let (ours, head) = proposed(&shop).await?;
    let unit = format!("UnitID IN ('{}')", head.id);
    let about = format!("ChangeSet:{}", ours.id);
    let passes = json!({"Type": "Approval", "Result": "Pass", "WhereUnit": unit, "Revision": about, "Note": "ok",
        "ExpiresAt": "2030-01-01T00:00:00Z"});
    let approval = attests(&shop, "alice", passes.clone()).await?;
    let fails = json!({"Result": "Fail", "WhereUnit": unit, "Revision": about});
    attests(&shop, "bob", fails).await?;
    let found = attestations(&shop, &ours).await?;
    let told: Vec<_> = found.iter().map(|it| (it.kind.as_str(), it.result, it.note.as_str(), it.revoked)).collect();
    assert_eq!(
        told,
        [("Approval", Some(Judgement::Pass), "ok", false), ("Approval", Some(Judgement::Fail), "", false)]
    );
    assert_eq!(found[0].user, Some(shop.world.confighub().user_id("alice")));
    assert!(found[0].expires_at.is_some() && found[1].expires_at.is_none() && found[0].at.is_some());
    // Revoked, and the revocation revoked, and that again.
    let mut of = approval;
    for revoked in [true, false, true] {
        of = attests(&shop, "alice", json!({"RevokedAttestationID": of})).await?;
        let found = attestations(&shop, &ours).await?;
        assert_eq!(found.iter().map(|it| it.revoked).collect::<Vec<_>>(), [revoked, false]);
    }
    Ok(())
}

#[tokio::test]
async fn a_remark_is_carried_by_what_the_server_has_for_it() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let (ours, head) = proposed(&shop).await?;
        let said = "Drift: mode fast -> slow\nsecond line";
        let carried = shop.client.comment(&head, head.head, said).await?;
        if profile == Profile::Bridge {
            assert_eq!(carried, Carried::Nothing);
            assert!(shop.client.comments(&head).await?.is_empty());
            continue;
        }
        assert_eq!(carried, Carried::Comment);
        let comments = shop.client.comments(&head).await?;
        assert_eq!(comments.iter().map(|it| (it.revision, it.text.as_str())).collect::<Vec<_>>(), [(head.head, said)]);
        assert_eq!(comments[0].author, Some(shop.world.confighub().user_id("demo-bot")));
        // Who may only approve leaves an attestation, who may only read leaves nothing.
        let approver =
            shop.client_with(shop.world.confighub().token("carol", Grant::everything().editing(&[]))).await?;
        assert_eq!(approver.comment(&head, head.head, said).await?, Carried::Attestation);
        let remarks = attestations(&shop, &ours).await?;
        assert_eq!(remarks.iter().map(|it| (it.kind.as_str(), it.note.as_str())).collect::<Vec<_>>(), [(REMARK, said)]);
        let reader = shop.client_with(shop.world.confighub().reader()).await?;
        assert_eq!(reader.comment(&head, head.head, said).await?, Carried::Nothing);
    }
    Ok(())
}

#[tokio::test]
async fn a_check_is_attested_of_a_revision_of_each_unit() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let (_, head) = proposed(&shop).await?;
        let ids = shop.ids(&["cart", "web"]);
        let fingerprint = |it: &str| BTreeMap::from([("fingerprint", it.to_owned())]);
        let claims = fingerprint("ab");
        let new = NewAttestation { revision: 1, kind: "drift-check", result: Judgement::Fail, note: "run 1", claims };
        let answers = shop.client.attest(shop.space.id, &ids, &new).await;
        assert_eq!(answers.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
        for (_, answer) in answers {
            match profile {
                Profile::Bridge => assert_eq!(kind(answer), Kind::NotFound),
                Profile::Release => assert_eq!(answer?, 1),
            }
        }
        // A unit without such a revision is left out, and says so.
        let new = NewAttestation { revision: head.head, result: Judgement::Pass, claims: fingerprint("cd"), ..new };
        for (id, answer) in shop.client.attest(shop.space.id, &ids, &new).await {
            match (profile, id == head.id) {
                (Profile::Release, true) => assert_eq!(answer?, head.head),
                _ => assert_eq!(kind(answer), Kind::NotFound, "{profile:?}"),
            }
        }
        if profile == Profile::Release {
            let bot = shop.world.confighub().user_id("demo-bot");
            let left = shop.client.claimed(shop.space.id, "drift-check", bot).await?;
            let told = left.iter().map(|it| (it.claims["fingerprint"].as_str(), it.result)).collect::<BTreeMap<_, _>>();
            assert_eq!(told, [("ab", Some(Judgement::Fail)), ("cd", Some(Judgement::Pass))].into());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_gate_is_proven_by_what_holds_back_every_change() -> Result<()> {
    let shop = Shop::new(Profile::Bridge).await?;
    assert!(matches!(shop.client.gate(&shop.space).await?, Gate::Unproven(why) if why.contains("no Trigger")));
    let admin = shop.world.confighub_token();
    let path = format!("/space/{}/trigger", shop.space.id);
    let trigger = |slug: &str| {
        json!({"Slug": slug, "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
            "FunctionName": "vet-approvedby", "Arguments": [{"ParameterName": "num-approvers", "Value": 1}]})
    };
    for (member, value) in [
        ("Disabled", json!(true)),
        ("Warn", json!(true)),
        ("Event", json!("PostClone")),
        ("ToolchainType", json!("AppConfig/YAML")),
        ("WhereUnit", json!("Slug = 'cart'")),
        ("FunctionName", json!("vet-placeholders")),
        ("Arguments", json!([{"ParameterName": "num-approvers", "Value": 0}])),
    ] {
        let mut weak = trigger(&format!("weak-{}", member.to_lowercase()));
        weak[member] = value;
        shop.raw(admin, "POST", &path, &weak).await?;
        assert!(matches!(shop.client.gate(&shop.space).await?, Gate::Unproven(_)), "{member}");
    }
    shop.raw(admin, "POST", &path, &trigger("require-approval")).await?;
    assert_eq!(shop.client.gate(&shop.space).await?, Gate::Proven);
    Ok(())
}

#[tokio::test]
async fn a_gate_is_proven_by_a_workflow_that_nothing_gets_around() -> Result<()> {
    let shop = Shop::new(Profile::Release).await?;
    let admin = shop.world.confighub_token();
    let unproven = async |why: &str| -> Result<()> {
        let gate = shop.client.gate(&shop.space).await?;
        assert!(matches!(&gate, Gate::Unproven(it) if it.contains(why)), "{why}: {gate:?}");
        Ok(())
    };
    unproven("belongs to no Component").await?;
    // The workflow lives in another Space of the Component.
    let prod = shop.world.confighub().space_id("shop-prod");
    let workflow = json!({"Slug": "reviewed", "AttestationPrerequisites": [{"Name": "approved"}, {"Name": "tested", "Type": "test"}],
        "Stages": [{"Name": "dev", "ReleasePrerequisites": ["approved"]}, {"Name": "prod", "ReleasePrerequisites": ["tested"]}]});
    let workflows = format!("/space/{prod}/change_workflow");
    let made = shop.raw(admin, "POST", &workflows, &workflow).await?;
    let id = made["ChangeWorkflowID"].clone();
    let component = json!({"Slug": "shop", "AllowedChangeWorkflowIDs": [id]});
    let component = shop.raw(admin, "POST", "/component", &component).await?["ComponentID"].clone();
    shop.raw(admin, "PATCH", &format!("/space/{}", shop.space.id), &json!({"ComponentID": component})).await?;
    unproven("demands no particular workflow").await?;
    let path = format!("/component/{}", component.as_str().context("an id")?);
    shop.raw(admin, "PATCH", &path, &json!({"ChangeWorkflowRequired": true})).await?;
    unproven("could be found").await?;
    shop.raw(admin, "PATCH", &format!("/space/{prod}"), &json!({"ComponentID": component})).await?;
    unproven("`reviewed` of the Component `shop` releases without approval").await?;
    let stages = json!({"Stages": [{"Name": "dev", "ReleasePrerequisites": ["approved"]},
        {"Name": "prod", "ReleasePrerequisites": ["tested", "approved"]}]});
    shop.raw(admin, "PATCH", &format!("{workflows}/{}", id.as_str().context("an id")?), &stages).await?;
    assert_eq!(shop.client.gate(&shop.space).await?, Gate::Proven);
    Ok(())
}
