//! Why an object is not compared although the cluster answered.

use serde_json::Value;

use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Text;

pub(super) fn is_being_deleted(live: &Value) -> bool {
    live.get("metadata").and_then(|it| it.get("deletionTimestamp")).is_some_and(|it| !it.is_null())
}

pub(super) fn strange(detail: &'static str) -> Obstacle {
    Obstacle {
        reason: Reason::Unreachable,
        detail: Text::from(detail),
        remedy: Text::from("check what stands between this run and the API server, and run again"),
    }
}

pub(super) fn under_way(detail: Text) -> Obstacle {
    Obstacle { reason: Reason::RollingOut, detail, remedy: Text::from("run again when it has finished") }
}

pub(super) fn unasked() -> Obstacle {
    Obstacle {
        reason: Reason::Unreachable,
        detail: Text::from("nothing is known about it: the cluster was not asked"),
        remedy: Text::from("run again; if it stays, report it as a fault of Drift Detector"),
    }
}
