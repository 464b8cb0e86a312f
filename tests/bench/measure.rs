//! Runs a command and says what it took, from a small process of its own.
//!
//! The kernel counts a child's memory from its parent's when it is started, so that a big parent would see itself.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

/// The first argument that makes this binary a measuring process.
pub(crate) const ROLE: &str = "measure";

/// What a command took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// None: a signal ended it.
    pub(crate) code: Option<i32>,
    /// From before it was started until it had ended.
    pub(crate) wall: Duration,
    /// Of all its threads and children.
    pub(crate) cpu: Duration,
    /// The most memory that it held at a time, in bytes.
    pub(crate) peak: u64,
}

/// Runs the command with exactly its own variables, its output in `folder` as `stdout` and `stderr`.
pub(crate) fn run(command: &Command, folder: &Path) -> Result<Taken> {
    let result = folder.join("taken.json");
    let mut measuring = Command::new(std::env::current_exe()?);
    measuring.arg(ROLE).arg(&result).arg(command.get_program()).args(command.get_args()).env_clear();
    measuring.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    measuring.current_dir(command.get_current_dir().unwrap_or(folder));
    measuring.stdin(Stdio::null());
    measuring.stdout(fs::File::create(folder.join("stdout"))?).stderr(fs::File::create(folder.join("stderr"))?);
    if !measuring.status().context("failed to start a measuring process")?.success() {
        bail!("a measuring process failed: {}", fs::read_to_string(folder.join("stderr"))?.trim_end());
    }
    Ok(serde_json::from_slice(&fs::read(&result)?)?)
}

/// What the measuring process does: the arguments are the file for the result, a program and its arguments.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [result, program, arguments @ ..] = arguments else { bail!("a file and a command are needed") };
    let started = Instant::now();
    let mut child = Command::new(OsStr::new(program)).args(arguments).spawn().context("failed to start it")?;
    let status = child.wait()?;
    let wall = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    let taken = Taken {
        code: status.code(),
        wall,
        cpu: Duration::from_micros(u64::try_from(micros)?),
        // The kernel counts kibibytes.
        peak: u64::try_from(usage.max_rss())? << 10,
    };
    fs::write(result, serde_json::to_vec(&taken)?).context("failed to write the result")
}
