//! Every request to a cluster.

use anyhow::{Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::Story;
use drift_detector::demo::world::Profile;

use super::{ensure_honest, ensure_right_exit, ensure_struck, faults, for_each, story};
use crate::estate::{Estate, THREE, config_map, live_config_map};

const TRUTH: &[&str] = &["drifted /data/mode"];

/// What makes requests of a kind happen.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Objects are read by name.
    Few,
    /// Objects are read by list.
    Many,
    /// The server is from before aggregated discovery.
    Old,
}

const REQUESTS: [(Way, &[&str]); 3] = [
    (
        Way::Few,
        &[
            "GET /api$",
            "GET /apis$",
            "GET /api/v1/namespaces/shop/configmaps/*$",
            "GET /apis/apps/v1/namespaces/shop/deployments/*$",
        ],
    ),
    (Way::Many, &["GET /api/v1/namespaces/shop/configmaps$"]),
    (Way::Old, &["GET /api$", "GET /apis$", "GET /api/v1$", "GET /apis/apps/v1$"]),
];

/// More objects of a kind than are read by name.
fn with_many(mut story: Story) -> Story {
    for name in ["a", "b", "c", "d", "e", "f"] {
        for space in &mut story.spaces {
            space.units.push((name, config_map(name, "fast").as_str()).into());
        }
        for cluster in &mut story.clusters {
            cluster.objects.push(live_config_map(name, "fast"));
        }
    }
    story
}

#[test]
fn whatever_one_cluster_answers_the_others_are_compared() -> Result<()> {
    let mut cases = Vec::new();
    for (way, requests) in REQUESTS {
        for request in requests {
            cases.extend(faults().into_iter().map(|fault| (way, *request, fault)));
        }
    }
    // What waits longest first.
    cases.sort_by_key(|(_, _, fault)| !matches!(fault, Fault::Slow(_)));
    for_each(&cases, |(way, request, fault)| {
        let what = format!("prod {way:?} {request} {fault:?}");
        let story = story(&["dev", "staging", "prod"]);
        let story = if matches!(way, Way::Many) { with_many(story) } else { story };
        let estate = Estate::new(&story, Profile::Release, THREE)?;
        if matches!(way, Way::Old) {
            estate.world.cluster("prod")?.grow_old();
        }
        estate.world.inject("prod", Rule::new(fault.clone()).on(request))?;
        // The others have to be done when time is up, however loaded the machine is: only what hangs gets a limit at all.
        let timeout = if matches!(fault, Fault::Slow(_)) { "60s" } else { "1h" };
        let answer = estate.detector()?.arguments(["run", "--timeout", timeout]).run()?;
        ensure_struck(&estate, "prod", &what)?;
        let report = answer.report()?;
        for intact in [0, 1] {
            let environment = &report["environments"][intact];
            ensure!(environment["complete"] == true, "{what}: {environment:#}");
            ensure_honest(environment, TRUTH, &what)?;
        }
        ensure_honest(&report["environments"][2], TRUTH, &what)?;
        ensure_right_exit(&answer, &what)
    })
}
