//! Where both sides of one target are read from: all that is not computed passes through here, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::value::RawValue;

use crate::cluster::{Cluster, Limits, Schemas, Search, Served};
use crate::confighub::{self, Space, SpaceUnits};
use crate::model::environment::Target;
use crate::model::object::{GroupVersionKind, Live, ObjectKey};
use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Redactor;

use super::target::Shared;

/// A target's cluster, ready to be asked, and which of the kinds it serves.
pub(super) struct Source<'a> {
    cluster: Cluster,
    confighub: &'a confighub::Client,
    space: Space,
    redactor: &'a Redactor,
}

/// The kinds that were asked about; each has an entry.
pub(super) type Kinds = BTreeMap<GroupVersionKind, Result<Served, Obstacle>>;

/// One autoscaler of the cluster, as the server sent it.
pub(super) struct FoundAutoscaler {
    pub(super) gvk: GroupVersionKind,
    pub(super) namespace: String,
    pub(super) object: Box<RawValue>,
}

/// The autoscalers of some namespaces, and where they could not be read.
#[derive(Default)]
pub(super) struct FoundAutoscalers {
    pub(super) found: Vec<FoundAutoscaler>,
    pub(super) unread: Vec<(String, Obstacle)>,
}

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
        target: &Target,
        limit: Duration,
    ) -> Result<(Self, SpaceUnits), Obstacle> {
        let Shared { inputs, confighub, redactor, manifests: _, now: _ } = *shared;
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
        let (units, cluster) = tokio::join!(
            async {
                let space = confighub.space(&target.space).await?;
                let units = confighub.units(&space, &inputs.scope.units, inputs.scope.compare_to, redactor).await?;
                Ok((space, units))
            },
            Cluster::connect(access, limits, redactor),
        );
        let (space, units) = units.map_err(|it: confighub::Error| it.obstacle(redactor))?;
        Ok((Self { cluster: cluster?, confighub, space, redactor }, units))
    }

    /// The kubeconfig's context; None in a Pod of the cluster.
    pub(super) fn context(&self) -> Option<&str> {
        self.cluster.context()
    }

    /// The namespace that the kubeconfig's context gives.
    pub(super) fn context_namespace(&self) -> Option<&str> {
        self.cluster.context_namespace()
    }

    /// Which of these kinds the cluster serves.
    ///
    /// # Errors
    /// Not one kind can be asked for, such as with a cluster that is down or a login that it refused: then nothing at
    /// all was read, which is more than a gap. A kind that the cluster does not have was answered.
    pub(super) async fn kinds(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Kinds, Obstacle> {
        let served = self.cluster.discover(kinds).await;
        let answered = |it: &Result<Served, Obstacle>| !it.as_ref().is_err_and(|it| it.reason != Reason::NotServed);
        if served.values().any(answered) {
            return Ok(served);
        }
        match served.values().find_map(|it| it.as_ref().err()) {
            Some(obstacle) => Err(obstacle.clone()),
            None => Ok(served),
        }
    }

    /// Every kind that can be listed, and what stood in the way of knowing more.
    pub(super) async fn listable(&self) -> (BTreeMap<GroupVersionKind, Served>, Vec<Obstacle>) {
        self.cluster.listable().await
    }

    /// The wanted objects, each with an entry, and what else was asked for.
    pub(super) async fn objects(&self, wanted: &[ObjectKey], kinds: &Kinds, search: &Search) -> Live {
        self.cluster.read(wanted, kinds, search).await
    }

    /// Every autoscaler of these namespaces, each namespace and kind listed once.
    pub(super) async fn autoscalers(&self, namespaces: &BTreeSet<String>) -> FoundAutoscalers {
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
                        Ok(objects) => all.found.extend(objects.into_iter().map(|object| FoundAutoscaler {
                            gvk: gvk.clone(),
                            namespace: namespace.clone(),
                            object,
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

    /// The schemas of these custom kinds, as far as they can be read.
    pub(super) async fn schemas(&self, kinds: &BTreeMap<GroupVersionKind, Served>) -> Schemas {
        self.cluster.schemas(kinds).await
    }

    /// The slugs of all units of the Space, whatever the scope.
    pub(super) async fn unit_slugs(&self) -> Result<BTreeSet<String>, Obstacle> {
        self.confighub.unit_slugs(&self.space).await.map_err(|error| error.obstacle(self.redactor))
    }
}
