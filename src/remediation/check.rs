//! Leaves on shipped revisions what came of comparing them: an attestation of type `drift-check`, *Pass* where the cluster
//! runs what they say, *Fail* with the drift's fingerprint where it does not. Nothing is said of what was not compared.
//!
//! What was said last is not said again: a run every hour leaves one attestation per change, not one per hour.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::confighub::{Error, Kind};
use crate::model::changeset::{Claimed, Judgement, NewAttestation, UnitIds};
use crate::model::unit::Basis;

use super::plan::{self, Compared};
use super::wording::{self, counted};
use super::{Desk, Intent};

/// The attestations' type.
const TYPE: &str = "drift-check";
/// The claim that holds a digest of what all units of the revision's number were found to be.
const STATE: &str = "drift-detector/state";
/// The claim that holds the number of the revision.
const REVISION: &str = "drift-detector/revision";
/// The claim that holds when the run began, in RFC 3339: of two that were left at once the later one is known by it.
const RUN: &str = "drift-detector/run";

/// What came of comparing the units of a Space of which the same number was shipped.
#[derive(Debug, Default, PartialEq, Eq)]
struct Checked {
    /// Those that run as they are stated.
    clean: BTreeSet<Uuid>,
    /// The fingerprints of the others.
    drifted: BTreeMap<Uuid, String>,
}

