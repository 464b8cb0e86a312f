//! One page of a list → the objects that are kept. Runs beside the runtime's threads, so it owns what it needs.

mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use wire::{Described, Marked, OwnerReference, Page, PageMeta, first_name};
pub use wire::{Identity, Name, or_default, unread};

use crate::model::object::{Beside, GroupVersionKind, ObjectKey, Owner, Stray};

/// Says that nobody needs an object's text, which the server just sent, and that this is the object of that kind, namespace
/// and name. What the text says of itself was not looked at before.
pub type Settled = dyn Fn(Sight<'_>) -> bool + Send + Sync;

/// What may be a wanted object, while it is read.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Its kind, as it was asked for.
    pub gvk: &'a GroupVersionKind,
    /// None for cluster-scoped kinds.
    pub namespace: Option<&'a str>,
    /// What the text gives first as `metadata.name`.
    pub name: &'a str,
    /// Its text.
    pub raw: &'a str,
}

/// Which list, and what of it is kept.
pub struct Asked {
    /// Of which kind.
    pub gvk: GroupVersionKind,
    /// Of which namespace; None: of kinds that have none.
    pub namespace: Option<String>,
    /// What is kept.
    pub keep: Keep,
}

/// What is kept of a list.
pub enum Keep {
    /// Objects of these names as they came, unless that settles them, and of the others what `beside` asks for.
    Named {
        /// Their names.
        wanted: BTreeSet<String>,
        /// What is kept of the others.
        beside: Beside,
        /// Says of which wanted objects nothing needs to be kept.
        settled: Option<Arc<Settled>>,
    },
    /// Every object as it came.
    Everything,
}

/// What is left of a page, or of a whole list.
#[derive(Debug, Default)]
pub struct Kept {
    /// By name, as they came.
    pub found: BTreeMap<String, Box<RawValue>>,
    /// Names of wanted objects that were there and need not be kept.
    pub settled: BTreeSet<String>,
    /// What is kept of objects that are not wanted.
    pub strays: Vec<Stray>,
}

/// Why a page is not what was asked for.
#[derive(Debug)]
pub enum Fault {
    /// It is none; says what is wrong with it.
    Untrue(String),
    /// It is a list of another name: a `CustomResourceDefinition` may name its list as it likes, and whether this is the
    /// one cannot be told from here.
    OtherName(String),
}

/// Keeps what is asked for of a page; gives the token of the next one.
pub fn reduce(asked: &Asked, body: &[u8]) -> Result<(Kept, Option<String>), Fault> {
    let page: Page<'_> = serde_json::from_slice(body)
        .map_err(|error| Fault::Untrue(unread("is no list of Kubernetes objects", &error)))?;
    let version = asked.gvk.api_version();
    if page.api_version != version || !page.kind.ends_with("List") {
        return Err(Fault::Untrue(format!("is `{}` of `{}`", page.kind, page.api_version)));
    }
    if page.kind.strip_suffix("List") != Some(asked.gvk.kind.as_str()) {
        return Err(Fault::OtherName(format!("is `{}` instead of `{}List`", page.kind, asked.gvk.kind)));
    }
    let mut kept = Kept::default();
    for raw in page.items.unwrap_or_default() {
        if let Some(name) = asked.settled(raw.get()) {
            kept.settled.insert(name);
            continue;
        }
        let item = Identity::of_item(raw.get())
            .map_err(|error| Fault::Untrue(unread("has an item without a name", &error)))?;
        let namespace = item.metadata.namespace.as_deref().filter(|it| !it.is_empty());
        let other_kind = item.kind.as_deref().is_some_and(|it| it != asked.gvk.kind)
            || item.api_version.as_deref().is_some_and(|it| it != version);
        if item.metadata.name.is_empty() || namespace != asked.namespace.as_deref() || other_kind {
            return Err(Fault::Untrue("has an item of another kind or namespace".to_owned()));
        }
        let is_marked = [item.metadata.labels, item.metadata.annotations].contains(&Marked::Yes);
        match &asked.keep {
            Keep::Everything => drop(kept.found.insert(item.metadata.name.into_owned(), raw.to_owned())),
            Keep::Named { wanted, .. } if wanted.contains(item.metadata.name.as_ref()) => {
                kept.found.insert(item.metadata.name.into_owned(), raw.to_owned());
            }
            Keep::Named { beside: Beside::All, .. } => kept.strays.push(stray(asked, item, raw)?),
            Keep::Named { beside: Beside::Marked, .. } if is_marked => kept.strays.push(stray(asked, item, raw)?),
            Keep::Named { beside: Beside::None | Beside::Marked, .. } => {}
        }
    }
    Ok((kept, page.metadata.next.filter(|token| !token.is_empty())))
}

impl Asked {
    /// The name of the item, if it is a wanted object that need not be kept. Whoever says so has seen which object it is, so
    /// that nobody looks again.
    fn settled(&self, raw: &str) -> Option<String> {
        let Keep::Named { wanted, settled: Some(is_settled), .. } = &self.keep else { return None };
        let name = first_name(raw).filter(|name| wanted.contains(name.as_ref()))?;
        let sight = Sight { gvk: &self.gvk, namespace: self.namespace.as_deref(), name: &name, raw };
        is_settled(sight).then(|| name.into_owned())
    }
}

fn stray(asked: &Asked, item: Identity<'_>, raw: &RawValue) -> Result<Stray, Fault> {
    let Described { metadata } = serde_json::from_str(raw.get())
        .map_err(|error| Fault::Untrue(unread("has an item whose metadata cannot be read", &error)))?;
    let owner = |OwnerReference { kind, name, controller }| Owner { kind, name, controller: controller == Some(true) };
    Ok(Stray {
        key: ObjectKey {
            gvk: asked.gvk.clone(),
            namespace: asked.namespace.clone(),
            name: item.metadata.name.into_owned(),
        },
        labels: metadata.labels,
        annotations: metadata.annotations.into_iter().filter(|(key, _)| tells_origin(key)).collect(),
        owners: metadata.owner_references.into_iter().map(owner).collect(),
        deleting: metadata.deletion_timestamp.is_some(),
    })
}

/// What ConfigHub and Kubernetes write; others may be long, as kubectl's copy of the whole manifest is.
fn tells_origin(annotation: &str) -> bool {
    let domain = annotation.split('/').next().unwrap_or_default();
    (domain == "confighub.com" || domain.ends_with("kubernetes.io"))
        && annotation != "kubectl.kubernetes.io/last-applied-configuration"
}

/// The token of the next page, if it stands before the items, as the API server writes it: so the next page can be
/// fetched while this one is read. None: not known without reading the page.
pub fn early_token(body: &[u8]) -> Option<String> {
    struct Head<'o>(&'o mut Option<String>);
    impl<'de> Visitor<'de> for Head<'_> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                match key.as_str() {
                    "metadata" => {
                        *self.0 = map.next_value::<PageMeta>()?.next;
                        // The items are left to others.
                        return Err(A::Error::custom("enough"));
                    }
                    "items" => return Err(A::Error::custom("too late")),
                    _ => drop(map.next_value::<IgnoredAny>()?),
                }
            }
            Ok(())
        }
    }
    let mut token = None;
    // Ends in an error by design: only the beginning is read.
    let _ = serde_json::Deserializer::from_slice(body).deserialize_map(Head(&mut token));
    token.filter(|token| !token.is_empty())
}
