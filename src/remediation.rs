//! What becomes of drift: gather what ConfigHub holds of earlier proposals → decide, unit by unit → write.
//!
//! ```text
//! drifted units ┐
//! ChangeSets    ┴► plan (pure) ─► writes (pure, as data) ─► send: lock, data, remark, mark, unlock ─► look again
//! ```
//! Nothing is kept anywhere but in ConfigHub: a ChangeSet's labels say whose it is, an annotation per unit what is proposed
//! for it. So a run that was cut short at any request is finished by the next.

mod approval;
mod check;
mod fingerprint;
mod locked;
mod plan;
mod send;
mod sight;
mod tell;
mod wording;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::confighub::{Client, Error, Profile, Space};
use crate::model::changeset::{
    ChangeSet, ENVIRONMENT_LABEL, Gate, IdentityKind, NewChangeSet, Revision, SOURCE, SOURCE_LABEL, UnitHead, UnitIds,
};
use crate::model::environment::{Environment, Stage};
use crate::model::outcome::Obstacle;
use crate::model::proposal::{ChangeSetState, Direction, Lock, OpenChangeSet, Proposal, Proposals, UnitState};
use crate::model::unit::Unit;
use crate::redact::Redactor;

use approval::Electorate;
use fingerprint::Mark;
use plan::{Choice, Drifted, Held, Verdict};
use send::{Done, Task};
use sight::Sight;
use wording::counted;
use writes::{Head, UnitWrites};

pub use locked::Locked;
pub use plan::Compared;

/// How long `lock: hold` keeps units that nobody approves.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(24);

/// What a run does about drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It says how far proposals are.
    Follow,
    /// It says what it would write.
    Rehearse,
    /// It writes.
    Propose,
}

/// Which drift is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience<'a> {
    /// All of it: a person asked.
    AtOnce,
    /// All of it, because nothing remembers what earlier runs saw.
    Forgetful,
    /// That of units all of whose findings an earlier run saw too: these ids.
    SeenBefore(&'a BTreeSet<String>),
}

/// An environment whose drift is to be resolved.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Its targets, as far as they could be compared.
    pub compared: &'a [Compared<'a>],
    /// Where it stands in the promotion order.
    pub stage: Stage,
    /// What is done about it.
    pub intent: Intent,
    /// The ChangeSet of people that is to be used: Space and slug.
    pub given: Option<&'a (String, String)>,
    /// Whether units stay locked.
    pub lock: Lock,
    /// When accepted data becomes a unit's head.
    pub proposals: Proposals,
    /// The run's page.
    pub run_url: Option<&'a str>,
    /// Which drift is proposed.
    pub patience: Patience<'a>,
    /// The present.
    pub now: Timestamp,
    /// Keeps which units are locked, for the case that the run ends before they are free.
    pub locked: &'a Locked,
    /// Through which names and messages of the service go.
    pub redactor: &'a Redactor,
}

/// Reads how far the environment's proposals are, and proposes what is not proposed yet.
///
/// # Errors
/// What ConfigHub holds could not be read, so that nothing is known about open ChangeSets. Refused writes are no error: the
/// proposal's notes tell them.
pub async fn resolve(client: &Client, request: &Request<'_>) -> Result<Proposal, Obstacle> {
    let Request { environment, compared, given, redactor, .. } = *request;
    let drifted = plan::drifted(compared);
    let units: BTreeSet<Uuid> = compared.iter().flat_map(|it| it.units).map(|it| it.id).collect();
    let touched: BTreeSet<Uuid> = drifted.iter().map(|it| it.unit.id).collect();
    let first = environment.targets.first().map(|it| it.space.as_str());
    let Some(space) = environment.changesets.as_deref().or(first) else { return Ok(Proposal::default()) };
    let obstacle = |error: Error| error.obstacle(redactor);
    let sight = sight::look(client, &environment.name, space, given, &touched).await.map_err(obstacle)?;
    let mut desk = Desk {
        client,
        request,
        drifted: &drifted,
        units,
        sight,
        notes: Vec::new(),
        writes: Vec::new(),
        unwritable: BTreeMap::new(),
    };
    desk.run().await.map_err(obstacle)
}

