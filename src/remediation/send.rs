//! Writes the proposals of an environment: a chunk of units is locked, written, marked and unlocked before the next.
//!
//! Every step may have been done by a run that was cut short, and another run may be at it: what is there is left.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use uuid::Uuid;

use crate::confighub::{Client, Error, Kind, Profile, Space};
use crate::model::changeset::{
    Carried, ChangeSet, ENVIRONMENT_LABEL, NewChangeSet, Opened, Restore, Revision, UnitHead, UnitIds,
};
use crate::model::proposal::{Lock, UnitState};

use super::Request;
use super::fingerprint::Mark;
use super::plan::{self, Drifted};
use super::writes::{self, UnitWrites};

/// Units that are locked at a time: enough for few requests, few enough to be free again soon.
const CHUNK: usize = 50;
/// Units that are written at a time.
const PARALLEL: usize = 4;

/// A unit and what is written to it.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) drifted: &'a Drifted<'a>,
    pub(super) writes: UnitWrites,
    /// What it is called when it worked.
    pub(super) state: UnitState,
    /// The head for which this was decided.
    pub(super) decided: UnitHead,
}

/// What became of a unit.
#[derive(Debug)]
pub(super) struct Done {
    /// Why it is not proposed, if it is not.
    pub(super) failure: Option<Error>,
    /// One sentence each, without a full stop.
    pub(super) notes: Vec<String>,
    /// Whether a proposal of it stands now.
    pub(super) stands: bool,
}

impl Done {
    fn failed(error: Error) -> Self {
        Self { failure: Some(error), notes: Vec::new(), stands: false }
    }

    /// Another run was quicker.
    pub(super) fn overtaken() -> Self {
        let notes = vec!["another run proposed it at the same time".to_owned()];
        Self { failure: None, notes, stands: true }
    }
}

/// Makes the ChangeSet, or finds the one that another run made meanwhile.
pub(super) async fn open(client: &Client, space: &Space, new: NewChangeSet) -> Result<ChangeSet, Error> {
    match client.open_changeset(space, &new).await? {
        Opened::Created(changeset) | Opened::Exists(changeset) => Ok(changeset),
    }
}

