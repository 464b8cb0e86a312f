//! Pull requests: one, its files, and those of a commit.

use serde_json::{Value, json};

use super::answer::{Answer, Answered, not_found};
use super::ask::Base;
use super::dispatch::{Desk, Need};
use super::repository::{ChangedFile, DEFAULT_BRANCH, Pull, Repository};
use super::shape;
use super::state::Issue;
use super::tokens::Resource;

pub(super) fn one(desk: &mut Desk<'_>, number: &str) -> Answered {
    let (issue, pull) = found(desk, number)?;
    let mut shown = simple(&desk.held.about, issue, pull, &desk.ask.base);
    let count = pull.files.len();
    let more = json!({"merged": false, "mergeable": true, "mergeable_state": "clean", "merged_by": null,
        "comments": issue.comments.len(), "review_comments": 0, "maintainer_can_modify": false, "commits": 1,
        "additions": count, "deletions": 0, "changed_files": count});
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    Ok(Answer::ok(&shown))
}

pub(super) fn files(desk: &mut Desk<'_>, number: &str) -> Answered {
    let (_, pull) = found(desk, number)?;
    let rows: Vec<Value> = pull.files.iter().map(|it| file(&desk.held.about, pull, it, &desk.ask.base)).collect();
    desk.ask.page(&rows)
}

/// Guess: those whose head it is. GitHub also names merged ones that brought the commit in.
pub(super) fn of_commit(desk: &mut Desk<'_>, sha: &str) -> Answered {
    desk.need(Resource::PullRequests, Need::Read)?;
    let (about, base) = (&desk.held.about, &desk.ask.base);
    let pulls = desk.held.issues.values().filter_map(|issue| Some((issue, issue.pull.as_ref()?)));
    let rows: Vec<Value> =
        pulls.filter(|(_, pull)| pull.head == sha).map(|(issue, pull)| simple(about, issue, pull, base)).collect();
    desk.ask.page(&rows)
}

fn found<'a>(desk: &'a Desk<'_>, number: &str) -> Result<(&'a Issue, &'a Pull), Answer> {
    desk.need(Resource::PullRequests, Need::Read)?;
    let number: u64 = number.parse().map_err(|_not_a_number| not_found())?;
    let issue = desk.held.issues.get(&number).ok_or_else(not_found)?;
    Ok((issue, issue.pull.as_ref().ok_or_else(not_found)?))
}

/// A `pull-request-simple`.
fn simple(of: &Repository, issue: &Issue, pull: &Pull, base: &Base) -> Value {
    let mut shown = shape::issue(of, issue, base);
    let api = base.url(&format!("/repos/{}", of.full_name()));
    let url = format!("{api}/pulls/{}", issue.number);
    let page = shown["html_url"].clone();
    let text = page.as_str().unwrap_or_default();
    let comments = format!("{api}/issues/{}/comments", issue.number);
    let statuses = format!("{api}/statuses/{}", pull.head);
    let side = |repository: &Repository, branch: &str, sha: &str| {
        json!({"label": format!("{}:{branch}", repository.owner), "ref": branch, "sha": sha,
            "user": super::tokens::Author::person(&repository.owner).shown(base), "repo": repository.shown(base)})
    };
    let fork = pull.fork.as_deref().map(Repository::new);
    let more = json!({
        "node_id": format!("PR_{}", issue.id), "url": url, "issue_url": format!("{api}/issues/{}", issue.number),
        "diff_url": format!("{text}.diff"), "patch_url": format!("{text}.patch"),
        "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"), "comments_url": comments,
        "statuses_url": statuses, "merged_at": null, "merge_commit_sha": null, "auto_merge": null, "draft": false,
        "requested_reviewers": [], "requested_teams": [],
        "head": side(fork.as_ref().unwrap_or(of), "topic", &pull.head), "base": side(of, DEFAULT_BRANCH, &pull.base),
        "_links": {"self": {"href": url}, "html": {"href": page}, "issue": {"href": format!("{api}/issues/{}", issue.number)},
            "comments": {"href": comments}, "review_comments": {"href": format!("{url}/comments")},
            "review_comment": {"href": format!("{api}/pulls/comments{{/number}}")},
            "commits": {"href": format!("{url}/commits")}, "statuses": {"href": statuses}},
    });
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        for name in [
            "pull_request",
            "reactions",
            "state_reason",
            "closed_by",
            "comments",
            "events_url",
            "timeline_url",
            "labels_url",
            "repository_url",
            "performed_via_github_app",
        ] {
            shown.remove(name);
        }
        shown.extend(more);
    }
    shown
}

/// A `diff-entry`.
fn file(of: &Repository, pull: &Pull, file: &ChangedFile, base: &Base) -> Value {
    let name = &file.name;
    let page = base.page(&format!("/{}/blob/{}/{name}", of.full_name(), pull.head));
    let mut shown = json!({"sha": pull.head, "filename": name, "status": file.status, "additions": 1, "deletions": 0,
        "changes": 1, "blob_url": page, "raw_url": page,
        "contents_url": base.url(&format!("/repos/{}/contents/{name}?ref={}", of.full_name(), pull.head))});
    if let Some(previous) = &file.previous {
        shown["previous_filename"] = json!(previous);
    }
    shown
}
