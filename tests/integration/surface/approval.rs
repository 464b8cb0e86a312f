//! What people say about revisions: approvals with their gates, attestations, review comments, tags.

use anyhow::{Context as _, Result};
use drift_detector::demo::confighub::Grant;
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::desk::{Desk, id};
use super::raw::PROFILES;

/// A Trigger that wants so many approvals.
fn trigger(approvers: i64) -> Value {
    json!({"Slug": "require-approval", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
        "FunctionName": "vet-approvedby", "Arguments": [{"ParameterName": "num-approvers", "Value": approvers}]})
}

const GATE: &str = "shop-dev/require-approval/vet-approvedby";

/// The gates of the unit `checkout`, as one more poll sees them.
async fn gates(desk: &Desk) -> Result<Value> {
    Ok(desk.read("checkout").await?.get("ApplyGates").cloned().unwrap_or_default())
}

#[tokio::test]
async fn approvals_open_a_gate_a_moment_later_and_new_data_closes_it() -> Result<()> {
    let desk = Desk::new(Profile::Bridge)?;
    let raw = desk.raw()?;
    let made = raw.post(&format!("{}/trigger", desk.space()), &[], &trigger(2)).await?;
    assert_eq!(made.status, 200, "{}", made.text);
    let awaiting = json!({"awaiting/triggers": true});
    desk.written(&desk.write(&raw, "checkout", &[], "kind: One\n").await?)?;
    assert_eq!((gates(&desk).await?, gates(&desk).await?), (awaiting.clone(), json!({GATE: true})));
    let (alice, bob) = (desk.person("alice")?, desk.person("bob")?);
    let path = format!("{}/approve", desk.unit("checkout"));
    for _ in 0..2 {
        let answer = alice.act("POST", &path, &[]).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()?["Unit"]["ApprovedBy"], json!([desk.world.confighub().user_id("alice")]));
    }
    assert_eq!((gates(&desk).await?, gates(&desk).await?), (awaiting.clone(), json!({GATE: true})), "one is not two");
    let query = [("where", desk.selecting(&["checkout"])), ("revision", "HeadRevisionNum".to_owned())];
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = bob.act("POST", "/unit/approve", &query).await?;
    assert_eq!((answer.status, answer.json()?.as_array().map(Vec::len)), (200, Some(1)), "{}", answer.text);
    assert_eq!((gates(&desk).await?, gates(&desk).await?), (awaiting, Value::Null));
    let listed = raw.filtered("/unit?include=ApprovedBy", "LEN(ApprovedBy) = 2").await?.json()?;
    let names: Vec<_> =
        listed[0]["ApprovedBy"].as_array().context("nobody")?.iter().map(|it| it["Slug"].clone()).collect();
    assert!(names.contains(&json!("alice")) && names.contains(&json!("bob")), "{names:?}");
    desk.written(&desk.write(&raw, "checkout", &[], "kind: Two\n").await?)?;
    assert_eq!(desk.read("checkout").await?.get("ApprovedBy"), None);
    assert_eq!(gates(&desk).await?, json!({GATE: true}));

    let answer = alice.act("POST", &path, &[("revision", "1")]).await?;
    assert_eq!(answer.status, 200, "an older revision can be approved");
    assert_eq!(desk.read("checkout").await?.get("ApprovedBy"), None, "and head is not approved by that");
    for (revision, status) in [("99", 404), ("yesterday", 400)] {
        assert_eq!(alice.act("POST", &path, &[("revision", revision)]).await?.status, status);
    }
    let token = desk.world.confighub().token("carol", Grant::everything().approving(&["shop-base"]));
    let carol = desk.raw()?.with_token(Some(&token));
    let answer = carol.act("POST", &path, &[]).await?;
    assert_eq!((answer.status, answer.text.contains("Approve")), (403, true), "{}", answer.text);
    desk.verify()
}

