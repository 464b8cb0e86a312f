//! Our read-only verdict against the API server's own: random mutations of an estate, each judged by both.
//!
//! `DRIFT_SEED` and `DRIFT_MUTATIONS` change what is tried; `make soak` tries many more, on several minors.

mod accepted;
mod class;
mod diff;
mod estate;
mod judge;
mod mutate;
mod place;
mod random;
mod rewrite;
mod run;
mod schema;
mod server;
mod shrink;
mod value;
mod verb;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::apiserver::ApiServer;
use accepted::Used;
use class::Class;
use run::{Disagreement, Ground, Judged};
use server::{Api, Request};

/// What `make test` tries: the same every time, so that a failure is a change's fault.
const SEED: u64 = 20_261_123;
const MUTATIONS: usize = 500;

/// Folders of `tests/apiserver/build.sh`, one for each minor that `make soak` judges by.
const SOAK: &str = "DRIFT_SOAK";

/// Disagreements that are made small and shown; each takes a while.
const SHOWN: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_and_the_server_agree_on_every_mutation() -> Result<()> {
    // The one server of `make test`, or those of `make soak`.
    let folders = env::var_os(SOAK).map(|it| env::split_paths(&it).map(Some).collect()).unwrap_or(vec![None]);
    let seed = number("DRIFT_SEED")?.unwrap_or(SEED);
    let mutations = number("DRIFT_MUTATIONS")?.map_or(Ok(MUTATIONS), usize::try_from)?;
    let used = Used::default();
    let (mut wrong, mut judged) = (String::new(), 0);
    let share = mutations.div_ceil(folders.len());
    for (seed, folder) in (seed..).zip(folders) {
        let server = folder.map_or_else(ApiServer::start, |it| ApiServer::start_from(it).map(Some))?;
        let Some(server) = server else { return Ok(()) };
        let (more, here) = judge_all(&server, seed, share, &used).await?;
        wrong.push_str(&here);
        judged += more;
    }
    let (accepted, unused) = used.tell(judged);
    write!(std::io::stderr(), "{accepted}")?;
    ensure!(wrong.is_empty(), "{wrong}");
    ensure!(unused.is_empty(), "accepted disagreements that should have come up: {unused:#?}\n{accepted}");
    Ok(())
}

/// How many mutations were judged on this server, and what is wrong; empty: nothing.
async fn judge_all(server: &ApiServer, seed: u64, mutations: usize, used: &Used) -> Result<(usize, String)> {
    let ground = Ground::prepare(Api::new(server)?, used).await?;
    let mut wrong = shipped(&ground).await?;
    let since = Instant::now();
    let mut judged = ground.run(seed, mutations).await?;
    let controllers = server.controllers()?;
    judged.extend(ground.run_controlled(seed).await?);
    drop(controllers);

    let version = ground.api.get("/version").await?.body["gitVersion"].as_str().unwrap_or_default().to_owned();
    let report = format!("{version}, {}", report(seed, &judged, &ground.api.notes(), since)?);
    // Not by `println`, which cargo shows only for tests that fail.
    write!(std::io::stderr(), "{report}")?;
    let disagreements: Vec<&Disagreement> = judged.iter().filter_map(|it| it.disagreement.as_ref()).collect();
    if !disagreements.is_empty() {
        write!(wrong, "{report}{}", tell(&ground, seed, &disagreements).await?)?;
    }
    let tally = run::tally(&judged);
    let drift = judged.iter().filter(|it| it.is_drift).count();
    // Too few say nothing about the classes.
    let least = if mutations < MUTATIONS { 0 } else { mutations / 25 };
    if let Some(rare) = Class::ALL.into_iter().find(|it| tally.get(it).map_or(0, |(all, _)| *all) < least) {
        writeln!(wrong, "{rare:?} came less than {least} times\n{report}")?;
    }
    if drift * 2 < judged.len() {
        writeln!(wrong, "less than half of the mutations are drift\n{report}")?;
    }
    Ok((judged.len(), wrong))
}

