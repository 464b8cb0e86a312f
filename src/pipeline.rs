//! The flow of a run, readable as one page. A failing environment becomes a row, not an abort.

mod folder;
mod manifests;
mod proposals;
mod recording;
mod source;
mod target;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::{Shared, join_all};
use jiff::Timestamp;

use crate::bundle::{self, Recording};
use crate::cluster;
use crate::confighub;
use crate::history;
use crate::http;
use crate::inputs::{self, ConfigHub, FailOn, GitHub, Inputs, Mode};
use crate::model::history::{History, Memory, Stamp};
use crate::model::outcome::{EnvironmentOutcome, Obstacle, Reason, TargetOutcome};
use crate::publish::{self, Console, Delivered, Destinations, Threads};
use crate::redact::Redactor;
use crate::redact::mask::{Mask, Sameness};
use crate::remediation::Patience;
use crate::render::{self, Rendered};
use crate::report::{Report, RunInfo, Status, counted};

use manifests::Manifests;
use proposals::{Gathered, Seen};
use source::Origin;

/// `fail-on` matched.
const POLICY: u8 = 1;
/// Something in scope could not be compared.
const INCOMPLETE: u8 = 3;
/// Everything was done, and the report reached nobody.
const UNDELIVERED: u8 = 4;

/// A redactor that knows every credential of the run, those inside kubeconfigs included.
pub fn redactor(inputs: &Inputs) -> Redactor {
    let inside: Vec<_> = inputs.clusters.values().flatten().flat_map(cluster::credentials).collect();
    Redactor::new(inputs.credentials.iter().chain(&inside))
}

/// Compares every environment in order, then reports. The exit code of the command. `interrupted` ends the reading early
/// and gives the exit code then; what was read by then is reported all the same.
pub async fn run(
    inputs: &Inputs,
    redactor: &Redactor,
    interrupted: impl Future<Output = u8>,
    stdout: &mut impl io::Write,
) -> u8 {
    let interrupted = interrupted.shared();
    let threads = find_threads(inputs, redactor, &interrupted).await;
    let Compared { report, history, recorded } = compare(inputs, redactor, &threads.memory(), &interrupted).await;
    let mut delivered = on_github(inputs, &threads, (&report, &history), &interrupted).await;
    if code(&report, inputs.fail_on, delivery_of(&delivered)) == UNDELIVERED {
        delivered.reason = Some("delivery");
    }
    let to = destinations(&inputs.github, inputs.out.clone());
    let delivery = deliver(&report, &delivered, &to, redactor, stdout).and(delivery_of(&delivered));
    interrupted.peek().copied().unwrap_or_else(|| code(&report, inputs.fail_on, delivery.and(recorded)))
}

/// Our threads on GitHub, with what earlier runs left in them. They are looked for before anything is compared, and cost the
/// comparison nothing but time: a third of it at most.
async fn find_threads<'a, I: Future<Output = u8>>(
    inputs: &'a Inputs,
    redactor: &'a Redactor,
    interrupted: &Shared<I>,
) -> Threads<'a> {
    let settings = http::Settings { ca_bundle: inputs.ca_bundle.clone(), ..http::Settings::default() };
    tokio::select! {
        threads = Threads::find(&inputs.reporting, &settings, Timestamp::now(), redactor) => threads,
        () = tokio::time::sleep(inputs.timeout / 3) => Threads::unread(&inputs.reporting, &settings, redactor),
        _ = interrupted.clone() => Threads::unread(&inputs.reporting, &settings, redactor),
    }
}

