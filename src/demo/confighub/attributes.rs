//! What each generation lets a client filter by, include and order by, entity by entity.

use super::Profile;

/// Entities that lists return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Target,
    Filter,
    Unit,
    Revision,
    Release,
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

impl Kind {
    /// Its name in envelopes, Filters and joins.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Space => "Space",
            Self::Target => "Target",
            Self::Filter => "Filter",
            Self::Unit => "Unit",
            Self::Revision => "Revision",
            Self::Release => "Release",
        }
    }

    /// The entity that a join name leads to.
    pub(super) fn joined(self, name: &str) -> Option<Self> {
        Some(match (self, name) {
            (Self::Unit, "Space" | "UpstreamSpace")
            | (Self::Target | Self::Filter | Self::Revision | Self::Release, "Space") => Self::Space,
            (Self::Unit | Self::Release, "Target") | (Self::Space, "ReleaseTarget") => Self::Target,
            (Self::Unit, "UpstreamUnit") | (Self::Revision, "Unit") => Self::Unit,
            (Self::Unit, "HeadRevision" | "LastReleasedRevision" | "LiveRevision" | "LastAppliedRevision") => {
                Self::Revision
            }
            _ => return None,
        })
    }

    /// May stand in `where`.
    pub(super) fn filterable(self, profile: Profile, attribute: &str) -> bool {
        let (both, bridge, release) = match self {
            Self::Space => SPACE,
            Self::Target => TARGET,
            Self::Filter => FILTER,
            Self::Unit => UNIT,
            Self::Revision => REVISION,
            Self::Release => RELEASE,
        };
        listed(both, attribute) || listed(if profile == Profile::Bridge { bridge } else { release }, attribute)
    }

    /// May stand in `select`: every member of the entity.
    pub(super) fn selectable(self, profile: Profile, attribute: &str) -> bool {
        let (both, bridge, release) = match self {
            Self::Space => ("WhereAttribute WhereTrigger", "", ""),
            Self::Target => ("SpaceSlug WhereTrigger", "ConfigTypes Parameters", "BackingUnitID UpstreamTargetID"),
            Self::Filter => ("SpaceSlug", "", ""),
            Self::Release => ("", "", "SpaceSlug BundleBaseName DataSize"),
            Self::Unit => (
                "HeadMutationNum SpaceSlug ValidationResults",
                "BridgeState ContentHash Data LiveData LiveState MutationSources NeededPaths ProvidedPaths",
                "DataSize PathAnnotations",
            ),
            Self::Revision => {
                ("SpaceSlug", "ContentHash Data MutationSources", "DataSize PathAnnotations UnitSlug ValidationResults")
            }
        };
        listed("EntityType Version", attribute)
            || listed(both, attribute)
            || listed(if profile == Profile::Bridge { bridge } else { release }, attribute)
            || profile == Profile::Bridge && attribute == "CursorID"
            || self.filterable(profile, attribute)
    }

    /// May stand in `order_by`, which only today's service has.
    pub(super) fn orderable(self, attribute: &str) -> bool {
        match type_of(attribute) {
            Type::Map | Type::List => false,
            Type::Integer | Type::Time | Type::Uuid | Type::Text | Type::Boolean => {
                self.filterable(Profile::Release, attribute)
                    && !(self == Self::Unit && attribute == "UpstreamSpaceID")
                    && !(self == Self::Revision && attribute == "SpaceID")
            }
        }
    }

    /// What `include` names, and the member that it brings; an empty member where the stand-in never has one.
    pub(super) fn includable(self, profile: Profile) -> Vec<(&'static str, &'static str)> {
        let (both, bridge, release) = match self {
            Self::Space => (
                "AttributeFilterID: AttributeIDs: OrganizationID:Organization TriggerFilterID: TriggerIDs:",
                "",
                "ComponentID: ReleaseTargetID:ReleaseTarget",
            ),
            Self::Target => {
                ("OrganizationID:Organization SpaceID:Space TriggerFilterID: TriggerIDs:", "BridgeWorkerID:", "")
            }
            Self::Filter => ("FromSpaceID: OrganizationID:Organization SpaceID:Space", "", ""),
            Self::Unit => (
                "ChangeSetID: FromLinkID: HeadMutationNum: HeadRevisionNum:HeadRevision OrganizationID:Organization \
                 SpaceID:Space TargetID:Target UnitEventID: UpstreamSpaceID:UpstreamSpace UpstreamUnitID:UpstreamUnit",
                "ApprovedBy: BridgeWorkerID: LastAppliedRevisionNum:LastAppliedRevision LiveRevisionNum:LiveRevision \
                 PreviousLiveRevisionNum:",
                "LastReleasedRevisionNum:LastReleasedRevision",
            ),
            Self::Revision => (
                "ChangeSetID: OrganizationID:Organization SpaceID:Space Tags: UnitID:Unit UserID:User",
                "",
                "Attestations: ChangeOrders: Releases:",
            ),
            Self::Release => ("OrganizationID:Organization SpaceID:Space TagID:", "", ""),
        };
        let only = if profile == Profile::Bridge { bridge } else { release };
        both.split_whitespace().chain(only.split_whitespace()).filter_map(|pair| pair.split_once(':')).collect()
    }
}

