//! One target: its Space, its cluster, the comparison of both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::bundle::{Faithful, FoundAutoscalers, Reading};
use crate::cluster::{self, Listable, Search, Served};
use crate::confighub::SpaceUnits;
use crate::drift;
use crate::drift::FirstLook;
use crate::drift::autoscale::{self, Autoscaler, Autoscalers};
use crate::drift::scope::{self, Bounds, Selection};
use crate::drift::strays;
use crate::drift::types::{self, CustomSchemas};
use crate::inputs::Inputs;
use crate::model::environment::{Environment, Orphans, Scope, Target, Unmanaged};
use crate::model::object::{Beside as Kept, GroupVersionKind, Live, Observed, Schemas};
use crate::model::outcome::{Comparison, Obstacle};
use crate::page::Sight;
use crate::redact::mask::Mask;
use crate::redact::{Redactor, Text};

use super::manifests::Manifests;
use super::proposals::Seen;
use super::recording::{self, Beside, Evidence, SAMENESS};
use super::source::{self, Kinds, Origin, Source};

/// What every target of a run shares.
pub(super) struct Shared<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) origin: Origin<'a>,
    pub(super) manifests: &'a Arc<Manifests>,
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
    /// Its units.
    pub(super) units: Seen,
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
    let Asked { kinds, selection, live, beside } = place.ask(&source, &read).await?;
    let Some(key) = shared.key else {
        let comparison = place.judge(&source, &read, selection, live, &beside);
        let units = Seen::new(read, &comparison);
        return Ok(Compared { comparison, kept: None, units });
    };
    let comparison = place.judge(&source, &read, selection, live.clone(), &beside);
    let evidence = Evidence {
        context: source.context().map(str::to_owned),
        context_namespace: source.context_namespace().map(str::to_owned),
        read,
        kinds,
        live,
        beside,
    };
    let kept = place.kept(&evidence, &comparison, key).await;
    let units = Seen::new(evidence.read, &comparison);
    Ok(Compared { comparison, kept: Some(Box::new(kept)), units })
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
    live: Live,
    beside: Beside,
}

