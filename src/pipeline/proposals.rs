//! What becomes of drift, environment by environment, after all of them were compared.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Instant;

use futures::future::Shared;
use jiff::Timestamp;
use uuid::Uuid;

use crate::confighub::{self, Client, SpaceUnits};
use crate::history;
use crate::inputs::{Inputs, Mode};
use crate::model::environment::Environment;
use crate::model::history::{Memory, Stamp};
use crate::model::outcome::{Comparison, EnvironmentOutcome, Obstacle, Reason};
use crate::model::proposal::Proposal;
use crate::model::unit::Unit;
use crate::redact::Redactor;
use crate::remediation::{self, Compared, Intent, Locked, Patience, Request};

/// An environment that was compared.
pub(super) struct Gathered {
    pub(super) outcome: EnvironmentOutcome,
    /// One per target, in the same order.
    pub(super) seen: Vec<Seen>,
}

/// The units of a target.
#[derive(Default)]
pub(super) struct Seen {
    space: Uuid,
    /// Only those that drifted have their text still.
    units: Vec<Unit>,
}

impl Seen {
    pub(super) fn new(read: SpaceUnits, comparison: &Comparison) -> Self {
        let drifted: BTreeSet<&str> = comparison.changes.iter().map(|it| it.unit.as_str()).collect();
        let mut units = read.units;
        for unit in units.iter_mut().filter(|it| !drifted.contains(it.slug.as_str())) {
            unit.text = String::new();
        }
        Self { space: read.space_id, units }
    }
}

/// Ids of the findings that an earlier run saw as they are.
pub(super) fn seen_before(gathered: &[Gathered], memory: &Memory, now: &Stamp) -> BTreeSet<String> {
    let targets = gathered.iter().flat_map(|it| &it.outcome.targets);
    let findings = targets.filter_map(|it| it.result.as_ref().ok()).flat_map(|it| &it.findings);
    findings.filter(|it| history::has_seen(memory, it, now)).map(|it| it.id.clone()).collect()
}

/// What all environments share.
pub(super) struct Proposing<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) redactor: &'a Redactor,
    pub(super) now: Timestamp,
    pub(super) deadline: Instant,
    pub(super) patience: Patience<'a>,
}

impl Proposing<'_> {
    /// In promotion order. Where ConfigHub did not answer or the run is interrupted, nothing is known about ChangeSets.
    pub(super) async fn all<I: Future<Output = u8>>(
        &self,
        confighub: &Result<Client, confighub::Error>,
        gathered: Vec<Gathered>,
        interrupted: &Shared<I>,
    ) -> Vec<EnvironmentOutcome> {
        let mut outcomes = Vec::new();
        let locked = Locked::default();
        for (environment, Gathered { mut outcome, seen }) in self.inputs.environments.iter().zip(gathered) {
            // Where nothing could be compared, nothing is known about drift either.
            if outcome.targets.iter().any(|it| it.result.is_ok()) {
                let proposal = match confighub {
                    Err(error) => Err(error.obstacle(self.redactor)),
                    Ok(client) => {
                        let left = self.deadline.saturating_duration_since(Instant::now());
                        let resolved =
                            tokio::time::timeout(left, self.one(client, environment, &outcome, (&seen, &locked)));
                        tokio::select! {
                            biased;
                            _ = interrupted.clone() => Err(self.cut_short(&locked)),
                            resolved = resolved => resolved.unwrap_or_else(|_| Err(self.cut_short(&locked))),
                        }
                    }
                };
                outcome.proposal = Some(proposal);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    async fn one(
        &self,
        client: &Client,
        environment: &Environment,
        outcome: &EnvironmentOutcome,
        (seen, locked): (&[Seen], &Locked),
    ) -> Result<Proposal, Obstacle> {
        let proposing = &self.inputs.proposing;
        let compared: Vec<Compared<'_>> = outcome
            .targets
            .iter()
            .zip(seen)
            .filter_map(|(target, seen)| {
                let comparison = target.result.as_ref().ok()?;
                let (target, space_slug) = (target.target.as_str(), target.space.as_str());
                Some(Compared { target, space: seen.space, space_slug, comparison, units: &seen.units })
            })
            .collect();
        let request = Request {
            environment,
            compared: &compared,
            stage: self.inputs.stage(&environment.name),
            intent: match proposing.mode {
                Mode::Detect => Intent::Follow,
                Mode::Rehearse => Intent::Rehearse,
                Mode::Propose => Intent::Propose,
            },
            given: proposing.changesets.get(&environment.name),
            lock: proposing.lock,
            proposals: proposing.proposals,
            run_url: self.inputs.github.run_url.as_deref(),
            patience: self.patience,
            now: self.now,
            locked,
            redactor: self.redactor,
        };
        remediation::resolve(client, &request).await
    }

    /// The run's time is over, or somebody ended it.
    fn cut_short(&self, locked: &Locked) -> Obstacle {
        let locked = locked.units();
        let held = if locked.is_empty() {
            String::new()
        } else {
            format!("; units that may be locked until the next run: {}", locked.join(", "))
        };
        Obstacle {
            reason: Reason::TimedOut,
            detail: self.redactor.text(&format!("the run ended before it was known what is proposed{held}")),
            remedy: "run again: what was begun is finished then".into(),
        }
    }
}
