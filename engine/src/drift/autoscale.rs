//! Replicas that an autoscaler owns, and what to say where one does not explain them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::Value;

use super::compare::Difference;
use super::scope::Selection;
use crate::model::object::{GroupVersionKind, ObjectKey, Observed, StatedObject};
use crate::model::outcome::Obstacle;
use crate::model::packed::Packed;
use crate::redact::Text;

/// The field that autoscalers write.
const REPLICAS: &str = "/spec/replicas";

/// What KEDA names the object that a `HorizontalPodAutoscaler` of its own making serves.
const KEDA_LABEL: &str = "scaledobject.keda.sh/name";
/// KEDA holds this many replicas and scales no more (<https://keda.sh/docs/latest/concepts/scaling-deployments/>).
const KEDA_PAUSED_AT: &str = "autoscaling.keda.sh/paused-replicas";
/// KEDA scales no more; whoever scaled last decides.
const KEDA_PAUSED: &str = "autoscaling.keda.sh/paused";

/// A `HorizontalPodAutoscaler` or a `ScaledObject` of KEDA, as far as it says who may have how many replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    kind: &'static str,
    name: String,
    namespace: Option<String>,
    target_version: Option<String>,
    target_kind: String,
    target_name: String,
    allowed: Allowed,
    /// The `ScaledObject` that this one was made for.
    made_for: Option<String>,
}

/// How many replicas are the autoscaler's doing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    /// From least to most.
    Range(RangeInclusive<i64>),
    /// The same, or this many while nothing is to be done (`idleReplicaCount`).
    RangeOrIdle(RangeInclusive<i64>, i64),
    /// It is paused: exactly so many.
    PausedAt(i64),
    /// It is paused and leaves the replicas to others.
    Paused,
}

impl Autoscaler {
    /// None if the object is no autoscaler or names no target. `namespace` is where it lives if it does not say so.
    pub fn read(gvk: &GroupVersionKind, body: &Value, namespace: Option<&str>) -> Option<Self> {
        let spec = body.get("spec")?;
        let metadata = body.get("metadata")?;
        let number = |key: &str| spec.get(key).and_then(Value::as_i64);
        let (kind, allowed, default_target) = match (gvk.group.as_str(), gvk.kind.as_str()) {
            // `minReplicas: 0` is taken where the gate HPAScaleToZero is on.
            ("autoscaling", "HorizontalPodAutoscaler") => {
                let range = number("minReplicas").unwrap_or(1)..=number("maxReplicas")?;
                ("HorizontalPodAutoscaler", Allowed::Range(range), None)
            }
            ("keda.sh", "ScaledObject") => ("ScaledObject", keda(metadata, &number), Some("Deployment")),
            _ => return None,
        };
        let target = spec.get("scaleTargetRef")?;
        Some(Self {
            kind,
            name: text(metadata, "name")?,
            namespace: text(metadata, "namespace").or_else(|| namespace.map(str::to_owned)),
            // Old autoscalers leave it out.
            target_version: text(target, "apiVersion"),
            target_kind: text(target, "kind").or_else(|| default_target.map(str::to_owned))?,
            target_name: text(target, "name")?,
            allowed,
            made_for: made_for(metadata),
        })
    }

    fn targets(&self, key: &ObjectKey) -> bool {
        self.target_kind == key.gvk.kind
            && self.target_name == key.name
            && self.target_version.as_ref().is_none_or(|version| *version == key.gvk.api_version())
            && (self.namespace == key.namespace || self.namespace.is_none() || key.namespace.is_none())
    }

