//! From drift to a closed ChangeSet: what each run says and does on the way, and each way in which it can be refused.

use anyhow::{Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::Profile;
use drift_detector::model::object::{GroupVersionKind, ObjectKey};
use serde_json::{Value, json};

use super::{
    DEPLOYMENT, PROFILES, TWO, approve, attest, changes, history, proposal, propose, proposing, running, states, story,
    unit, writes,
};
use crate::estate::{Estate, ONE};

/// The cluster runs this from now on.
fn change(estate: &Estate, cluster: &str, replicas: u32, image: &str) -> Result<()> {
    estate.world.cluster(cluster)?.put("kubectl-edit", running(replicas, image));
    Ok(())
}

#[test]
fn from_drift_over_an_approval_to_a_closed_changeset() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 4), ("prod", 5)]), profile, TWO)?;
        let first = propose(&estate)?;
        assert_eq!(states(&proposal(&first, 0)?), "waiting: backend-api proposed", "{}", first.said());
        assert_eq!(states(&proposal(&first, 1)?), "waiting: backend-api proposed");
        let told = history(&estate, "shop-prod", "backend-api")?;
        let expected: &[&str] = match profile {
            Profile::Release => &["Fixed replicas: 5 -> 3 (Deployment shop/backend-api)"],
            Profile::Bridge => &[
                "Drift fixes proposed in drift-prod-1",
                "Scaled to 5 (drift detected)",
                "Fixed replicas: 5 -> 3 (Deployment shop/backend-api)",
            ],
        };
        assert_eq!(told[told.len() - expected.len()..], *expected, "{profile:?}");

        // The drift of one unit changes: it is proposed anew, and said so.
        change(&estate, "prod", 9, "shop/api:1.4")?;
        let changed = propose(&estate)?;
        assert_eq!(states(&proposal(&changed, 1)?), "waiting: backend-api reproposed", "{}", changed.said());
        assert_eq!(states(&proposal(&changed, 0)?), "waiting: backend-api waiting");

        // Approvals of this identity and of bots count for nothing; those of people do.
        approve(&estate, "drift-prod-1", "shop-prod", "alice")?;
        let approved = propose(&estate)?;
        let prod = proposal(&approved, 1)?;
        assert_eq!(states(&prod), "approved: backend-api approved", "{}", approved.said());
        assert!(unit(&prod, 0)["approved-by"][0].as_str().is_some_and(|it| it.contains("alice")), "{prod:#}");
        let markdown = approved.file("drift-report/report.md")?;
        assert!(markdown.contains("approved by"), "{markdown}");
        assert_eq!(approved.report()?["edges"][0]["verdict"], "wait");

        // The drift is gone: the ChangeSet is closed, and the next run knows nothing of it any more.
        change(&estate, "prod", 3, "shop/api:1.4")?;
        change(&estate, "dev", 3, "shop/api:1.4")?;
        let closed = propose(&estate)?;
        assert_eq!(states(&proposal(&closed, 1)?), "fixed: backend-api fixed", "{}", closed.said());
        let after = propose(&estate)?;
        assert_eq!(states(&proposal(&after, 1)?), "-: ", "{}", after.said());
        assert_eq!(after.report()?["edges"][0]["verdict"], "safe", "{}", after.said());
        assert_eq!(after.report()?["promotion-safe"], "true");

        // It drifts again in the same way: that is new drift.
        change(&estate, "prod", 9, "shop/api:1.4")?;
        let again = propose(&estate)?;
        assert_eq!(proposal(&again, 1)?["changeset"]["slug"], "drift-prod-2", "{}", again.said());
    }
    Ok(())
}

/// A configuration whose differences are accepted.
fn accepting(more: &str) -> String {
    format!("{ONE}directions: [{{direction: accept}}]\n{more}")
}

