//! Entities that lists return, how they lead to one another, and how their attributes compare.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::Profile;
use super::described::described;

/// Entities that lists return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Space,
    Target,
    Filter,
    Unit,
    Revision,
    Release,
    ChangeSet,
    Tag,
    Trigger,
    Component,
    ChangeWorkflow,
    Attestation,
    ReviewComment,
    BridgeWorker,
    OrganizationMember,
}

/// How an attribute compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Uuid,
    Integer,
    Boolean,
    Time,
    Map,
    List,
}

/// What a member of an envelope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expanded {
    One,
    Many,
}

impl Kind {
    /// Its name in envelopes, Filters and joins.
    pub(super) fn name(self) -> &'static str {
        self.names().0
    }

    /// Its name in paths, and in the ids of this stand-in.
    pub(super) fn path(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Space => ("Space", "space"),
            Self::Target => ("Target", "target"),
            Self::Filter => ("Filter", "filter"),
            Self::Unit => ("Unit", "unit"),
            Self::Revision => ("Revision", "revision"),
            Self::Release => ("Release", "release"),
            Self::ChangeSet => ("ChangeSet", "change_set"),
            Self::Tag => ("Tag", "tag"),
            Self::Trigger => ("Trigger", "trigger"),
            Self::Component => ("Component", "component"),
            Self::ChangeWorkflow => ("ChangeWorkflow", "change_workflow"),
            Self::Attestation => ("Attestation", "attestation"),
            Self::ReviewComment => ("ReviewComment", "review_comment"),
            Self::BridgeWorker => ("BridgeWorker", "bridge_worker"),
            Self::OrganizationMember => ("OrganizationMember", "organization_member"),
        }
    }

    /// The entity that a join name leads to.
    pub(super) fn joined(self, name: &str) -> Option<Self> {
        Some(match (self, name) {
            (Self::Space | Self::Component | Self::OrganizationMember, "Space") => return None,
            (_, "Space") | (Self::Unit, "UpstreamSpace") => Self::Space,
            (Self::Unit | Self::Release, "Target") | (Self::Space, "ReleaseTarget") => Self::Target,
            (Self::Space, "Component") => Self::Component,
            (Self::Unit, "UpstreamUnit") | (Self::Revision | Self::ReviewComment, "Unit") => Self::Unit,
            (Self::Unit | Self::Revision | Self::Tag, "ChangeSet") => Self::ChangeSet,
            (Self::ChangeSet, "StartTag" | "EndTag") | (Self::Release, "Tag") => Self::Tag,
            (Self::Trigger, "UnitFilter") | (Self::Space | Self::Target, "TriggerFilter") => Self::Filter,
            (Self::Target | Self::Trigger, "BridgeWorker") => Self::BridgeWorker,
            (Self::Unit, "HeadRevision" | "LastReleasedRevision" | "LiveRevision" | "LastAppliedRevision")
            | (Self::ReviewComment, "Revision") => Self::Revision,
            _ => return None,
        })
    }

    /// May stand in `where`.
    pub(super) fn filterable(self, profile: Profile, attribute: &str) -> bool {
        described(profile).list(self.name(), "where").contains(&attribute)
    }

    /// May stand in `select`: every member of the entity.
    pub(super) fn selectable(self, profile: Profile, attribute: &str) -> bool {
        let described = described(profile);
        let mut members = described.members(self.name(), "members").chain(described.members(self.name(), "readonly"));
        members.any(|member| member.name == attribute) || self.filterable(profile, attribute)
    }

    /// May stand in `order_by`, which only today's service has.
    pub(super) fn orderable(self, attribute: &str) -> bool {
        described(Profile::Release).list(self.name(), "order_by").contains(&attribute)
    }

    /// What `include` names, and the member that it brings; None where the stand-in never has one.
    pub(super) fn includable(self, profile: Profile, attribute: &str) -> Option<Option<(&'static str, Expanded)>> {
        let listed = described(profile).list(self.name(), "include").iter().find(|known| **known == attribute)?;
        let many = ["ApprovedBy", "Attestations", "Releases", "Tags"];
        Some(if many.contains(listed) {
            Some((*listed, Expanded::Many))
        } else {
            let member = listed.strip_suffix("ID").or_else(|| listed.strip_suffix("Num")).unwrap_or(listed);
            let known = self.joined(member).is_some() || ["Organization", "User"].contains(&member);
            known.then_some((member, Expanded::One))
        })
    }
}

/// How an attribute of any entity compares: ConfigHub names them consistently.
pub(super) fn type_of(attribute: &str) -> Type {
    if MAPS.contains(attribute) {
        Type::Map
    } else if LISTS.contains(attribute) || attribute.ends_with("IDs") {
        Type::List
    } else if BOOLEANS.contains(attribute) {
        Type::Boolean
    } else if attribute.starts_with("External") {
        Type::Text
    } else if attribute.ends_with("ID") {
        Type::Uuid
    } else if attribute.ends_with("Num") || ["UnitCount", "FailOpenAfter"].contains(&attribute) {
        Type::Integer
    } else if attribute.ends_with("At") {
        Type::Time
    } else {
        Type::Text
    }
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

// Asked for every row of every list.
static MAPS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    words(
        "Annotations ApplyGates ApplyWarnings Attestations ChangeOrders Claims Clearance DeleteGates \
    DestroyGates Facts Final Guards Labels LiveStatus Options Permissions ProvidedInfo Releases Tags TargetOptions \
    ValidationErrors ValidationPassed ValidationTriggerIDs ValidationWarnings ValueTriggerIDs Values",
    )
});
static LISTS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    words(
        "ApprovedBy Arguments AttestationPrerequisites Conflicts CustomPrerequisites FromLinkID \
    NeededPaths ProvidedPaths Stages",
    )
});
static BOOLEANS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    words("ChangeWorkflowRequired Disabled Protect Published StartTagIsPriorRevision Validating Warn")
});
