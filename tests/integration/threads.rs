//! The report on GitHub, from run to run: the tracking issue, the comment on a pull request, and all that can go wrong.

mod comment;
mod faults;
mod lifecycle;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use drift_detector::demo::github::{Access, Author, Comment, Issue, IssueState, Pull, Repository, Token};
use drift_detector::demo::story::Story;
use drift_detector::demo::world::{GITHUB, Profile};

use crate::detector::Detector;
use crate::errors::drifted;
use crate::estate::{Estate, THREE, live_config_map};
use crate::runner;

const REPOSITORY: &str = "acme/shop";
/// The head of the pull request.
const HEAD: &str = "1f0e2d3c4b5a69788796a5b4c3d2e1f001122334";

/// An estate with a repository on GitHub.
struct Shop {
    estate: Estate,
    token: String,
    /// Counts runs: each has an id of its own.
    runs: std::cell::Cell<u64>,
}

/// What a run gave.
struct Ran {
    code: u8,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Shop {
    /// Where prod drifted, and the job may write issues and pull requests. Number 1 is a pull request.
    fn new() -> Result<Self> {
        Self::of(Repository::new(REPOSITORY), Self::token())
    }

    fn token() -> Token {
        Token::actions(REPOSITORY).issues(Access::Write).pull_requests(Access::Write)
    }

    fn of(repository: Repository, token: Token) -> Result<Self> {
        let story = drifted(&["dev", "staging", "prod"]);
        // How long ago something was closed, and when a limit ends, is judged by our clock.
        let story = Story { now: jiff::Timestamp::now(), ..story };
        let estate = Estate::new(&story, Profile::Release, THREE)?;
        let base = "aa0e2d3c4b5a69788796a5b4c3d2e1f001122334";
        estate.world.github().add(repository.pull(Pull::new("alice", "Faster", HEAD, base)));
        let token = estate.world.github().token(token);
        let shop = Self { estate, token, runs: std::cell::Cell::new(100) };
        shop.live("dev", "fast")?;
        shop.live("staging", "fast")?;
        Ok(shop)
    }

    /// Sets what runs; `fast` is what ConfigHub says.
    fn live(&self, cluster: &str, value: &str) -> Result<()> {
        self.estate.world.cluster(cluster)?.put("kubectl-edit", live_config_map("settings", value));
        Ok(())
    }

    /// A step of a scheduled run, with these inputs.
    fn step(&self, with: &[(&str, &str)]) -> Result<Detector> {
        self.runs.set(self.runs.get() + 1);
        let world = &self.estate.world;
        let detector = self
            .estate
            .detector()?
            .in_workflow("schedule")?
            .variable("GITHUB_REPOSITORY", REPOSITORY)
            .variable("GITHUB_API_URL", world.github_api_url()?)
            .variable("GITHUB_GRAPHQL_URL", world.github_graphql_url()?)
            .variable("GITHUB_RUN_ID", self.runs.get().to_string())
            .variable("INPUT_GITHUB-TOKEN", self.token.clone());
        Ok(with
            .iter()
            .fold(detector, |it, (name, value)| it.variable(&format!("INPUT_{}", name.to_uppercase()), *value)))
    }

    /// Runs it without the pauses that the real GitHub asks for.
    fn run_with(&self, with: &[(&str, &str)]) -> Result<Ran> {
        let step = self.step(with)?;
        let (code, _) = step.run_here()?;
        let folders = step.folders();
        let outputs = runner::outputs(&fs::read_to_string(folders.output())?)?;
        Ok(Ran { code, outputs, summary: fs::read_to_string(folders.summary())? })
    }

    fn run(&self) -> Result<Ran> {
        self.run_with(&[])
    }

    /// The issues, pull requests left out.
    fn issues(&self) -> Vec<Issue> {
        let mut all = self.estate.world.github().issues(REPOSITORY);
        all.retain(|it| it.number != 1);
        all
    }

    /// The only issue.
    fn issue(&self) -> Result<Issue> {
        let mut all = self.issues();
        anyhow::ensure!(all.len() == 1, "{} issues", all.len());
        all.pop().context("there is one")
    }

    fn comments(&self, number: u64) -> Vec<Comment> {
        self.estate.world.github().comments(REPOSITORY, number)
    }

    /// Requests to GitHub that write, as `PATCH /issues/7`.
    fn writes(&self) -> Vec<String> {
        let all = self.estate.world.journal();
        let writes =
            all.iter().filter(|it| it.service == GITHUB && it.method != "GET" && !it.path.ends_with("/graphql"));
        writes.map(|it| format!("{} {}", it.method, it.path.split(REPOSITORY).nth(1).unwrap_or(&it.path))).collect()
    }
}

fn ours() -> Author {
    Author::app("github-actions")
}

fn alice() -> Author {
    Author::person("alice")
}

/// `open`, or why it is closed.
fn state(issue: &Issue) -> String {
    match issue.state {
        IssueState::Open => "open".to_owned(),
        IssueState::Closed => issue.state_reason.clone().unwrap_or_default(),
    }
}

/// First sentences of the comments.
fn said(comments: &[Comment]) -> Vec<String> {
    let text = |it: &Comment| {
        it.body.split("\n\n").nth(1).unwrap_or_default().split([':', '.']).next().unwrap_or_default().to_owned()
    };
    comments.iter().map(text).collect()
}
