//! Issues: listed, opened, changed, locked.

use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::{Answer, Answered, invalid, invalid_because};
use super::dispatch::{Desk, Need, resource_of};
use super::labels::names;
use super::shape;
use super::state::{Issue, IssueState};
use super::tokens::Resource;

/// Bytes of a body. The message says 65,536 characters; what is enforced was measured by others.
pub const LARGEST_BODY: usize = 262_144;
/// Characters.
const LONGEST_TITLE: usize = 256;

pub(super) fn list(desk: &mut Desk<'_>) -> Answered {
    desk.has_issues()?;
    desk.need(Resource::Issues, Need::Read)?;
    let ask = desk.ask;
    let state = ask.choice("Issue", "state", &["open", "closed", "all"])?;
    let sort = ask.choice("Issue", "sort", &["created", "updated", "comments"])?;
    let direction = ask.choice("Issue", "direction", &["desc", "asc"])?;
    let since = ask.since("Issue")?;
    let labels: Vec<&str> =
        ask.parameter("labels").map(|it| it.split(',').map(str::trim).collect()).unwrap_or_default();
    let fits = |issue: &&Issue| {
        (state == "all" || issue.state.name() == state)
            && labels.iter().all(|label| issue.has_label(label))
            && ask.parameter("creator").is_none_or(|who| is_creator(issue, who))
            && since.is_none_or(|since| issue.updated >= since)
    };
    let mut found: Vec<&Issue> = desk.held.issues.values().filter(fits).collect();
    found.sort_by_key(|issue| match sort {
        "updated" => (issue.updated.as_nanosecond(), issue.number),
        "comments" => (issue.comments.len() as i128, issue.number),
        _ => (issue.created.as_nanosecond(), issue.number),
    });
    if direction == "desc" {
        found.reverse();
    }
    let rows: Vec<Value> = found.into_iter().map(|it| shape::issue(&desk.held.about, it, &ask.base)).collect();
    ask.page(&rows)
}

/// Guess: an App is asked for as `app/SLUG` or by its bot's login.
fn is_creator(issue: &Issue, who: &str) -> bool {
    issue.author.login.eq_ignore_ascii_case(who)
        || issue.author.app.as_deref().is_some_and(|app| who.strip_prefix("app/") == Some(app))
}

pub(super) fn create(desk: &mut Desk<'_>) -> Answered {
    desk.has_issues()?;
    desk.need(Resource::Issues, Need::TakePart)?;
    let sent = desk.ask.object()?;
    let title = title(&sent)?.ok_or_else(|| invalid("Issue", "title", "missing_field"))?;
    let body = match sent.get("body") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.len() > LARGEST_BODY => return Err(too_long("Issue")),
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(invalid("Issue", "body", "invalid")),
    };
    let labels = names("Issue", sent.get("labels"))?;
    let assignees = people(desk, &sent)?;
    let by = desk.actor();
    let number = desk.held.open(desk.ids, &by, &title, body);
    // "Labels are silently dropped otherwise." The same goes for assignees.
    if desk.may(Resource::Issues, Need::Manage) {
        relabel(desk, number, labels)?;
        desk.issue(number)?.0.assignees = assignees.unwrap_or_default();
    }
    Ok(Answer::created(&shown(desk, number)?))
}

pub(super) fn one(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Read)?;
    Ok(Answer::ok(&shown(desk, number)?))
}

