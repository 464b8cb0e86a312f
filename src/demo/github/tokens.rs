//! Who calls, and what the token lets them do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ask::Base;

/// How far a permission of an Actions or App token goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Not granted.
    #[default]
    None,
    /// `read`
    Read,
    /// `write`
    Write,
}

/// What a token of an Actions job or an App must have been granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Contents,
    Issues,
    PullRequests,
}

/// Somebody who writes: a person, or an App's bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// `alice`, `github-actions[bot]`.
    pub login: String,
    /// Slug of the App that writes, if one does.
    pub app: Option<String>,
}

/// A token before it is given out.
#[derive(Clone, Debug)]
pub struct Token {
    pub(super) author: Author,
    pub(super) reach: Reach,
}

#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// All that the person may do, repository by repository.
    Person,
    /// What the workflow or the installation grants, in this repository alone.
    Granted { repository: String, contents: Access, issues: Access, pull_requests: Access },
}

impl Author {
    /// A person.
    pub fn person(login: &str) -> Self {
        Self { login: login.to_owned(), app: None }
    }

    /// An App's bot, by the App's slug.
    pub fn app(slug: &str) -> Self {
        Self { login: format!("{slug}[bot]"), app: Some(slug.to_owned()) }
    }

    fn id(&self) -> u64 {
        match self.app.as_deref() {
            // The number that the real one has.
            Some("github-actions") => 41_898_282,
            _ => number(&self.login),
        }
    }

    /// A `simple-user`.
    pub(super) fn shown(&self, base: &Base) -> Value {
        let url = base.url(&format!("/users/{}", self.login));
        let mut user = json!({
            "login": self.login, "id": self.id(), "node_id": format!("U_{}", self.id()),
            "avatar_url": base.page("/avatar.png"), "gravatar_id": "", "url": url,
            "html_url": base.page(&format!("/{}", self.login)),
            "gists_url": format!("{url}/gists{{/gist_id}}"), "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "following_url": format!("{url}/following{{/other_user}}"), "events_url": format!("{url}/events{{/privacy}}"),
            "type": if self.app.is_some() { "Bot" } else { "User" }, "site_admin": false, "user_view_type": "public",
        });
        for (name, path) in [
            ("followers_url", "followers"),
            ("subscriptions_url", "subscriptions"),
            ("organizations_url", "orgs"),
            ("repos_url", "repos"),
            ("received_events_url", "received_events"),
        ] {
            user[name] = json!(format!("{url}/{path}"));
        }
        user
    }

    /// An `integration`, or null.
    pub(super) fn shown_app(&self, base: &Base) -> Value {
        let Some(slug) = &self.app else { return Value::Null };
        let id = if slug == "github-actions" { 15_368 } else { number(slug) };
        json!({"id": id, "slug": slug, "node_id": format!("A_{id}"), "owner": Self::person("github").shown(base),
            "name": slug, "description": null, "external_url": base.page(""),
            "html_url": base.page(&format!("/apps/{slug}")), "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2024-04-10T20:33:16Z", "permissions": {"issues": "write"}, "events": []})
    }
}

/// A number that belongs to a name, the same in every run.
pub(super) fn number(name: &str) -> u64 {
    name.bytes().fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % 90_000_000) + 1_000_000
}

impl Token {
    /// A person's: what the person's role in a repository allows.
    pub fn person(login: &str) -> Self {
        Self { author: Author::person(login), reach: Reach::Person }
    }

    /// The token of an Actions job in this repository, with `contents: read` and nothing else.
    pub fn actions(repository: &str) -> Self {
        Self::installation("github-actions", repository)
    }

    /// A token of an App's installation in this repository, with `contents: read` and nothing else.
    pub fn installation(slug: &str, repository: &str) -> Self {
        let (contents, issues, pull_requests) = (Access::Read, Access::None, Access::None);
        let reach = Reach::Granted { repository: repository.to_owned(), contents, issues, pull_requests };
        Self { author: Author::app(slug), reach }
    }

    /// With this access to issues; a person's token has its own.
    pub fn issues(mut self, access: Access) -> Self {
        if let Reach::Granted { issues, .. } = &mut self.reach {
            *issues = access;
        }
        self
    }

    /// With this access to pull requests; a person's token has its own.
    pub fn pull_requests(mut self, access: Access) -> Self {
        if let Reach::Granted { pull_requests, .. } = &mut self.reach {
            *pull_requests = access;
        }
        self
    }

    /// With this access to files; a person's token has its own.
    pub fn contents(mut self, access: Access) -> Self {
        if let Reach::Granted { contents, .. } = &mut self.reach {
            *contents = access;
        }
        self
    }
}

impl Resource {
    pub(super) fn granted(self, contents: Access, issues: Access, pull_requests: Access) -> Access {
        match self {
            Self::Contents => contents,
            Self::Issues => issues,
            Self::PullRequests => pull_requests,
        }
    }
}

/// The tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Tokens(BTreeMap<String, Token>);

impl Tokens {
    pub(super) fn issue(&mut self, token: Token) -> String {
        let kind = if token.author.app.is_some() { "ghs" } else { "ghp" };
        let text = format!("{kind}_demo{:036}", self.0.len() + 1);
        self.0.insert(text.clone(), token);
        text
    }

    pub(super) fn caller(&self, text: &str) -> Option<&Token> {
        self.0.get(text)
    }
}
