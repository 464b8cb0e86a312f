//! Time in words, and the last runs as a line of blocks.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::finding::Finding;
use crate::model::history::{Age, Change, Mark, PastRun, Stamp};
use crate::report::{Report, RunInfo, counted};

use super::limits::Limits;

/// Since when something is there.
#[derive(Debug, Serialize)]
pub(super) struct AgeView {
    /// Whether it deserves to be seen first.
    new: bool,
    words: String,
    run: Option<RunLink>,
}

/// A run that is named.
#[derive(Debug, Serialize)]
struct RunLink {
    name: String,
    url: String,
}

/// The last runs.
#[derive(Debug, Serialize)]
pub(super) struct RunsView {
    count: usize,
    /// One line per environment.
    lines: Vec<String>,
}

impl AgeView {
    pub(super) fn of(age: &Age, run: &RunInfo) -> Self {
        let since = ago(age.first_seen.at, run.started);
        let words = match age.change {
            Change::New => "new in this run".to_owned(),
            Change::Returned => "back in this run after it was gone".to_owned(),
            Change::Worse => format!("worse than before, first seen {since}"),
            Change::Changed => format!("with other values than before, first seen {since}"),
            Change::Same => format!("first seen {since}"),
        };
        let again = match age.returns {
            0 => String::new(),
            1 if age.change == Change::Returned => String::new(),
            1 => ", came back once".to_owned(),
            n => format!(", came back {n} times"),
        };
        let link = if age.new { None } else { RunLink::of(&age.first_seen, run) };
        Self { new: age.new, words: words + &again, run: link }
    }
}

impl RunLink {
    /// The page of another run of this repository, where this run's own is known.
    fn of(stamp: &Stamp, run: &RunInfo) -> Option<Self> {
        let (id, number) = (stamp.run?, stamp.number?);
        let (base, _) = run.url.as_deref()?.split_once("/actions/runs/")?;
        Some(Self { name: format!("run {number}"), url: format!("{base}/actions/runs/{id}") })
    }
}

impl RunsView {
    /// None: there is nothing to compare with.
    pub(super) fn new(report: &Report, limits: &Limits) -> Option<Self> {
        let runs = &report.runs;
        if runs.len() < 2 || !limits.sections {
            return None;
        }
        let names: Vec<_> = report.environments.iter().take(limits.environments).map(|it| it.name.as_str()).collect();
        let width = names.iter().map(|it| it.chars().count()).max().unwrap_or_default().min(30);
        let most = runs.iter().flat_map(|it| it.marks.values()).map(|it| it.differences).max().unwrap_or_default();
        let line = |name: &&str| {
            let blocks: String = runs.iter().map(|it| block(it.marks.get(*name), most)).collect();
            format!("{:width$} {blocks}{}", limits.text(name), last(runs, name))
        };
        Some(Self { count: runs.len(), lines: names.iter().map(line).collect() })
    }
}

/// `▁` is none, `█` the most of any; `?` none in what was compared, `·` not read.
fn block(mark: Option<&Mark>, most: usize) -> char {
    const BLOCKS: [char; 7] = ['▂', '▃', '▄', '▅', '▆', '▇', '█'];
    match mark {
        None => '·',
        Some(Mark { differences: 0, complete: true }) => '▁',
        Some(Mark { differences: 0, complete: false }) => '?',
        Some(Mark { differences, .. }) => {
            let at = (differences.saturating_mul(BLOCKS.len())).div_ceil(most.max(1));
            BLOCKS[at.clamp(1, BLOCKS.len()) - 1]
        }
    }
}

fn last(runs: &[PastRun], name: &str) -> String {
    let mark = runs.last().and_then(|it| it.marks.get(name));
    mark.map(|it| format!(" {}", it.differences)).unwrap_or_default()
}

/// How long the oldest of these is there; None: that is not known of any.
pub(super) fn oldest<'a>(findings: impl Iterator<Item = &'a Finding>, run: &RunInfo) -> Option<String> {
    let first = findings.filter_map(|it| it.age.as_ref()).map(|it| it.first_seen.at).min()?;
    Some(if first >= run.started { "this run".to_owned() } else { lasting(first, run.started) })
}

/// `3 days ago`.
fn ago(from: Timestamp, to: Timestamp) -> String {
    format!("{} ago", lasting(from, to))
}

/// `40 minutes`, `3 hours`, `6 days`, `5 weeks`: never more exact than two of the unit.
pub(super) fn lasting(from: Timestamp, to: Timestamp) -> String {
    const UNITS: [(i64, &str, &str); 4] =
        [(7 * 24 * 60, "week", "weeks"), (24 * 60, "day", "days"), (60, "hour", "hours"), (1, "minute", "minutes")];
    let minutes = to.duration_since(from).as_mins().max(1);
    let (length, one, many) = UNITS.into_iter().find(|it| minutes >= 2 * it.0).unwrap_or(UNITS[3]);
    counted(usize::try_from(minutes / length).unwrap_or(1), one, many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_people_say_them() {
        let at = |minutes: i64| Timestamp::from_second(1_763_900_000 + minutes * 60).expect("in range");
        for (minutes, said) in [
            (-5, "1 minute"),
            (0, "1 minute"),
            (40, "40 minutes"),
            (119, "119 minutes"),
            (120, "2 hours"),
            (47 * 60, "47 hours"),
            (48 * 60, "2 days"),
            (13 * 24 * 60, "13 days"),
            (15 * 24 * 60, "2 weeks"),
            (400 * 24 * 60, "57 weeks"),
        ] {
            assert_eq!(lasting(at(0), at(minutes)), said);
        }
    }

    #[test]
    fn more_differences_are_taller_and_gaps_are_seen() {
        let mark = |differences, complete| Some(Mark { differences, complete });
        let marks = [mark(0, true), mark(1, true), mark(4, true), mark(9, false), mark(0, false), None];
        assert_eq!(marks.iter().map(|it| block(it.as_ref(), 9)).collect::<String>(), "▁▂▅█?·");
    }
}
