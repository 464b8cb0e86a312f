//! Stand-ins in processes of their own, so that their work and memory are not counted as the detector's.
//!
//! A stand-in is this binary again: it prints one line of JSON when it is ready, and ends when its standard input does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A stand-in that runs until this is dropped.
pub(crate) struct StandIn<T> {
    process: Child,
    /// What it said when it was ready.
    pub(crate) ready: T,
}

impl<T: DeserializeOwned> StandIn<T> {
    /// Starts this binary in that role, and waits until it is ready.
    pub(crate) fn start(role: &str, arguments: &[String]) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(role)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start the stand-in `{role}`"))?;
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready = serde_json::from_str(&line).with_context(|| format!("the stand-in `{role}` did not start"))?;
        Ok(Self { process, ready })
    }
}

impl<T> Drop for StandIn<T> {
    fn drop(&mut self) {
        // Fails only for a process that ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Says that a stand-in is ready, and waits for the end of whoever started it.
pub(crate) fn announce(ready: &impl Serialize) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(ready)?)?;
    stdout.flush()?;
    std::io::stdin().lock().read_to_end(&mut Vec::new()).context("failed to wait")?;
    Ok(())
}
