//! One target: its Space, its cluster, the comparison of both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cluster::Search;
use crate::confighub;
use crate::drift;
use crate::drift::autoscale::{self, Autoscaler, Autoscalers};
use crate::drift::scope::{self, Bounds, Selection};
use crate::drift::strays::{self, Origin};
use crate::drift::types::{self, CustomSchemas};
use crate::inputs::Inputs;
use crate::model::environment::{Environment, Orphans, Scope, Target, Unmanaged};
use crate::model::object::{Beside, GroupVersionKind, Live, Observed};
use crate::model::outcome::{Comparison, Obstacle};
use crate::redact::{Redactor, Text};

use super::manifests::Manifests;
use super::source::{Kinds, Source};

/// What every target of a run shares.
pub(super) struct Shared<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) confighub: &'a Result<confighub::Client, confighub::Error>,
    pub(super) redactor: &'a Redactor,
    pub(super) manifests: &'a Arc<Manifests>,
    pub(super) now: Timestamp,
}

/// Reads both sides within `limit`, then judges.
pub(super) async fn compare(
    shared: &Shared<'_>,
    environment: &Environment,
    target: &Target,
    limit: Duration,
) -> Result<Comparison, Obstacle> {
    let Shared { inputs, confighub: _, redactor, manifests, now } = *shared;
    let (source, read) = Source::open(shared, target, limit).await?;
    let confighub::SpaceUnits { space_id, units, unread, other_toolchains, notes } = read;

    let documents = manifests.read(&units).await;
    let mut kinds = source.kinds(&scope::kinds(&documents, &inputs.scope)).await?;
    let bounds = Bounds {
        environment: &environment.name,
        target,
        scope: &inputs.scope,
        context_namespace: source.context_namespace(),
    };
    let is_namespaced = |gvk: &GroupVersionKind| match kinds.get(gvk) {
        Some(served) => served.as_ref().map(|it| it.namespaced).map_err(Clone::clone),
        None => unreachable!("discovery answers every kind that it is asked for"),
    };
    let selection = scope::select(documents, &bounds, is_namespaced, redactor);
    let wanted: Vec<_> = selection.objects.iter().map(|it| it.key.clone()).collect();
    let search = search(&source, &selection, &bounds, &mut kinds).await;
    let live = source.objects(&wanted, &kinds, &search).await;
    let (autoscalers, (schemas, about_schemas)) =
        tokio::join!(autoscalers(&source, &selection, &live), schemas(&source, &kinds, &live));

    let case = drift::Case {
        environment: &environment.name,
        target: &target.name,
        units: &units,
        unread: &unread,
        other_toolchains: &other_toolchains,
        autoscalers: &autoscalers,
        ignore: &inputs.ignore,
        today: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        schemas: &schemas,
        redactor,
    };
    let mut origin = Origin { space_id, space: &target.space, units: None };
    let all_units;
    if strays::have_unknown_units(&case, &selection, &live.strays, origin) {
        all_units = source.unit_slugs().await;
        origin.units = Some(&all_units);
    }
    let strays = strays::judge(&case, &bounds, &selection, &live.strays, origin);
    let mut comparison = drift::judge(&case, selection, live.objects);
    let strays::Verdict { orphans, unmanaged, suppressed, notes: about_strays } = strays;
    comparison.findings.extend(orphans);
    // Those of one object stay in the order of their paths.
    comparison.findings.sort_by(|one, other| one.object.cmp(&other.object));
    comparison.additions.extend(unmanaged);
    comparison.suppressed.extend(suppressed);
    comparison.suppressed.sort();
    comparison.notes.extend(about_strays);
    comparison.notes.extend(about_schemas);
    comparison.context = source.context().map(|it| redactor.text(it));
    comparison.notes.extend(notes.iter().map(|it| redactor.text(it)));
    comparison.notes.extend(strays::searched(inputs.scope.orphans, &live.lists, redactor));
    if units.is_empty() && unread.is_empty() {
        let note = format!(
            "Space `{}` has no Kubernetes unit in scope: check its slug, `scope.units`, and that this identity may view its units",
            target.space
        );
        comparison.notes.push(redactor.text(&note));
    }
    Ok(comparison)
}

/// What is listed beside what the units name. Kinds that only the search asks for are added.
async fn search(source: &Source<'_>, selection: &Selection, bounds: &Bounds<'_>, kinds: &mut Kinds) -> Search {
    let Scope { orphans, unmanaged, .. } = *bounds.scope;
    let beside = match (orphans, unmanaged) {
        (_, Unmanaged::Report) => Beside::All,
        (Orphans::Listed | Orphans::Full, Unmanaged::Off) => Beside::Marked,
        (Orphans::Off, Unmanaged::Off) => Beside::None,
    };
    let mut listable = BTreeMap::new();
    if orphans == Orphans::Full {
        let (all, _) = source.listable().await;
        let stated: BTreeSet<_> = kinds.keys().map(|gvk| (gvk.group.clone(), gvk.kind.clone())).collect();
        // A kind that units state is listed at their version.
        kinds.extend(
            all.into_iter()
                .filter(|(gvk, _)| !stated.contains(&(gvk.group.clone(), gvk.kind.clone())))
                .map(|(gvk, served)| (gvk, Ok(served))),
        );
        let served = kinds.iter().filter_map(|(gvk, served)| Some((gvk.clone(), served.as_ref().ok()?.namespaced)));
        listable.extend(served);
    }
    Search { beside, lists: strays::places(selection, bounds, &listable) }
}

/// Who scales what. Where replicas differ without an autoscaler among the units, the cluster is asked for its own.
async fn autoscalers(source: &Source<'_>, selection: &Selection, live: &Live) -> Autoscalers {
    let mut all = Autoscalers::stated(selection, &live.objects);
    let in_doubt = autoscale::in_doubt(&selection.objects, &live.objects, &all);
    let namespaces = in_doubt.into_iter().filter_map(|it| it.key.namespace.clone()).collect();
    let more = source.autoscalers(&namespaces).await;
    all.extend(more.found.iter().filter_map(|it| {
        let body = serde_json::from_str(it.object.get()).ok()?;
        Autoscaler::read(&it.gvk, &body, Some(&it.namespace))
    }));
    for (namespace, why) in more.unread {
        all.unread(Some(namespace), why);
    }
    all
}

/// What is to be known about the custom kinds of which anything was found, and a note where it is withheld.
async fn schemas(source: &Source<'_>, kinds: &Kinds, live: &Live) -> (CustomSchemas, Option<Text>) {
    let found = live.objects.iter().filter(|(_, observed)| matches!(observed, Observed::Found(_)));
    let custom: BTreeSet<_> = found.map(|(key, _)| &key.gvk).filter(|gvk| !types::is_built_in(gvk)).collect();
    let served = custom.into_iter().filter_map(|gvk| Some((gvk.clone(), kinds.get(gvk)?.as_ref().ok()?.clone())));
    let read = source.schemas(&served.collect()).await;
    let mut schemas = CustomSchemas::default();
    read.openapi.iter().for_each(|document| schemas.add_openapi(document));
    read.definitions.iter().for_each(|definition| schemas.add_definition(definition));
    let note = read.refused.into_iter().next().map(|Obstacle { reason: _, detail, remedy }| {
        let words =
            "custom resources were compared without their schema, so a default of it may read as a difference: ";
        [Text::from(words), detail, Text::from("; "), remedy].into_iter().collect()
    });
    (schemas, note)
}
