//! Which finding is which, and whether an answer is about the object that was asked for.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::path::FieldPath;
use crate::model::object::ObjectKey;

/// Stands for the code of an object that was never compared.
pub(super) const LEFT_OUT: &str = "left-out";

/// The first 12 hexadecimal digits of a SHA-256 over what makes a finding this one. Each part is preceded by its length,
/// so that no two findings run together; the API version is left out, so that an upgrade of a manifest keeps its findings.
///
/// `what` is the finding's code, or [`LEFT_OUT`].
pub(super) fn id(environment: &str, target: &str, key: &ObjectKey, what: &str, path: &FieldPath) -> String {
    let ObjectKey { gvk, namespace, name } = key;
    let pointer = path.pointer();
    let parts = [
        Some(environment),
        Some(target),
        Some(&gvk.group),
        Some(&gvk.kind),
        namespace.as_deref(),
        Some(name),
        Some(what),
        Some(&pointer),
    ];
    let mut digest = Sha256::new();
    for part in parts {
        let length = part.map_or(u64::MAX, |part| u64::try_from(part.len()).unwrap_or(u64::MAX));
        digest.update(length.to_be_bytes());
        digest.update(part.unwrap_or_default());
    }
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// A proxy or a cache may answer with anything.
pub(super) fn is_asked_for(key: &ObjectKey, live: &Value) -> bool {
    let text = |pointer| live.pointer(pointer).and_then(Value::as_str);
    text("/metadata/name") == Some(&key.name)
        && text("/metadata/namespace") == key.namespace.as_deref()
        && text("/kind").is_none_or(|kind| kind == key.gvk.kind)
        && text("/apiVersion").is_none_or(|version| version == key.gvk.api_version())
}
