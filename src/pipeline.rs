//! The flow of a run, readable as one page. A failing environment becomes a row, not an abort.

mod target;

use std::io;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::join_all;
use jiff::Timestamp;

use crate::cluster;
use crate::confighub;
use crate::http;
use crate::inputs::{ConfigHub, FailOn, GitHub, Inputs};
use crate::model::outcome::{EnvironmentOutcome, Obstacle, Reason, TargetOutcome};
use crate::publish::{self, Console, Destinations};
use crate::redact::Redactor;
use crate::render;
use crate::report::{Report, RunInfo, Status};

/// `fail-on` matched.
const POLICY: u8 = 1;
/// Something in scope could not be compared.
const INCOMPLETE: u8 = 3;

/// A redactor that knows every credential of the run, those inside kubeconfigs included.
pub fn redactor(inputs: &Inputs) -> Redactor {
    let inside: Vec<_> = inputs.clusters.values().flatten().flat_map(cluster::credentials).collect();
    Redactor::new(inputs.credentials.iter().chain(&inside))
}

/// Compares every environment in order, then reports. The exit code of the command.
///
/// # Errors
/// When the report could be written nowhere.
pub async fn run(inputs: &Inputs, redactor: &Redactor, stdout: &mut impl io::Write) -> anyhow::Result<u8> {
    let started = Timestamp::now();
    let outcomes = gather(inputs, redactor, started).await;
    let report = Report::new(outcomes, run_info(&inputs.github, inputs.config_path.clone(), started));
    deliver(&report, &destinations(&inputs.github, inputs.out.clone()), redactor, stdout)?;
    Ok(code(&report, inputs.fail_on))
}

/// Reports that this run compared nothing on purpose.
///
/// # Errors
/// When the report could be written nowhere.
pub fn skip(
    github: &GitHub,
    out: std::path::PathBuf,
    redactor: &Redactor,
    stdout: &mut impl io::Write,
) -> anyhow::Result<u8> {
    let report = Report::new(Vec::new(), run_info(github, None, Timestamp::now()));
    deliver(&report, &destinations(github, out), redactor, stdout)?;
    Ok(0)
}

/// The environments one after the other, the targets of one together.
async fn gather(inputs: &Inputs, redactor: &Redactor, now: Timestamp) -> Vec<EnvironmentOutcome> {
    let deadline = Instant::now() + inputs.timeout;
    // A service that does not answer may cost a third of the run, so that the others still have their turn.
    let share = inputs.timeout / 3;
    let confighub = connect(inputs, share).await;
    let shared = target::Shared { inputs, confighub: &confighub, redactor, now };
    let mut outcomes = Vec::new();
    for environment in &inputs.environments {
        let limit = share.min(deadline.saturating_duration_since(Instant::now()));
        let targets = environment.targets.iter().map(async |target| {
            let compared = tokio::time::timeout(limit, target::compare(&shared, environment, target, limit)).await;
            let result = compared.unwrap_or_else(|_| Err(out_of_time(limit, redactor)));
            if let Err(Obstacle { reason: _, detail, remedy }) = &result {
                tracing::warn!("Could not read `{}`: {detail}; {remedy}", target.name);
            }
            TargetOutcome { target: target.name.clone(), space: target.space.clone(), result }
        });
        let outcome = EnvironmentOutcome { name: environment.name.clone(), targets: join_all(targets).await };
        log(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}

async fn connect(inputs: &Inputs, limit: Duration) -> Result<confighub::Client, confighub::Error> {
    let settings = http::Settings { ca_bundle: inputs.ca_bundle.clone(), ..http::Settings::default() };
    let ConfigHub { url, credentials } = inputs.confighub.clone();
    let connected = tokio::time::timeout(limit, confighub::Client::connect(url, credentials, &settings)).await;
    connected.unwrap_or_else(|_| Err(confighub::Error::too_slow("GET /info")))
}

fn out_of_time(limit: Duration, redactor: &Redactor) -> Obstacle {
    Obstacle {
        reason: Reason::TimedOut,
        detail: redactor
            .text(&format!("reading took longer than its share of the run, {} s", limit.as_secs_f32().ceil())),
        remedy: "raise `timeout`, or find out why ConfigHub or the cluster is slow".into(),
    }
}

/// One line per environment of which anything was read.
fn log(outcome: &EnvironmentOutcome) {
    let read: Vec<_> = outcome.targets.iter().filter_map(|it| it.result.as_ref().ok()).collect();
    if read.is_empty() {
        return;
    }
    let differences: usize = read.iter().map(|it| it.findings.len()).sum();
    let compared: usize = read.iter().map(|it| it.compared).sum();
    let in_scope: usize = read.iter().map(|it| it.in_scope).sum();
    let plural = if differences == 1 { "" } else { "s" };
    let name = &outcome.name;
    tracing::info!("Compared `{name}`: {differences} difference{plural}, {compared} of {in_scope} objects compared");
}

fn run_info(github: &GitHub, config: Option<String>, started: Timestamp) -> RunInfo {
    RunInfo {
        started,
        finished: Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config,
        trigger: github.event_name.clone(),
        actor: github.actor.clone(),
        url: github.run_url.clone(),
    }
}

fn destinations(github: &GitHub, out: std::path::PathBuf) -> Destinations {
    Destinations {
        out,
        step_summary: github.step_summary.clone(),
        github_output: github.output.clone(),
        console: if github.actions { Console::Actions } else { Console::Terminal },
        workspace: github.workspace.clone(),
    }
}

fn deliver(report: &Report, to: &Destinations, redactor: &Redactor, stdout: &mut impl io::Write) -> anyhow::Result<()> {
    let rendered = render::all(report, render::BODY_BYTES).context("failed to render the report")?;
    let published = publish::publish(report, &rendered, to, redactor, stdout);
    for failure in &published.failures {
        tracing::error!("{failure:#}");
    }
    anyhow::ensure!(!published.written.is_empty(), "the report could be written nowhere");
    Ok(())
}

/// The exit code: policy first, then gaps.
fn code(report: &Report, fail_on: FailOn) -> u8 {
    // What this run was told to leave out is no gap.
    let gap = report.environments.iter().any(|it| it.status != Status::Skipped && !it.complete);
    match fail_on {
        FailOn::Never => 0,
        FailOn::Drift if report.status == Status::Drift => POLICY,
        FailOn::Drift | FailOn::Error if gap => INCOMPLETE,
        FailOn::Drift | FailOn::Error => 0,
    }
}
