//! PURE: what becomes of the tracking issue: its state and this run's report → steps.
//!
//! Whatever changes an issue goes first and marks it with what this run found; what notifies people follows. So a run that
//! dies in between, or a second one at the same time, says nothing twice.

use jiff::{SignedDuration, Timestamp};

use crate::github::{State, StateReason};
use crate::history;
use crate::model::history::Marker;
use crate::model::reporting::{IssueRules, Notify};
use crate::report::Status;

use super::{Run, words};

/// Drift that returns within this time returns to its issue; later, it gets a new one.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Labels that GitHub takes for one issue are a hundred; a few are enough to look for it.
const MOST_LABELS: usize = 20;
/// Characters of a label's name.
const LABEL: usize = 50;
/// How long [`SNOOZED`] mutes, in days, where the label does not say.
const SNOOZE: i64 = 7;
/// After the label and a slash; and `snoozed-14d`.
const SNOOZED: &str = "snoozed";

/// An issue of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) number: u64,
    pub(super) state: State,
    pub(super) created: Timestamp,
    pub(super) labels: Vec<String>,
    pub(super) marker: Marker,
    /// Until when somebody wants to hear nothing of it.
    pub(super) snoozed: Option<Timestamp>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Open an issue; `previous` was about earlier drift.
    Create { title: String, labels: Vec<String>, previous: Option<u64> },
    /// Replace the text, and the title where there is one.
    Edit { number: u64, title: Option<String>, change: Change },
    /// Say something, which notifies people.
    Comment { number: u64, text: String },
    /// Close one that is about the same as another one.
    Duplicate { number: u64 },
    /// Add labels.
    Label { number: u64, names: Vec<String> },
    /// Take a label off.
    Unlabel { number: u64, name: String },
}

/// What becomes of an issue's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Stay,
    Close,
    Reopen,
}

/// What to do, and what the run is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) steps: Vec<Step>,
    /// The issue that this is about.
    pub(super) number: Option<u64>,
    /// The fingerprint that the text is to carry.
    pub(super) fingerprint: String,
    /// One sentence each.
    pub(super) notes: Vec<String>,
}

/// The issue among several that a run goes on with: the oldest open one, else the one that was closed last.
pub(super) fn primary(threads: &[Thread]) -> Option<&Thread> {
    let open = threads.iter().filter(|it| it.state == State::Open).min_by_key(|it| it.number);
    open.or_else(|| {
        let closed = threads.iter().filter_map(|it| match it.state {
            State::Closed { reason: StateReason::Completed | StateReason::NotPlanned, at } => Some((at, it.number, it)),
            State::Open | State::Closed { reason: StateReason::Duplicate, at: _ } => None,
        });
        closed.max_by_key(|(at, number, _)| (*at, *number)).map(|(_, _, it)| it)
    })
}

/// What to do about this run's report.
pub(super) fn decide(threads: &[Thread], run: &Run<'_>, rules: &IssueRules) -> Decision {
    let mut decision = Decision { fingerprint: run.report.fingerprint.clone(), ..Decision::default() };
    if run.report.status == Status::Skipped {
        return decision;
    }
    let Some(thread) = primary(threads) else {
        if run.has_drift() {
            decision.steps.push(create(run, rules, None));
        }
        return decision;
    };
    decision.number = Some(thread.number);
    if thread.marker.at > run.at() {
        decision
            .notes
            .push(format!("Issue #{} already shows a later run, so this one left it as it is.", thread.number));
        return decision;
    }
    match thread.state {
        State::Open => open(thread, run, rules, &mut decision),
        State::Closed { reason, at } => closed(thread, reason, at, run, rules, &mut decision),
    }
    let others = threads.iter().filter(|it| it.state == State::Open && it.number != thread.number);
    decision.steps.extend(others.map(|it| Step::Duplicate { number: it.number }));
    decision
}

fn open(thread: &Thread, run: &Run<'_>, rules: &IssueRules, decision: &mut Decision) {
    let number = thread.number;
    let changed = is_changed(thread, run);
    let mut edit = |title, change| decision.steps.push(Step::Edit { number, title, change });
    let comment = if run.has_drift() {
        edit(Some(words::title(run.report)), Change::Stay);
        match (changed, rules.notify) {
            // What was clean and stayed open.
            (true, _) if thread.marker.fingerprint == history::fingerprint([]) => Some(words::back(run.report)),
            (true, _) => Some(words::changed(run.report, run.report.changes)),
            (false, Notify::Always) => Some(words::unchanged(run.report)),
            (false, Notify::Changes | Notify::Never) => None,
        }
    } else if run.is_clean() && rules.close_when_clean {
        // The title keeps what it was about.
        edit(None, Change::Close);
        Some(words::clean(run.report, thread.created))
    } else if run.is_clean() {
        edit(Some(words::title(run.report)), Change::Stay);
        changed.then(|| words::clean(run.report, thread.created))
    } else {
        edit(None, Change::Stay);
        None
    };
    if !run.report.complete && thread.marker.fingerprint != history::fingerprint([]) {
        // Half a view is nothing that the next run could be compared with.
        decision.fingerprint.clone_from(&thread.marker.fingerprint);
    }
    let muted = rules.notify == Notify::Never || is_snoozed(thread, run);
    decision.steps.extend(comment.filter(|_| !muted).map(|text| Step::Comment { number, text }));
    if run.has_drift() {
        labels(thread, run, rules, decision);
    }
}

