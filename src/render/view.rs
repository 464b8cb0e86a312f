//! What the templates see: the report laid out for reading, within limits, in words. Nothing here is escaped yet.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::{Code, Finding};
use crate::model::history::Resolved;
use crate::model::proposal::Proposal;
use crate::report::{Edge, EdgeVerdict, EnvironmentReport, Report, RunInfo, Status, TargetReport, counted};

use super::age::{RunsView, lasting, oldest};
use super::finding::{DiffView, FindingView};
use super::limits::{Limits, Rank};
use super::lists::{CountedView, Names, ObstacleView, SuppressedView, capitalised};
use super::matrix::MatrixView;
use super::next_steps::NextSteps;
use super::proposal::ProposalView;

/// A whole document.
#[derive(Debug, Serialize)]
pub(super) struct View {
    verdict: String,
    remarks: Vec<String>,
    /// What was left out to keep the document short enough.
    shortened: Option<&'static str>,
    rows: Vec<Row>,
    more_rows: usize,
    must_wait: bool,
    edges: Vec<EdgeView>,
    more_edges: usize,
    environments: Vec<EnvironmentView>,
    matrix: Option<MatrixView>,
    resolved: Option<ResolvedView>,
    runs: Option<RunsView>,
    /// Whether anything is known about ages.
    has_ages: bool,
    run: RunView,
}

/// What is gone since the run before.
#[derive(Debug, Serialize)]
struct ResolvedView {
    count: usize,
    shown: Vec<GoneView>,
    more: usize,
}

/// One difference that is gone.
#[derive(Debug, Serialize)]
struct GoneView {
    environment: String,
    /// Empty: the history had no room for it.
    label: String,
    lasted: String,
}

/// One line of the table of environments.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    icon: &'static str,
    result: &'static str,
    differences: String,
    oldest: String,
    compared: String,
    promotion: String,
}

/// One step of the promotion path.
#[derive(Debug, Serialize)]
struct EdgeView {
    from: String,
    to: String,
    verdict: &'static str,
    reasons: Vec<String>,
}

/// The details of one environment.
#[derive(Debug, Serialize)]
struct EnvironmentView {
    name: String,
    headline: String,
    open: bool,
    several_targets: bool,
    proposal: Option<ProposalView>,
    changesets_unread: Option<ObstacleView>,
    targets: Vec<TargetView>,
}

/// The details of one target.
#[derive(Debug, Serialize)]
struct TargetView {
    name: String,
    space: String,
    summary: String,
    failure: Option<ObstacleView>,
    findings: Vec<FindingView>,
    more_findings: usize,
    diffs: Vec<DiffView>,
    /// How many there are, where they are folded.
    folded_diffs: Option<usize>,
    /// Nothing in scope: most often a mistake.
    is_empty: bool,
    next_steps: Option<NextSteps>,
    /// What only the cluster has, by a person's tool.
    additions: Vec<FindingView>,
    more_additions: usize,
    additions_count: usize,
    addition_diffs: Vec<DiffView>,
    /// Objects that no unit states.
    unmanaged: Option<Names>,
    not_compared: Vec<ObstacleView>,
    more_not_compared: usize,
    suppressed: Vec<SuppressedView>,
    suppressed_count: usize,
    counted: Vec<CountedView>,
    notes: Vec<String>,
    more_notes: usize,
}

/// More diffs than this are folded, so that what to do stands in sight.
const DIFFS: usize = 3;

/// The foot of the document.
#[derive(Debug, Serialize)]
struct RunView {
    /// From when to when.
    read: String,
    version: String,
    config: Option<String>,
    trigger: Option<String>,
    actor: Option<String>,
    url: Option<String>,
    name: String,
}

impl View {
    /// The report within these limits. Counts are the report's own, whatever is left out.
    pub(super) fn new(report: &Report, limits: &Limits) -> Self {
        let promotions: BTreeMap<_, _> = report.edges.iter().map(|it| (it.from.as_str(), it)).collect();
        let rows = report.environments.iter().take(limits.environments);
        let edges = report.edges.iter().take(limits.environments);
        let worst = worst(&report.environments).map_or("", |it| it.name.as_str());
        let sections = if limits.sections { worst_first(&report.environments) } else { Vec::new() };
        Self {
            verdict: limits.text(&report.verdict),
            remarks: report.remarks.iter().take(limits.environments).map(|it| limits.text(it)).collect(),
            shortened: limits.left_out,
            rows: rows.map(|it| Row::new(it, promotions.get(it.name.as_str()).copied(), limits, &report.run)).collect(),
            more_rows: report.environments.len().saturating_sub(limits.environments),
            must_wait: report.edges.iter().any(|it| it.verdict == EdgeVerdict::Wait),
            edges: edges.map(|it| EdgeView::new(it, limits)).collect(),
            more_edges: report.edges.len().saturating_sub(limits.environments),
            environments: sections
                .into_iter()
                .map(|it| {
                    EnvironmentView::new(
                        it,
                        &limits.of_environment(if it.name == worst { Rank::Worst } else { Rank::Other }),
                        &report.run,
                    )
                })
                .collect(),
            matrix: MatrixView::new(report, limits),
            resolved: ResolvedView::new(report, limits),
            runs: RunsView::new(report, limits),
            has_ages: findings(&report.environments).any(|it| it.age.is_some()),
            run: RunView::new(&report.run, limits),
        }
    }
}