pub(super) fn edit(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Change)?;
    let sent = desk.ask.object()?;
    let title = title(&sent)?;
    let labels = names("Issue", sent.get("labels"))?;
    let assignees = people(desk, &sent)?;
    let state = choice(&sent, "state", &["open", "closed"])?;
    let reason = choice(&sent, "state_reason", &["completed", "not_planned", "duplicate", "reopened"])?;
    let original = sent.get("duplicate_issue_id").and_then(Value::as_u64).filter(|_| reason == Some("duplicate"));
    if original.is_some_and(|id| desk.held.issues.values().all(|issue| issue.id != id || issue.number == number)) {
        return Err(invalid("Issue", "duplicate_issue_id", "invalid"));
    }
    let by = desk.actor();
    let (issue, ids) = desk.issue(number)?;
    let is_managed = resource_of(issue);
    if let Some(title) = title.filter(|title| *title != issue.title) {
        let before = std::mem::replace(&mut issue.title, title);
        issue.note(ids, &by, "renamed", Some(&before));
    }
    match sent.get("body") {
        None => {}
        Some(Value::Null) => issue.body = None,
        // Answered with 200, and nothing is changed: what a client has to read back for.
        Some(Value::String(text)) if text.len() > LARGEST_BODY => {}
        Some(Value::String(text)) => issue.body = Some(text.clone()),
        Some(_) => return Err(invalid("Issue", "body", "invalid")),
    }
    issue.updated = by.now;
    match state {
        Some("closed") if issue.state == IssueState::Open => {
            let reason = reason.filter(|it| *it != "reopened").unwrap_or("completed");
            issue.close(ids, &by, reason);
            issue.duplicate_of = original;
        }
        Some("open") if issue.state == IssueState::Closed => issue.reopen(ids, &by),
        // "Ignored unless `state` is changed."
        _ => {}
    }
    if desk.may(is_managed, Need::Manage) {
        if sent.contains_key("labels") {
            let (issue, ids) = desk.issue(number)?;
            let gone: Vec<String> = issue.labels.iter().filter(|it| !labels.contains(it)).cloned().collect();
            gone.iter().for_each(|label| issue.unlabel(ids, &by, label));
            relabel(desk, number, labels)?;
        }
        if let Some(assignees) = assignees {
            desk.issue(number)?.0.assignees = assignees;
        }
    }
    Ok(Answer::ok(&shown(desk, number)?))
}

pub(super) fn lock(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Manage)?;
    let sent = desk.ask.object()?;
    let reason = choice(&sent, "lock_reason", &["off-topic", "too heated", "resolved", "spam"])?;
    let by = desk.actor();
    let (issue, ids) = desk.issue(number)?;
    issue.lock(ids, &by, reason);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(super) fn unlock(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Manage)?;
    let by = desk.actor();
    let (issue, ids) = desk.issue(number)?;
    issue.unlock(ids, &by);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// What GitHub says of a body that is too long, whatever it measures.
pub(super) fn too_long(resource: &str) -> Answer {
    invalid_because(resource, "body", "body is too long (maximum is 65536 characters)")
}

fn shown(desk: &mut Desk<'_>, number: u64) -> Result<Value, Answer> {
    let issue = desk.issue(number)?.0.clone();
    Ok(shape::issue(&desk.held.about, &issue, &desk.ask.base))
}

fn title(sent: &Map<String, Value>) -> Result<Option<String>, Answer> {
    let title = match sent.get("title") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(invalid("Issue", "title", "invalid")),
    };
    if title.trim().is_empty() {
        return Err(invalid("Issue", "title", "missing_field"));
    }
    if title.chars().count() > LONGEST_TITLE {
        return Err(invalid_because("Issue", "title", "title is too long (maximum is 256 characters)"));
    }
    Ok(Some(title))
}

/// Logins of `assignees`; people without a role in the repository cannot be assigned.
fn people(desk: &Desk<'_>, sent: &Map<String, Value>) -> Result<Option<Vec<String>>, Answer> {
    let assignees = match sent.get("assignees") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(assignees)) => assignees,
        Some(_) => return Err(invalid("Issue", "assignees", "invalid")),
    };
    let login = |value: &Value| value.as_str().filter(|it| desk.is_assignable(it)).map(str::to_owned);
    let logins: Option<Vec<String>> = assignees.iter().map(login).collect();
    logins.map(Some).ok_or_else(|| invalid("Issue", "assignees", "invalid"))
}

fn choice<'a>(sent: &'a Map<String, Value>, name: &str, of: &[&str]) -> Result<Option<&'a str>, Answer> {
    match sent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let value = value.as_str().filter(|it| of.contains(it));
            value.map(Some).ok_or_else(|| invalid("Issue", name, "invalid"))
        }
    }
}

fn relabel(desk: &mut Desk<'_>, number: u64, labels: Vec<String>) -> Result<(), Answer> {
    let by = desk.actor();
    for label in labels {
        let label = desk.held.about.know(&label);
        let (issue, ids) = desk.issue(number)?;
        issue.label(ids, &by, &label);
    }
    Ok(())
}
