//! A Space's Kubernetes units with the text that counts as desired.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, stream};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::model::environment::{CompareTo, UnitSelection};
use crate::model::outcome::{Obstacle, Reason};
use crate::model::unit::{Basis, Holder, Unit, UnreadUnit};
use crate::redact::Redactor;

use super::deliveries::Deliveries;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::generation::Generation;
use super::{Client, Space, wire};

/// What is Kubernetes YAML.
pub(super) const KUBERNETES: &str = "Kubernetes/YAML";
/// Reads of single units and revisions that are under way at a time.
const PARALLEL: usize = 8;
/// How often a unit that changes while it is read is read again.
const READS: usize = 3;
/// Units a page of `/unit_data`: their texts may be large.
const DATA_PAGE: &str = "100";
/// Where a Target names its namespace: `Parameters` (JSON), `Options` or `Facts`, by generation.
const NAMESPACE_KEYS: [&str; 3] = ["KubeNamespace", "Namespace", "namespace"];

/// Everything that a Space holds for a comparison.
#[derive(Debug, Default)]
pub struct SpaceUnits {
    /// The Space's id.
    pub space_id: Uuid,
    /// Kubernetes units, by slug.
    pub units: Vec<Unit>,
    /// Units in scope whose text could not be read.
    pub unread: Vec<UnreadUnit>,
    /// Units of other toolchains, as `slug (toolchain)`.
    pub other_toolchains: Vec<String>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A listed unit and what its text must be.
struct Listed {
    unit: wire::Unit,
    shipped: i64,
    basis: Basis,
    pending: bool,
    /// The revision to download; None: head's data is the desired text.
    revision: Option<wire::Revision>,
    rolling_out: Option<String>,
    namespace: Option<String>,
    held_by: Option<Holder>,
}

impl Client {
    /// The units that the scope selects, each with its desired text, sorted by slug.
    ///
    /// # Errors
    /// When the lists themselves cannot be read; a single unit that cannot is in [`SpaceUnits::unread`].
    pub async fn units(
        &self,
        space: &Space,
        selection: &UnitSelection,
        compare_to: CompareTo,
        redactor: &Redactor,
    ) -> Result<SpaceUnits, Error> {
        let (written, filter) = match selection {
            UnitSelection::All => (Where::default(), None),
            UnitSelection::Where(expression) => (Where::written(expression)?, None),
            UnitSelection::Filter { space, slug } => {
                (Where::default(), Some(self.filter(space, slug).await?.to_string()))
            }
        };
        let include = Some(self.include().to_owned());
        let query = [("where", written.clone().into_query()?), ("filter", filter.clone()), ("include", include)];
        let mut listed: Vec<wire::ExtendedUnit> = self.list(&format!("/space/{}/unit", space.id), &query).await?;
        // A unit that moves between pages while they are read comes twice.
        listed.sort_by_key(|it| it.unit.id);
        listed.dedup_by_key(|it| it.unit.id);

        let mut found = SpaceUnits { space_id: space.id, ..SpaceUnits::default() };
        found.notes.extend(self.hidden(space, written.clone(), filter.clone()).await?);
        let deliveries = self.deliveries(space, &mut found.notes).await?;
        let (kubernetes, other): (Vec<_>, Vec<_>) = listed.into_iter().partition(|it| it.unit.toolchain == KUBERNETES);
        found.other_toolchains = other.iter().map(|it| format!("{} ({})", it.unit.slug, it.unit.toolchain)).collect();
        found.other_toolchains.sort();
        found.notes.extend(several_targets(&kubernetes));

        let heads = match self.generation {
            Generation::Release(_) if !kubernetes.is_empty() => self.heads(space, written, filter).await?,
            Generation::Release(_) | Generation::Bridge => BTreeMap::new(),
        };
        let reads = kubernetes.into_iter().map(|extended| {
            let head = heads.get(&extended.unit.id);
            let deliveries = &deliveries;
            async move {
                let slug = extended.unit.slug.clone();
                (slug, self.unit(space, extended, head, compare_to, deliveries).await)
            }
        });
        let mut reads = stream::iter(reads).buffer_unordered(PARALLEL);
        while let Some((slug, read)) = reads.next().await {
            match read {
                Ok(unit) => found.units.push(unit),
                Err(error) => found.unread.push(UnreadUnit { slug, obstacle: unread(&error, redactor) }),
            }
        }
        found.units.sort_by(|a, b| a.slug.cmp(&b.slug));
        found.unread.sort_by(|a, b| a.slug.cmp(&b.slug));
        Ok(found)
    }

    /// The slugs of all units of a Space, whatever the scope: hidden ones and other toolchains too.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn unit_slugs(&self, space: &Space) -> Result<BTreeSet<String>, Error> {
        let path = format!("/space/{}/unit", space.id);
        let select = || ("select", Some("UnitID,Slug".to_owned()));
        let mut units: Vec<wire::ExtendedUnit> = self.list(&path, &[select()]).await?;
        if self.generation.pages() {
            let hidden = Where::is_set(Attribute::HiddenReason).into_query()?;
            units.extend(self.list::<wire::ExtendedUnit>(&path, &[("where", hidden), select()]).await?);
        }
        Ok(units.into_iter().map(|it| it.unit.slug).collect())
    }

