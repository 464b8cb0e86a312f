//! Where both sides of one target are read from: all that is not computed passes through here, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::cluster::{Cluster, Limits, Served};
use crate::confighub::SpaceUnits;
use crate::model::environment::Target;
use crate::model::object::{GroupVersionKind, ObjectKey, Observed};
use crate::model::outcome::{Obstacle, Reason};

use super::target::Shared;

/// A target's cluster, ready to be asked, and which of the kinds it serves.
pub(super) struct Source {
    cluster: Cluster,
}

/// The kinds that were asked about; each has an entry.
pub(super) type Kinds = BTreeMap<GroupVersionKind, Result<Served, Obstacle>>;

impl Source {
    /// Reads the Space's units while the cluster is being reached: it is not needed until they name their kinds.
    pub(super) async fn open(
        shared: &Shared<'_>,
        target: &Target,
        limit: Duration,
    ) -> Result<(Self, SpaceUnits), Obstacle> {
        let Shared { inputs, confighub, redactor, now: _ } = *shared;
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
                confighub.units(&space, &inputs.scope.units, inputs.scope.compare_to, redactor).await
            },
            Cluster::connect(access, limits, redactor),
        );
        let units = units.map_err(|it| it.obstacle(redactor))?;
        Ok((Self { cluster: cluster? }, units))
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

    /// The wanted objects; every one has an entry.
    pub(super) async fn objects(&self, wanted: &[ObjectKey], kinds: &Kinds) -> BTreeMap<ObjectKey, Observed> {
        self.cluster.read(wanted, kinds).await
    }
}