/// Writes every task under the ChangeSet.
pub(super) async fn all(
    client: &Client,
    changeset: &ChangeSet,
    history: &BTreeMap<Uuid, Vec<Revision>>,
    tasks: &[&Task<'_>],
    request: &Request<'_>,
) -> BTreeMap<Uuid, Done> {
    let mut done = BTreeMap::new();
    for chunk in tasks.chunks(CHUNK) {
        let names = || chunk.iter().map(|it| format!("{}/{}", it.drifted.space_slug, it.drifted.unit.slug));
        request.locked.begin(names());
        let environment = request.environment.name.as_str();
        done.extend(self::chunk(client, changeset, history, chunk, (request.lock, environment)).await);
        request.locked.end(names());
        tracing::info!("Proposed {} of {} units in `{}`", done.len(), tasks.len(), changeset.slug);
    }
    done
}

async fn chunk(
    client: &Client,
    changeset: &ChangeSet,
    history: &BTreeMap<Uuid, Vec<Revision>>,
    tasks: &[&Task<'_>],
    (lock, environment): (Lock, &str),
) -> BTreeMap<Uuid, Done> {
    let mut done = BTreeMap::new();
    // The lock makes a revision. Where no data follow, it is the one that people approve, and says what for; all others are
    // locked together.
    let mut together: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for task in tasks {
        let alone = task.writes.data.is_empty().then(|| task.writes.summary.clone());
        let description = alone.unwrap_or_else(|| format!("Drift fixes proposed in {}", changeset.slug));
        together.entry(description).or_default().push(task.drifted.unit.id);
    }
    let locks =
        together.iter().filter_map(|(description, units)| Some((description, UnitIds::new(units.iter().copied())?)));
    let locks = locks.map(|(description, units)| async move { client.lock(&units, changeset.id, description).await });
    let locks: Vec<_> = stream::iter(locks).buffer_unordered(PARALLEL).collect().await;
    let mut locked: BTreeMap<Uuid, UnitHead> = BTreeMap::new();
    for (unit, result) in locks.into_iter().flatten() {
        match result {
            Ok(head) => drop(locked.insert(unit, head)),
            Err(error) => drop(done.insert(unit, Done::failed(error))),
        }
    }
    // Whoever wrote between the decision and the lock wins.
    let mut left: BTreeMap<Uuid, &str> = BTreeMap::new();
    for task in tasks {
        let Some(head) = locked.get(&task.drifted.unit.id) else { continue };
        if !head.hash.eq_ignore_ascii_case(&task.decided.hash) {
            left.insert(head.id, "somebody changed it while this run decided: it is left alone");
        }
    }
    let written = tasks.iter().filter(|it| !left.contains_key(&it.drifted.unit.id));
    let written = written.filter_map(|task| Some((task, locked.get(&task.drifted.unit.id)?)));
    let written = written.map(|(task, head)| async move {
        let before = history.get(&head.id).and_then(|it| it.last());
        (task, unit(client, changeset, before, task, head).await)
    });
    let written: Vec<_> = stream::iter(written).buffer_unordered(PARALLEL).collect().await;
    let (mut marks, mut notes) = (BTreeMap::new(), BTreeMap::new());
    for (task, result) in written {
        let id = task.drifted.unit.id;
        match result {
            Ok((revision, told)) => {
                let fingerprint = task.drifted.fingerprint.clone();
                let mark = Mark { fingerprint, revision, direction: task.drifted.overall() };
                marks.insert(Mark::key(id), Some(mark.value()));
                notes.insert(id, told);
            }
            Err(error) => drop(done.insert(id, Done::failed(error))),
        }
    }
    let marked = if marks.is_empty() {
        Ok(())
    } else {
        client.annotate_changeset(changeset, &join(changeset, environment), &marks, None).await.map(drop)
    };
    // What could not be marked stays locked: the next run finds it so and finishes.
    let failed: BTreeSet<Uuid> = done.keys().copied().collect();
    match marked {
        Ok(()) => done.extend(notes.into_iter().map(|(id, notes)| (id, Done { failure: None, notes, stands: true }))),
        Err(error) => {
            done.extend(notes.into_keys().map(|id| (id, Done::failed(error.clone()))));
        }
    }
    let told = |why: &str| Done { failure: None, notes: vec![why.to_owned()], stands: false };
    done.extend(left.iter().map(|(id, why)| (*id, told(why))));
    // What people attached themselves stays attached.
    let attached = tasks.iter().filter(|it| was_attached(it, changeset)).map(|it| it.drifted.unit.id);
    let attached: BTreeSet<Uuid> = attached.collect();
    let free = locked.keys().copied().filter(|it| !failed.contains(it) && !attached.contains(it));
    let free = free.filter(|it| lock == Lock::Release || left.contains_key(it));
    unlock(client, UnitIds::new(free), changeset.id, &mut done).await;
    done
}

/// Whether people took the unit into a ChangeSet of theirs before us.
fn was_attached(task: &Task<'_>, changeset: &ChangeSet) -> bool {
    !plan::is_made_here(changeset) && task.decided.changeset == Some(changeset.id)
}

/// A ChangeSet that people labelled for us says from now on for which environment it is used: so the next run finds it.
fn join(changeset: &ChangeSet, environment: &str) -> BTreeMap<String, Option<String>> {
    let is_to_join = plan::is_ours(changeset) && !changeset.labels.contains_key(ENVIRONMENT_LABEL);
    is_to_join.then(|| (ENVIRONMENT_LABEL.to_owned(), Some(environment.to_owned()))).into_iter().collect()
}

/// Lets units go, and says of which it is not known that they are free.
async fn unlock(client: &Client, units: Option<UnitIds>, changeset: Uuid, done: &mut BTreeMap<Uuid, Done>) {
    let Some(units) = units else { return };
    for (unit, result) in client.unlock(&units, changeset).await {
        if let (Err(error), Some(done)) = (result, done.get_mut(&unit)) {
            done.notes.push(format!("it is still locked: {error}"));
        }
    }
}

/// Writes one locked unit. Gives the revision that people approve. `before`: the newest revision under the ChangeSet that
/// was there before it was locked.
async fn unit(
    client: &Client,
    changeset: &ChangeSet,
    before: Option<&Revision>,
    task: &Task<'_>,
    locked: &UnitHead,
) -> Result<(i64, Vec<String>), Error> {
    let UnitWrites { data, remark, .. } = &task.writes;
    let mut head = locked.clone();
    // What a run before this one wrote before it was cut short is not written again.
    let is_there = |new: &writes::NewData| {
        let hash = writes::hash(&new.text);
        let told = before.is_some_and(|it| it.description == new.description && it.hash.eq_ignore_ascii_case(&hash));
        told && locked.hash.eq_ignore_ascii_case(&hash)
    };
    let begun = data.iter().rposition(is_there).map_or(0, |at| at + 1);
    for new in &data[begun..] {
        head = if new.is_shipped && client.profile() == Profile::Bridge {
            let shipped = Restore::Revision(task.drifted.unit.revision);
            client.restore(&head, shipped, Some(changeset.id), &new.description).await?
        } else {
            client.write_data(&head, changeset.id, &new.text, &new.description).await?
        };
    }
    let mut notes = Vec::new();
    if let Some(remark) = remark {
        // Only a run that was cut short may have said it already.
        let is_told = before.is_some() && {
            let told = client.comments(&head).await?;
            told.iter().any(|it| it.text == *remark && it.revision == head.head)
        };
        if !is_told && client.comment(&head, head.head, remark).await? == Carried::Nothing {
            notes
                .push("this ConfigHub has no room for the plan beside the unit: this report alone tells it".to_owned());
        }
    }
    Ok((head.head, notes))
}

/// Lets go of units whose drift is gone, and gives them back the data from before the ChangeSet where ours is still at head.
/// What cannot be done is done by the next run.
pub(super) async fn undo(
    client: &Client,
    changeset: &ChangeSet,
    units: &[&UnitHead],
    still_proposed: &BTreeSet<Uuid>,
) -> Result<(), Error> {
    let locked = units.iter().filter(|it| it.changeset == Some(changeset.id)).map(|it| it.id);
    free(client, locked.collect(), changeset.id).await?;
    for head in units.iter().filter(|it| still_proposed.contains(&it.id)) {
        let why = format!("Drift is gone: {} takes its data back", changeset.slug);
        // Nobody may have written since, or taken the unit.
        let now = client.unit_heads(&UnitIds::one(head.id)).await?;
        if !now.iter().any(|it| it.head == head.head && it.changeset.is_none()) {
            continue;
        }
        client.restore(head, Restore::Before(changeset.id), None, &why).await?;
    }
    Ok(())
}

/// Marks the ChangeSet as done.
pub(super) async fn close(client: &Client, changeset: &ChangeSet) -> Result<(), Error> {
    let labels = BTreeMap::from([(plan::CLOSED.to_owned(), Some(plan::FIXED.to_owned()))]);
    client.annotate_changeset(changeset, &labels, &BTreeMap::new(), None).await.map(drop)
}

/// Lets go of locks.
pub(super) async fn free(client: &Client, units: BTreeSet<Uuid>, changeset: Uuid) -> Result<(), Error> {
    let Some(units) = UnitIds::new(units) else { return Ok(()) };
    client.unlock(&units, changeset).await.into_iter().try_for_each(|(_, result)| result.map(drop))
}

/// Reads back what was written: whether it is at head, and whether the units are free.
pub(super) async fn look_again(client: &Client, tasks: &[Task<'_>], lock: Lock, done: &mut BTreeMap<Uuid, Done>) {
    let standing = done.iter().filter(|(_, it)| it.stands).map(|(id, _)| *id);
    let Some(ids) = UnitIds::new(standing) else { return };
    let heads = match client.unit_heads(&ids).await {
        Ok(heads) => heads.into_iter().map(|it| (it.id, it)).collect::<BTreeMap<_, _>>(),
        Err(error) => {
            done.values_mut().for_each(|it| it.notes.push(format!("what was written could not be read back: {error}")));
            return;
        }
    };
    for task in tasks {
        let Some(done) = done.get_mut(&task.drifted.unit.id).filter(|it| it.stands) else { continue };
        let head = heads.get(&task.drifted.unit.id);
        let expected = task.writes.data.last().map(|it| writes::hash(&it.text));
        let is_there = head.is_some_and(|head| expected.is_none_or(|it| head.hash.eq_ignore_ascii_case(&it)));
        if !is_there {
            done.notes.push(
                "ConfigHub does not show what was written; somebody may have changed the unit meanwhile".to_owned(),
            );
            done.stands = false;
        }
        let is_free = head.is_none_or(|it| it.changeset.is_none());
        if lock == Lock::Release && !is_free && done.notes.is_empty() {
            done.notes.push("it is still locked by the ChangeSet".to_owned());
        }
    }
}

/// Whether the service refused because this identity may not write.
pub(super) fn is_forbidden(error: &Error) -> bool {
    matches!(error.kind, Kind::Forbidden | Kind::Unauthorized)
}

/// Which ChangeSet keeps a unit from being written.
pub(super) fn holder(error: &Error) -> Option<String> {
    match &error.kind {
        Kind::Locked { by } => Some(by.clone().unwrap_or_else(|| "one that this identity may not see".to_owned())),
        _ => None,
    }
}
