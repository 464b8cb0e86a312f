//! Runs the real binary, with nothing of the surroundings and a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use drift_detector::inputs::{Flags, Inputs};
use drift_detector::model::history::{History, Memory};
use drift_detector::pipeline;
use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{self, Action, Folders, Image};

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
        let workspace = Folders::below(folder.path()).workspace();
        fs::create_dir(&workspace)?;
        let mut variables = BTreeMap::from([("HOME".to_owned(), workspace.display().to_string())]);
        // Where the system's root certificates are not in their usual place, a service with TLS needs these.
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
        self.folders().workspace().join(name)
    }

    pub(crate) fn folders(&self) -> Folders {
        Folders::below(self.folder.path())
    }

    /// As a step of a workflow that this event started, with an empty payload.
    pub(crate) fn in_workflow(self, event: &str) -> anyhow::Result<Self> {
        self.in_workflow_of(event, &Value::Object(serde_json::Map::new()))
    }

    /// As a step of a workflow that this event started. Variables that were set before stay as they are.
    pub(crate) fn in_workflow_of(mut self, event: &str, payload: &Value) -> anyhow::Result<Self> {
        let folders = self.folders();
        folders.lay_out(payload)?;
        self.variables.remove("HOME");
        for (name, value) in runner::variables(event, &folders) {
            self.variables.entry(name).or_insert(value);
        }
        Ok(self)
    }

    /// As `uses:` runs it: every declared input is set, with its default where the workflow says nothing.
    pub(crate) fn with(mut self, with: &[(&str, &str)]) -> anyhow::Result<Self> {
        let with = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // What goes to GitHub has tests of its own: here the job's token is empty.
        let github = BTreeMap::from([("token", "")]);
        self.variables.extend(Action::read()?.variables(&with, &github)?);
        Ok(self)
    }

    /// Gives the workspace to this user and group, as on a runner, whose containers are another's.
    pub(crate) fn owned_by(self, user: u32, group: u32) -> anyhow::Result<Self> {
        let workspace = self.folders().workspace();
        for file in runner::files(&workspace)? {
            for path in workspace.join(file).ancestors().take_while(|it| it.starts_with(&workspace)) {
                chown(path, Some(user), Some(group))?;
            }
        }
        Ok(self)
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> anyhow::Result<Answer> {
        let command = self.command();
        self.done(command)
    }

    /// The same in a container of the image.
    pub(crate) fn run_in(self, image: &Image) -> anyhow::Result<Answer> {
        let command = image.command(&self.folders(), &self.variables, &self.arguments)?;
        self.done(command)
    }

    fn done(self, mut command: Command) -> anyhow::Result<Answer> {
        let done = command.output().context("failed to run drift-detector")?;
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
        let mut inputs = Inputs::from_variables(&Flags::default(), &variables)
            .map_err(|problems| anyhow::anyhow!("{}", problems.iter().map(ToString::to_string).collect::<String>()))?;
        // Politeness is for the real GitHub; the runs of the binary itself keep it.
        inputs.reporting.pace.between_writes = Duration::ZERO;
        inputs.reporting.pace.before_second_look = Duration::ZERO;
        rustls::crypto::ring::default_provider().install_default().ok();
        Ok(inputs)
    }

    /// The call as a command, for tests that watch it run.
    pub(crate) fn command(&self) -> Command {
        self.command_after(&[])
    }

    /// The call as a command whose words stand behind those of a program that starts it.
    pub(crate) fn command_after(&self, starter: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_drift-detector");
        let mut words = starter.iter().copied().chain([binary]);
        let mut command = Command::new(words.next().unwrap_or(binary));
        command
            .args(words)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.path(""))
            .stdin(Stdio::null());
        command
    }
}

impl Answer {
    /// A file that the call wrote, or was given.
    pub(crate) fn file(&self, name: &str) -> anyhow::Result<String> {
        let path = self.folders().workspace().join(name);
        fs::read_to_string(&path).with_context(|| format!("failed to read `{}`; {}", path.display(), self.said()))
    }

    /// `report.json` of the default folder.
    pub(crate) fn report(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.file("drift-report/report.json")?)?)
    }

    /// The step's outputs, as the runner reads them.
    pub(crate) fn outputs(&self) -> anyhow::Result<BTreeMap<String, String>> {
        runner::outputs(&fs::read_to_string(self.folders().output())?)
    }

    /// The step's summary, as GitHub shows it.
    pub(crate) fn summary(&self) -> anyhow::Result<String> {
        Ok(runner::summary(&fs::read_to_string(self.folders().summary())?)?.to_owned())
    }

    /// The commands that the runner obeyed, of both streams.
    pub(crate) fn commands(&self) -> Vec<runner::Command> {
        [&self.stdout, &self.stderr].into_iter().flat_map(|it| runner::commands(it)).collect()
    }

    /// Files in the workspace that belong to neither this user nor this group.
    pub(crate) fn strangers(&self, user: u32, group: u32) -> anyhow::Result<Vec<PathBuf>> {
        let workspace = self.folders().workspace();
        let mut strangers = Vec::new();
        for file in runner::files(&workspace)? {
            for path in workspace.join(file).ancestors().take_while(|it| it.starts_with(&workspace)) {
                let metadata = fs::symlink_metadata(path)?;
                if (metadata.uid(), metadata.gid()) != (user, group) {
                    strangers.push(path.to_owned());
                }
            }
        }
        Ok(strangers)
    }

    /// Everything that left: both streams and every file that is not an input.
    pub(crate) fn everything(&self) -> anyhow::Result<String> {
        let mut all = format!("{}\n{}", self.stdout, self.stderr);
        let written = ["workspace/drift-report", "workspace/recording", "file_commands", "home", "runner_temp"];
        for folder in written.map(|it| self.folder.path().join(it)).into_iter().filter(|it| it.is_dir()) {
            for file in runner::files(&folder)? {
                all.push_str(&fs::read_to_string(folder.join(file))?);
            }
        }
        Ok(all)
    }

    pub(crate) fn folders(&self) -> Folders {
        Folders::below(self.folder.path())
    }

    /// Both streams, for the message of a failed assertion.
    pub(crate) fn said(&self) -> String {
        format!("exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}