/// The environments in the order in which somebody should read them: those that are not clean, then the clean ones; among
/// either, production first, which stands last in the promotion order. Of those that were left out there is nothing to read.
fn worst_first(environments: &[EnvironmentReport]) -> Vec<&EnvironmentReport> {
    let mut sorted: Vec<_> = environments.iter().rev().filter(|it| it.status != Status::Skipped).collect();
    sorted.sort_by_key(|it| it.status == Status::Clean);
    sorted
}

fn findings<'a>(environments: impl IntoIterator<Item = &'a EnvironmentReport>) -> impl Iterator<Item = &'a Finding> {
    environments.into_iter().flat_map(|it| &it.targets).flat_map(|it| &it.findings)
}

/// The environment with the most severe drift; among equals the one that comes last in the promotion order.
fn worst(environments: &[EnvironmentReport]) -> Option<&EnvironmentReport> {
    environments.iter().max_by_key(|it| findings([*it]).map(|it| it.severity).max())
}

impl ResolvedView {
    fn new(report: &Report, limits: &Limits) -> Option<Self> {
        let gone = |it: &Resolved| GoneView {
            environment: limits.text(&it.environment),
            label: limits.text(&it.label),
            lasted: lasting(it.first_seen.at, report.run.started),
        };
        let shown: Vec<_> = report.resolved.iter().take(limits.groups.min(20)).map(gone).collect();
        let count = report.resolved.len();
        (!shown.is_empty()).then(|| Self { count, more: count - shown.len(), shown })
    }
}

impl Row {
    fn new(environment: &EnvironmentReport, edge: Option<&Edge>, limits: &Limits, run: &RunInfo) -> Self {
        let EnvironmentReport { name, status, complete, counts, targets, proposal: _, changesets_unread: _ } =
            environment;
        let (icon, result) = match (status, complete) {
            (Status::Clean, _) => ("🟢", "clean"),
            (Status::Drift, true) => ("🔴", "drift"),
            (Status::Drift, false) => ("🔴", "drift, incomplete"),
            (Status::Partial, _) => ("🟡", "incomplete"),
            (Status::Failed, _) => ("⛔", "not read"),
            (Status::Skipped, _) => ("⚪", "left out"),
        };
        let nothing = || "—".to_owned();
        let read = !matches!(status, Status::Failed | Status::Skipped);
        // What an unread region holds is not known.
        let all =
            if targets.iter().any(|it| it.failure.is_some()) { "?".to_owned() } else { counts.in_scope.to_string() };
        Self {
            name: limits.text(name),
            icon,
            result,
            differences: match findings([environment]).filter(|it| it.age.as_ref().is_some_and(|it| it.new)).count() {
                _ if !read => nothing(),
                0 => counts.findings.to_string(),
                new => format!("{} ({new} new)", counts.findings),
            },
            oldest: oldest(findings([environment]), run).unwrap_or_else(nothing),
            compared: if read { format!("{} of {all}", counts.compared) } else { nothing() },
            promotion: edge.map_or_else(nothing, |it| word(it.verdict).to_owned()),
        }
    }
}

fn word(verdict: EdgeVerdict) -> &'static str {
    match verdict {
        EdgeVerdict::Safe => "safe",
        EdgeVerdict::Wait => "wait",
        EdgeVerdict::Unknown => "unknown",
    }
}

impl EdgeView {
    fn new(edge: &Edge, limits: &Limits) -> Self {
        Self {
            from: limits.text(&edge.from),
            to: limits.text(&edge.to),
            verdict: word(edge.verdict),
            reasons: edge.reasons.iter().map(|it| limits.text(it)).collect(),
        }
    }
}

