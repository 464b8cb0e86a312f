//! What drift is known by. A value that may not be shown counts as hidden, so that nothing can be learned from a digest.

use sha2::{Digest as _, Sha256};

use crate::model::finding::{Finding, Shown};

/// Hexadecimal SHA-256 over findings and their values, whatever their order.
pub fn fingerprint<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    let mut parts: Vec<_> =
        findings.into_iter().map(|it| (it.id.as_str(), it.code.name(), shown(&it.desired), shown(&it.live))).collect();
    parts.sort();
    hexadecimal(parts.iter().flat_map(|(id, code, desired, live)| [id, *code, desired.as_str(), live.as_str()]))
}

/// The first 12 digits of one over both sides alone: enough to see that they changed.
pub(super) fn of_values(finding: &Finding) -> String {
    let mut digest = hexadecimal([shown(&finding.desired).as_str(), shown(&finding.live).as_str()]);
    digest.truncate(12);
    digest
}

fn shown(value: &Shown) -> String {
    match value {
        Shown::Absent => "-".to_owned(),
        Shown::Text(text) => format!("={text}"),
        Shown::Hidden(why) => format!("?{why}"),
    }
}

/// Each part is preceded by its length, so that no two run together.
fn hexadecimal<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).expect("a length fits").to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
