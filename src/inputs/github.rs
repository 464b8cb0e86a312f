//! What the runner says about this run.

use std::path::PathBuf;

use super::Variables;
use super::settings::variable;

/// The run as GitHub Actions describes it. Outside of Actions nearly everything is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitHub {
    /// Whether this is GitHub Actions: `GITHUB_ACTIONS=true`.
    pub actions: bool,
    /// `schedule`, `pull_request`, …
    pub event_name: Option<String>,
    /// The file that takes the step's outputs.
    pub output: Option<PathBuf>,
    /// The file that takes the step's summary.
    pub step_summary: Option<PathBuf>,
    /// The checked-out repository, or the working directory.
    pub workspace: PathBuf,
    /// `owner/name`.
    pub repository: Option<String>,
    /// The page of this run, of this attempt where it is not the first.
    pub run_url: Option<String>,
    /// Who or what started it.
    pub actor: Option<String>,
    /// `GITHUB_RUN_ID`: the same for every attempt.
    pub run: Option<u64>,
    /// `GITHUB_RUN_NUMBER`: how people call it.
    pub number: Option<u64>,
    /// `GITHUB_RUN_ATTEMPT`, from 1.
    pub attempt: Option<u32>,
    /// The pull request that `GITHUB_REF` names, as `refs/pull/7/merge` does.
    pub pull_request: Option<u64>,
}

impl GitHub {
    /// From the variables that the runner sets. Never fails, so that an event can be judged before the inputs are.
    pub fn from_variables(variables: &Variables) -> Self {
        let get = |name: &str| variable(variables, name);
        Self {
            actions: get("GITHUB_ACTIONS").is_some_and(|it| it == "true"),
            event_name: get("GITHUB_EVENT_NAME"),
            output: get("GITHUB_OUTPUT").map(PathBuf::from),
            step_summary: get("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            workspace: get("GITHUB_WORKSPACE").map_or_else(|| PathBuf::from("."), PathBuf::from),
            repository: get("GITHUB_REPOSITORY"),
            run_url: run_url(variables),
            actor: get("GITHUB_TRIGGERING_ACTOR").or_else(|| get("GITHUB_ACTOR")),
            run: get("GITHUB_RUN_ID").and_then(|it| it.parse().ok()),
            number: get("GITHUB_RUN_NUMBER").and_then(|it| it.parse().ok()),
            attempt: get("GITHUB_RUN_ATTEMPT").and_then(|it| it.parse().ok()),
            pull_request: get("GITHUB_REF")
                .and_then(|it| it.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()),
        }
    }

    /// Whether a pull request started this run. Its author may have written the configuration, and a fork's run has no
    /// credentials.
    pub fn is_pull_request(&self) -> bool {
        self.event_name.as_deref().is_some_and(|it| matches!(it, "pull_request" | "pull_request_target"))
    }
}

fn run_url(variables: &Variables) -> Option<String> {
    let get = |name: &str| variable(variables, name);
    let server = get("GITHUB_SERVER_URL")?;
    let url = format!("{server}/{}/actions/runs/{}", get("GITHUB_REPOSITORY")?, get("GITHUB_RUN_ID")?);
    Some(match get("GITHUB_RUN_ATTEMPT").filter(|it| it != "1") {
        Some(attempt) => format!("{url}/attempts/{attempt}"),
        None => url,
    })
}
