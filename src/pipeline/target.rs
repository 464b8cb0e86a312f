//! One target: its Space, its cluster, the comparison of both.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::cluster::{Cluster, Limits, Served};
use crate::confighub;
use crate::drift;
use crate::drift::scope::{self, Bounds};
use crate::drift::types::CustomSchemas;
use crate::inputs::Inputs;
use crate::model::environment::{Environment, Target};
use crate::model::object::GroupVersionKind;
use crate::model::outcome::{Comparison, Obstacle, Reason};
use crate::redact::Redactor;

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
    let Shared { inputs, confighub, redactor, now } = *shared;
    let confighub = confighub.as_ref().map_err(|error| error.obstacle(redactor))?;
    let access = inputs.clusters.get(&target.name).expect("inputs give every target its access").as_ref();
    let access = access.map_err(Clone::clone)?;
    let limits = Limits {
        // A little less than there is: what was read by then is still judged and reported.
        overall: limit.mul_f32(0.9),
        ca_bundle: inputs.ca_bundle.clone(),
        no_proxy: inputs.no_proxy.clone(),
        ..Limits::default()
    };

    // Both at once: the cluster is not needed until the units name their kinds.
    let (read, cluster) = tokio::join!(
        async {
            let space = confighub.space(&target.space).await?;
            confighub.units(&space, &inputs.scope.units, inputs.scope.compare_to, redactor).await
        },
        Cluster::connect(access, limits, redactor),
    );
    let confighub::SpaceUnits { units, unread, other_toolchains, notes } = read.map_err(|it| it.obstacle(redactor))?;
    let cluster = cluster?;

    let documents = scope::read(&units);
    let served = cluster.discover(&scope::kinds(&documents, &inputs.scope)).await;
    if let Some(obstacle) = out_of_reach(&served) {
        return Err(obstacle.clone());
    }
    let bounds = Bounds {
        environment: &environment.name,
        target,
        scope: &inputs.scope,
        context_namespace: cluster.context_namespace(),
    };
    let is_namespaced = |gvk: &GroupVersionKind| match served.get(gvk) {
        Some(served) => served.as_ref().map(|it| it.namespaced).map_err(Clone::clone),
        None => unreachable!("discovery answers every kind that it is asked for"),
    };
    let selection = scope::select(documents, &bounds, is_namespaced, redactor);
    let wanted: Vec<_> = selection.objects.iter().map(|it| it.key.clone()).collect();
    let observed = cluster.read(&wanted, &served).await;

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
    comparison.context = cluster.context().map(|it| redactor.text(it));
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

/// Why not one kind can be asked for, such as a cluster that is down or a login that it refused: then nothing at all was
/// read, which is more than a gap. A kind that the cluster does not have was answered.
fn out_of_reach(served: &BTreeMap<GroupVersionKind, Result<Served, Obstacle>>) -> Option<&Obstacle> {
    let answered = |it: &Result<Served, Obstacle>| !it.as_ref().is_err_and(|it| it.reason != Reason::NotServed);
    if served.values().any(answered) { None } else { served.values().find_map(|it| it.as_ref().err()) }
}
