//! An environment with two drifted units, at the moment before a run that changes ConfigHub, and what must be true after it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::{as_user, ids, proposing, states};
use crate::detector::Detector;
use crate::estate::{Estate, ONE, config_map, live_config_map};

pub(super) const UNITS: [&str; 2] = ["backend", "frontend"];
const SPACE: &str = "shop-dev";

/// What the run is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It proposes that the cluster goes back.
    Revert,
    /// It proposes that ConfigHub takes what runs; a gate is proven where the service has such.
    Accept,
    /// The drift of both units is another one than the last run proposed for.
    Repropose,
    /// Drift whose acceptance is at head is gone.
    Close,
}

pub(super) const ACTS: [Act; 4] = [Act::Revert, Act::Accept, Act::Repropose, Act::Close];

/// The world at that moment.
pub(super) struct Scene {
    pub(super) estate: Estate,
    pub(super) act: Act,
    /// What the cluster runs.
    runs: &'static str,
}

impl Scene {
    pub(super) fn new(profile: Profile, act: Act) -> Result<Self> {
        Self::with(profile, act, |_| ())
    }

    /// `prepare`: what is to be so before anything happens.
    pub(super) fn with(profile: Profile, act: Act, prepare: impl FnOnce(&Estate)) -> Result<Self> {
        let space = UNITS.iter().fold(Space::new(SPACE).namespace("shop"), |space, unit| {
            space.unit((*unit, config_map(unit, "fast").as_str()))
        });
        let accepts = matches!(act, Act::Accept | Act::Close);
        let space = if accepts && profile == Profile::Release { space.approval_gate() } else { space };
        let live = UNITS.iter().map(|unit| live_config_map(unit, "slow")).collect();
        let story = Story::new().space(space).cluster(ClusterStory::new("dev", live));
        let rules = if accepts { "directions: [{direction: accept}]\n" } else { "" };
        let estate = Estate::new(&story, profile, &format!("{ONE}{rules}"))?;
        prepare(&estate);
        let mut scene = Self { estate, act, runs: "slow" };
        match act {
            Act::Revert | Act::Accept => {}
            Act::Repropose => {
                scene.run()?;
                scene.now(act, "slower")?;
            }
            Act::Close => {
                scene.run()?;
                scene.now(act, "fast")?;
            }
        }
        Ok(scene)
    }

    /// The cluster runs this from now on, and this is what comes of it.
    pub(super) fn now(&mut self, act: Act, runs: &'static str) -> Result<()> {
        (self.act, self.runs) = (act, runs);
        for unit in UNITS {
            self.estate.world.cluster("dev")?.put("kubectl-edit", live_config_map(unit, runs));
        }
        Ok(())
    }

    /// A run of the worker, in this process.
    pub(super) fn run(&self) -> Result<Value> {
        proposing(&self.estate)?.report()
    }

    /// The same behind a door.
    pub(super) fn behind(&self, url: String) -> Result<Detector> {
        Ok(proposing(&self.estate)?.variable("CUB_API_URL", url))
    }

    /// What ConfigHub holds now.
    pub(super) fn look(&self) -> Result<Look> {
        let (space, _) = ids(&self.estate, SPACE, "");
        as_user(&self.estate, "alice", async |raw| {
            let list = async |path: String, kind: &str| -> Result<Vec<Value>> {
                let found = raw.get(&path).await?.json()?;
                Ok(found.as_array().context("a list")?.iter().map(|it| it[kind].clone()).collect())
            };
            let changesets = list(format!("/space/{space}/change_set"), "ChangeSet").await?;
            let mut units = Vec::new();
            for unit in list(format!("/space/{space}/unit"), "Unit").await? {
                let path = format!("/space/{space}/unit/{}", unit["UnitID"].as_str().context("an id")?);
                let mut history = list(format!("{path}/revision"), "Revision").await?;
                history.sort_by_key(|it| it["RevisionNum"].as_i64());
                let told = |it: &Value| it["Description"].as_str().unwrap_or_default().to_owned();
                units.push(Held {
                    slug: unit["Slug"].as_str().context("a slug")?.to_owned(),
                    is_locked: unit["ChangeSetID"].as_str().is_some_and(|id| !id.starts_with("00000000")),
                    data: raw.get(&format!("{path}/data")).await?.text,
                    history: history.iter().map(told).collect(),
                });
            }
            Ok(Look { changesets, units })
        })
    }

