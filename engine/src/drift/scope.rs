//! Units and the declared scope → the objects to ask the cluster for, and everything that is left out, with the reason.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::autoscale::{self, Autoscaler};
use super::identity;
use super::ignore;
use super::path::FieldPath;
use crate::manifest::{Document, DocumentName, ManifestError};
use crate::model::environment::{Scope, Target};
use crate::model::object::{DesiredObject, GroupVersionKind, ObjectKey, StatedObject};
use crate::model::outcome::{NotCompared, Obstacle, Reason, Suppressed};
use crate::model::unit::{Basis, Unit};
use crate::redact::{Redactor, Text};

/// A unit and what its text holds.
#[derive(Clone, Debug)]
pub struct UnitDocuments<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Its objects, or why there are none; shared by all units with the same text.
    pub documents: Arc<Result<Vec<Document>, ManifestError>>,
}

/// What bounds one target's comparison.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The environment's name, for exclusions.
    pub environment: &'a str,
    /// The target.
    pub target: &'a Target,
    /// The declared scope.
    pub scope: &'a Scope,
    /// The namespace of the kubeconfig context.
    pub context_namespace: Option<&'a str>,
}

/// What is to be compared, and what is not.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// To be asked for, sorted by key; each key once.
    pub objects: Arc<[StatedObject]>,
    /// Left out on purpose.
    pub suppressed: Vec<Suppressed>,
    /// In scope, and yet nothing can be asked for.
    pub not_compared: Vec<NotCompared>,
    /// Whose names the server makes, with what those begin with as their name.
    pub generated: Vec<ObjectKey>,
    /// Those that are not asked for, and scale what is.
    pub autoscalers: Vec<Autoscaler>,
    /// What narrows the scope and fits nothing: most likely a slip of the pen that would leave out what was meant.
    pub notes: Vec<Text>,
}

impl StatedObject {
    /// The object with its manifest as a tree, for as long as it is compared.
    pub fn desired(&self) -> DesiredObject {
        let Self { key, manifest, unit, line, document } = self;
        let (key, unit) = (key.clone(), unit.clone());
        DesiredObject { key, body: manifest.value(), unit, line: *line, document: *document }
    }
}