/// Brings the threads up to date. An interrupted run has a few seconds for it: then the runner ends it.
async fn on_github<I: Future<Output = u8>>(
    inputs: &Inputs,
    threads: &Threads<'_>,
    (report, history): (&Report, &History),
    interrupted: &Shared<I>,
) -> Delivered {
    const LAST_SECONDS: Duration = Duration::from_secs(4);
    let GitHub { run, attempt, .. } = inputs.github;
    let publishing =
        publish::Run { report, id: run.unwrap_or_default(), attempt: attempt.unwrap_or(1), history: Some(history) };
    let given_up = async {
        let late = tokio::time::sleep(inputs.reporting.pace.longest_wait + inputs.timeout);
        let cut = async {
            interrupted.clone().await;
            tokio::time::sleep(LAST_SECONDS).await;
        };
        tokio::select! { () = late => {}, () = cut => {} }
    };
    let delivered = tokio::select! {
        delivered = threads.publish(&publishing) => delivered,
        () = given_up => {
            let failures = vec!["There was no time left to bring GitHub up to date.".to_owned()];
            Delivered { failures, ..Delivered::default() }
        }
    };
    for note in &delivered.notes {
        tracing::info!("{note}");
    }
    delivered
}

/// Whether every destination on GitHub that was asked for was reached.
fn delivery_of(delivered: &Delivered) -> Delivery {
    if delivered.failures.is_empty() { Delivery::Somebody } else { Delivery::Nobody }
}

/// The report, and what to leave for the next run: nothing is published. `memory`: what earlier runs left.
pub async fn report(inputs: &Inputs, redactor: &Redactor, memory: &Memory) -> (Report, History) {
    let interrupted = std::future::pending::<u8>().shared();
    let Compared { report, history, recorded: _ } = compare(inputs, redactor, memory, &interrupted).await;
    (report, history)
}

/// What a run came to.
struct Compared {
    report: Report,
    /// For the next run.
    history: History,
    /// Whether what was read is kept, where that was asked for.
    recorded: Delivery,
}

/// Reads, compares and proposes; keeps what was read where that is asked for.
async fn compare<I: Future<Output = u8>>(
    inputs: &Inputs,
    redactor: &Redactor,
    memory: &Memory,
    interrupted: &Shared<I>,
) -> Compared {
    let replayed = match &inputs.origin {
        inputs::Origin::Recording(recording) => Some(&recording.index),
        inputs::Origin::Services(_) => None,
    };
    let started = replayed.map_or_else(Timestamp::now, |it| it.started);
    let key = inputs.record.is_some().then(target::key);
    let stamp = Stamp { run: inputs.github.run, number: inputs.github.number, at: started };
    let (outcomes, kept) = all(inputs, redactor, (memory, &stamp), key, interrupted).await;
    let mut run = run_info(&inputs.github, inputs.config_path.clone(), started);
    if let Some(index) = replayed {
        run = RunInfo { finished: index.finished, recorded_by: Some(index.program.clone()), ..run };
    }
    let recorded = match (&inputs.record, key) {
        (Some(folder), Some(key)) => keep(inputs, redactor, key, kept, &run, folder),
        _ => Delivery::Somebody,
    };
    let (timeline, history) = history::timeline(memory, &outcomes, &stamp);
    Compared { report: Report::new(outcomes, timeline, run), history, recorded }
}

/// Writes the recording.
fn keep(
    inputs: &Inputs,
    redactor: &Redactor,
    key: [u8; 32],
    targets: Vec<bundle::Target>,
    run: &RunInfo,
    folder: &Path,
) -> Delivery {
    let mask = Mask::new(redactor, key, Sameness::Spelling);
    let (scope, ignore) = recording::settings(&inputs.scope, &inputs.ignore, &mask);
    let index = bundle::Index {
        format: bundle::FORMAT.to_owned(),
        version: bundle::VERSION,
        program: run.version.clone(),
        started: run.started,
        finished: run.finished,
        environments: inputs.environments.clone(),
        scope,
        ignore,
        critical: inputs.critical.clone(),
        additions: inputs.additions,
        files: BTreeMap::new(),
    };
    let written = Recording { index, targets }.files().and_then(|files| folder::write(folder, &files, &inputs.github));
    match written {
        Ok(()) => {
            tracing::info!("Kept what was read in `{}`; look through it before you pass it on", folder.display());
            Delivery::Somebody
        }
        Err(error) => {
            tracing::error!("{error:#}");
            Delivery::Nobody
        }
    }
}

