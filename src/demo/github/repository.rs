//! A repository before it is added, and how one is shown.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ask::Base;
use super::tokens::{Author, number};

/// What a person may do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees it, opens issues and comments.
    Read,
    /// Labels, assigns and closes besides.
    Triage,
    /// Pushes besides.
    Write,
    /// Changes some settings besides.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    /// As `role_name` says it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// As `permission` says it, which knows only the oldest of them: "`maintain` is mapped to `write`, `triage` to `read`".
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

/// A file that a pull request changes.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    pub(super) name: String,
    pub(super) previous: Option<String>,
    pub(super) status: &'static str,
}

impl ChangedFile {
    /// It is changed in place.
    pub fn modified(name: &str) -> Self {
        Self { name: name.to_owned(), previous: None, status: "modified" }
    }

    /// It is new.
    pub fn added(name: &str) -> Self {
        Self { status: "added", ..Self::modified(name) }
    }

    /// It is gone.
    pub fn removed(name: &str) -> Self {
        Self { status: "removed", ..Self::modified(name) }
    }

    /// It had another name.
    pub fn renamed(previous: &str, name: &str) -> Self {
        Self { previous: Some(previous.to_owned()), status: "renamed", ..Self::modified(name) }
    }
}

/// A pull request, before it has a number.
#[derive(Clone, Debug)]
pub struct Pull {
    pub(super) author: Author,
    pub(super) title: String,
    pub(super) head: String,
    pub(super) base: String,
    /// `owner/name` of the fork that it comes from.
    pub(super) fork: Option<String>,
    pub(super) files: Vec<ChangedFile>,
}

impl Pull {
    /// From branch `topic` at the commit `head` to `main` at the commit `base`.
    pub fn new(author: &str, title: &str, head: &str, base: &str) -> Self {
        let (author, fork, files) = (Author::person(author), None, Vec::new());
        Self { author, title: title.to_owned(), head: head.to_owned(), base: base.to_owned(), fork, files }
    }

    /// Changes this file.
    pub fn file(mut self, file: ChangedFile) -> Self {
        self.files.push(file);
        self
    }

    /// Comes from a fork, `owner/name`.
    pub fn from_fork(mut self, fork: &str) -> Self {
        self.fork = Some(fork.to_owned());
        self
    }
}

/// Whether somebody without a role sees the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    Private,
}

/// A repository before it is added: public, open, with issues, its branch `main` empty.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) earlier_names: Vec<String>,
    pub(super) visibility: Visibility,
    pub(super) has_issues: bool,
    pub(super) archived: bool,
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) labels: Vec<Label>,
    /// Content by branch, tag or commit, and path.
    pub(super) files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    pub(super) pulls: Vec<Pull>,
}

#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) color: String,
    pub(super) description: Option<String>,
}

/// Of a label that nobody gave a colour.
pub(super) const GREY: &str = "ededed";

/// Of every repository here.
pub(super) const DEFAULT_BRANCH: &str = "main";

impl Repository {
    /// `owner/name`.
    pub fn new(name: &str) -> Self {
        let (owner, name) = name.split_once('/').unwrap_or(("demo", name));
        Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            earlier_names: Vec::new(),
            visibility: Visibility::Public,
            has_issues: true,
            archived: false,
            roles: BTreeMap::new(),
            labels: Vec::new(),
            files: BTreeMap::from([(DEFAULT_BRANCH.to_owned(), BTreeMap::new())]),
            pulls: Vec::new(),
        }
    }

    /// Seen only by those who have a role in it, and by its own Actions and Apps.
    pub fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }

    /// Issues are turned off.
    pub fn without_issues(mut self) -> Self {
        self.has_issues = false;
        self
    }

    /// Read only.
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    /// Was called so before; requests under that name are sent on.
    pub fn once(mut self, earlier: &str) -> Self {
        self.earlier_names.push(earlier.to_owned());
        self
    }

    /// What a person may do in it.
    pub fn role(mut self, login: &str, role: Role) -> Self {
        self.roles.insert(login.to_owned(), role);
        self
    }

    /// A file on a branch or at a commit.
    pub fn file(mut self, at: &str, path: &str, content: &[u8]) -> Self {
        self.files.entry(at.to_owned()).or_default().insert(path.to_owned(), content.to_vec());
        self
    }

    /// The next number is this pull request's.
    pub fn pull(mut self, pull: Pull) -> Self {
        self.pulls.push(pull);
        self
    }

    /// `owner/name`
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(super) fn id(&self) -> u64 {
        number(&self.full_name())
    }

    pub(super) fn label(&self, name: &str) -> Option<&Label> {
        // Labels that differ in case alone are the same.
        self.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// The label as the repository knows it, made with GitHub's grey if it does not yet.
    pub(super) fn know(&mut self, name: &str) -> String {
        if let Some(label) = self.label(name) {
            return label.name.clone();
        }
        self.labels.push(Label { name: name.to_owned(), color: GREY.to_owned(), description: None });
        name.to_owned()
    }

    /// A `full-repository`.
    pub(super) fn shown(&self, base: &Base) -> Value {
        let full_name = self.full_name();
        let url = base.url(&format!("/repos/{full_name}"));
        let page = base.page(&format!("/{full_name}"));
        let mut shown = json!({
            "id": self.id(), "node_id": format!("R_{}", self.id()), "name": self.name, "full_name": full_name,
            "owner": Author::person(&self.owner).shown(base), "private": self.visibility == Visibility::Private,
            "html_url": page, "description": null, "fork": false, "url": url, "homepage": null, "size": 1,
            "visibility": if self.visibility == Visibility::Private { "private" } else { "public" },
            "git_url": page, "ssh_url": page, "clone_url": format!("{page}.git"), "svn_url": page, "mirror_url": null,
            "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "language": null, "has_issues": self.has_issues,
            "has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false, "has_discussions": false,
            "forks_count": 0, "forks": 0, "archived": self.archived, "disabled": false, "open_issues_count": 0,
            "open_issues": 0, "license": null, "default_branch": DEFAULT_BRANCH, "network_count": 0,
            "subscribers_count": 0, "pushed_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        for line in ADDRESSES.lines() {
            let (name, path) = line.trim().split_once(' ').unwrap_or((line, ""));
            shown[name] = json!(format!("{url}/{path}"));
        }
        shown
    }
}

/// Members that are addresses below the repository's own.
const ADDRESSES: &str = "archive_url {archive_format}{/ref}
    assignees_url assignees{/user}
    blobs_url git/blobs{/sha}
    branches_url branches{/branch}
    collaborators_url collaborators{/collaborator}
    comments_url comments{/number}
    commits_url commits{/sha}
    compare_url compare/{base}...{head}
    contents_url contents/{+path}
    contributors_url contributors
    deployments_url deployments
    downloads_url downloads
    events_url events
    forks_url forks
    git_commits_url git/commits{/sha}
    git_refs_url git/refs{/sha}
    git_tags_url git/tags{/sha}
    hooks_url hooks
    issue_comment_url issues/comments{/number}
    issue_events_url issues/events{/number}
    issues_url issues{/number}
    keys_url keys{/key_id}
    labels_url labels{/name}
    languages_url languages
    merges_url merges
    milestones_url milestones{/number}
    notifications_url notifications{?since,all,participating}
    pulls_url pulls{/number}
    releases_url releases{/id}
    stargazers_url stargazers
    statuses_url statuses/{sha}
    subscribers_url subscribers
    subscription_url subscription
    tags_url tags
    teams_url teams
    trees_url git/trees{/sha}";
