//! PURE: what earlier runs saw × what this one found → what is new, worse, resolved or flapping, and what to leave for the next.
//!
//! There is no database: the report itself carries this, hidden in its text ([`hidden`]).

mod digest;
pub mod hidden;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::model::finding::Finding;
use crate::model::history::{
    Age, Change, Changes, History, Loss, Mark, Memory, PastRun, Resolved, Sighting, Stamp, Timeline,
};
use crate::model::outcome::{EnvironmentOutcome, TargetOutcome};

pub use digest::fingerprint;

/// Runs that are remembered.
const RUNS: usize = 30;

/// How long what is gone is remembered, in case it returns.
const GONE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Characters of a label.
const LABEL: usize = 200;

/// Characters of an id where there is no room for more.
const SHORT_ID: usize = 6;

/// Compares this run with what earlier ones saw.
///
/// Gives that, and what to leave for the next run. Only an environment that was compared completely resolves anything; one that the configuration no longer names is forgotten.
pub fn timeline(memory: &Memory, outcomes: &[EnvironmentOutcome], now: &Stamp) -> (Timeline, History) {
    let mut before = match memory {
        Memory::Kept(history) => history.clone(),
        Memory::Unkept | Memory::Blank | Memory::Lost(_) => History::default(),
    };
    // An earlier attempt of this very run is no earlier run.
    before.runs.retain(|it| !it.stamp.is_same_run(now) && it.stamp.at <= now.at);
    // Somebody edited what says that it is of tomorrow.
    before.sightings.retain(|_, it| it.first.at <= now.at && it.since.at <= now.at);
    let mut next = History::default();
    let mut ages = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (outcome, finding) in outcomes.iter().flat_map(|it| findings(it).map(move |finding| (it, finding))) {
        let (key, earlier) = find(&before, &finding.id);
        seen.insert(key.to_owned());
        let sighting = sight(&outcome.name, finding, earlier, now);
        ages.insert(finding.id.clone(), age(&sighting, earlier, now));
        next.sightings.insert(finding.id.clone(), sighting);
    }
    let known: BTreeMap<&str, bool> = outcomes.iter().map(|it| (it.name.as_str(), is_complete(it))).collect();
    let mut resolved = Vec::new();
    for (id, mut earlier) in before.sightings.into_iter().filter(|(id, _)| !seen.contains(id)) {
        let Some(complete) = known.get(earlier.environment.as_str()) else { continue };
        if *complete && earlier.gone.is_none() {
            earlier.gone = Some(now.clone());
        }
        if earlier.gone.as_ref().is_some_and(|it| it == now || it.is_same_run(now)) {
            let Sighting { environment, label, first, .. } = earlier.clone();
            resolved.push(Resolved { id: id.clone(), environment, label, first_seen: first });
        }
        if earlier.gone.as_ref().is_none_or(|it| now.at.duration_since(it.at) < GONE) {
            next.sightings.insert(id, earlier);
        }
    }
    resolved.sort_by(|one, other| {
        (&one.environment, &one.label, &one.id).cmp(&(&other.environment, &other.label, &other.id))
    });
    next.runs = before.runs;
    next.runs.push(PastRun { stamp: now.clone(), marks: marks(outcomes) });
    next.runs.drain(..next.runs.len().saturating_sub(RUNS));
    let is_whole = !before.lost.contains(&Loss::Sightings);
    match memory {
        Memory::Blank | Memory::Kept(_) if is_whole => {}
        // What was forgotten looks as if nobody had seen it.
        Memory::Blank | Memory::Kept(_) => ages.retain(|_, it| it.change != Change::New),
        Memory::Unkept | Memory::Lost(_) => ages.clear(),
    }
    let is_known = matches!(memory, Memory::Blank | Memory::Kept(_)) && is_whole;
    let changes = is_known.then(|| changes(&ages, &resolved));
    (Timeline { changes, runs: next.runs.clone(), remarks: remarks(memory), ages, resolved }, next)
}

