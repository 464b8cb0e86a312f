//! Every request by every way in which it can fail: no wrong verdict, no lost report, the right exit code.

mod cluster;
mod hub;
mod time;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::{Value, json};

use crate::detector::Answer;
use crate::estate::{Estate, ONE, config_map, live_config_map};

/// Runs at a time.
const PARALLEL: usize = 24;

/// A request's failures. What makes the service wait is kept below the run's patience by `--timeout`.
pub(crate) fn faults() -> Vec<Fault> {
    let statuses = [400, 401, 403, 404, 405, 409, 410, 412, 422, 423, 429, 500, 501, 502, 503, 504];
    let mut faults: Vec<Fault> = statuses.into_iter().map(Fault::Status).collect();
    faults.extend([200, 404, 502].map(Fault::HtmlPage));
    faults.extend([Fault::Cut, Fault::Refuse, Fault::Garbage, Fault::LyingEmpty, Fault::Expired]);
    faults.push(Fault::Slow(Duration::from_secs(30)));
    faults.push(Fault::Throttled { status: 429, retry_after: 3600 });
    faults.push(Fault::StatusWithBody { status: 302, content_type: "text/plain".to_owned(), body: String::new() });
    faults
}

/// Environments with an object that agrees, one that drifted, one whose unit has a pending change, and a Deployment.
fn story(environments: &[&str]) -> Story {
    environments.iter().fold(Story::new(), |story, name| {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n";
        let space = Space::new(&format!("shop-{name}"))
            .namespace("shop")
            .unit(("agrees", config_map("agrees", "fast").as_str()))
            .unit(("drifted", config_map("drifted", "fast").as_str()))
            .unit(
                Unit::new("pending", &config_map("pending", "fast")).then(&config_map("pending", "faster")).shipped(1),
            )
            .unit(("web", deployment));
        let live = [("agrees", "fast"), ("drifted", "slow"), ("pending", "fast")];
        let mut live: Vec<Value> = live.into_iter().map(|(name, value)| live_config_map(name, value)).collect();
        live.push(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 2}}));
        story.space(space).cluster(ClusterStory::new(name, live))
    })
}

/// Findings of an environment as `unit path`.
fn findings(environment: &Value) -> Vec<String> {
    let targets = environment["targets"].as_array().cloned().unwrap_or_default();
    let findings = targets.iter().flat_map(|it| it["findings"].as_array().cloned().unwrap_or_default());
    findings
        .map(|it| format!("{} {}", it["unit"].as_str().unwrap_or("?"), it["path"].as_str().unwrap_or("?")))
        .collect()
}

/// Either the truth, or less than the truth and marked so.
fn ensure_honest(environment: &Value, truth: &[&str], what: &str) -> Result<()> {
    let found = findings(environment);
    if environment["complete"] == true {
        ensure!(found == truth && environment["status"] == "drift", "{what}: {environment:#}");
    } else {
        ensure!(found.iter().all(|it| truth.contains(&it.as_str())), "{what}: false findings: {found:?}");
        // An empty Space has nothing to explain but that nothing was compared.
        let says_why = environment.to_string().contains("remedy") || environment["counts"]["in-scope"] == 0;
        ensure!(environment["status"] != "clean" && says_why, "{what}: {environment:#}");
    }
    Ok(())
}

/// The exit code fits the report, and nothing panicked.
fn ensure_right_exit(answer: &Answer, what: &str) -> Result<()> {
    let want = if answer.report()?["complete"] == true { 0 } else { 3 };
    ensure!(answer.code == Some(want), "{what}: {}", answer.said());
    ensure!(!answer.stderr.contains("panicked"), "{what}: {}", answer.said());
    Ok(())
}

/// A fault that strikes nothing proves nothing.
fn ensure_struck(estate: &Estate, service: &str, what: &str) -> Result<()> {
    ensure!(estate.world.struck(service) > 0, "{what}: no such request was made");
    Ok(())
}

/// Runs the cases side by side: most of their time is waiting for retries.
pub(crate) fn for_each<T: Sync>(cases: &[T], check: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = check(case) {
                failures.lock().expect("no check panics while it reports").push(format!("{error:#}"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner()?;
    ensure!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
    Ok(())
}

#[test]
fn a_moment_of_trouble_is_not_even_seen() -> Result<()> {
    let transient = [Fault::Status(503), Fault::Status(429), Fault::Refuse, Fault::Cut, Fault::HtmlPage(502)];
    for_each(&transient, |fault| {
        let estate = Estate::new(&story(&["dev"]), Profile::Release, ONE)?;
        for service in [CONFIGHUB, "dev"] {
            estate.world.inject(service, Rule::new(fault.clone()).times(2))?;
        }
        let answer = estate.run()?;
        for service in [CONFIGHUB, "dev"] {
            ensure!(
                estate.world.struck(service) == 2,
                "{fault:?}: {service} was struck {}",
                estate.world.struck(service)
            );
        }
        ensure!(answer.report()?["complete"] == true && answer.code == Some(0), "{fault:?}: {}", answer.said());
        Ok(())
    })
}
