//! PURE: a recording, the folder that `record` writes and `replay` reads: everything that one run's comparison read, masked.
//!
//! ```text
//! index.json        what format this is, when and by what it was recorded, what was configured, which files there are
//! <target>.json     what was read of one target: units, kinds, objects; or why nothing could be read
//! ```
//!
//! Credentials and what looks like some are replaced by tokens ([`crate::redact::mask`]) before anything comes here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::model::environment::{Additions, Environment, IgnoreRule, Scope};
use crate::model::object::{GroupVersionKind, ObjectKey, Schemas, Stray};
use crate::model::outcome::Obstacle;
use crate::model::unit::{Unit, UnreadUnit};

/// The first field of an index.
pub const FORMAT: &str = "drift-detector recording";
/// The version of the format that this program writes and reads.
pub const VERSION: u32 = 1;
/// The index's name in the folder.
pub const INDEX: &str = "index.json";
/// A file of a recording is not longer, in bytes: what is kept of a target has to fit into memory twice.
pub const LONGEST: u64 = 256 << 20;

/// What a folder holds, and under which settings it was recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Index {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of the program that recorded it.
    pub program: String,
    /// When that run began to read.
    pub started: Timestamp,
    /// When it had read everything.
    pub finished: Timestamp,
    /// Its environments, in promotion order.
    pub environments: Vec<Environment>,
    /// Its scope.
    pub scope: Scope,
    /// Its ignore rules.
    pub ignore: Vec<IgnoreRule>,
    /// Its globs over the slugs of units that matter more.
    pub critical: Vec<String>,
    /// What became of fields that people added.
    pub additions: Additions,
    /// The files, and the SHA-256 of each in hexadecimal.
    pub files: BTreeMap<String, String>,
}

/// What was read of one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// Name of its environment.
    pub environment: String,
    /// Its name.
    pub target: String,
    /// Both sides, or why there are none.
    pub outcome: Outcome,
}

/// Whether a target could be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It could.
    Read(Box<Reading>),
    /// It could not at all.
    Failed(Obstacle),
}

/// Both sides of a target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reading {
    /// Whether a comparison of this recording gave what the run itself found.
    pub faithful: Faithful,
    /// The kubeconfig's context.
    pub context: Option<String>,
    /// The namespace that it gives.
    pub context_namespace: Option<String>,
    /// Kubernetes units, by slug.
    pub units: Vec<RecordedUnit>,
    /// Units whose text could not be read.
    pub unread: Vec<UnreadUnit>,
    /// Units of other toolchains, as `slug (toolchain)`.
    pub other_toolchains: Vec<String>,
    /// What the reader of a report should know.
    pub notes: Vec<String>,
    /// Which kinds were asked about, and whether the cluster serves them.
    pub kinds: Vec<Kind>,
    /// Which objects were asked for, and what the cluster answered.
    pub objects: Vec<Object>,
    /// The Space's id, which marks of origin name.
    pub space_id: uuid::Uuid,
    /// The slugs of all units of the Space; None: they were not asked for.
    pub unit_slugs: Option<Result<BTreeSet<String>, Obstacle>>,
    /// What came with lists and no unit names.
    pub strays: Vec<Stray>,
    /// Which lists were sent for.
    pub lists: Vec<List>,
    /// What was asked for where replicas differed.
    pub autoscalers: FoundAutoscalers,
    /// Of custom kinds.
    pub schemas: Schemas,
}

/// A list, and whether it was read to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct List {
    /// Its kind.
    pub gvk: GroupVersionKind,
    /// None for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// What stood in the way.
    pub obstacle: Option<Obstacle>,
}

/// The autoscalers of some namespaces, and where they could not be read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FoundAutoscalers {
    /// Those that were found.
    pub found: Vec<FoundAutoscaler>,
    /// Namespaces, and what stood in the way there.
    pub unread: Vec<(String, Obstacle)>,
}

/// One autoscaler of the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FoundAutoscaler {
    /// Which.
    pub key: ObjectKey,
    /// The object.
    pub body: Value,
}

/// Whether a recording says the same as what it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Faithful {
    /// It was compared, and the verdict was the same.
    Yes,
    /// It was compared, and the verdict was another one: masking took something away on which it depends.
    No,
}

