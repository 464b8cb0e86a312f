//! Our threads on GitHub: found before anything is decided, written after everything is, and read back.

mod comment;
mod issue;

use jiff::Timestamp;

use crate::github::{Client, Comment, Error, Issue, Kind, Permission, Subject};
use crate::history::hidden::{self, Frame};
use crate::http;
use crate::model::history::{History, Marker, Memory};
use crate::model::reporting::{IssueRules, Reporting};
use crate::redact::{Redactor, Text};
use crate::render::{self, Format};
use crate::report::Report;

use super::comment::Found;
use super::issue::Thread;
use super::{Delivered, Run};

/// A text is tried at this many sizes, each half of the one before.
const SIZES: u32 = 5;
/// How often a post is tried that did not land.
const TRIES: usize = 3;

/// The tracking issue and the pull request's comment, as far as this run has to do with them.
pub struct Threads<'a> {
    reporting: &'a Reporting,
    redactor: &'a Redactor,
    /// None: this run has nothing to do with GitHub.
    client: Option<Result<Client, String>>,
    issues: Result<Vec<Thread>, Error>,
    comments: Result<Vec<Found>, Error>,
    history: Option<History>,
}

impl<'a> Threads<'a> {
    /// Looks for them; writes nothing. What cannot be read is tried once more when the report is published.
    pub async fn find(
        reporting: &'a Reporting,
        settings: &http::Settings,
        now: Timestamp,
        redactor: &'a Redactor,
    ) -> Threads<'a> {
        let mut threads = Self::unread(reporting, settings, redactor);
        let Some(Ok(client)) = &threads.client else { return threads };
        let (mut issues, mut comments, mut history) = (Ok(vec![]), Ok(vec![]), None);
        if let Some(rules) = &reporting.comment {
            let found = threads.found_comments(client, rules.pull_request).await;
            comments = found.map(|(found, kept)| {
                history = kept;
                found
            });
        }
        if let Some(rules) = &reporting.issue {
            let found = threads.found_issues(client, rules, now).await;
            issues = found.map(|(found, kept)| {
                history = kept.or(history.take());
                found
            });
        }
        (threads.issues, threads.comments, threads.history) = (issues, comments, history);
        threads
    }

    /// Before anything was looked for.
    pub fn unread(reporting: &'a Reporting, settings: &http::Settings, redactor: &'a Redactor) -> Self {
        let wanted = reporting.issue.is_some() || reporting.comment.is_some();
        let client = reporting
            .access
            .as_ref()
            .filter(|_| wanted)
            .map(|access| Client::new(access, settings, reporting.pace).map_err(|error| format!("{error:#}")));
        let unread = || Error { kind: Kind::Unreachable, request: "looking for it".to_owned(), message: String::new() };
        Self { reporting, redactor, client, issues: Err(unread()), comments: Err(unread()), history: None }
    }

    /// What earlier runs of this configuration left for this one.
    pub fn memory(&self) -> Memory {
        let lost = |why: &'static str| Memory::Lost(Text::from(why));
        match (&self.client, &self.history, &self.issues, &self.comments) {
            (None, ..) => Memory::Unkept,
            (Some(_), Some(history), ..) => Memory::Kept(history.clone()),
            (Some(Ok(_)), None, Ok(issues), Ok(comments)) if issues.is_empty() && comments.is_empty() => Memory::Blank,
            (Some(Ok(_)), None, Ok(_), Ok(_)) => lost("the report on GitHub does not hold it any more"),
            (Some(_), None, ..) => lost("GitHub could not be read"),
        }
    }

    /// The client, for other questions about the repository.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()?.as_ref().ok()
    }

    /// Brings both up to date.
    pub async fn publish(&self, run: &Run<'_>) -> Delivered {
        let mut delivered = Delivered::default();
        let client = match &self.client {
            None => return delivered,
            Some(Err(why)) => {
                delivered.failures.push(format!("GitHub was not reached: {why}."));
                return delivered;
            }
            Some(Ok(client)) => client,
        };
        if let Some(rules) = &self.reporting.issue
            && let Err(error) = self.publish_issue(client, rules, run, &mut delivered).await
        {
            self.fail("The tracking issue was not brought up to date", &error, &mut delivered);
        }
        if let Some(rules) = self.reporting.comment
            && let Err(error) = self.publish_comment(client, rules, run, &mut delivered).await
        {
            let what = format!("The comment on pull request #{} was not written", rules.pull_request);
            self.fail(&what, &error, &mut delivered);
        }
        delivered
    }

    /// What GitHub said goes to the log only: it is not our text.
    fn fail(&self, what: &str, error: &Error, delivered: &mut Delivered) {
        // Who may only read is told about what the whole takes.
        let kind = match error.kind {
            Kind::Forbidden(Permission::IssuesRead) => Kind::Forbidden(Permission::IssuesWrite),
            Kind::Forbidden(Permission::PullRequestsRead) => Kind::Forbidden(Permission::PullRequestsWrite),
            other => other,
        };
        let error = Error { kind, ..error.clone() };
        tracing::warn!("{what}: {}", self.redactor.text(&error.to_string()));
        delivered.failures.push(format!("{what}: {}.", error.remedy()));
    }

    /// A text of ours: the hidden marker, the report in at most so many bytes, the hidden history.
    fn body(&self, run: &Run<'_>, fingerprint: &str, words: Words<'_>, bytes: usize) -> Result<String, Error> {
        let frame = Frame::new(&self.marker(run, fingerprint), run.history);
        let Words { before, after, short } = words;
        let room = bytes.saturating_sub(frame.bytes() + before.len() + after.len());
        let report = match short {
            Some(short) => short.to_owned(),
            None => render::render(run.report, Format::Markdown, room).map_err(|error| Error {
                kind: Kind::Unexpected,
                request: "rendering the report".to_owned(),
                message: format!("{error:#}"),
            })?,
        };
        Ok(frame.around(&self.redactor.document(&format!("{before}{report}{after}"))))
    }

    fn marker(&self, run: &Run<'_>, fingerprint: &str) -> Marker {
        Marker {
            key: self.reporting.key.clone(),
            run: run.id,
            attempt: run.attempt,
            at: run.at(),
            fingerprint: fingerprint.to_owned(),
        }
    }

    /// The sizes that a text is tried at.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let most = self.reporting.max_body_bytes;
        (0..SIZES).map(move |halved| most >> halved)
    }

    /// Comments, or finds that it did. A text is only sent again when it is certain that it is not there.
    async fn comment(&self, client: &Client, subject: Subject, body: &str) -> Result<Comment, Error> {
        let mut tried = 0;
        loop {
            tried += 1;
            let error = match client.create_comment(subject, body).await {
                Err(error) if error.kind == Kind::Unclear => error,
                other => return other,
            };
            let landed = client.comments(subject, None).await?;
            let mine = hidden::marker(body);
            let is_mine = |it: &Comment| {
                hidden::marker(&it.body).zip(mine.as_ref()).is_some_and(|(it, mine)| it.is_of_same_run(mine))
            };
            match landed.into_iter().find(is_mine) {
                Some(comment) => return Ok(comment),
                None if tried == TRIES => return Err(error),
                None => tokio::time::sleep(self.reporting.pace.before_second_look).await,
            }
        }
    }

    /// Our issues, with the hidden history of the one that a run goes on with.
    async fn found_issues(
        &self,
        client: &Client,
        rules: &IssueRules,
        now: Timestamp,
    ) -> Result<(Vec<Thread>, Option<History>), Error> {
        let mut ours = self.ours(client, client.issues_labelled(&rules.label).await?).await?;
        if ours.is_empty()
            && let Some(login) = client.viewer(&[]).await?.login()
        {
            // Where labels cannot be set, or somebody took ours off.
            ours = self.ours(client, client.issues_by(login).await?).await?;
        }
        let mut threads: Vec<_> = ours.iter().filter_map(|it| Some(thread(it, hidden::marker(&it.body)?))).collect();
        self.look_at_snoozing(client, rules, now, &mut threads).await?;
        let number = super::issue::primary(&threads).map(|it| it.number);
        let body = ours.iter().find(|it| Some(it.number) == number).map(|it| it.body.as_str());
        Ok((threads, body.and_then(hidden::history)))
    }

    async fn look_at_snoozing(
        &self,
        client: &Client,
        rules: &IssueRules,
        now: Timestamp,
        threads: &mut [Thread],
    ) -> Result<(), Error> {
        let Some(number) = super::issue::primary(threads).map(|it| it.number) else { return Ok(()) };
        for thread in threads.iter_mut().filter(|it| it.number == number) {
            if let Some((name, length)) = super::issue::snooze(&thread.labels, rules) {
                let since = client.labelled_at(number, name).await?;
                thread.snoozed = Some(since.unwrap_or(now) + length);
            }
        }
        Ok(())
    }

    /// Those that begin with our marker, are about this configuration, and that we wrote.
    async fn ours(&self, client: &Client, all: Vec<Issue>) -> Result<Vec<Issue>, Error> {
        let mut marked: Vec<_> = all.into_iter().filter(|it| self.is_marked(&it.body)).collect();
        if marked.is_empty() {
            return Ok(marked);
        }
        let nodes: Vec<_> = marked.iter().map(|it| it.node.as_str()).collect();
        let viewer = client.viewer(&nodes).await?;
        marked.retain(|it| viewer.wrote(&it.node, it.author.as_deref(), it.app.as_deref()));
        Ok(marked)
    }

    async fn found_comments(&self, client: &Client, pull_request: u64) -> Result<(Vec<Found>, Option<History>), Error> {
        let mut all = client.comments(Subject::PullRequest(pull_request), None).await?;
        all.retain(|it| self.is_marked(&it.body));
        if all.is_empty() {
            return Ok((vec![], None));
        }
        let nodes: Vec<_> = all.iter().map(|it| it.node.as_str()).collect();
        let viewer = client.viewer(&nodes).await?;
        all.retain(|it| viewer.wrote(&it.node, it.author.as_deref(), it.app.as_deref()));
        all.sort_by_key(|it| it.id);
        let history = all.last().and_then(|it| hidden::history(&it.body));
        let found = all
            .into_iter()
            .filter_map(|it| Some(Found { id: it.id, node: it.node, url: it.url, marker: hidden::marker(&it.body)? }));
        Ok((found.collect(), history))
    }

    fn is_marked(&self, body: &str) -> bool {
        hidden::marker(body).is_some_and(|it| it.key == self.reporting.key)
    }
}

/// What surrounds the report in a text of ours.
#[derive(Clone, Copy, Default)]
struct Words<'a> {
    before: &'a str,
    after: &'a str,
    /// Instead of the report.
    short: Option<&'a str>,
}

fn thread(issue: &Issue, marker: Marker) -> Thread {
    Thread {
        number: issue.number,
        state: issue.state,
        created: issue.created,
        labels: issue.labels.clone(),
        marker,
        snoozed: None,
    }
}

/// Whether a shorter text may be accepted.
fn is_too_long(error: &Error) -> bool {
    let message = error.message.to_ascii_lowercase();
    match error.kind {
        Kind::Altered => true,
        Kind::Invalid(413) => true,
        Kind::Invalid(422) => message.contains("body") || message.contains("too long"),
        _ => false,
    }
}

impl<'a> Run<'a> {
    /// A run of which nothing is known but its report.
    pub fn of(report: &'a Report) -> Self {
        Self { report, id: 0, attempt: 1, history: None }
    }
}
