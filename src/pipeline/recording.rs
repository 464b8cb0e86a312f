//! PURE: what was read of a target → what a recording keeps of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bundle::{
    Content, Desired, Faithful, FoundAutoscaler, FoundAutoscalers, Kind, KindAnswer, List, Object, ObjectAnswer,
    Reading, RecordedUnit,
};
use crate::confighub::SpaceUnits;
use crate::drift::quantity::Quantity;
use crate::manifest::{self, Document, Lines};
use crate::model::environment::{Exclusion, IgnoreRule, Scope};
use crate::model::finding::Finding;
use crate::model::object::{GroupVersionKind, Live, ObjectKey, Observed, Owner, Schemas, Stray};
use crate::model::outcome::{Comparison, Obstacle};
use crate::model::unit::{Unit, UnreadUnit};
use crate::redact::mask::{Mask, Sameness};

use super::source::Kinds;

/// In this order: the first that leaves the verdict as it is.
pub(super) const SAMENESS: [Sameness; 2] = [Sameness::Spelling, Sameness::Meaning(meaning)];

/// Everything that one target's comparison depends on.
pub(super) struct Evidence {
    pub(super) context: Option<String>,
    pub(super) context_namespace: Option<String>,
    pub(super) read: SpaceUnits,
    pub(super) kinds: Kinds,
    pub(super) live: Live,
    pub(super) beside: Beside,
}

/// What was read because of what the objects are.
#[derive(Clone)]
pub(super) struct Beside {
    pub(super) autoscalers: FoundAutoscalers,
    pub(super) schemas: Schemas,
    /// None: not asked for.
    pub(super) unit_slugs: Option<Result<BTreeSet<String>, Obstacle>>,
}

/// What is kept of it. Obstacles passed the redactor when they were made.
pub(super) fn reading(evidence: &Evidence, mask: &Mask<'_>) -> Reading {
    let Evidence { context, context_namespace, read, kinds, live, beside } = evidence;
    let Live { objects, strays, lists } = live;
    let Beside { autoscalers, schemas, unit_slugs } = beside;
    let SpaceUnits { space_id, units, unread, other_toolchains, notes } = read;
    let texts = |all: &[String]| all.iter().map(|it| mask.text(it)).collect();
    Reading {
        faithful: Faithful::Yes,
        context: context.as_deref().map(|it| mask.text(it)),
        context_namespace: context_namespace.as_deref().map(|it| mask.text(it)),
        units: units.iter().map(|it| unit(it, mask)).collect(),
        unread: unread
            .iter()
            .map(|it| UnreadUnit { slug: mask.text(&it.slug), obstacle: it.obstacle.clone() })
            .collect(),
        other_toolchains: texts(other_toolchains),
        notes: texts(notes),
        kinds: kinds
            .iter()
            .map(|(gvk, answer)| Kind {
                gvk: kind(gvk, mask),
                answer: match answer {
                    Ok(served) => KindAnswer::Served { plural: served.plural.clone(), namespaced: served.namespaced },
                    Err(it) => KindAnswer::Obstacle(it.clone()),
                },
            })
            .collect(),
        objects: objects.iter().map(|(key, observed)| object(key, observed, mask)).collect(),
        space_id: *space_id,
        unit_slugs: unit_slugs.as_ref().map(|it| {
            let slugs = it.as_ref().map_err(Clone::clone)?;
            Ok(slugs.iter().map(|it| mask.text(it)).collect())
        }),
        strays: strays.iter().map(|it| stray(it, mask)).collect(),
        lists: lists
            .iter()
            .map(|((gvk, namespace), end)| List {
                gvk: kind(gvk, mask),
                namespace: namespace.as_deref().map(|it| mask.text(it)),
                obstacle: end.clone().err(),
            })
            .collect(),
        autoscalers: FoundAutoscalers {
            found: autoscalers
                .found
                .iter()
                .map(|it| FoundAutoscaler { key: key_of(&it.key, mask), body: mask.object(&it.body) })
                .collect(),
            unread: autoscalers.unread.iter().map(|(at, why)| (mask.text(at), why.clone())).collect(),
        },
        schemas: Schemas {
            openapi: schemas.openapi.iter().map(|it| mask.object(it)).collect(),
            definitions: schemas.definitions.iter().map(|it| mask.object(it)).collect(),
            refused: schemas.refused.clone(),
        },
    }
}

fn stray(stray: &Stray, mask: &Mask<'_>) -> Stray {
    let Stray { key, labels, annotations, owners, deleting } = stray;
    let texts = |all: &BTreeMap<String, String>| all.iter().map(|(key, it)| (key.clone(), mask.text(it))).collect();
    let owner = |it: &Owner| Owner { name: mask.text(&it.name), ..it.clone() };
    Stray {
        key: key_of(key, mask),
        labels: texts(labels),
        annotations: texts(annotations),
        owners: owners.iter().map(owner).collect(),
        deleting: *deleting,
    }
}

fn unit(unit: &Unit, mask: &Mask<'_>) -> RecordedUnit {
    let text = |it: &Option<String>| it.as_deref().map(|it| mask.text(it));
    let labels = unit.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    let labels = mask.object(&Value::Object(labels.collect()));
    let content = match manifest::located(&unit.text) {
        Ok(documents) => Content::Objects(documents.into_iter().map(|it| desired(it, mask)).collect()),
        Err(error) => Content::Unparsable { line: error.line, problem: error.problem.into_owned() },
    };
    let unit = Unit {
        id: unit.id,
        slug: mask.text(&unit.slug),
        labels: serde_json::from_value(labels).unwrap_or_default(),
        revision: unit.revision,
        basis: unit.basis,
        pending: unit.pending,
        rolling_out: text(&unit.rolling_out),
        target_namespace: text(&unit.target_namespace),
        text: String::new(),
        url: text(&unit.url),
        held_by: None,
    };
    RecordedUnit { unit, content }
}