impl EnvironmentView {
    fn new(environment: &EnvironmentReport, limits: &Limits, run: &RunInfo) -> Self {
        let EnvironmentReport { name, status, complete: _, counts, targets, proposal: _, changesets_unread } =
            environment;
        let objects = |n| counted(n, "object", "objects");
        let mut headline = match status {
            Status::Drift => {
                let differences = counted(counts.findings, "difference", "differences");
                format!("{differences} in {}", objects(counts.objects_drifted))
            }
            Status::Clean => format!("clean, {} compared", objects(counts.compared)),
            Status::Partial if counts.compared == 0 => "nothing was compared".to_owned(),
            Status::Partial => format!("no difference in the {} that could be compared", objects(counts.compared)),
            Status::Failed => "could not be read".to_owned(),
            Status::Skipped => "left out of this run".to_owned(),
        };
        if matches!(status, Status::Drift | Status::Partial) {
            let unread: Vec<_> = targets.iter().filter(|it| it.failure.is_some()).collect();
            let not_compared = counts.not_compared - unread.len();
            if not_compared > 0 {
                headline.push_str(&format!(", {not_compared} not compared"));
            }
            if !unread.is_empty() {
                headline.push_str(&format!(", {} not read", counted(unread.len(), "target", "targets")));
            }
        }
        let added = targets.iter().flat_map(|it| &it.additions).filter(|it| it.code == Code::FieldAdded).count();
        if added > 0 {
            headline.push_str(&format!(", {} added by hand", counted(added, "field", "fields")));
        }
        Self {
            name: limits.text(name),
            headline,
            open: !matches!(status, Status::Clean | Status::Skipped),
            proposal: ProposalView::new(environment, limits),
            changesets_unread: changesets_unread.as_ref().map(|it| {
                let nothing = Names::new(std::iter::empty(), 0, limits);
                ObstacleView::new(it, nothing, limits)
            }),
            several_targets: targets.len() > 1,
            targets: targets.iter().map(|it| TargetView::new(it, environment.proposal.as_ref(), limits, run)).collect(),
        }
    }
}

impl TargetView {
    fn new(target: &TargetReport, proposal: Option<&Proposal>, limits: &Limits, run: &RunInfo) -> Self {
        let counts = &target.counts;
        let (findings, diffs) = FindingView::all(&target.findings, limits, run);
        let (added, unmanaged): (Vec<_>, Vec<_>) = target.additions.iter().partition(|it| it.code == Code::FieldAdded);
        let (additions, addition_diffs) = FindingView::all(added.iter().copied(), limits, run);
        let mut summary = match &target.failure {
            Some(_) => "nothing could be read".to_owned(),
            None => format!("{} of {} compared", counts.compared, counted(counts.in_scope, "object", "objects")),
        };
        if counts.findings > 0 {
            summary.push_str(&format!(", {}", counted(counts.findings, "difference", "differences")));
        }
        if !added.is_empty() {
            summary.push_str(&format!(", {} added by hand", counted(added.len(), "field", "fields")));
        }
        let not_compared = target.not_compared.iter().take(limits.groups);
        Self {
            name: limits.text(&target.name),
            space: limits.text(&target.space),
            summary,
            failure: target.failure.as_ref().map(|it| {
                let everything = Names::new(std::iter::empty(), 0, limits);
                ObstacleView::new(it, everything, limits)
            }),
            more_findings: target.findings.len() - findings.len(),
            findings,
            folded_diffs: (diffs.len() > DIFFS).then_some(diffs.len()),
            is_empty: target.failure.is_none() && counts.in_scope == 0 && target.not_compared.is_empty(),
            diffs,
            next_steps: (limits.findings > 0).then(|| NextSteps::new(target, proposal, limits)).flatten(),
            more_additions: added.len() - additions.len(),
            additions,
            additions_count: added.len(),
            addition_diffs,
            unmanaged: (!unmanaged.is_empty())
                .then(|| Names::new(unmanaged.iter().map(|it| it.object.to_string()), unmanaged.len(), limits)),
            not_compared: not_compared
                .map(|it| {
                    let objects = it.objects.iter().map(ToString::to_string);
                    let units = it.units.iter().map(|it| format!("unit {it}"));
                    // A part of the scope whose objects nobody knows has no names, and of none there are no more.
                    let count = if it.objects.is_empty() && it.units.is_empty() { 0 } else { it.count };
                    ObstacleView::new(&it.obstacle, Names::new(objects.chain(units), count, limits), limits)
                })
                .collect(),
            more_not_compared: target.not_compared.len().saturating_sub(limits.groups),
            suppressed: SuppressedView::all(&target.suppressed, limits),
            suppressed_count: counts.suppressed,
            counted: CountedView::all(target, limits),
            notes: target.notes.iter().take(limits.groups).map(|it| capitalised(&limits.text(it.as_str()))).collect(),
            more_notes: target.notes.len().saturating_sub(limits.groups),
        }
    }
}

impl RunView {
    fn new(run: &RunInfo, limits: &Limits) -> Self {
        let RunInfo { started, finished, version, config, trigger, actor, url, id: _, number, recorded_by: _ } = run;
        let text = |it: &Option<String>| it.as_deref().map(|it| limits.text(it));
        Self {
            read: match started.strftime("%Y-%m-%d %H:%M:%S").to_string() {
                start if started.as_second() == finished.as_second() => start,
                start => format!("{start} to {}", finished.strftime("%H:%M:%S")),
            },
            version: limits.text(version),
            config: text(config),
            trigger: text(trigger),
            actor: text(actor),
            url: text(url),
            name: number.map_or_else(|| "This run".to_owned(), |it| format!("Run {it}")),
        }
    }
}
