//! What is on its way to the clusters: differences of its units are not drift now.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::error::{Error, Kind};
use super::request::Rest;
use super::{Client, Space, wire};

/// Releases a page, and pages: enough for the newest Release of each Target, newest first.
const RELEASES: &str = "50";
const PAGES: usize = 4;

/// Targets whose newest Release is being delivered, and how to say so.
pub(super) type Deliveries = BTreeMap<Option<Uuid>, String>;

impl Client {
    /// Per Target, why its newest Release is not settled. Not every identity may view Releases, and a server without
    /// them has none under way: both leave the question open, which only costs the explanation.
    pub(super) async fn deliveries(&self, space: &Space, notes: &mut Vec<String>) -> Result<Deliveries, Error> {
        if !self.generation.pages() {
            return Ok(Deliveries::new());
        }
        let path = format!("/space/{}/release", space.id);
        let query = [("order_by", Some("DESC:ReleaseNum".to_owned())), ("limit", Some(RELEASES.to_owned()))];
        let releases = match self.pages::<wire::ExtendedRelease>(&path, &query, PAGES).await {
            Ok((releases, Rest::None | Rest::Unread)) => releases,
            Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {
                notes.push(
                    "Releases could not be viewed, so a delivery that is under way would read as drift".to_owned(),
                );
                return Ok(Deliveries::new());
            }
            Err(error) => return Err(error),
        };
        let mut newest = BTreeMap::new();
        for release in releases.into_iter().map(|it| it.release).filter(|it| it.published) {
            newest.entry(release.target).or_insert(release);
        }
        Ok(newest.into_iter().filter_map(|(target, release)| Some((target, delivery(&release, space)?))).collect())
    }
}

/// Why differences of a Release's units are not drift now; since when, so that a reporter that fell silent shows.
fn delivery(release: &wire::Release, space: &Space) -> Option<String> {
    let status = release.live_status.as_ref().filter(|it| it.operation == "Running")?;
    let since = status.observed_at.map(|it| format!(", as reported at {it:.0}")).unwrap_or_default();
    Some(format!("Release {} of Space {} is being delivered{since}", release.number, space.slug))
}
