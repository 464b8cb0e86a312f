//! What was asked of a server and by whom, from its own audit log.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// How long the last answers may take to reach the log.
const SETTLE: Duration = Duration::from_secs(5);

/// One request and the status it was answered with.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) user: String,
    /// In Kubernetes' words: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …
    pub(crate) verb: String,
    /// Path and query.
    pub(crate) uri: String,
    /// Plural name of the resource; empty for what is none, like the discovery documents.
    pub(crate) resource: String,
    /// Empty for what has none.
    pub(crate) namespace: String,
    /// Empty where the client did not say.
    pub(crate) user_agent: String,
    /// `None` for a watch that goes on.
    pub(crate) status: Option<u16>,
}

/// Fails unless what one run asked needs no right but `get` and `list`, lists no Secret, and repeats nothing: every page
/// and every object is read once. `requests` are all of one run and user.
pub(crate) fn verify_frugal(requests: &[&Request]) -> anyhow::Result<()> {
    let mut asked = BTreeSet::new();
    for request in requests {
        ensure!(matches!(request.verb.as_str(), "get" | "list"), "this needs more than get and list: {request:?}");
        ensure!(request.resource != "secrets" || request.verb == "get", "Secrets were listed: {request:?}");
        ensure!(asked.insert(request.uri.as_str()), "this was read twice: {request:?}");
    }
    Ok(())
}

/// Requests in the order of arrival, each once.
///
/// The log tells of each at its beginning and at its end, the latter after the client has its answer: so a test may
/// come too early, and this waits for the ends that are due.
pub(crate) fn read(log: &Path) -> anyhow::Result<Vec<Request>> {
    let since = Instant::now();
    loop {
        let text =
            fs::read_to_string(log).with_context(|| format!("failed to read the audit log `{}`", log.display()))?;
        // A last line without its end is still being written.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let requests = fold(&text[..whole])?;
        let open = requests.iter().find(|it| it.status.is_none() && it.verb != "watch");
        match open {
            None if whole == text.len() => return Ok(requests),
            _ => ensure!(since.elapsed() < SETTLE, "a request has no end in the audit log: {open:?}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// One line of the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "auditID")]
    id: String,
    verb: String,
    #[serde(rename = "requestURI")]
    uri: String,
    user: User,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    object_ref: Object,
    response_status: Option<Status>,
}

#[derive(Deserialize)]
struct User {
    /// Missing where nobody logged in.
    #[serde(default)]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    resource: String,
    namespace: String,
}

#[derive(Deserialize)]
struct Status {
    code: u16,
}

/// Merges the lines that belong to one request.
fn fold(log: &str) -> anyhow::Result<Vec<Request>> {
    let mut requests: Vec<(String, Request)> = Vec::new();
    for line in log.lines() {
        let event: Event =
            serde_json::from_str(line).with_context(|| format!("failed to read the audit event `{line}`"))?;
        let status = event.response_status.map(|it| it.code);
        if let Some((_, request)) = requests.iter_mut().rev().find(|(id, _)| *id == event.id) {
            request.status = status.or(request.status);
            continue;
        }
        let request = Request {
            user: event.user.username,
            verb: event.verb,
            uri: event.uri,
            resource: event.object_ref.resource,
            namespace: event.object_ref.namespace,
            user_agent: event.user_agent,
            status,
        };
        requests.push((event.id, request));
    }
    Ok(requests.into_iter().map(|(_, request)| request).collect())
}
