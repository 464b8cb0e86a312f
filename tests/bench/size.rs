//! The binary itself: how big it is, and how long it takes to say what it is.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::detector;
use crate::measure::{self, Taken};
use crate::table::{Row, Sample, Verdict, seconds};

const RUNS: usize = 51;

/// Bytes, as images are counted: 12 MB.
const LARGEST: u64 = 12_000_000;

/// Of `--version`, in seconds.
const SLOWEST: f64 = 0.010;

pub(crate) fn rows() -> Result<Vec<Row>> {
    let size = fs::metadata(detector::binary()?)?.len();
    let taken: Vec<Taken> = (0..RUNS).map(|_| version()).collect::<Result<_>>()?;
    let time = Sample::of_times(taken.iter().map(|it| it.wall));
    let row = |what: &str, ours: String, bar: &str, passed: bool| Row {
        what: what.to_owned(),
        ours,
        alternative: String::new(),
        ratio: String::new(),
        bar: bar.to_owned(),
        verdict: Verdict::of(passed),
    };
    let megabytes = format!("{}.{:02} MB", size / 1_000_000, size % 1_000_000 / 10_000);
    Ok(vec![
        row("size of the static binary", megabytes, "at most 12 MB", size <= LARGEST),
        row("--version, from start to end", time.shown(seconds), "at most 10 ms", time.median() <= SLOWEST),
    ])
}

/// One run of `--version`.
pub(crate) fn version() -> Result<Taken> {
    let folder = TempDir::new()?;
    let mut command = Command::new(detector::binary()?);
    command.arg("--version").env_clear();
    let taken = measure::run(&command, folder.path())?;
    ensure!(taken.code == Some(0), "--version ended with {:?}", taken.code);
    Ok(taken)
}