/// The estate as it was shipped: nobody may find anything.
async fn shipped(ground: &Ground<'_>) -> Result<String> {
    let mut wrong = String::new();
    for (index, base) in ground.bases.iter().enumerate() {
        let desired = base.manifest(&format!("clean{index}"));
        let path = base.path(&desired);
        ground.api.done(&mutate::shipped(&path, &desired)).await.with_context(|| base.title())?;
        let opinions = ground.ask(base, &path, &desired).await?;
        if opinions.is_drift() || !opinions.ours.is_empty() {
            writeln!(wrong, "{} as shipped: server {:?}, we {:?}", base.title(), opinions.theirs, opinions.ours)?;
        }
        ground.api.done(&Request::delete(&path)).await?;
    }
    Ok(wrong)
}

fn number(variable: &str) -> Result<Option<u64>> {
    let text = env::var(variable).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).with_context(|| format!("{variable} is no number"))
}

fn report(seed: u64, judged: &[Judged], notes: &[String], since: Instant) -> Result<String> {
    let mut text = String::new();
    let drift = judged.iter().filter(|it| it.is_drift).count();
    let wrong = judged.iter().filter(|it| it.disagreement.is_some()).count();
    let seconds = since.elapsed().as_secs();
    writeln!(
        text,
        "seed {seed}: {} mutations in {seconds} s, {drift} are drift by the server, {wrong} disagreements",
        judged.len()
    )?;
    for note in notes {
        writeln!(text, "  {note}")?;
    }
    for (class, (all, drift)) in run::tally(judged) {
        writeln!(text, "  {class:?}: {all}, {drift} drift")?;
    }
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for it in judged {
        let kind = it.title.split(' ').next().unwrap_or_default();
        let (all, wrong) = kinds.entry(kind).or_default();
        *all += 1;
        *wrong += usize::from(it.disagreement.is_some());
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, (all, wrong))| format!("{kind} {all}/{wrong}")).collect();
    writeln!(text, "  mutations/disagreements by kind: {}", kinds.join(", "))?;
    Ok(text)
}

/// Each sort of disagreement once, as small as it gets.
async fn tell(ground: &Ground<'_>, seed: u64, found: &[&Disagreement]) -> Result<String> {
    let mut sorts: BTreeMap<_, Vec<&Disagreement>> = BTreeMap::new();
    for disagreement in found {
        let kind = &ground.bases[disagreement.base].gvk.kind;
        let sort = disagreement.problems.first().map(shrink::sort);
        sorts.entry((kind, sort)).or_default().push(disagreement);
    }
    let mut text = String::new();
    for (number, ((kind, _), alike)) in sorts.into_iter().enumerate() {
        let Some(first) = alike.first() else { continue };
        writeln!(
            text,
            "\n## {kind}: {:?} ({} times; case {}, {:?})",
            first.problems,
            alike.len(),
            first.case,
            first.class
        )?;
        if number >= SHOWN {
            continue;
        }
        let small = shrink::shrink(ground, first).await?;
        writeln!(
            text,
            "server: {:?}\nwe: {:?}\nproblems: {:?}",
            small.opinions.theirs, small.opinions.ours, small.problems
        )?;
        writeln!(text, "desired: {}\nlive: {}", small.opinions.desired, bare(&small.opinions.live))?;
        for request in &small.history {
            writeln!(text, "request: {request:?}")?;
        }
    }
    if !text.is_empty()
        && let Some(file) = env::var_os("DRIFT_DISAGREEMENTS")
    {
        fs::write(file, format!("seed {seed}\n{text}"))?;
    }
    Ok(text)
}

/// Without what says nothing about the disagreement.
fn bare(live: &Value) -> Value {
    let mut live = live.clone();
    if let Some(metadata) = live.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| {
            !matches!(key.as_str(), "managedFields" | "uid" | "resourceVersion" | "creationTimestamp" | "generation")
        });
    }
    live
}