/// Everything about one environment.
struct Desk<'a> {
    client: &'a Client,
    request: &'a Request<'a>,
    drifted: &'a [Drifted<'a>],
    /// All units of the environment.
    units: BTreeSet<Uuid>,
    sight: Sight,
    notes: Vec<String>,
    /// What a dry run would have sent.
    writes: Vec<String>,
    /// Why units cannot be written.
    unwritable: BTreeMap<Uuid, String>,
}

impl<'a> Desk<'a> {
    async fn run(&mut self) -> Result<Proposal, Error> {
        let environment = self.request.environment.name.as_str();
        if let Some((space, slug, None)) = &self.sight.given {
            // What was asked for is not replaced by something else.
            let why =
                format!("there is no ChangeSet {slug} in Space {space}, which `changeset` names: nothing is proposed");
            let gone = OpenChangeSet {
                space: space.clone(),
                slug: slug.clone(),
                url: None,
                state: ChangeSetState::Gone,
                since: None,
                approve: Vec::new(),
            };
            self.notes.push(why);
            return Ok(Proposal { changeset: Some(gone), ..self.proposal() });
        }
        if self.request.intent == Intent::Propose && self.request.lock == Lock::Release {
            self.open_closed().await;
        }
        let mut used = self.sight.choose(environment).existing().cloned();
        let history = match &used {
            Some(changeset) => self.sight.history(self.client, changeset, &self.units).await?,
            None => BTreeMap::new(),
        };
        let verdicts = self.verdicts(used.as_ref(), &history);
        let tasks = self.tasks(&verdicts).await?;
        let mut done = BTreeMap::new();
        match self.request.intent {
            Intent::Propose => {
                self.remark_on_identity();
                if !tasks.is_empty() {
                    (used, done) = self.propose(used, &history, &tasks).await;
                }
            }
            Intent::Rehearse => self.rehearse(used.as_ref(), &tasks),
            Intent::Follow => {}
        }
        let mut state = None;
        if let Some(changeset) = &used {
            let written: BTreeSet<Uuid> = done.keys().copied().collect();
            state = self.tidy(changeset, &history, &verdicts, &written).await;
        }
        self.attest_checks().await;
        Ok(self.tell(used.as_ref(), &history, verdicts, (&tasks, done), state))
    }