#[test]
fn what_the_cluster_runs_is_accepted_into_the_text_and_taken_back_when_the_drift_is_gone() -> Result<()> {
    for (profile, gate, more) in
        [(Profile::Release, true, ""), (Profile::Release, false, "proposals: always\n"), (Profile::Bridge, false, "")]
    {
        let space = Space::new("shop-dev").namespace("shop").unit(("backend-api", DEPLOYMENT));
        let space = if gate { space.approval_gate() } else { space };
        let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![running(5, "shop/api:1.4")]));
        let estate = Estate::new(&story, profile, &accepting(more))?;
        let first = propose(&estate)?;
        assert_eq!(states(&proposal(&first, 0)?), "waiting: backend-api proposed", "{}", first.said());
        let head = super::head(&estate, "shop-dev", "backend-api")?;
        assert_eq!(head, DEPLOYMENT.replace("replicas: 3 #", "replicas: 5 #"), "only the field, and its comment stays");
        let told = history(&estate, "shop-dev", "backend-api")?;
        assert_eq!(
            told.last().map(String::as_str),
            Some("Accepted drift: replicas 3 -> 5 (Deployment shop/backend-api)")
        );
        // Head differs from what was shipped, and it is our own: the next run knows that.
        assert_eq!(states(&proposal(&propose(&estate)?, 0)?), "waiting: backend-api waiting");
        change(&estate, "dev", 3, "shop/api:1.4")?;
        let closed = propose(&estate)?;
        assert_eq!(states(&proposal(&closed, 0)?), "fixed: backend-api fixed", "{}", closed.said());
        assert_eq!(super::head(&estate, "shop-dev", "backend-api")?, DEPLOYMENT, "what nobody shipped is taken back");
    }
    Ok(())
}

#[test]
fn without_a_proven_gate_accepted_data_stay_out_of_head() -> Result<()> {
    let estate = Estate::new(&story(&[("dev", 5)]), Profile::Release, &accepting(""))?;
    let answer = propose(&estate)?;
    let dev = proposal(&answer, 0)?;
    assert_eq!(states(&dev), "waiting: backend-api proposed", "{}", answer.said());
    assert!(unit(&dev, 0)["notes"][0].as_str().is_some_and(|it| it.contains("when they are promoted")), "{dev:#}");
    assert_eq!(super::head(&estate, "shop-dev", "backend-api")?, DEPLOYMENT);
    Ok(())
}

#[test]
fn somebody_elses_change_at_head_is_never_overwritten() -> Result<()> {
    for profile in PROFILES {
        let pending = DEPLOYMENT.replace("1.4", "1.6");
        let unit = Unit::new("backend-api", DEPLOYMENT).then(&pending).shipped(1);
        let space = Space::new("shop-dev").namespace("shop").unit(unit);
        let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![running(5, "shop/api:1.4")]));
        let estate = Estate::new(&story, profile, ONE)?;
        let answer = propose(&estate)?;
        assert_eq!(states(&proposal(&answer, 0)?), "-: backend-api pending-at-head", "{}", answer.said());
        assert_eq!(super::head(&estate, "shop-dev", "backend-api")?, pending);
        assert_eq!(changes(&estate), [""; 0]);
    }
    Ok(())
}

#[test]
fn a_change_after_the_proposal_supersedes_it() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 5)]), profile, ONE)?;
        propose(&estate)?;
        let edited = DEPLOYMENT.replace("1.4", "1.7");
        estate.world.confighub().edit("shop-dev", "backend-api", &edited)?;
        let before = writes(&estate).len();
        let answer = propose(&estate)?;
        assert_eq!(states(&proposal(&answer, 0)?), "superseded: backend-api superseded", "{}", answer.said());
        assert_eq!(writes(&estate).len(), before);
        assert_eq!(super::head(&estate, "shop-dev", "backend-api")?, edited);
    }
    Ok(())
}

