//! PURE: what became of each environment → the [`Report`], the contract with the templates and with everything that reads
//! `report.json`. Statuses, promotion verdicts and sentences are composed here and nowhere else.

mod counts;
mod sentences;
mod verdict;

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history;
use crate::model::finding::{Finding, Severity};
use crate::model::history::{Changes, PastRun, Resolved, Timeline};
use crate::model::object::ObjectKey;
use crate::model::outcome::{Comparison, EnvironmentOutcome, Obstacle, Suppressed, TargetOutcome};
use crate::model::proposal::{Proposal, UnitState};
use crate::redact::Text;

pub use counts::Counts;

/// The version of `report.json` that this program writes and reads.
pub const SCHEMA_VERSION: u32 = 0;

/// The JSON schema of `report.json`. Tests make it from the types: what makes it would be a part of every binary.
pub const SCHEMA: &str = include_str!("report/schema.json");

/// One run's result, complete: whatever is shown anywhere is taken from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The version of this format. Readers refuse one that they do not know.
    pub schema_version: u32,
    /// The result of the whole run.
    pub status: Status,
    /// What decided the status, as a word that workflows can compare.
    pub reason: Cause,
    /// Whether everything in scope of every environment was compared. Only then may anything be closed or promoted.
    pub complete: bool,
    /// The result in one sentence.
    pub verdict: String,
    /// What the reader should know beside the verdict: one sentence each.
    pub remarks: Vec<String>,
    /// Sums over all environments.
    pub counts: Counts,
    /// The environments, in promotion order.
    pub environments: Vec<EnvironmentReport>,
    /// The steps of the promotion path, in its order.
    pub edges: Vec<Edge>,
    /// Whether every step of the promotion path is safe. With a single environment there is no step: unknown.
    pub promotion_safe: PromotionSafe,
    /// When, by what and on whose behalf this was written.
    pub run: RunInfo,
    /// Hexadecimal SHA-256 over all differences and their values, never over a Secret's: the same as long as nothing changes.
    pub fingerprint: String,
    /// What changed since the run before; absent where that is not known.
    pub changes: Option<Changes>,
    /// What was drift before and is gone.
    pub resolved: Vec<Resolved>,
    /// The last runs, this one included, the oldest first.
    pub runs: Vec<PastRun>,
}

/// The result of a run, an environment or a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything in scope was compared and agrees.
    Clean,
    /// Something differs. What else could not be compared is told by `complete`.
    Drift,
    /// Nothing differs in what was compared, but something in scope was not compared, or nothing was in scope.
    Partial,
    /// Nothing could be read.
    Failed,
    /// Deliberately not read.
    Skipped,
}

/// What decided a run's status. Where several obstacles stood in the way, the first in this order is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Something differs.
    Drift,
    /// Credentials were refused, or do not reach something in scope.
    Permission,
    /// ConfigHub or a cluster did not answer, or not with what was asked for.
    Unreachable,
    /// The run's time was over.
    Timeout,
    /// The configuration, a kubeconfig or a Space's name is wrong.
    Config,
    /// A unit's text is not Kubernetes YAML or holds placeholders, or a cluster does not serve its kind.
    NotComparable,
    /// A rollout is under way.
    RollingOut,
    /// An environment, or a region of one, has nothing in scope.
    NothingInScope,
    /// No environment was to be read.
    Skipped,
    /// Everything was compared and agrees.
    Clean,
}

/// Whether the whole promotion path is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromotionSafe {
    /// Every step is.
    True,
    /// At least one step has to wait.
    False,
    /// At least one step cannot be judged, or there is none.
    Unknown,
}

/// One step of the promotion path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Edge {
    /// The environment that is promoted from.
    pub from: String,
    /// The next one.
    pub to: String,
    /// Whether to promote.
    pub verdict: EdgeVerdict,
    /// Why: a sentence per ground.
    pub reasons: Vec<String>,
}

/// Whether one environment may be promoted to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeVerdict {
    /// Both ends are clean and complete, and no ChangeSet is open.
    Safe,
    /// Something would be lost or spread.
    Wait,
    /// Not enough was read to tell.
    Unknown,
}

/// One environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// Its result over all targets.
    pub status: Status,
    /// Whether everything in scope was compared.
    pub complete: bool,
    /// Sums over its targets.
    pub counts: Counts,
    /// Its targets (regions), in the configuration's order; empty when it was left out.
    pub targets: Vec<TargetReport>,
    /// What is proposed for it in ConfigHub; absent: that was not looked at, or could not be read.
    pub proposal: Option<Proposal>,
    /// Why ConfigHub's ChangeSets could not be read.
    pub changesets_unread: Option<Obstacle>,
}

