//! Which exit code: `fail-on`, gaps, regions, pull requests.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;

use super::{drifted, environment, intact};
use crate::estate::{Estate, ONE, THREE, config_map, live_config_map};

/// One environment of two regions, `prod-us` and `prod-eu`.
const REGIONS: &str = "version: 1
environments:
  - name: prod
    targets:
      - {name: prod-us, space: shop-us, context: us, namespace: shop}
      - {name: prod-eu, space: shop-eu, context: eu, namespace: shop}
";

#[test]
fn fail_on_decides_between_drift_gaps_and_success() -> Result<()> {
    let code = |fail_on: &str, gap: bool| -> Result<Option<i32>> {
        let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
        if gap {
            estate.world.unplug("prod")?;
        }
        let answer = estate.detector()?.arguments(["run", "--fail-on", fail_on]).run()?;
        let report = answer.report()?;
        ensure!(report["status"] == "drift" && report["complete"] == !gap, "{}", answer.said());
        Ok(answer.code)
    };
    for (fail_on, gap, want) in [
        ("error", false, 0),
        ("error", true, 3),
        ("drift", false, 1),
        ("drift", true, 1),
        // The settings changed: medium, and high in the last environment.
        ("critical", false, 0),
        ("critical", true, 3),
        ("high", false, 1),
        ("high", true, 3),
        ("medium", true, 1),
        ("info", false, 1),
        ("never", false, 0),
        ("never", true, 0),
    ] {
        assert_eq!(code(fail_on, gap)?, Some(want), "fail-on {fail_on}, gap: {gap}");
    }
    Ok(())
}

#[test]
fn fail_on_drift_still_tells_a_gap_where_nothing_drifted() -> Result<()> {
    let space = Space::new("shop-dev").namespace("shop").unit(("settings", &*config_map("settings", "fast")));
    let cluster = ClusterStory::new("dev", vec![live_config_map("settings", "fast")]);
    let estate = Estate::new(&Story::new().space(space).cluster(cluster), Profile::Release, ONE)?;
    let run = || estate.detector()?.arguments(["run", "--fail-on", "drift"]).run();
    assert_eq!(run()?.code, Some(0));
    estate.world.unplug("dev")?;
    assert_eq!(run()?.code, Some(3));
    Ok(())
}

/// Two regions: us runs `us`, eu is unplugged.
fn half(us: &str) -> Result<Estate> {
    let mut story = Story::new();
    for (region, value) in [("us", us), ("eu", "slow")] {
        let space = Space::new(&format!("shop-{region}")).unit(("settings", &*config_map("settings", "fast")));
        story = story.space(space).cluster(ClusterStory::new(region, vec![live_config_map("settings", value)]));
    }
    let estate = Estate::new(&story, Profile::Release, REGIONS)?;
    estate.world.unplug("eu")?;
    Ok(estate)
}

#[test]
fn a_region_that_is_down_does_not_hide_the_findings_of_the_other() -> Result<()> {
    let answer = half("slow")?.run()?;
    let report = answer.report()?;
    let prod = environment(&report, "prod")?;
    assert_eq!((prod["status"].as_str(), prod["complete"].as_bool()), (Some("drift"), Some(false)), "{prod:#}");
    let names: Vec<_> = prod["targets"].as_array().context("targets")?.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["prod-us", "prod-eu"]);
    assert_eq!(prod["targets"][0]["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(prod["targets"][1]["status"], "failed");
    assert_eq!(report["status"], "drift");
    assert_eq!(report["verdict"], "Drift in prod (1 difference).");
    let remarks = [
        "Worst: `ConfigMap shop/settings` has another `data.mode` in prod (high).",
        "In prod, prod-eu could not be read.",
    ];
    assert_eq!(report["remarks"], serde_json::json!(remarks));
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    Ok(())
}

#[test]
fn a_region_that_is_down_makes_a_clean_environment_partial() -> Result<()> {
    let answer = half("fast")?.run()?;
    let report = answer.report()?;
    let prod = environment(&report, "prod")?;
    assert_eq!((prod["status"].as_str(), prod["complete"].as_bool()), (Some("partial"), Some(false)), "{prod:#}");
    assert_eq!((report["status"].as_str(), report["reason"].as_str()), (Some("partial"), Some("unreachable")));
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    Ok(())
}

#[test]
fn a_promotion_edge_with_a_gap_is_not_safe() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    estate.world.unplug("prod")?;
    let report = estate.run()?.report()?;
    let verdicts: Vec<_> = report["edges"].as_array().context("edges")?.iter().map(|it| &it["verdict"]).collect();
    assert_eq!(verdicts, ["wait", "wait"], "drift at one end is enough: {:#}", report["edges"]);
    assert_eq!(report["promotion-safe"], "false");
    intact(&report, "dev")
}

#[test]
fn a_pull_request_gets_a_notice_and_nothing_is_contacted() -> Result<()> {
    for event in ["pull_request", "pull_request_target"] {
        let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
        let answer = estate.detector()?.in_workflow(event)?.variable("INPUT_FAIL-ON", "drift").run()?;
        assert_eq!(answer.code, Some(0), "{}", answer.said());
        let notice =
            "::notice title=Drift Detector::Nothing was compared. This version does not compare on pull requests";
        assert_eq!(answer.stdout.matches(notice).count(), 1, "{}", answer.said());
        assert!(!answer.file("drift-report/report.md")?.contains("no configuration"), "nobody looked for one");
        assert_eq!(answer.outputs()?["status"], "skipped");
        assert!(estate.world.journal().is_empty(), "{}", answer.said());
        assert!(!answer.summary()?.is_empty());
    }
    Ok(())
}

#[test]
fn a_pull_request_of_a_fork_has_no_credentials_and_needs_none() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let fork = estate.detector()?.in_workflow("pull_request")?.variable("CUB_TOKEN", "").variable("KUBECONFIG", "");
    let answer = fork.run()?;
    assert_eq!((answer.code, answer.outputs()?["status"].as_str()), (Some(0), "skipped"), "{}", answer.said());
    Ok(())
}
