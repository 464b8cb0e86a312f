//! Where on GitHub a report goes: the inputs from `github-token` to `github-wait`.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::model::reporting::{CommentMode, CommentRules, GitHubAccess, IssueRules, Notify, Pace, Reporting};

use super::config;
use super::confighub::header_safe;
use super::problem::{Found, Given, Problem, quoted, suggestion};
use super::project::Project;
use super::proposing::boolean;
use super::settings::{Setting, Settings};

/// What a body may have: GitHub takes a little over 65,000 characters everywhere, and four times as many bytes at most.
const BYTES: std::ops::RangeInclusive<usize> = 8_000..=250_000;
const DEFAULT_BYTES: usize = 60_000;
const DEFAULT_WAIT: Duration = Duration::from_secs(120);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Characters of a label: GitHub takes 50, of which an environment's name needs some.
const LABEL: usize = 40;
/// People that an issue can be assigned to.
const ASSIGNEES: usize = 10;

/// The destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Auto,
    Issue,
    Comment,
    Both,
    None,
}

pub(super) fn read(ctx: &Settings<'_>, project: Option<&Project>, found: &mut Found) -> Option<Reporting> {
    let to = choice(
        ctx,
        "report-to",
        To::Auto,
        &[("auto", To::Auto), ("issue", To::Issue), ("comment", To::Comment), ("both", To::Both), ("none", To::None)],
        found,
    );
    let mode = choice(
        ctx,
        "comment-mode",
        CommentMode::Update,
        &[
            ("update", CommentMode::Update),
            ("new-and-minimise", CommentMode::NewAndMinimise),
            ("changes-only", CommentMode::ChangesOnly),
        ],
        found,
    );
    let notify = choice(
        ctx,
        "notify",
        Notify::Changes,
        &[("changes", Notify::Changes), ("never", Notify::Never), ("always", Notify::Always)],
        found,
    );
    let close_when_clean = found.keep(ctx.get("close-when-clean").map_or(Ok(true), |it| boolean(&it)));
    let label = found.keep(ctx.get("issue-label").map_or(Ok("drift".to_owned()), |it| label(&it)));
    let assignees = found.keep(ctx.get("assignees").map_or(Ok(vec![]), |it| assignees(&it)));
    let number = found.keep(ctx.get("pull-request").map(|it| number(&it)).transpose());
    let bytes = found.keep(ctx.get("max-body-bytes").map_or(Ok(DEFAULT_BYTES), |it| bytes(&it)));
    let wait = found.keep(ctx.get("github-wait").map_or(Ok(DEFAULT_WAIT), |it| wait(&it)));
    let key = found.keep(key(ctx, project));

    let number = number?.or(ctx.github.pull_request);
    let (issue, comment) = destinations(ctx, to?, number);
    if to? != To::Auto && comment && number.is_none() {
        let given = ctx.get("report-to").map_or_else(|| Given::Input("report-to".to_owned()), |it| it.given);
        let message = "a comment needs a pull request, and this run has none";
        found.problems.push(Problem::given(
            &given,
            message,
            "give its number as `pull-request`, or report to an `issue`",
        ));
    }
    let access = if issue || comment { access(ctx, to?, found)? } else { None };
    let there = access.is_some();
    let rules =
        IssueRules { label: label?, assignees: assignees?, close_when_clean: close_when_clean?, notify: notify? };
    let mode = mode?;
    Some(Reporting {
        access,
        issue: (issue && there).then_some(rules),
        comment: number.filter(|_| comment && there).map(|pull_request| CommentRules { pull_request, mode }),
        key: key?,
        max_body_bytes: bytes?,
        pace: Pace::polite(wait?),
    })
}

/// Whether there is an issue, and whether there is a comment. By themselves: a comment where a pull request is concerned,
/// else an issue, and only in a workflow. A recording is nobody's present state.
fn destinations(ctx: &Settings<'_>, to: To, pull_request: Option<u64>) -> (bool, bool) {
    match to {
        To::Auto if !ctx.github.actions || ctx.get("replay").is_some() => (false, false),
        To::Auto => (pull_request.is_none(), pull_request.is_some()),
        To::Issue => (true, false),
        To::Comment => (false, true),
        To::Both => (true, true),
        To::None => (false, false),
    }
}