#[test]
fn a_unit_that_another_changeset_holds_is_left_alone_and_one_labelled_for_us_is_joined() -> Result<()> {
    for profile in PROFILES {
        for (labels, expected) in [
            (json!({}), "-: backend-api locked"),
            (json!({"source": "drift-detector"}), "waiting: backend-api proposed"),
        ] {
            let estate = Estate::new(&story(&[("dev", 5)]), profile, ONE)?;
            super::hold(&estate, "shop-dev", "backend-api", "bulk-drift-fix", &labels)?;
            let before = changes(&estate).len();
            let answer = propose(&estate)?;
            let dev = proposal(&answer, 0)?;
            assert_eq!(states(&dev), expected, "{}", answer.said());
            if labels == json!({}) {
                assert_eq!(dev["others"], json!(["bulk-drift-fix"]));
                assert_eq!(changes(&estate).len(), before);
            } else {
                assert_eq!(dev["changeset"]["slug"], "bulk-drift-fix");
                assert!(answer.stderr.contains("Using changeset bulk-drift-fix for corrections"), "{}", answer.said());
            }
        }
    }
    Ok(())
}

#[test]
fn the_changeset_that_is_named_is_used_and_one_that_is_missing_is_not_replaced() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 5)]), profile, ONE)?;
        let missing = proposing(&estate)?.arguments(["run", "--changeset", "dev=shop-dev/incident-7"]).run()?;
        ensure!(missing.code == Some(0), "{}", missing.said());
        assert_eq!(proposal(&missing, 0)?["changeset"]["state"], "gone", "{}", missing.said());
        assert_eq!(writes(&estate), [""; 0]);
        super::changeset(&estate, "shop-dev", "incident-7", &json!({}))?;
        let named = proposing(&estate)?.arguments(["run", "--changeset", "dev=shop-dev/incident-7"]).run()?;
        assert_eq!(states(&proposal(&named, 0)?), "waiting: backend-api proposed", "{}", named.said());
        assert_eq!(proposal(&named, 0)?["changeset"]["slug"], "incident-7");
    }
    Ok(())
}

#[test]
fn a_token_that_may_only_read_makes_it_a_detect_with_one_line() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 5)]), profile, ONE)?;
        let reader = estate.world.confighub().reader();
        let answer = estate.detector()?.variable("INPUT_MODE", "propose").variable("CUB_TOKEN", reader).run()?;
        ensure!(answer.code == Some(0), "{}", answer.said());
        let dev = proposal(&answer, 0)?;
        assert_eq!(states(&dev), "-: backend-api not-proposed");
        let notes: Vec<&str> = dev["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(notes.iter().any(|it| it.contains("needs Edit on Space shop-dev")), "{notes:?}");
    }
    Ok(())
}

#[test]
fn an_approval_by_ourselves_or_by_somebody_who_is_not_listed_does_not_count() -> Result<()> {
    for profile in PROFILES {
        let config = ONE.replace("namespace: shop}]", "namespace: shop}]\n    approvers: [bob@example.test]");
        let estate = Estate::new(&story(&[("dev", 5)]), profile, &config)?;
        propose(&estate)?;
        approve(&estate, "drift-dev-1", "shop-dev", "alice")?;
        let answer = propose(&estate)?;
        let dev = proposal(&answer, 0)?;
        assert_eq!(states(&dev), "waiting: backend-api waiting", "{}", answer.said());
        assert!(dev.to_string().contains("approvers"), "{dev:#}");
        approve(&estate, "drift-dev-1", "shop-dev", "bob")?;
        assert_eq!(states(&proposal(&propose(&estate)?, 0)?), "approved: backend-api approved");
    }
    Ok(())
}

#[test]
fn a_refusal_stands_against_approvals() -> Result<()> {
    let estate = Estate::new(&story(&[("dev", 5)]), Profile::Release, ONE)?;
    propose(&estate)?;
    attest(&estate, "drift-dev-1", "shop-dev", "alice", "Pass")?;
    attest(&estate, "drift-dev-1", "shop-dev", "bob", "Fail")?;
    let answer = propose(&estate)?;
    let dev = proposal(&answer, 0)?;
    assert_eq!(states(&dev), "waiting: backend-api waiting", "{}", answer.said());
    assert!(dev.to_string().contains("refused it"), "{dev:#}");
    Ok(())
}