    fn include(&self) -> &'static str {
        match self.generation {
            Generation::Bridge => "LiveRevisionNum,TargetID,ChangeSetID",
            Generation::Release(_) => "LastReleasedRevisionNum,TargetID,ChangeSetID",
        }
    }

    /// Head data of the whole Space in few requests.
    async fn heads(
        &self,
        space: &Space,
        written: Where,
        filter: Option<String>,
    ) -> Result<BTreeMap<Uuid, String>, Error> {
        let query = Where::id(Attribute::SpaceID, space.id).and(written).into_query()?;
        let limit = self.generation.pages().then(|| DATA_PAGE.to_owned());
        let query = [("where", query), ("filter", filter), ("limit", limit)];
        let data: Vec<wire::UnitData> = self.list("/unit_data", &query).await?;
        Ok(data.into_iter().map(|it| (it.id, it.data)).collect())
    }

    /// Which units somebody hid: ConfigHub's lists leave them out, so they are not in scope, but the reader should know.
    async fn hidden(&self, space: &Space, written: Where, filter: Option<String>) -> Result<Option<String>, Error> {
        if !self.generation.pages() {
            return Ok(None);
        }
        let query = [("where", Where::is_set(Attribute::HiddenReason).and(written).into_query()?), ("filter", filter)];
        let units = match self.list::<wire::ExtendedUnit>(&format!("/space/{}/unit", space.id), &query).await {
            Ok(units) => units,
            // The units themselves could be listed just now, so this is about the question.
            Err(error) if matches!(error.kind, Kind::Refused(_) | Kind::Forbidden) => {
                return Ok(Some(
                    "ConfigHub does not say whether units are hidden; hidden ones are not compared".to_owned(),
                ));
            }
            Err(error) => return Err(error),
        };
        let mut names: Vec<String> =
            units.into_iter().filter(|it| !it.unit.hidden_reason.is_empty()).map(|it| it.unit.slug).collect();
        names.sort();
        Ok((!names.is_empty())
            .then(|| format!("units that are hidden in ConfigHub were not compared: `{}`", names.join("`, `"))))
    }

    /// One unit with its desired text. `head`: its data as listed, to be believed only if the hash fits.
    async fn unit(
        &self,
        space: &Space,
        extended: wire::ExtendedUnit,
        head: Option<&String>,
        compare_to: CompareTo,
        deliveries: &Deliveries,
    ) -> Result<Unit, Error> {
        let mut listed = self.listed(extended, compare_to, deliveries);
        let mut head = head.map(|it| it.clone().into_bytes());
        let path = format!("/space/{}/unit/{}", space.id, listed.unit.id);
        for _ in 0..READS {
            let (bytes, hash) = match (&listed.revision, head.take()) {
                (Some(revision), _) => (self.revision_data(&path, revision).await?, revision.data_hash.clone()),
                (None, Some(bytes)) => (bytes, listed.unit.data_hash.clone()),
                (None, None) => (self.listed_data(&path, &listed.unit).await?, listed.unit.data_hash.clone()),
            };
            if hash.is_empty() || hash.eq_ignore_ascii_case(&hex(&Sha256::digest(&bytes))) {
                let page = self.unit_page(space, listed.unit.id);
                return finished(listed, bytes, page);
            }
            // The unit changed between the two answers: read both again.
            let query = [("include", Some(self.include().to_owned()))];
            let extended: wire::ExtendedUnit = self.entity(&path, &query).await?;
            listed = self.listed(extended, compare_to, deliveries);
        }
        Err(Error::new(
            Kind::Unexpected,
            "GET unit data",
            format!("the data of unit `{}` does not fit its hash, read {READS} times", listed.unit.slug),
        ))
    }

    async fn listed_data(&self, path: &str, unit: &wire::Unit) -> Result<Vec<u8>, Error> {
        if unit.data.is_empty() {
            return self.data(&format!("{path}/data")).await;
        }
        STANDARD.decode(&unit.data).map_err(|error| {
            Error::new(Kind::Unexpected, "GET unit", format!("the data of unit `{}` is not base64: {error}", unit.slug))
        })
    }

    async fn revision_data(&self, path: &str, revision: &wire::Revision) -> Result<Vec<u8>, Error> {
        let id = if revision.id.is_nil() { self.revision_id(path, revision.number).await? } else { revision.id };
        self.data(&format!("{path}/revision/{id}/data")).await
    }

    async fn revision_id(&self, path: &str, number: i64) -> Result<Uuid, Error> {
        let query = [("where", Where::number(Attribute::RevisionNum, number).into_query()?)];
        let found: Vec<wire::ExtendedRevision> = self.list(&format!("{path}/revision"), &query).await?;
        let exact = found.into_iter().map(|it| it.revision).find(|it| it.number == number);
        exact
            .map(|it| it.id)
            .ok_or_else(|| Error::new(Kind::Unexpected, "GET revision", format!("revision {number} is not there")))
    }

    /// Decides which revision is desired, and whether another waits behind it.
    fn listed(&self, extended: wire::ExtendedUnit, compare_to: CompareTo, deliveries: &Deliveries) -> Listed {
        let wire::ExtendedUnit { unit, released, live, target, status, change_set } = extended;
        let (shipped, revision) = match self.generation {
            Generation::Bridge => (unit.live_revision, live),
            Generation::Release(_) => (unit.released_revision, released),
        };
        // Sent by `include`; a server that leaves it out is asked for the revision by number.
        let revision = revision.filter(|it| it.number == shipped).unwrap_or(wire::Revision {
            id: Uuid::nil(),
            number: shipped,
            data_hash: String::new(),
        });
        let same = shipped == unit.head_revision
            || !revision.data_hash.is_empty() && revision.data_hash.eq_ignore_ascii_case(&unit.data_hash);
        let (basis, revision) = match compare_to {
            _ if shipped == 0 => (Basis::NeverShipped, None),
            CompareTo::Head => (Basis::Head, None),
            CompareTo::Shipped => (Basis::Shipped, (!same).then_some(revision)),
        };
        Listed {
            basis,
            pending: shipped != 0 && !same,
            revision,
            rolling_out: status
                .as_ref()
                .and_then(apply_under_way)
                .or_else(|| deliveries.get(&unit.target).filter(|_| shipped != 0).cloned()),
            namespace: target.as_ref().and_then(namespace),
            held_by: unit.change_set.map(|id| Holder { id, slug: change_set.map(|it| it.slug) }),
            shipped,
            unit,
        }
    }
}

