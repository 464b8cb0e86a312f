//! A paged list, reduced as it comes: of each page only what is asked for stays. The next page is on its way while one is
//! read, so that there are never more than two.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::obstacle::{Question, Resource};
use super::request::{Answer, Connection, Silence};
use crate::http::percent_encoded;
use crate::model::outcome::{Obstacle, Reason};
use crate::page::{self, Asked, Fault, Kept};

/// What a list gave. Without an end that is complete, an object that was not seen may still exist.
pub(super) struct Listed {
    pub(super) kept: Kept,
    pub(super) end: End,
}

/// How it ended.
pub(super) enum End {
    /// Every page was read.
    Complete,
    /// The identity must not list, or the kind's list has a name of its own: single objects may still be read.
    OneByOne(Obstacle),
    /// It broke off.
    Broken(Obstacle),
}

/// A long list on a busy cluster expires; one that always does would never end.
const RESTARTS: usize = 3;
/// Shorter pages are read on the spot: handing them over costs more.
const SHORT: usize = 16 << 10;

/// Reads all pages of the collection at this path.
pub(super) async fn list(connection: &Connection, plural: &str, path: &str, asked: Asked) -> Listed {
    let asked = Arc::new(asked);
    let mut restarts = 0;
    loop {
        let mut kept = Kept::default();
        let end = match pages(connection, plural, path, &asked, &mut kept).await {
            Ok(()) => End::Complete,
            Err(Stop::Expired(_)) if restarts < RESTARTS => {
                restarts += 1;
                continue;
            }
            Err(Stop::Expired(obstacle) | Stop::Broken(obstacle)) => End::Broken(obstacle),
            Err(Stop::OneByOne(obstacle)) => End::OneByOne(obstacle),
        };
        return Listed { kept, end };
    }
}

enum Stop {
    Expired(Obstacle),
    OneByOne(Obstacle),
    Broken(Obstacle),
}

async fn pages(
    connection: &Connection,
    plural: &str,
    path: &str,
    asked: &Arc<Asked>,
    kept: &mut Kept,
) -> Result<(), Stop> {
    let resource = Resource { group: &asked.gvk.group, plural, namespace: asked.namespace.as_deref() };
    let question = Question::List(resource);
    let untrue = |what: &str| connection.untrue(&question, what);
    let page = |token: Option<&str>| {
        let next = token.map(|token| format!("&continue={}", percent_encoded(token))).unwrap_or_default();
        format!("{path}?limit={}{next}", connection.limits.page)
    };
    let mut tokens = BTreeSet::new();
    let mut answer = usable(connection, &question, connection.get(&page(None), "application/json").await)?;
    loop {
        let early = page::early_token(&answer.body);
        // Only a token that is new: a server that repeats its pages would be asked for ever.
        let ahead = early.as_ref().filter(|token| !tokens.contains(*token)).map(|token| page(Some(token)));
        let (reduced, ahead) = tokio::join!(reduce(asked, answer.body), async {
            match ahead {
                Some(path) => Some(connection.get(&path, "application/json").await),
                None => None,
            }
        });
        let (more, next) = reduced.map_err(|fault| match fault {
            Fault::Untrue(what) => Stop::Broken(untrue(&what)),
            Fault::OtherName(what) => Stop::OneByOne(untrue(&what)),
        })?;
        kept.found.extend(more.found);
        kept.settled.extend(more.settled);
        kept.strays.extend(more.strays);
        let Some(next) = next else { return Ok(()) };
        let read_ahead = ahead.filter(|_| early.as_ref() == Some(&next));
        let path = page(Some(&next));
        if !tokens.insert(next) {
            return Err(Stop::Broken(untrue("repeats a page")));
        }
        let gotten = match read_ahead {
            Some(gotten) => gotten,
            None => connection.get(&path, "application/json").await,
        };
        answer = usable(connection, &question, gotten)?;
    }
}

/// Off the threads that wait for answers, unless it is quick.
async fn reduce(asked: &Arc<Asked>, body: Vec<u8>) -> Result<(Kept, Option<String>), Fault> {
    if body.len() < SHORT {
        return page::reduce(asked, &body);
    }
    let asked = Arc::clone(asked);
    let reduced = tokio::task::spawn_blocking(move || page::reduce(&asked, &body)).await;
    reduced.expect("a panic ends the process, and nobody cancels it")
}

/// An answer that may be a page.
fn usable(connection: &Connection, question: &Question<'_>, gotten: Result<Answer, Silence>) -> Result<Answer, Stop> {
    let answer = gotten.map_err(|silence| Stop::Broken(connection.silent(question, silence)))?;
    match answer.status.as_u16() {
        200 => Ok(answer),
        403 => Err(Stop::OneByOne(connection.refused(question, &answer))),
        // The snapshot that the pages are of is gone.
        410 => Err(Stop::Expired(expired(connection, question, &answer))),
        _ => Err(Stop::Broken(connection.refused(question, &answer))),
    }
}

fn expired(connection: &Connection, question: &Question<'_>, answer: &Answer) -> Obstacle {
    let said = connection.refused(question, answer).detail;
    let remedy = "run again when the cluster is less busy, or narrow `namespaces` of the target";
    connection.obstacle(Reason::Unreachable, &format!("{said}, {} times in a row", RESTARTS + 1), remedy)
}
