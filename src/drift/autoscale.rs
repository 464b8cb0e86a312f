//! Replicas that an autoscaler owns.

use serde_json::Value;

use super::compare::Difference;
use crate::model::object::{GroupVersionKind, ObjectKey};

/// A `HorizontalPodAutoscaler` or a `ScaledObject` of KEDA, as far as it says who may have how many replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    kind: &'static str,
    name: String,
    namespace: Option<String>,
    target_version: Option<String>,
    target_kind: String,
    target_name: String,
    range: std::ops::RangeInclusive<i64>,
}

impl Autoscaler {
    /// None if the object is no autoscaler or names no target. `namespace` is where it lives if it does not say so.
    pub fn read(gvk: &GroupVersionKind, body: &Value, namespace: Option<&str>) -> Option<Self> {
        let spec = body.get("spec")?;
        let number = |key: &str, default: i64| spec.get(key).and_then(Value::as_i64).unwrap_or(default);
        let (kind, range, default_target) = match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("autoscaling", "HorizontalPodAutoscaler") => {
                ("HorizontalPodAutoscaler", number("minReplicas", 1)..=spec.get("maxReplicas")?.as_i64()?, None)
            }
            ("keda.sh", "ScaledObject") => {
                let idle = number("idleReplicaCount", number("minReplicaCount", 0));
                let least = idle.min(number("minReplicaCount", 0));
                ("ScaledObject", least..=number("maxReplicaCount", 100), Some("Deployment"))
            }
            _ => return None,
        };
        let target = spec.get("scaleTargetRef")?;
        let text = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let metadata = body.get("metadata")?;
        Some(Self {
            kind,
            name: text(metadata, "name")?,
            namespace: text(metadata, "namespace").or_else(|| namespace.map(str::to_owned)),
            // Old autoscalers leave it out.
            target_version: text(target, "apiVersion"),
            target_kind: text(target, "kind").or_else(|| default_target.map(str::to_owned))?,
            target_name: text(target, "name")?,
            range,
        })
    }

    /// Why this difference is the autoscaler's doing: it targets the object, and live is within its range.
    pub fn excuse(&self, key: &ObjectKey, difference: &Difference) -> Option<String> {
        let targets = self.target_kind == key.gvk.kind
            && self.target_name == key.name
            && self.target_version.as_ref().is_none_or(|version| *version == key.gvk.api_version())
            && (self.namespace == key.namespace || self.namespace.is_none() || key.namespace.is_none());
        if !targets || difference.path.pointer() != "/spec/replicas" {
            return None;
        }
        let live = difference.live.as_ref().and_then(Value::as_i64)?;
        let (least, most) = (self.range.start(), self.range.end());
        self.range
            .contains(&live)
            .then(|| format!("{} `{}` scales it between {least} and {most} replicas", self.kind, self.name))
    }
}
