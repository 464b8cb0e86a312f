//! Every request that proposing adds to a run, by every way in which it can fail: the comparison says what it says without
//! it, nothing is claimed that does not stand, and once ConfigHub is well again the next run repairs.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::Value;

use super::scene::{Act, Look, Scene, UNITS, is_closed, marks};
use super::{PROFILES, ids, proposing, writes};
use crate::estate::Estate;
use crate::faults::{faults, for_each};

/// The acts that make all requests that there are; what the first makes is not tried again with the second.
const ACTS: [Act; 3] = [Act::Accept, Act::Close, Act::Repropose];

/// Requests to ConfigHub so far, as a rule's pattern has them: `GET /space/*/unit$`.
fn requests(estate: &Estate) -> BTreeSet<String> {
    let is_id = |part: &str| part.parse::<uuid::Uuid>().is_ok() || part.parse::<i64>().is_ok();
    let journal = estate.world.journal();
    let of_hub = journal.iter().filter(|it| it.service == CONFIGHUB);
    let pattern = of_hub.map(|it| {
        let path = it.path.strip_prefix("/api").unwrap_or(&it.path);
        let path: Vec<&str> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
        format!("{} {}$", it.method, path.join("/"))
    });
    pattern.collect()
}

/// What a run of this act asks for, and a run that only compares does not.
fn added(profile: Profile, act: Act) -> Result<BTreeSet<String>> {
    let scene = Scene::new(profile, act)?;
    let compared = {
        let other = Scene::new(profile, act)?;
        other.estate.world.journal_book().clear();
        other.estate.run()?;
        requests(&other.estate)
    };
    scene.estate.world.journal_book().clear();
    scene.run()?;
    let all = requests(&scene.estate);
    let login = "POST /auth/worker$".to_owned();
    // Detect follows proposals too: what it reads of them is left in.
    let of_comparison = ["GET /info$", "GET /space$", "GET /space/*/unit$", "GET /unit_data$", "GET /space/*/release$"];
    let is_compared = |it: &String| of_comparison.contains(&it.as_str()) || it.ends_with("/revision/*/data$");
    ensure!(compared.iter().any(is_compared), "{compared:?}");
    Ok(all.into_iter().filter(|it| !is_compared(it) && *it != login).collect())
}

/// What stands of a unit in ConfigHub bears out what the report says of it.
fn ensure_true(scene: &Scene, look: &Look, unit: &Value) -> Result<()> {
    let slug = unit["unit"].as_str().unwrap_or_default();
    if !["proposed", "reproposed", "waiting", "approved"].contains(&unit["state"].as_str().unwrap_or_default()) {
        return Ok(());
    }
    let key = format!("drift-detector/unit.{}", ids(&scene.estate, "shop-dev", slug).1);
    let marked = look.changesets.iter().filter(|it| !is_closed(it)).any(|it| marks(it).any(|mark| mark == key));
    ensure!(marked, "`{slug}` is {}, and nothing marks it", unit["state"]);
    let data = look.units.iter().find(|it| it.slug == slug).map(|it| it.data.as_str());
    // A gate that could not be looked at leaves accepted data for later, and the report says so.
    let is_later = unit["notes"].to_string().contains("promoted");
    ensure!(is_later || data == Some(&scene.intended(slug)), "`{slug}` is {}: {:#?}", unit["state"], look.units);
    Ok(())
}

#[test]
fn whatever_confighub_answers_nothing_is_claimed_that_does_not_stand() -> Result<()> {
    let mut cases = Vec::new();
    for profile in PROFILES {
        let mut tried = BTreeSet::new();
        for act in ACTS {
            for request in added(profile, act)? {
                let is_new = tried.insert(request.clone());
                // What looks like an answer is believed, so that it may do harm in each of them.
                let harmful = |fault: &Fault| is_new || [Fault::LyingEmpty, Fault::Status(404)].contains(fault);
                cases.extend(faults().into_iter().filter(harmful).map(|it| (profile, act, request.clone(), it)));
            }
        }
        ensure!(tried.len() >= 9, "{profile:?}: {tried:?}");
    }
    for_each(&cases, |(profile, act, request, fault)| {
        let check = || {
            let mut scene = Scene::new(*profile, *act)?;
            scene.estate.world.inject(CONFIGHUB, Rule::new(fault.clone()).on(request))?;
            let (code, report) = proposing(&scene.estate)?.variable("INPUT_TIMEOUT", "20s").run_here()?;
            ensure!(scene.estate.world.struck(CONFIGHUB) > 0, "no such request was made");
            let dev = &report["environments"][0];
            let status = if *act == Act::Close { "clean" } else { "drift" };
            let found = dev["targets"][0]["findings"].as_array().map_or(0, Vec::len);
            let truth = if *act == Act::Close { 0 } else { UNITS.len() };
            ensure!(
                code == 0 && dev["complete"] == true && dev["status"] == status && found == truth,
                "{code} {dev:#}"
            );
            scene.estate.world.heal(CONFIGHUB);
            let look = scene.look()?;
            ensure!(look.changesets.iter().filter(|it| !is_closed(it)).count() <= 1, "{:#?}", look.changesets);
            for unit in dev["proposal"]["units"].as_array().into_iter().flatten() {
                ensure_true(&scene, &look, unit).with_context(|| format!("{:#}", dev["proposal"]))?;
            }
            if dev["proposal"].to_string().contains("when they are promoted") {
                // The gate could not be proved: the data wait, also when it can be.
                scene.now(Act::Revert, "slow")?;
            }
            let next = scene.run()?;
            scene.ensure_done().with_context(|| {
                format!("after the next run: {:#}\nfirst: {:#}", next["environments"][0]["proposal"], dev["proposal"])
            })?;
            let before = writes(&scene.estate).len();
            scene.ensure_told(&scene.run()?)?;
            ensure!(writes(&scene.estate).len() == before, "the run after that writes");
            Ok(())
        };
        check().with_context(|| format!("{profile:?} {act:?} {request} {fault:?}"))
    })
}
