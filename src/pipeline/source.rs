//! Where both sides of one target are read from: services, or a recording of them. All that is not computed passes through
//! here, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::bundle::{
    Content, Desired, FoundAutoscaler, FoundAutoscalers, KindAnswer, List, ObjectAnswer, Outcome, Reading, Recording,
};
use crate::cluster::{Cluster, Limits, Listable, Search, Served};
use crate::confighub::{self, Space, SpaceUnits};
use crate::drift::scope::UnitDocuments;
use crate::manifest::{self, Document, Lines, ManifestError};
use crate::model::environment::{Environment, Target};
use crate::model::object::{GroupVersionKind, Live, ObjectKey, Observed, Schemas};
use crate::model::outcome::{Obstacle, Reason};
use crate::model::unit::Unit;
use crate::redact::{Redactor, Text};

use super::manifests::Manifests;
use super::target::Shared;

/// What a run reads.
pub(super) enum Origin<'a> {
    /// ConfigHub, or why it cannot be reached, and clusters.
    Services(&'a Result<confighub::Client, confighub::Error>),
    /// What another run read.
    Recording(&'a Recording),
}

/// The two sides of a target, ready to be asked.
pub(super) enum Source<'a> {
    /// Its cluster and its Space; the units were read when it was opened.
    Live(Box<Services<'a>>),
    /// What was recorded of both.
    Recorded(&'a Reading),
}

/// The services behind a target.
pub(super) struct Services<'a> {
    cluster: Cluster,
    confighub: &'a confighub::Client,
    space: Space,
    redactor: &'a Redactor,
}

/// The kinds that were asked about; each has an entry.
pub(super) type Kinds = BTreeMap<GroupVersionKind, Result<Served, Obstacle>>;

/// Versions of autoscalers from the best on; of each kind the first that is served is read.
const AUTOSCALERS: [&[(&str, &str)]; 2] = [
    &[
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("autoscaling/v1", "HorizontalPodAutoscaler"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
    ],
    &[("keda.sh/v1alpha1", "ScaledObject")],
];

impl<'a> Source<'a> {
    /// Reads the Space's units while the cluster is being reached: it is not needed until they name their kinds.
    pub(super) async fn open(
        shared: &Shared<'a>,
        environment: &Environment,
        target: &Target,
        limit: Duration,
    ) -> Result<(Self, SpaceUnits), Obstacle> {
        let Shared { inputs, redactor, .. } = *shared;
        let confighub = match shared.origin {
            Origin::Services(confighub) => confighub.as_ref().map_err(|error| error.obstacle(redactor))?,
            Origin::Recording(recording) => return Self::recorded(recording, environment, target, redactor),
        };
        let access = inputs.clusters.get(&target.name).expect("inputs give every target its access").as_ref();
        let access = access.map_err(Clone::clone)?;
        let limits = Limits {
            // A little less than there is: what was read by then is still judged and reported.
            overall: limit.mul_f32(0.9),
            ca_bundle: inputs.ca_bundle.clone(),
            no_proxy: inputs.no_proxy.clone(),
            ..Limits::default()
        };
        let (units, cluster) = tokio::join!(
            async {
                let space = confighub.space(&target.space).await?;
                let units = confighub.units(&space, &inputs.scope.units, inputs.scope.compare_to, redactor).await?;
                Ok((space, units))
            },
            Cluster::connect(access, limits, redactor),
        );
        let (space, units) = units.map_err(|it: confighub::Error| it.obstacle(redactor))?;
        Ok((Self::Live(Box::new(Services { cluster: cluster?, confighub, space, redactor })), units))
    }

    fn recorded(
        recording: &'a Recording,
        environment: &Environment,
        target: &Target,
        redactor: &Redactor,
    ) -> Result<(Self, SpaceUnits), Obstacle> {
        match recording.target(&environment.name, &target.name) {
            Some(Outcome::Read(reading)) => Ok((Self::Recorded(reading), units(reading))),
            Some(Outcome::Failed(obstacle)) => Err(obstacle.clone()),
            None => Err(Obstacle {
                reason: Reason::Misconfigured,
                detail: redactor.text(&format!(
                    "the recording holds nothing about the target `{}` of the environment `{}`",
                    target.name, environment.name
                )),
                remedy: Text::from("leave it out with `environments`, or record again"),
            }),
        }
    }

    /// The kubeconfig's context; None in a Pod of the cluster.
    pub(super) fn context(&self) -> Option<&str> {
        match self {
            Self::Live(services) => services.cluster.context(),
            Self::Recorded(reading) => reading.context.as_deref(),
        }
    }

    /// The namespace that the kubeconfig's context gives.
    pub(super) fn context_namespace(&self) -> Option<&str> {
        match self {
            Self::Live(services) => services.cluster.context_namespace(),
            Self::Recorded(reading) => reading.context_namespace.as_deref(),
        }
    }

    /// The objects that the units state.
    pub(super) async fn documents<'u>(&self, units: &'u [Unit], read: &Arc<Manifests>) -> Vec<UnitDocuments<'u>> {
        match self {
            Self::Live(_) => read.read(units).await,
            Self::Recorded(reading) => {
                let contents = reading.units.iter().map(|it| Arc::new(documents(&it.content)));
                units.iter().zip(contents).map(|(unit, documents)| UnitDocuments { unit, documents }).collect()
            }
        }
    }

    /// Where the fields of units stand whose text is not at hand.
    pub(super) fn lines(&self) -> BTreeMap<String, Vec<Option<Lines>>> {
        let Self::Recorded(reading) = self else { return BTreeMap::new() };
        let lines = reading.units.iter().map(|it| {
            let objects = match &it.content {
                Content::Objects(objects) => objects.iter().map(lines_of).collect(),
                Content::Unparsable { .. } => Vec::new(),
            };
            (it.unit.slug.clone(), objects)
        });
        lines.collect()
    }

    /// Which of these kinds the cluster serves.
    ///
    /// # Errors
    /// Not one kind can be asked for, such as with a cluster that is down or a login that it refused: then nothing at
    /// all was read, which is more than a gap. A kind that the cluster does not have was answered.
    pub(super) async fn kinds(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Kinds, Obstacle> {
        let served = match self {
            Self::Live(services) => services.cluster.discover(kinds).await,
            Self::Recorded(reading) => kinds.iter().map(|it| (it.clone(), recorded_kind(reading, it))).collect(),
        };
        let answered = |it: &Result<Served, Obstacle>| !it.as_ref().is_err_and(|it| it.reason != Reason::NotServed);
        if served.values().any(answered) {
            return Ok(served);
        }
        match served.values().find_map(|it| it.as_ref().err()) {
            Some(obstacle) => Err(obstacle.clone()),
            None => Ok(served),
        }
    }

    /// Every kind that can be listed.
    pub(super) async fn listable(&self) -> Listable {
        match self {
            Self::Live(services) => services.cluster.listable().await,
            Self::Recorded(reading) => {
                let known = reading.kinds.iter().map(|it| (it.gvk.clone(), recorded_kind(reading, &it.gvk)));
                let kinds = known.filter_map(|(gvk, served)| Some((gvk, served.ok()?))).collect();
                // What was not known is recorded among the lists that failed.
                Listable { kinds, unknown: BTreeMap::new() }
            }
        }
    }

    /// The wanted objects, each with an entry, and what else was asked for.
    pub(super) async fn objects(&self, wanted: &[ObjectKey], kinds: &Kinds, search: &Search) -> Live {
        match self {
            Self::Live(services) => services.cluster.read(wanted, kinds, search).await,
            Self::Recorded(reading) => {
                let answers: BTreeMap<_, _> = reading.objects.iter().map(|it| (&it.key, &it.answer)).collect();
                let lists = reading.lists.iter().map(|List { gvk, namespace, obstacle }| {
                    ((gvk.clone(), namespace.clone()), obstacle.clone().map_or(Ok(()), Err))
                });
                Live {
                    objects: wanted.iter().map(|key| (key.clone(), observed(answers.get(key).copied()))).collect(),
                    strays: reading.strays.clone(),
                    lists: lists.collect(),
                }
            }
        }
    }

    /// Every autoscaler of these namespaces, each namespace and kind listed once.
    pub(super) async fn autoscalers(&self, namespaces: &BTreeSet<String>) -> FoundAutoscalers {
        match self {
            Self::Live(services) => services.autoscalers(namespaces).await,
            Self::Recorded(reading) => {
                let mut all = reading.autoscalers.clone();
                all.found.retain(|it| it.key.namespace.as_ref().is_some_and(|it| namespaces.contains(it)));
                all.unread.retain(|(namespace, _)| namespaces.contains(namespace));
                all
            }
        }
    }

    /// The schemas of these custom kinds, as far as they can be read.
    pub(super) async fn schemas(&self, kinds: &BTreeMap<GroupVersionKind, Served>) -> Schemas {
        match self {
            Self::Live(services) => services.cluster.schemas(kinds).await,
            Self::Recorded(reading) => reading.schemas.clone(),
        }
    }

    /// The slugs of all units of the Space, whatever the scope.
    pub(super) async fn unit_slugs(&self) -> Result<BTreeSet<String>, Obstacle> {
        match self {
            Self::Live(services) => {
                let slugs = services.confighub.unit_slugs(&services.space).await;
                slugs.map_err(|error| error.obstacle(services.redactor))
            }
            Self::Recorded(reading) => reading.unit_slugs.clone().unwrap_or_else(|| Err(unrecorded())),
        }
    }
}

impl Services<'_> {
    async fn autoscalers(&self, namespaces: &BTreeSet<String>) -> FoundAutoscalers {
        let mut all = FoundAutoscalers::default();
        if namespaces.is_empty() {
            return all;
        }
        let kinds =
            AUTOSCALERS.map(|versions| versions.iter().map(|(version, kind)| GroupVersionKind::new(version, kind)));
        let served = self.cluster.discover(&kinds.iter().cloned().flatten().collect()).await;
        for versions in kinds {
            let mut versions = versions.filter_map(|gvk| Some((served.get(&gvk)?, gvk)));
            // One that is served is read, whatever stands in the way of the others.
            let answers: Vec<_> = versions.by_ref().collect();
            let best = answers.iter().find_map(|(served, gvk)| Some((served.as_ref().ok()?, gvk)));
            let obstacle =
                answers.iter().filter_map(|it| it.0.as_ref().err()).find(|it| it.reason != Reason::NotServed);
            for namespace in namespaces {
                match (best, obstacle) {
                    (Some((served, gvk)), _) => match self.cluster.all(gvk, served, Some(namespace)).await {
                        Ok(objects) => all.found.extend(objects.iter().filter_map(|object| {
                            let body: Value = serde_json::from_str(object.get()).ok()?;
                            let name = body.pointer("/metadata/name").and_then(Value::as_str)?.to_owned();
                            let key = ObjectKey { gvk: gvk.clone(), namespace: Some(namespace.clone()), name };
                            Some(FoundAutoscaler { key, body })
                        })),
                        Err(obstacle) => all.unread.push((namespace.clone(), obstacle)),
                    },
                    (None, Some(obstacle)) => all.unread.push((namespace.clone(), obstacle.clone())),
                    (None, None) => {}
                }
            }
        }
        all
    }
}