fn desired(document: Document, mask: &Mask<'_>) -> Desired {
    let Document { gvk, body, line, lines, .. } = document;
    let body = masked(&body.value(), &gvk, mask);
    let lines = lines.map(|it| named(&it, mask)).and_then(|it| serde_json::to_value(it).ok());
    Desired { line, body, lines: lines.unwrap_or_default() }
}

/// The lines under the keys that the masked object has.
fn named(lines: &Lines, mask: &Mask<'_>) -> Lines {
    match lines {
        Lines::Scalar(line) => Lines::Scalar(*line),
        Lines::Fields(line, fields) => {
            Lines::Fields(*line, fields.iter().map(|(key, it)| (mask.text(key), named(it, mask))).collect())
        }
        Lines::Items(line, items) => Lines::Items(*line, items.iter().map(|it| named(it, mask)).collect()),
    }
}

fn object(key: &ObjectKey, observed: &Observed, mask: &Mask<'_>) -> Object {
    let answer = match observed {
        Observed::Found(raw) => match serde_json::from_str::<Value>(raw.get()) {
            Ok(object) => ObjectAnswer::Found(masked(&object, &key.gvk, mask)),
            // The comparison refuses it too; its text is nothing that anybody should keep.
            Err(_) => ObjectAnswer::Found(Value::Null),
        },
        Observed::AsDesired => unreachable!("a run that is recorded keeps all that it reads"),
        Observed::Absent => ObjectAnswer::Absent,
        Observed::NotRead(it) => ObjectAnswer::NotRead(it.clone()),
    };
    Object { key: key_of(key, mask), answer }
}

fn masked(object: &Value, gvk: &GroupVersionKind, mask: &Mask<'_>) -> Value {
    // Items of a list do not say what they are.
    if gvk.is_secret() { mask.secret(object) } else { mask.object(object) }
}

fn key_of(key: &ObjectKey, mask: &Mask<'_>) -> ObjectKey {
    let ObjectKey { gvk, namespace, name } = key;
    let namespace = namespace.as_deref().map(|it| mask.text(it));
    ObjectKey { gvk: kind(gvk, mask), namespace, name: mask.text(name) }
}

fn kind(gvk: &GroupVersionKind, mask: &Mask<'_>) -> GroupVersionKind {
    let GroupVersionKind { group, version, kind } = gvk;
    GroupVersionKind { group: mask.text(group), version: mask.text(version), kind: mask.text(kind) }
}

/// The settings under which it was read, without what people should not have written into them.
pub(super) fn settings(scope: &Scope, ignore: &[IgnoreRule], mask: &Mask<'_>) -> (Scope, Vec<IgnoreRule>) {
    let exclude = scope.exclude.iter().map(|it| Exclusion { reason: mask.text(&it.reason), ..it.clone() });
    let ignore = ignore.iter().map(|it| IgnoreRule { reason: mask.text(&it.reason), ..it.clone() });
    (Scope { exclude: exclude.collect(), ..scope.clone() }, ignore.collect())
}

/// Whether the recording gives what the run found. Texts may be marked in other places, so what is said about a value
/// does not count; what is said at all does.
pub(super) fn is_same(original: &Comparison, replayed: &Comparison, mask: &Mask<'_>) -> bool {
    told(original, &|key| key_of(key, mask)) == told(replayed, &ObjectKey::clone)
}

/// Everything that a comparison says, sorted.
fn told(comparison: &Comparison, key: &dyn Fn(&ObjectKey) -> ObjectKey) -> Vec<String> {
    let Comparison {
        context: _,
        findings,
        changes: _,
        additions,
        suppressed,
        not_compared,
        compared,
        in_scope,
        pending,
        not_deployed,
        never_shipped,
        other_toolchains,
        notes,
    } = comparison;
    let found = |what: &str, it: &Finding| format!("{what} {} {} {} {:?}", it.code, key(&it.object), it.path, it.line);
    let mut told: Vec<String> = findings.iter().map(|it| found("finding", it)).collect();
    told.extend(additions.iter().map(|it| found("addition", it)));
    told.extend(suppressed.iter().map(|it| format!("suppressed {} {} {:?}", key(&it.object), it.path, it.line)));
    told.extend(not_compared.iter().map(|it| {
        format!("not compared {:?} {:?}", it.object.as_ref().map(|it| key(it).to_string()), it.obstacle.reason)
    }));
    told.extend([pending, not_deployed, never_shipped, other_toolchains].iter().map(|it| it.len().to_string()));
    told.sort();
    told.push(format!("{compared} of {in_scope}, {} notes", notes.len()));
    told
}

/// What a text says as a quantity, a duration or a time: `1000m` is `1`, `60m` is `1h`.
fn meaning(text: &str) -> Option<String> {
    let duration = || text.parse::<jiff::SignedDuration>().ok().map(|it| format!("duration {it:?}"));
    let time = || text.parse::<jiff::Timestamp>().ok().map(|it| format!("time {it}"));
    Quantity::parse(text).map(|it| format!("quantity {it:?}")).or_else(duration).or_else(time)
}

#[cfg(test)]
mod tests;
