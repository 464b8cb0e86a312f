//! What a run attests of the shipped revisions it compared, and what it does not repeat.

use anyhow::{Context as _, Result};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::{
    DEPLOYMENT, PROFILES, TWO, as_user, hold, ids, proposal, propose, proposing, running, states, story, writes,
};
use crate::estate::{Estate, ONE};

/// `Result` of every check in a Space, oldest first.
fn checks(estate: &Estate, space: &str) -> Result<Vec<String>> {
    let (space, _) = ids(estate, space, "");
    as_user(estate, "alice", async |raw| {
        let found = raw.filtered(&format!("/space/{space}/attestation"), "Type = 'drift-check'").await?.json()?;
        let mut all: Vec<&Value> = found.as_array().context("a list")?.iter().map(|it| &it["Attestation"]).collect();
        all.sort_by_key(|it| it["Claims"]["drift-detector/run"].as_str());
        Ok(all.iter().map(|it| it["Result"].as_str().unwrap_or_default().to_owned()).collect())
    })
}

#[test]
fn what_was_compared_is_attested_once_for_each_change() -> Result<()> {
    let estate = Estate::new(&story(&[("dev", 4), ("prod", 3)]), Profile::Release, TWO)?;
    propose(&estate)?;
    assert_eq!(
        (checks(&estate, "shop-dev")?, checks(&estate, "shop-prod")?),
        (vec!["Fail".into()], vec!["Pass".into()])
    );
    propose(&estate)?;
    assert_eq!((checks(&estate, "shop-dev")?.len(), checks(&estate, "shop-prod")?.len()), (1, 1), "nothing changed");
    for (replicas, expected) in [(7, ["Fail", "Fail"].as_slice()), (3, &["Fail", "Fail", "Pass"])] {
        estate.world.cluster("dev")?.put("kubectl-edit", running(replicas, "shop/api:1.4"));
        for _ in 0..2 {
            propose(&estate)?;
            assert_eq!(checks(&estate, "shop-dev")?, expected, "{replicas}");
        }
    }
    assert_eq!(checks(&estate, "shop-prod")?.len(), 1);
    Ok(())
}

#[test]
fn only_a_run_that_proposes_attests_and_an_old_service_is_not_asked() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 4), ("prod", 3)]), profile, TWO)?;
        estate.run()?;
        let dry = proposing(&estate)?.arguments(["run", "--dry-run"]).run()?;
        let planned = proposal(&dry, 1)?["writes"].to_string().contains("attest drift-check Pass");
        assert_eq!(planned, profile == Profile::Release, "{}", dry.said());
        assert_eq!(writes(&estate), [""; 0]);
        if profile == Profile::Bridge {
            propose(&estate)?;
            assert!(!writes(&estate).iter().any(|it| it.contains("attest")), "{:#?}", writes(&estate));
        }
    }
    Ok(())
}

#[test]
fn what_is_not_compared_is_not_attested() -> Result<()> {
    let unresolved = DEPLOYMENT.replace("shop/api:1.4", "confighubplaceholder");
    let space = Space::new("shop-dev").namespace("shop").unit(("backend-api", unresolved.as_str()));
    let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![running(3, "shop/api:1.4")]));
    let estate = Estate::new(&story, Profile::Release, ONE)?;
    let answer = proposing(&estate)?.run()?;
    assert_eq!(answer.report()?["environments"][0]["status"], "partial", "{}", answer.said());
    assert_eq!(checks(&estate, "shop-dev")?, [""; 0]);
    Ok(())
}

#[test]
fn a_closed_changeset_of_ours_lets_go_of_what_it_holds() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 4), ("prod", 3)]), profile, TWO)?;
        let labels =
            json!({"source": "drift-detector", "drift-detector/environment": "dev", "drift-detector/closed": "fixed"});
        hold(&estate, "shop-dev", "backend-api", "drift-dev-1", &labels)?;
        let answer = propose(&estate)?;
        let dev = proposal(&answer, 0)?;
        assert!(dev["notes"].to_string().contains("locked by drift-dev-1, which is closed, are free again"), "{dev:#}");
        assert_eq!(
            (states(&dev).as_str(), &dev["changeset"]["slug"]),
            ("waiting: backend-api proposed", &json!("drift-dev-2"))
        );
    }
    Ok(())
}
