//! Paths as a container action sees them: the workspace and the runner's temporary folder, under other names than
//! on the host.

use std::path::{Path, PathBuf};

use super::github::GitHub;

/// The folders that a container action shares with its host.
pub(super) struct Mounts {
    /// Whether we run where the two sides have different names.
    actions: bool,
    workspace: PathBuf,
    temp: Option<PathBuf>,
    /// Name of the repository; a host's workspace is `…/<name>/<name>`.
    repository: Option<String>,
}

impl Mounts {
    pub(super) fn new(github: &GitHub, temp: Option<PathBuf>) -> Self {
        let repository = github.repository.as_deref().and_then(|it| it.rsplit('/').next()).map(str::to_owned);
        Self { actions: github.actions, workspace: github.workspace.clone(), temp, repository }
    }

    /// The path from here. Relative ones start in the workspace. The runner translates a variable only when its *whole*
    /// value starts with a mounted folder, so paths inside of lists and lines still carry the host's name: those are
    /// tried under ours.
    pub(super) fn resolve(&self, written: &str) -> PathBuf {
        let path = self.local(written);
        if !self.actions || path.exists() {
            return path;
        }
        self.translations(written).into_iter().find(|it| it.exists()).unwrap_or(path)
    }

    /// The same without a look at the disk. Outside of Actions the working directory is the workspace, and paths stay
    /// as they were written.
    pub(super) fn local(&self, written: &str) -> PathBuf {
        if self.actions { self.workspace.join(written) } else { PathBuf::from(written) }
    }

    /// What to say about a file that is not there: what is wrong, and what to do.
    pub(super) fn missing(&self, what: &str, instead: &str) -> (String, String) {
        if self.actions {
            let detail = format!("{what}; of its host, a container action sees only the workspace and RUNNER_TEMP");
            (detail, format!("write the file to one of these two folders, or {instead}"))
        } else {
            (what.to_owned(), format!("check the path, or {instead}"))
        }
    }

    /// Whether the file, with every link followed, lies inside the workspace. Outside of Actions any file will do.
    pub(super) fn holds(&self, file: &Path) -> bool {
        !self.actions
            || match (self.workspace.canonicalize(), file.canonicalize()) {
                (Ok(workspace), Ok(file)) => file.starts_with(workspace),
                _ => false,
            }
    }

    fn translations(&self, written: &str) -> Vec<PathBuf> {
        let temp = self.temp.as_ref().and_then(|temp| {
            let (_, rest) = written.split_once("/_temp/")?;
            Some(temp.join(rest))
        });
        let workspace = self.repository.as_ref().and_then(|name| {
            let (_, rest) = written.split_once(&format!("/{name}/{name}/"))?;
            Some(self.workspace.join(rest))
        });
        temp.into_iter().chain(workspace).collect()
    }
}
