//! `make bench`: speed and memory, side by side with the alternatives, in one table; exits 1 where a bar is missed.
//!
//! The binary under test is the image's, built beforehand. This one plays ConfigHub and the cluster (in processes of
//! their own), starts a real API server, runs kubectl, and measures what only the library can tell.

mod detector;
mod engine;
mod growth;
mod hub;
mod live;
mod manifests;
mod measure;
mod memory;
mod reading;
mod real;
mod scene;
mod size;
mod stand_in;
mod table;
mod whole;

#[expect(dead_code, unused_imports, reason = "the tests of the API server need more of it")]
#[path = "../integration/apiserver.rs"]
mod apiserver;

use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use real::{Real, Recording};
use scene::Scene;
use table::{Row, Verdict};

/// What can be measured by itself: `make bench ONLY="memory growth"`.
const PARTS: [&str; 6] = ["whole", "reading", "memory", "growth", "size", "engine"];

fn main() -> Result<ExitCode> {
    // Both HTTP clients use the process's provider. A second installation only reports that there is one.
    rustls::crypto::ring::default_provider().install_default().ok();
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let done = match arguments.split_first() {
        Some((role, arguments)) if role == measure::ROLE => measure::serve(arguments),
        Some((role, arguments)) if role == hub::ROLE => hub::serve(arguments),
        Some((role, arguments)) if role == live::ROLE => live::serve(arguments),
        _ => return bench(&arguments),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn bench(only: &[String]) -> Result<ExitCode> {
    let unknown = only.iter().find(|it| !PARTS.contains(&it.as_str()));
    ensure!(unknown.is_none(), "there is no part {unknown:?}; the parts are {}", PARTS.join(", "));
    let wanted = |part: &str| only.is_empty() || only.iter().any(|it| it == part);
    let (started, before) = (Instant::now(), table::machine());
    let mut rows = Vec::new();

    if wanted("whole") || wanted("reading") {
        said("setting the scene: an API server with 1,000 objects")?;
        let scene = Scene::set();
        for (part, measure) in [("whole", whole::rows as fn(&Scene) -> _), ("reading", reading::rows)] {
            if wanted(part) {
                said(part)?;
                rows.extend(measured(part, scene.as_ref().map_err(again).and_then(measure)));
            }
        }
    }
    let recording = ["memory", "growth", "engine"].into_iter().any(wanted).then(recorded);
    for part in ["memory", "growth", "engine"] {
        if let (true, Some(recording)) = (wanted(part), &recording) {
            said(part)?;
            let taken = recording.as_ref().map_err(again).and_then(|(recording, folder)| match part {
                "memory" => memory::rows(&folder.path().join(RECORDING)),
                "growth" => growth::rows(&folder.path().join(RECORDING)),
                _ => engine::rows(recording),
            });
            rows.extend(measured(part, taken));
        }
    }
    if wanted("size") {
        said("size")?;
        rows.extend(measured("size", size::rows()));
    }

    let mut stdout = io::stdout().lock();
    writeln!(stdout, "\n{}", table::render(&rows))?;
    writeln!(stdout, "Medians (least to most). {before} at the start; {} at the end.", table::machine())?;
    writeln!(stdout, "Took {} s.", started.elapsed().as_secs())?;
    let missed = rows.iter().any(|row| row.verdict == Verdict::Missed);
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// File of the recording.
const RECORDING: &str = "recording.json";

/// What a real server says about one application, also as a file.
fn recorded() -> Result<(Recording, TempDir)> {
    said("recording a real API server")?;
    let real = Real::start(&manifests::objects(0))?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(real.settle())?;
    let recording = runtime.block_on(real.record())?;
    let folder = TempDir::with_prefix("drift-bench-")?;
    fs::write(folder.path().join(RECORDING), serde_json::to_vec(&recording)?)
        .context("failed to write the recording")?;
    Ok((recording, folder))
}

fn measured(part: &str, rows: Result<Vec<Row>>) -> Vec<Row> {
    rows.unwrap_or_else(|error| vec![Row::unmeasured(part, &error)])
}

/// The same error for everything that needed what failed.
fn again(error: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// What is going on: a whole run takes minutes.
fn said(what: &str) -> Result<()> {
    writeln!(io::stderr(), "bench: {what}").context("failed to write on standard error")
}
