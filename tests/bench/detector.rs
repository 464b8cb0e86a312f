//! The binary that is measured, and what its report says.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::hub;
use crate::measure::{self, Taken};

/// Where `make bench` says that the binary is.
const BINARY: &str = "DRIFT_BINARY";

/// The binary of the image.
pub(crate) fn binary() -> Result<PathBuf> {
    let path = std::env::var_os(BINARY)
        .map(PathBuf::from)
        .with_context(|| format!("{BINARY} is not set: run `make bench`"))?;
    fs::canonicalize(&path).with_context(|| format!("there is no binary at `{}`", path.display()))
}

/// A folder from which the main job runs against one ConfigHub and one cluster.
pub(crate) struct Detector {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Detector {
    pub(crate) fn new(hub: &hub::Ready, kubeconfig: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("drift-bench-")?;
        let config = format!("version: 1\nenvironments:\n  - name: bench\n    targets: [{{space: {}}}]\n", hub::SPACE);
        fs::create_dir(folder.path().join(".github"))?;
        fs::write(folder.path().join(".github/drift.yaml"), config)?;
        fs::write(folder.path().join("kubeconfig"), kubeconfig)?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut variables = vec![
            ("HOME", path("")),
            ("KUBECONFIG", path("kubeconfig")),
            ("CUB_API_URL", hub.url.clone()),
            ("CUB_TOKEN", hub.token.clone()),
        ];
        for kept in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            variables.extend(std::env::var(kept).ok().map(|value| (kept, value)));
        }
        Ok(Self { folder, variables })
    }

    /// One run, by itself or under a program that is given with its arguments.
    pub(crate) fn run(&self, under: &[&str]) -> Result<Taken> {
        let mut command = match under {
            [] => Command::new(binary()?),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary()?);
                command
            }
        };
        command.args(["run", "--timeout", "60m"]).env_clear().current_dir(self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if !under.is_empty() {
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        }
        // A report of an earlier run must not be taken for this one's.
        fs::remove_dir_all(self.folder.path().join("drift-report")).ok();
        let taken = measure::run(&command, self.folder.path())?;
        ensure!(taken.code == Some(0), "drift-detector ended with {:?}: {}", taken.code, self.said());
        Ok(taken)
    }

    fn said(&self) -> String {
        ["stderr", "stdout"].map(|it| fs::read_to_string(self.folder.path().join(it)).unwrap_or_default()).concat()
    }

    /// What the last run reported: `Kind/name path` of every finding, if it compared exactly so many objects.
    pub(crate) fn findings(&self, compared: usize) -> Result<BTreeSet<String>> {
        let text = fs::read(self.folder.path().join("drift-report/report.json")).context("there is no report")?;
        let report: Value = serde_json::from_slice(&text)?;
        let environment = &report["environments"][0];
        ensure!(environment["complete"] == true, "something was not compared: {}", self.said());
        let seen = environment["counts"]["compared"].as_u64();
        ensure!(seen == Some(u64::try_from(compared)?), "{seen:?} objects were compared instead of {compared}");
        let found = environment["targets"][0]["findings"].as_array().context("the report has no findings")?;
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let named = found.iter().map(|finding| {
            let object = &finding["object"];
            format!("{}/{} {}", text(&object["kind"]), text(&object["name"]), text(&finding["path"]))
        });
        Ok(named.collect())
    }
}
