//! A run that is stopped: it says what it knows, and ends at once.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use crate::action::step;
use crate::errors::drifted;
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
        wait_for(|| estate.world.struck("staging") > 0)?;
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

/// As a container's first process, which no signal ends unless it asks to be ended.
#[test]
fn a_cancelled_step_marks_its_report_in_time_and_writes_nothing_else() -> Result<()> {
    let Some(starter) = first_process()? else { return Ok(()) };
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
        estate.world.inject("staging", Rule::new(Fault::Slow(Duration::from_secs(120))))?;
        let detector = step(&estate, "schedule", &[("mode", "propose")])?;
        let mut run = detector.command_after(&starter).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        wait_for(|| estate.world.struck("staging") > 0)?;
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", run.id()))?;
        let sent = Instant::now();
        Command::new("kill").args([&format!("-{signal}"), children.trim()]).status()?;
        let status = run.wait()?;
        ensure!(status.code() == Some(code), "{signal}: {status}");
        ensure!(sent.elapsed() < Duration::from_secs(5), "it took {:?}, and is killed soon after", sent.elapsed());
        let report = std::fs::read_to_string(detector.path("drift-report/report.md"))?;
        ensure!(report.contains("interrupted"), "{report}");
        let writes: Vec<_> = estate.world.journal().into_iter().filter(|it| it.method != "GET").collect();
        ensure!(writes.is_empty(), "{writes:?}");
    }
    Ok(())
}

/// What starts a program as the first process of a namespace.
fn first_process() -> Result<Option<Vec<&'static str>>> {
    let whole = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
    for starter in [[&whole[..1], &whole[3..]].concat(), whole.to_vec()] {
        let tried = Command::new(starter[0]).args(&starter[1..]).args(["sh", "-c", "test $$ = 1"]).output()?;
        if tried.status.success() {
            return Ok(Some(starter));
        }
    }
    ensure!(std::env::var_os("CI").is_none(), "`unshare --pid` is not allowed here");
    writeln!(std::io::stderr(), "skipped: `unshare --pid` is not allowed here")?;
    Ok(None)
}

fn wait_for(reached: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !reached() {
        ensure!(Instant::now() < deadline, "the run did not get to staging");
        thread::sleep(Duration::from_millis(20));
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
