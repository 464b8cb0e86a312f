//! The same drift in several environments as one line.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::{Code, Finding};
use crate::report::{EnvironmentReport, Report, Status, counted};

use super::finding::{Cell, pieces};
use super::limits::Limits;

/// Columns of environments: a wider table hides the last of them.
const COLUMNS: usize = 4;

/// Rows that are shown.
const ROWS: usize = 20;

/// The table.
#[derive(Debug, Serialize)]
pub(super) struct MatrixView {
    environments: Vec<String>,
    rows: Vec<RowView>,
    more: usize,
}

/// One field of one object.
#[derive(Debug, Serialize)]
struct RowView {
    object: String,
    field: Vec<String>,
    desired: Cell,
    cells: Vec<CellView>,
}

/// What runs in one environment.
#[derive(Debug, Serialize)]
struct CellView {
    live: Cell,
    /// What should, where that is not the same everywhere.
    instead: Option<Cell>,
}

/// What makes two findings the same in different environments.
type Key<'a> = (&'a str, &'a str, &'a str, Code, &'a str);

impl MatrixView {
    /// None: nothing drifts in two environments.
    pub(super) fn new(report: &Report, limits: &Limits) -> Option<Self> {
        let environments: Vec<_> = report.environments.iter().filter(|it| it.status != Status::Skipped).collect();
        if limits.findings == 0 || environments.len() > COLUMNS {
            return None;
        }
        let mut found: BTreeMap<Key<'_>, BTreeMap<usize, Vec<&Finding>>> = BTreeMap::new();
        for (at, environment) in environments.iter().enumerate() {
            for finding in environment.targets.iter().flat_map(|it| &it.findings) {
                found.entry(key(finding)).or_default().entry(at).or_default().push(finding);
            }
        }
        let shared: Vec<_> = found.into_values().filter(|it| it.len() > 1).collect();
        let more = shared.len().saturating_sub(ROWS);
        let row = |by: BTreeMap<usize, Vec<&Finding>>| RowView::new(&by, &environments, limits);
        let rows: Vec<_> = shared.into_iter().take(ROWS).filter_map(row).collect();
        let names = environments.iter().map(|it| limits.text(&it.name)).collect();
        (!rows.is_empty()).then_some(Self { environments: names, rows, more })
    }
}

/// Namespaces and API versions may differ from environment to environment.
fn key(finding: &Finding) -> Key<'_> {
    let gvk = &finding.object.gvk;
    (&gvk.group, &gvk.kind, &finding.object.name, finding.code, finding.field.as_str())
}

impl RowView {
    fn new(by: &BTreeMap<usize, Vec<&Finding>>, environments: &[&EnvironmentReport], limits: &Limits) -> Option<Self> {
        let first = by.values().flatten().next()?;
        let wanted: Vec<_> = by.values().flatten().map(|it| &it.desired).collect();
        let is_one = wanted.iter().all(|it| *it == wanted[0]);
        let cells = environments.iter().enumerate().map(|(at, environment)| match by.get(&at) {
            Some(all) => CellView::new(all, is_one, environment),
            None if environment.complete => CellView { live: Cell::words("as stated"), instead: None },
            None => CellView { live: Cell::words("?"), instead: None },
        });
        let desired = match first.code {
            Code::ObjectMissing => Cell::words("the whole object"),
            Code::ObjectOrphaned => Cell::words("nothing"),
            _ if is_one => Cell::new(wanted[0]),
            _ => Cell::words("differs"),
        };
        Some(Self {
            object: limits.text(&format!("{} {}", first.object.gvk.kind, first.object.name)),
            field: pieces(&limits.text(first.field.as_str())),
            desired,
            cells: cells.collect(),
        })
    }
}

impl CellView {
    fn new(all: &[&Finding], is_one: bool, environment: &EnvironmentReport) -> Self {
        let first = all[0];
        let is_alike = all.iter().all(|it| it.live == first.live && it.desired == first.desired);
        let mut live = match first.code {
            Code::ObjectMissing => Cell::words("missing"),
            Code::ObjectOrphaned => Cell::words("there"),
            _ if !is_alike => Cell::words("differs by region"),
            _ => Cell::new(&first.live),
        };
        if is_alike && environment.targets.len() > 1 {
            live = live.noted(&format!("in {}", counted(all.len(), "region", "regions")));
        }
        Self { live, instead: (!is_one && is_alike).then(|| Cell::new(&first.desired)) }
    }
}
