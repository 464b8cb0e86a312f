//! One target: its Space, its cluster, the comparison of both.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::bundle::{Faithful, Reading};
use crate::confighub::SpaceUnits;
use crate::drift;
use crate::drift::scope::{self, Bounds, Selection};
use crate::drift::types::CustomSchemas;
use crate::inputs::Inputs;
use crate::model::environment::{Environment, Target};
use crate::model::object::{GroupVersionKind, ObjectKey, Observed};
use crate::model::outcome::{Comparison, Obstacle};
use crate::model::unit::Unit;
use crate::redact::Redactor;
use crate::redact::mask::Mask;

use super::recording::{self, Evidence, SAMENESS};
use super::source::{self, Kinds, Origin, Source};

/// What every target of a run shares.
pub(super) struct Shared<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) origin: Origin<'a>,
    pub(super) redactor: &'a Redactor,
    pub(super) now: Timestamp,
    /// With which masks are made, where the run is recorded.
    pub(super) key: Option<[u8; 32]>,
}

/// What a target gave.
pub(super) struct Compared {
    pub(super) comparison: Comparison,
    /// What a recording keeps of it.
    pub(super) kept: Option<Box<Reading>>,
}

/// Reads both sides within `limit`, then judges.
pub(super) async fn compare(
    shared: &Shared<'_>,
    environment: &Environment,
    target: &Target,
    limit: Duration,
) -> Result<Compared, Obstacle> {
    let place = Place { shared, environment, target };
    let (source, read) = Source::open(shared, environment, target, limit).await?;
    let Asked { kinds, selection, objects } = place.ask(&source, &read.units).await?;
    let Some(key) = shared.key else {
        return Ok(Compared { comparison: place.judge(&source, &read, selection, objects), kept: None });
    };
    let comparison = place.judge(&source, &read, selection, objects.clone());
    let evidence = Evidence {
        context: source.context().map(str::to_owned),
        context_namespace: source.context_namespace().map(str::to_owned),
        read,
        kinds,
        objects,
    };
    let kept = place.kept(&evidence, &comparison, key).await;
    Ok(Compared { comparison, kept: Some(Box::new(kept)) })
}

/// A random key for the masks of one recording.
pub(super) fn key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    key
}

/// The target that is compared.
struct Place<'a> {
    shared: &'a Shared<'a>,
    environment: &'a Environment,
    target: &'a Target,
}

/// What the units state, and what the cluster says about it.
struct Asked {
    kinds: Kinds,
    selection: Selection,
    objects: BTreeMap<ObjectKey, Observed>,
}

impl Place<'_> {
    async fn ask(&self, source: &Source<'_>, units: &[Unit]) -> Result<Asked, Obstacle> {
        let Shared { inputs, redactor, .. } = *self.shared;
        let documents = source.documents(units);
        let kinds = source.kinds(&scope::kinds(&documents, &inputs.scope)).await?;
        let bounds = Bounds {
            environment: &self.environment.name,
            target: self.target,
            scope: &inputs.scope,
            context_namespace: source.context_namespace(),
        };
        let is_namespaced = |gvk: &GroupVersionKind| match kinds.get(gvk) {
            Some(served) => served.as_ref().map(|it| it.namespaced).map_err(Clone::clone),
            None => unreachable!("discovery answers every kind that it is asked for"),
        };
        let selection = scope::select(documents, &bounds, is_namespaced, redactor);
        let wanted: Vec<_> = selection.objects.iter().map(|it| it.key.clone()).collect();
        let objects = source.objects(&wanted, &kinds).await;
        Ok(Asked { kinds, selection, objects })
    }

    fn judge(
        &self,
        source: &Source<'_>,
        read: &SpaceUnits,
        selection: Selection,
        objects: BTreeMap<ObjectKey, Observed>,
    ) -> Comparison {
        let Shared { inputs, redactor, now, .. } = *self.shared;
        let SpaceUnits { units, unread, other_toolchains, notes } = read;
        let case = drift::Case {
            environment: &self.environment.name,
            target: &self.target.name,
            units,
            unread,
            other_toolchains,
            ignore: &inputs.ignore,
            additions: inputs.additions,
            stage: inputs.stage(&self.environment.name),
            critical: &inputs.critical,
            today: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            schemas: &CustomSchemas::default(),
            redactor,
            lines: &source.lines(),
        };
        let mut comparison = drift::judge(&case, selection, objects);
        comparison.context = source.context().map(|it| redactor.text(it));
        comparison.notes.extend(notes.iter().map(|it| redactor.text(it)));
        if units.is_empty() && unread.is_empty() {
            let note = format!(
                "Space `{}` has no Kubernetes unit in scope: check its slug, `scope.units`, and that this identity may view its units",
                self.target.space
            );
            comparison.notes.push(redactor.text(&note));
        }
        comparison
    }

    /// What a recording keeps: masked so that a comparison of it gives the same.
    async fn kept(&self, evidence: &Evidence, comparison: &Comparison, key: [u8; 32]) -> Reading {
        let mut kept = None;
        for sameness in SAMENESS {
            let mask = Mask::new(self.shared.redactor, key, sameness);
            let reading = recording::reading(evidence, &mask);
            if recording::is_same(comparison, &self.replayed(&reading).await, &mask) {
                return reading;
            }
            kept.get_or_insert(reading);
        }
        tracing::warn!("The recording of `{}` does not give the verdict of this run", self.target.name);
        let kept = kept.expect("there is more than one way to mask");
        Reading { faithful: Faithful::No, ..kept }
    }

    /// The comparison of what was kept.
    async fn replayed(&self, reading: &Reading) -> Comparison {
        let source = Source::Recorded(reading);
        let read = source::units(reading);
        match self.ask(&source, &read.units).await {
            Ok(Asked { kinds: _, selection, objects }) => self.judge(&source, &read, selection, objects),
            Err(_) => Comparison::default(),
        }
    }
}
