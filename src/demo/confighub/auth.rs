//! Who may read what: tokens, and the worker login that makes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

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

#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) username: String,
    /// None: every Space.
    readable: Option<(BTreeSet<String>, Refusal)>,
}

impl Caller {
    /// None if the caller may read the Space.
    pub(super) fn refused(&self, space: &str) -> Option<Refusal> {
        let (spaces, refusal) = self.readable.as_ref()?;
        (!spaces.contains(space)).then_some(*refusal)
    }
}

/// Every token and worker secret that is good.
#[derive(Debug)]
pub(super) struct Tokens {
    good: BTreeMap<Token, Caller>,
    logins: BTreeSet<Token>,
    issued: usize,
}

pub(in crate::demo) const TOKEN: &str = "demo-confighub-token-of-a-person";
pub(in crate::demo) const WORKER_SECRET: &str = "demo-confighub-worker-secret";
pub(in crate::demo) const WORKER: &str = "drift-detector";

#[derive(Deserialize)]
pub(super) struct Login {
    worker_id: String,
    worker_secret: String,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let person = Caller { username: "admin".to_owned(), readable: None };
        Self { good: [(TOKEN.to_owned(), person)].into(), logins: BTreeSet::new(), issued: 0 }
    }

    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        self.good.get(token).cloned()
    }

    pub(super) fn reading(&mut self, spaces: &[&str], refusal: Refusal) -> Token {
        let readable = Some((spaces.iter().map(|space| (*space).to_owned()).collect(), refusal));
        self.issue("narrow", Caller { username: "auditor".to_owned(), readable })
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
        let token = self.issue("worker", Caller { username: WORKER.to_owned(), readable: None });
        self.logins.insert(token.clone());
        Some(json!({
            "user": {"id": clock::id("user", WORKER).to_string(), "email": "drift-detector@worker.example.test"},
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