fn closed(
    thread: &Thread,
    reason: StateReason,
    at: Option<Timestamp>,
    run: &Run<'_>,
    rules: &IssueRules,
    decision: &mut Decision,
) {
    let number = thread.number;
    let was_clean = thread.marker.fingerprint == history::fingerprint([]);
    if !run.has_drift() {
        // Closed by hand, and right in the end. Unsaid, later drift would seem to have been there all the time.
        if run.is_clean() && reason == StateReason::Completed && !was_clean {
            decision.steps.push(Step::Edit { number, title: None, change: Change::Stay });
        }
        return;
    }
    if reason == StateReason::NotPlanned && !is_other(thread, run) {
        decision.notes.push(format!(
            "Issue #{number} was closed as not planned, and the drift has not changed since: it stays closed."
        ));
        return;
    }
    if is_snoozed(thread, run) {
        decision.notes.push(format!("Issue #{number} is snoozed: it stays closed."));
        return;
    }
    let since = at.map_or(SignedDuration::ZERO, |at| run.at().duration_since(at));
    if since > REMEMBERED {
        decision.number = None;
        decision.steps.push(create(run, rules, Some(number)));
        return;
    }
    decision.steps.push(Step::Edit { number, title: Some(words::title(run.report)), change: Change::Reopen });
    let text = match reason {
        StateReason::NotPlanned => words::no_longer_accepted(run.report, run.report.changes),
        _ if was_clean => words::back(run.report),
        _ => words::not_done(run.report),
    };
    decision.steps.push(Step::Comment { number, text });
    labels(thread, run, rules, decision);
}

fn create(run: &Run<'_>, rules: &IssueRules, previous: Option<u64>) -> Step {
    let mut labels = vec![rules.label.clone()];
    labels.extend(of_environments(run, rules));
    labels.truncate(MOST_LABELS);
    Step::Create { title: words::title(run.report), labels, previous }
}

/// Whether there is something to tell since the run that wrote the issue. Half a view tells nothing by itself: what it does
/// not show may be there all the same.
fn is_changed(thread: &Thread, run: &Run<'_>) -> bool {
    match run.report.changes {
        Some(it) => it.new + it.worse + it.resolved > 0,
        None => run.report.complete && thread.marker.fingerprint != run.report.fingerprint,
    }
}

/// Whether this is other drift than what was accepted.
fn is_other(thread: &Thread, run: &Run<'_>) -> bool {
    if run.report.complete {
        return thread.marker.fingerprint != run.report.fingerprint;
    }
    run.report.changes.is_some_and(|it| it.new + it.worse > 0)
}

fn is_snoozed(thread: &Thread, run: &Run<'_>) -> bool {
    thread.snoozed.is_some_and(|until| run.at() < until)
}

/// `drift/prod` for each environment that drifted, as far as GitHub takes such a name.
fn of_environments(run: &Run<'_>, rules: &IssueRules) -> Vec<String> {
    let drifted = run.report.environments.iter().filter(|it| it.status == Status::Drift);
    let names = drifted.map(|it| format!("{}/{}", rules.label, it.name));
    names.filter(|it| it.chars().count() <= LABEL).collect()
}

/// Labels that are missing, and those of environments that were compared and agree.
fn labels(thread: &Thread, run: &Run<'_>, rules: &IssueRules, decision: &mut Decision) {
    let number = thread.number;
    let has = |name: &String| thread.labels.contains(name);
    let mut wanted = vec![rules.label.clone()];
    wanted.extend(of_environments(run, rules));
    wanted.truncate(MOST_LABELS);
    let missing: Vec<_> = wanted.into_iter().filter(|it| !has(it)).collect();
    if !missing.is_empty() {
        decision.steps.push(Step::Label { number, names: missing });
    }
    let clean = run.report.environments.iter().filter(|it| it.status == Status::Clean && it.complete);
    let gone = clean.map(|it| format!("{}/{}", rules.label, it.name)).filter(has);
    decision.steps.extend(gone.map(|name| Step::Unlabel { number, name }));
    if thread.snoozed.is_some() && !is_snoozed(thread, run) {
        let over = snooze(&thread.labels, rules).map(|(name, _)| name.to_owned());
        decision.steps.extend(over.map(|name| Step::Unlabel { number, name }));
    }
}

/// The label that mutes an issue, and for how long: `drift/snoozed`, or for a number of days `drift/snoozed-14d`.
pub(super) fn snooze<'a>(labels: &'a [String], rules: &IssueRules) -> Option<(&'a str, SignedDuration)> {
    labels.iter().find_map(|name| {
        let rest = name.strip_prefix(&rules.label)?.strip_prefix('/')?.strip_prefix(SNOOZED)?;
        let days = match rest {
            "" => SNOOZE,
            _ => rest.strip_prefix('-')?.strip_suffix('d')?.parse().ok().filter(|it| (1..=366).contains(it))?,
        };
        Some((name.as_str(), SignedDuration::from_hours(days * 24)))
    })
}

#[cfg(test)]
mod tests;
