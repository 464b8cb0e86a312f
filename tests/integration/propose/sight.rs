//! On a schedule only drift is proposed that an earlier run saw as it is.

use anyhow::Result;
use drift_detector::demo::world::Profile;
use drift_detector::model::history::{History, Memory};
use serde_json::Value;

use super::{TWO, changes, proposing, running, states, story};
use crate::estate::Estate;

/// A run of this event and number: what its report proposes for prod, the report, and what it leaves.
fn run(estate: &Estate, event: &str, number: &str, memory: &Memory) -> Result<(String, Value, History)> {
    let detector = proposing(estate)?;
    let detector = detector
        .variable("GITHUB_EVENT_NAME", event)
        .variable("GITHUB_RUN_ID", format!("900{number}"))
        .variable("GITHUB_RUN_NUMBER", number);
    let (report, history) = detector.remembering(memory)?;
    Ok((states(&report["environments"][1]["proposal"]), report, history))
}

fn note(report: &Value) -> &str {
    report["environments"][1]["proposal"]["units"][0]["notes"][0].as_str().unwrap_or_default()
}

#[test]
fn a_scheduled_run_waits_for_a_second_sight() -> Result<()> {
    let estate = Estate::new(&story(&[("dev", 3), ("prod", 5)]), Profile::Release, TWO)?;
    let (first, report, left) = run(&estate, "schedule", "1", &Memory::Blank)?;
    assert_eq!((first.as_str(), changes(&estate).len()), ("-: backend-api planned", 0), "{report:#}");
    assert!(note(&report).contains("the next scheduled run proposes it"), "{}", note(&report));
    assert_eq!(report["changes"]["new"], 1);

    // A repeated run is the same run.
    let (again, ..) = run(&estate, "schedule", "1", &Memory::Kept(left.clone()))?;
    assert_eq!((again.as_str(), changes(&estate).len()), ("-: backend-api planned", 0));

    let (second, report, left) = run(&estate, "schedule", "2", &Memory::Kept(left))?;
    assert_eq!(second, "waiting: backend-api proposed", "{report:#}");
    assert_eq!(report["changes"]["new"], 0);
    assert_eq!(report["environments"][1]["targets"][0]["findings"][0]["age"]["first-seen"]["number"], 1);

    // Other values are other drift: what stands is left as it is until they were seen twice.
    let before = changes(&estate).len();
    estate.world.cluster("prod")?.put("kubectl-edit", running(9, "shop/api:1.4"));
    let (third, report, left) = run(&estate, "schedule", "3", &Memory::Kept(left))?;
    assert_eq!((third.as_str(), changes(&estate).len()), ("superseded: backend-api superseded", before), "{report:#}");
    let (fourth, ..) = run(&estate, "schedule", "4", &Memory::Kept(left))?;
    assert_eq!(fourth, "waiting: backend-api reproposed");
    Ok(())
}

#[test]
fn a_lost_history_delays_a_scheduled_run_only() -> Result<()> {
    let lost = || Memory::Lost("the tracking issue cannot be read".into());
    let estate = Estate::new(&story(&[("dev", 3), ("prod", 5)]), Profile::Release, TWO)?;
    let (scheduled, report, left) = run(&estate, "schedule", "1", &lost())?;
    assert_eq!((scheduled.as_str(), changes(&estate).len()), ("-: backend-api planned", 0));
    assert_eq!(report["changes"], Value::Null);
    let remarks = report["remarks"].to_string();
    assert!(remarks.contains("What earlier runs saw is not known: the tracking issue cannot be read."), "{remarks}");
    assert!(!left.sightings.is_empty(), "the next run knows");

    let (by_hand, ..) = run(&estate, "workflow_dispatch", "2", &lost())?;
    assert_eq!(by_hand, "waiting: backend-api proposed");
    Ok(())
}