#[test]
fn a_missing_object_is_proposed_to_come_back() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 3)]), profile, ONE)?;
        let key = ObjectKey {
            gvk: GroupVersionKind::new("apps/v1", "Deployment"),
            namespace: Some("shop".into()),
            name: "backend-api".into(),
        };
        ensure!(estate.world.cluster("dev")?.remove(&key), "it is not there");
        let answer = propose(&estate)?;
        assert_eq!(states(&proposal(&answer, 0)?), "waiting: backend-api proposed", "{}", answer.said());
        let markdown = answer.file("drift-report/report.md")?;
        assert!(markdown.contains("creates `Deployment shop/backend-api` again"), "{markdown}");
        assert_eq!(super::head(&estate, "shop-dev", "backend-api")?, DEPLOYMENT);
    }
    Ok(())
}

#[test]
fn an_open_changeset_of_somebody_makes_a_promotion_wait_where_nothing_drifted() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 3), ("prod", 3)]), profile, TWO)?;
        assert_eq!(estate.run()?.report()?["promotion-safe"], "true");
        super::hold(&estate, "shop-prod", "backend-api", "summer-sale", &json!({}))?;
        let report = estate.run()?.report()?;
        assert_eq!(report["promotion-safe"], "false", "{report:#}");
        assert_eq!(report["edges"][0]["reasons"], json!(["The ChangeSet summer-sale is open in prod."]));
    }
    Ok(())
}

#[test]
fn regions_share_one_changeset() -> Result<()> {
    for profile in PROFILES {
        let config = "version: 1\nenvironments:\n  - name: prod\n    targets:\n      \
                      - {name: prod-us, space: shop-prod-us, namespace: shop}\n      \
                      - {name: prod-eu, space: shop-prod-eu, namespace: shop}\n";
        let estate = Estate::new(&story(&[("prod-us", 5), ("prod-eu", 4)]), profile, config)?;
        let first = propose(&estate)?;
        let prod = proposal(&first, 0)?;
        assert_eq!(states(&prod), "waiting: backend-api proposed, backend-api proposed", "{}", first.said());
        assert_eq!(prod["changeset"]["space"], "shop-prod-us");
        let asked = prod["changeset"]["approve"].as_array().map_or(0, Vec::len);
        assert_eq!(asked, 2, "one per Space: {prod:#}");
        approve(&estate, "drift-prod-1", "shop-prod-us", "alice")?;
        let partly = propose(&estate)?;
        let expected = "partly-approved: backend-api waiting, backend-api approved";
        assert_eq!(states(&proposal(&partly, 0)?), expected, "{}", partly.said());
    }
    Ok(())
}

#[test]
fn units_are_held_on_request_until_somebody_approved_or_a_day_is_over() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 5)]), profile, &format!("{ONE}lock: hold\n"))?;
        // The run lives today, the story in the past.
        estate.world.clock().advance(jiff::Timestamp::now().duration_since(drift_detector::demo::story::NOW));
        propose(&estate)?;
        assert!(super::is_locked(&estate, "shop-dev", "backend-api")?, "{profile:?}");
        propose(&estate)?;
        assert!(super::is_locked(&estate, "shop-dev", "backend-api")?, "still, {profile:?}");
        approve(&estate, "drift-dev-1", "shop-dev", "alice")?;
        propose(&estate)?;
        assert!(!super::is_locked(&estate, "shop-dev", "backend-api")?, "approved, {profile:?}");

        let old = Estate::new(&story(&[("dev", 5)]), profile, &format!("{ONE}lock: hold\n"))?;
        propose(&old)?;
        assert!(super::is_locked(&old, "shop-dev", "backend-api")?, "{profile:?}");
        propose(&old)?;
        assert!(!super::is_locked(&old, "shop-dev", "backend-api")?, "the story is weeks ago, {profile:?}");
    }
    Ok(())
}
