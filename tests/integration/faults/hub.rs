//! Every request to ConfigHub.

use anyhow::Result;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::Space;
use drift_detector::demo::world::{CONFIGHUB, Profile};

use super::{ensure_honest, ensure_right_exit, ensure_struck, faults, for_each, story};
use crate::detector::Detector;
use crate::estate::{Estate, ONE, config_map};

/// What makes requests of a kind happen.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    /// Worker credentials instead of a token.
    Worker,
    /// The units are selected by a Filter.
    Filter,
    /// A unit is edited after it was listed.
    Edited,
    /// The same, and head is desired.
    EditedHead,
}

const PLAIN: &[&str] = &[
    "GET /info$",
    "GET /space$",
    "GET /space/*/unit$",
    "GET /unit_data$",
    "GET /space/*/release$",
    "GET /space/*/unit/*/revision/*/data$",
];
/// The older service has neither data of many units nor Releases.
const OLDER: &[&str] = &["GET /info$", "GET /space$", "GET /space/*/unit$", "GET /space/*/unit/*/revision/*/data$"];

/// The older service sends data with the list of units: no edit comes in between.
const REQUESTS: [(Profile, Way, &[&str]); 8] = [
    (Profile::Release, Way::Plain, PLAIN),
    (Profile::Bridge, Way::Plain, OLDER),
    (Profile::Release, Way::Worker, &["POST /auth/worker$"]),
    (Profile::Bridge, Way::Worker, &["POST /auth/worker$"]),
    (Profile::Release, Way::Filter, &["GET /space/*/filter$"]),
    (Profile::Bridge, Way::Filter, &["GET /space/*/filter$"]),
    (Profile::Release, Way::Edited, &["GET /space/*/unit/*$", "GET /space/*/unit/*/revision/*/data$"]),
    (Profile::Release, Way::EditedHead, &["GET /space/*/unit/*$", "GET /space/*/unit/*/data$"]),
];

impl Way {
    fn estate(self, profile: Profile) -> Result<Estate> {
        let (story, config) = match self {
            Self::Filter => {
                let all = Space::new("filters").filter("all", "Slug != 'nobody'");
                (story(&["dev"]).space(all), format!("{ONE}scope:\n  filter: filters/all\n"))
            }
            Self::EditedHead => (story(&["dev"]), format!("{ONE}compare-to: head\n")),
            Self::Plain | Self::Worker | Self::Edited => (story(&["dev"]), ONE.to_owned()),
        };
        let estate = Estate::new(&story, profile, &config)?;
        if matches!(self, Self::Edited | Self::EditedHead) {
            let text = format!("# edited\n{}", config_map("drifted", "fast"));
            estate.world.confighub().edit_after_unit_list("shop-dev", "drifted", &text);
        }
        Ok(estate)
    }

    fn detector(self, estate: &Estate) -> Result<Detector> {
        let detector = estate.detector()?.arguments(["run", "--timeout", "9s"]);
        let (id, secret) = estate.world.worker();
        Ok(match self {
            Self::Worker => detector
                .variable("CUB_TOKEN", "")
                .variable("CONFIGHUB_WORKER_ID", id)
                .variable("CONFIGHUB_WORKER_SECRET", secret),
            Self::Plain | Self::Filter | Self::Edited | Self::EditedHead => detector,
        })
    }

    /// Findings of a run that nothing disturbs.
    fn truth(self) -> &'static [&'static str] {
        match self {
            Self::EditedHead => &["drifted /data/mode", "pending /data/mode"],
            Self::Plain | Self::Worker | Self::Filter | Self::Edited => &["drifted /data/mode"],
        }
    }
}

#[test]
fn whatever_confighub_answers_the_verdict_is_true_or_marked_as_partial() -> Result<()> {
    let mut cases: Vec<(Profile, Way, &str, Fault)> = Vec::new();
    for (profile, way, requests) in REQUESTS {
        for request in requests {
            cases.extend(faults().into_iter().map(|fault| (profile, way, *request, fault)));
        }
    }
    for_each(&cases, |(profile, way, request, fault)| {
        let what = format!("{profile:?} {way:?} {request} {fault:?}");
        let estate = way.estate(*profile)?;
        estate.world.inject(CONFIGHUB, Rule::new(fault.clone()).on(request))?;
        let answer = way.detector(&estate)?.run()?;
        ensure_struck(&estate, CONFIGHUB, &what)?;
        ensure_honest(&answer.report()?["environments"][0], way.truth(), &what)?;
        ensure_right_exit(&answer, &what)
    })
}

#[test]
fn without_a_fault_each_way_finds_the_truth() -> Result<()> {
    for_each(&REQUESTS, |(profile, way, _)| {
        let what = format!("{profile:?} {way:?}");
        let estate = way.estate(*profile)?;
        let answer = way.detector(&estate)?.run()?;
        let environment = &answer.report()?["environments"][0];
        anyhow::ensure!(environment["complete"] == true, "{what}: {environment:#}");
        ensure_honest(environment, way.truth(), &what)
    })
}