/// One target of an environment: a ConfigHub Space against a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// Its ConfigHub Space.
    pub space: String,
    /// The kubeconfig's context that its cluster was read through; absent inside the cluster, and where nothing was read.
    pub context: Option<Text>,
    /// Its result.
    pub status: Status,
    /// Whether everything in scope was compared.
    pub complete: bool,
    /// Its numbers.
    pub counts: Counts,
    /// Why nothing at all could be read; present exactly when the status is `failed`.
    pub failure: Option<Obstacle>,
    /// What differs, by object, then path.
    pub findings: Vec<Finding>,
    /// What only the cluster has and is not counted as drift: fields that people added, objects that no unit states.
    pub additions: Vec<Finding>,
    /// Left out on purpose.
    pub suppressed: Vec<Suppressed>,
    /// In scope and not compared, one entry per obstacle.
    pub not_compared: Vec<NotComparedGroup>,
    /// Slugs of units whose head differs from what was shipped.
    pub pending: Vec<String>,
    /// Slugs of units that were never shipped and whose objects do not exist.
    pub not_deployed: Vec<String>,
    /// Slugs of units that were never shipped though objects of theirs exist.
    pub never_shipped: Vec<String>,
    /// Units of other toolchains, as `slug (toolchain)`.
    pub other_toolchains: Vec<String>,
    /// What is neither drift nor a gap.
    pub notes: Vec<Text>,
}

/// What one obstacle kept from being compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NotComparedGroup {
    /// The obstacle.
    #[serde(flatten)]
    pub obstacle: Obstacle,
    /// How many entries stand behind it.
    pub count: usize,
    /// The objects that are known by name.
    pub objects: Vec<ObjectKey>,
    /// Units of which no object is known.
    pub units: Vec<String>,
}

/// When, by what and on whose behalf a run happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunInfo {
    /// When reading began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When everything had been read.
    #[schemars(with = "String")]
    pub finished: Timestamp,
    /// Version of this program.
    pub version: String,
    /// The configuration file as it was named; None without one.
    pub config: Option<String>,
    /// What started the run: `schedule`, `workflow_dispatch`, …
    pub trigger: Option<String>,
    /// Who started it.
    pub actor: Option<String>,
    /// The run's page.
    pub url: Option<String>,
    /// GitHub's id of the run.
    pub id: Option<u64>,
    /// Its number, as people call it.
    pub number: Option<u64>,
    /// Version of the program that recorded what this run replayed; None: the run read ConfigHub and the clusters itself.
    pub recorded_by: Option<String>,
}

/// `1 object`, `2 objects`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

impl Report {
    /// The report over these outcomes, which are in promotion order and name every configured environment: one that was
    /// left out of the run comes without targets. `timeline`: the same outcomes against what earlier runs saw.
    pub fn new(outcomes: Vec<EnvironmentOutcome>, timeline: Timeline, run: RunInfo) -> Self {
        let Timeline { ages, resolved, changes, runs, remarks: about_history } = timeline;
        let mut environments: Vec<_> = outcomes.into_iter().map(EnvironmentReport::new).collect();
        let targets = environments.iter_mut().flat_map(|it| &mut it.targets);
        targets.flat_map(|it| &mut it.findings).for_each(|it| it.age = ages.get(&it.id).cloned());
        let findings = environments.iter().flat_map(|it| &it.targets).flat_map(|it| &it.findings);
        let fingerprint = history::fingerprint(findings);
        let status = verdict::of_run(&environments);
        let edges = verdict::edges(&environments);
        Self {
            schema_version: SCHEMA_VERSION,
            status,
            reason: verdict::cause(status, &environments),
            complete: !environments.is_empty() && environments.iter().all(|it| it.complete),
            verdict: sentences::verdict(status, &environments),
            remarks: [sentences::remarks(status, &environments, changes.as_ref(), &run), about_history].concat(),
            counts: environments.iter().map(|it| it.counts).sum(),
            promotion_safe: verdict::promotion_safe(&edges),
            edges,
            environments,
            run,
            fingerprint,
            changes,
            resolved,
            runs,
        }
    }

