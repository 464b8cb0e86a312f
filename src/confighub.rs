//! ConfigHub over HTTP, in both generations: Spaces, units and their shipped data; ChangeSets, locks, revisions and approvals.
//!
//! The service changed twice in a year; *bridge* is the generation with base64 data in the unit and applies by a worker
//! (v0.1 to v0.3), *release* the one with data endpoints, paging and whole-Space Releases (from v0.4). `/info` tells which.

pub mod error;
mod bulk;
mod changesets;
mod deliveries;
mod description;
mod expression;
mod gate;
mod generation;
mod heads;
mod locks;
mod people;
mod profile;
mod remarks;
mod request;
mod revisions;
mod ui;
mod units;
mod wire;
mod write;
mod writes;

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::http;
use crate::model::access::Credentials;

pub use error::{Error, Kind};
use expression::{Attribute, Where};
use generation::Generation;
pub use profile::Profile;
pub use ui::Ui;
pub use units::SpaceUnits;

/// A ConfigHub service that answered.
#[derive(Debug)]
pub struct Client {
    /// The API's base, `/api` included.
    url: Url,
    credentials: Credentials,
    http: reqwest::Client,
    /// Every token that a login gave, the one in use last: an answer may name any of them.
    tokens: Mutex<Vec<SecretString>>,
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
        let generation = Generation::of(&info, versioned);
        let ui = if info.ui_url.is_empty() { host(&url) } else { info.ui_url.trim_end_matches('/').to_owned() };
        tracing::debug!(version = %info.version, ?generation, "ConfigHub answered");
        Ok(Self { url, credentials, http, tokens: Mutex::new(Vec::new()), generation, ui })
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

/// Scheme, host and port.
fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}
