//! The file as it is written, and what its parts mean to the other stages.
//!
//! These types are the only description of the file: their JSON schema is checked in for editors and drives our own
//! check of the structure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::environment::{
    Additions, CompareTo, Environment, Exclusion, IgnoreRule, Orphans, Scope, Selector, Target, UnitSelection,
    Unmanaged,
};
use crate::model::proposal::{Direction, DirectionRule, Lock, Proposals};

use super::Config;
use super::syntax;

/// Drift Detector's configuration: which environments are compared, and what of them. Addresses, credentials and paths
/// of credentials never stand in this file.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "configuration", extend("$id" = "drift.schema.json"))]
pub(super) struct File {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "read by the check of the structure only")]
    version: u8,
    /// The environments, in promotion order.
    #[schemars(length(min = 1))]
    environments: Vec<EnvironmentEntry>,
    /// What is compared. Default: every object of every unit except Secrets.
    #[serde(default)]
    scope: ScopeEntry,
    /// Differences that are known and accepted: counted and listed, not drift.
    #[serde(default)]
    ignore: Vec<IgnoreEntry>,
    /// What becomes of differences: the first rule that matches decides. Nothing matches: `revert`.
    #[serde(default)]
    directions: Vec<DirectionEntry>,
    /// Whether units stay locked in ConfigHub while a proposal waits.
    #[serde(default)]
    lock: LockEntry,
    /// When accepted data becomes a unit's head where ConfigHub releases whole Spaces.
    #[serde(default)]
    proposals: ProposalsEntry,
    /// Units that matter more, by glob over their slugs: differences in them weigh more. Units labelled `tier=critical` do
    /// anyway.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    critical: Vec<String>,
    /// Fields that only the cluster has and that a person's tool alone owns.
    #[serde(default)]
    additions: AdditionsEntry,
    /// Which revision of a unit is the desired state.
    #[serde(default)]
    compare_to: CompareToEntry,
    /// Where objects are looked for that came from ConfigHub and that no unit states any more. They are drift.
    #[serde(default)]
    orphans: OrphansEntry,
    /// Whether objects are reported that no unit states and that did not come from ConfigHub. They are no drift.
    #[serde(default)]
    unmanaged: UnmanagedEntry,
}

/// One environment.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "environment")]
struct EnvironmentEntry {
    /// Its name, unique in the file.
    #[schemars(regex(pattern = syntax::NAME))]
    name: String,
    /// Where it lives. Several targets are regions: read together, shown as one environment.
    #[schemars(length(min = 1))]
    targets: Vec<TargetEntry>,
    /// Who may approve proposals for it, by e-mail address (their login) or id in ConfigHub. Default: whoever ConfigHub lets.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    approvers: Vec<String>,
    /// Where its ChangeSets live. Default: in the first target's Space.
    changesets: Option<ChangeSetsEntry>,
}

/// Where ChangeSets live.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "place of ChangeSets")]
struct ChangeSetsEntry {
    /// The ConfigHub Space, by its exact slug.
    #[schemars(regex(pattern = syntax::SLUG), length(max = 128))]
    space: String,
}

/// A ConfigHub Space and a cluster.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "target")]
struct TargetEntry {
    /// Unique in the file. Default: the environment's name; required where the environment has several targets.
    #[schemars(regex(pattern = syntax::NAME))]
    name: Option<String>,
    /// The ConfigHub Space, by its exact slug.
    #[schemars(regex(pattern = syntax::SLUG), length(max = 128))]
    space: String,
    /// The kubeconfig context. Default: the one that is called like the target; the current context only where the
    /// kubeconfig is this target's own or the file has one target.
    #[schemars(length(min = 1))]
    context: Option<String>,
    /// The namespace of manifests that name none.
    #[schemars(regex(pattern = syntax::NAME))]
    namespace: Option<String>,
    /// Only these namespaces are compared. Default: those that the units name.
    #[serde(default)]
    #[schemars(inner(regex(pattern = syntax::NAME)))]
    namespaces: Vec<String>,
}

/// What is compared.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "scope", extend("not" = {"required": ["units", "filter"]}))]
struct ScopeEntry {
    /// Only the units that this ConfigHub where-expression selects. Terms are joined with AND; there is no OR.
    #[schemars(length(min = 1, max = 4096))]
    units: Option<String>,
    /// Only the units that this ConfigHub Filter selects: `SPACE/SLUG`.
    #[schemars(regex(pattern = syntax::FILTER))]
    filter: Option<String>,
    /// Only these kinds, as manifests write them. Default: every kind.
    #[serde(default)]
    #[schemars(inner(regex(pattern = syntax::KIND)))]
    kinds: Vec<String>,
    /// Compare Secrets too. Their values are never shown.
    #[serde(default)]
    secrets: bool,
    /// Objects that are left out on purpose.
    #[serde(default)]
    exclude: Vec<ExclusionEntry>,
}

