//! What people do on the web pages, while nobody looks: they close, edit, label, lock and comment.

use anyhow::Context as _;

use super::GitHub;
use super::state::{Actor, Ids, Issue};
use super::tokens::Author;
use crate::demo::locked;

impl GitHub {
    /// Somebody opens an issue; its number.
    pub fn open(&self, repository: &str, who: &Author, title: &str, body: &str) -> anyhow::Result<u64> {
        let mut state = locked(&self.state);
        let state = &mut *state;
        let held = state.repositories.iter_mut().find(|it| it.about.full_name() == repository);
        let held = held.with_context(|| format!("there is no repository {repository}"))?;
        Ok(held.open(&mut state.ids, &self.actor(who), title, Some(body.to_owned())))
    }

    /// Somebody comments; the comment's id.
    pub fn comment(&self, repository: &str, number: u64, who: &Author, body: &str) -> anyhow::Result<u64> {
        self.with(repository, number, |issue, ids| issue.say(ids, &self.actor(who), body))
    }

    /// Somebody closes it: `completed`, `not_planned`, `duplicate`.
    pub fn close(&self, repository: &str, number: u64, who: &Author, reason: &str) -> anyhow::Result<()> {
        self.with(repository, number, |issue, ids| issue.close(ids, &self.actor(who), reason))
    }

    /// Somebody opens it again.
    pub fn reopen(&self, repository: &str, number: u64, who: &Author) -> anyhow::Result<()> {
        self.with(repository, number, |issue, ids| issue.reopen(ids, &self.actor(who)))
    }

    /// Somebody rewrites its body.
    pub fn rewrite(&self, repository: &str, number: u64, body: &str) -> anyhow::Result<()> {
        self.with(repository, number, |issue, _ids| {
            issue.body = Some(body.to_owned());
            issue.updated = self.clock.now();
        })
    }

    /// Somebody rewrites a comment.
    pub fn rewrite_comment(&self, repository: &str, id: u64, body: &str) -> anyhow::Result<()> {
        let mut state = locked(&self.state);
        let held = state.named_mut(repository).with_context(|| format!("there is no repository {repository}"))?;
        let (_, comment) = held.comment(id).with_context(|| format!("there is no comment {id} in {repository}"))?;
        (comment.body, comment.updated) = (body.to_owned(), self.clock.now());
        Ok(())
    }

    /// Somebody adds a label, which the repository may not have yet.
    pub fn label(&self, repository: &str, number: u64, who: &Author, label: &str) -> anyhow::Result<()> {
        let mut state = locked(&self.state);
        if let Some(held) = state.named_mut(repository) {
            held.about.know(label);
        }
        drop(state);
        self.with(repository, number, |issue, ids| issue.label(ids, &self.actor(who), label))
    }

    /// Somebody takes a label away.
    pub fn unlabel(&self, repository: &str, number: u64, who: &Author, label: &str) -> anyhow::Result<()> {
        self.with(repository, number, |issue, ids| issue.unlabel(ids, &self.actor(who), label))
    }

    /// Somebody locks the conversation.
    pub fn lock(&self, repository: &str, number: u64, who: &Author) -> anyhow::Result<()> {
        self.with(repository, number, |issue, ids| issue.lock(ids, &self.actor(who), None))
    }

    /// Somebody unlocks it.
    pub fn unlock(&self, repository: &str, number: u64, who: &Author) -> anyhow::Result<()> {
        self.with(repository, number, |issue, ids| issue.unlock(ids, &self.actor(who)))
    }

    fn actor(&self, who: &Author) -> Actor {
        Actor { author: who.clone(), now: self.clock.now() }
    }

    fn with<T>(&self, repository: &str, number: u64, act: impl FnOnce(&mut Issue, &mut Ids) -> T) -> anyhow::Result<T> {
        let mut state = locked(&self.state);
        let state = &mut *state;
        let held = state.repositories.iter_mut().find(|it| it.about.full_name() == repository);
        let issue = held.and_then(|held| held.issues.get_mut(&number));
        let issue = issue.with_context(|| format!("there is no {repository}#{number}"))?;
        Ok(act(issue, &mut state.ids))
    }
}