/// Reports that this run compared nothing on purpose, and why: one sentence with a full stop.
pub fn skip(github: &GitHub, out: PathBuf, why: &str, redactor: &Redactor, stdout: &mut impl io::Write) {
    let report = Report::skipped(why, run_info(github, None, Timestamp::now()));
    deliver(&report, &Delivered::default(), &destinations(github, out), redactor, stdout);
}

/// All reads first, then what becomes of the drift.
async fn all<I: Future<Output = u8>>(
    inputs: &Inputs,
    redactor: &Redactor,
    (memory, stamp): (&Memory, &Stamp),
    key: Option<[u8; 32]>,
    interrupted: &Shared<I>,
) -> (Vec<EnvironmentOutcome>, Vec<bundle::Target>) {
    let (now, deadline) = (stamp.at, Instant::now() + inputs.timeout);
    let access = match &inputs.origin {
        inputs::Origin::Services(access) => access,
        inputs::Origin::Recording(recording) => {
            let reading = (Origin::Recording(recording), now, key);
            let (gathered, kept) = gather(inputs, redactor, reading, deadline, interrupted).await;
            return (gathered.into_iter().map(|it| it.outcome).collect(), kept);
        }
    };
    let confighub = tokio::select! {
        connected = connect(inputs, access, inputs.timeout / 3) => connected,
        _ = interrupted.clone() => Err(confighub::Error::too_slow("GET /info")),
    };
    let reading = (Origin::Services(&confighub), now, key);
    // A part of the time is for proposing.
    let until = if inputs.proposing.mode == Mode::Detect { deadline } else { deadline - inputs.timeout / 4 };
    let (gathered, kept) = gather(inputs, redactor, reading, until, interrupted).await;
    let seen = proposals::seen_before(&gathered, memory, stamp);
    let patience = match memory {
        _ if inputs.github.event_name.as_deref() != Some("schedule") => Patience::AtOnce,
        Memory::Unkept => Patience::Forgetful,
        Memory::Blank | Memory::Lost(_) | Memory::Kept(_) => Patience::SeenBefore(&seen),
    };
    let proposing = proposals::Proposing { inputs, redactor, now, deadline, patience };
    (proposing.all(&confighub, gathered, interrupted).await, kept)
}

