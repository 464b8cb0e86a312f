//! Where both sides of one target are read from: services, or a recording of them. All that is not computed passes through
//! here, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::value::to_raw_value;

use crate::bundle::{Content, Desired, KindAnswer, ObjectAnswer, Outcome, Reading, Recording};
use crate::cluster::{Cluster, Limits, Served};
use crate::confighub::{self, SpaceUnits};
use crate::drift::scope::{self, UnitDocuments};
use crate::manifest::{self, Document, Lines, ManifestError};
use crate::model::environment::{Environment, Target};
use crate::model::object::{GroupVersionKind, ObjectKey, Observed};
use crate::model::outcome::{Obstacle, Reason};
use crate::model::unit::Unit;
use crate::redact::{Redactor, Text};

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
    /// Its cluster; the units were read when it was opened.
    Live(Box<Cluster>),
    /// What was recorded of both.
    Recorded(&'a Reading),
}

/// The kinds that were asked about; each has an entry.
pub(super) type Kinds = BTreeMap<GroupVersionKind, Result<Served, Obstacle>>;

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
                confighub.units(&space, &inputs.scope.units, inputs.scope.compare_to, redactor).await
            },
            Cluster::connect(access, limits, redactor),
        );
        let units = units.map_err(|it| it.obstacle(redactor))?;
        Ok((Self::Live(Box::new(cluster?)), units))
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
            Self::Live(cluster) => cluster.context(),
            Self::Recorded(reading) => reading.context.as_deref(),
        }
    }

    /// The namespace that the kubeconfig's context gives.
    pub(super) fn context_namespace(&self) -> Option<&str> {
        match self {
            Self::Live(cluster) => cluster.context_namespace(),
            Self::Recorded(reading) => reading.context_namespace.as_deref(),
        }
    }

    /// The objects that the units state.
    pub(super) fn documents<'u>(&self, units: &'u [Unit]) -> Vec<UnitDocuments<'u>> {
        match self {
            Self::Live(_) => scope::read(units),
            Self::Recorded(reading) => {
                let contents = reading.units.iter().map(|it| &it.content);
                units.iter().zip(contents).map(|(unit, it)| UnitDocuments { unit, documents: documents(it) }).collect()
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
            Self::Live(cluster) => cluster.discover(kinds).await,
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

    /// The wanted objects; every one has an entry.
    pub(super) async fn objects(&self, wanted: &[ObjectKey], kinds: &Kinds) -> BTreeMap<ObjectKey, Observed> {
        match self {
            Self::Live(cluster) => cluster.read(wanted, kinds).await,
            Self::Recorded(reading) => {
                let answers: BTreeMap<_, _> = reading.objects.iter().map(|it| (&it.key, &it.answer)).collect();
                wanted.iter().map(|key| (key.clone(), observed(answers.get(key).copied()))).collect()
            }
        }
    }
}

/// The Space as it was recorded.
pub(super) fn units(reading: &Reading) -> SpaceUnits {
    SpaceUnits {
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
