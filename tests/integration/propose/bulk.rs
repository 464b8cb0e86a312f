//! Very many units at once: requests are few and fit the service's limits.

use anyhow::{Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::{CONFIGHUB, Profile};

use super::{PROFILES, proposing};
use crate::estate::{Estate, ONE, config_map, live_config_map};

const UNITS: usize = 500;
/// The service refuses longer expressions.
const LONGEST_WHERE: usize = 4096;

#[test]
fn five_hundred_units_take_few_requests_each() -> Result<()> {
    for profile in PROFILES {
        let names: Vec<String> = (0..UNITS).map(|n| format!("settings-{n:03}")).collect();
        let space = names.iter().fold(Space::new("shop-dev").namespace("shop"), |space, name| {
            space.unit((name.as_str(), config_map(name, "fast").as_str()))
        });
        let live = names.iter().map(|name| live_config_map(name, "slow")).collect();
        let story = Story::new().space(space).cluster(ClusterStory::new("dev", live));
        let estate = Estate::new(&story, profile, ONE)?;
        estate.run()?;
        let compared = estate.world.journal().iter().filter(|it| it.service == CONFIGHUB).count();
        estate.world.journal_book().clear();
        let report = proposing(&estate)?.report()?;
        let units = report["environments"][0]["proposal"]["units"].as_array().map_or(0, Vec::len);
        let told = report["environments"][0]["proposal"].to_string().matches("\"state\":\"proposed\"").count();
        ensure!((units, told) == (UNITS, UNITS), "{profile:?}: {units} units, {told} proposed");
        let journal = estate.world.journal();
        let of_hub: Vec<_> = journal.iter().filter(|it| it.service == CONFIGHUB).collect();
        let added = of_hub.len() - compared;
        // Per unit on today's service: a lock, whose description is its own, and a remark; on the older one: what drifted,
        // looked at before it is written, and what is restored. All else is once for many.
        let each = match profile {
            Profile::Release => 2,
            Profile::Bridge => 3,
        };
        ensure!(added <= each * UNITS + UNITS / 5, "{profile:?}: {added} requests for {UNITS} units");
        for exchange in of_hub {
            let pairs: Vec<(String, String)> =
                reqwest::Url::parse(&format!("http://hub/?{}", exchange.query))?.query_pairs().into_owned().collect();
            let longest = pairs.iter().filter(|(name, _)| name == "where").map(|(_, it)| it.chars().count()).max();
            ensure!(longest.is_none_or(|it| it < LONGEST_WHERE), "{longest:?} {} {}", exchange.method, exchange.path);
        }
    }
    Ok(())
}
