//! `drift-detector run`: the main job.

use std::io::{self, Write as _};

use tokio::signal::unix::{SignalKind, signal};

use crate::inputs::{Flags, GitHub, Inputs, Variables};
use crate::logging;
use crate::pipeline;
use crate::redact::Redactor;
use crate::workflow::{Level, annotation};

/// 128 + the signal's number, as shells report it.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

pub(super) fn run(flags: &Flags) -> anyhow::Result<u8> {
    with_variables(flags, &Inputs::process_variables())
}

/// The main job with these variables in place of the process's own.
pub(super) fn with_variables(flags: &Flags, variables: &Variables) -> anyhow::Result<u8> {
    let github = GitHub::from_variables(variables);
    if github.is_pull_request() {
        let why = "This version does not compare on pull requests yet: run it on a schedule or by hand.";
        if !github.actions {
            notice(&github, why);
        }
        let out = Inputs::out(flags, variables);
        pipeline::skip(&github, out, why, &Redactor::default(), &mut io::stdout().lock());
        return Ok(0);
    }
    let inputs = match Inputs::from_variables(flags, variables) {
        Ok(inputs) => inputs,
        Err(problems) => {
            for problem in problems.iter() {
                if github.actions {
                    super::say(annotation(Level::Error, &problem.to_string()));
                } else {
                    super::complain(problem);
                }
            }
            return Ok(super::BAD_INPUT);
        }
    };
    let redactor = pipeline::redactor(&inputs);
    let debug = variables.get("RUNNER_DEBUG").filter(|it| *it == "1").map(|_| "debug");
    // A second set-up would be a second run in this process, and its log is already there.
    let _ = logging::init(variables.get("DRIFT_LOG").map(String::as_str).or(debug), redactor.clone());
    for text in &inputs.notices {
        notice(&github, redactor.text(text).as_str());
    }
    let runtime = super::runtime()?;
    let code = runtime.block_on(pipeline::run(&inputs, &redactor, interruption(), &mut io::stdout().lock()));
    // Dropped, it would wait for an exec plugin or a name lookup that never ends; the report is written.
    runtime.shutdown_background();
    Ok(code)
}

/// Says something that is neither drift nor an error.
fn notice(github: &GitHub, text: &str) {
    if github.actions {
        super::say(annotation(Level::Notice, text));
    } else {
        let _ = writeln!(io::stderr().lock(), "note: {text}");
    }
}

/// Ends with the exit code when SIGINT or SIGTERM comes: a container's first process is not ended by them unless it asks
/// to be.
async fn interruption() -> u8 {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Then the signals act as they always do.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}
