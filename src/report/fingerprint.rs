//! What the drift of a run is known by: whether two runs saw the same can be told without keeping what they saw.

use sha2::{Digest as _, Sha256};

use crate::model::finding::Shown;

use super::Report;

impl Report {
    /// Hexadecimal SHA-256 over all drift, whatever its order; of a clean run it is always the same. A value that may not be
    /// shown counts as hidden, so that nothing can be learned from the digest.
    pub fn fingerprint(&self) -> String {
        let shown = |value: &Shown| match value {
            Shown::Absent => "-".to_owned(),
            Shown::Text(text) => format!("={text}"),
            Shown::Hidden(why) => format!("?{why}"),
        };
        let targets = self.environments.iter().flat_map(|it| it.targets.iter().map(|target| (&it.name, target)));
        let mut parts: Vec<_> = targets
            .flat_map(|(environment, target)| target.findings.iter().map(move |it| (environment, &target.name, it)))
            .map(|(environment, target, it)| {
                [environment, target, &it.id, it.code.name(), &shown(&it.desired), &shown(&it.live)].map(str::to_owned)
            })
            .collect();
        parts.sort();
        digest(&parts)
    }
}

/// The fingerprint of a run that found nothing.
pub fn clean() -> String {
    digest(&[])
}

fn digest(parts: &[[String; 6]]) -> String {
    let mut digest = Sha256::new();
    for part in parts.iter().flatten() {
        digest.update(u64::try_from(part.len()).expect("a length fits").to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
