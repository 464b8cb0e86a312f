//! Labels of a repository and of an issue.

use serde_json::{Map, Value};

use super::answer::{Answer, Answered, invalid, invalid_because, not_found};
use super::dispatch::{Desk, Need};
use super::repository::{GREY, Label};
use super::shape;
use super::tokens::Resource;

/// Characters.
const LONGEST_NAME: usize = 50;
const LONGEST_DESCRIPTION: usize = 100;

pub(super) fn of_repository(desk: &mut Desk<'_>) -> Answered {
    desk.need(Resource::Issues, Need::Read)?;
    let about = &desk.held.about;
    let rows: Vec<Value> = about.labels.iter().map(|it| shape::label(about, it, &desk.ask.base)).collect();
    desk.ask.page(&rows)
}

pub(super) fn one(desk: &mut Desk<'_>, name: &str) -> Answered {
    desk.need(Resource::Issues, Need::Read)?;
    let label = desk.held.about.label(name).ok_or_else(not_found)?;
    Ok(Answer::ok(&shape::label(&desk.held.about, label, &desk.ask.base)))
}

pub(super) fn create(desk: &mut Desk<'_>) -> Answered {
    desk.need(Resource::Issues, Need::Manage)?;
    let sent = desk.ask.object()?;
    let name = text(&sent, "name")?.ok_or_else(|| invalid("Label", "name", "missing_field"))?;
    let color = text(&sent, "color")?.unwrap_or_else(|| GREY.to_owned());
    if color.len() != 6 || !color.chars().all(|it| it.is_ascii_hexdigit()) {
        return Err(invalid("Label", "color", "invalid"));
    }
    let description = text(&sent, "description")?;
    if description.as_ref().is_some_and(|it| it.chars().count() > LONGEST_DESCRIPTION) {
        return Err(invalid_because("Label", "description", "description is too long (maximum is 100 characters)"));
    }
    if desk.held.about.label(&name).is_some() {
        return Err(invalid("Label", "name", "already_exists"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(invalid_because("Label", "name", "name is too long (maximum is 50 characters)"));
    }
    let label = Label { name, color, description };
    desk.held.about.labels.push(label.clone());
    Ok(Answer::created(&shape::label(&desk.held.about, &label, &desk.ask.base)))
}

pub(super) fn of_issue(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Read)?;
    let rows = shown(desk, number)?;
    desk.ask.page(&rows)
}

pub(super) fn add(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Manage)?;
    let sent = desk.ask.json()?;
    let labels = names("Label", sent.get("labels").or(Some(&sent).filter(|it| it.is_array())))?;
    let by = desk.actor();
    for label in labels {
        let label = desk.held.about.know(&label);
        let (issue, ids) = desk.issue(number)?;
        issue.label(ids, &by, &label);
    }
    Ok(Answer::ok(&Value::Array(shown(desk, number)?)))
}

pub(super) fn remove(desk: &mut Desk<'_>, number: &str, label: &str) -> Answered {
    let number = desk.number(number, Need::Manage)?;
    let by = desk.actor();
    let (issue, ids) = desk.issue(number)?;
    if !issue.has_label(label) {
        return Err(super::answer::refused(http::StatusCode::NOT_FOUND, "Label does not exist"));
    }
    issue.unlabel(ids, &by, label);
    Ok(Answer::ok(&Value::Array(shown(desk, number)?)))
}

/// The names in a list of labels, each a string or an object with a name.
pub(super) fn names(resource: &str, labels: Option<&Value>) -> Result<Vec<String>, Answer> {
    let labels = match labels {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(labels)) => labels,
        Some(_) => return Err(invalid(resource, "labels", "invalid")),
    };
    let name = |label: &Value| label.as_str().or_else(|| label["name"].as_str()).map(str::to_owned);
    let names: Option<Vec<String>> = labels.iter().map(name).collect();
    let names = names.ok_or_else(|| invalid(resource, "labels", "invalid"))?;
    if names.iter().any(|name| name.trim().is_empty() || name.chars().count() > LONGEST_NAME) {
        return Err(invalid(resource, "labels", "invalid"));
    }
    Ok(names)
}

fn shown(desk: &mut Desk<'_>, number: u64) -> Result<Vec<Value>, Answer> {
    let issue = desk.held.issues.get(&number).ok_or_else(not_found)?;
    Ok(shape::labels(&desk.held.about, issue, &desk.ask.base))
}

fn text(sent: &Map<String, Value>, name: &str) -> Result<Option<String>, Answer> {
    match sent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid("Label", name, "invalid")),
    }
}
