//! Issues, comments and labels as GitHub's description shapes them.

use serde_json::{Map, Value, json};

use super::ask::Base;
use super::repository::{Label, Repository, Role};
use super::state::{Comment, Issue, Reaction};
use super::tokens::{Author, number};

/// What somebody can react with.
pub(super) const REACTIONS: &[&str] = &["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

/// An `issue`.
pub(super) fn issue(of: &Repository, issue: &Issue, base: &Base) -> Value {
    let url = base.url(&format!("/repos/{}/issues/{}", of.full_name(), issue.number));
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let page = base.page(&format!("/{}/{kind}/{}", of.full_name(), issue.number));
    let people =
        |logins: &[String]| -> Vec<Value> { logins.iter().map(|login| Author::person(login).shown(base)).collect() };
    let mut shown = json!({
        "id": issue.id, "node_id": format!("I_{}", issue.id), "number": issue.number, "url": url,
        "repository_url": base.url(&format!("/repos/{}", of.full_name())),
        "labels_url": format!("{url}/labels{{/name}}"), "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"), "timeline_url": format!("{url}/timeline"), "html_url": page,
        "title": issue.title, "body": issue.body, "user": issue.author.shown(base),
        "state": issue.state.name(), "state_reason": issue.state_reason,
        "labels": labels(of, issue, base), "assignees": people(&issue.assignees),
        "assignee": people(&issue.assignees).first(), "milestone": null,
        "locked": issue.locked.is_some(), "active_lock_reason": issue.locked.clone().flatten(),
        "comments": issue.comments.len(), "created_at": at(issue.created), "updated_at": at(issue.updated),
        "closed_at": issue.closed.as_ref().map(|(when, _)| at(*when)),
        "closed_by": issue.closed.as_ref().map(|(_, who)| who.shown(base)),
        "author_association": association(of, &issue.author),
        "performed_via_github_app": issue.author.shown_app(base), "reactions": rollup(&url, &[]),
    });
    if issue.pull.is_some() {
        shown["pull_request"] = json!({"url": base.url(&format!("/repos/{}/pulls/{}", of.full_name(), issue.number)),
            "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
            "merged_at": null});
        shown["draft"] = json!(false);
    }
    shown
}

/// The labels of an issue, each a `label`.
pub(super) fn labels(of: &Repository, issue: &Issue, base: &Base) -> Vec<Value> {
    issue.labels.iter().filter_map(|name| of.label(name)).map(|it| label(of, it, base)).collect()
}

/// A `label`.
pub(super) fn label(of: &Repository, label: &Label, base: &Base) -> Value {
    let id = number(&format!("{}#{}", of.full_name(), label.name));
    let name: String = percent_encoding::utf8_percent_encode(&label.name, percent_encoding::NON_ALPHANUMERIC).collect();
    json!({"id": id, "node_id": format!("LA_{id}"), "name": label.name, "color": label.color, "default": false,
        "description": label.description, "url": base.url(&format!("/repos/{}/labels/{name}", of.full_name()))})
}

/// An `issue-comment`.
pub(super) fn comment(of: &Repository, number: u64, comment: &Comment, base: &Base) -> Value {
    let url = base.url(&format!("/repos/{}/issues/comments/{}", of.full_name(), comment.id));
    let issue = base.url(&format!("/repos/{}/issues/{number}", of.full_name()));
    json!({
        "id": comment.id, "node_id": format!("IC_{}", comment.id), "url": url, "issue_url": issue,
        "html_url": base.page(&format!("/{}/issues/{number}#issuecomment-{}", of.full_name(), comment.id)),
        "body": comment.body, "user": comment.author.shown(base), "created_at": at(comment.created),
        "updated_at": at(comment.updated), "author_association": association(of, &comment.author),
        "performed_via_github_app": comment.author.shown_app(base), "reactions": rollup(&url, &comment.reactions),
    })
}

/// A `reaction`.
pub(super) fn reaction(reaction: &Reaction, base: &Base) -> Value {
    json!({"id": reaction.id, "node_id": format!("REA_{}", reaction.id), "user": reaction.author.shown(base),
        "content": reaction.content, "created_at": at(reaction.at)})
}

fn rollup(url: &str, reactions: &[Reaction]) -> Value {
    let mut counts = Map::new();
    for content in REACTIONS {
        counts.insert((*content).to_owned(), json!(reactions.iter().filter(|it| it.content == *content).count()));
    }
    counts.insert("url".to_owned(), json!(format!("{url}/reactions")));
    counts.insert("total_count".to_owned(), json!(reactions.len()));
    Value::Object(counts)
}

/// How somebody stands to the repository.
pub(super) fn association(of: &Repository, author: &Author) -> &'static str {
    match of.roles.get(&author.login) {
        _ if author.login == of.owner => "OWNER",
        Some(role) if *role > Role::Read => "COLLABORATOR",
        _ => "NONE",
    }
}

/// GitHub shows whole seconds.
pub(super) fn at(when: jiff::Timestamp) -> String {
    when.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