    /// Why this difference is the autoscaler's doing: it targets the object, and live is within its range.
    fn excuse(&self, live: i64) -> Option<String> {
        let Self { kind, name, .. } = self;
        match &self.allowed {
            Allowed::RangeOrIdle(_, idle) if live == *idle => {
                Some(format!("{kind} `{name}` keeps {idle} replicas while it is idle"))
            }
            Allowed::Range(range) | Allowed::RangeOrIdle(range, _) => range
                .contains(&live)
                .then(|| format!("{kind} `{name}` scales it between {} and {} replicas", range.start(), range.end())),
            Allowed::PausedAt(only) => {
                (live == *only).then(|| format!("{kind} `{name}` is paused and holds it at {only} replicas"))
            }
            Allowed::Paused => None,
        }
    }

    /// What a difference that it does not explain has to do with it.
    fn remark(&self) -> String {
        let Self { kind, name, .. } = self;
        match &self.allowed {
            Allowed::Range(range) => {
                format!("outside the range {} to {} of {kind} `{name}`", range.start(), range.end())
            }
            Allowed::RangeOrIdle(range, idle) => format!(
                "outside the range {} to {} of {kind} `{name}`, and not its {idle} idle replicas",
                range.start(),
                range.end()
            ),
            Allowed::PausedAt(only) => format!("{kind} `{name}` is paused and should hold it at {only} replicas"),
            Allowed::Paused => format!("{kind} `{name}` is paused, so it does not own the replicas now"),
        }
    }
}

/// KEDA's own defaults: 0 to 100 replicas.
fn keda(metadata: &Value, number: &impl Fn(&str) -> Option<i64>) -> Allowed {
    let annotation = |key: &str| metadata.get("annotations").and_then(|it| it.get(key)).and_then(Value::as_str);
    if let Some(only) = annotation(KEDA_PAUSED_AT).and_then(|it| it.trim().parse().ok()) {
        return Allowed::PausedAt(only);
    }
    if annotation(KEDA_PAUSED).is_some_and(|it| it.trim().eq_ignore_ascii_case("true")) {
        return Allowed::Paused;
    }
    let range = number("minReplicaCount").unwrap_or(0)..=number("maxReplicaCount").unwrap_or(100);
    match number("idleReplicaCount") {
        Some(idle) if !range.contains(&idle) => Allowed::RangeOrIdle(range, idle),
        Some(_) | None => Allowed::Range(range),
    }
}

/// KEDA makes a `HorizontalPodAutoscaler` per `ScaledObject`, owned by it, labelled with its name and, unless it is told
/// otherwise, called `keda-hpa-NAME`.
fn made_for(metadata: &Value) -> Option<String> {
    let owners = metadata.get("ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let owner = owners
        .filter(|it| it.get("kind").and_then(Value::as_str) == Some("ScaledObject"))
        .find_map(|it| text(it, "name"));
    let label = || metadata.get("labels").and_then(|labels| text(labels, KEDA_LABEL));
    let named = || text(metadata, "name")?.strip_prefix("keda-hpa-").map(str::to_owned);
    owner.or_else(label).or_else(named)
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// All that is known about who scales what.
#[derive(Clone, Debug, Default)]
pub struct Autoscalers {
    known: BTreeMap<(&'static str, Option<String>, String), Autoscaler>,
    /// Why those of a namespace could not be looked up.
    unread: BTreeMap<Option<String>, BTreeSet<Obstacle>>,
}

impl Autoscalers {
    /// Those that units state: as the cluster has them, else as desired says, as long as they may be there.
    pub fn stated(selection: &Selection, observed: &BTreeMap<ObjectKey, Observed>) -> Self {
        let mut all = Self::default();
        all.extend(selection.autoscalers.iter().cloned());
        for object in selection.objects.iter() {
            if !is_autoscaler(&object.key.gvk) {
                continue;
            }
            let read = |body: &Value| Autoscaler::read(&object.key.gvk, body, object.key.namespace.as_deref());
            let live = match observed.get(&object.key) {
                Some(Observed::Absent) => continue,
                Some(Observed::Found(raw)) => serde_json::from_str(raw.get()).ok(),
                Some(Observed::AsDesired | Observed::NotRead(_)) | None => None,
            };
            all.extend(match live {
                Some(live) => read(&live),
                None => read(&object.desired().body),
            });
        }
        all
    }

    /// Adds these; one that is known already is replaced.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Autoscaler>) {
        for one in more {
            self.known.insert((one.kind, one.namespace.clone(), one.name.clone()), one);
        }
    }

    /// Nobody knows whether others scale the workloads of this namespace.
    pub fn unread(&mut self, namespace: Option<String>, why: Obstacle) {
        self.unread.entry(namespace).or_default().insert(why);
    }

    /// Those that target the object, without what KEDA made for another of them: that one decides.
    fn of<'a>(&'a self, key: &ObjectKey) -> Vec<&'a Autoscaler> {
        let all: Vec<&Autoscaler> = self.known.values().filter(|it| it.targets(key)).collect();
        let is_served = |made_for: &String| all.iter().any(|it| it.kind == "ScaledObject" && it.name == *made_for);
        all.iter().filter(|it| !it.made_for.as_ref().is_some_and(is_served)).copied().collect()
    }

    /// Why this difference is an autoscaler's doing.
    pub fn excuse(&self, key: &ObjectKey, difference: &Difference) -> Option<String> {
        if difference.path.pointer() != REPLICAS {
            return None;
        }
        let live = difference.live.as_ref().and_then(Value::as_i64)?;
        self.of(key).into_iter().find_map(|it| it.excuse(live))
    }

    /// What the reader of a difference that no autoscaler explains should know: sentences without a full stop.
    pub fn remarks(&self, key: &ObjectKey, difference: &Difference) -> Vec<Remark> {
        if difference.path.pointer() != REPLICAS {
            return Vec::new();
        }
        let known = self.of(key).into_iter().map(|it| Remark::Plain(it.remark()));
        let unread = self.unread.get(&key.namespace).into_iter().flatten();
        known.chain(unread.map(|it| Remark::Unread(it.clone()))).collect()
    }
}

