//! ChangeSets, revisions and approvals as proposing and following a proposal need them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

/// Label of every ChangeSet that is ours or that a person made for us.
pub const SOURCE_LABEL: &str = "source";
/// Its value.
pub const SOURCE: &str = "drift-detector";
/// Label that names the environment of such a ChangeSet.
pub const ENVIRONMENT_LABEL: &str = "drift-detector/environment";
/// Type of an attestation that stands in for a review comment. It approves nothing.
pub const REMARK: &str = "drift-proposal";

/// Ids of units: at least one, sorted, each once. What writes to several units takes these, so that no write can be made
/// that names none and thereby means all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitIds(BTreeSet<Uuid>);

impl UnitIds {
    /// None where there are none.
    pub fn new(ids: impl IntoIterator<Item = Uuid>) -> Option<Self> {
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// One unit.
    pub fn one(id: Uuid) -> Self {
        Self(BTreeSet::from([id]))
    }

    /// In ascending order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Uuid> {
        self.0.iter().copied()
    }

    /// Whether it is one of them.
    pub fn contains(&self, id: Uuid) -> bool {
        self.0.contains(&id)
    }

    /// How many, and so how many answers: never zero.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Who we are to ConfigHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// UUID of the user; approvals and revisions name it.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// UUID of the organization.
    pub organization: Uuid,
    /// The organization as links into the UI name it; empty if the service does not say.
    pub external_organization: String,
    /// Whether a person could be meant.
    pub kind: IdentityKind,
}

/// What stands behind an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A worker's own user: its login was used, or a BridgeWorker of the organization names it.
    Worker,
    /// No worker names it and its login is an e-mail address.
    Person,
    /// Neither is known.
    Unknown,
}

/// A member of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What people call it; its login where it has no name.
    pub name: String,
    /// What it logs in with, an e-mail address as a rule.
    pub login: String,
    /// Whether a person could be meant.
    pub kind: IdentityKind,
}

/// A ChangeSet of ConfigHub: a named group of revisions of many units, and the lock on them while units are attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Its UUID.
    pub id: Uuid,
    /// UUID of the Space that it lives in; it may hold units of any.
    pub space: Uuid,
    /// Its slug, unique in the Space.
    pub slug: String,
    /// What it says of itself.
    pub description: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations, values of at most 1,024 characters.
    pub annotations: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// A ChangeSet to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChangeSet {
    /// `[A-Za-z0-9]`, inside also `-_.`, at most 128 characters.
    pub slug: String,
    /// As the slug, inside also blanks.
    pub display_name: String,
    /// Cut to one line of 255 characters when it is sent.
    pub description: String,
    /// Keys and values of at most 128 characters.
    pub labels: BTreeMap<String, String>,
}

/// What came of making a ChangeSet. Of several with the slug it is the oldest, so that runs that overlap agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// We made it just now.
    Created(ChangeSet),
    /// It is there: another run made it, or this one did and the answer got lost.
    Exists(ChangeSet),
}

/// What a unit's head is, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitHead {
    /// UUID of the unit.
    pub id: Uuid,
    /// UUID of its Space.
    pub space: Uuid,
    /// Its slug.
    pub slug: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Number of the newest revision.
    pub head: i64,
    /// Number of the revision that was shipped; 0: none.
    pub shipped: i64,
    /// Hexadecimal SHA-256 of head's data.
    pub hash: String,
    /// The ChangeSet that locks it.
    pub changeset: Option<Uuid>,
    /// Slug of that ChangeSet, where the answer held it: reads do, answers of writes do not.
    pub holder: Option<String>,
    /// What stands against shipping head: `space/trigger/function`, and `awaiting/triggers` while that is being found out.
    pub gates: BTreeSet<String>,
    /// Who approved head, where the generation has approvals.
    pub approved_by: Vec<Uuid>,
}

/// A revision of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its UUID.
    pub id: Uuid,
    /// UUID of the unit.
    pub unit: Uuid,
    /// Its number in the unit.
    pub number: i64,
    /// Hexadecimal SHA-256 of its data.
    pub hash: String,
    /// What its author said.
    pub description: String,
    /// Its author; None: an automated change.
    pub author: Option<Uuid>,
    /// The ChangeSet that it was made under.
    pub changeset: Option<Uuid>,
    /// Who approved it, where the generation has approvals.
    pub approved_by: Vec<Uuid>,
    /// What was attested of it, revocations resolved, by time and id.
    pub attestations: Vec<Attestation>,
    /// When it was made.
    pub at: Option<Timestamp>,
}

/// A claim of one identity about a revision. Immutable: it ends by expiry or by a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Its UUID.
    pub id: Uuid,
    /// `Approval`, `drift-check`, or any other word.
    pub kind: String,
    /// What it says; None: a result that is neither.
    pub result: Option<Judgement>,
    /// Who made it.
    pub user: Option<Uuid>,
    /// When.
    pub at: Option<Timestamp>,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// Whether a revocation of it stands, that is, was not itself revoked.
    pub revoked: bool,
    /// What its author noted.
    pub note: String,
}

/// What an attestation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is good.
    Pass,
    /// It is not.
    Fail,
}

/// Which revision of each unit an attestation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This number.
    Revision(i64),
    /// The newest one under this ChangeSet.
    ChangeSet(Uuid),
    /// The one that was shipped.
    Shipped,
}

/// Which data a unit's head gets back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// That of this revision.
    Revision(i64),
    /// That from before this ChangeSet.
    Before(Uuid),
}

/// What now carries a remark on a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A review comment.
    Comment,
    /// The note of an attestation.
    Attestation,
    /// Nothing: this generation has neither, or this identity may make neither.
    Nothing,
}

/// A review comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Number of the revision that it is about.
    pub revision: i64,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub author: Option<Uuid>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Whether ConfigHub itself refuses to ship data of a Space that nobody approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It does.
    Proven,
    /// Nothing proves it; why, as the rest of a sentence.
    Unproven(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_ids_are_sorted_and_never_none() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(UnitIds::new([]), None);
        let ids = UnitIds::new([two, one, two]).expect("there are two");
        assert_eq!((ids.iter().collect::<Vec<_>>(), ids.len()), (vec![one, two], 2));
        assert!(ids.contains(two) && !UnitIds::one(one).contains(two));
    }
}