/// The environments one after the other, the targets of one together.
async fn gather<I: Future<Output = u8>>(
    inputs: &Inputs,
    redactor: &Redactor,
    (origin, now, key): (Origin<'_>, Timestamp, Option<[u8; 32]>),
    deadline: Instant,
    interrupted: &Shared<I>,
) -> (Vec<Gathered>, Vec<bundle::Target>) {
    let manifests = Arc::new(Manifests::default());
    let shared = target::Shared { inputs, origin, redactor, manifests: &manifests, now, key };
    let (mut gathered, mut kept) = (Vec::new(), Vec::new());
    let mut waiting = inputs.environments.iter().filter(|it| !it.targets.is_empty()).count();
    for environment in &inputs.environments {
        // An equal share of what is left: a cluster that does not answer costs its own, and no other its turn.
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = left / u32::try_from(waiting.max(1)).unwrap_or(u32::MAX);
        waiting -= usize::from(!environment.targets.is_empty());
        let targets = environment.targets.iter().map(async |target| {
            let compared = tokio::time::timeout(limit, target::compare(&shared, environment, target, limit));
            let result = tokio::select! {
                biased;
                _ = interrupted.clone() => Err(cut_short()),
                compared = compared => compared.unwrap_or_else(|_| Err(out_of_time(limit, redactor))),
            };
            if let Err(Obstacle { reason: _, detail, remedy }) = &result {
                tracing::warn!("Could not read `{}`: {detail}; {remedy}", target.name);
            }
            (target, result)
        });
        let (mut targets, mut seen, read) = (Vec::new(), Vec::new(), join_all(targets).await);
        for (target, result) in read {
            let (result, outcome) = match result {
                Ok(target::Compared { comparison, kept, units }) => {
                    seen.push(units);
                    (Ok(comparison), kept.map(bundle::Outcome::Read))
                }
                Err(obstacle) => {
                    seen.push(Seen::default());
                    (Err(obstacle.clone()), key.map(|_| bundle::Outcome::Failed(obstacle)))
                }
            };
            kept.extend(outcome.map(|outcome| bundle::Target {
                environment: environment.name.clone(),
                target: target.name.clone(),
                outcome,
            }));
            targets.push(TargetOutcome { target: target.name.clone(), space: target.space.clone(), result });
        }
        let outcome = EnvironmentOutcome { name: environment.name.clone(), targets, proposal: None };
        log(&outcome);
        gathered.push(Gathered { outcome, seen });
        manifests.next_environment();
    }
    (gathered, kept)
}

async fn connect(inputs: &Inputs, access: &ConfigHub, limit: Duration) -> Result<confighub::Client, confighub::Error> {
    let settings = http::Settings { ca_bundle: inputs.ca_bundle.clone(), ..http::Settings::default() };
    let ConfigHub { url, credentials } = access.clone();
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

fn cut_short() -> Obstacle {
    Obstacle {
        reason: Reason::TimedOut,
        detail: "the run was interrupted before this was compared".into(),
        remedy: "run again".into(),
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
    let (name, differences) = (&outcome.name, counted(differences, "difference", "differences"));
    tracing::info!(
        "Compared `{name}`: {differences}, {compared} of {} compared",
        counted(in_scope, "object", "objects")
    );
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
        id: github.run,
        number: github.number,
        recorded_by: None,
    }
}

fn destinations(github: &GitHub, out: PathBuf) -> Destinations {
    Destinations {
        out,
        step_summary: github.step_summary.clone(),
        github_output: github.output.clone(),
        console: if github.actions { Console::Actions } else { Console::Terminal },
        workspace: github.workspace.clone(),
    }
}

/// Whether the report reached a reader, by a file, the step summary, or a terminal; and the recording its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Somebody,
    Nobody,
}

impl Delivery {
    /// Both.
    fn and(self, other: Self) -> Self {
        if self == Self::Somebody { other } else { self }
    }
}

fn deliver(
    report: &Report,
    delivered: &Delivered,
    to: &Destinations,
    redactor: &Redactor,
    stdout: &mut impl io::Write,
) -> Delivery {
    let rendered = render::all(report, render::BODY_BYTES).unwrap_or_else(|error| {
        // A fault of ours; the verdict and report.json are there all the same.
        tracing::error!("failed to render the report: {error:#}");
        Rendered { body: report.verdict.clone(), summary: report.verdict.clone() }
    });
    let published = publish::publish(report, &rendered, delivered, to, redactor, stdout);
    for failure in &published.failures {
        tracing::error!("{failure:#}");
    }
    if published.written.is_empty() && !published.printed { Delivery::Nobody } else { Delivery::Somebody }
}

/// The exit code: policy first, then gaps, then delivery.
fn code(report: &Report, fail_on: FailOn, delivery: Delivery) -> u8 {
    // What this run was told to leave out is no gap.
    let gap = report.environments.iter().any(|it| it.status != Status::Skipped && !it.complete);
    match fail_on {
        FailOn::Never => 0,
        FailOn::Drift if report.status == Status::Drift => POLICY,
        FailOn::NewDrift if report.has_new_drift() => POLICY,
        FailOn::Unapproved if report.has_unapproved_drift() => POLICY,
        FailOn::Severity(least) if report.worst() >= Some(least) => POLICY,
        _ if gap => INCOMPLETE,
        _ if delivery == Delivery::Nobody => UNDELIVERED,
        FailOn::Drift | FailOn::NewDrift | FailOn::Unapproved | FailOn::Severity(_) | FailOn::Error => 0,
    }
}