/// Objects that are not compared. Every part that is given must match.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "exclusion", extend("minProperties" = 2))]
struct ExclusionEntry {
    /// The environment's name.
    #[schemars(regex(pattern = syntax::NAME))]
    environment: Option<String>,
    /// The kind, as manifests write it.
    #[schemars(regex(pattern = syntax::KIND))]
    kind: Option<String>,
    /// Glob over the namespace.
    #[schemars(length(min = 1))]
    namespace: Option<String>,
    /// Glob over the object's name.
    #[schemars(length(min = 1))]
    name: Option<String>,
    /// A label of the desired object: `key=value`.
    #[schemars(regex(pattern = syntax::LABEL))]
    label: Option<String>,
    /// Why, for the report.
    #[schemars(length(min = 1))]
    reason: String,
}

/// A difference that is known and accepted. Every part that is given must match.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "ignore rule", extend("minProperties" = 2))]
struct IgnoreEntry {
    /// The environment's name.
    #[schemars(regex(pattern = syntax::NAME))]
    environment: Option<String>,
    /// The kind, as manifests write it.
    #[schemars(regex(pattern = syntax::KIND))]
    kind: Option<String>,
    /// Glob over the namespace.
    #[schemars(length(min = 1))]
    namespace: Option<String>,
    /// Glob over the object's name.
    #[schemars(length(min = 1))]
    name: Option<String>,
    /// A label of the desired object: `key=value`.
    #[schemars(regex(pattern = syntax::LABEL))]
    label: Option<String>,
    /// Which field: a JSON pointer whose parts may be globs, `**` for any depth, `[name=web]` for a list item.
    /// Default: every field.
    #[schemars(regex(pattern = "^/"))]
    path: Option<String>,
    /// Glob over the name of the field manager that owns the live field. Default: whoever owns it.
    #[schemars(length(min = 1))]
    manager: Option<String>,
    /// Why, for the report.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which the rule holds: `YYYY-MM-DD`. Default: for ever.
    #[schemars(regex(pattern = syntax::DATE))]
    until: Option<String>,
}

/// Chooses what becomes of differences. Every part that is given must match.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "direction")]
struct DirectionEntry {
    /// The environment's name.
    #[schemars(regex(pattern = syntax::NAME))]
    environment: Option<String>,
    /// The kind, as manifests write it.
    #[schemars(regex(pattern = syntax::KIND))]
    kind: Option<String>,
    /// Glob over the namespace.
    #[schemars(length(min = 1))]
    namespace: Option<String>,
    /// Glob over the object's name.
    #[schemars(length(min = 1))]
    name: Option<String>,
    /// A label of the desired object: `key=value`.
    #[schemars(regex(pattern = syntax::LABEL))]
    label: Option<String>,
    /// Which field: a JSON pointer whose parts may be globs, `**` for any depth, `[name=web]` for a list item.
    /// Default: every field.
    #[schemars(regex(pattern = "^/"))]
    path: Option<String>,
    /// Glob over the name of the field manager that owns the live field. Default: whoever owns it.
    #[schemars(length(min = 1))]
    manager: Option<String>,
    /// What becomes of them.
    direction: DirectionChoice,
}

/// What becomes of a difference.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum DirectionChoice {
    /// The cluster goes back to what ConfigHub says.
    Revert,
    /// ConfigHub takes what the cluster runs.
    Accept,
}

/// Whether units stay locked.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum LockEntry {
    /// They are locked only while they are written.
    #[default]
    Release,
    /// They stay locked until somebody approved, at most a day.
    Hold,
}

/// When accepted data becomes a unit's head.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ProposalsEntry {
    /// Only where it is proven that nothing is released without an approval.
    #[default]
    Gated,
    /// Always: whoever releases the Space next releases it too, approved or not.
    Always,
}

/// What becomes of fields that people added.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum AdditionsEntry {
    /// They are shown apart and are no drift.
    #[default]
    Report,
    /// They are drift.
    Drift,
    /// They are not looked for.
    Off,
}

/// Which revision of a unit is the desired state.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum CompareToEntry {
    /// The revision that was shipped to the cluster.
    #[default]
    Shipped,
    /// The newest revision.
    Head,
}

