//! Who may do what: tokens, the permissions that they carry, and the worker login that makes some.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::demo::clock;

/// A bearer token.
pub type Token = String;

/// How a Space that a token may not read is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 403.
    Forbidden,
    /// 404, as if there were none.
    NotFound,
}

/// What ConfigHub lets somebody do in a Space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Read.
    View,
    /// Create, change and delete.
    Edit,
    /// Approve, and leave attestations.
    Approve,
}

/// Where somebody has a permission.
#[derive(Clone, Debug)]
enum Reach {
    Everywhere,
    Only(BTreeSet<String>),
}

/// What a token may do.
#[derive(Clone, Debug)]
pub struct Grant {
    view: Reach,
    edit: Reach,
    approve: Reach,
    refusal: Refusal,
}

impl Grant {
    /// Everything in every Space.
    pub fn everything() -> Self {
        let (view, edit, approve) = (Reach::Everywhere, Reach::Everywhere, Reach::Everywhere);
        Self { view, edit, approve, refusal: Refusal::Forbidden }
    }

    /// Views every Space, and nothing else.
    pub fn reading() -> Self {
        Self { edit: Reach::only(&[]), approve: Reach::only(&[]), ..Self::everything() }
    }

    /// Views these Spaces alone; the others are refused as `refusal` says.
    pub fn viewing(self, spaces: &[&str], refusal: Refusal) -> Self {
        Self { view: Reach::only(spaces), refusal, ..self }
    }

    /// Edits in these Spaces alone.
    pub fn editing(self, spaces: &[&str]) -> Self {
        Self { edit: Reach::only(spaces), ..self }
    }

    /// Approves in these Spaces alone.
    pub fn approving(self, spaces: &[&str]) -> Self {
        Self { approve: Reach::only(spaces), ..self }
    }
}

impl Reach {
    fn only(spaces: &[&str]) -> Self {
        Self::Only(spaces.iter().map(|space| (*space).to_owned()).collect())
    }

    fn has(&self, space: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Only(spaces) => spaces.contains(space),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) username: String,
    grant: Grant,
}

impl Caller {
    /// None if the caller may read the Space.
    pub(super) fn refused(&self, space: &str) -> Option<Refusal> {
        (!self.grant.view.has(space)).then_some(self.grant.refusal)
    }

    pub(super) fn may(&self, permission: Permission, space: &str) -> bool {
        match permission {
            Permission::View => self.grant.view.has(space),
            Permission::Edit => self.grant.edit.has(space),
            Permission::Approve => self.grant.approve.has(space),
        }
    }

    /// Whether it may change what belongs to no Space.
    pub(super) fn may_edit_the_organization(&self) -> bool {
        matches!(self.grant.edit, Reach::Everywhere)
    }
}

/// Every token and worker secret that is good.
#[derive(Debug)]
pub(super) struct Tokens {
    good: BTreeMap<Token, Caller>,
    logins: BTreeSet<Token>,
    users: BTreeMap<Uuid, String>,
    issued: usize,
}

pub(in crate::demo) const TOKEN: &str = "demo-confighub-token-of-a-person";
pub(in crate::demo) const WORKER_SECRET: &str = "demo-confighub-worker-secret";
pub(in crate::demo) const WORKER: &str = "demo-bot";

/// Id of a user. Nobody is the nil UUID: what the service does by itself.
pub(super) fn user_id(name: &str) -> Uuid {
    if name.is_empty() { Uuid::nil() } else { clock::id("user", name) }
}

#[derive(Deserialize)]
pub(super) struct Login {
    worker_id: String,
    worker_secret: String,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let mut tokens = Self { good: BTreeMap::new(), logins: BTreeSet::new(), users: BTreeMap::new(), issued: 0 };
        for name in ["admin", "alice", "bob", WORKER] {
            tokens.meet(name);
        }
        let grant = Grant::everything();
        tokens.good.insert(TOKEN.to_owned(), Caller { username: "admin".to_owned(), grant });
        tokens
    }

    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        self.good.get(token).cloned()
    }

    /// Everybody in the organization.
    pub(super) fn users(&self) -> impl Iterator<Item = Uuid> {
        self.users.keys().copied()
    }

    pub(super) fn name(&self, user: Uuid) -> Option<&str> {
        self.users.get(&user).map(String::as_str)
    }

    /// Makes somebody a member of the organization.
    pub(super) fn meet(&mut self, name: &str) {
        self.users.insert(user_id(name), name.to_owned());
    }

    pub(super) fn grant(&mut self, user: &str, grant: Grant) -> Token {
        self.meet(user);
        self.issue(user, Caller { username: user.to_owned(), grant })
    }

    pub(super) fn expire_logins(&mut self) {
        for token in std::mem::take(&mut self.logins) {
            self.good.remove(&token);
        }
    }

    /// None: wrong pair.
    pub(super) fn login(&mut self, login: &Login) -> Option<Value> {
        if login.worker_id != clock::id("worker", WORKER).to_string() || login.worker_secret != WORKER_SECRET {
            return None;
        }
        let token = self.issue("worker", Caller { username: WORKER.to_owned(), grant: Grant::everything() });
        self.logins.insert(token.clone());
        Some(json!({
            "user": {"id": user_id(WORKER).to_string(), "email": format!("{WORKER}@worker.example.test")},
            "access_token": token,
            "organization_id": clock::id("organization", "demo").to_string(),
            "auth_type": "worker",
        }))
    }

    fn issue(&mut self, of: &str, caller: Caller) -> Token {
        self.issued += 1;
        let token = format!("demo-confighub-token-{of}-{}", self.issued);
        self.good.insert(token.clone(), caller);
        token
    }
}
