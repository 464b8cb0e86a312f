//! What nobody knows of the service: each switch of the stand-in flipped, and seen to do what it says.

use anyhow::{Context as _, Result};
use drift_detector::demo::confighub::Guesses;
use drift_detector::demo::confighub::guesses::{
    AllFailed, ApprovalOf, BeforeChangeSet, Closing, DuplicateSlug, LockedMetadata, LockedWrite, NothingCovered,
    Opening, PatchVersion, Reopening, StaleMatch, UnknownMember, WrongContentType,
};
use drift_detector::demo::world::Profile;
use serde_json::json;

use super::desk::Desk;
use super::raw::{PENDING, PROFILES, Written};

fn guessing(profile: Profile, change: impl FnOnce(&mut Guesses)) -> Result<Desk> {
    let desk = Desk::new(profile)?;
    desk.world.confighub().guess(change);
    Ok(desk)
}

#[tokio::test]
async fn refusals_have_the_guessed_status() -> Result<()> {
    for profile in PROFILES {
        for (guess, status) in [
            (LockedWrite::BadRequest, 400),
            (LockedWrite::Conflict, 409),
            (LockedWrite::Unprocessable, 422),
            (LockedWrite::Locked, 423),
        ] {
            let desk = guessing(profile, |it| it.locked_write = guess)?;
            desk.opened("theirs", &["checkout"]).await?;
            assert_eq!(desk.write(&desk.raw()?, "checkout", &[], "kind: New\n").await?.status, status);
            let ours = desk.change_set("ours").await?;
            assert_eq!(desk.lock(&ours, &["checkout", "fresh"]).await?.json()?[1].as_object().map(|_| ()), Some(()));
            let failed = desk.lock(&ours, &["checkout"]).await?;
            assert_eq!((failed.status, &failed.json()?[0]["Error"]["Status"]), (207, &json!(status)));
        }
        for (guess, status) in [(AllFailed::Ok, 200), (AllFailed::MultiStatus, 207), (AllFailed::BadRequest, 400)] {
            let desk = guessing(profile, |it| it.all_failed = guess)?;
            desk.opened("theirs", &["checkout"]).await?;
            let ours = desk.change_set("ours").await?;
            assert_eq!(desk.lock(&ours, &["checkout"]).await?.status, status);
            assert_eq!(desk.lock(&ours, &["checkout", "fresh"]).await?.status, 207, "some did not fail");
            desk.verify()?;
        }
        for (guess, status) in
            [(DuplicateSlug::Conflict, 409), (DuplicateSlug::BadRequest, 400), (DuplicateSlug::Made, 200)]
        {
            let desk = guessing(profile, |it| it.duplicate_slug = guess)?;
            let first = desk.change_set("drift-dev-1").await?;
            let body = json!({"Slug": "drift-dev-1"});
            let second = desk.raw()?.post(&format!("{}/change_set", desk.space()), &[], &body).await?;
            assert_eq!(second.status, status);
            let listed = desk.raw()?.filtered("/change_set", "Slug = 'drift-dev-1'").await?;
            assert_eq!(listed.slugs("ChangeSet")?.len(), if guess == DuplicateSlug::Made { 2 } else { 1 });
            assert_ne!(second.json()?["ChangeSetID"], first.as_str());
            desk.verify()?;
        }
        for (guess, status) in [(WrongContentType::Unsupported, 415), (WrongContentType::BadRequest, 400)] {
            let desk = guessing(profile, |it| it.wrong_content_type = guess)?;
            let path = desk.unit("checkout");
            let content_type = "application/json";
            let of = Written { method: "PATCH", path: &path, query: &[], content_type, if_match: None, body: "{}" };
            assert_eq!(desk.raw()?.write(of).await?.status, status);
        }
        for (guess, status) in [(UnknownMember::Refused, 400), (UnknownMember::Ignored, 200)] {
            let desk = guessing(profile, |it| it.unknown_member = guess)?;
            assert_eq!(desk.raw()?.patch(&desk.unit("checkout"), &[], &json!({"spec": {}})).await?.status, status);
        }
        for (guess, status) in [(PatchVersion::Ignored, 200), (PatchVersion::Enforced, 409)] {
            let desk = guessing(profile, |it| it.patch_version = guess)?;
            assert_eq!(desk.raw()?.patch(&desk.unit("checkout"), &[], &json!({"Version": 77})).await?.status, status);
        }
        for (guess, status) in [(Some(255), 400), (Some(300), 200), (None, 200)] {
            let desk = guessing(profile, |it| it.longest_description = guess)?;
            let query = [("last_change_description", &*"x".repeat(256))];
            assert_eq!(desk.write(&desk.raw()?, "checkout", &query, "kind: New\n").await?.status, status);
        }
    }
    Ok(())
}

