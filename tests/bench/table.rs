//! What was measured, as one table, and whether every bar was met.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) ours: String,
    pub(crate) alternative: String,
    pub(crate) ratio: String,
    pub(crate) bar: String,
    pub(crate) verdict: Verdict,
}

/// What became of the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Missed,
    /// There is no bar.
    Told,
}

impl Verdict {
    pub(crate) fn of(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Missed }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Missed => "MISSED",
            Self::Told => "",
        }
    }
}

impl Row {
    /// Something that is told beside the rows with bars.
    pub(crate) fn told(what: &str, ours: String, alternative: String, ratio: String) -> Self {
        let (what, bar) = (what.to_owned(), String::new());
        Self { what, ours, alternative, ratio, bar, verdict: Verdict::Told }
    }

    /// A part that could not be measured has missed its bars.
    pub(crate) fn unmeasured(part: &str, error: &anyhow::Error) -> Self {
        let (ratio, bar) = (String::new(), String::new());
        let alternative = format!("not measured: {error:#}");
        Self { what: part.to_owned(), ours: String::new(), alternative, ratio, bar, verdict: Verdict::Missed }
    }
}

/// Several measurements of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// At least one.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "there is no median of nothing");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// In seconds.
    pub(crate) fn of_times(times: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(times.into_iter().map(|it| it.as_secs_f64()).collect())
    }

    /// The middle one, or the mean of the two in the middle.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 { self.0[middle] } else { f64::midpoint(self.0[middle - 1], self.0[middle]) }
    }

    /// `0.312 s (0.298–0.355, 9 runs)`
    pub(crate) fn shown(&self, unit: impl Fn(f64) -> String) -> String {
        let (least, most) = (self.0[0], self.0[self.0.len() - 1]);
        match self.0.len() {
            1 => format!("{} (1 run)", unit(least)),
            runs => format!("{} ({} to {}, {runs} runs)", unit(self.median()), unit(least), unit(most)),
        }
    }
}

/// Seconds for people.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        it if it < 0.001 => format!("{:.1} µs", it * 1e6),
        it if it < 1.0 => format!("{:.1} ms", it * 1e3),
        it => format!("{it:.2} s"),
    }
}

/// Bytes for people.
pub(crate) fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

/// The table in Markdown, its columns aligned.
pub(crate) fn render(rows: &[Row]) -> String {
    let header = ["what", "ours", "the alternative", "ratio", "bar", "verdict"].map(str::to_owned);
    let rule = [const { String::new() }; 6];
    let mut lines = vec![header, rule];
    lines.extend(rows.iter().map(|row| {
        let Row { what, ours, alternative, ratio, bar, verdict } = row;
        [what.clone(), ours.clone(), alternative.clone(), ratio.clone(), bar.clone(), verdict.word().to_owned()]
    }));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| match number {
            1 => "-".repeat(width),
            _ => format!("{cell:width$}"),
        });
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

/// What this was measured on: processor, memory and how busy it is.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|it| it.split_once(':'))
            .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load: Vec<String> = read("/proc/loadavg").split(' ').take(3).map(str::to_owned).collect();
    format!(
        "{cores} × {}, {} of memory, load {}",
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        load.join(" ")
    )
}
