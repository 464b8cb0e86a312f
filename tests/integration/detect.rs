//! The main job: what is compared, what is said, and the exit code.

use anyhow::Result;
use drift_detector::demo::story::{ClusterStory, LiveStatus, Space, Story, Unit};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use crate::estate::{Estate, ONE, THREE, config_map, live_config_map};

const PROFILES: [Profile; 2] = [Profile::Release, Profile::Bridge];

/// Dev with these units and live objects.
fn dev(units: Vec<Unit>, live: Vec<Value>) -> Story {
    let space = units.into_iter().fold(Space::new("shop-dev").namespace("shop"), Space::unit);
    Story::new().space(space).cluster(ClusterStory::new("dev", live))
}

/// Status, completeness and the findings' paths of the first environment.
fn verdict(report: &Value) -> (String, bool, Vec<String>) {
    let environment = &report["environments"][0];
    let findings = environment["targets"][0]["findings"].as_array().cloned().unwrap_or_default();
    let paths = findings
        .iter()
        .map(|it| format!("{} {}", it["code"].as_str().unwrap_or("?"), it["path"].as_str().unwrap_or("?")));
    (environment["status"].as_str().unwrap_or("?").to_owned(), environment["complete"] == true, paths.collect())
}

#[test]
fn what_agrees_is_clean() -> Result<()> {
    for profile in PROFILES {
        let story = dev(
            vec![Unit::new("settings", &config_map("settings", "fast"))],
            vec![live_config_map("settings", "fast")],
        );
        let answer = Estate::new(&story, profile, ONE)?.run()?;
        assert_eq!(answer.code, Some(0), "{}", answer.said());
        assert_eq!(verdict(&answer.report()?), ("clean".to_owned(), true, vec![]), "{}", answer.said());
    }
    Ok(())
}

#[test]
fn a_changed_field_and_a_missing_object_are_found() -> Result<()> {
    for profile in PROFILES {
        let units =
            vec![Unit::new("settings", &config_map("settings", "fast")), Unit::new("gone", &config_map("gone", "x"))];
        let answer = Estate::new(&dev(units, vec![live_config_map("settings", "slow")]), profile, ONE)?.run()?;
        assert_eq!(answer.code, Some(0), "drift alone is no error: {}", answer.said());
        let (status, complete, mut paths) = verdict(&answer.report()?);
        paths.sort();
        assert_eq!((status.as_str(), complete), ("drift", true));
        assert_eq!(paths, ["field-changed /data/mode", "object-missing "]);
    }
    Ok(())
}

#[test]
fn the_shipped_revision_is_desired_and_head_is_pending() -> Result<()> {
    for profile in PROFILES {
        let unit =
            Unit::new("settings", &config_map("settings", "fast")).then(&config_map("settings", "faster")).shipped(1);
        let estate = Estate::new(&dev(vec![unit], vec![live_config_map("settings", "fast")]), profile, ONE)?;
        let report = estate.run()?.report()?;
        assert_eq!(verdict(&report), ("clean".to_owned(), true, vec![]));
        assert_eq!(report["environments"][0]["counts"]["pending"], 1);
    }
    Ok(())
}

#[test]
fn head_is_desired_on_request() -> Result<()> {
    for profile in PROFILES {
        let unit =
            Unit::new("settings", &config_map("settings", "fast")).then(&config_map("settings", "faster")).shipped(1);
        let config = format!("{ONE}compare-to: head\n");
        let estate = Estate::new(&dev(vec![unit], vec![live_config_map("settings", "fast")]), profile, &config)?;
        assert_eq!(verdict(&estate.run()?.report()?).2, ["field-changed /data/mode"]);
    }
    Ok(())
}

#[test]
fn a_unit_that_was_never_shipped_is_compared_only_where_it_runs() -> Result<()> {
    for profile in PROFILES {
        let units = vec![
            Unit::new("here", &config_map("here", "fast")).never_shipped(),
            Unit::new("not-here", &config_map("not-here", "fast")).never_shipped(),
        ];
        let report = Estate::new(&dev(units, vec![live_config_map("here", "slow")]), profile, ONE)?.run()?.report()?;
        assert_eq!(verdict(&report).2, ["field-changed /data/mode"]);
        assert_eq!(report["environments"][0]["targets"][0]["never-shipped"][0], "here");
        assert_eq!(report["environments"][0]["targets"][0]["not-deployed"][0], "not-here");
    }
    Ok(())
}

#[test]
fn differences_during_a_delivery_are_not_drift() -> Result<()> {
    let live = || vec![live_config_map("settings", "slow")];
    let unit = || Unit::new("settings", &config_map("settings", "fast"));
    let releasing = Space::new("shop-dev").namespace("shop").live_status(LiveStatus::running()).unit(unit());
    let release = Story::new().space(releasing).cluster(ClusterStory::new("dev", live()));
    let bridge = dev(vec![unit().applying()], live());
    for (profile, story) in [(Profile::Release, release), (Profile::Bridge, bridge)] {
        let answer = Estate::new(&story, profile, ONE)?.run()?;
        let report = answer.report()?;
        assert_eq!(verdict(&report), ("partial".to_owned(), false, vec![]), "{}", answer.said());
        assert_eq!(report["environments"][0]["targets"][0]["not-compared"][0]["reason"], "rolling-out");
        assert_eq!(answer.code, Some(3));
    }
    Ok(())
}

#[test]
fn an_empty_space_is_partial() -> Result<()> {
    for profile in PROFILES {
        let answer = Estate::new(&dev(vec![], vec![]), profile, ONE)?.run()?;
        assert_eq!(verdict(&answer.report()?).0, "partial", "{}", answer.said());
        assert_eq!(answer.code, Some(3));
    }
    Ok(())
}

#[test]
fn environments_stand_in_the_order_of_the_file() -> Result<()> {
    let mut story = Story::new();
    for name in ["prod", "dev", "staging"] {
        let space = Space::new(&format!("shop-{name}")).unit(("settings", config_map("settings", "fast").as_str()));
        story = story.space(space).cluster(ClusterStory::new(name, vec![live_config_map("settings", "fast")]));
    }
    let estate = Estate::new(&story, Profile::Release, THREE)?;
    let report = estate.run()?.report()?;
    let names = |report: &Value| -> Vec<String> {
        let environments = report["environments"].as_array().cloned().unwrap_or_default();
        environments.iter().map(|it| it["name"].as_str().unwrap_or("?").to_owned()).collect()
    };
    assert_eq!(names(&report), ["dev", "staging", "prod"]);
    assert_eq!(report["status"], "clean");
    let subset = estate.detector()?.arguments(["run", "--environments", "prod,dev"]).run()?;
    assert_eq!(names(&subset.report()?), ["dev", "staging", "prod"], "{}", subset.said());
    assert_eq!(subset.report()?["environments"][1]["status"], "skipped", "left out, and said so");
    assert_eq!(subset.code, Some(0), "what was left out on purpose is no gap: {}", subset.said());
    Ok(())
}
