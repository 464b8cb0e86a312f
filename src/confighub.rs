//! ConfigHub over HTTP, read side: Spaces, units and their shipped data, of both generations.
//!
//! The service changed twice in a year; *bridge* is the generation with base64 data in the unit and applies by a worker
//! (v0.1 to v0.3), *release* the one with data endpoints, paging and whole-Space Releases (from v0.4). `/info` tells which.

pub mod error;
mod deliveries;
mod expression;
mod request;
mod units;
mod wire;

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::http;
use crate::model::access::Credentials;

pub use error::{Error, Kind};
use expression::{Attribute, Where};
pub use units::SpaceUnits;

/// Which API the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// Up to v0.3: data in the unit, revisions are applied.
    Bridge,
    /// From v0.4: data endpoints, revisions are released.
    Release {
        /// Whether lists take `limit` and `continue` (from v0.8.2).
        paged: bool,
    },
}

/// A ConfigHub service that answered.
#[derive(Debug)]
pub struct Client {
    /// The API's base, `/api` included.
    url: Url,
    credentials: Credentials,
    http: reqwest::Client,
    token: Mutex<Option<SecretString>>,
    generation: Generation,
    /// Where people look at units.
    ui: String,
}

/// A Space, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its UUID.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
}

impl Client {
    /// Asks the service who it is, which needs no credentials.
    ///
    /// # Errors
    /// When nothing, or something else than ConfigHub, answers at the address.
    pub async fn connect(url: Url, credentials: Credentials, settings: &http::Settings) -> Result<Self, Error> {
        let http = http::client(settings, &url)
            .map_err(|error| Error::new(Kind::Unexpected, "anything", format!("{error:#}")))?;
        let (info, versioned) = request::info(&http, &url).await?;
        let generation = generation(&info, versioned);
        let ui = if info.ui_url.is_empty() { host(&url) } else { info.ui_url.trim_end_matches('/').to_owned() };
        tracing::debug!(version = %info.version, ?generation, "ConfigHub answered");
        Ok(Self { url, credentials, http, token: Mutex::new(None), generation, ui })
    }

    /// The Space with exactly this slug.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when this identity sees none of that name, and whatever a request may meet.
    pub async fn space(&self, slug: &str) -> Result<Space, Error> {
        let query =
            [("where", Where::text(Attribute::Slug, slug)?.into_query()?), ("select", Some("SpaceID,Slug".into()))];
        let found: Vec<wire::ExtendedSpace> = self.list("/space", &query).await?;
        let mut exact = found.into_iter().map(|it| it.space).filter(|it| it.slug == slug);
        match (exact.next(), exact.next()) {
            (Some(space), None) => Ok(Space { id: space.id, slug: space.slug }),
            (None, _) => {
                Err(Error::new(Kind::NotFound, "GET /space", format!("no Space `{slug}` that this identity may view")))
            }
            (Some(_), Some(_)) => {
                Err(Error::new(Kind::Unexpected, "GET /space", format!("two Spaces are named `{slug}`")))
            }
        }
    }

    /// The Filter with exactly this slug in a Space.
    async fn filter(&self, space: &str, slug: &str) -> Result<Uuid, Error> {
        let space = self.space(space).await?;
        let path = format!("/space/{}/filter", space.id);
        let query = [("where", Where::text(Attribute::Slug, slug)?.into_query()?)];
        let found: Vec<wire::ExtendedFilter> = self.list(&path, &query).await?;
        let exact = found.into_iter().map(|it| it.filter).find(|it| it.slug == slug);
        exact.map(|it| it.id).ok_or_else(|| {
            Error::new(Kind::NotFound, "GET filter", format!("no Filter `{slug}` in Space `{}`", space.slug))
        })
    }

    /// A unit's page in the UI.
    fn unit_page(&self, space: &Space, unit: Uuid) -> String {
        format!("{}/units/{}/{unit}", self.ui, space.id)
    }
}

/// The generation by version; servers without one, or with a development build, by what else only one of them has.
fn generation(info: &wire::ApiInfo, versioned: bool) -> Generation {
    let mut numbers = info.version.trim_start_matches('v').split(['.', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(0)), Some(Ok(minor)), _) if minor < 4 => Generation::Bridge,
        (Some(Ok(major)), Some(Ok(minor)), patch) => {
            let patch = patch.and_then(Result::ok).unwrap_or(0);
            Generation::Release { paged: (major, minor, patch) >= (0, 8, 2) }
        }
        _ if versioned || !info.token_exchange_endpoint.is_empty() => Generation::Release { paged: true },
        _ => Generation::Bridge,
    }
}

/// Scheme, host and port.
fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_is_read_from_the_version() {
        for (version, versioned, want) in [
            ("v0.2.21", false, Generation::Bridge),
            ("0.3.0", false, Generation::Bridge),
            ("v0.4.0", true, Generation::Release { paged: false }),
            ("v0.8.1", true, Generation::Release { paged: false }),
            ("v0.8.2", true, Generation::Release { paged: true }),
            ("v0.8.6-dev", true, Generation::Release { paged: true }),
            ("v1.0", true, Generation::Release { paged: true }),
            ("", false, Generation::Bridge),
            ("dev", false, Generation::Bridge),
            ("dev", true, Generation::Release { paged: true }),
        ] {
            let info = wire::ApiInfo { version: version.to_owned(), ..wire::ApiInfo::default() };
            assert_eq!(generation(&info, versioned), want, "{version}");
        }
    }
}