/// The way to GitHub. Where nobody asked for it, it is fine not to have one.
#[expect(clippy::option_option, reason = "a problem, or no way")]
fn access(ctx: &Settings<'_>, to: To, found: &mut Found) -> Option<Option<GitHubAccess>> {
    let given = ctx.get_or("github-token", "GITHUB_TOKEN");
    let missing =
        |what: &str, remedy: &str| Problem::nowhere(format!("the report is to go to GitHub, and {what}"), remedy);
    let Some(token) = given else {
        if to != To::Auto {
            found.problems.push(missing("there is no token for it", "give `github-token`, or set `report-to: none`"));
            return None;
        }
        return Some(None);
    };
    let Some(repository) = ctx.github.repository.clone().filter(|it| is_repository(it)) else {
        found.problems.push(missing("no repository is named", "set the variable GITHUB_REPOSITORY to `owner/name`"));
        return None;
    };
    let token = found.keep(header_safe(token))?;
    let address = |name: &str, default: String| ctx.variable(name).unwrap_or(default).trim_end_matches('/').to_owned();
    let rest = address("GITHUB_API_URL", "https://api.github.com".to_owned());
    let graphql = address("GITHUB_GRAPHQL_URL", format!("{rest}/graphql"));
    let server = address("GITHUB_SERVER_URL", "https://github.com".to_owned());
    Some(Some(GitHubAccess { rest, graphql, server, repository, token }))
}

/// `owner/name`, in the characters that GitHub takes for both.
fn is_repository(text: &str) -> bool {
    let plain = |it: &str| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || "-._".contains(it));
    text.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name) && name != "..")
}

fn choice<T: Copy>(
    ctx: &Settings<'_>,
    name: &str,
    default: T,
    known: &[(&'static str, T)],
    found: &mut Found,
) -> Option<T> {
    let Some(given) = ctx.get(name) else { return Some(default) };
    let chosen = known.iter().find(|(name, _)| *name == given.value).map(|(_, it)| *it);
    found.keep(chosen.ok_or_else(|| {
        let names = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let message = format!("{} is not a choice here", quoted(&given.value));
        Problem::given(&given.given, message, suggestion(&given.value, names()))
    }))
}

fn label(given: &Setting) -> Result<String, Problem> {
    let fits = given.value.chars().count() <= LABEL && !given.value.contains(|it: char| it == ',' || it.is_control());
    if fits {
        Ok(given.value.clone())
    } else {
        let message = format!("{} cannot be a label", quoted(&given.value));
        Err(Problem::given(&given.given, message, "use at most 40 characters, none of them a comma"))
    }
}

/// Names of people; GitHub has letters, digits and hyphens in them, and brackets in those of apps.
fn assignees(given: &Setting) -> Result<Vec<String>, Problem> {
    let names = given.value.split(|it: char| it == ',' || it.is_whitespace()).filter(|it| !it.is_empty());
    let names: Vec<_> = names.map(|it| it.trim_start_matches('@').to_owned()).collect();
    let plain = |it: &String| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || "-_[]".contains(it));
    match names.iter().find(|it| !plain(it)) {
        Some(name) => {
            let message = format!("{} is no login on GitHub", quoted(name));
            Err(Problem::given(&given.given, message, "name people, separated by commas; teams cannot be assigned"))
        }
        None if names.len() > ASSIGNEES => {
            Err(Problem::given(&given.given, "names more than ten people", "name at most ten"))
        }
        None => Ok(names),
    }
}

fn number(given: &Setting) -> Result<u64, Problem> {
    given.value.trim_start_matches('#').parse().ok().filter(|it| *it > 0).ok_or_else(|| {
        let message = format!("{} is not the number of a pull request", quoted(&given.value));
        Problem::given(&given.given, message, "write for example `123`")
    })
}

fn bytes(given: &Setting) -> Result<usize, Problem> {
    given.value.parse().ok().filter(|it| BYTES.contains(it)).ok_or_else(|| {
        let message = format!("{} is not a size that texts on GitHub may have", quoted(&given.value));
        Problem::given(&given.given, message, "stay between 8000 and 250000 bytes")
    })
}

fn wait(given: &Setting) -> Result<Duration, Problem> {
    let parsed = given.value.parse::<jiff::SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
    parsed.filter(|it| *it <= LONGEST_WAIT).ok_or_else(|| {
        let message = format!("{} is not a duration of at most an hour", quoted(&given.value));
        Problem::given(&given.given, message, "write for example `120s`, or `0s` to wait for no limit")
    })
}

/// What is named, else the path of the configuration file, else the environments.
fn key(ctx: &Settings<'_>, project: Option<&Project>) -> Result<String, Problem> {
    const LONGEST: usize = 200;
    match ctx.get("issue-key") {
        Some(given) if given.value.chars().count() > LONGEST || given.value.contains(char::is_control) => {
            Err(Problem::given(&given.given, "is too long, or has line breaks", "use at most 200 characters"))
        }
        Some(given) => Ok(given.value),
        None => Ok(project.map_or_else(
            || config::DEFAULT_PATH.to_owned(),
            |it| it.path.as_deref().map_or_else(|| it.all_targets.join(","), |path| in_repository(ctx, path)),
        )),
    }
}

/// The path as it is called in the repository, however it was written: another spelling is no other configuration.
fn in_repository(ctx: &Settings<'_>, path: &str) -> String {
    let path = Path::new(path);
    let parts = path.strip_prefix(&ctx.github.workspace).unwrap_or(path).components();
    parts.filter(|it| *it != Component::CurDir).collect::<PathBuf>().display().to_string()
}
