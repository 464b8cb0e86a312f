//! Two judges over one pair: our engine, which only reads, and the server's own dry run.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use drift_detector::drift::compare;
use drift_detector::drift::compare::Difference;
use drift_detector::drift::injected::{self, Situation};
use drift_detector::drift::types::CustomSchemas;
use drift_detector::model::object::GroupVersionKind;
use serde_json::Value;

use super::diff::{self, Change, Origin};
use super::schema::Node;
use super::server::{Api, Request};

/// Who applies desired.
pub(super) const MANAGER: &str = "confighub";

/// How often a pair is read again because a controller wrote in between.
const RACES: usize = 20;

/// What the server thinks of desired.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Theirs {
    /// There is no such object.
    Missing,
    /// It cannot be put back in place; the reason.
    Refused(String),
    /// Applying it would change this; nothing: no drift.
    Changes(Vec<Change>),
}

/// A pair and both opinions on it.
#[derive(Clone, Debug)]
pub(super) struct Opinions {
    pub(super) desired: Value,
    pub(super) live: Value,
    pub(super) theirs: Theirs,
    /// Pointers of our findings.
    pub(super) ours: BTreeSet<String>,
}

/// How the opinions differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Problem {
    /// The server would change this, and we say nothing.
    Missed(String),
    /// We name this, and the server would leave it alone.
    False(String),
    /// The server refuses, and we see no drift.
    MissedRefusal(String),
}

impl Opinions {
    /// Whether the object drifted, by the server.
    pub(super) fn is_drift(&self) -> bool {
        !matches!(&self.theirs, Theirs::Changes(changes) if changes.is_empty())
    }

    /// Where the two disagree. What merely follows from a change that is named need not be named itself.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let changes = match &self.theirs {
            Theirs::Missing => return Vec::new(),
            Theirs::Refused(reason) if self.ours.is_empty() => return vec![Problem::MissedRefusal(reason.clone())],
            Theirs::Refused(_) => return Vec::new(),
            Theirs::Changes(changes) => changes,
        };
        let is_alone = changes.iter().all(|it| it.origin == Origin::Follows);
        let missed = changes
            .iter()
            .filter(|it| it.origin == Origin::Stated || is_alone && self.ours.is_empty())
            .filter(|it| !self.ours.iter().any(|ours| names(ours, &it.path)))
            .map(|it| Problem::Missed(it.path.clone()));
        let wrong = self
            .ours
            .iter()
            .filter(|ours| !changes.iter().any(|it| names(ours, &it.path)))
            .map(|ours| Problem::False(ours.clone()));
        missed.chain(wrong).collect()
    }
}

/// Whether `got` names the place `want`: itself, something below it, or its direct parent, which is not the root.
fn names(got: &str, want: &str) -> bool {
    let is_parent = want.rsplit_once('/').is_some_and(|(parent, _)| !parent.is_empty() && parent == got);
    got == want || is_parent || got.strip_prefix(want).is_some_and(|rest| rest.starts_with('/'))
}

/// What both judges know about a kind.
pub(super) struct Kind<'a> {
    pub(super) gvk: &'a GroupVersionKind,
    pub(super) root: Node<'a>,
    pub(super) custom: &'a CustomSchemas,
}

/// Reads the object at `path` and asks both.
pub(super) async fn ask(api: &Api, kind: &Kind<'_>, path: &str, desired: &Value) -> Result<Opinions> {
    for _ in 0..RACES {
        let live = api.get(path).await?;
        if live.status == 404 {
            return Ok(Opinions {
                desired: desired.clone(),
                live: Value::Null,
                theirs: Theirs::Missing,
                ours: BTreeSet::new(),
            });
        }
        let dry = api.send(&Request::apply(path, MANAGER, desired.clone()).dry_run()).await?;
        let theirs = if dry.is_ok() {
            if dry.body["metadata"]["resourceVersion"] != live.body["metadata"]["resourceVersion"] {
                continue;
            }
            Theirs::Changes(diff::changes(kind.root, desired, &live.body, &dry.body))
        } else {
            Theirs::Refused(dry.message())
        };
        let ours = ours(desired, &live.body, kind).into_iter().map(|it| it.path.pointer()).collect();
        return Ok(Opinions { desired: desired.clone(), live: live.body, theirs, ours });
    }
    bail!("`{path}` is written all the time")
}

/// The differences that our engine counts.
fn ours(desired: &Value, live: &Value, kind: &Kind<'_>) -> Vec<Difference> {
    let mut found = compare::compare(desired, live, kind.gvk, kind.custom);
    let situation = Situation::new(kind.gvk, (desired, live), kind.custom);
    found.retain(|it| injected::explain(&situation, it).is_none());
    found
}