    /// A report of a run that compared nothing on purpose. `why`: one sentence with a full stop.
    pub fn skipped(why: &str, run: RunInfo) -> Self {
        let verdict = format!("Nothing was compared. {why}");
        Self { verdict, remarks: Vec::new(), ..Self::new(Vec::new(), Timeline::default(), run) }
    }

    /// The worst severity of all drift; None: there is none.
    pub fn worst(&self) -> Option<Severity> {
        let targets = self.environments.iter().flat_map(|it| &it.targets);
        targets.flat_map(|it| &it.findings).map(|it| it.severity).max()
    }

    /// Whether there is drift that no earlier run saw. Where nothing is known about earlier runs, all of it counts as new.
    pub fn has_new_drift(&self) -> bool {
        let findings = self.environments.iter().flat_map(|it| &it.targets).flat_map(|it| &it.findings);
        findings.into_iter().any(|it| it.age.as_ref().is_none_or(|it| it.new))
    }

    /// Whether there is drift that nobody approved a proposal for.
    pub fn has_unapproved_drift(&self) -> bool {
        self.environments.iter().any(EnvironmentReport::has_unapproved_drift)
    }

    /// A report from the text of a `report.json`.
    ///
    /// # Errors
    /// It is none, or of a version that this program does not know.
    pub fn from_json(text: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Version {
            schema_version: u32,
        }
        let Version { schema_version } = serde_json::from_str(text).context("failed to read it as a report")?;
        if schema_version != SCHEMA_VERSION {
            bail!("the report has schema version {schema_version}, this program reads version {SCHEMA_VERSION}");
        }
        serde_json::from_str(text).context("failed to read it as a report")
    }
}

impl EnvironmentReport {
    fn new(outcome: EnvironmentOutcome) -> Self {
        let (proposal, changesets_unread) = match outcome.proposal {
            None => (None, None),
            Some(Ok(proposal)) => (Some(proposal), None),
            Some(Err(obstacle)) => (None, Some(obstacle)),
        };
        let targets: Vec<_> = outcome.targets.into_iter().map(TargetReport::new).collect();
        Self {
            name: outcome.name,
            status: verdict::of_environment(&targets),
            complete: !targets.is_empty() && targets.iter().all(|it| it.complete),
            counts: targets.iter().map(|it| it.counts).sum(),
            targets,
            proposal,
            changesets_unread,
        }
    }

    /// Whether it drifted and people have not approved everything that is proposed against that.
    fn has_unapproved_drift(&self) -> bool {
        let units = self.proposal.iter().flat_map(|it| &it.units).filter(|it| it.state == UnitState::Approved);
        let approved: BTreeSet<&str> = units.flat_map(|it| &it.effects).map(|it| it.finding.as_str()).collect();
        self.targets.iter().flat_map(|it| &it.findings).any(|it| !approved.contains(it.id.as_str()))
    }
}

impl TargetReport {
    fn new(outcome: TargetOutcome) -> Self {
        let (status, complete) = verdict::of_target(&outcome.result);
        let (failure, comparison) = match outcome.result {
            Ok(comparison) => (None, comparison),
            Err(obstacle) => (Some(obstacle), Comparison::default()),
        };
        let mut suppressed = comparison.suppressed;
        suppressed.sort();
        Self {
            name: outcome.target,
            space: outcome.space,
            context: comparison.context,
            status,
            complete,
            counts: Counts {
                findings: comparison.findings.len(),
                additions: comparison.additions.len(),
                objects_drifted: objects(&comparison.findings),
                compared: comparison.compared,
                in_scope: comparison.in_scope,
                // A target that could not be read is one thing that was not compared; what it holds is unknown.
                not_compared: comparison.not_compared.len() + usize::from(failure.is_some()),
                suppressed: suppressed.len(),
                pending: comparison.pending.len(),
                not_deployed: comparison.not_deployed.len(),
                never_shipped: comparison.never_shipped.len(),
                other_toolchains: comparison.other_toolchains.len(),
            },
            failure,
            findings: comparison.findings,
            additions: comparison.additions,
            suppressed,
            not_compared: NotComparedGroup::all(comparison.not_compared),
            pending: comparison.pending,
            not_deployed: comparison.not_deployed,
            never_shipped: comparison.never_shipped,
            other_toolchains: comparison.other_toolchains,
            notes: comparison.notes,
        }
    }
}

/// How many objects the findings are about.
fn objects(findings: &[Finding]) -> usize {
    findings.iter().map(|it| &it.object).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
