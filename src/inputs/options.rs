//! Inputs that stand for themselves: what fails the run, where reports go, how long it may take.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::finding::Severity;

use super::problem::{Found, Problem, quoted, suggestion};
use super::settings::{Setting, Settings};

/// What makes the exit code non-zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Nothing but wrong inputs.
    Never,
    /// Anything in scope that could not be compared, and a report that could not be delivered.
    #[default]
    Error,
    /// The same, and any drift.
    Drift,
    /// The same, and drift that no earlier run saw.
    NewDrift,
    /// The same, and drift for which nobody approved a proposal yet.
    Unapproved,
    /// The same, and drift of this severity or a worse one.
    Severity(Severity),
}

/// The options, checked.
pub(super) struct Options {
    pub(super) fail_on: FailOn,
    pub(super) out: PathBuf,
    pub(super) timeout: Duration,
    pub(super) ca_bundle: Option<String>,
}

/// A job on GitHub's own machines lives no longer.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10 * 60);
const DEFAULT_OUT: &str = "drift-report";

pub(super) fn read(ctx: &Settings<'_>, found: &mut Found) -> Option<Options> {
    let fail_on = found.keep(ctx.get("fail-on").map_or(Ok(FailOn::default()), |it| fail_on(&it)));
    let timeout = found.keep(ctx.get("timeout").map_or(Ok(DEFAULT_TIMEOUT), |it| timeout(&it)));
    let ca_bundle = found.keep(ctx.get("ca-bundle").map(|it| ca_bundle(ctx, &it)).transpose());
    Some(Options { fail_on: fail_on?, out: out(ctx), timeout: timeout?, ca_bundle: ca_bundle? })
}

/// The folder that reports are written to.
pub(super) fn out(ctx: &Settings<'_>) -> PathBuf {
    ctx.mounts.local(&ctx.get("out").map_or_else(|| DEFAULT_OUT.to_owned(), |it| it.value))
}

fn fail_on(given: &Setting) -> Result<FailOn, Problem> {
    const KNOWN: [&str; 10] =
        ["never", "error", "drift", "new-drift", "unapproved", "critical", "high", "medium", "low", "info"];
    match given.value.as_str() {
        "never" => Ok(FailOn::Never),
        "error" => Ok(FailOn::Error),
        "drift" => Ok(FailOn::Drift),
        "new-drift" => Ok(FailOn::NewDrift),
        "unapproved" => Ok(FailOn::Unapproved),
        other => {
            if let Some(severity) = Severity::ALL.into_iter().find(|it| it.name() == other) {
                return Ok(FailOn::Severity(severity));
            }
            let message = format!("{} is not a choice here", quoted(other));
            Err(Problem::given(&given.given, message, suggestion(other, KNOWN)))
        }
    }
}

/// `10m`, `90s`, `1h 30m`, and ISO 8601's `PT10M`.
fn timeout(given: &Setting) -> Result<Duration, Problem> {
    let remedy = "write for example `90s` or `10m`";
    let parsed = given.value.parse::<jiff::SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
    let Some(timeout) = parsed else {
        return Err(Problem::given(&given.given, format!("{} is not a duration", quoted(&given.value)), remedy));
    };
    if timeout < Duration::from_secs(1) || timeout > LONGEST {
        let message = format!("{} is too short or too long", quoted(&given.value));
        return Err(Problem::given(&given.given, message, "stay between one second and six hours"));
    }
    Ok(timeout)
}

/// The certificates themselves; whether each can be read shows when the first client is built.
fn ca_bundle(ctx: &Settings<'_>, given: &Setting) -> Result<String, Problem> {
    let path = ctx.mounts.resolve(&given.value);
    let text = fs::read_to_string(&path).map_err(|error| {
        let what = format!("the file {} cannot be read ({})", quoted(&given.value), error.kind());
        let (message, remedy) = ctx.mounts.missing(&what, "put the file into the repository");
        Problem::given(&given.given, message, remedy)
    })?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(text)
    } else {
        let message = format!("the file {} holds no certificate", quoted(&given.value));
        Err(Problem::given(&given.given, message, "give a PEM file: `-----BEGIN CERTIFICATE-----` and so on"))
    }
}
