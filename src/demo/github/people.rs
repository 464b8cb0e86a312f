//! Who somebody is, and what they may do.

use http::StatusCode;
use serde_json::json;

use super::answer::{Answer, Answered, not_found, not_granted};
use super::ask::Ask;
use super::dispatch::Desk;
use super::repository::{Role, Visibility};
use super::tokens::{Author, Reach};

/// `GET /user`: people only.
pub(super) fn user(ask: &Ask) -> Answered {
    if !matches!(ask.caller.reach, Reach::Person) {
        return Err(not_granted());
    }
    let mut shown = ask.caller.author.shown(&ask.base);
    for name in ["name", "company", "location", "email", "hireable", "bio", "blog"] {
        shown[name] = json!(null);
    }
    for name in [
        "public_repos",
        "public_gists",
        "followers",
        "following",
        "private_gists",
        "total_private_repos",
        "owned_private_repos",
        "disk_usage",
        "collaborators",
    ] {
        shown[name] = json!(0);
    }
    shown["two_factor_authentication"] = json!(true);
    shown["user_view_type"] = json!("private");
    shown["created_at"] = json!("2020-01-01T00:00:00Z");
    shown["updated_at"] = json!("2020-01-01T00:00:00Z");
    Ok(Answer::ok(&shown))
}

/// What a person may do in the repository.
pub(super) fn permission(desk: &mut Desk<'_>, login: &str) -> Answered {
    let (permission, role) = match (desk.role_of(login), desk.held.about.visibility) {
        (Some(role), _) => (role.permission(), role.name()),
        // Whoever has no role in a public repository reads it.
        (None, Visibility::Public) => (Role::Read.permission(), Role::Read.name()),
        (None, Visibility::Private) => ("none", "none"),
    };
    let mut user = Author::person(login).shown(&desk.ask.base);
    user["role_name"] = json!(role);
    user["permissions"] = json!({"pull": permission != "none", "triage": role != "read" && permission != "none",
        "push": matches!(permission, "write" | "admin"), "maintain": matches!(role, "maintain" | "admin"),
        "admin": role == "admin"});
    Ok(Answer::ok(&json!({"permission": permission, "role_name": role, "user": user})))
}

/// Whether a person can be assigned to issues.
pub(super) fn assignable(desk: &mut Desk<'_>, login: &str) -> Answered {
    if desk.is_assignable(login) { Ok(Answer::empty(StatusCode::NO_CONTENT)) } else { Err(not_found()) }
}

impl Desk<'_> {
    fn role_of(&self, login: &str) -> Option<Role> {
        let about = &self.held.about;
        if login == about.owner { Some(Role::Admin) } else { about.roles.get(login).copied() }
    }

    /// Guess: whoever has a role, reading included.
    pub(super) fn is_assignable(&self, login: &str) -> bool {
        self.role_of(login).is_some()
    }
}
