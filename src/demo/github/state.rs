//! What the stand-in holds: repositories with their issues, of which pull requests are some.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::repository::{Pull, Repository};
use super::tokens::{Author, Tokens};

/// Open or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueState {
    /// `open`
    Open,
    /// `closed`
    Closed,
}

impl IssueState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// An issue, or a pull request as the issue that it also is.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its id among everything here; `duplicate_issue_id` names it.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// As it stands.
    pub title: String,
    /// As it was sent, line ends included.
    pub body: Option<String>,
    /// Who opened it.
    pub author: Author,
    /// Open or closed.
    pub state: IssueState,
    /// `completed`, `not_planned`, `duplicate`, `reopened`.
    pub state_reason: Option<String>,
    /// Names, in the order in which they came.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Locked, with the reason if one was given.
    pub locked: Option<Option<String>>,
    /// Of which issue it is a duplicate, by id.
    pub duplicate_of: Option<u64>,
    /// Oldest first.
    pub comments: Vec<Comment>,
    /// What happened to it, oldest first.
    pub events: Vec<Event>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// When it was closed, and by whom.
    pub closed: Option<(Timestamp, Author)>,
    pub(super) pull: Option<Pull>,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its id among everything here.
    pub id: u64,
    /// As it was sent.
    pub body: String,
    /// Who wrote it.
    pub author: Author,
    /// When it was written.
    pub created: Timestamp,
    /// When it was edited last.
    pub updated: Timestamp,
    /// Hidden, with this classifier: `OUTDATED`.
    pub minimized: Option<String>,
    /// Who reacted how.
    pub reactions: Vec<Reaction>,
}

/// One reaction to a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Its id among everything here.
    pub id: u64,
    /// Who reacted.
    pub author: Author,
    /// `+1`, `eyes`.
    pub content: String,
    /// When.
    pub at: Timestamp,
}

/// Something that happened to an issue.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id among everything here.
    pub id: u64,
    /// `closed`, `reopened`, `labeled`, `unlabeled`, `locked`, `unlocked`, `renamed`.
    pub name: &'static str,
    /// By whom.
    pub actor: Author,
    /// When.
    pub at: Timestamp,
    /// The label, the lock's reason, why it was closed, the earlier title.
    pub detail: Option<String>,
}

/// A repository that was added.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) about: Repository,
    pub(super) issues: BTreeMap<u64, Issue>,
}

/// Whoever does something, and when.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) author: Author,
    pub(super) now: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) tokens: Tokens,
    pub(super) ids: Ids,
    pub(super) repositories: Vec<Held>,
}

/// Ids that were given away.
#[derive(Debug, Default)]
pub(super) struct Ids(u64);

impl Ids {
    pub(super) fn next(&mut self) -> u64 {
        self.0 += 1;
        2_000_000_000 + self.0
    }
}

impl State {
    pub(super) fn add(&mut self, mut about: Repository, now: Timestamp) {
        let pulls = std::mem::take(&mut about.pulls);
        self.repositories.retain(|it| it.about.full_name() != about.full_name());
        let mut held = Held { about, issues: BTreeMap::new() };
        for pull in pulls {
            let actor = Actor { author: pull.author.clone(), now };
            let title = pull.title.clone();
            let number = held.open(&mut self.ids, &actor, &title, None);
            if let Some(issue) = held.issues.get_mut(&number) {
                issue.pull = Some(pull);
            }
        }
        self.repositories.push(held);
    }

    /// By `owner/name`, whatever the case.
    pub(super) fn named(&self, name: &str) -> Option<&Held> {
        self.repositories.iter().find(|it| it.about.full_name().eq_ignore_ascii_case(name))
    }

    pub(super) fn named_mut(&mut self, name: &str) -> Option<&mut Held> {
        self.repositories.iter_mut().find(|it| it.about.full_name().eq_ignore_ascii_case(name))
    }
}

impl Held {
    /// Opens an issue; its number.
    pub(super) fn open(&mut self, ids: &mut Ids, by: &Actor, title: &str, body: Option<String>) -> u64 {
        let number = self.issues.keys().last().copied().unwrap_or_default() + 1;
        let issue = Issue {
            id: ids.next(),
            number,
            title: title.to_owned(),
            body,
            author: by.author.clone(),
            state: IssueState::Open,
            state_reason: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            locked: None,
            duplicate_of: None,
            comments: Vec::new(),
            events: Vec::new(),
            created: by.now,
            updated: by.now,
            closed: None,
            pull: None,
        };
        self.issues.insert(number, issue);
        number
    }

    /// The comment, and the number of its issue.
    pub(super) fn comment(&mut self, id: u64) -> Option<(u64, &mut Comment)> {
        self.issues.values_mut().find_map(|issue| {
            let number = issue.number;
            issue.comments.iter_mut().find(|comment| comment.id == id).map(|comment| (number, comment))
        })
    }
}

impl Issue {
    pub(super) fn say(&mut self, ids: &mut Ids, by: &Actor, body: &str) -> u64 {
        let id = ids.next();
        self.comments.push(Comment {
            id,
            body: body.to_owned(),
            author: by.author.clone(),
            created: by.now,
            updated: by.now,
            minimized: None,
            reactions: Vec::new(),
        });
        self.updated = by.now;
        id
    }

    pub(super) fn close(&mut self, ids: &mut Ids, by: &Actor, reason: &str) {
        self.state = IssueState::Closed;
        self.state_reason = Some(reason.to_owned());
        self.closed = Some((by.now, by.author.clone()));
        self.note(ids, by, "closed", Some(reason));
    }

    pub(super) fn reopen(&mut self, ids: &mut Ids, by: &Actor) {
        self.state = IssueState::Open;
        self.state_reason = Some("reopened".to_owned());
        self.duplicate_of = None;
        self.closed = None;
        self.note(ids, by, "reopened", Some("reopened"));
    }

    /// Adds a label by the name that the repository knows it by; nothing happens if it is there.
    pub(super) fn label(&mut self, ids: &mut Ids, by: &Actor, label: &str) {
        if !self.has_label(label) {
            self.labels.push(label.to_owned());
            self.note(ids, by, "labeled", Some(label));
        }
    }

    pub(super) fn unlabel(&mut self, ids: &mut Ids, by: &Actor, label: &str) {
        if self.has_label(label) {
            self.labels.retain(|it| !it.eq_ignore_ascii_case(label));
            self.note(ids, by, "unlabeled", Some(label));
        }
    }

    pub(super) fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|it| it.eq_ignore_ascii_case(label))
    }

    pub(super) fn lock(&mut self, ids: &mut Ids, by: &Actor, reason: Option<&str>) {
        self.locked = Some(reason.map(str::to_owned));
        self.note(ids, by, "locked", reason);
    }

    pub(super) fn unlock(&mut self, ids: &mut Ids, by: &Actor) {
        self.locked = None;
        self.note(ids, by, "unlocked", None);
    }

    pub(super) fn note(&mut self, ids: &mut Ids, by: &Actor, name: &'static str, detail: Option<&str>) {
        let (actor, detail) = (by.author.clone(), detail.map(str::to_owned));
        self.events.push(Event { id: ids.next(), name, actor, at: by.now, detail });
        self.updated = by.now;
    }
}