fn finished(listed: Listed, bytes: Vec<u8>, url: String) -> Result<Unit, Error> {
    let Listed { unit, shipped, basis, mut pending, revision: _, rolling_out, namespace, held_by } = listed;
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Error::new(
            Kind::Unexpected,
            "GET unit data",
            format!("the data of unit `{}` is not UTF-8 at byte {place}", unit.slug),
        )
    })?;
    // Only now, with the shipped text at hand, is it known whether a revision without a hash differs from head.
    pending &= !unit.data_hash.eq_ignore_ascii_case(&hex(&Sha256::digest(text.as_bytes()))) || basis == Basis::Head;
    let revision = if basis == Basis::Shipped { shipped } else { unit.head_revision };
    Ok(Unit {
        id: unit.id,
        slug: unit.slug,
        labels: unit.labels,
        revision,
        basis,
        pending,
        rolling_out,
        target_namespace: namespace,
        text,
        url: Some(url),
        held_by,
    })
}

/// What the reader should know where the Space's units go to several clusters, as ConfigHub sees it.
fn several_targets(units: &[wire::ExtendedUnit]) -> Option<String> {
    let targets: BTreeSet<Uuid> = units.iter().filter_map(|it| it.unit.target).collect();
    (targets.len() > 1).then(|| {
        format!(
            "the units of this Space belong to {} ConfigHub Targets, and all of them were sought in this one cluster: \
             narrow each target of the configuration with `scope.units`, or give each cluster a Space of its own",
            targets.len()
        )
    })
}

/// Why a bridge unit's differences are not drift now.
fn apply_under_way(status: &wire::UnitStatus) -> Option<String> {
    let started = status.started_at.as_deref().filter(|it| !it.is_empty() && !it.starts_with("0001-"));
    let ended = status.terminated_at.as_deref().filter(|it| !it.is_empty() && !it.starts_with("0001-"));
    let moving = matches!(status.action.as_str(), "Apply" | "Destroy" | "Finalize");
    let open = matches!(status.result.as_str(), "" | "None");
    (moving && open && started.is_some() && ended.is_none())
        .then(|| format!("{} is under way since {}", status.action, started.unwrap_or_default()))
}

fn namespace(target: &wire::Target) -> Option<String> {
    let parameters: BTreeMap<String, Value> = serde_json::from_str(&target.parameters).unwrap_or_default();
    let named = |key: &&str| {
        let parameter = parameters.get(*key).and_then(Value::as_str);
        parameter.or_else(|| target.options.get(*key).or_else(|| target.facts.get(*key)).map(String::as_str))
    };
    NAMESPACE_KEYS.iter().find_map(named).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// Why a single unit was not read: a gap of its own, not the Space's.
fn unread(error: &Error, redactor: &Redactor) -> Obstacle {
    match error.kind {
        Kind::NotFound => Obstacle {
            reason: Reason::Unreachable,
            detail: redactor.text(&error.shortened(redactor)),
            remedy: "it may have been deleted while it was read: run again".into(),
        },
        _ => error.obstacle(redactor),
    }
}

/// As ConfigHub writes hashes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