/// One sentence about replicas that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Not redacted yet.
    Plain(String),
    /// The autoscalers could not be read.
    Unread(Obstacle),
}

impl Remark {
    /// The sentence, redacted.
    pub fn text(&self, redact: impl Fn(&str) -> Text) -> Text {
        match self {
            Self::Plain(words) => redact(words),
            Self::Unread(Obstacle { reason: _, detail, remedy }) => [
                Text::from("whether an autoscaler did this is not known: "),
                detail.clone(),
                Text::from("; "),
                remedy.clone(),
            ]
            .into_iter()
            .collect(),
        }
    }
}

/// Whether objects of this kind scale others.
pub fn is_autoscaler(gvk: &GroupVersionKind) -> bool {
    matches!(
        (gvk.group.as_str(), gvk.kind.as_str()),
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject")
    )
}

/// The objects whose replicas differ and are not explained by what units state: where autoscalers are to be looked for.
/// Each is skimmed, not parsed: most do not differ.
pub fn in_doubt<'a>(
    objects: &'a [StatedObject],
    observed: &BTreeMap<ObjectKey, Observed>,
    known: &Autoscalers,
) -> Vec<&'a StatedObject> {
    let differs = |object: &&StatedObject| {
        let Some(desired) = stated_replicas(&object.manifest) else { return false };
        let Some(Observed::Found(raw)) = observed.get(&object.key) else { return false };
        let Some(live) = replicas(raw.get()) else { return false };
        live != desired && !known.of(&object.key).iter().any(|it| it.excuse(live).is_some())
    };
    objects.iter().filter(differs).collect()
}

fn stated_replicas(manifest: &Packed) -> Option<i64> {
    manifest.item().get("spec")?.get("replicas")?.as_integer()
}

fn replicas(json: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Scaled {
        spec: Option<Spec>,
    }
    #[derive(Deserialize)]
    struct Spec {
        replicas: Option<i64>,
    }
    serde_json::from_str::<Scaled>(json).ok()?.spec?.replicas
}

#[cfg(test)]
mod tests;
