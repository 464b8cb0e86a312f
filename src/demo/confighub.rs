//! The ConfigHub stand-in: both generations of the service, as strict as what is known of the real one.
//!
//! It refuses what the service refuses (missing tokens and permissions, slugs in paths, malformed where-expressions,
//! writes to what somebody else holds) and, where the service's behaviour is unknown, whatever a careful client never
//! sends. What it does where nobody knows is a switch in [`guesses`]. Routes that it does not serve answer 501.

pub mod guesses;

mod answer;
mod approvals;
mod ask;
mod attestations;
mod attributes;
mod auth;
mod bulk;
mod comments;
mod declared;
mod deletion;
mod described;
mod envelope;
mod evaluate;
mod expression;
mod gates;
mod list;
mod members;
mod people;
mod records;
mod render;
mod revisions;
mod routes;
mod spaces;
mod specs;
mod state;
mod tagging;
mod unit_life;
mod unit_writes;
mod units;
mod writes;

use std::sync::{Arc, Mutex};

use axum::Router;
use uuid::Uuid;

use super::clock::{self, Clock};
use super::locked;
use super::story::Story;
use state::State;

pub use auth::{Grant, Permission, Refusal, Token};
pub(super) use auth::{TOKEN, WORKER, WORKER_SECRET};
pub use guesses::Guesses;
pub use list::Paging;

/// Which generation of the service is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Today's: data endpoints with `ETag`, paging, Releases.
    Release,
    /// The example's: base64 data, units applied by a worker.
    Bridge,
}

impl Profile {
    /// What `/info` reports.
    pub fn version(self) -> &'static str {
        match self {
            Self::Release => "v0.8.6",
            Self::Bridge => "v0.2.21",
        }
    }
}

/// The stand-in's state, and what tests tell it to do.
#[derive(Debug)]
pub struct Hub {
    profile: Profile,
    clock: Arc<Clock>,
    state: Mutex<State>,
    settings: Mutex<Settings>,
}

#[derive(Debug, Default)]
struct Settings {
    paging: Paging,
    /// Edits that happen right after the next list of units was answered.
    after_unit_list: Vec<(String, String, String)>,
}

impl Hub {
    /// The story as this generation of the service holds it.
    pub fn new(story: &Story, profile: Profile, clock: Arc<Clock>) -> Arc<Self> {
        let state = Mutex::new(State::new(story, profile));
        Arc::new(Self { profile, clock, state, settings: Mutex::default() })
    }

    /// Which generation is served.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How lists are cut into pages from now on (release only).
    pub fn page(&self, paging: Paging) {
        locked(&self.settings).paging = paging;
    }

    /// Somebody writes a new head; not shipped.
    pub fn edit(&self, space: &str, unit: &str, text: &str) -> anyhow::Result<()> {
        locked(&self.state).edit(space, unit, text, self.clock.now())
    }

    /// The same, right after the next list of units was answered: what is read next no longer fits that list.
    pub fn edit_after_unit_list(&self, space: &str, unit: &str, text: &str) {
        locked(&self.settings).after_unit_list.push((space.to_owned(), unit.to_owned(), text.to_owned()));
    }

    /// Everything that is waiting at head in this Space is shipped.
    pub fn ship(&self, space: &str) -> anyhow::Result<()> {
        locked(&self.state).ship(space, self.clock.now())
    }

    /// A token that reads only these Spaces; the others are refused as `refusal` says.
    pub fn token_reading(&self, spaces: &[&str], refusal: Refusal) -> Token {
        self.token("auditor", Grant::reading().viewing(spaces, refusal))
    }

    /// A token of this user, who may do that much.
    pub fn token(&self, user: &str, grant: Grant) -> Token {
        locked(&self.state).tokens.grant(user, grant)
    }

    /// A token of a person who may do everything, approving included: `alice`, `bob`.
    pub fn person(&self, name: &str) -> Token {
        self.token(name, Grant::everything())
    }

    /// A token that reads everything and writes nothing.
    pub fn reader(&self) -> Token {
        self.token("reader", Grant::reading())
    }

    /// Id of a user by name, as it stands in revisions and approvals.
    pub fn user_id(&self, name: &str) -> Uuid {
        auth::user_id(name)
    }

    /// Changes what the service is taken to do where that is not known.
    pub fn guess(&self, change: impl FnOnce(&mut Guesses)) {
        change(&mut locked(&self.state).guesses);
    }

    /// Every token that a worker login made so far expires now; the next login makes a good one.
    pub fn expire_logins(&self) {
        locked(&self.state).tokens.expire_logins();
    }

    /// Id of a Space.
    pub fn space_id(&self, space: &str) -> Uuid {
        clock::id("space", space)
    }

    /// Id of a unit.
    pub fn unit_id(&self, space: &str, unit: &str) -> Uuid {
        clock::id("unit", &format!("{space}/{unit}"))
    }

    fn unit_list_was_answered(&self) {
        let edits = std::mem::take(&mut locked(&self.settings).after_unit_list);
        for (space, unit, text) in edits {
            // NOTE: a test that names a unit which does not exist sees no change, and fails for that.
            self.edit(&space, &unit, &text).ok();
        }
    }
}

/// The stand-in as a router: `/auth/worker` and everything under `/api`.
pub fn router(hub: Arc<Hub>) -> Router {
    routes::router(hub)
}