#[tokio::test]
async fn attestations_stand_at_revisions_and_are_revoked_and_never_changed() -> Result<()> {
    let desk = Desk::new(Profile::Release)?;
    let (raw, alice) = (desk.raw()?, desk.person("alice")?);
    let change_set = desk.opened("drift", &["checkout", "search"]).await?;
    let path = format!("{}/attestation", desk.space());
    let body = json!({"Type": "Approval", "Result": "Pass", "Note": "reviewed", "ExpiresAt": "2026-12-01T00:00:00Z",
        "WhereUnit": desk.selecting(&["checkout", "search", "fresh"]), "Revision": format!("ChangeSet:{change_set}")});
    let dry = alice.post(&path, &[("dry_run", "true")], &body).await?;
    assert_eq!(dry.json()?["Subjects"].as_array().map(Vec::len), Some(2), "{}", dry.text);
    assert_eq!(raw.get(&path).await?.text, "[]");
    let made = alice.post(&path, &[], &body).await?.json()?;
    assert_eq!(made["Subjects"].as_array().map(Vec::len), Some(2));
    assert_eq!(made["SkippedUnits"][0]["UnitSlug"], "fresh");
    let attestation = &made["Attestation"];
    assert_eq!(attestation["UserID"], json!(desk.world.confighub().user_id("alice")));
    let expression = format!("ChangeSetID = '{change_set}'");
    let revisions = raw.filtered("/revision?include=Attestations", &expression).await?.json()?;
    assert_eq!(revisions[0]["Attestations"][0], *attestation);
    let key = attestation["AttestationID"].as_str().context("no id")?;
    assert_eq!(revisions[0]["Revision"]["Attestations"][key], "");

    let bob = desk.person("bob")?;
    let revoked = bob.post(&path, &[], &json!({"RevokedAttestationID": key, "Note": "no"})).await?.json()?;
    assert_eq!(revoked["Subjects"], json!([]));
    let found = raw.filtered("/attestation", &format!("RevokedAttestationID = '{key}'")).await?.json()?;
    assert_eq!(found[0]["Attestation"]["Note"], "no");
    let revisions = raw.filtered("/revision?include=Attestations", &expression).await?.json()?;
    assert_eq!(revisions[0]["Attestations"].as_array().map(Vec::len), Some(1), "the revocation is not among them");

    desk.verify()?;
    let nobody = "11111111-1111-4111-8111-111111111111";
    for (body, status) in [
        (json!({"Result": "Maybe"}), 400),
        (json!({"Revision": "yesterday"}), 400),
        (json!({"WhereUnit": "Colour = 'red'"}), 400),
        (json!({"ExpiresAt": "soon"}), 400),
        (json!({"Colour": "red"}), 400),
        (json!({"RevokedAttestationID": nobody}), 404),
    ] {
        assert_eq!(alice.post(&path, &[], &body).await?.status, status, "{body}");
    }
    let token = desk.world.confighub().token("carol", Grant::everything().approving(&["shop-base"]));
    let carol = desk.raw()?.with_token(Some(&token));
    assert_eq!(carol.post(&path, &[], &json!({"Note": "me too"})).await?.status, 403);
    let everywhere = json!({"WhereSpace": "Slug LIKE 'shop-%'", "Type": "drift-check", "Result": "Fail"});
    let answer = carol.post("/attest", &[], &everywhere).await?;
    assert_eq!(answer.status, 207, "{}", answer.text);
    let spaces = answer.json()?["Spaces"].clone();
    let refused = spaces.as_array().context("no list")?.iter().filter(|it| it["Error"].is_object()).count();
    assert_eq!((spaces.as_array().map(Vec::len), refused), (Some(2), 1));
    for (method, path) in [("PATCH", format!("{path}/{key}")), ("DELETE", format!("{path}/{key}"))] {
        assert_eq!(alice.act(method, &path, &[]).await?.status, 405);
    }
    // The refused methods are described nowhere.
    desk.world.journal_book().clear();
    assert_eq!(raw.get(&format!("{path}/{key}?include=SpaceID")).await?.status, 200);
    desk.verify()
}

