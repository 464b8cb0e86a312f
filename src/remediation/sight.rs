//! What ConfigHub holds of an environment's proposals, read before anything is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::confighub::{Client, Error, Space};
use crate::model::changeset::{ChangeSet, Identity, Member, Revision, UnitHead, UnitIds};

use super::approval;
use super::plan::{self, Choice, Compared};

/// How long gates are waited for that are being computed, in milliseconds before each look.
const GATES: [u64; 8] = [25, 50, 100, 250, 250, 500, 1000, 1000];
/// Reads of single units that are under way at a time.
const PARALLEL: usize = 8;

/// What was read.
#[derive(Debug)]
pub(super) struct Sight {
    /// Where the environment's ChangeSets live.
    pub(super) space: Space,
    pub(super) identity: Identity,
    pub(super) people: BTreeMap<Uuid, Member>,
    /// The environment's ChangeSets, the oldest first.
    pub(super) ours: Vec<ChangeSet>,
    /// The one that the configuration names: Space, slug, and itself where it is there.
    pub(super) given: Option<(String, String, Option<ChangeSet>)>,
    /// Others that lock units of the environment.
    pub(super) holders: Vec<ChangeSet>,
    /// Units that drifted or are proposed.
    pub(super) heads: BTreeMap<Uuid, UnitHead>,
    /// Units of the ChangeSet in use that this identity locked or wrote, whether or not it came to marking them.
    pub(super) begun: BTreeSet<Uuid>,
}

/// Reads it. `units`: those that drifted.
pub(super) async fn look(
    client: &Client,
    environment: &str,
    space: &str,
    given: Option<&(String, String)>,
    units: &BTreeSet<Uuid>,
) -> Result<Sight, Error> {
    let space = client.space(space).await?;
    let (identity, ours) = tokio::try_join!(client.me(), client.changesets(&space, environment))?;
    let people = client.people(&identity).await?;
    let given = match given {
        None => None,
        Some((name, slug)) => {
            let home = client.space(name).await?;
            Some((name.clone(), slug.clone(), client.changeset(&home, slug).await?))
        }
    };
    let named = given.iter().filter_map(|(_, _, it)| it.as_ref());
    let open = ours.iter().filter(|it| !plan::is_closed(it)).chain(named);
    let wanted = units.iter().copied().chain(open.flat_map(plan::proposed));
    let heads = match UnitIds::new(wanted) {
        Some(ids) => settled(client, &ids).await?,
        None => Vec::new(),
    };
    let known: BTreeSet<Uuid> = ours.iter().map(|it| it.id).collect();
    let holders: BTreeSet<Uuid> = heads.iter().filter_map(|it| it.changeset).filter(|it| !known.contains(it)).collect();
    let holders = stream::iter(holders).map(|id| client.changeset_by_id(id)).buffered(PARALLEL);
    // One that this identity may not see is known by its id.
    let holders: Vec<Option<ChangeSet>> = holders.try_collect().await?;
    Ok(Sight {
        space,
        identity,
        people,
        ours,
        given,
        holders: holders.into_iter().flatten().collect(),
        heads: heads.into_iter().map(|it| (it.id, it)).collect(),
        begun: BTreeSet::new(),
    })
}

/// The heads, once the service has evaluated its triggers; if that takes long, as they are.
async fn settled(client: &Client, units: &UnitIds) -> Result<Vec<UnitHead>, Error> {
    let mut heads = client.unit_heads(units).await?;
    for wait in GATES.iter().copied() {
        let open = heads.iter().filter(|it| it.gates.iter().any(|it| it == approval::AWAITING)).map(|it| it.id);
        let Some(open) = UnitIds::new(open) else { break };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let again = client.unit_heads(&open).await?;
        heads.retain(|it| !open.contains(it.id));
        heads.extend(again);
    }
    Ok(heads)
}

impl Sight {
    /// The ChangeSet for the environment's proposals.
    pub(super) fn choose(&self, environment: &str) -> Choice<'_> {
        let given = self.given.as_ref().and_then(|(_, _, it)| it.as_ref());
        Choice::of(environment, given, &self.ours, &self.holders)
    }

    /// The latest ChangeSet of ours that is done.
    pub(super) fn closed(&self) -> Option<&ChangeSet> {
        self.ours.iter().rev().find(|it| plan::is_closed(it))
    }

    /// Slugs or ids of ChangeSets of others that lock units of the environment, whether these drifted or not.
    pub(super) fn others(&self, chosen: Option<Uuid>, compared: &[Compared<'_>]) -> BTreeSet<String> {
        let looked_at = self.heads.values().filter_map(|it| Some((it.changeset?, it.holder.as_ref())));
        let units = compared.iter().flat_map(|it| it.units).filter(|it| !self.heads.contains_key(&it.id));
        let listed = units.filter_map(|it| it.held_by.as_ref()).map(|it| (it.id, it.slug.as_ref()));
        let foreign = looked_at.chain(listed).filter(|(id, _)| Some(*id) != chosen);
        foreign.map(|(id, slug)| slug.cloned().unwrap_or_else(|| id.to_string())).collect()
    }

    /// Reads what the ChangeSet in use holds of these units of the environment: their revisions under it, the newest last;
    /// of units about which nobody said anything only the newest.
    pub(super) async fn history(
        &mut self,
        client: &Client,
        changeset: &ChangeSet,
        units: &BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Vec<Revision>>, Error> {
        let (newest, locked) =
            tokio::try_join!(client.changeset_revisions(changeset.id), client.locked_by(changeset.id))?;
        let author: BTreeMap<Uuid, Option<Uuid>> = newest.iter().map(|it| (it.unit, it.author)).collect();
        // A lock without a revision is ours where the ChangeSet is; people's ChangeSets may hold units of people.
        let is_ours = |id: &Uuid| match author.get(id) {
            Some(author) => *author == Some(self.identity.id),
            None => plan::is_made_here(changeset),
        };
        let held = locked.iter().map(|it| it.id);
        self.begun = author.keys().copied().chain(held).filter(|id| units.contains(id)).filter(is_ours).collect();
        let unseen = self.begun.iter().copied().filter(|id| !self.heads.contains_key(id));
        if let Some(unseen) = UnitIds::new(unseen) {
            self.heads.extend(client.unit_heads(&unseen).await?.into_iter().map(|it| (it.id, it)));
        }
        let heads = &self.heads;
        let reads = newest.into_iter().map(|newest| async move {
            let head = heads.get(&newest.unit);
            let is_judged = !newest.attestations.is_empty() || head.is_some_and(|it| !it.approved_by.is_empty());
            let all = match head.filter(|_| is_judged) {
                // Who wrote any of them cannot approve.
                Some(head) => {
                    let mut all = client.unit_revisions(head, changeset.id).await?;
                    all.retain(|it| it.number < newest.number);
                    all.push(newest);
                    all
                }
                None => vec![newest],
            };
            Ok((all[0].unit, all))
        });
        stream::iter(reads).buffer_unordered(PARALLEL).try_collect().await
    }
}
