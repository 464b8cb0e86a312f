//! Units' heads: their number and hash, who holds them, and what stands against shipping them.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::changeset::{UnitHead, UnitIds};

use super::bulk::chunks;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::generation::Generation;
use super::{Client, wire};

/// On the older service a unit comes with its data unless what is wanted is named.
const SELECTED: &str = "UnitID,SpaceID,Slug,Labels,HeadRevisionNum,LiveRevisionNum,DataHash,ChangeSetID,ApplyGates,\
                        ApprovedBy,ChangeSet.Slug";

impl Client {
    /// The heads of these units, by id. Units that do not exist, or that this identity may not view, are absent.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn unit_heads(&self, ids: &UnitIds) -> Result<Vec<UnitHead>, Error> {
        let mut heads = BTreeMap::new();
        for chunk in chunks(ids) {
            let found = self.listed_heads(Where::among(Attribute::UnitID, &chunk)).await?;
            // A list that answers more than it was asked for must not widen what is written next.
            heads.extend(found.into_iter().filter(|it| ids.contains(it.id)).map(|it| (it.id, it)));
        }
        Ok(heads.into_values().collect())
    }

    /// The heads of all units that this ChangeSet locks.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn locked_by(&self, changeset: Uuid) -> Result<Vec<UnitHead>, Error> {
        let found = self.listed_heads(Where::id(Attribute::ChangeSetID, changeset)).await?;
        Ok(found.into_iter().filter(|it| it.changeset == Some(changeset)).collect())
    }

    async fn listed_heads(&self, condition: Where) -> Result<Vec<UnitHead>, Error> {
        let query = [
            ("where", condition.into_query()?),
            ("include", Some("ChangeSetID".to_owned())),
            ("select", (self.generation == Generation::Bridge).then(|| SELECTED.to_owned())),
        ];
        let found: Vec<wire::ExtendedUnit> = self.list("/unit", &query).await?;
        let plain = |it: wire::ExtendedUnit| {
            let holder = it.change_set.map(|it| it.slug);
            UnitHead { holder, ..self.head(it.unit) }
        };
        Ok(found.into_iter().map(plain).collect())
    }

    /// One unit's head now.
    pub(super) async fn head_now(&self, id: Uuid) -> Result<UnitHead, Error> {
        let found = self.unit_heads(&UnitIds::one(id)).await?.into_iter().next();
        found.ok_or_else(|| Error::new(Kind::NotFound, "GET /unit", "the unit is gone, or may not be viewed any more"))
    }

    /// What an answer says of a unit; not who holds it.
    pub(super) fn head(&self, unit: wire::Unit) -> UnitHead {
        let shipped = match self.generation {
            Generation::Bridge => unit.live_revision,
            Generation::Release(_) => unit.released_revision,
        };
        let gates = unit.apply_gates.into_iter().chain(unit.validation_errors);
        UnitHead {
            id: unit.id,
            space: unit.space,
            slug: unit.slug,
            labels: unit.labels,
            head: unit.head_revision,
            shipped,
            hash: unit.data_hash.to_lowercase(),
            changeset: unit.change_set,
            holder: None,
            gates: gates.filter(|(_, closed)| *closed).map(|(gate, _)| gate).collect(),
            approved_by: unit.approved_by,
        }
    }
}
