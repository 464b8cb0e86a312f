//! What runs before this one saw, as far as the report that they left still says it. A hint, never an instruction: whoever may
//! edit the report may edit this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::finding::Severity;
use crate::redact::Text;

/// What this run could learn of earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// This run has no place that keeps anything.
    #[default]
    Unkept,
    /// There is a place, and no run has left anything there yet.
    Blank,
    /// There should be something, and it cannot be read: one sentence without a full stop.
    Lost(Text),
    /// What they left.
    Kept(History),
}

/// Which run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Stamp {
    /// `GITHUB_RUN_ID`, the same for every attempt; absent outside of GitHub Actions.
    pub run: Option<u64>,
    /// `GITHUB_RUN_NUMBER`, by which people call it.
    pub number: Option<u64>,
    /// When it began to read.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

impl Stamp {
    /// Whether both are the same run. A run that was repeated is; two runs outside of GitHub Actions never are.
    pub fn is_same_run(&self, other: &Self) -> bool {
        self.run.is_some() && self.run == other.run
    }
}

/// How an environment fared in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// Differences that were drift.
    pub differences: usize,
    /// Whether everything in scope was compared.
    pub complete: bool,
}

/// One run, as a column of the sparkline. An environment that was not read has no mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PastRun {
    /// Which.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// By environment.
    pub marks: BTreeMap<String, Mark>,
}

/// A difference over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its environment.
    pub environment: String,
    /// What people call it: object and field; empty where there was no room for it.
    pub label: String,
    /// How bad it was when it was last seen.
    pub severity: Severity,
    /// A short digest of both sides; empty where there was no room for it.
    pub value: String,
    /// The run that saw it first, since it was last gone.
    pub first: Stamp,
    /// The run that first saw it with these values.
    pub since: Stamp,
    /// The run that saw that it is gone; kept for a while, because it may return.
    pub gone: Option<Stamp>,
    /// How often it was gone and came back.
    pub returns: u32,
}

/// What had to be left out, so that the history fits where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The oldest runs.
    Runs,
    /// What differences are called.
    Labels,
    /// Differences that are gone.
    Gone,
    /// Half of each id, and what tells values apart.
    Ids,
    /// Differences that are still there.
    Sightings,
}

/// What runs leave for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The last runs, the oldest first.
    pub runs: Vec<PastRun>,
    /// By the finding's id, or by the beginning of it.
    pub sightings: BTreeMap<String, Sighting>,
    /// What is missing here.
    pub lost: Vec<Loss>,
}

/// What stands in the first line of a report that is kept: whose it is, and of which run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Tells the reports of several configurations in one repository apart.
    pub key: String,
    /// `GITHUB_RUN_ID`.
    pub run: u64,
    /// `GITHUB_RUN_ATTEMPT`.
    pub attempt: u32,
    /// When that run began to read: an older report must not replace a newer one.
    pub at: Timestamp,
    /// Of everything that differed.
    pub fingerprint: String,
}

impl Marker {
    /// Whether the same attempt of the same run wrote both.
    pub fn is_of_same_run(&self, other: &Self) -> bool {
        (&self.key, self.run, self.attempt, self.at) == (&other.key, other.run, other.attempt, other.at)
    }
}

/// How a difference stands to what earlier runs saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// No earlier run saw it.
    New,
    /// It was gone, and is back.
    Returned,
    /// It was seen before, and is more severe now.
    Worse,
    /// It was seen before, with other values.
    Changed,
    /// It is as an earlier run saw it.
    Same,
}

/// What is known of a difference over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Age {
    /// The run that saw it first, since it was last gone.
    pub first_seen: Stamp,
    /// Whether that is this run.
    pub new: bool,
    /// How it stands to what the run before saw.
    pub change: Change,
    /// How often it was gone and came back; above zero it is flapping.
    pub returns: u32,
}

/// A difference that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Resolved {
    /// The finding's id, or the beginning of it.
    pub id: String,
    /// Its environment.
    pub environment: String,
    /// What people call it; empty where the history had no room for it.
    pub label: String,
    /// The run that saw it first.
    pub first_seen: Stamp,
}

/// How many differences changed since the run before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Changes {
    /// Those that no earlier run saw, and those that are back.
    pub new: usize,
    /// Those that are more severe, or have other values.
    pub worse: usize,
    /// Those that are gone.
    pub resolved: usize,
    /// Those that were gone at least once.
    pub flapping: usize,
}

/// This run's differences against what earlier ones saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// By finding id. Empty where nothing is known about earlier runs.
    pub ages: BTreeMap<String, Age>,
    /// What is gone, by environment, then label.
    pub resolved: Vec<Resolved>,
    /// None: nothing is known about earlier runs.
    pub changes: Option<Changes>,
    /// The last runs, this one included, the oldest first.
    pub runs: Vec<PastRun>,
    /// What the reader should know about the history itself: one sentence each.
    pub remarks: Vec<String>,
}
