//! Environments in promotion order, their targets, and what of them is in scope.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One environment: a name and the targets that are read together and shown as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Environment {
    /// Its name, unique in a run.
    pub name: String,
    /// Several are regions of the environment; none: this run leaves it out.
    pub targets: Vec<Target>,
    /// Who may approve proposals, by login (an e-mail address) or id, beside ConfigHub's own rules; empty: anybody whom these let.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// The Space that its ChangeSets live in; None: the first target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changesets: Option<String>,
}

/// Where one part of an environment lives: a ConfigHub Space and a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Target {
    /// Unique in a run; the environment's name unless it has several targets.
    pub name: String,
    /// The ConfigHub Space, by exact slug.
    pub space: String,
    /// The kubeconfig context; absent: the one that the target's name or the kubeconfig gives.
    pub context: Option<String>,
    /// Where manifests without a namespace live.
    pub namespace: Option<String>,
    /// Only these namespaces are compared; empty: every namespace that the units name.
    pub namespaces: Vec<String>,
}

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scope {
    /// Which units of a Space.
    pub units: UnitSelection,
    /// Only these kinds, by `Kind` name; empty: all.
    pub kinds: Vec<String>,
    /// Whether Secrets are compared too. Their values are never shown.
    pub secrets: bool,
    /// Objects that are left out on purpose; each is listed with its reason.
    pub exclude: Vec<Exclusion>,
    /// Which revision of a unit is desired.
    pub compare_to: CompareTo,
    /// Where objects are looked for that came from ConfigHub and that no unit states any more.
    pub orphans: Orphans,
    /// Whether objects are reported that never came from ConfigHub.
    pub unmanaged: Unmanaged,
}

/// Where objects are looked for whose unit is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orphans {
    /// In the kinds and namespaces that are listed anyway.
    #[default]
    Listed,
    /// In every kind in scope that can be listed.
    Full,
    /// Nowhere.
    Off,
}

/// Whether objects are reported that no unit states and that did not come from ConfigHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmanaged {
    /// They are not looked for.
    #[default]
    Off,
    /// They are looked for in the kinds and namespaces of the units, and shown apart.
    Report,
}

/// Which units of a Space are in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitSelection {
    /// All of them.
    #[default]
    All,
    /// Those that a ConfigHub where-expression selects (conjunctions only, as ConfigHub has it).
    Where(String),
    /// Those that a ConfigHub Filter selects.
    Filter {
        /// Slug of the Space that holds the Filter.
        space: String,
        /// Slug of the Filter.
        slug: String,
    },
}

/// Which revision of a unit is the desired state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompareTo {
    /// The revision that was shipped: `LastReleasedRevisionNum` or `LiveRevisionNum`.
    #[default]
    Shipped,
    /// The newest revision.
    Head,
}

/// What becomes of fields that only live has and that a person's tool alone owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Additions {
    /// Shown apart, not drift.
    #[default]
    Report,
    /// Findings like any other.
    Drift,
    /// Not looked for.
    Off,
}

/// Where in the promotion order an environment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Something comes after it, or nothing says what it is.
    Earlier,
    /// What everything is promoted to: production, most likely.
    Last,
}

/// Objects that are not compared because the configuration says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exclusion {
    /// Which objects.
    pub selector: Selector,
    /// Why, in the user's words.
    pub reason: String,
}

/// A difference that is known and accepted: counted and listed, not drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IgnoreRule {
    /// Which objects.
    pub selector: Selector,
    /// Which field: a JSON pointer pattern, list items as index or `[name=web]`; absent: every field.
    pub path: Option<String>,
    /// Only fields whose live value this field manager owns: a glob over its name; absent: whoever owns them.
    pub manager: Option<String>,
    /// Why, in the user's words.
    pub reason: String,
    /// The last day on which the rule holds; absent: for ever.
    pub until: Option<Date>,
}

/// Selects objects; every part that is given must match. Patterns are globs over names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Selector {
    /// The environment's name, exactly.
    pub environment: Option<String>,
    /// `Kind`, exactly.
    pub kind: Option<String>,
    /// Glob over the namespace.
    pub namespace: Option<String>,
    /// Glob over the object's name.
    pub name: Option<String>,
    /// A label `key=value` of the desired object.
    pub label: Option<(String, String)>,
}