impl Checked {
    /// Hexadecimal SHA-256 over the units and what they were found to be.
    fn state(&self) -> String {
        let Self { clean, drifted } = self;
        let mut digest = Sha256::new();
        for unit in clean {
            digest.update(format!("{unit} clean\n"));
        }
        for (unit, fingerprint) in drifted {
            digest.update(format!("{unit} {fingerprint}\n"));
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn of(&self, result: Judgement) -> Option<UnitIds> {
        match result {
            Judgement::Pass => UnitIds::new(self.clean.iter().copied()),
            Judgement::Fail => UnitIds::new(self.drifted.keys().copied()),
        }
    }

    /// What is not attested yet. `before`: what this identity attested in the Space, newest first.
    fn missing(&self, revision: i64, before: &[Claimed]) -> Vec<(Judgement, UnitIds)> {
        let (number, state) = (revision.to_string(), self.state());
        let says = |it: &Claimed, claim: &str, value: &str| it.claims.get(claim).is_some_and(|it| it == value);
        let newest = before.iter().filter(|it| says(it, REVISION, &number)).take_while(|it| says(it, STATE, &state));
        let told: Vec<Judgement> = newest.filter_map(|it| it.result).collect();
        let results = [Judgement::Pass, Judgement::Fail].into_iter().filter(|it| !told.contains(it));
        results.filter_map(|result| Some((result, self.of(result)?))).collect()
    }
}

impl Desk<'_> {
    /// Attests what came of comparing, Space by Space. To be refused is no fault: the report says the same.
    pub(super) async fn attest_checks(&mut self) {
        if !self.client.attests() || self.request.intent == Intent::Follow {
            return;
        }
        let clean = plan::clean(self.request.compared);
        for compared in self.request.compared {
            let checked = self.checked(compared, &clean);
            match self.attest_space(compared, &checked).await {
                Ok(()) => {}
                Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {
                    tracing::info!("Left no `{TYPE}` in Space `{}`: {error}", compared.space_slug);
                }
                Err(error) => self.notes.push(format!(
                    "what came of comparing could not be attested in Space {}: {error}",
                    compared.space_slug
                )),
            }
        }
    }

    /// By number of the shipped revision.
    fn checked(&self, compared: &Compared<'_>, clean: &BTreeSet<Uuid>) -> BTreeMap<i64, Checked> {
        let mut checked: BTreeMap<i64, Checked> = BTreeMap::new();
        for unit in compared.units.iter().filter(|it| it.basis == Basis::Shipped) {
            if clean.contains(&unit.id) {
                checked.entry(unit.revision).or_default().clean.insert(unit.id);
            } else if let Some(drifted) = self.drifted.iter().find(|it| it.unit.id == unit.id) {
                let of_number = checked.entry(unit.revision).or_default();
                of_number.drifted.insert(unit.id, drifted.fingerprint.clone());
            }
        }
        checked
    }

    async fn attest_space(&mut self, compared: &Compared<'_>, checked: &BTreeMap<i64, Checked>) -> Result<(), Error> {
        if checked.is_empty() {
            return Ok(());
        }
        let mut before = self.client.claimed(compared.space, TYPE, self.sight.identity.id).await?;
        before.sort_by(|one, other| (other.at, other.claims.get(RUN)).cmp(&(one.at, one.claims.get(RUN))));
        for (revision, checked) in checked {
            for (result, units) in checked.missing(*revision, &before) {
                if self.request.intent == Intent::Rehearse {
                    let units = counted(units.len(), "unit", "units");
                    let space = compared.space_slug;
                    self.writes
                        .push(format!("attest {TYPE} {} of revision {revision} of {units} in {space}", result.name()));
                    continue;
                }
                let run = self.request.now.to_string();
                let claims = BTreeMap::from([(REVISION, revision.to_string()), (STATE, checked.state()), (RUN, run)]);
                let note = self.check_note(result, checked, &units);
                let new = NewAttestation { revision: *revision, kind: TYPE, result, note: &note, claims };
                let answers = self.client.attest(compared.space, &units, &new).await;
                // What was deleted or shipped anew meanwhile is left out.
                let refused = answers.into_iter().filter_map(|(_, answer)| answer.err());
                if let Some(error) = refused.into_iter().find(|it| it.kind != Kind::NotFound) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// For people: what was found, and by which run.
    fn check_note(&self, result: Judgement, checked: &Checked, units: &UnitIds) -> String {
        let run = self.request.run_url.map(|it| format!(" {it}")).unwrap_or_default();
        let found = match result {
            Judgement::Pass => "the cluster runs this".to_owned(),
            Judgement::Fail => {
                let one = units.iter().next().and_then(|it| checked.drifted.get(&it)).filter(|_| units.len() == 1);
                let fingerprint = one.cloned().unwrap_or_else(|| checked.state());
                format!("the cluster runs something else; fingerprint {fingerprint}")
            }
        };
        wording::cut(&format!("{found}{run}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(revision: i64, checked: &Checked, result: Judgement) -> Claimed {
        let claims = [(REVISION, revision.to_string()), (STATE, checked.state())];
        Claimed { result: Some(result), at: None, claims: claims.map(|(key, value)| (key.to_owned(), value)).into() }
    }

    #[test]
    fn what_was_said_last_is_not_said_again() {
        use Judgement::{Fail, Pass};
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let clean = Checked { clean: [one, two].into(), drifted: BTreeMap::new() };
        let drifted = Checked { clean: [one].into(), drifted: [(two, "ab".to_owned())].into() };
        let results = |checked: &Checked, before: &[Claimed]| {
            checked.missing(7, before).iter().map(|it| it.0).collect::<Vec<_>>()
        };
        assert_eq!(results(&clean, &[]), [Pass]);
        assert_eq!(results(&clean, &[said(7, &clean, Pass)]), []);
        assert_eq!(results(&clean, &[said(8, &clean, Pass)]), [Pass], "of another revision");
        let later = [said(7, &drifted, Fail), said(7, &drifted, Pass), said(7, &clean, Pass)];
        assert_eq!(results(&drifted, &later), []);
        assert_eq!(results(&drifted, &later[1..]), [Fail], "a run was cut short between the two");
        assert_eq!(results(&clean, &later), [Pass], "it drifted meanwhile");
        let other = Checked { drifted: [(two, "cd".to_owned())].into(), ..drifted };
        assert_eq!(results(&other, &later), [Pass, Fail], "another drift");
    }
}
