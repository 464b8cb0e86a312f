//! From a request to its handler, and what every answer has: limits, entity tags, request ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::to_bytes;
use axum::extract::{Query, Request, State as Of};
use axum::response::Response;
use http::{HeaderName, Method, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::answer::{Answer, Answered, not_found, not_granted, refused};
use super::ask::{Ask, Base};
use super::repository::{Role, Visibility};
use super::state::{Actor, Held, Ids, Issue, State};
use super::tokens::{Access, Reach, Resource, Token};
use super::{GitHub, comments, contents, graphql, issues, labels, people, pulls, timeline};
use crate::demo::locked;

/// More than any body that is taken.
const LARGEST_REQUEST: usize = 64 << 20;

/// What a request needs to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// To see.
    Read,
    /// To open an issue, to comment, to react: people need no role for that.
    TakePart,
    /// To change a text or to close: whoever wrote it may, and those who manage.
    Change,
    /// To label, to assign, to lock.
    Manage,
}

/// A repository that the caller sees, and the request.
pub(super) struct Desk<'a> {
    pub(super) ids: &'a mut Ids,
    pub(super) held: &'a mut Held,
    pub(super) ask: &'a Ask,
}

pub(super) async fn answer(Of(github): Of<Arc<GitHub>>, request: Request) -> Response {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large").into_response();
    };
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&head.uri) else {
        return refused(StatusCode::BAD_REQUEST, "Bad Request").into_response();
    };
    let site = github.site();
    let given = text(header::AUTHORIZATION);
    let token = given.strip_prefix("Bearer ").or_else(|| given.strip_prefix("token ")).unwrap_or_default();
    let caller = locked(&github.state).tokens.caller(token).cloned();
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let base = Base { host: text(header::HOST).to_owned(), prefix: site.rest_prefix() };
    let result = if text(header::USER_AGENT).is_empty() {
        Err(refused(
            StatusCode::FORBIDDEN,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ))
    } else if let Some(caller) = caller {
        let now = github.clock.now();
        let ask =
            Ask { caller, base, now, headers: head.headers.clone(), path: path.clone(), query, body: body.to_vec() };
        handle(&github, &ask, &method, &path)
    } else if given.is_empty() {
        // Guess: nobody reads without a token. Public repositories can be; a client of ours always has one.
        Err(refused(StatusCode::UNAUTHORIZED, "Requires authentication"))
    } else {
        Err(refused(StatusCode::UNAUTHORIZED, "Bad credentials"))
    };
    let mut answer = result.unwrap_or_else(|refusal| refusal);
    if method == Method::GET && answer.status == StatusCode::OK {
        answer = tagged(&github, answer, text(header::IF_NONE_MATCH));
    }
    let mut headers = locked(&github.limits).headers(Timestamp::now());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    headers.push((HeaderName::from_static("x-github-request-id"), format!("D3M0:{count:06X}")));
    headers.push((HeaderName::from_static("x-github-media-type"), "github.v3; format=json".to_owned()));
    answer.headers.extend(headers);
    answer.into_response()
}

/// With its entity tag, or 304 if that is known, which costs no request.
fn tagged(github: &GitHub, answer: Answer, known: &str) -> Answer {
    let hash: String = Sha256::digest(&answer.body).iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{hash}\"");
    let answer = if known.split(',').any(|it| it.trim() == tag) {
        locked(&github.limits).give_back();
        Answer { headers: answer.headers, ..Answer::empty(StatusCode::NOT_MODIFIED) }
    } else {
        answer
    };
    answer.with(header::ETAG, tag)
}

