//! Whether ten times as many objects take ten times the work: counted in instructions, which no load disturbs.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::detector::Detector;
use crate::hub;
use crate::live;
use crate::manifests;
use crate::table::{Row, Verdict};

/// How far the two may be apart.
const BAR: f64 = 0.10;

pub(crate) fn rows(recording: &Path) -> Result<Vec<Row>> {
    let few = instructions(recording, 10_000)?;
    let many = instructions(recording, 100_000)?;
    let ratio = many / few;
    Ok(vec![Row {
        what: "instructions per live object, one in ten desired".to_owned(),
        ours: format!("{many:.0} at 100,000"),
        alternative: format!("{few:.0} at 10,000"),
        ratio: format!("{ratio:.3}"),
        bar: "0.90 to 1.10".to_owned(),
        verdict: Verdict::of((ratio - 1.0).abs() <= BAR),
    }])
}

/// Of a whole command, per live object.
fn instructions(recording: &Path, live: usize) -> Result<f64> {
    let desired = live / 10;
    let hub = hub::start(desired, live)?;
    let cluster = live::start(recording, live)?;
    let detector = Detector::new(&hub.ready, &cluster.ready.kubeconfig())?;
    let folder = TempDir::with_prefix("drift-bench-")?;
    let counted = folder.path().join("callgrind.out");
    let out = format!("--callgrind-out-file={}", counted.display());
    detector
        .run(&["valgrind", "--tool=callgrind", &out])
        .context("callgrind (Debian: valgrind) counts instructions")?;
    let (found, drift) = (detector.findings(desired)?, live::drift(manifests::spread(desired, live)).collect());
    ensure!(found == drift, "found {} instead of {} differences", found.len(), drift.len());
    let text = fs::read_to_string(&counted)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")));
    let total: f64 = total.context("callgrind counted nothing")?.trim().parse()?;
    Ok(total / f64::from(u32::try_from(live)?))
}
