//! A paged list, reduced as it comes: of each page only the wanted objects stay, and the next page is fetched after that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::obstacle::{Question, Resource};
use super::request::{Answer, Connection};
use super::wire::{Identity, Page, unread};
use crate::http::percent_encoded;
use crate::model::object::GroupVersionKind;
use crate::model::outcome::{Obstacle, Reason};

/// Which list.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) gvk: &'a GroupVersionKind,
    pub(super) resource: Resource<'a>,
    /// Path of the collection.
    pub(super) path: &'a str,
    /// Names of the wanted objects.
    pub(super) wanted: &'a BTreeSet<&'a str>,
}

/// What a list gave. Without an end that is complete, an object that was not seen may still exist.
pub(super) struct Listed {
    pub(super) found: BTreeMap<String, Box<RawValue>>,
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

/// Reads all pages.
pub(super) async fn list(connection: &Connection, asked: Asked<'_>) -> Listed {
    let mut restarts = 0;
    loop {
        let mut found = BTreeMap::new();
        let end = match pages(connection, asked, &mut found).await {
            Ok(()) => End::Complete,
            Err(Stop::Expired(_)) if restarts < RESTARTS => {
                restarts += 1;
                continue;
            }
            Err(Stop::Expired(obstacle) | Stop::Broken(obstacle)) => End::Broken(obstacle),
            Err(Stop::OneByOne(obstacle)) => End::OneByOne(obstacle),
        };
        return Listed { found, end };
    }
}

enum Stop {
    Expired(Obstacle),
    OneByOne(Obstacle),
    Broken(Obstacle),
}

async fn pages(
    connection: &Connection,
    asked: Asked<'_>,
    found: &mut BTreeMap<String, Box<RawValue>>,
) -> Result<(), Stop> {
    let question = Question::List(asked.resource);
    let mut tokens = BTreeSet::new();
    let mut path = format!("{}?limit={}", asked.path, connection.limits.page);
    loop {
        let answer = connection.get(&path, "application/json").await;
        let answer = answer.map_err(|silence| Stop::Broken(connection.silent(&question, silence)))?;
        match answer.status.as_u16() {
            200 => {}
            403 => return Err(Stop::OneByOne(connection.refused(&question, &answer))),
            // The snapshot that the pages are of is gone.
            410 => return Err(Stop::Expired(expired(connection, &question, &answer))),
            _ => return Err(Stop::Broken(connection.refused(&question, &answer))),
        }
        let Some(next) = reduce(connection, asked, &answer, found)? else { return Ok(()) };
        path = format!("{}?limit={}&continue={}", asked.path, connection.limits.page, percent_encoded(&next));
        if !tokens.insert(next) {
            return Err(Stop::Broken(connection.untrue(&question, "repeats a page")));
        }
    }
}

fn expired(connection: &Connection, question: &Question<'_>, answer: &Answer) -> Obstacle {
    let said = connection.refused(question, answer).detail;
    let remedy = "run again when the cluster is less busy, or narrow `namespaces` of the target";
    connection.obstacle(Reason::Unreachable, &format!("{said}, {RESTARTS} times in a row"), remedy)
}

/// Keeps the wanted objects of a page; gives the token of the next one.
fn reduce(
    connection: &Connection,
    asked: Asked<'_>,
    answer: &Answer,
    found: &mut BTreeMap<String, Box<RawValue>>,
) -> Result<Option<String>, Stop> {
    let untrue = |what: &str| Stop::Broken(connection.untrue(&Question::List(asked.resource), what));
    let page: Page<'_> = serde_json::from_slice(&answer.body)
        .map_err(|error| untrue(&unread("is no list of Kubernetes objects", &error)))?;
    let version = asked.gvk.api_version();
    if page.api_version != version || !page.kind.ends_with("List") {
        return Err(untrue(&format!("is `{}` of `{}`", page.kind, page.api_version)));
    }
    if page.kind.strip_suffix("List") != Some(asked.gvk.kind.as_str()) {
        // A CustomResourceDefinition may name its list otherwise; whether this is one cannot be told from here.
        let what = format!("is `{}` instead of `{}List`", page.kind, asked.gvk.kind);
        return Err(Stop::OneByOne(connection.untrue(&Question::List(asked.resource), &what)));
    }
    for raw in page.items.unwrap_or_default() {
        let item: Identity<'_> =
            serde_json::from_str(raw.get()).map_err(|error| untrue(&unread("has an item without a name", &error)))?;
        let namespace = item.metadata.namespace.as_deref().filter(|it| !it.is_empty());
        let other_kind = item.kind.as_deref().is_some_and(|it| it != asked.gvk.kind)
            || item.api_version.as_deref().is_some_and(|it| it != version);
        if item.metadata.name.is_empty() || namespace != asked.resource.namespace || other_kind {
            return Err(untrue("has an item of another kind or namespace"));
        }
        if asked.wanted.contains(item.metadata.name.as_ref()) {
            found.insert(item.metadata.name.into_owned(), raw.to_owned());
        }
    }
    Ok(page.metadata.next.filter(|token| !token.is_empty()))
}
