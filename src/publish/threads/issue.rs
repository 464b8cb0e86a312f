//! Carries out what was decided about the tracking issue.

use crate::github::{Client, Error, Issue, IssueChange, Kind, NewIssue, State, StateReason, Subject};
use crate::history::hidden::{self, Frame};
use crate::model::history::Marker;
use crate::model::reporting::IssueRules;

use super::super::issue::{Change, Decision, Step, Thread, decide, primary};

use super::super::{Delivered, Run, words};
use super::{TRIES, Threads, Words, is_too_long, thread};

/// A colour and a few words for labels that we make.
const COLOR: &str = "d93f0b";
const DESCRIPTION: &str = "What runs is not what ConfigHub says";

/// What became of a new issue.
enum Opened {
    Alone,
    /// Another run was first: these are there.
    After(Vec<Thread>),
}

impl Threads<'_> {
    pub(super) async fn publish_issue(
        &self,
        client: &Client,
        rules: &IssueRules,
        run: &Run<'_>,
        delivered: &mut Delivered,
    ) -> Result<(), Error> {
        let mut threads = self.fresh(client, rules, run).await?;
        // Once for what is there, and once more where another run opened an issue at the same time.
        for _ in 0..2 {
            let decision = decide(&threads, run, rules);
            delivered.notes.extend(decision.notes.iter().cloned());
            if let Some(number) = decision.number {
                delivered.issue = Some(number);
                delivered.url = self.address(number);
            }
            match self.carry_out(client, rules, run, &decision, delivered).await? {
                Opened::Alone => break,
                Opened::After(others) => threads = others,
            }
        }
        Ok(())
    }

    /// The threads as they are now. What was found before anything was compared may be many minutes old.
    async fn fresh(&self, client: &Client, rules: &IssueRules, run: &Run<'_>) -> Result<Vec<Thread>, Error> {
        let Ok(found) = &self.issues else { return Ok(self.found_issues(client, rules, run.at()).await?.0) };
        let Some(before) = primary(found) else { return Ok(self.found_issues(client, rules, run.at()).await?.0) };
        let now = client.issue(before.number).await?;
        let Some(marker) = hidden::marker(&now.body).filter(|it| it.key == self.reporting.key) else {
            return Ok(self.found_issues(client, rules, run.at()).await?.0);
        };
        let mut threads: Vec<_> = found.iter().filter(|it| it.number != before.number).cloned().collect();
        threads.push(Thread { snoozed: before.snoozed, ..thread(&now, marker) });
        Ok(threads)
    }

    async fn carry_out(
        &self,
        client: &Client,
        rules: &IssueRules,
        run: &Run<'_>,
        decision: &Decision,
        delivered: &mut Delivered,
    ) -> Result<Opened, Error> {
        let mut opened = Opened::Alone;
        for step in &decision.steps {
            match step {
                Step::Create { title, labels, previous } => {
                    let issue = self.open(client, rules, run, (title, labels, *previous)).await?;
                    delivered.issue = Some(issue.number);
                    delivered.url = Some(issue.url.clone());
                    opened = self.second_look(client, rules, run, &issue).await?;
                }
                Step::Edit { number, title, change } => {
                    let (state, state_reason) = match change {
                        Change::Stay => (None, None),
                        Change::Close => (Some("closed"), Some(StateReason::Completed)),
                        Change::Reopen => (Some("open"), None),
                    };
                    let change = IssueChange { title: title.as_deref(), body: None, state, state_reason };
                    let issue = self.edit(client, *number, change, run, &decision.fingerprint).await?;
                    delivered.url = Some(issue.url);
                }
                Step::Comment { number, text } => {
                    let marker = Marker { key: self.note_key(), ..self.marker(run, &run.report.fingerprint) };
                    let body = Frame::new(&marker, None).around(&self.redactor.document(text));
                    self.comment(client, Subject::Issue(*number), &body).await?;
                }
                Step::Duplicate { number } => self.close_duplicate(client, *number).await,
                Step::Label { number, names } => {
                    self.ensure_labels(client, names).await;
                    told(client.add_labels(*number, names).await);
                }
                Step::Unlabel { number, name } => told(client.remove_label(*number, name).await),
            }
        }
        Ok(opened)
    }

    /// The comments on the tracking issue are no threads of their own.
    fn note_key(&self) -> String {
        format!("{}#note", self.reporting.key)
    }

    fn address(&self, number: u64) -> Option<String> {
        let access = self.reporting.access.as_ref()?;
        Some(format!("{}/{}/issues/{number}", access.server, access.repository))
    }

    /// Opens the issue, or finds that it did.
    async fn open(
        &self,
        client: &Client,
        rules: &IssueRules,
        run: &Run<'_>,
        (title, labels, previous): (&str, &[String], Option<u64>),
    ) -> Result<Issue, Error> {
        self.ensure_labels(client, labels).await;
        let before = previous.map(words::previous).unwrap_or_default();
        let text = Words { before: &before, ..Words::default() };
        let mut assignees = rules.assignees.as_slice();
        let mut sizes = self.sizes().peekable();
        let mut tried = 0;
        loop {
            let size = *sizes.peek().expect("the last size is never taken off");
            let body = self.body(run, &run.report.fingerprint, text, size)?;
            let error = match client.create_issue(&NewIssue { title, body: &body, labels, assignees }).await {
                Ok(issue) if issue.keeps(&body) => return Ok(issue),
                // It is open, with a text that is not ours to the end.
                Ok(issue) => {
                    return self.edit(client, issue.number, IssueChange::default(), run, &run.report.fingerprint).await;
                }
                Err(error) => error,
            };
            match error.kind {
                Kind::Unclear => {
                    tried += 1;
                    tokio::time::sleep(self.reporting.pace.before_second_look).await;
                    let mine = self.marker(run, &run.report.fingerprint);
                    let listed = self.ours(client, client.issues_labelled(&rules.label).await?).await?;
                    let is_mine = |it: &Issue| hidden::marker(&it.body).is_some_and(|it| it.is_of_same_run(&mine));
                    match listed.into_iter().find(is_mine) {
                        Some(issue) => return Ok(issue),
                        None if tried == TRIES => return Err(error),
                        None => {}
                    }
                }
                Kind::Invalid(422)
                    if !assignees.is_empty() && error.message.to_ascii_lowercase().contains("assignee") =>
                {
                    tracing::warn!("GitHub does not accept the assignees: the issue is opened without them");
                    assignees = &[];
                }
                _ if is_too_long(&error) => {
                    sizes.next();
                    if sizes.peek().is_none() {
                        return Err(error);
                    }
                }
                _ => return Err(error),
            }
        }
    }

    /// Two runs that found nothing both open an issue. The older number wins; ours, if it is not that, is closed.
    async fn second_look(
        &self,
        client: &Client,
        rules: &IssueRules,
        run: &Run<'_>,
        ours: &Issue,
    ) -> Result<Opened, Error> {
        tokio::time::sleep(self.reporting.pace.before_second_look).await;
        let (threads, _) = self.found_issues(client, rules, run.at()).await?;
        if threads.iter().any(|it| it.state == State::Open && it.number < ours.number) {
            self.close_duplicate(client, ours.number).await;
            return Ok(Opened::After(threads.into_iter().filter(|it| it.number != ours.number).collect()));
        }
        Ok(Opened::Alone)
    }

    /// Replaces the text, in a shorter form where GitHub does not keep the long one.
    async fn edit(
        &self,
        client: &Client,
        number: u64,
        change: IssueChange<'_>,
        run: &Run<'_>,
        fingerprint: &str,
    ) -> Result<Issue, Error> {
        let mut failed = None;
        for size in self.sizes() {
            let body = self.body(run, fingerprint, Words::default(), size)?;
            match client.change_issue(number, IssueChange { body: Some(&body), ..change }).await {
                Err(error) if is_too_long(&error) => failed = Some(error),
                other => return other,
            }
        }
        Err(failed.expect("there is a first size"))
    }

    async fn close_duplicate(&self, client: &Client, number: u64) {
        let change =
            |reason| IssueChange { state: Some("closed"), state_reason: Some(reason), ..IssueChange::default() };
        let closed = match client.change_issue(number, change(StateReason::Duplicate)).await {
            // Older servers do not know this reason.
            Err(Error { kind: Kind::Invalid(422), .. }) => {
                client.change_issue(number, change(StateReason::Completed)).await
            }
            other => other,
        };
        told(closed.map(|_| ()));
    }

    async fn ensure_labels(&self, client: &Client, names: &[String]) {
        for name in names {
            // Unlabelled, it is found by its author.
            told(client.ensure_label(name, COLOR, DESCRIPTION).await);
        }
    }
}

/// What makes a thread nicer and is not the report: a failure is for the log.
fn told(result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::info!("Left as it is: {error}");
    }
}