fn handle(github: &GitHub, ask: &Ask, method: &Method, path: &str) -> Answered {
    let site = github.site();
    // The limits are those of the client's clock, which is the world's and not the story's.
    let now = Timestamp::now();
    if path == site.graphql_path() {
        if method != Method::POST {
            return Err(not_found());
        }
        locked(&github.limits).take("GET", now)?;
        return graphql::answer(&mut locked(&github.state), ask);
    }
    let path = path.strip_prefix(site.rest_prefix()).ok_or_else(not_found)?;
    let segments: Vec<String> =
        path.split('/').skip(1).map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if (method, segments.as_slice()) == (&Method::GET, ["rate_limit"].as_slice()) {
        return Ok(Answer::ok(&locked(&github.limits).shown(now)));
    }
    locked(&github.limits).take(method.as_str(), now)?;
    let mut state = locked(&github.state);
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["user"]) => people::user(ask),
        (_, ["repos", owner, name, rest @ ..]) => {
            let name = format!("{owner}/{name}");
            if state.named(&name).is_none()
                && let Some(held) = state.repositories.iter().find(|it| it.about.earlier_names.contains(&name))
            {
                return Err(moved(held, ask, method, rest));
            }
            in_repository(&mut state, ask, method, &name, rest)
        }
        (_, ["repositories", id, rest @ ..]) => {
            let held = state.repositories.iter().find(|it| it.about.id().to_string() == *id);
            let name = held.ok_or_else(not_found)?.about.full_name();
            in_repository(&mut state, ask, method, &name, rest)
        }
        _ => Err(not_found()),
    }
}

/// Guess: only what changes nothing is sent on with 301. The description names that status alone.
fn moved(held: &Held, ask: &Ask, method: &Method, rest: &[&str]) -> Answer {
    let status = if method == Method::GET { StatusCode::MOVED_PERMANENTLY } else { StatusCode::TEMPORARY_REDIRECT };
    let rest: String = rest.iter().map(|it| format!("/{it}")).collect();
    let url = ask.base.url(&format!("/repositories/{}{rest}", held.about.id()));
    let body = json!({"message": "Moved Permanently", "url": url, "documentation_url": "https://docs.github.com/rest"});
    Answer::json(status, &body).with(header::LOCATION, url)
}

fn in_repository(state: &mut State, ask: &Ask, method: &Method, name: &str, rest: &[&str]) -> Answered {
    let State { ids, repositories, .. } = state;
    let held = repositories.iter_mut().find(|it| it.about.full_name().eq_ignore_ascii_case(name));
    let mut desk = Desk { ids, held: held.ok_or_else(not_found)?, ask };
    if !desk.is_visible() {
        return Err(not_found());
    }
    if desk.held.about.archived && method != Method::GET {
        return Err(refused(StatusCode::FORBIDDEN, "Repository was archived so is read-only."));
    }
    let desk = &mut desk;
    match (method.as_str(), rest) {
        ("GET", []) => Ok(Answer::ok(&desk.held.about.shown(&ask.base))),
        ("GET", ["collaborators", login, "permission"]) => people::permission(desk, login),
        ("GET", ["assignees", login]) => people::assignable(desk, login),
        ("GET", ["contents", path @ ..]) => contents::read(desk, &path.join("/")),
        ("GET", ["labels"]) => labels::of_repository(desk),
        ("POST", ["labels"]) => labels::create(desk),
        ("GET", ["labels", label]) => labels::one(desk, label),
        ("GET", ["pulls", number]) => pulls::one(desk, number),
        ("GET", ["pulls", number, "files"]) => pulls::files(desk, number),
        ("GET", ["commits", sha, "pulls"]) => pulls::of_commit(desk, sha),
        ("GET", ["issues"]) => issues::list(desk),
        ("POST", ["issues"]) => issues::create(desk),
        ("GET", ["issues", "comments", id]) => comments::one(desk, id),
        ("PATCH", ["issues", "comments", id]) => comments::edit(desk, id),
        ("GET", ["issues", "comments", id, "reactions"]) => comments::reactions(desk, id),
        ("POST", ["issues", "comments", id, "reactions"]) => comments::react(desk, id),
        ("GET", ["issues", number]) => issues::one(desk, number),
        ("PATCH", ["issues", number]) => issues::edit(desk, number),
        ("PUT", ["issues", number, "lock"]) => issues::lock(desk, number),
        ("DELETE", ["issues", number, "lock"]) => issues::unlock(desk, number),
        ("GET", ["issues", number, "comments"]) => comments::list(desk, number),
        ("POST", ["issues", number, "comments"]) => comments::create(desk, number),
        ("GET", ["issues", number, "labels"]) => labels::of_issue(desk, number),
        ("POST", ["issues", number, "labels"]) => labels::add(desk, number),
        ("DELETE", ["issues", number, "labels", label]) => labels::remove(desk, number, label),
        ("GET", ["issues", number, "timeline"]) => timeline::of_issue(desk, number),
        _ => Err(not_found()),
    }
}

