//! Carries out what was decided about the comment on a pull request.

use crate::github::{Client, Comment, Error, Subject};
use crate::model::reporting::{CommentMode, CommentRules};

use super::super::comment::{Step, decide};
use super::super::{Delivered, Run, words};
use super::{Threads, Words, is_too_long};

impl Threads<'_> {
    pub(super) async fn publish_comment(
        &self,
        client: &Client,
        rules: CommentRules,
        run: &Run<'_>,
        delivered: &mut Delivered,
    ) -> Result<(), Error> {
        let CommentRules { pull_request, mode } = rules;
        // Again, right before the write: what was found at the start may be many minutes old.
        let (mut found, _) = self.found_comments(client, pull_request).await?;
        let subject = Subject::PullRequest(pull_request);
        // Once for what is there, and once more where another run wrote at the same time.
        for _ in 0..2 {
            let decision = decide(&found, run, mode);
            delivered.notes.extend(decision.notes);
            let mut raced = None;
            if let Some(it) = found.iter().find(|it| Some(it.id) == decision.id) {
                (delivered.comment, delivered.url) = (Some(it.id), Some(it.url.clone()));
            }
            for step in decision.steps {
                match step {
                    Step::Create => {
                        let comment = self.written(client, subject, None, run).await?;
                        tokio::time::sleep(self.reporting.pace.before_second_look).await;
                        (delivered.comment, delivered.url) = (Some(comment.id), Some(comment.url.clone()));
                        let (now, _) = self.found_comments(client, pull_request).await?;
                        if mode != CommentMode::NewAndMinimise && now.iter().any(|it| it.id < comment.id) {
                            self.hide(client, &comment.node).await;
                            raced = Some(now.into_iter().filter(|it| it.id != comment.id).collect());
                        }
                    }
                    Step::Edit { id } => {
                        let comment = self.written(client, subject, Some(id), run).await?;
                        (delivered.comment, delivered.url) = (Some(comment.id), Some(comment.url));
                    }
                    Step::Minimise { node } => self.hide(client, &node).await,
                }
            }
            match raced {
                Some(others) => found = others,
                None => break,
            }
        }
        Ok(())
    }

    /// Writes a new comment or over an old one, in a shorter form where GitHub does not keep the long one.
    async fn written(
        &self,
        client: &Client,
        subject: Subject,
        over: Option<u64>,
        run: &Run<'_>,
    ) -> Result<Comment, Error> {
        let (Subject::PullRequest(number) | Subject::Issue(number)) = subject;
        let commit = words::commit(&client.pull_request(number).await?.head);
        let green = words::green(run.report);
        let short = run.is_clean().then_some(green.as_str());
        let text = Words { before: "", after: &commit, short };
        let (mut over, mut failed) = (over, None);
        for size in self.sizes() {
            let body = self.body(run, &run.report.fingerprint, text, size)?;
            let written = match over {
                Some(id) => client.change_comment(subject, id, &body).await,
                None => self.comment(client, subject, &body).await,
            };
            match written {
                // It is there, with a text that is not ours to the end.
                Ok(comment) if !comment.keeps(&body) => over = Some(comment.id),
                Err(error) if is_too_long(&error) => failed = Some(error),
                other => return other,
            }
        }
        Err(failed.unwrap_or_else(|| Error {
            kind: crate::github::Kind::Altered,
            request: "the comment".to_owned(),
            message: String::new(),
        }))
    }

    /// Hides a comment as out of date. What cannot be hidden is merely old.
    async fn hide(&self, client: &Client, node: &str) {
        if let Err(error) = client.minimise(node).await {
            tracing::info!("Left an older comment as it is: {error}");
        }
    }
}