/// The Space as it was recorded.
pub(super) fn units(reading: &Reading) -> SpaceUnits {
    SpaceUnits {
        space_id: reading.space_id,
        units: reading.units.iter().map(|it| it.unit.clone()).collect(),
        unread: reading.unread.clone(),
        other_toolchains: reading.other_toolchains.clone(),
        notes: reading.notes.clone(),
    }
}

fn documents(content: &Content) -> Result<Vec<Document>, ManifestError> {
    match content {
        Content::Objects(objects) => {
            let objects = objects.iter().enumerate();
            objects.map(|(index, it)| manifest::document(it.body.clone(), it.line, index, None)).collect()
        }
        Content::Unparsable { line, problem } => Err(ManifestError { line: *line, problem: problem.clone().into() }),
    }
}

fn lines_of(desired: &Desired) -> Option<Lines> {
    serde_json::from_value(desired.lines.clone()).ok()
}

fn recorded_kind(reading: &Reading, gvk: &GroupVersionKind) -> Result<Served, Obstacle> {
    match reading.kinds.iter().find(|it| it.gvk == *gvk).map(|it| &it.answer) {
        Some(KindAnswer::Served { plural, namespaced }) => {
            Ok(Served { plural: plural.clone(), namespaced: *namespaced, listable: true, gettable: true })
        }
        Some(KindAnswer::Obstacle(obstacle)) => Err(obstacle.clone()),
        None => Err(unrecorded()),
    }
}

fn observed(answer: Option<&ObjectAnswer>) -> Observed {
    match answer {
        Some(ObjectAnswer::Found(object)) => {
            to_raw_value(object).map_or_else(|_| Observed::NotRead(unrecorded()), Observed::Found)
        }
        Some(ObjectAnswer::Absent) => Observed::Absent,
        Some(ObjectAnswer::NotRead(obstacle)) => Observed::NotRead(obstacle.clone()),
        None => Observed::NotRead(unrecorded()),
    }
}

/// The scope of now is wider than that of then.
fn unrecorded() -> Obstacle {
    Obstacle {
        reason: Reason::Misconfigured,
        detail: Text::from("the recording does not hold it: it was outside of the scope of the run that was recorded"),
        remedy: Text::from("narrow the scope to what was recorded, or record again"),
    }
}
