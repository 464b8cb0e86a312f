//! What happened to an issue, comments among it.

use serde_json::{Value, json};

use super::answer::{Answered, not_found};
use super::ask::Base;
use super::dispatch::{Desk, Need};
use super::repository::Repository;
use super::shape::{self, at};
use super::state::{Event, Issue};

pub(super) fn of_issue(desk: &mut Desk<'_>, number: &str) -> Answered {
    let number = desk.number(number, Need::Read)?;
    let about = &desk.held.about;
    let base = &desk.ask.base;
    let issue = desk.held.issues.get(&number).ok_or_else(not_found)?;
    let mut rows: Vec<(u64, Value)> = issue.events.iter().map(|it| (it.id, event(about, issue, it, base))).collect();
    for comment in &issue.comments {
        let mut shown = shape::comment(about, number, comment, base);
        shown["event"] = json!("commented");
        shown["actor"] = shown["user"].clone();
        rows.push((comment.id, shown));
    }
    // Ids are given in the order in which things happen.
    rows.sort_by_key(|(id, _)| *id);
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    desk.ask.page(&rows)
}

fn event(of: &Repository, issue: &Issue, event: &Event, base: &Base) -> Value {
    let mut shown = json!({"id": event.id, "node_id": format!("EV_{}", event.id), "event": event.name,
        "url": base.url(&format!("/repos/{}/issues/events/{}", of.full_name(), event.id)),
        "actor": event.actor.shown(base), "commit_id": null, "commit_url": null, "created_at": at(event.at),
        "performed_via_github_app": event.actor.shown_app(base)});
    match event.name {
        "closed" | "reopened" => shown["state_reason"] = json!(event.detail),
        "labeled" | "unlabeled" => {
            let color =
                event.detail.as_deref().and_then(|name| of.label(name)).map_or("ededed", |it| it.color.as_str());
            shown["label"] = json!({"name": event.detail, "color": color});
        }
        "renamed" => shown["rename"] = json!({"from": event.detail, "to": issue.title}),
        _ => shown["lock_reason"] = json!(event.detail),
    }
    shown
}
