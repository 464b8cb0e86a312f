//! PURE: what a unit's drift is known by, and how a ChangeSet remembers what it proposes for it.

use uuid::Uuid;

use crate::history;
use crate::model::changeset::ChangeSet;
use crate::model::finding::Finding;
use crate::model::proposal::Direction;

/// The annotation of a ChangeSet that says what it proposes for a unit.
const UNIT: &str = "drift-detector/unit.";

/// Hexadecimal SHA-256 over a unit's findings, whatever their order. A value that may not be shown counts as hidden, so that
/// nothing can be learned from the digest.
pub(super) fn of(findings: &[&Finding]) -> String {
    history::fingerprint(findings.iter().copied())
}

/// What was proposed for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Of the drift that it resolves.
    pub(super) fingerprint: String,
    /// The unit's revision that people approve.
    pub(super) revision: i64,
    /// Which way, all of it; [`Direction::Accept`] where anything was accepted.
    pub(super) direction: Direction,
}

impl Mark {
    /// What this ChangeSet proposes for the unit.
    pub(super) fn of(changeset: &ChangeSet, unit: Uuid) -> Option<Self> {
        Self::read(changeset.annotations.get(&Self::key(unit))?)
    }

    /// The annotation's key.
    pub(super) fn key(unit: Uuid) -> String {
        format!("{UNIT}{unit}")
    }

    /// The unit of an annotation, if it is one of these.
    pub(super) fn unit(key: &str) -> Option<Uuid> {
        key.strip_prefix(UNIT)?.parse().ok()
    }

    /// The annotation's value: `fingerprint revision direction`.
    pub(super) fn value(&self) -> String {
        let Self { fingerprint, revision, direction } = self;
        format!("{fingerprint} {revision} {direction}")
    }

    /// From the annotation's value; None: people wrote something else there.
    pub(super) fn read(value: &str) -> Option<Self> {
        let mut parts = value.split(' ');
        let (fingerprint, revision, direction) = (parts.next()?, parts.next()?, parts.next()?);
        let direction = [Direction::Revert, Direction::Accept].into_iter().find(|it| it.name() == direction)?;
        let is_digest = fingerprint.len() == 64 && fingerprint.bytes().all(|it| it.is_ascii_hexdigit());
        let mark = Self { fingerprint: fingerprint.to_owned(), revision: revision.parse().ok()?, direction };
        (is_digest && parts.next().is_none()).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is() {
        let mark = Mark { fingerprint: "ab".repeat(32), revision: 7, direction: Direction::Accept };
        assert_eq!(Mark::read(&mark.value()), Some(mark.clone()));
        for other in ["", "7", &format!("{} 7", mark.fingerprint), &format!("{} x", mark.value()), "zz 7 revert"] {
            assert_eq!(Mark::read(other), None, "{other}");
        }
        let unit = Uuid::from_u128(7);
        assert_eq!(Mark::unit(&Mark::key(unit)), Some(unit));
        assert_eq!(Mark::unit("team"), None);
    }
}
