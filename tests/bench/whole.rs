//! The whole command against `kubectl diff`, on the same objects of the same API server.

use anyhow::{Result, ensure};

use crate::measure::Taken;
use crate::scene::{OBJECTS, Scene};
use crate::table::{Row, Sample, Verdict, seconds};

/// Each round runs kubectl once and the detector this often.
const OURS: usize = 5;
const ROUNDS: usize = 3;

/// How many times as fast we have to be.
const BAR: f64 = 30.0;

/// Applied as ConfigHub does. Without the last, kubectl gives up where another manager owns a field, which is all drift.
const SERVER_SIDE: [&str; 3] = ["--server-side", "--field-manager=confighub", "--force-conflicts"];

pub(crate) fn rows(scene: &Scene) -> Result<Vec<Row>> {
    let detector = scene.detector()?;
    let (mut ours, mut server_side) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        server_side.push(diff(scene, &SERVER_SIDE)?);
        for _ in 0..OURS {
            ours.push(detector.run(&[])?);
            let found = detector.findings(OBJECTS)?;
            ensure!(found == scene.drift, "found {found:?} instead of {:?}", scene.drift);
        }
    }
    let client_side = [diff(scene, &[])?];
    let parallel = [diff(scene, &[&SERVER_SIDE[..], &["--concurrency=8"]].concat())?];

    let wall = |all: &[Taken]| Sample::of_times(all.iter().map(|it| it.wall));
    let cpu = |all: &[Taken]| Sample::of_times(all.iter().map(|it| it.cpu));
    let us = wall(&ours);
    let against = |name: &str, all: &[Taken]| {
        let ratio = wall(all).median() / us.median();
        let what = format!("whole command, {OBJECTS} objects, {} drifted and found", scene.drift.len());
        let alternative = format!("{name}: {}", wall(all).shown(seconds));
        (ratio, Row::told(&what, us.shown(seconds), alternative, format!("{ratio:.1} times as fast")))
    };
    let (ratio, row) = against("kubectl diff --server-side", &server_side);
    let bar = format!("at least {BAR} times");
    let first = Row { bar, verdict: Verdict::of(ratio >= BAR), ..row };
    let processor = Row::told(
        "the same, processor time of the client",
        cpu(&ours).shown(seconds),
        format!("kubectl diff --server-side: {}", cpu(&server_side).shown(seconds)),
        format!("{:.1} times less", cpu(&server_side).median() / cpu(&ours).median()),
    );
    let (_, client_side) = against("kubectl diff (client side)", &client_side);
    let (_, parallel) = against("kubectl diff --server-side --concurrency=8", &parallel);
    Ok(vec![first, processor, client_side, parallel])
}

fn diff(scene: &Scene, arguments: &[&str]) -> Result<Taken> {
    let (taken, found) = scene.kubectl_diff(arguments)?;
    let want = scene.drift.len();
    ensure!(found >= want, "kubectl diff found {found} objects that differ instead of {want}");
    Ok(taken)
}