/// A unit, with what its text holds in place of the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RecordedUnit {
    /// The unit without its text.
    #[serde(flatten)]
    pub unit: Unit,
    /// Its objects, or why there are none.
    pub content: Content,
}

/// What a unit's text holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// These objects, in the order of the text.
    Objects(Vec<Desired>),
    /// It is no Kubernetes YAML.
    Unparsable {
        /// On which line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
}

/// One object of a unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Desired {
    /// The line on which it starts, from 1.
    pub line: usize,
    /// The manifest.
    pub body: Value,
    /// The lines of its fields, in the shape of `manifest::Lines`.
    pub lines: Value,
}

/// A kind, and what the cluster says about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kind {
    /// The kind.
    #[serde(flatten)]
    pub gvk: GroupVersionKind,
    /// What the cluster says.
    pub answer: KindAnswer,
}

/// Whether a cluster serves a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindAnswer {
    /// It does.
    #[serde(rename_all = "kebab-case")]
    Served {
        /// The resource's name in paths.
        plural: String,
        /// Whether its objects live in namespaces.
        namespaced: bool,
    },
    /// It does not, or nobody knows.
    Obstacle(Obstacle),
}

/// An object, and what the cluster answered about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Object {
    /// The object.
    #[serde(flatten)]
    pub key: ObjectKey,
    /// The answer.
    pub answer: ObjectAnswer,
}

/// What a cluster answered about an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectAnswer {
    /// The object, `managedFields` included.
    Found(Value),
    /// There is none.
    Absent,
    /// Nothing is known about it.
    NotRead(Obstacle),
}

/// A whole recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its index.
    pub index: Index,
    /// Its targets, in promotion order.
    pub targets: Vec<Target>,
}

impl Recording {
    /// Its files: name and text, the index last.
    ///
    /// # Errors
    /// One would be longer than [`LONGEST`].
    pub fn files(mut self) -> anyhow::Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        for target in &self.targets {
            let text = serde_json::to_string_pretty(target).context("failed to encode what was read")? + "\n";
            ensure!(
                u64::try_from(text.len()).unwrap_or(u64::MAX) <= LONGEST,
                "what was read of target `{}` takes more than {} MiB: record fewer units, or only some `environments`",
                target.target,
                LONGEST >> 20
            );
            // Names of targets are lower-case letters, digits and hyphens, and unique.
            files.push((format!("{}.json", target.target), text));
        }
        self.index.files = files.iter().map(|(name, text)| (name.clone(), sha256(text))).collect();
        let index = serde_json::to_string_pretty(&self.index).context("failed to encode the index")? + "\n";
        files.push((INDEX.to_owned(), index));
        Ok(files)
    }

    /// From the text of its index; `file` gives the text of each other file.
    ///
    /// # Errors
    /// It is none, of another version, or not whole.
    pub fn read(index: &str, mut file: impl FnMut(&str) -> anyhow::Result<String>) -> anyhow::Result<Self> {
        version(index)?;
        let index: Index = serde_json::from_str(index).with_context(|| format!("{INDEX} is damaged"))?;
        let mut targets = Vec::new();
        for (name, hash) in &index.files {
            let is_plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_'));
            ensure!(is_plain && !name.starts_with('.'), "{INDEX} names a file that no recording has");
            let text = file(name)?;
            ensure!(sha256(&text) == *hash, "{name} is damaged, or was changed since it was recorded");
            targets.push(serde_json::from_str(&text).with_context(|| format!("{name} is damaged"))?);
        }
        Ok(Self { index, targets })
    }

    /// What was read of a target, if it was recorded.
    pub fn target(&self, environment: &str, target: &str) -> Option<&Outcome> {
        let found = self.targets.iter().find(|it| it.environment == environment && it.target == target);
        found.map(|it| &it.outcome)
    }
}

/// Fails unless this is the index of a recording that this program can read.
pub fn version(index: &str) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let Ok(Head { format, version }) = serde_json::from_str(index) else {
        bail!("{INDEX} is not the index of a recording, or is damaged");
    };
    ensure!(format == FORMAT, "{INDEX} is not the index of a recording");
    ensure!(version == VERSION, "the recording has format version {version}, this program reads version {VERSION}");
    Ok(())
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
