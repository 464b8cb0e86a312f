//! Where on GitHub a report goes, and by which rules.

use std::time::Duration;

use secrecy::SecretString;

/// How GitHub is reached, and on whose behalf.
#[derive(Clone, Debug)]
pub struct GitHubAccess {
    /// `GITHUB_API_URL`, without a slash at its end: `https://api.github.com`, or `https://HOST/api/v3`.
    pub rest: String,
    /// `GITHUB_GRAPHQL_URL`, with its `/graphql`: on an own server it is not below [`Self::rest`].
    pub graphql: String,
    /// `GITHUB_SERVER_URL`, for addresses that people open.
    pub server: String,
    /// `owner/name`.
    pub repository: String,
    /// The workflow's token, or one of an app or a person.
    pub token: SecretString,
}

/// What is done with a report on GitHub.
#[derive(Clone, Debug)]
pub struct Reporting {
    /// The way there; None: nothing was asked for that needs GitHub.
    pub access: Option<GitHubAccess>,
    /// Whether there is a tracking issue.
    pub issue: Option<IssueRules>,
    /// Whether a pull request gets a comment.
    pub comment: Option<CommentRules>,
    /// What tells the threads of several configurations in one repository apart.
    pub key: String,
    /// Bytes that a body may have.
    pub max_body_bytes: usize,
    /// How patient we are.
    pub pace: Pace,
}

/// The rules of a tracking issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRules {
    /// Its label; those of environments and of snoozing begin with it.
    pub label: String,
    /// Whom it is assigned to when it is opened.
    pub assignees: Vec<String>,
    /// Whether it is closed once nothing differs.
    pub close_when_clean: bool,
    /// When it is commented on.
    pub notify: Notify,
}

/// The rules of a pull request's comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommentRules {
    /// The number of the pull request.
    pub pull_request: u64,
    /// What becomes of the comment of an earlier run.
    pub mode: CommentMode,
}

/// What becomes of the comment of an earlier run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentMode {
    /// It is edited.
    #[default]
    Update,
    /// There is a new one, and the old one is minimised.
    NewAndMinimise,
    /// It is edited when something changed; as long as nothing ever differed there is none.
    ChangesOnly,
}

/// When a tracking issue is commented on. Edits of its text notify nobody, comments do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// When something is new, resolved or worse.
    #[default]
    Changes,
    /// Never, but for a reason to reopen it.
    Never,
    /// In every run.
    Always,
}

/// How patient we are with GitHub, which bans those who are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two writes: GitHub asks for at least a second.
    pub between_writes: Duration,
    /// After something was created, before it is looked for among what others created at the same time.
    pub before_second_look: Duration,
    /// All waiting for limits together.
    pub longest_wait: Duration,
}

impl Pace {
    /// What GitHub asks for.
    pub fn polite(longest_wait: Duration) -> Self {
        Self { between_writes: Duration::from_secs(1), before_second_look: Duration::from_secs(2), longest_wait }
    }
}
