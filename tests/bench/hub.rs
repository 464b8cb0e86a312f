//! ConfigHub with one Space whose units hold one manifest each.

use anyhow::{Context as _, Result, bail};
use drift_detector::demo::journal::Journaling;
use drift_detector::demo::story::{Space, Story, Unit};
use drift_detector::demo::world::{Profile, World};
use serde::{Deserialize, Serialize};

use crate::manifests;
use crate::stand_in::{self, StandIn};

/// The first argument that makes this binary a ConfigHub.
pub(crate) const ROLE: &str = "confighub";

/// Slug of the Space.
pub(crate) const SPACE: &str = "bench";

/// How to reach it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) url: String,
    pub(crate) token: String,
}

/// Starts one with so many units, spread over the applications that `live` objects make.
pub(crate) fn start(desired: usize, live: usize) -> Result<StandIn<Ready>> {
    StandIn::start(ROLE, &[desired.to_string(), live.to_string()])
}

/// What the process does.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [desired, live] = arguments else { bail!("the numbers of desired and live objects are needed") };
    let applications = manifests::spread(desired.parse()?, live.parse()?);
    let mut space = Space::new(SPACE);
    for manifest in applications.flat_map(manifests::objects) {
        space = space.unit(Unit::new(&manifest.name, &manifest.yaml));
    }
    let world = World::start_with(&Story::new().space(space), Profile::Release, Journaling::Off);
    let world = world.context("failed to start ConfigHub's stand-in")?;
    let ready = Ready { url: world.confighub_url()?, token: world.confighub_token().to_owned() };
    stand_in::announce(&ready)
}
