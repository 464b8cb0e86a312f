//! A run that is stopped: it says what it knows, and ends at once.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use crate::estate::{Estate, THREE, config_map, live_config_map};

#[test]
fn a_signal_ends_the_run_with_a_report_of_what_was_read() -> Result<()> {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let story = ["dev", "staging", "prod"].into_iter().fold(Story::new(), |story, name| {
            let space = Space::new(&format!("shop-{name}")).unit(("settings", config_map("settings", "fast").as_str()));
            story.space(space).cluster(ClusterStory::new(name, vec![live_config_map("settings", "slow")]))
        });
        let estate = Estate::new(&story, Profile::Release, THREE)?;
        estate.world.inject("staging", Rule::new(Fault::Slow(Duration::from_secs(120))))?;
        let detector = estate.detector()?;
        let mut run = detector.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // Staging is asked after dev was judged, and does not answer.
        let deadline = Instant::now() + Duration::from_secs(60);
        while estate.world.struck("staging") == 0 {
            ensure!(Instant::now() < deadline, "the run did not get to staging");
            thread::sleep(Duration::from_millis(20));
        }
        let sent = Instant::now();
        Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status()?;
        let status = run.wait()?;
        ensure!(status.code() == Some(code), "{signal}: {status}");
        ensure!(sent.elapsed() < Duration::from_secs(30), "it waited for staging");
        let text = std::fs::read_to_string(detector.path("drift-report/report.json")).context("there is a report")?;
        let report: Value = serde_json::from_str(&text)?;
        let statuses: Vec<_> = (0..3).map(|it| report["environments"][it]["status"].as_str()).collect();
        assert_eq!(statuses, [Some("drift"), Some("failed"), Some("failed")], "{report:#}");
        assert!(report["environments"][2].to_string().contains("interrupted"), "{report:#}");
        assert_eq!(report["complete"], false);
    }
    Ok(())
}

#[test]
fn a_report_that_reaches_nobody_has_an_exit_code_of_its_own() -> Result<()> {
    let space = Space::new("shop-dev").unit(("settings", config_map("settings", "fast").as_str()));
    let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![live_config_map("settings", "fast")]));
    let estate = Estate::new(&story, Profile::Release, crate::estate::ONE)?;
    let here = estate.detector()?.arguments(["run", "--out", "/dev/null/x"]).run()?;
    assert_eq!(here.code, Some(0), "the terminal has it: {}", here.said());
    assert!(here.stderr.contains("/dev/null/x"), "{}", here.said());
    let step =
        estate.detector()?.variable("GITHUB_ACTIONS", "true").arguments(["run", "--out", "/dev/null/x"]).run()?;
    assert_eq!(step.code, Some(4), "{}", step.said());
    let never = ["run", "--out", "/dev/null/x", "--fail-on", "never"];
    let never = estate.detector()?.variable("GITHUB_ACTIONS", "true").arguments(never).run()?;
    assert_eq!(never.code, Some(0), "never is never: {}", never.said());
    Ok(())
}