/// How an attribute of any entity compares: ConfigHub names them consistently.
pub(super) fn type_of(attribute: &str) -> Type {
    if listed(MAPS, attribute) {
        Type::Map
    } else if listed(LISTS, attribute) {
        Type::List
    } else if attribute == "Published" {
        Type::Boolean
    } else if attribute == "ExternalID" {
        Type::Text
    } else if attribute.ends_with("ID") {
        Type::Uuid
    } else if attribute.ends_with("Num") || attribute == "UnitCount" {
        Type::Integer
    } else if attribute.ends_with("At") {
        Type::Time
    } else {
        Type::Text
    }
}

fn listed(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

const MAPS: &str = "Annotations ApplyGates ApplyWarnings Attestations ChangeOrders DeleteGates DestroyGates Facts Labels \
    LiveStatus Options Permissions Releases Tags TargetOptions ValidationErrors ValidationPassed ValidationTriggerIDs \
    ValidationWarnings ValueTriggerIDs Values";
const LISTS: &str = "ApprovedBy AttributeIDs Conflicts FromLinkID NeededPaths ProvidedPaths TriggerIDs";

/// Names of both generations, of the bridge alone, of today's service alone.
type Names = (&'static str, &'static str, &'static str);

const SPACE: Names = (
    "Annotations AttributeFilterID AttributeHash AttributeIDs CreatedAt DeleteGates DisplayName Labels OrganizationID \
     Permissions Slug SpaceID TriggerFilterID TriggerHash TriggerIDs UpdatedAt",
    "",
    "BackingUnitID ComponentID HiddenReason ReleaseTargetID UpstreamSpaceID",
);
/// NOTE: today's service publishes no list for Targets; these are the members that are left of the bridge's.
const TARGET: Names = (
    "Annotations CreatedAt DeleteGates DisplayName Facts Labels OrganizationID Permissions Slug SpaceID TargetID \
     TriggerFilterID TriggerHash TriggerIDs UpdatedAt",
    "BridgeHandle BridgeWorkerID LiveStateType Options ProviderType ToolchainType",
    "HiddenReason",
);
const FILTER: Names = (
    "Annotations CreatedAt DeleteGates DisplayName FilterID From FromSpaceID Hash Labels OrganizationID ResourceType \
     Slug SpaceID UpdatedAt Where WhereData",
    "",
    "BackingUnitID HiddenReason IncludeHidden Permissions UpstreamFilterID",
);
const UNIT: Names = (
    "Annotations ApplyGates ApplyWarnings ChangeSetID CreatedAt DataHash DeleteGates DestroyGates DisplayName FromLinkID \
     HeadRevisionNum HeadUnitActionNum HeadUnitEventNum Labels LastChangeDescription OrganizationID ProviderType Slug \
     SpaceID TargetID ToolchainType UnitID UpdatedAt UpstreamRevisionNum UpstreamSpaceID UpstreamUnitID Values",
    "ApprovedBy BridgeWorkerID DriftReconciliationMode LastActionAt LastAppliedRevisionNum LiveRevisionNum \
     PreviousLiveRevisionNum TargetOptions UpstreamOrganizationID",
    "Conflicts HeadRevisionID HiddenReason LastReleasedRevisionNum NeededPaths Permissions ProvidedPaths \
     ValidationErrors ValidationTriggerIDs ValidationWarnings ValueTriggerIDs",
);
const REVISION: Names = (
    "ApplyGates ApplyWarnings ChangeSetID CreatedAt DataHash Description OrganizationID RevisionID RevisionNum Source \
     SpaceID Tags UnitID UpdatedAt UserAgent UserID",
    "ApprovedBy LiveAt",
    "Attestations ChangeOrders Conflicts HiddenReason NeededPaths ProvidedPaths Releases ValidationErrors \
     ValidationPassed ValidationTriggerIDs ValidationWarnings ValueTriggerIDs Values",
);
const RELEASE: Names = (
    "",
    "",
    "Annotations ChangeOrderID CreatedAt DeleteGates Digest HiddenReason Labels LiveStatus ManifestDigest OrganizationID \
     Permissions Published ReleaseID ReleaseNum SpaceID TagID TargetID UnitCount UpdatedAt UserID",
);