/// Whether an earlier run saw this difference as it is now.
pub fn has_seen(memory: &Memory, finding: &Finding, now: &Stamp) -> bool {
    let Memory::Kept(history) = memory else { return false };
    let (_, Some(earlier)) = find(history, &finding.id) else { return false };
    let is_same = earlier.value.is_empty() || earlier.value == digest::of_values(finding);
    earlier.gone.is_none() && is_same && !earlier.since.is_same_run(now)
}

/// The sighting of the finding with this id, and what it is filed under.
fn find<'a>(history: &'a History, id: &'a str) -> (&'a str, Option<&'a Sighting>) {
    let short = id.get(..SHORT_ID).unwrap_or(id);
    match (history.sightings.get(id), history.sightings.get(short)) {
        (None, Some(it)) => (short, Some(it)),
        (found, _) => (id, found),
    }
}

fn findings(outcome: &EnvironmentOutcome) -> impl Iterator<Item = &Finding> {
    outcome.targets.iter().filter_map(|it| it.result.as_ref().ok()).flat_map(|it| &it.findings)
}

/// As the report judges it: nothing that was in scope is missing.
fn is_complete(outcome: &EnvironmentOutcome) -> bool {
    let whole = |it: &TargetOutcome| {
        it.result.as_ref().is_ok_and(|it| it.not_compared.is_empty() && it.compared >= it.in_scope && it.compared > 0)
    };
    !outcome.targets.is_empty() && outcome.targets.iter().all(whole)
}

fn sight(environment: &str, finding: &Finding, earlier: Option<&Sighting>, now: &Stamp) -> Sighting {
    let fresh = Sighting {
        environment: environment.to_owned(),
        label: label(finding),
        severity: finding.severity,
        value: digest::of_values(finding),
        first: now.clone(),
        since: now.clone(),
        gone: None,
        returns: 0,
    };
    match earlier {
        None => fresh,
        Some(it) if it.gone.is_some() => Sighting { returns: it.returns.saturating_add(1), ..fresh },
        Some(it) => {
            let is_same = it.value.is_empty() || it.value == fresh.value;
            let since = if is_same { it.since.clone() } else { now.clone() };
            Sighting { first: it.first.clone(), since, returns: it.returns, ..fresh }
        }
    }
}

/// What people call a finding: the object, then the field.
fn label(finding: &Finding) -> String {
    format!("{} {}", finding.object, finding.field).trim_end().chars().take(LABEL).collect()
}

fn age(sighting: &Sighting, earlier: Option<&Sighting>, now: &Stamp) -> Age {
    let is_new = |it: &Stamp| it == now || it.is_same_run(now);
    let new = is_new(&sighting.first);
    let change = match earlier {
        _ if new && sighting.returns > 0 => Change::Returned,
        _ if new => Change::New,
        Some(it) if sighting.severity > it.severity => Change::Worse,
        _ if is_new(&sighting.since) => Change::Changed,
        _ => Change::Same,
    };
    Age { first_seen: sighting.first.clone(), new, change, returns: sighting.returns }
}

fn changes(ages: &BTreeMap<String, Age>, resolved: &[Resolved]) -> Changes {
    let count = |is: fn(&Age) -> bool| ages.values().filter(|it| is(it)).count();
    Changes {
        new: count(|it| it.new),
        worse: count(|it| matches!(it.change, Change::Worse | Change::Changed)),
        resolved: resolved.len(),
        flapping: count(|it| it.returns > 0),
    }
}

fn marks(outcomes: &[EnvironmentOutcome]) -> BTreeMap<String, Mark> {
    let read = outcomes.iter().filter(|it| it.targets.iter().any(|it| it.result.is_ok()));
    read.map(|it| (it.name.clone(), Mark { differences: findings(it).count(), complete: is_complete(it) })).collect()
}

fn remarks(memory: &Memory) -> Vec<String> {
    match memory {
        Memory::Unkept | Memory::Blank => Vec::new(),
        Memory::Lost(why) => vec![format!("What earlier runs saw is not known: {why}.")],
        Memory::Kept(history) if history.lost.contains(&Loss::Sightings) => {
            vec!["Not everything that earlier runs saw was remembered, so what is new is not counted.".to_owned()]
        }
        Memory::Kept(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
