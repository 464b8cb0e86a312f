//! The folders of `record` and `replay`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::bundle::{self, INDEX, LONGEST, Recording};

use super::flags::DECLARED;
use super::problem::{Found, Given, Problem, quoted};
use super::settings::Settings;

/// Inputs that say how services are reached or what is kept of them: a replay reaches none.
const OF_SERVICES: [&str; 8] = [
    "confighub-url",
    "confighub-token",
    "confighub-worker-id",
    "confighub-worker-secret",
    "kubeconfigs",
    "record",
    "timeout",
    "ca-bundle",
];

/// The recording to replay, whole and checked. None: this run replays nothing; None inside: it cannot.
pub(super) fn replay(ctx: &Settings<'_>, found: &mut Found) -> Option<Option<Box<Recording>>> {
    let given = ctx.get("replay")?;
    for name in OF_SERVICES {
        let default = DECLARED.iter().find(|it| it.name == name).map_or("", |it| it.default);
        // What is the default anyway was not asked for: `action.yml` fills it in.
        if let Some(other) = ctx.get(name).filter(|it| it.value != default) {
            let message = "has no meaning with `replay`, which contacts nothing";
            found.problems.push(Problem::given(&other.given, message, "remove one of the two"));
        }
    }
    let folder = ctx.mounts.resolve(&given.value);
    let recording = read(&folder).map_err(|error| {
        let message = format!("the recording {} cannot be replayed ({error:#})", quoted(&given.value));
        Problem::given(&given.given, message, "give the whole folder that `record` wrote, unchanged")
    });
    Some(found.keep(recording).map(Box::new))
}

fn read(folder: &Path) -> anyhow::Result<Recording> {
    Recording::read(&text(folder, INDEX)?, |name| text(folder, name))
}

fn text(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    let length = fs::metadata(&path).map_err(|error| unreadable(name, &error))?.len();
    anyhow::ensure!(length <= LONGEST, "{name} is longer than {} MiB", LONGEST >> 20);
    fs::read_to_string(&path).map_err(|error| unreadable(name, &error))
}

/// The folder that keeps what is read, if there is nothing in it that would be lost.
pub(super) fn record(ctx: &Settings<'_>) -> Result<Option<PathBuf>, Problem> {
    let Some(given) = ctx.get("record") else { return Ok(None) };
    let folder = ctx.mounts.local(&given.value);
    let refuse = |given: &Given, why: &str| {
        let message = format!("the folder {} {why}", quoted(&folder.display().to_string()));
        Err(Problem::given(given, message, "name a folder that does not exist yet, is empty, or holds a recording"))
    };
    let mut entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Some(folder)),
        Err(error) => return refuse(&given.given, &format!("cannot be used ({})", error.kind())),
    };
    let is_recording = || text(&folder, INDEX).context("no index").and_then(|it| bundle::version(&it)).is_ok();
    if entries.next().is_some() && !is_recording() {
        return refuse(&given.given, "holds something else than a recording");
    }
    Ok(Some(folder))
}

fn unreadable(name: &str, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("{name} cannot be read: {}", error.kind())
}
