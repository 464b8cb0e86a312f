//! The time of a run is shared: what hangs does not take it from the others.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::world::{CONFIGHUB, Profile};

use super::{ensure_honest, ensure_right_exit, ensure_struck, for_each, story};
use crate::estate::Estate;

/// Which service does not answer for an environment.
#[derive(Clone, Copy, Debug)]
enum Hangs {
    Cluster,
    ConfigHub,
}

const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];

#[test]
fn where_all_environments_but_one_hang_that_one_is_compared_wherever_it_stands() -> Result<()> {
    let mut config = "version: 1\nenvironments:\n".to_owned();
    for name in NAMES {
        writeln!(config, "  - {{name: {name}, targets: [{{space: shop-{name}, namespace: shop}}]}}")?;
    }
    let cases: Vec<_> = [Hangs::Cluster, Hangs::ConfigHub]
        .into_iter()
        .flat_map(|it| (0..NAMES.len()).map(move |well| (it, well)))
        .collect();
    for_each(&cases, |(hangs, well)| {
        let what = format!("{hangs:?} hangs for all but `{}`", NAMES[*well]);
        let estate = Estate::new(&story(&NAMES), Profile::Release, &config)?;
        let hanging = || NAMES.iter().enumerate().filter(|(index, _)| index != well);
        for (_, name) in hanging() {
            let rule = Rule::new(Fault::Slow(Duration::from_secs(120)));
            match hangs {
                Hangs::Cluster => estate.world.inject(name, rule)?,
                Hangs::ConfigHub => {
                    let space = estate.world.confighub().space_id(&format!("shop-{name}"));
                    estate.world.inject(CONFIGHUB, rule.on(&format!("GET /space/{space}/unit$")))?;
                }
            }
        }
        let answer = estate.detector()?.arguments(["run", "--timeout", "20s"]).run()?;
        let report = answer.report()?;
        let environment = &report["environments"][*well];
        ensure!(environment["complete"] == true, "{what}: {environment:#}");
        ensure_honest(environment, &["drifted /data/mode"], &what)?;
        for (index, name) in hanging() {
            let environment = &report["environments"][index];
            ensure!(environment["status"] == "failed", "{what}: {environment:#}");
            ensure!(environment.to_string().contains("timed-out"), "{what}: {environment:#}");
            if matches!(hangs, Hangs::Cluster) {
                ensure_struck(&estate, name, &what)?;
            }
        }
        if matches!(hangs, Hangs::ConfigHub) {
            ensure!(estate.world.struck(CONFIGHUB) == NAMES.len() - 1, "{what}: each is asked once");
        }
        ensure_right_exit(&answer, &what)
    })
}
