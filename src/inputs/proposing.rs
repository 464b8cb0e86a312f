//! What becomes of drift: whether anything is proposed, where, and by which rules.

use std::collections::BTreeMap;

use crate::model::proposal::{DirectionRule, Lock, Proposals};

use super::config;
use super::problem::{Found, Problem, listed, quoted, suggestion};
use super::project::Project;
use super::settings::{Setting, Settings};

/// What a run does beside comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It writes nothing but reports.
    Detect,
    /// It also writes ChangeSets with proposed fixes to ConfigHub.
    Propose,
    /// It says what it would write to ConfigHub, and sends none of it.
    Rehearse,
}

impl Mode {
    /// The values of the input `mode`.
    pub(super) const NAMES: [&str; 2] = ["detect", "propose"];
}

/// What becomes of drift.
#[derive(Clone, Debug)]
pub struct Proposing {
    /// What this run does.
    pub mode: Mode,
    /// ChangeSets of people that are to be used, by environment: Space and slug.
    pub changesets: BTreeMap<String, (String, String)>,
    /// The first rule that matches decides; nothing matches: revert.
    pub directions: Vec<DirectionRule>,
    /// Whether units stay locked.
    pub lock: Lock,
    /// When accepted data becomes a unit's head.
    pub proposals: Proposals,
}

pub(super) fn read(ctx: &Settings<'_>, project: Option<&Project>, found: &mut Found) -> Option<Proposing> {
    let mode = mode(ctx, found);
    let changesets = ctx.get("changeset").map_or(Some(BTreeMap::new()), |it| changesets(&it, project?, found));
    let Project { directions, lock, proposals, .. } = project?;
    Some(Proposing {
        mode: mode?,
        changesets: changesets?,
        directions: directions.clone(),
        lock: *lock,
        proposals: *proposals,
    })
}

/// Whatever is asked for: pull requests are not trusted with writes, and what was recorded is nobody's present state.
fn mode(ctx: &Settings<'_>, found: &mut Found) -> Option<Mode> {
    let dry_run = found.keep(ctx.get("dry-run").map_or(Ok(false), |it| boolean(&it)))?;
    let asked = ctx.get("mode").map(|it| it.value);
    let is_pull_request = matches!(ctx.github.event_name.as_deref(), Some("pull_request" | "pull_request_target"));
    let is_replay = ctx.get("replay").is_some();
    if (is_pull_request || is_replay) && asked.as_deref() == Some("propose") {
        let why = if is_replay { "a recording is only compared" } else { "a pull request is only compared" };
        found.notices.push(format!("`mode: propose` has no effect: {why}"));
    }
    Some(match asked.as_deref() {
        _ if is_pull_request || is_replay => Mode::Detect,
        Some("detect") => Mode::Detect,
        _ if dry_run => Mode::Rehearse,
        _ => Mode::Propose,
    })
}

/// `true` and `false`, as YAML has them.
pub(super) fn boolean(given: &Setting) -> Result<bool, Problem> {
    match given.value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::given(
            &given.given,
            format!("{} is neither `true` nor `false`", quoted(&given.value)),
            "write one of the two",
        )),
    }
}

/// Lines `ENV=SPACE/SLUG`.
fn changesets(given: &Setting, project: &Project, found: &mut Found) -> Option<BTreeMap<String, (String, String)>> {
    let known = || project.environments.iter().map(|it| it.name.as_str());
    let mut all = BTreeMap::new();
    for line in given.value.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let parts = line.split_once('=').and_then(|(name, rest)| Some((name.trim(), rest.trim().split_once('/')?)));
        let problem = match parts {
            Some((name, _)) if !known().any(|it| it == name) => Problem::given(
                &given.given,
                format!("there is no environment {}", quoted(name)),
                format!("{}; known are {}", suggestion(name, known()), listed(known())),
            ),
            Some((name, (space, slug))) if config::slug(space).is_ok() && config::slug(slug).is_ok() => {
                match all.insert(name.to_owned(), (space.to_owned(), slug.to_owned())) {
                    None => continue,
                    Some(_) => Problem::given(
                        &given.given,
                        format!("names two ChangeSets for {}", quoted(name)),
                        "keep one of the two",
                    ),
                }
            }
            _ => Problem::given(
                &given.given,
                format!("the line {} is not understood", quoted(line)),
                "write `ENVIRONMENT=SPACE/SLUG`, for example `prod=shop-prod/bulk-drift-fix`",
            ),
        };
        found.problems.push(problem);
    }
    found.problems.is_empty().then_some(all)
}
