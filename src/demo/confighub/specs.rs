//! Revision specifiers: `HeadRevisionNum`, `5`, `Tag:…`, `Before:ChangeSet:…`.

use uuid::Uuid;

use super::Profile;
use super::answer::{Refused, bad_request, not_built, not_found};
use super::guesses::BeforeChangeSet;
use super::state::{Revision, State, Unit};

/// Which revision of any unit is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    of: Of,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Itself,
    Before,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Head,
    Shipped,
    Num(i64),
    Tag(Uuid),
    ChangeSet(Uuid),
    Revision(Uuid),
}

impl Spec {
    pub(super) fn parse(text: &str, profile: Profile) -> Result<Self, Refused> {
        let (step, rest) = text.strip_prefix("Before:").map_or((Step::Itself, text), |rest| (Step::Before, rest));
        let unknown = || bad_request(format!("invalid revision `{text}`"));
        let id = |id: &str| id.parse::<Uuid>().map_err(|_not_a_uuid| unknown());
        let of = match (rest.split_once(':'), profile) {
            (Some(("Tag", tag)), _) => Of::Tag(id(tag)?),
            (Some(("ChangeSet", change_set)), _) => Of::ChangeSet(id(change_set)?),
            (Some(("Revision", revision)), _) => Of::Revision(id(revision)?),
            (Some(("ChangeOrder", _)), Profile::Release) => return Err(not_built("revisions by ChangeOrder")),
            (Some(_), _) => return Err(unknown()),
            (None, _) if rest == "HeadRevisionNum" => Of::Head,
            (None, Profile::Release) if rest == "LastReleasedRevisionNum" => Of::Shipped,
            (None, Profile::Bridge) if ["LiveRevisionNum", "LastAppliedRevisionNum"].contains(&rest) => Of::Shipped,
            (None, Profile::Bridge) if rest == "PreviousLiveRevisionNum" => return Err(not_built(rest)),
            (None, _) => Of::Num(rest.parse().ok().filter(|num| *num > 0).ok_or_else(unknown)?),
        };
        Ok(Self { of, step })
    }

    pub(super) fn revision(id: Uuid) -> Self {
        Self { of: Of::Revision(id), step: Step::Itself }
    }

    /// The revision of this unit; for a Tag or a `ChangeSet` the last one that carries it.
    pub(super) fn of<'a>(&self, state: &State, unit: &'a Unit) -> Result<&'a Revision, Refused> {
        let revisions = || unit.revisions.iter();
        let found = match self.of {
            Of::Head => Some(unit.head()),
            Of::Shipped => unit.numbered(unit.shipped),
            Of::Num(num) => unit.numbered(num),
            Of::Tag(tag) => revisions().rfind(|revision| revision.tags.contains(&tag)),
            Of::Revision(id) => revisions().find(|revision| revision.id == id),
            Of::ChangeSet(id) => {
                let mut under = revisions().filter(|revision| revision.change_set == Some(id));
                let first = self.step == Step::Before && state.guesses.before_change_set == BeforeChangeSet::First;
                if first { under.next() } else { under.next_back() }
            }
        };
        let found = match self.step {
            Step::Itself => found,
            Step::Before => found.and_then(|revision| unit.numbered(revision.num - 1)),
        };
        found.ok_or_else(|| not_found(format!("Unit {} has no such revision", unit.record.slug())))
    }
}
