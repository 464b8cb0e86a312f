//! How a service ships: the one thing about its generation that callers plan by.

use super::Client;
use super::generation::Generation;

/// How a service ships data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Unit by unit, at a revision, when it is applied.
    Bridge,
    /// The whole Space at its heads, when it is released.
    Release,
}

impl Client {
    /// How this service ships.
    pub fn profile(&self) -> Profile {
        match self.generation {
            Generation::Bridge => Profile::Bridge,
            Generation::Release(_) => Profile::Release,
        }
    }

    /// The base of the API's addresses, `/api` included, without a slash at its end.
    pub fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}