    /// What head must hold when the act is done.
    pub(super) fn intended(&self, unit: &str) -> String {
        config_map(unit, if self.act == Act::Accept { self.runs } else { "fast" })
    }

    /// The state of ConfigHub when the act is done: one ChangeSet, everything in it once, nothing locked.
    pub(super) fn ensure_done(&self) -> Result<()> {
        let look = self.look()?;
        let [changeset] = look.changesets.as_slice() else { bail!("not one ChangeSet: {:#?}", look.changesets) };
        ensure!(is_closed(changeset) == (self.act == Act::Close), "{changeset:#}");
        let marks: BTreeSet<String> = marks(changeset).collect();
        let wanted = UNITS.map(|it| format!("drift-detector/unit.{}", ids(&self.estate, SPACE, it).1));
        ensure!(marks == BTreeSet::from(wanted), "marks: {marks:?}");
        self.ensure_free(&look)
    }

    /// Nothing that was written was written once more.
    pub(super) fn ensure_told_once(&self) -> Result<()> {
        for Held { slug, history, .. } in &self.look()?.units {
            let mut last = history.iter().rev();
            ensure!(last.next() != last.next(), "{slug} ends twice: {history:#?}");
        }
        Ok(())
    }

    /// The state of ConfigHub where nothing is left of proposals but what is closed or empty.
    pub(super) fn ensure_untouched(&self) -> Result<()> {
        let look = self.look()?;
        for changeset in &look.changesets {
            ensure!(is_closed(changeset) || marks(changeset).count() == 0, "{changeset:#}");
        }
        self.ensure_free(&look)
    }

    /// Nothing is locked, and the data are right.
    fn ensure_free(&self, look: &Look) -> Result<()> {
        ensure!(look.units.len() == UNITS.len(), "{:?}", look.units);
        for unit in &look.units {
            ensure!(!unit.is_locked, "it is locked: {unit:#?}");
            ensure!(unit.data == self.intended(&unit.slug), "{unit:#?}");
        }
        Ok(())
    }

    /// What a run says when the act is done.
    pub(super) fn ensure_told(&self, report: &Value) -> Result<()> {
        let told = states(&report["environments"][0]["proposal"]);
        let wanted = match self.act {
            Act::Close => "-: ",
            Act::Revert | Act::Accept | Act::Repropose => "waiting: backend waiting, frontend waiting",
        };
        ensure!(told == wanted, "{told}: {:#}", report["environments"][0]["proposal"]);
        Ok(())
    }
}

/// What ConfigHub holds.
pub(super) struct Look {
    pub(super) changesets: Vec<Value>,
    pub(super) units: Vec<Held>,
}

/// A unit.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) slug: String,
    pub(super) is_locked: bool,
    pub(super) data: String,
    /// Descriptions of its revisions.
    pub(super) history: Vec<String>,
}

pub(super) fn is_closed(changeset: &Value) -> bool {
    !changeset["Labels"]["drift-detector/closed"].is_null()
}

/// Keys of the annotations that say what is proposed.
pub(super) fn marks(changeset: &Value) -> impl Iterator<Item = String> {
    let all = changeset["Annotations"].as_object().into_iter().flatten();
    all.map(|(key, _)| key.clone()).filter(|key| key.starts_with("drift-detector/unit."))
}

/// The states of the units, in their order; empty where there is no part about proposals.
pub(super) fn told(report: &Value) -> Vec<String> {
    let units = report["environments"][0]["proposal"]["units"].as_array().cloned().unwrap_or_default();
    units.iter().map(|it| it["state"].as_str().unwrap_or("-").to_owned()).collect()
}