#[tokio::test]
async fn locks_are_taken_and_let_go_as_guessed() -> Result<()> {
    for profile in PROFILES {
        let desk = guessing(profile, |it| it.opening = Opening::MakesNone)?;
        let before = desk.read("checkout").await?;
        let id = desk.opened("drift", &["checkout"]).await?;
        let unit = desk.read("checkout").await?;
        assert_eq!((&unit["HeadRevisionNum"], &unit["ChangeSetID"]), (&before["HeadRevisionNum"], &json!(id)));
        let change_set =
            desk.raw()?.get(&format!("{}/change_set/{id}", desk.space())).await?.json()?["ChangeSet"].clone();
        let start = change_set["StartTagID"].as_str().context("no start tag")?;
        assert_eq!(desk.revisions("checkout").await?.last().context("no head")?["Tags"][start], "", "before the range");
        let query = [("change_set_id", id.as_str())];
        desk.written(&desk.write(&desk.raw()?, "checkout", &query, "kind: New\n").await?)?;
        let query = [query[0], ("restore", &*format!("Before:ChangeSet:{id}"))];
        desk.written(&desk.raw()?.patch(&desk.unit("checkout"), &query, &json!({})).await?)?;
        assert_eq!(desk.text("checkout").await?, PENDING);
        desk.verify()?;

        let desk = guessing(profile, |it| it.closing = Closing::NamesTheChangeSet)?;
        let id = desk.opened("drift", &["checkout"]).await?;
        assert_eq!(desk.close(&["checkout"]).await?.status, 207);
        let query = [("change_set_id", id.as_str())];
        desk.written(&desk.raw()?.patch(&desk.unit("checkout"), &query, &json!({"ChangeSetID": null})).await?)?;
        assert_eq!(desk.read("checkout").await?.get("ChangeSetID"), None);
        desk.verify()?;

        for (guess, status) in [(Reopening::Allowed, 200), (Reopening::Refused, 207)] {
            let desk = guessing(profile, |it| it.reopening = guess)?;
            let id = desk.opened("drift", &["checkout"]).await?;
            assert_eq!(desk.close(&["checkout"]).await?.status, 200);
            assert_eq!(desk.lock(&id, &["checkout"]).await?.status, status);
            desk.verify()?;
        }
        for (guess, status) in [(LockedMetadata::Allowed, 200), (LockedMetadata::Refused, 400)] {
            let desk = guessing(profile, |it| it.locked_metadata = guess)?;
            let id = desk.opened("drift", &["checkout"]).await?;
            let body = json!({"Labels": {"seen": "yes"}});
            assert_eq!(desk.raw()?.patch(&desk.unit("checkout"), &[], &body).await?.status, status);
            let query = [("change_set_id", id.as_str())];
            assert_eq!(desk.raw()?.patch(&desk.unit("checkout"), &query, &body).await?.status, 200);
            desk.verify()?;
        }
        for (guess, text) in [(BeforeChangeSet::First, PENDING), (BeforeChangeSet::Last, "kind: One\n")] {
            let desk = guessing(profile, |it| it.before_change_set = guess)?;
            let id = desk.opened("drift", &["checkout"]).await?;
            let query = [("change_set_id", id.as_str())];
            for text in ["kind: One\n", "kind: Two\n"] {
                desk.written(&desk.write(&desk.raw()?, "checkout", &query, text).await?)?;
            }
            let query = [query[0], ("restore", &*format!("Before:ChangeSet:{id}"))];
            desk.written(&desk.raw()?.patch(&desk.unit("checkout"), &query, &json!({})).await?)?;
            assert_eq!(desk.text("checkout").await?, text);
            desk.verify()?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_only_one_generation_has_is_as_guessed() -> Result<()> {
    for (guess, status) in [(StaleMatch::Conflict, 409), (StaleMatch::PreconditionFailed, 412)] {
        let desk = guessing(Profile::Release, |it| it.stale_match = guess)?;
        let path = format!("{}/data", desk.unit("checkout"));
        let content_type = "application/octet-stream";
        let of = Written { method: "PUT", path: &path, query: &[], content_type, if_match: Some("\"x\""), body: "x" };
        assert_eq!(desk.raw()?.write(of).await?.status, status);
        desk.verify()?;
    }
    for (guess, status) in [(NothingCovered::Ok, 200), (NothingCovered::BadRequest, 400)] {
        let desk = guessing(Profile::Release, |it| it.nothing_covered = guess)?;
        let path = format!("{}/attestation", desk.space());
        let body = json!({"WhereUnit": "Slug = 'nobody'"});
        let answer = desk.raw()?.post(&path, &[], &body).await?;
        assert_eq!((answer.status, answer.json()?.get("Attestation")), (status, None));
        assert_eq!(desk.raw()?.get(&path).await?.text, "[]", "nothing is recorded");
        desk.verify()?;
    }
    for (guess, status) in [(ApprovalOf::AnyRevision, 200), (ApprovalOf::HeadAlone, 400)] {
        let desk = guessing(Profile::Bridge, |it| it.approval_of = guess)?;
        let path = format!("{}/approve", desk.unit("checkout"));
        assert_eq!(desk.raw()?.act("POST", &path, &[("revision", "1")]).await?.status, status);
        assert_eq!(desk.raw()?.act("POST", &path, &[("revision", "2")]).await?.status, 200, "it is head");
        desk.verify()?;
    }
    let desk = guessing(Profile::Bridge, |it| it.polls_until_triggers_ran = 3)?;
    let trigger =
        json!({"Slug": "t", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-approvedby"});
    desk.raw()?.post(&format!("{}/trigger", desk.space()), &[], &trigger).await?;
    desk.written(&desk.write(&desk.raw()?, "checkout", &[], "kind: New\n").await?)?;
    let mut seen = 0;
    while desk.read("checkout").await?["ApplyGates"].get("awaiting/triggers").is_some() {
        seen += 1;
    }
    assert_eq!(seen, 3);
    desk.verify()
}
