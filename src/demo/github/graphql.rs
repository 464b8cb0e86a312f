//! The GraphQL endpoint: the viewer, issues and comments with whether the viewer wrote them, and hiding a comment.
//!
//! GitHub publishes no offline description of it that this is held to: names are those of its reference pages.

mod document;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered, bad_request};
use super::ask::Ask;
use super::dispatch::{Need, may, resource_of, sees};
use super::state::{Comment, Held, Issue, IssueState, State};
use super::tokens::Author;
use document::{Operation, Selection};

/// Why a comment may be hidden.
const CLASSIFIERS: &[&str] = &["SPAM", "ABUSE", "OFF_TOPIC", "OUTDATED", "DUPLICATE", "RESOLVED", "LOW_QUALITY"];

/// What a field's answer is made of.
enum Node<'a> {
    Leaf(Value),
    Many(Vec<Self>),
    /// A type, and those of its members that need no arguments.
    Plain(&'static str, Map<String, Value>),
    Query,
    Repository(&'a Held),
    Issue(&'a Issue),
    Comment(&'a Comment),
    Comments(&'a Issue, Vec<&'a Comment>, bool),
}

struct Failure {
    kind: &'static str,
    message: String,
}

fn failure(kind: &'static str, message: String) -> Failure {
    Failure { kind, message }
}

/// Errors come with 200, as GraphQL has it.
pub(super) fn answer(state: &mut State, ask: &Ask) -> Answered {
    let sent = ask.object()?;
    let text = sent
        .get("query")
        .and_then(Value::as_str)
        .ok_or_else(|| bad_request("A query attribute must be specified and must be a string."))?;
    let none = Map::new();
    let variables = sent.get("variables").and_then(Value::as_object).unwrap_or(&none);
    let result = document::parse(text, variables).map_err(|why| failure("PARSE", why));
    let body = match result.and_then(|operation| perform(state, ask, &operation)) {
        Ok(data) => json!({"data": data}),
        Err(Failure { kind, message }) => json!({"data": null, "errors": [{"type": kind, "message": message}]}),
    };
    Ok(Answer::json(StatusCode::OK, &body))
}

fn perform(state: &mut State, ask: &Ask, operation: &Operation) -> Result<Value, Failure> {
    if !operation.is_mutation {
        return select(state, ask, &Node::Query, &operation.selections);
    }
    let mut data = Map::new();
    for selection in &operation.selections {
        if selection.name != "minimizeComment" {
            return Err(unknown(&selection.name, "Mutation"));
        }
        let comment = minimize(state, ask, &selection.arguments["input"])?;
        let payload = json!({"minimizedComment": comment});
        let payload = Node::Plain("MinimizeCommentPayload", payload.as_object().cloned().unwrap_or_default());
        data.insert(selection.key.clone(), select(state, ask, &payload, &selection.selections)?);
    }
    Ok(Value::Object(data))
}

/// Guess: who may edit a comment may hide it.
fn minimize(state: &mut State, ask: &Ask, input: &Value) -> Result<Value, Failure> {
    let classifier = input["classifier"].as_str().filter(|it| CLASSIFIERS.contains(it));
    let classifier =
        classifier.ok_or_else(|| failure("INVALID", "Argument 'classifier' has an invalid value".to_owned()))?;
    let id = input["subjectId"].as_str().unwrap_or_default();
    let gone = || failure("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"));
    for held in state.repositories.iter_mut().filter(|held| sees(held, &ask.caller)) {
        let of = held.issues.values().find(|it| it.comments.iter().any(|comment| node_id(comment) == id));
        let Some(of) = of else { continue };
        if !may(held, &ask.caller, resource_of(of), Need::Change) {
            return Err(failure("FORBIDDEN", "Resource not accessible by integration".to_owned()));
        }
        let number: u64 = id.trim_start_matches("IC_").parse().map_err(|_not_a_number| gone())?;
        let (_, comment) = held.comment(number).ok_or_else(gone)?;
        comment.minimized = Some(classifier.to_owned());
        return Ok(json!({"isMinimized": true, "minimizedReason": reason(classifier)}));
    }
    Err(gone())
}

/// The reason is shown in small letters.
fn reason(classifier: &str) -> String {
    classifier.to_lowercase().replace('_', "-")
}

fn node_id(comment: &Comment) -> String {
    format!("IC_{}", comment.id)
}

fn select(state: &State, ask: &Ask, node: &Node<'_>, selections: &[Selection]) -> Result<Value, Failure> {
    let kind = match node {
        Node::Leaf(value) if selections.is_empty() || value.is_null() => return Ok(value.clone()),
        Node::Leaf(_) => return Err(failure("undefinedField", "Selections can't be made on scalars".to_owned())),
        Node::Many(nodes) => return nodes.iter().map(|it| select(state, ask, it, selections)).collect(),
        Node::Plain(kind, _) => kind,
        Node::Query => "Query",
        Node::Repository(_) => "Repository",
        Node::Issue(issue) if issue.pull.is_some() => "PullRequest",
        Node::Issue(_) => "Issue",
        Node::Comment(_) => "IssueComment",
        Node::Comments(..) => "IssueCommentConnection",
    };
    if selections.is_empty() {
        return Err(failure("fieldMissing", format!("Field must have selections (field returns {kind})")));
    }
    let mut data = Map::new();
    for selection in selections {
        match &selection.on {
            // Interfaces that these types have.
            Some(on) if *on == kind || ["Node", "Comment", "Minimizable", "Actor"].contains(&on.as_str()) => {
                if let Value::Object(members) = select(state, ask, node, &selection.selections)? {
                    data.extend(members);
                }
            }
            Some(_) => {}
            None => {
                let child = field(state, ask, node, kind, selection)?;
                data.insert(selection.key.clone(), select(state, ask, &child, &selection.selections)?);
            }
        }
    }
    Ok(Value::Object(data))
}

fn field<'a>(
    state: &'a State,
    ask: &Ask,
    node: &Node<'a>,
    kind: &'static str,
    selection: &Selection,
) -> Result<Node<'a>, Failure> {
    let name = selection.name.as_str();
    let argument = |name: &str| selection.arguments.get(name).cloned().unwrap_or_default();
    let text = |name: &str| argument(name).as_str().unwrap_or_default().to_owned();
    let plain = |kind, value: Value| Node::Plain(kind, value.as_object().cloned().unwrap_or_default());
    let bare = |author: &Author| author.login.trim_end_matches("[bot]").to_owned();
    if name == "__typename" {
        return Ok(Node::Leaf(json!(kind)));
    }
    Ok(match (node, name) {
        (Node::Query, "viewer") => plain("User", json!({"login": ask.caller.author.login})),
        (Node::Query, "node") => by_id(state, ask, &text("id")).unwrap_or(Node::Leaf(Value::Null)),
        (Node::Query, "nodes") => {
            let ids = argument("ids");
            let ids = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
            Node::Many(ids.map(|id| by_id(state, ask, id).unwrap_or(Node::Leaf(Value::Null))).collect())
        }
        (Node::Query, "repository") => {
            let full_name = format!("{}/{}", text("owner"), text("name"));
            let held = state.named(&full_name).filter(|held| sees(held, &ask.caller)).ok_or_else(|| {
                failure("NOT_FOUND", format!("Could not resolve to a Repository with the name '{full_name}'."))
            })?;
            Node::Repository(held)
        }
        (Node::Repository(held), "issue" | "pullRequest" | "issueOrPullRequest") => {
            let issue = held.issues.get(&argument("number").as_u64().unwrap_or_default());
            let fits = |it: &&Issue| name == "issueOrPullRequest" || it.pull.is_some() == (name == "pullRequest");
            let seen = issue.filter(fits).filter(|it| may(held, &ask.caller, resource_of(it), Need::Read));
            let seen = seen.ok_or_else(|| {
                failure(
                    "NOT_FOUND",
                    format!("Could not resolve to an issue or pull request with the number of {}.", argument("number")),
                )
            })?;
            Node::Issue(seen)
        }
        (Node::Issue(issue), "comments") => {
            let first = argument("first").as_u64().filter(|it| (1..=100).contains(it));
            let first = first.ok_or_else(|| {
                failure(
                    "MISSING_PAGINATION_BOUNDARIES",
                    "You must provide a `first` or `last` value to properly paginate the `comments` connection."
                        .to_owned(),
                )
            })?;
            let after: u64 = text("after").parse().unwrap_or_default();
            let mut rest = issue.comments.iter().filter(|comment| comment.id > after);
            let page = rest.by_ref().take(usize::try_from(first).unwrap_or(1)).collect();
            Node::Comments(issue, page, rest.next().is_some())
        }
        (Node::Comments(_, page, _), "nodes") => Node::Many(page.iter().map(|it| Node::Comment(it)).collect()),
        (Node::Comments(_, page, more), "pageInfo") => {
            plain("PageInfo", json!({"hasNextPage": more, "endCursor": page.last().map(|it| it.id.to_string())}))
        }
        (Node::Comments(issue, ..), "totalCount") => Node::Leaf(json!(issue.comments.len())),
        (Node::Issue(Issue { author, .. }) | Node::Comment(Comment { author, .. }), "author") => {
            plain(if author.app.is_some() { "Bot" } else { "User" }, json!({"login": bare(author)}))
        }
        (Node::Issue(Issue { author, .. }) | Node::Comment(Comment { author, .. }), "viewerDidAuthor") => {
            Node::Leaf(json!(*author == ask.caller.author))
        }
        (Node::Issue(issue), _) => {
            let state = if issue.state == IssueState::Open { "OPEN" } else { "CLOSED" };
            let members = json!({"id": format!("I_{}", issue.id), "databaseId": issue.id, "number": issue.number,
                "title": issue.title, "body": issue.body.clone().unwrap_or_default(), "state": state});
            Node::Leaf(members.get(name).cloned().ok_or_else(|| unknown(name, kind))?)
        }
        (Node::Comment(comment), _) => {
            let members = json!({"id": node_id(comment), "databaseId": comment.id, "body": comment.body,
                "isMinimized": comment.minimized.is_some(), "minimizedReason": comment.minimized.as_deref().map(reason)});
            Node::Leaf(members.get(name).cloned().ok_or_else(|| unknown(name, kind))?)
        }
        (Node::Plain(_, members), _) => match members.get(name) {
            Some(Value::Object(inner)) => Node::Plain("IssueComment", inner.clone()),
            Some(value) => Node::Leaf(value.clone()),
            None => return Err(unknown(name, kind)),
        },
        _ => return Err(unknown(name, kind)),
    })
}

/// An issue or a comment that the viewer may read.
fn by_id<'a>(state: &'a State, ask: &Ask, id: &str) -> Option<Node<'a>> {
    for held in state.repositories.iter().filter(|held| sees(held, &ask.caller)) {
        for issue in held.issues.values().filter(|it| may(held, &ask.caller, resource_of(it), Need::Read)) {
            if format!("I_{}", issue.id) == id {
                return Some(Node::Issue(issue));
            }
            if let Some(comment) = issue.comments.iter().find(|comment| node_id(comment) == id) {
                return Some(Node::Comment(comment));
            }
        }
    }
    None
}

fn unknown(field: &str, kind: &str) -> Failure {
    failure("undefinedField", format!("Field '{field}' doesn't exist on type '{kind}'"))
}
