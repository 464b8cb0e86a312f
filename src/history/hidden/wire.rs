//! The JSON of a history, in names as short as they can be. Entries that cannot be read are left out one by one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::{LABEL, RUNS};
use crate::model::finding::Severity;
use crate::model::history::{History, Loss, Mark, PastRun, Sighting, Stamp};

/// Entries of any kind that are read.
const ENTRIES: usize = 20_000;

/// Characters of an environment's name that are read.
const NAME: usize = 200;

#[derive(Serialize, Deserialize)]
struct Whole {
    v: u32,
    #[serde(default)]
    lost: Vec<Value>,
    #[serde(default)]
    runs: Vec<Value>,
    #[serde(default)]
    seen: BTreeMap<String, Value>,
}

/// `GITHUB_RUN_ID`, `GITHUB_RUN_NUMBER`, seconds since 1970.
type At = (Option<u64>, Option<u64>, i64);

#[derive(Serialize, Deserialize)]
struct Run {
    a: At,
    /// Differences by environment, below zero (-1 - n) where it was not complete.
    m: BTreeMap<String, i64>,
}

#[derive(Serialize, Deserialize)]
struct Seen {
    e: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    l: String,
    s: Severity,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    d: String,
    f: At,
    /// Absent where it is the same as `f`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<At>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    g: Option<At>,
    #[serde(default, skip_serializing_if = "is_zero")]
    n: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

const VERSION: u32 = 1;

pub(super) fn write(history: &History) -> Vec<u8> {
    let History { runs, sightings, lost } = history;
    let value = |it| serde_json::to_value(it).expect("a run is plain data");
    let whole = Whole {
        v: VERSION,
        lost: lost.iter().map(|it| serde_json::to_value(it).expect("a word")).collect(),
        runs: runs.iter().map(run).map(value).collect(),
        seen: sightings
            .iter()
            .map(|(id, it)| (id.clone(), serde_json::to_value(seen(it)).expect("a sighting is plain data")))
            .collect(),
    };
    serde_json::to_vec(&whole).expect("a history is plain data")
}

/// None: it is of another version, or no history at all.
pub(super) fn read(json: &[u8]) -> Option<History> {
    let Whole { v, lost, runs, seen } = serde_json::from_slice(json).ok()?;
    if v != VERSION {
        return None;
    }
    let mut runs: Vec<_> = runs.into_iter().take(ENTRIES).filter_map(past_run).collect();
    runs.sort_by_key(|it| it.stamp.at);
    runs.drain(..runs.len().saturating_sub(RUNS));
    let is_id = |id: &str| (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_hexdigit());
    let seen = seen.into_iter().take(ENTRIES).filter(|(id, _)| is_id(id));
    Some(History {
        runs,
        sightings: seen.filter_map(|(id, it)| Some((id, sighting(it)?))).collect(),
        lost: lost.into_iter().filter_map(|it| serde_json::from_value::<Loss>(it).ok()).collect(),
    })
}

fn run(it: &PastRun) -> Run {
    let signed = |it: &Mark| {
        let n = i64::try_from(it.differences).unwrap_or(i64::MAX - 1);
        if it.complete { n } else { -1 - n }
    };
    Run { a: at(&it.stamp), m: it.marks.iter().map(|(name, it)| (name.clone(), signed(it))).collect() }
}

fn past_run(value: Value) -> Option<PastRun> {
    let Run { a, m } = serde_json::from_value(value).ok()?;
    let mark = |n: i64| Mark {
        differences: usize::try_from(if n < 0 { -1 - n } else { n }).unwrap_or(usize::MAX),
        complete: n >= 0,
    };
    Some(PastRun { stamp: stamp(a)?, marks: m.into_iter().map(|(name, n)| (clipped(&name, NAME), mark(n))).collect() })
}

fn seen(it: &Sighting) -> Seen {
    let Sighting { environment, label, severity, value, first, since, gone, returns } = it;
    Seen {
        e: environment.clone(),
        l: label.clone(),
        s: *severity,
        d: value.clone(),
        f: at(first),
        c: (since != first).then(|| at(since)),
        g: gone.as_ref().map(at),
        n: *returns,
    }
}

fn sighting(value: Value) -> Option<Sighting> {
    let Seen { e, l, s, d, f, c, g, n } = serde_json::from_value(value).ok()?;
    Some(Sighting {
        environment: clipped(&e, NAME),
        label: clipped(&l, LABEL),
        severity: s,
        value: clipped(&d, 12),
        first: stamp(f)?,
        since: stamp(c.unwrap_or(f))?,
        gone: match g {
            Some(it) => Some(stamp(it)?),
            None => None,
        },
        returns: n,
    })
}

fn at(it: &Stamp) -> At {
    (it.run, it.number, it.at.as_second())
}

fn stamp((run, number, seconds): At) -> Option<Stamp> {
    Some(Stamp { run, number, at: Timestamp::from_second(seconds).ok()? })
}

fn clipped(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