#[tokio::test]
async fn comments_are_on_revisions_that_exist_and_belong_to_their_authors() -> Result<()> {
    let desk = Desk::new(Profile::Release)?;
    let (raw, alice) = (desk.raw()?, desk.person("alice")?);
    let path = format!("{}/review_comment", desk.unit("checkout"));
    let made =
        raw.post(&path, &[], &json!({"RevisionNum": 2, "Text": "replicas 5 -> 3", "Path": "spec.replicas"})).await?;
    let key = id(&made, "ReviewCommentID")?;
    assert_eq!(made.json()?["UserID"], json!(desk.world.confighub().user_id("admin")));
    desk.verify()?;
    for (body, status) in [
        (json!({"RevisionNum": 2}), 400),
        (json!({"Text": "x"}), 400),
        (json!({"RevisionNum": 2, "Text": ""}), 400),
        (json!({"RevisionNum": 99, "Text": "x"}), 404),
        (json!({"RevisionNum": "2", "Text": "x"}), 400),
    ] {
        assert_eq!(raw.post(&path, &[], &body).await?.status, status, "{body}");
    }
    desk.world.journal_book().clear();
    let listed = raw.get(&format!("{path}?include=RevisionID,UnitID")).await?.json()?;
    assert_eq!(
        (&listed[0]["ReviewComment"]["Text"], &listed[0]["Revision"]["RevisionNum"]),
        (&json!("replicas 5 -> 3"), &json!(2))
    );
    assert_eq!(raw.get("/review_comment").await?.json()?.as_array().map(Vec::len), Some(1));
    let one = format!("{path}/{key}");
    assert_eq!(alice.patch(&one, &[], &json!({"Text": "mine"})).await?.status, 403);
    assert_eq!(alice.act("DELETE", &one, &[]).await?.status, 403);
    let changed = raw.patch(&one, &[], &json!({"Text": "replicas 5 -> 4"})).await?.json()?;
    assert_eq!((&changed["Text"], &changed["Version"]), (&json!("replicas 5 -> 4"), &json!(2)));
    assert_eq!(raw.put(&one, &json!({"RevisionNum": 2, "Text": "x", "Version": 1})).await?.status, 409);
    assert_eq!(raw.put(&one, &json!({"RevisionNum": 2, "Text": "x", "Version": 2})).await?.status, 200);
    assert_eq!(raw.act("DELETE", &one, &[]).await?.status, 200);
    assert_eq!(raw.get(&one).await?.status, 404);
    desk.verify()
}

#[tokio::test]
async fn tags_stand_at_one_revision_of_each_unit_and_come_off() -> Result<()> {
    for profile in PROFILES {
        let desk = Desk::new(profile)?;
        let raw = desk.raw()?;
        let tag = id(&raw.post(&format!("{}/tag", desk.space()), &[], &json!({"Slug": "good"})).await?, "TagID")?;
        let selected = desk.selecting(&["checkout", "flags"]);
        let query = [("where", selected.as_str())];
        let answer = raw.post("/unit/tag", &query, &json!({"TagID": tag, "Revision": "2"})).await?;
        let expected = if desk.is_release() { 200 } else { 207 };
        assert_eq!(answer.status, expected, "the older service has no revision 2 of flags: {}", answer.text);
        let tagged = raw.filtered("/revision", &format!("Tags ? '{tag}'")).await?.json()?;
        assert!(
            tagged
                .as_array()
                .is_some_and(|it| it.iter().all(|it| it["Revision"]["RevisionNum"] == 2) && !it.is_empty())
        );
        let answer = raw.post("/unit/tag", &query, &json!({"TagID": tag, "Revision": "Remove"})).await?;
        assert_eq!(answer.status, 200);
        assert_eq!(raw.filtered("/revision", &format!("Tags ? '{tag}'")).await?.text, "[]");
        let nobody = "11111111-1111-4111-8111-111111111111";
        for (body, status) in
            [(json!({}), 400), (json!({"TagID": nobody}), 404), (json!({"TagID": tag, "Revision": "x"}), 400)]
        {
            assert_eq!(raw.post("/unit/tag", &query, &body).await?.status, status, "{body}");
        }
        desk.verify()?;
    }
    Ok(())
}