    fn electorate(&self) -> Electorate<'_> {
        Electorate {
            identity: &self.sight.identity,
            people: &self.sight.people,
            approvers: &self.request.environment.approvers,
            now: self.request.now,
        }
    }

    fn verdicts(
        &self,
        changeset: Option<&ChangeSet>,
        history: &BTreeMap<Uuid, Vec<Revision>>,
    ) -> Vec<(&'a Drifted<'a>, Verdict)> {
        let held = Held {
            profile: self.client.profile(),
            changeset,
            closed: self.sight.closed(),
            heads: &self.sight.heads,
            history,
        };
        let electorate = self.electorate();
        let verdict = |it| plan::patient(plan::verdict(it, &held, &electorate), it, self.request.patience);
        self.drifted.iter().map(|it| (it, verdict(it))).collect()
    }

    /// What is to be written.
    async fn tasks(&mut self, verdicts: &[(&'a Drifted<'a>, Verdict)]) -> Result<Vec<Task<'a>>, Error> {
        let mut gates: BTreeMap<Uuid, Head> = BTreeMap::new();
        let mut tasks = Vec::new();
        for (drifted, verdict) in verdicts {
            let state = match verdict {
                Verdict::Write(state) => *state,
                Verdict::Finish => UnitState::Proposed,
                Verdict::Leave { .. } => continue,
            };
            let Some(at_head) = self.sight.heads.get(&drifted.unit.id) else { continue };
            let asks = drifted.overall() == Direction::Accept && !gates.contains_key(&drifted.space);
            if asks {
                gates.insert(drifted.space, self.head(drifted).await?);
            }
            let head = gates.get(&drifted.space).unwrap_or(&Head::Open);
            match UnitWrites::of(drifted, self.client.profile(), head, &at_head.hash) {
                Ok(writes) => tasks.push(Task { drifted, writes, state, decided: at_head.clone() }),
                Err(why) => drop(self.unwritable.insert(drifted.unit.id, why)),
            }
        }
        Ok(tasks)
    }

    /// Whether accepted data may go to the heads of this unit's Space.
    async fn head(&self, drifted: &Drifted<'_>) -> Result<Head, Error> {
        if self.request.proposals == Proposals::Always || self.client.profile() == Profile::Bridge {
            return Ok(Head::Open);
        }
        let space = Space { id: drifted.space, slug: drifted.space_slug.to_owned() };
        Ok(match self.client.gate(&space).await? {
            Gate::Proven => Head::Open,
            Gate::Unproven(why) => Head::Closed(why),
        })
    }

    fn remark_on_identity(&mut self) {
        if self.sight.identity.kind == IdentityKind::Person {
            let note = format!(
                "the ConfigHub token is that of {}, who therefore cannot approve what is proposed with it: use a worker",
                self.sight.identity.name
            );
            self.notes.push(note);
        }
    }

    fn rehearse(&mut self, changeset: Option<&ChangeSet>, tasks: &[Task<'_>]) {
        let Some(first) = tasks.first() else { return };
        let environment = self.request.environment.name.as_str();
        let slug = match self.sight.choose(environment) {
            Choice::New(slug) => {
                self.writes.push(format!("make the ChangeSet {slug} in Space {}", self.sight.space.slug));
                slug
            }
            Choice::Existing(existing) => existing.slug.clone(),
        };
        debug_assert!(changeset.is_none_or(|it| it.slug == slug), "the same is chosen twice from {first:?}");
        for Task { drifted, writes, .. } in tasks {
            let unit = format!("{}/{}", drifted.space_slug, drifted.unit.slug);
            self.writes.push(format!("lock {unit} with {slug}"));
            for new in &writes.data {
                self.writes.push(format!("write {unit}: {}", new.description));
            }
            self.writes.extend(writes.remark.iter().map(|it| format!("remark on {unit}: {it}")));
            if self.request.lock == Lock::Release {
                self.writes.push(format!("unlock {unit}"));
            }
        }
    }

    /// Writes the tasks. Gives the ChangeSet that holds them.
    async fn propose(
        &mut self,
        used: Option<ChangeSet>,
        history: &BTreeMap<Uuid, Vec<Revision>>,
        tasks: &[Task<'_>],
    ) -> (Option<ChangeSet>, BTreeMap<Uuid, Done>) {
        let environment = self.request.environment.name.as_str();
        let opened = match (&used, self.sight.choose(environment)) {
            (Some(known), _) | (None, Choice::Existing(known)) => Ok(self.again(known).await),
            (None, Choice::New(slug)) => {
                send::open(self.client, &self.sight.space, self.fresh(slug, tasks.len())).await
            }
        };
        let changeset = match opened {
            Ok(changeset) => changeset,
            Err(error) => {
                self.notes.push(self.refused(&error, &self.sight.space.slug));
                let failed =
                    |it: &Task<'_>| (it.drifted.unit.id, Done { failure: None, notes: Vec::new(), stands: false });
                return (None, tasks.iter().map(failed).collect());
            }
        };
        if !plan::is_ours(&changeset) && self.sight.given.is_none() || plan::is_closed(&changeset) {
            let note = format!(
                "nothing is proposed: the ChangeSet {} in Space {} is there and is not one of this environment that is open; \
                 rename it, or label it `source=drift-detector`",
                changeset.slug, self.sight.space.slug
            );
            self.notes.push(note);
            let left = |it: &Task<'_>| (it.drifted.unit.id, Done { failure: None, notes: Vec::new(), stands: false });
            return (None, tasks.iter().map(left).collect());
        }
        if self.request.patience == Patience::Forgetful {
            let note = "proposed at first sight: this run keeps no report that the next one could compare with";
            self.notes.push(note.to_owned());
        }
        tracing::info!("Using changeset {} for corrections in `{environment}`", changeset.slug);
        // What another run proposed since this one looked is not written once more: that would void approvals.
        let is_new = |it: &&Task<'_>| {
            let was_marked = used.as_ref().is_some_and(|known| plan::is_marked(known, it.drifted));
            was_marked || !plan::is_marked(&changeset, it.drifted)
        };
        let (new, overtaken): (Vec<&Task<'_>>, Vec<_>) = tasks.iter().partition(is_new);
        let mut done = send::all(self.client, &changeset, history, &new, self.request).await;
        done.extend(overtaken.iter().map(|it| (it.drifted.unit.id, Done::overtaken())));
        send::look_again(self.client, tasks, self.request.lock, &mut done).await;
        (Some(self.again(&changeset).await), done)
    }

    /// The ChangeSet with the marks that it has by now, as far as that can be told.
    async fn again(&self, known: &ChangeSet) -> ChangeSet {
        match self.client.changeset_by_id(known.id).await {
            Ok(Some(again)) => again,
            Ok(None) | Err(_) => known.clone(),
        }
    }

    fn fresh(&self, slug: String, units: usize) -> NewChangeSet {
        let environment = self.request.environment.name.as_str();
        let number = slug.rsplit('-').next().unwrap_or_default();
        let run = self.request.run_url.map(|it| format!(" {it}")).unwrap_or_default();
        NewChangeSet {
            display_name: format!("Drift fixes {environment} {number}"),
            description: format!("{} drifted in {environment}.{run}", counted(units, "unit", "units")),
            labels: BTreeMap::from([
                (SOURCE_LABEL.to_owned(), SOURCE.to_owned()),
                (ENVIRONMENT_LABEL.to_owned(), environment.to_owned()),
            ]),
            slug,
        }
    }

    /// Why nothing is proposed.
    fn refused(&self, error: &Error, space: &str) -> String {
        if send::is_forbidden(error) {
            return format!(
                "nothing is proposed, as this identity may not write there: it needs {} on Space {space}",
                error.permission()
            );
        }
        format!("nothing is proposed: {error}")
    }

    /// Takes back what a run before this one began and nobody needs, lets go of locks, and closes the ChangeSet when the drift
    /// of all its units is gone. `written`: units that this run has just written.
    async fn tidy(
        &mut self,
        changeset: &ChangeSet,
        history: &BTreeMap<Uuid, Vec<Revision>>,
        verdicts: &[(&'a Drifted<'a>, Verdict)],
        written: &BTreeSet<Uuid>,
    ) -> Option<ChangeSetState> {
        let clean = plan::clean(self.request.compared);
        let open: BTreeSet<Uuid> = plan::proposed(changeset).collect();
        // Of a unit without a head it is not known whether anything must be taken back.
        let is_over = |it: &Uuid| clean.contains(it) && self.sight.heads.contains_key(it);
        let is_known = !open.is_empty() || plan::is_made_here(changeset) && self.is_complete();
        let is_done = is_known && open.iter().all(is_over) && verdicts.is_empty();
        if self.request.intent != Intent::Propose {
            // Nobody closed it: what it proposes is there still.
            return is_done.then_some(ChangeSetState::Superseded);
        }
        let unmarked = self.sight.begun.iter().copied().filter(|it| clean.contains(it) && !open.contains(it));
        let over: BTreeSet<Uuid> = unmarked.chain(open.iter().copied().filter(|_| is_done)).collect();
        let at_head = self.still_at_head(changeset, &over, history);
        let heads: Vec<&UnitHead> = over.iter().filter_map(|it| self.sight.heads.get(it)).collect();
        let mut ended = send::undo(self.client, changeset, &heads, &at_head).await;
        if ended.is_ok() && !at_head.is_empty() {
            let units = counted(at_head.len(), "unit has", "units have");
            self.notes.push(format!("{units} the data again that they had before the proposal"));
        }
        if is_done {
            if ended.is_ok() {
                ended = send::close(self.client, changeset).await;
            }
            return match ended {
                Ok(()) => Some(ChangeSetState::Fixed),
                Err(error) => {
                    self.notes.push(format!("the drift is gone, and the ChangeSet could not be closed: {error}"));
                    None
                }
            };
        }
        let mut idle = self.idle_locks(changeset, history, verdicts);
        idle.retain(|it| !written.contains(it) && !over.contains(it));
        if let Err(error) = ended.and(send::free(self.client, idle, changeset.id).await) {
            self.notes.push(format!("what a run before this one began could not all be undone or unlocked: {error}"));
        }
        None
    }

    /// Lets go of units that a ChangeSet of ours holds though it is closed: whoever closed it was cut short, or people did.
    async fn open_closed(&mut self) {
        let closed = self.sight.ours.iter().filter(|it| plan::is_closed(it) && plan::is_made_here(it));
        let closed: BTreeMap<Uuid, String> = closed.map(|it| (it.id, it.slug.clone())).collect();
        let held = self.request.compared.iter().flat_map(|it| it.units);
        let held = held.filter_map(|it| Some((it.held_by.as_ref()?.id, it.id)));
        let mut units: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for (changeset, unit) in held.filter(|(changeset, _)| closed.contains_key(changeset)) {
            units.entry(changeset).or_default().insert(unit);
        }
        for (changeset, units) in units {
            let (slug, count) = (&closed[&changeset], counted(units.len(), "unit", "units"));
            let note = match send::free(self.client, units.clone(), changeset).await {
                Ok(()) => format!("{count} still locked by {slug}, which is closed, are free again"),
                Err(error) => {
                    format!("{count} still locked by {slug}, which is closed, could not be unlocked: {error}")
                }
            };
            self.notes.push(note);
            if let Some(units) = UnitIds::new(units)
                && let Ok(heads) = self.client.unit_heads(&units).await
            {
                let known = heads.into_iter().filter(|it| self.sight.heads.contains_key(&it.id));
                self.sight.heads.extend(known.map(|it| (it.id, it)).collect::<Vec<_>>());
            }
        }
    }

    /// Whether everything in scope of all targets was compared.
    fn is_complete(&self) -> bool {
        let all = self.request.compared.len() == self.request.environment.targets.len();
        all && self.request.compared.iter().all(|it| it.comparison.not_compared.is_empty())
    }

    /// Units of which what we proposed, and nobody shipped, is at head.
    fn still_at_head(
        &self,
        changeset: &ChangeSet,
        open: &BTreeSet<Uuid>,
        history: &BTreeMap<Uuid, Vec<Revision>>,
    ) -> BTreeSet<Uuid> {
        let units = self.request.compared.iter().flat_map(|it| it.units);
        let is_ours = |unit: &&Unit| {
            let newest = history.get(&unit.id).and_then(|it| it.last());
            let newest = newest.filter(|it| it.author == Some(self.sight.identity.id)).map(|it| it.number);
            let marked = Mark::of(changeset, unit.id).map(|it| it.revision);
            let head = self.sight.heads.get(&unit.id).map(|it| it.head);
            head.is_some() && (head == newest || head == marked)
        };
        units.filter(|it| it.pending && open.contains(&it.id)).filter(is_ours).map(|it| it.id).collect()
    }

    /// Units that we hold without need: a run before this one was cut short, or they were held long enough.
    fn idle_locks(
        &self,
        changeset: &ChangeSet,
        history: &BTreeMap<Uuid, Vec<Revision>>,
        verdicts: &[(&'a Drifted<'a>, Verdict)],
    ) -> BTreeSet<Uuid> {
        let approved = |id: &Uuid| {
            let is_approved = |it: &Verdict| matches!(it, Verdict::Leave { state: UnitState::Approved, .. });
            verdicts.iter().any(|(drifted, verdict)| drifted.unit.id == *id && is_approved(verdict))
        };
        // Whom people let into their own ChangeSet does not open its locks.
        if !plan::is_made_here(changeset) {
            return BTreeSet::new();
        }
        let since = |id: &Uuid| history.get(id).and_then(|it| it.last()).and_then(|it| it.at);
        let is_old = |id: &Uuid| {
            since(id).or(changeset.created_at).is_none_or(|at| self.request.now.duration_since(at) > LONGEST_HOLD)
        };
        let held = self.sight.heads.values().filter(|it| it.changeset == Some(changeset.id)).map(|it| it.id);
        held.filter(|id| self.request.lock == Lock::Release || approved(id) || is_old(id)).collect()
    }
}