/// Where objects are looked for whose unit is gone.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum OrphansEntry {
    /// In the kinds and namespaces that are listed anyway; the report names them.
    #[default]
    Listed,
    /// In every kind in scope that can be listed.
    Full,
    /// Nowhere.
    Off,
}

/// Whether unmanaged objects are reported.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum UnmanagedEntry {
    /// They are not looked for.
    #[default]
    Off,
    /// Those of the units' kinds and namespaces are listed, apart from the findings.
    Report,
}

impl File {
    /// In the words of the model. The file must have passed every check.
    pub(super) fn config(self) -> Config {
        let Self {
            version: _,
            environments,
            scope,
            ignore,
            directions,
            lock,
            proposals,
            critical,
            additions,
            compare_to,
            orphans,
            unmanaged,
        } = self;
        let orphans = match orphans {
            OrphansEntry::Listed => Orphans::Listed,
            OrphansEntry::Full => Orphans::Full,
            OrphansEntry::Off => Orphans::Off,
        };
        let unmanaged = match unmanaged {
            UnmanagedEntry::Off => Unmanaged::Off,
            UnmanagedEntry::Report => Unmanaged::Report,
        };
        Config {
            environments: environments.into_iter().map(EnvironmentEntry::environment).collect(),
            scope: Scope { orphans, unmanaged, ..scope.scope(compare_to) },
            ignore: ignore.into_iter().map(IgnoreEntry::rule).collect(),
            directions: directions.into_iter().map(DirectionEntry::rule).collect(),
            lock: match lock {
                LockEntry::Release => Lock::Release,
                LockEntry::Hold => Lock::Hold,
            },
            proposals: match proposals {
                ProposalsEntry::Gated => Proposals::Gated,
                ProposalsEntry::Always => Proposals::Always,
            },
            critical,
            additions: match additions {
                AdditionsEntry::Report => Additions::Report,
                AdditionsEntry::Drift => Additions::Drift,
                AdditionsEntry::Off => Additions::Off,
            },
        }
    }
}

impl EnvironmentEntry {
    fn environment(self) -> Environment {
        let Self { name, targets, approvers, changesets } = self;
        let targets = targets.into_iter().map(|it| it.target(&name)).collect();
        Environment { name, targets, approvers, changesets: changesets.map(|it| it.space) }
    }
}

impl TargetEntry {
    fn target(self, environment: &str) -> Target {
        let Self { name, space, context, namespace, namespaces } = self;
        Target { name: name.unwrap_or_else(|| environment.to_owned()), space, context, namespace, namespaces }
    }
}

impl ScopeEntry {
    fn scope(self, compare_to: CompareToEntry) -> Scope {
        let Self { units, filter, kinds, secrets, exclude } = self;
        let units = match (units, filter.as_deref().and_then(|it| it.split_once('/'))) {
            (Some(expression), _) => UnitSelection::Where(expression),
            (None, Some((space, slug))) => UnitSelection::Filter { space: space.to_owned(), slug: slug.to_owned() },
            (None, None) => UnitSelection::All,
        };
        let compare_to = match compare_to {
            CompareToEntry::Shipped => CompareTo::Shipped,
            CompareToEntry::Head => CompareTo::Head,
        };
        Scope {
            units,
            kinds,
            secrets,
            exclude: exclude.into_iter().map(ExclusionEntry::exclusion).collect(),
            compare_to,
            ..Scope::default()
        }
    }
}

impl ExclusionEntry {
    fn exclusion(self) -> Exclusion {
        let Self { environment, kind, namespace, name, label, reason } = self;
        let label = label.as_deref().and_then(syntax::label);
        Exclusion { selector: Selector { environment, kind, namespace, name, label }, reason }
    }
}

impl DirectionEntry {
    fn rule(self) -> DirectionRule {
        let Self { environment, kind, namespace, name, label, path, manager, direction } = self;
        let label = label.as_deref().and_then(syntax::label);
        let direction = match direction {
            DirectionChoice::Revert => Direction::Revert,
            DirectionChoice::Accept => Direction::Accept,
        };
        DirectionRule { selector: Selector { environment, kind, namespace, name, label }, path, manager, direction }
    }
}

impl IgnoreEntry {
    fn rule(self) -> IgnoreRule {
        let Self { environment, kind, namespace, name, label, path, manager, reason, until } = self;
        let label = label.as_deref().and_then(syntax::label);
        let until = until.as_deref().and_then(|it| it.parse().ok());
        IgnoreRule { selector: Selector { environment, kind, namespace, name, label }, path, manager, reason, until }
    }
}
