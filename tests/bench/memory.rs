//! How much memory a run holds, with few objects wanted among many, and with many wanted.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::detector::Detector;
use crate::hub;
use crate::live;
use crate::manifests;
use crate::measure::Taken;
use crate::size;
use crate::table::{Row, Sample, Verdict, mebibytes, seconds};

const RUNS: usize = 3;

/// Above the start of the process, in bytes.
const AMONG_MANY: f64 = 64.0 * 1_048_576.0;

/// Times the bytes of the YAML.
const WANTING_MANY: f64 = 10.0;

pub(crate) fn rows(recording: &Path) -> Result<Vec<Row>> {
    let start = bytes(&[size::version()?, size::version()?, size::version()?]);
    let among = runs(recording, 1000, 100_000)?;
    let above = bytes(&among).median() - start.median();
    let first = Row {
        what: "memory, 1,000 desired among 100,000 live".to_owned(),
        ours: format!("{} above its start, peak {}", mebibytes(above), bytes(&among).shown(mebibytes)),
        alternative: format!("its start (--version): {}", start.shown(mebibytes)),
        ratio: String::new(),
        bar: "at most 64 MiB above".to_owned(),
        verdict: Verdict::of(above <= AMONG_MANY),
    };
    let wanting = runs(recording, 10_000, 10_000)?;
    let objects = manifests::spread(10_000, 10_000).flat_map(manifests::objects);
    let yaml: usize = objects.map(|it| it.yaml.len()).sum();
    let yaml = f64::from(u32::try_from(yaml)?);
    let ratio = bytes(&wanting).median() / yaml;
    let second = Row {
        what: "memory, 10,000 desired and live".to_owned(),
        ours: format!("peak {}", bytes(&wanting).shown(mebibytes)),
        alternative: format!("their YAML: {}", mebibytes(yaml)),
        ratio: format!("{ratio:.1}"),
        bar: format!("at most {WANTING_MANY}"),
        verdict: Verdict::of(ratio <= WANTING_MANY),
    };
    let time = |what: &str, all: &[Taken]| {
        let wall = Sample::of_times(all.iter().map(|it| it.wall)).shown(seconds);
        let cpu = Sample::of_times(all.iter().map(|it| it.cpu)).median();
        Row::told(what, wall, String::new(), format!("processor {}", seconds(cpu)))
    };
    Ok(vec![
        first,
        second,
        time("the run among 100,000 live, whole command", &among),
        time("the run with 10,000 desired, whole command", &wanting),
    ])
}

/// Whole commands, each of which has to find exactly what differs.
fn runs(recording: &Path, desired: usize, live: usize) -> Result<Vec<Taken>> {
    let hub = hub::start(desired, live)?;
    let cluster = live::start(recording, live)?;
    let detector = Detector::new(&hub.ready, &cluster.ready.kubeconfig())?;
    let drift = live::drift(manifests::spread(desired, live)).collect();
    let run = |_| {
        let taken = detector.run(&[])?;
        let found = detector.findings(desired)?;
        ensure!(found == drift, "found {found:?} instead of {drift:?}");
        Ok(taken)
    };
    (0..RUNS).map(run).collect()
}

fn bytes(all: &[Taken]) -> Sample {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    Sample::new(all.iter().map(|it| it.peak as f64).collect())
}
