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
            let select = (self.generation == Generation::Bridge).then(|| SELECTED.to_owned());
            let query = [
                ("where", Where::among(Attribute::UnitID, &chunk).into_query()?),
                ("include", Some("ChangeSetID".to_owned())),
                ("select", select),
            ];
            let found: Vec<wire::ExtendedUnit> = self.list("/unit", &query).await?;
            // A list that answers more than it was asked for must not widen what is written next.
            let asked = found.into_iter().filter(|it| ids.contains(it.unit.id));
            heads.extend(asked.map(|it| {
                let holder = it.change_set.map(|it| it.slug);
                (it.unit.id, UnitHead { holder, ..self.head(it.unit) })
            }));
        }
        Ok(heads.into_values().collect())
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