/// What somebody may do in a repository; None where the token is not a person's.
pub(super) fn role(held: &Held, caller: &Token) -> Option<Role> {
    let about = &held.about;
    match caller.reach {
        Reach::Person if caller.author.login == about.owner => Some(Role::Admin),
        Reach::Person => about.roles.get(&caller.author.login).copied(),
        Reach::Granted { .. } => None,
    }
}

/// Whether the caller knows of the repository.
pub(super) fn sees(held: &Held, caller: &Token) -> bool {
    held.about.visibility == Visibility::Public
        || match &caller.reach {
            Reach::Person => role(held, caller).is_some(),
            Reach::Granted { repository, .. } => repository.eq_ignore_ascii_case(&held.about.full_name()),
        }
}

/// Whether the caller may.
pub(super) fn may(held: &Held, caller: &Token, resource: Resource, need: Need) -> bool {
    let is_public = held.about.visibility == Visibility::Public;
    match &caller.reach {
        Reach::Person => match need {
            Need::Read | Need::TakePart => sees(held, caller),
            Need::Change | Need::Manage => role(held, caller).is_some_and(|role| role >= Role::Triage),
        },
        Reach::Granted { repository, contents, issues, pull_requests } => {
            let here = repository.eq_ignore_ascii_case(&held.about.full_name());
            let granted = if here { resource.granted(*contents, *issues, *pull_requests) } else { Access::None };
            // Guess: what everybody can see needs no permission, even where the workflow grants none.
            granted == Access::Write || need == Need::Read && (granted == Access::Read || is_public)
        }
    }
}

impl Desk<'_> {
    fn is_visible(&self) -> bool {
        sees(self.held, &self.ask.caller)
    }

    pub(super) fn may(&self, resource: Resource, need: Need) -> bool {
        may(self.held, &self.ask.caller, resource, need)
    }

    /// Refuses a caller who may not.
    pub(super) fn need(&self, resource: Resource, need: Need) -> Result<(), Answer> {
        match self.ask.caller.reach {
            _ if self.may(resource, need) => Ok(()),
            Reach::Granted { .. } => Err(not_granted()),
            Reach::Person => Err(refused(StatusCode::FORBIDDEN, "Must have admin rights to Repository.")),
        }
    }

    pub(super) fn actor(&self) -> Actor {
        Actor { author: self.ask.caller.author.clone(), now: self.ask.now }
    }

    /// Number of an issue or pull request of the path, if issues are on and the caller may do that much with it.
    pub(super) fn number(&self, text: &str, need: Need) -> Result<u64, Answer> {
        let number = text.parse().map_err(|_not_a_number| not_found())?;
        let issue = self.held.issues.get(&number);
        let is_pull = issue.is_some_and(|it| it.pull.is_some());
        if !is_pull {
            self.has_issues()?;
        }
        let issue = issue.ok_or_else(not_found)?;
        let own = self.ask.caller.author == issue.author && need == Need::Change;
        self.need(resource_of(issue), if own { Need::TakePart } else { need })?;
        Ok(number)
    }

    pub(super) fn has_issues(&self) -> Result<(), Answer> {
        if self.held.about.has_issues {
            return Ok(());
        }
        Err(refused(StatusCode::GONE, "Issues are disabled for this repo"))
    }

    /// One that [`Desk::number`] found.
    pub(super) fn issue(&mut self, number: u64) -> Result<(&mut Issue, &mut Ids), Answer> {
        let issue = self.held.issues.get_mut(&number).ok_or_else(not_found)?;
        Ok((issue, self.ids))
    }
}

/// A permission follows what the number belongs to.
pub(super) fn resource_of(issue: &Issue) -> Resource {
    if issue.pull.is_some() { Resource::PullRequests } else { Resource::Issues }
}