impl Place<'_> {
    fn bounds<'b>(&'b self, source: &'b Source<'_>) -> Bounds<'b> {
        Bounds {
            environment: &self.environment.name,
            target: self.target,
            scope: &self.shared.inputs.scope,
            context_namespace: source.context_namespace(),
        }
    }

    async fn ask(&self, source: &Source<'_>, read: &SpaceUnits) -> Result<Asked, Obstacle> {
        let Shared { inputs, redactor, manifests, .. } = *self.shared;
        let documents = source.documents(&read.units, manifests).await;
        let mut kinds = source.kinds(&scope::kinds(&documents, &inputs.scope)).await?;
        let bounds = self.bounds(source);
        let is_namespaced = |gvk: &GroupVersionKind| match kinds.get(gvk) {
            Some(served) => served.as_ref().map(|it| it.namespaced).map_err(Clone::clone),
            None => unreachable!("discovery answers every kind that it is asked for"),
        };
        let selection = scope::select(documents, &bounds, is_namespaced, redactor);
        let wanted: Vec<_> = selection.objects.iter().map(|it| it.key.clone()).collect();
        let (mut search, unknown) = search(source, &selection, &bounds, &mut kinds).await;
        // A recording keeps everything.
        if self.shared.key.is_none() {
            let look = FirstLook::new(Arc::clone(&selection.objects), inputs.additions);
            search.settled =
                Some(Arc::new(move |it: Sight<'_>| look.is_as_desired(it.gvk, it.namespace, it.name, it.raw)));
        }
        let mut live = source.objects(&wanted, &kinds, &search).await;
        // Nothing of it could be listed.
        live.lists.extend(unknown.into_iter().map(|(gvk, why)| ((gvk, None), Err(why))));
        let in_doubt = in_doubt(&selection, &live);
        let custom = custom(&kinds, &live);
        let SpaceUnits { space_id, units, unread, .. } = read;
        let origin = strays::Origin { space_id: *space_id, space: &self.target.space, units: None };
        let has_unknown = strays::have_unknown_units(units, unread, &selection, &live.strays, origin);
        let (autoscalers, schemas, unit_slugs) =
            tokio::join!(source.autoscalers(&in_doubt), source.schemas(&custom), async {
                if has_unknown { Some(source.unit_slugs().await) } else { None }
            });
        Ok(Asked { kinds, selection, live, beside: Beside { autoscalers, schemas, unit_slugs } })
    }

    fn judge(
        &self,
        source: &Source<'_>,
        read: &SpaceUnits,
        selection: Selection,
        live: Live,
        beside: &Beside,
    ) -> Comparison {
        let Shared { inputs, redactor, now, .. } = *self.shared;
        let SpaceUnits { space_id, units, unread, other_toolchains, notes } = read;
        let Beside { autoscalers, schemas, unit_slugs } = beside;
        let (schemas, about_schemas) = known(schemas);
        let case = drift::Case {
            environment: &self.environment.name,
            target: &self.target.name,
            units,
            unread,
            other_toolchains,
            ignore: &inputs.ignore,
            directions: &inputs.proposing.directions,
            additions: inputs.additions,
            stage: inputs.stage(&self.environment.name),
            critical: &inputs.critical,
            today: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            autoscalers: &who_scales(&selection, &live, autoscalers),
            schemas: &schemas,
            redactor,
            lines: &source.lines(),
        };
        let origin = strays::Origin { space_id: *space_id, space: &self.target.space, units: unit_slugs.as_ref() };
        let strays = strays::judge(&case, &self.bounds(source), &selection, &live.strays, origin);
        let unsearched = strays::unsearched(inputs.scope.orphans, &live);
        let mut comparison = drift::judge(&case, &selection, live.objects);
        let strays::Verdict { orphans, unmanaged, suppressed, notes: about_strays } = strays;
        comparison.findings.extend(orphans);
        // Those of one object stay in the order of their paths.
        comparison.findings.sort_by(|one, other| one.object.cmp(&other.object));
        comparison.additions.extend(unmanaged);
        comparison.suppressed.extend(suppressed);
        comparison.suppressed.sort();
        comparison.notes.extend(about_strays);
        comparison.notes.extend(about_schemas);
        comparison.notes.extend(strays::searched(inputs.scope.orphans, &live.lists, redactor));
        comparison.not_compared.extend(unsearched);
        comparison.not_compared.sort();
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
        match self.ask(&source, &read).await {
            Ok(Asked { kinds: _, selection, live, beside }) => self.judge(&source, &read, selection, live, &beside),
            Err(_) => Comparison::default(),
        }
    }
}

/// What is listed beside what the units name, and what of it is not known. Kinds that only the search asks for are added.
async fn search(
    source: &Source<'_>,
    selection: &Selection,
    bounds: &Bounds<'_>,
    kinds: &mut Kinds,
) -> (Search, BTreeMap<GroupVersionKind, Obstacle>) {
    let Scope { orphans, unmanaged, .. } = *bounds.scope;
    let beside = match (orphans, unmanaged) {
        (_, Unmanaged::Report) => Kept::All,
        (Orphans::Listed | Orphans::Full, Unmanaged::Off) => Kept::Marked,
        (Orphans::Off, Unmanaged::Off) => Kept::None,
    };
    let (mut listable, mut unread) = (BTreeMap::new(), BTreeMap::new());
    if orphans == Orphans::Full {
        let Listable { kinds: all, unknown } = source.listable().await;
        let place = |gvk: &GroupVersionKind| (cluster::home(&gvk.group, &gvk.kind).to_owned(), gvk.kind.clone());
        let stated: BTreeSet<_> = kinds.keys().map(place).collect();
        // A kind that units state is listed at their version, in their group.
        kinds.extend(
            all.into_iter().filter(|(gvk, _)| !stated.contains(&place(gvk))).map(|(gvk, served)| (gvk, Ok(served))),
        );
        let served = kinds.iter().filter_map(|(gvk, served)| Some((gvk.clone(), served.as_ref().ok()?.namespaced)));
        listable.extend(served);
        unread = strays::missed(unknown, bounds, &listable);
    }
    (Search { beside, lists: strays::places(selection, bounds, &listable), settled: None }, unread)
}

/// The namespaces in which replicas differ without an autoscaler among the units: where the cluster is asked for its own.
fn in_doubt(selection: &Selection, live: &Live) -> BTreeSet<String> {
    let stated = Autoscalers::stated(selection, &live.objects);
    let objects = autoscale::in_doubt(&selection.objects, &live.objects, &stated);
    objects.into_iter().filter_map(|it| it.key.namespace.clone()).collect()
}

/// The custom kinds of which anything was found: where the cluster is asked for a schema.
fn custom(kinds: &Kinds, live: &Live) -> BTreeMap<GroupVersionKind, Served> {
    let found = live.objects.iter().filter(|(_, observed)| matches!(observed, Observed::Found(_)));
    let custom: BTreeSet<_> = found.map(|(key, _)| &key.gvk).filter(|gvk| !types::is_built_in(gvk)).collect();
    custom.into_iter().filter_map(|gvk| Some((gvk.clone(), kinds.get(gvk)?.as_ref().ok()?.clone()))).collect()
}

fn who_scales(selection: &Selection, live: &Live, more: &FoundAutoscalers) -> Autoscalers {
    let mut all = Autoscalers::stated(selection, &live.objects);
    all.extend(more.found.iter().filter_map(|it| Autoscaler::read(&it.key.gvk, &it.body, it.key.namespace.as_deref())));
    for (namespace, why) in &more.unread {
        all.unread(Some(namespace.clone()), why.clone());
    }
    all
}

/// What is known about custom kinds, and a note where it is withheld.
fn known(read: &Schemas) -> (CustomSchemas, Option<Text>) {
    let mut schemas = CustomSchemas::default();
    read.openapi.iter().for_each(|document| schemas.add_openapi(document));
    read.definitions.iter().for_each(|definition| schemas.add_definition(definition));
    let note = read.refused.first().map(|Obstacle { reason: _, detail, remedy }| {
        let words =
            "custom resources were compared without their schema, so a default of it may read as a difference: ";
        [Text::from(words), detail.clone(), Text::from("; "), remedy.clone()].into_iter().collect()
    });
    (schemas, note)
}
