//! Comments of issues and pull requests, and reactions to them.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Answered, invalid, not_found};
use super::dispatch::{Desk, Need, role};
use super::issues::{LARGEST_BODY, too_long};
use super::repository::Role;
use super::shape;
use super::state::{Comment, Reaction};

pub(super) fn list(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Read)?;
    let since = desk.ask.since("IssueComment")?;
    let issue = desk.held.issues.get(&number).ok_or_else(not_found)?;
    let fitting = issue.comments.iter().filter(|comment| since.is_none_or(|since| comment.updated >= since));
    let rows: Vec<Value> = fitting.map(|it| shape::comment(&desk.held.about, number, it, &desk.ask.base)).collect();
    desk.ask.page(&rows)
}

pub(super) fn create(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::TakePart)?;
    // Guess: an App may not, whatever it was granted; of people those who may push.
    let pushes = role(desk.held, &desk.ask.caller).is_some_and(|role| role >= Role::Write);
    let body = body(desk)?;
    let by = desk.actor();
    let (issue, ids) = desk.issue(number)?;
    if issue.locked.is_some() && !pushes {
        let body = json!({"message": "Unable to create comment because issue is locked.", "status": "403",
            "documentation_url": "https://docs.github.com/articles/locking-conversations/"});
        return Err(Answer::json(StatusCode::FORBIDDEN, &body));
    }
    let id = issue.say(ids, &by, &body);
    Ok(Answer::created(&shown(desk, id)?))
}

pub(super) fn one(desk: &mut Desk<'_>, id: &str) -> Answered {
    let id = found(desk, id, Need::Read)?;
    Ok(Answer::ok(&shown(desk, id)?))
}

pub(super) fn edit(desk: &mut Desk<'_>, id: &str) -> Answered {
    let id = found(desk, id, Need::Change)?;
    let body = body(desk)?;
    let now = desk.ask.now;
    let (_, comment) = desk.held.comment(id).ok_or_else(not_found)?;
    (comment.body, comment.updated) = (body, now);
    Ok(Answer::ok(&shown(desk, id)?))
}

pub(super) fn reactions(desk: &mut Desk<'_>, id: &str) -> Answered {
    let id = found(desk, id, Need::Read)?;
    let base = &desk.ask.base;
    let wanted = desk.ask.parameter("content");
    let (_, comment) = desk.held.comment(id).ok_or_else(not_found)?;
    let fitting = comment.reactions.iter().filter(|it| wanted.is_none_or(|wanted| it.content == wanted));
    let rows: Vec<Value> = fitting.map(|it| shape::reaction(it, base)).collect();
    desk.ask.page(&rows)
}

pub(super) fn react(desk: &mut Desk<'_>, id: &str) -> Answered {
    let id = found(desk, id, Need::TakePart)?;
    let sent = desk.ask.object()?;
    let content = sent.get("content").and_then(Value::as_str).filter(|it| shape::REACTIONS.contains(it));
    let content = content.ok_or_else(|| invalid("Reaction", "content", "invalid"))?.to_owned();
    let reaction = Reaction { id: desk.ids.next(), author: desk.actor().author, content, at: desk.ask.now };
    let base = &desk.ask.base;
    let (_, comment) = desk.held.comment(id).ok_or_else(not_found)?;
    // Somebody who reacts so a second time is told what is there.
    let same = |it: &&Reaction| it.author == reaction.author && it.content == reaction.content;
    if let Some(there) = comment.reactions.iter().find(same) {
        return Ok(Answer::ok(&shape::reaction(there, base)));
    }
    let shown = shape::reaction(&reaction, base);
    comment.reactions.push(reaction);
    Ok(Answer::json(StatusCode::CREATED, &shown))
}

/// Id of a comment of the path, if the caller may do that much with it.
fn found(desk: &mut Desk<'_>, id: &str, need: Need) -> Result<u64, Answer> {
    let id = id.parse().map_err(|_not_a_number| not_found())?;
    let (number, comment): (u64, &mut Comment) = desk.held.comment(id).ok_or_else(not_found)?;
    let own = comment.author == desk.ask.caller.author && need == Need::Change;
    let issue = desk.held.issues.get(&number).ok_or_else(not_found)?;
    desk.need(super::dispatch::resource_of(issue), if own { Need::TakePart } else { need })?;
    Ok(id)
}

fn shown(desk: &mut Desk<'_>, id: u64) -> Result<Value, Answer> {
    let (number, comment) = desk.held.comment(id).ok_or_else(not_found)?;
    let comment = comment.clone();
    Ok(shape::comment(&desk.held.about, number, &comment, &desk.ask.base))
}

fn body(desk: &Desk<'_>) -> Result<String, Answer> {
    match desk.ask.object()?.get("body") {
        Some(Value::String(text)) if text.trim().is_empty() => Err(invalid("IssueComment", "body", "missing_field")),
        Some(Value::String(text)) if text.len() > LARGEST_BODY => Err(too_long("IssueComment")),
        Some(Value::String(text)) => Ok(text.clone()),
        None | Some(Value::Null) => Err(invalid("IssueComment", "body", "missing_field")),
        Some(_) => Err(invalid("IssueComment", "body", "invalid")),
    }
}
