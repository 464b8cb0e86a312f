//! One target: its Space, its cluster, the comparison of both.

use std::time::Duration;

use jiff::Timestamp;

use crate::confighub;
use crate::drift;
use crate::drift::scope::{self, Bounds};
use crate::drift::types::CustomSchemas;
use crate::inputs::Inputs;
use crate::model::environment::{Environment, Target};
use crate::model::object::GroupVersionKind;
use crate::model::outcome::{Comparison, Obstacle};
use crate::redact::Redactor;

use super::source::Source;

/// What every target of a run shares.
pub(super) struct Shared<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) confighub: &'a Result<confighub::Client, confighub::Error>,
    pub(super) redactor: &'a Redactor,
    pub(super) now: Timestamp,
}

/// Reads both sides within `limit`, then judges.
pub(super) async fn compare(
    shared: &Shared<'_>,
    environment: &Environment,
    target: &Target,
    limit: Duration,
) -> Result<Comparison, Obstacle> {
    let Shared { inputs, confighub: _, redactor, now } = *shared;
    let (source, read) = Source::open(shared, target, limit).await?;
    let confighub::SpaceUnits { units, unread, other_toolchains, notes } = read;

    let documents = scope::read(&units);
    let kinds = source.kinds(&scope::kinds(&documents, &inputs.scope)).await?;
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
    let observed = source.objects(&wanted, &kinds).await;

    let case = drift::Case {
        environment: &environment.name,
        target: &target.name,
        units: &units,
        unread: &unread,
        other_toolchains: &other_toolchains,
        ignore: &inputs.ignore,
        today: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        schemas: &CustomSchemas::default(),
        redactor,
    };
    let mut comparison = drift::judge(&case, selection, observed);
    comparison.context = source.context().map(|it| redactor.text(it));
    comparison.notes.extend(notes.iter().map(|it| redactor.text(it)));
    if units.is_empty() && unread.is_empty() {
        let note = format!(
            "Space `{}` has no Kubernetes unit in scope: check its slug, `scope.units`, and that this identity may view its units",
            target.space
        );
        comparison.notes.push(redactor.text(&note));
    }
    Ok(comparison)
}
