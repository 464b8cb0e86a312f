//! Runs the real binary, with nothing of the surroundings and a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use drift_detector::inputs::{Flags, Inputs};
use drift_detector::model::history::{History, Memory};
use drift_detector::pipeline;
use serde_json::Value;
use tempfile::TempDir;

use crate::runner;

/// A call of the binary that is being prepared.
pub(crate) struct Detector {
    folder: TempDir,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
}

/// What a call gave.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: TempDir,
}

impl Detector {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        // The binary reads the system's root certificates even where it only talks to loopback.
        let mut variables = BTreeMap::from([("HOME".to_owned(), folder.path().display().to_string())]);
        for kept in ["SSL_CERT_FILE", "SSL_CERT_DIR", "PATH"] {
            if let Ok(value) = std::env::var(kept) {
                variables.insert(kept.to_owned(), value);
            }
        }
        Ok(Self { folder, arguments: Vec::new(), variables })
    }

    pub(crate) fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(arguments.into_iter().map(str::to_owned));
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Writes a file into the call's folder.
    pub(crate) fn file(self, name: &str, text: &str) -> anyhow::Result<Self> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, text)?;
        Ok(self)
    }

    /// A path in the call's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As a step of a workflow: its files, and the runner's variables.
    pub(crate) fn in_workflow(self, event: &str) -> anyhow::Result<Self> {
        let (output, summary) = (self.path("runner/output"), self.path("runner/summary"));
        let workspace = self.folder.path().display().to_string();
        let this = self.file("runner/output", "")?.file("runner/summary", "")?;
        Ok(this
            .variable("GITHUB_ACTIONS", "true")
            .variable("GITHUB_EVENT_NAME", event)
            .variable("GITHUB_WORKSPACE", workspace)
            .variable("GITHUB_OUTPUT", output.display().to_string())
            .variable("GITHUB_STEP_SUMMARY", summary.display().to_string())
            .variable("GITHUB_SERVER_URL", "https://github.com")
            .variable("GITHUB_REPOSITORY", "example/shop")
            .variable("GITHUB_RUN_ID", "42")
            .variable("GITHUB_RUN_ATTEMPT", "1"))
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> anyhow::Result<Answer> {
        let done = self.command().output().context("failed to run drift-detector")?;
        Ok(Answer {
            code: done.status.code(),
            stdout: String::from_utf8(done.stdout)?,
            stderr: String::from_utf8(done.stderr)?,
            folder: self.folder,
        })
    }

    /// The report of the same run in this process, which is quicker.
    pub(crate) fn report(&self) -> anyhow::Result<Value> {
        Ok(self.run_here()?.1)
    }

    /// The same run in this process, of which earlier runs left this: its report, and what it leaves.
    pub(crate) fn remembering(&self, memory: &Memory) -> anyhow::Result<(Value, History)> {
        let inputs = self.inputs()?;
        let redactor = pipeline::redactor(&inputs);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (report, history) = runtime.block_on(pipeline::report(&inputs, &redactor, memory));
        Ok((serde_json::to_value(report)?, history))
    }

    /// The same run in this process: its exit code and its report.
    pub(crate) fn run_here(&self) -> anyhow::Result<(u8, Value)> {
        let inputs = self.inputs()?;
        let redactor = pipeline::redactor(&inputs);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut stdout = std::io::sink();
        let run = pipeline::run(&inputs, &redactor, std::future::pending(), &mut stdout);
        let code = runtime.block_on(run);
        let report = fs::read_to_string(self.path("drift-report/report.json"))?;
        Ok((code, serde_json::from_str(&report)?))
    }

    fn inputs(&self) -> anyhow::Result<Inputs> {
        anyhow::ensure!(self.arguments.is_empty(), "only variables are looked at");
        let mut variables = self.variables.clone();
        variables.insert("INPUT_CONFIG".to_owned(), self.path(".github/drift.yaml").display().to_string());
        variables.insert("INPUT_OUT".to_owned(), self.path("drift-report").display().to_string());
        let inputs = Inputs::from_variables(&Flags::default(), &variables)
            .map_err(|problems| anyhow::anyhow!("{}", problems.iter().map(ToString::to_string).collect::<String>()))?;
        rustls::crypto::ring::default_provider().install_default().ok();
        Ok(inputs)
    }

    /// The call as a command, for tests that watch it run.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drift-detector"));
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }
}

impl Answer {
    /// A file that the call wrote, or was given.
    pub(crate) fn file(&self, name: &str) -> anyhow::Result<String> {
        let path = self.folder.path().join(name);
        fs::read_to_string(&path).with_context(|| format!("failed to read `{}`; {}", path.display(), self.said()))
    }

    /// `report.json` of the default folder.
    pub(crate) fn report(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.file("drift-report/report.json")?)?)
    }

    /// The step's outputs, as the runner reads them.
    pub(crate) fn outputs(&self) -> anyhow::Result<BTreeMap<String, String>> {
        runner::outputs(&self.file("runner/output")?)
    }

    /// Everything that left: both streams and every file that is not an input.
    pub(crate) fn everything(&self) -> anyhow::Result<String> {
        let mut all = format!("{}\n{}", self.stdout, self.stderr);
        for folder in ["drift-report", "runner", "recording"] {
            let folder = self.folder.path().join(folder);
            for file in files(&folder)? {
                all.push_str(&fs::read_to_string(file)?);
            }
        }
        Ok(all)
    }

    /// Both streams, for the message of a failed assertion.
    pub(crate) fn said(&self) -> String {
        format!("exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
