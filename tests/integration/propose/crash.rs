//! The process is killed at each of its requests to ConfigHub in turn: before ConfigHub sees it, and, where it changes
//! something, after it landed and before the answer came. The next run finishes or undoes what was begun.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::world::Profile;

use super::door::{Counted, Door};
use super::scene::{ACTS, Act, Scene};
use super::{PROFILES, writes};
use crate::faults::for_each;

/// Where the process is killed.
#[derive(Clone, Copy, Debug)]
enum Killed {
    /// The request of this number came to the door and no further.
    Before(Counted, usize),
    /// The write of this number landed, and the answer did not come.
    After(usize),
}

/// What happens before the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    /// Somebody puts the cluster right.
    DriftGone,
    /// Somebody changes the cluster once more.
    DriftChanged,
}

/// How many requests of this kind a whole run makes.
fn requests(profile: Profile, act: Act, counted: Counted) -> Result<usize> {
    let scene = Scene::new(profile, act)?;
    let door = Door::new(&scene.estate.world, counted)?;
    door.open();
    let answer = scene.behind(door.url())?.run()?;
    ensure!(answer.code == Some(0), "{}", answer.said());
    scene.ensure_done().with_context(|| answer.said())?;
    Ok(door.seen().answered)
}

fn kill(scene: &Scene, at: Killed) -> Result<()> {
    let (counted, asks, answers) = match at {
        Killed::Before(counted, n) => (counted, n - 1, n - 1),
        Killed::After(n) => (Counted::Writes, n, n - 1),
    };
    let door = Door::new(&scene.estate.world, counted)?;
    door.ask(asks);
    door.answer(answers);
    let detector = scene.behind(door.url())?;
    let mut run = detector.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let reached = door.until(|it| it.landed == asks && it.answered == answers && it.asked > answers);
    // By its id, and without a chance to tidy up.
    run.kill()?;
    let ended = run.wait()?;
    reached?;
    ensure!(ended.code().is_none(), "it was at its end before: {ended}");
    Ok(())
}

#[test]
fn wherever_a_run_is_killed_the_next_one_finishes_or_undoes() -> Result<()> {
    let mut cases = Vec::new();
    for profile in PROFILES {
        for act in ACTS {
            let (all, some) = (requests(profile, act, Counted::Requests)?, requests(profile, act, Counted::Writes)?);
            ensure!(all > 2 * some && some >= 3, "{profile:?} {act:?}: {all} requests, {some} writes");
            let kills = (1..=all).map(|n| Killed::Before(Counted::Requests, n)).chain((1..=some).map(Killed::After));
            cases.extend(kills.map(|at| (profile, act, at)));
        }
    }
    for_each(&cases, |(profile, act, at)| {
        let check = || {
            let scene = Scene::new(*profile, *act)?;
            kill(&scene, *at)?;
            let next = scene.run()?;
            scene.ensure_done().with_context(|| format!("{:#}", next["environments"][0]["proposal"]))?;
            ensure_quiet(&scene)
        };
        check().with_context(|| format!("{profile:?} {act:?} killed {at:?}"))
    })
}

#[test]
fn what_a_killed_run_began_is_found_also_where_the_drift_is_another_one_then() -> Result<()> {
    let mut cases = Vec::new();
    for profile in PROFILES {
        for act in [Act::Revert, Act::Accept, Act::Repropose] {
            for meanwhile in [Meanwhile::DriftGone, Meanwhile::DriftChanged] {
                let some = requests(profile, act, Counted::Writes)?;
                let kills = (1..=some).flat_map(|n| [Killed::Before(Counted::Writes, n), Killed::After(n)]);
                cases.extend(kills.map(|at| (profile, act, meanwhile, at)));
            }
        }
    }
    for_each(&cases, |(profile, act, meanwhile, at)| {
        let check = || {
            let mut scene = Scene::new(*profile, *act)?;
            kill(&scene, *at)?;
            let began = scene.look()?.changesets.len();
            match meanwhile {
                Meanwhile::DriftGone => scene.now(Act::Close, "fast")?,
                Meanwhile::DriftChanged => scene.now(*act, "slowest")?,
            }
            let next = scene.run()?;
            let next =
                || format!("{:#}\n{:#?}", next["environments"][0]["proposal"], scene.look().map(|it| it.changesets));
            if *meanwhile == Meanwhile::DriftGone {
                ensure!(scene.look()?.changesets.len() == began, "{}", next());
                scene.ensure_untouched().with_context(next)?;
            } else {
                scene.ensure_done().with_context(next)?;
            }
            ensure_quiet(&scene)
        };
        check().with_context(|| format!("{profile:?} {act:?} killed {at:?}, then {meanwhile:?}"))
    })
}

/// One more run has nothing to do and says so.
fn ensure_quiet(scene: &Scene) -> Result<()> {
    scene.ensure_told_once()?;
    let before = writes(&scene.estate).len();
    scene.ensure_told(&scene.run()?)?;
    let more = &writes(&scene.estate)[before..];
    ensure!(more.is_empty(), "the run after that writes: {more:#?}");
    Ok(())
}
