//! The folders and variables that a container action gets (`ContainerActionHandler.cs`, `GitHubContext.cs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

/// The folders of a job, below one of the test's own.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    root: PathBuf,
}

/// Name of each folder on the host, and where a container sees it.
const CONTAINER: [(&str, &str); 5] = [
    ("workspace", "/github/workspace"),
    ("home", "/github/home"),
    ("workflow", "/github/workflow"),
    ("file_commands", "/github/file_commands"),
    ("runner_temp", "/github/runner_temp"),
];

impl Folders {
    pub(crate) fn below(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The checked-out repository.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.root.join("workspace")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn event(&self) -> PathBuf {
        self.root.join("workflow/event.json")
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.root.join("file_commands/set_output")
    }

    pub(crate) fn summary(&self) -> PathBuf {
        self.root.join("file_commands/step_summary")
    }

    /// What a container sees in place of a path. The runner replaces a mounted folder only where it begins the value
    /// (`ContainerInfo.cs`, `TranslateToContainerPath`).
    pub(crate) fn translated(&self, value: &str) -> String {
        let inside = |(name, there): (&str, &str)| {
            let rest = value.strip_prefix(&self.root.join(name).display().to_string())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{there}{rest}"))
        };
        CONTAINER.into_iter().find_map(inside).unwrap_or_else(|| value.to_owned())
    }

    /// Host path and container path of each folder.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        CONTAINER.into_iter().map(|(name, there)| (self.root.join(name), there))
    }

    /// Makes the folders and files of a job that begins.
    pub(crate) fn lay_out(&self, payload: &Value) -> Result<()> {
        for (name, _) in CONTAINER {
            fs::create_dir_all(self.root.join(name))?;
        }
        fs::write(self.event(), serde_json::to_vec(payload)?)?;
        for name in ["set_output", "step_summary", "set_env", "add_path", "save_state"] {
            fs::write(self.root.join("file_commands").join(name), "")?;
        }
        Ok(())
    }
}

/// The variables of a step that this event started, paths as on the host. Addresses of GitHub's services lead nowhere:
/// no test reaches the real ones.
pub(crate) fn variables(event: &str, folders: &Folders) -> BTreeMap<String, String> {
    let path = |it: PathBuf| it.display().to_string();
    let file = |name: &str| path(folders.root.join("file_commands").join(name));
    let nowhere = "http://127.0.0.1:1";
    let plain = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_ACTION", "drift"),
        ("GITHUB_ACTION_REF", "v1"),
        ("GITHUB_ACTION_REPOSITORY", "example/drift-detector"),
        ("GITHUB_ACTOR", "octocat"),
        ("GITHUB_ACTOR_ID", "583231"),
        ("GITHUB_API_URL", nowhere),
        ("GITHUB_BASE_REF", ""),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_GRAPHQL_URL", "http://127.0.0.1:1/graphql"),
        ("GITHUB_HEAD_REF", ""),
        ("GITHUB_JOB", "drift"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_REF_PROTECTED", "true"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_REPOSITORY", "example/shop"),
        ("GITHUB_REPOSITORY_ID", "1296269"),
        ("GITHUB_REPOSITORY_OWNER", "example"),
        ("GITHUB_REPOSITORY_OWNER_ID", "9919"),
        ("GITHUB_RETENTION_DAYS", "90"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_RUN_ID", "42"),
        ("GITHUB_RUN_NUMBER", "7"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_SHA", "ffac537e6cbbf934b08745a378932722df287a53"),
        ("GITHUB_TRIGGERING_ACTOR", "octocat"),
        ("GITHUB_WORKFLOW", "drift"),
        ("GITHUB_WORKFLOW_REF", "example/shop/.github/workflows/drift.yml@refs/heads/main"),
        ("GITHUB_WORKFLOW_SHA", "ffac537e6cbbf934b08745a378932722df287a53"),
        ("RUNNER_ARCH", "X64"),
        ("RUNNER_ENVIRONMENT", "github-hosted"),
        ("RUNNER_NAME", "emulated"),
        ("RUNNER_OS", "Linux"),
        ("RUNNER_TOOL_CACHE", "/opt/hostedtoolcache"),
        ("ACTIONS_CACHE_URL", nowhere),
        ("ACTIONS_RESULTS_URL", nowhere),
        ("ACTIONS_RUNTIME_TOKEN", "emulated-runtime-token-4fc1"),
        ("ACTIONS_RUNTIME_URL", nowhere),
    ];
    let paths = [
        ("HOME", path(folders.home())),
        ("GITHUB_ENV", file("set_env")),
        ("GITHUB_EVENT_PATH", path(folders.event())),
        ("GITHUB_OUTPUT", path(folders.output())),
        ("GITHUB_PATH", file("add_path")),
        ("GITHUB_STATE", file("save_state")),
        ("GITHUB_STEP_SUMMARY", path(folders.summary())),
        ("GITHUB_WORKSPACE", path(folders.workspace())),
        ("RUNNER_TEMP", path(folders.root.join("runner_temp"))),
        ("RUNNER_WORKSPACE", path(folders.root.clone())),
    ];
    let plain = plain.map(|(name, value)| (name.to_owned(), value.to_owned()));
    plain.into_iter().chain(paths.map(|(name, value)| (name.to_owned(), value))).collect()
}

#[test]
fn only_a_value_that_begins_with_a_mounted_folder_is_translated() {
    let folders = Folders::below(Path::new("/tmp/job"));
    for (value, there) in [
        ("/tmp/job/workspace", "/github/workspace"),
        ("/tmp/job/runner_temp/a:/tmp/job/runner_temp/b", "/github/runner_temp/a:/tmp/job/runner_temp/b"),
        ("dev=/tmp/job/workspace/a", "dev=/tmp/job/workspace/a"),
        ("/tmp/job/workspaces", "/tmp/job/workspaces"),
    ] {
        assert_eq!(folders.translated(value), there);
    }
}