/// The kinds about which [`select`] will ask.
pub fn kinds(units: &[UnitDocuments<'_>], scope: &Scope) -> BTreeSet<GroupVersionKind> {
    let documents = units.iter().filter_map(|unit| unit.documents.as_ref().as_ref().ok()).flatten();
    // Many documents are of few kinds.
    let kinds: BTreeSet<&GroupVersionKind> = documents.map(|it| &it.gvk).filter(|gvk| is_wanted(gvk, scope)).collect();
    kinds.into_iter().cloned().collect()
}

/// Sorts every document of the units. `is_namespaced` says whether objects of a kind live in namespaces, or why nobody
/// knows.
pub fn select(
    units: Vec<UnitDocuments<'_>>,
    bounds: &Bounds<'_>,
    mut is_namespaced: impl FnMut(&GroupVersionKind) -> Result<bool, Obstacle>,
    redactor: &Redactor,
) -> Selection {
    let mut selection = Selection::default();
    let mut stated = Vec::new();
    let (mut kinds, mut namespaces) = (BTreeSet::new(), BTreeSet::new());
    for UnitDocuments { unit, documents } in units {
        match documents.as_ref() {
            Ok(documents) => {
                for document in documents {
                    kinds.insert(document.gvk.kind.clone());
                    namespaces.insert(namespace_of(unit, document, bounds));
                    let autoscaler = autoscaler(unit, document, bounds);
                    let object = if is_wanted(&document.gvk, bounds.scope) {
                        let place = is_namespaced(&document.gvk);
                        selection.sort(unit, document, place, bounds, redactor)
                    } else {
                        None
                    };
                    match object {
                        Some(object) => stated.push(object),
                        None => selection.autoscalers.extend(autoscaler),
                    }
                }
            }
            Err(error) => selection.not_compared.push(NotCompared {
                unit: Some(unit.slug.clone()),
                object: None,
                obstacle: Obstacle {
                    reason: Reason::Unparsable,
                    detail: redactor.text(&format!("the unit is not Kubernetes YAML: {error}")),
                    remedy: Text::from("correct the unit's text in ConfigHub"),
                },
            }),
        }
    }
    selection.notes.extend(fits_nothing("scope.kinds", "kind", &bounds.scope.kinds, &kinds, redactor));
    selection.notes.extend(fits_nothing("namespaces", "namespace", &bounds.target.namespaces, &namespaces, redactor));
    selection.objects = selection.unique(stated, redactor).into();
    selection.suppressed.sort();
    selection.not_compared.sort();
    selection
}

/// Narrowing by kind is the scope, not a suppression: what it leaves out was never asked about.
fn is_wanted(gvk: &GroupVersionKind, scope: &Scope) -> bool {
    scope.kinds.is_empty() || scope.kinds.contains(&gvk.kind)
}

/// What the document scales, wherever the scope ends. One that nobody shipped scales nothing.
fn autoscaler(unit: &Unit, document: &Document, bounds: &Bounds<'_>) -> Option<Autoscaler> {
    if unit.basis == Basis::NeverShipped || !autoscale::is_autoscaler(&document.gvk) {
        return None;
    }
    let namespace = namespace_of(unit, document, bounds);
    Autoscaler::read(&document.gvk, &document.body.value(), Some(&namespace))
}

/// Where the document's object lives if its kind has namespaces.
fn namespace_of(unit: &Unit, document: &Document, bounds: &Bounds<'_>) -> String {
    document.namespace.clone().unwrap_or_else(|| default_namespace(unit, bounds))
}

/// One note for each wanted name that no document has.
fn fits_nothing(
    key: &str,
    what: &str,
    wanted: &[String],
    seen: &BTreeSet<String>,
    redactor: &Redactor,
) -> impl Iterator<Item = Text> {
    wanted.iter().filter(|it| !seen.contains(*it)).map(move |name| {
        redactor.text(&format!("`{key}` names `{name}`, but no unit has an object of that {what}: check the spelling"))
    })
}

impl Selection {
    /// The object, if it is to be compared.
    fn sort(
        &mut self,
        unit: &Unit,
        document: &Document,
        is_namespaced: Result<bool, Obstacle>,
        bounds: &Bounds<'_>,
        redactor: &Redactor,
    ) -> Option<StatedObject> {
        let Document { gvk, namespace, name, body: manifest, line, index, lines: _, unresolved } = document;
        // Where nobody knows whether the kind has namespaces, one that is stated is believed.
        let namespace = match is_namespaced {
            Ok(true) => Some(namespace.clone().unwrap_or_else(|| default_namespace(unit, bounds))),
            Ok(false) => None,
            Err(_) => namespace.clone(),
        };
        // Cluster-scoped objects are in no namespace, so narrowing to some does not leave them out.
        let narrowed = &bounds.target.namespaces;
        if namespace.as_ref().is_some_and(|it| !narrowed.is_empty() && !narrowed.contains(it)) {
            return None;
        }
        let (name, is_generated) = match name {
            DocumentName::Given(name) => (name, false),
            DocumentName::Generated(prefix) => (prefix, true),
        };
        let key = ObjectKey { gvk: gvk.clone(), namespace, name: name.clone() };
        let exclude = &bounds.scope.exclude;
        let by_label = exclude.iter().any(|exclusion| exclusion.selector.label.is_some());
        let body = if by_label { manifest.value() } else { Value::Null };
        let excluded = exclude.iter().find(|it| ignore::selects(&it.selector, bounds.environment, &key, &body));
        if is_generated {
            self.generated.push(key.clone());
        }
        let reason = if let Some(exclusion) = excluded {
            Some(redactor.text(&format!("excluded: {}", exclusion.reason)))
        } else if key.gvk.is_secret() && !bounds.scope.secrets {
            Some(Text::from("Secrets are compared only with `secrets: true`"))
        } else if is_generated {
            Some(Text::from("the server generates its name, so no live object is this one"))
        } else {
            None
        };
        if let Some(reason) = reason {
            let id =
                identity::id(bounds.environment, &bounds.target.name, &key, identity::LEFT_OUT, &FieldPath::default());
            self.suppressed.push(Suppressed {
                unit: unit.slug.clone(),
                object: key,
                field: Text::default(),
                rule: None,
                reason,
                id,
                line: Some(*line),
                path: Text::default(),
                values: None,
            });
            return None;
        }
        let obstacle = match (is_namespaced, unresolved.first()) {
            (Err(obstacle), _) => Some(obstacle),
            (Ok(_), Some(first)) => Some(unresolved_at(first, unresolved.len(), redactor)),
            (Ok(_), None) => None,
        };
        if let Some(obstacle) = obstacle {
            self.not_compared.push(NotCompared { unit: Some(unit.slug.clone()), object: Some(key), obstacle });
            return None;
        }
        Some(StatedObject { key, manifest: manifest.clone(), unit: unit.slug.clone(), line: *line, document: *index })
    }

    /// An object that is stated twice has no desired state, whichever API version each names.
    fn unique(&mut self, mut stated: Vec<StatedObject>, redactor: &Redactor) -> Vec<StatedObject> {
        stated.sort_by(|one, other| (&one.key, &one.unit).cmp(&(&other.key, &other.unit)));
        let mut first = HashMap::with_capacity(stated.len());
        // By the first of them, the units of all that state the same.
        let mut conflicts: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut repeated = BTreeSet::new();
        for (at, object) in stated.iter().enumerate() {
            let ObjectKey { gvk: GroupVersionKind { group, version: _, kind }, namespace, name } = &object.key;
            let earlier = *first.entry((group, kind, namespace, name)).or_insert(at);
            if earlier != at {
                let by = conflicts.entry(earlier).or_insert_with(|| vec![stated[earlier].unit.clone()]);
                by.push(object.unit.clone());
                repeated.insert(at);
            }
        }
        let mut unique = Vec::with_capacity(stated.len());
        for (at, object) in stated.into_iter().enumerate() {
            let Some(mut by) = conflicts.remove(&at) else {
                if !repeated.contains(&at) {
                    unique.push(object);
                }
                continue;
            };
            // Told once, for all who state it.
            by.sort();
            by.dedup();
            let detail = match by.as_slice() {
                [only] => format!("the unit `{only}` states it more than once"),
                several => format!("the units `{}` all state it", several.join("`, `")),
            };
            self.not_compared.push(NotCompared {
                unit: by.into_iter().next(),
                object: Some(object.key),
                obstacle: Obstacle {
                    reason: Reason::Misconfigured,
                    detail: redactor.text(&detail),
                    remedy: Text::from("state the object once"),
                },
            });
        }
        unique
    }
}

/// Where a manifest that names no namespace lives.
fn default_namespace(unit: &Unit, bounds: &Bounds<'_>) -> String {
    [bounds.target.namespace.as_deref(), unit.target_namespace.as_deref(), bounds.context_namespace]
        .into_iter()
        .flatten()
        .find(|it| !it.is_empty())
        .unwrap_or("default")
        .to_owned()
}

fn unresolved_at(first: &str, count: usize, redactor: &Redactor) -> Obstacle {
    // Step by step: as a whole any long path looks random to the redactor.
    let pointer = first.split('/').skip(1).flat_map(|step| [Text::from("/"), redactor.text(step)]);
    let rest = match count {
        1 => Text::from(" is still a placeholder"),
        many => redactor.text(&format!(" and {} more values are still placeholders", many - 1)),
    };
    Obstacle {
        reason: Reason::Unresolved,
        detail: pointer.chain([rest]).collect(),
        remedy: Text::from("give the placeholders values, or link the unit to what provides them"),
    }
}

#[cfg(test)]
mod tests;
