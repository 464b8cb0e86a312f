//! Two runs of one environment at the same time. Each talks to ConfigHub through a door of its own, so that a test decides
//! whose requests come when. One ChangeSet results, nothing stays locked that the next run does not free, and what a run
//! says stands does stand.

use std::thread;

use anyhow::{Context as _, Result, anyhow, ensure};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::door::{Counted, Door};
use super::scene::{Act, Scene, is_closed, marks, told};
use super::{PROFILES, writes};
use crate::faults::for_each;

/// Random schedules.
const SCHEDULES: u64 = 200;

/// Who runs to its end while the other is stopped.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// The second begins when the first is before its write of this number, and ends before the first goes on.
    SecondOvertakes(usize),
    /// The same, but that the write has landed and its answer has not come yet.
    SecondOvertakesTheAnswer(usize),
    /// Both have read, and the first has written up to its write of this number, when the second writes everything.
    FirstStops(usize),
    /// One to six requests of one, then of the other, as this seed has it.
    Random(u64),
}

/// Runs both in that order. Their reports, the first one's first; None: the first never comes so far.
fn run_both(scene: &Scene, order: Order) -> Result<Option<[Value; 2]>> {
    let counted = if let Order::Random(_) = order { Counted::Requests } else { Counted::Writes };
    let doors = [Door::new(&scene.estate.world, counted)?, Door::new(&scene.estate.world, counted)?];
    let run = |door: &Door| -> Result<Value> {
        let report = scene.behind(door.url()).and_then(|it| it.report());
        door.end();
        report
    };
    let [first, second] = &doors;
    thread::scope(|scope| {
        let one = scope.spawn(|| run(first));
        let begin = || scope.spawn(|| run(second));
        let conduct = || -> Result<_> {
            let reaches = |stop: usize| first.until(|it| it.asked > it.answered && it.answered == stop);
            Ok(match order {
                Order::SecondOvertakes(n) => {
                    first.answer(n - 1);
                    first.ask(n - 1);
                    let reached = !reaches(n - 1)?.ended;
                    second.open();
                    let two = begin();
                    second.until(|_| false)?;
                    (two, reached)
                }
                Order::SecondOvertakesTheAnswer(n) => {
                    first.answer(n - 1);
                    first.ask(n);
                    let reached = !first.until(|it| it.landed == n && it.answered == n - 1)?.ended;
                    second.open();
                    let two = begin();
                    second.until(|_| false)?;
                    (two, reached)
                }
                Order::FirstStops(n) => {
                    reaches(0)?;
                    let two = begin();
                    second.until(|it| it.asked > 0)?;
                    first.answer(n - 1);
                    first.ask(n - 1);
                    let reached = !reaches(n - 1)?.ended;
                    second.open();
                    second.until(|_| false)?;
                    (two, reached)
                }
                Order::Random(seed) => {
                    let two = begin();
                    shuffle(seed, &doors)?;
                    (two, true)
                }
            })
        };
        let conducted = conduct();
        doors.iter().for_each(Door::open);
        let (two, reached) = conducted?;
        let end = |it: thread::ScopedJoinHandle<'_, Result<Value>>| {
            it.join().map_err(|panic| anyhow!("a run panicked: {panic:?}"))?
        };
        let reports = [end(one)?, end(two)?];
        Ok(reached.then_some(reports))
    })
}

fn shuffle(seed: u64, doors: &[Door; 2]) -> Result<()> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = |below: u64| {
        // PCG's multiplier and increment; the upper bits are the random ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    doors.iter().for_each(|it| it.answer(1 << 20));
    let mut let_through = [0, 0];
    while doors.iter().any(|it| !it.seen().ended) {
        let which = usize::from(next(2) == 1);
        if doors[which].seen().ended {
            continue;
        }
        let more = usize::try_from(next(6))? + 1;
        doors[which].ask(more);
        let_through[which] += more;
        doors[which].until(|it| it.answered == let_through[which])?;
    }
    Ok(())
}

/// Everything that must be so after both.
fn ensure_well(scene: &Scene, reports: &[Value]) -> Result<()> {
    let look = scene.look()?;
    let open: Vec<_> = look.changesets.iter().filter(|it| !is_closed(it)).collect();
    ensure!(open.len() == usize::from(scene.act != Act::Close), "{open:#?}");
    let all = reports.iter().map(ToString::to_string).collect::<String>();
    for unit in &look.units {
        ensure!(!unit.is_locked || all.contains("locked"), "{} stays locked, and nobody says so", unit.slug);
    }
    let claims = reports.iter().flat_map(told).any(|it| ["proposed", "reproposed", "waiting"].contains(&&*it));
    ensure!(!claims || open.iter().any(|it| marks(it).count() > 0), "what is said to stand has no mark");
    let next = scene.run()?;
    scene.ensure_done().with_context(|| format!("after the next run: {}", self::said(&next)))?;
    // What the next run still had to do, one of the two had said.
    let unfinished = ["not-proposed", "locked"].iter().any(|it| all.contains(it));
    ensure!(unfinished || scene.ensure_told(&next).is_ok() || scene.act == Act::Close, "{}", self::said(&next));
    let before = writes(&scene.estate).len();
    scene.ensure_told(&scene.run()?)?;
    ensure!(writes(&scene.estate).len() == before, "the run after that writes");
    Ok(())
}

/// States and notes of the units.
fn said(report: &Value) -> String {
    let units = report["environments"][0]["proposal"]["units"].as_array().cloned().unwrap_or_default();
    units.iter().map(|it| format!("{} {} {}; ", it["unit"], it["state"], it["notes"])).collect()
}

fn check(profile: Profile, act: Act, order: Order) -> Result<bool> {
    let check = || -> Result<bool> {
        let scene = Scene::new(profile, act)?;
        let Some(reports) = run_both(&scene, order)? else { return Ok(false) };
        ensure_well(&scene, &reports).with_context(|| {
            let said = reports.each_ref().map(said);
            format!("{said:#?}\n{:#?}", scene.look().map(|it| it.units))
        })?;
        Ok(true)
    };
    check().with_context(|| format!("{profile:?} {act:?} {order:?}"))
}

#[test]
fn a_run_that_is_overtaken_before_any_of_its_writes_does_no_harm() -> Result<()> {
    let mut cases = Vec::new();
    for profile in PROFILES {
        for act in [Act::Revert, Act::Accept, Act::Repropose, Act::Close] {
            cases.extend([
                (profile, act, Order::SecondOvertakes as fn(usize) -> Order),
                (profile, act, Order::SecondOvertakesTheAnswer),
                (profile, act, Order::FirstStops),
            ]);
        }
    }
    for_each(&cases, |(profile, act, order)| {
        // Until the run has no write of that number.
        let mut at = 1;
        while check(*profile, *act, order(at))? {
            at += 1;
        }
        ensure!(at > 3, "{profile:?} {act:?}: it makes {} writes only", at - 1);
        Ok(())
    })
}

#[test]
fn two_runs_agree_whatever_the_order_of_their_requests() -> Result<()> {
    let seeds: Vec<u64> = (0..SCHEDULES).collect();
    for_each(&seeds, |seed| {
        let profile = PROFILES[usize::from(seed % 2 == 1)];
        let act = [Act::Revert, Act::Accept, Act::Repropose, Act::Close][usize::try_from(seed / 2 % 4)?];
        check(profile, act, Order::Random(*seed)).map(drop)
    })
}
