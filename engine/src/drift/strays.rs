//! Objects that no unit states: those that ConfigHub left behind, and those that never came from it.
//!
//! ```text
//! other objects of the lists ─► stated after all? owned? made by the server? ─► whose origin? ─► orphan, unmanaged, silent
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::identity;
use super::ignore;
use super::judge::Case;
use super::path::FieldPath;
use super::rule;
use super::scope::{Bounds, Selection};
use super::severity::{self, Rating, Tier, Weight};
use crate::model::environment::{Orphans, Unmanaged};
use crate::model::finding::{Code, Finding, Shown};
use crate::model::object::{GroupVersionKind, ListPlace, Live, ORIGIN_UNIT, ObjectKey, Observed, Stray};
use crate::model::outcome::{NotCompared, Obstacle, Suppressed};
use crate::model::unit::{Unit, UnreadUnit};
use crate::redact::{Redactor, Text};

const ORIGIN_SPACE_ID: &str = "confighub.com/SpaceID";
const ORIGIN_SPACE_NAME: &str = "confighub.com/SpaceName";

/// Kinds whose objects the cluster itself makes all the time, so that none of them was ever a unit's: not listed for the
/// sake of strays. Group (with what is below it), kind (`*`: all), why.
const NEVER_A_UNITS: &[(&str, &str, &str)] = &[
    ("", "Event", "reports of controllers"),
    ("events.k8s.io", "*", "reports of controllers"),
    ("", "Node", "kubelets register themselves"),
    ("", "ComponentStatus", "computed on request"),
    ("", "Secret", "Secrets are never listed"),
    ("", "Endpoints", "the endpoints controller writes them"),
    ("discovery.k8s.io", "EndpointSlice", "the endpoint slice controller writes them"),
    ("coordination.k8s.io", "Lease", "leader elections and heartbeats"),
    ("apps", "ControllerRevision", "history of controllers"),
    ("metrics.k8s.io", "*", "computed on request"),
    ("custom.metrics.k8s.io", "*", "computed on request"),
    ("external.metrics.k8s.io", "*", "computed on request"),
    ("certificates.k8s.io", "CertificateSigningRequest", "requests, not configuration"),
    ("storage.k8s.io", "CSINode", "kubelets register themselves"),
    ("storage.k8s.io", "CSIStorageCapacity", "storage drivers report them"),
    ("storage.k8s.io", "VolumeAttachment", "the attach-detach controller writes them"),
    ("internal.apiserver.k8s.io", "*", "bookkeeping of API servers"),
];

/// Which objects of a Space's lists belong to whom.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The Space's id, as marks of origin name it.
    pub space_id: uuid::Uuid,
    /// Its slug.
    pub space: &'a str,
    /// The slugs of all its units, whatever the scope; None: not asked for.
    pub units: Option<&'a Result<BTreeSet<String>, Obstacle>>,
}

/// What the strays of a target come to.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Drift: left behind by ConfigHub.
    pub orphans: Vec<Finding>,
    /// Not drift: not from ConfigHub at all.
    pub unmanaged: Vec<Finding>,
    /// Orphans that a rule covers.
    pub suppressed: Vec<Suppressed>,
    /// What the reader should know.
    pub notes: Vec<Text>,
}

/// What is listed for the sake of strays. `kinds`: those that can be listed, and whether they have namespaces; with
/// `orphans: full` all of the server's, else those of the units.
pub fn places(
    selection: &Selection,
    bounds: &Bounds<'_>,
    kinds: &BTreeMap<GroupVersionKind, bool>,
) -> BTreeSet<ListPlace> {
    let scope = bounds.scope;
    let wanted = |gvk: &&GroupVersionKind| {
        (scope.kinds.is_empty() || scope.kinds.contains(&gvk.kind)) && never_a_units(gvk).is_none()
    };
    if scope.orphans == Orphans::Full {
        let named = selection.objects.iter().filter_map(|it| it.key.namespace.clone());
        let narrowed = &bounds.target.namespaces;
        let namespaces: BTreeSet<String> =
            if narrowed.is_empty() { named.collect() } else { narrowed.iter().cloned().collect() };
        let everywhere = |(gvk, namespaced): (&GroupVersionKind, &bool)| -> Vec<ListPlace> {
            if *namespaced {
                namespaces.iter().map(|it| (gvk.clone(), Some(it.clone()))).collect()
            } else {
                vec![(gvk.clone(), None)]
            }
        };
        return kinds.iter().filter(|(gvk, _)| wanted(gvk)).flat_map(everywhere).collect();
    }
    if scope.unmanaged == Unmanaged::Report {
        let stated = selection.objects.iter().filter(|it| wanted(&&it.key.gvk));
        return stated.map(|it| (it.key.gvk.clone(), it.key.namespace.clone())).collect();
    }
    BTreeSet::new()
}

/// Of the groups whose kinds the server did not tell, those that may have objects in scope. Their kind is `*`.
pub fn missed(
    mut unknown: BTreeMap<GroupVersionKind, Obstacle>,
    bounds: &Bounds<'_>,
    kinds: &BTreeMap<GroupVersionKind, bool>,
) -> BTreeMap<GroupVersionKind, Obstacle> {
    let is_known = |wanted: &String| kinds.keys().any(|gvk| gvk.kind == *wanted);
    if !bounds.scope.kinds.is_empty() && bounds.scope.kinds.iter().all(is_known) {
        return BTreeMap::new();
    }
    unknown.retain(|gvk, _| never_a_units(gvk).is_none());
    unknown
}

fn never_a_units(gvk: &GroupVersionKind) -> Option<&'static str> {
    let fits = |group: &str, kind: &str| group == gvk.group && (kind == "*" || kind == gvk.kind);
    NEVER_A_UNITS.iter().find(|(group, kind, _)| fits(group, kind)).map(|(_, _, why)| *why)
}

/// Why an object is silent though no unit states it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Nature {
    /// From a unit that does not state it any more.
    LeftBy(String),
    /// From a unit that this run does not know: whether it is gone, only the Space can say.
    Of(String),
    /// Not from ConfigHub.
    Unmanaged,
    /// Neither; the reason.
    Silent(&'static str),
}

/// What a stray is judged by.
struct Table<'a> {
    stated: BTreeSet<(&'a str, &'a str, Option<&'a str>, &'a str)>,
    generated: &'a [ObjectKey],
    /// Units that were read and whose every object is known.
    read: BTreeSet<&'a str>,
    /// Units of which something could not be read, or that are on their way.
    uncertain: BTreeSet<&'a str>,
    origin: Origin<'a>,
}

impl<'a> Table<'a> {
    fn new(units: &'a [Unit], unread: &'a [UnreadUnit], selection: &'a Selection, origin: Origin<'a>) -> Self {
        let objects = selection.objects.iter().map(|it| &it.key);
        let left_out = selection.suppressed.iter().map(|it| &it.object);
        let not_compared = selection.not_compared.iter().filter_map(|it| it.object.as_ref());
        let all = objects.chain(left_out).chain(not_compared);
        let mut uncertain: BTreeSet<&str> = unread.iter().map(|it| it.slug.as_str()).collect();
        uncertain.extend(selection.not_compared.iter().filter_map(|it| it.unit.as_deref()));
        uncertain.extend(units.iter().filter(|it| it.rolling_out.is_some()).map(|it| it.slug.as_str()));
        Self {
            stated: all.map(names).collect(),
            generated: &selection.generated,
            read: units.iter().map(|it| it.slug.as_str()).collect(),
            uncertain,
            origin,
        }
    }

    fn nature(&self, stray: &Stray) -> Nature {
        let Stray { key, labels, annotations, owners, deleting } = stray;
        let is_generated = |stated: &ObjectKey| {
            stated.gvk.kind == key.gvk.kind
                && stated.gvk.group == key.gvk.group
                && stated.namespace == key.namespace
                && key.name.starts_with(&stated.name)
        };
        if self.stated.contains(&names(key)) {
            return Nature::Silent("a unit states it, at whatever version");
        }
        if *deleting {
            return Nature::Silent("it is being deleted");
        }
        // ReplicaSets take over the annotations of their Deployment, Pods those of their template.
        if owners.iter().any(|owner| owner.controller) {
            return Nature::Silent("a controller made it for another object");
        }
        if let Some(why) = never_a_units(&key.gvk).or_else(|| server_made(stray)) {
            return Nature::Silent(why);
        }
        let mark = |name: &str| annotations.get(name).or_else(|| labels.get(name)).filter(|it| !it.is_empty());
        let Some(unit) = mark(ORIGIN_UNIT) else {
            return match owners.is_empty() {
                true => Nature::Unmanaged,
                false => Nature::Silent("it belongs to another object"),
            };
        };
        let ours = match (mark(ORIGIN_SPACE_ID), mark(ORIGIN_SPACE_NAME)) {
            (Some(id), _) => id.eq_ignore_ascii_case(&self.origin.space_id.to_string()),
            (None, Some(name)) => name == self.origin.space,
            (None, None) => return Nature::Silent("its mark names a unit, but not the Space"),
        };
        if !ours {
            return Nature::Silent("it comes from another Space");
        }
        if self.generated.iter().any(is_generated) {
            return Nature::Silent("a unit states it by `generateName`");
        }
        if self.uncertain.contains(unit.as_str()) {
            return Nature::Silent("what its unit states is not known for sure");
        }
        if self.read.contains(unit.as_str()) { Nature::LeftBy(unit.clone()) } else { Nature::Of(unit.clone()) }
    }
}

/// What the server and its own controllers put into every cluster or namespace, and what admission leaves there.
fn server_made(stray: &Stray) -> Option<&'static str> {
    let Stray { key, labels, annotations, .. } = stray;
    let namespace = key.namespace.as_deref().unwrap_or_default();
    let name = key.name.as_str();
    if labels.contains_key("kubernetes.io/bootstrapping") {
        return Some("the API server's own roles and bindings");
    }
    if annotations.contains_key("control-plane.alpha.kubernetes.io/leader") {
        return Some("a leader election");
    }
    match (key.gvk.group.as_str(), key.gvk.kind.as_str()) {
        ("", "ConfigMap") if name == "kube-root-ca.crt" => Some("every namespace has it"),
        ("", "ServiceAccount") if name == "default" => Some("every namespace has it"),
        ("", "Service") if namespace == "default" && name == "kubernetes" => Some("the API server's own Service"),
        ("", "Namespace") if matches!(name, "default" | "kube-system" | "kube-public" | "kube-node-lease") => {
            Some("every cluster has it")
        }
        ("scheduling.k8s.io", "PriorityClass") if name.starts_with("system-") => Some("the API server's own class"),
        ("flowcontrol.apiserver.k8s.io", _) if annotations.contains_key("apf.kubernetes.io/autoupdate-spec") => {
            Some("the API server's own flow control")
        }
        ("apiregistration.k8s.io", "APIService")
            if labels.contains_key("kube-aggregator.kubernetes.io/automanaged") =>
        {
            Some("registered by the API server")
        }
        ("networking.k8s.io", "IPAddress" | "ServiceCIDR") => Some("allocated by the API server"),
        _ => None,
    }
}

fn names(key: &ObjectKey) -> (&str, &str, Option<&str>, &str) {
    (&key.gvk.group, &key.gvk.kind, key.namespace.as_deref(), &key.name)
}

/// Whether any stray comes from a unit of the Space that this run did not read: then the Space is to be asked for the
/// slugs of all its units.
pub fn have_unknown_units(
    units: &[Unit],
    unread: &[UnreadUnit],
    selection: &Selection,
    strays: &[Stray],
    origin: Origin<'_>,
) -> bool {
    let table = Table::new(units, unread, selection, origin);
    strays.iter().any(|stray| matches!(table.nature(stray), Nature::Of(_)))
}

/// Sorts the strays.
pub fn judge(
    case: &Case<'_>,
    bounds: &Bounds<'_>,
    selection: &Selection,
    strays: &[Stray],
    origin: Origin<'_>,
) -> Verdict {
    let table = Table::new(case.units, case.unread, selection, origin);
    let mut verdict = Verdict::default();
    let mut undecided = BTreeSet::new();
    for stray in strays {
        let (unit, note) = match table.nature(stray) {
            Nature::Silent(_) => continue,
            Nature::Unmanaged => {
                if bounds.scope.unmanaged == Unmanaged::Report && covering(case, bounds, stray).is_none() {
                    verdict.unmanaged.push(finding(case, stray, Code::ObjectUnmanaged, Vec::new()));
                }
                continue;
            }
            Nature::LeftBy(unit) => {
                let note = format!("it came from unit `{unit}`, which does not state it any more");
                (unit, note)
            }
            Nature::Of(unit) => match origin.units {
                Some(Ok(all)) if !all.contains(&unit) => {
                    let note =
                        format!("it came from unit `{unit}`, which Space `{}` does not have any more", origin.space);
                    (unit, note)
                }
                // The unit is there, and out of scope.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => {
                    undecided.insert(unit);
                    continue;
                }
            },
        };
        if bounds.scope.orphans == Orphans::Off {
            continue;
        }
        match covering(case, bounds, stray) {
            Some(reason) => {
                verdict.suppressed.push(Suppressed {
                    unit,
                    object: stray.key.clone(),
                    field: Text::default(),
                    rule: None,
                    reason,
                    id: id(case, stray, Code::ObjectOrphaned),
                    line: None,
                    path: Text::default(),
                    values: None,
                });
            }
            None => verdict.orphans.push(finding(case, stray, Code::ObjectOrphaned, vec![case.redactor.text(&note)])),
        }
    }
    if bounds.scope.orphans != Orphans::Off
        && let (Some(first), Some(Err(Obstacle { reason: _, detail, remedy }))) = (undecided.first(), origin.units)
    {
        let more = if undecided.len() > 1 { format!(" and {} more", undecided.len() - 1) } else { String::new() };
        let words = case
            .redactor
            .text(&format!("whether unit `{first}`{more}, from which objects came, still exists is not known: "));
        verdict.notes.push([words, detail.clone(), Text::from("; "), remedy.clone()].into_iter().collect());
    }
    verdict
}

/// The exclusion or ignore rule that covers the whole object.
fn covering(case: &Case<'_>, bounds: &Bounds<'_>, stray: &Stray) -> Option<Text> {
    let body: Value = json!({"metadata": {"labels": stray.labels}});
    let selects = |selector| ignore::selects(selector, bounds.environment, &stray.key, &body);
    let excluded = bounds.scope.exclude.iter().find(|it| selects(&it.selector));
    if let Some(exclusion) = excluded {
        return Some(case.redactor.text(&format!("excluded: {}", exclusion.reason)));
    }
    let mut rules =
        case.ignore.iter().filter(|it| it.path.is_none() && it.manager.is_none() && ignore::holds(it, case.today));
    let found = rules.find(|it| selects(&it.selector))?;
    let until = found.until.map(|last| format!(" until {last}")).unwrap_or_default();
    Some(case.redactor.text(&format!("ignored{until}: {}", found.reason)))
}

fn id(case: &Case<'_>, stray: &Stray, code: Code) -> String {
    identity::id(case.environment, case.target, &stray.key, code.name(), &FieldPath::default())
}

fn finding(case: &Case<'_>, stray: &Stray, code: Code, notes: Vec<Text>) -> Finding {
    let root = FieldPath::default();
    // Which unit it would be of is not known for sure, so no unit's weight counts.
    let weight = Weight { stage: case.stage, tier: Tier::Ordinary };
    let Rating { severity, reason } = severity::of_object(code, &stray.key.gvk, weight);
    Finding {
        id: id(case, stray, code),
        code,
        object: stray.key.clone(),
        unit: None,
        line: None,
        path: root.shown_pointer(case.redactor),
        field: root.shown(case.redactor),
        pattern: root.pattern(case.redactor),
        desired: Shown::Absent,
        live: Shown::Text(case.redactor.text(&stray.key.to_string())),
        severity,
        severity_reason: case.redactor.text(&reason),
        // Those of its fields say nothing about how it came to be.
        owners: Vec::new(),
        rule: Text::from(if code == Code::ObjectOrphaned { rule::ORPHANED } else { rule::UNMANAGED }),
        notes,
        age: None,
    }
}

/// Where strays were looked for, and where they could not be: sentences without a full stop.
pub fn searched(orphans: Orphans, lists: &BTreeMap<ListPlace, Result<(), Obstacle>>, redactor: &Redactor) -> Vec<Text> {
    if orphans == Orphans::Off {
        return Vec::new();
    }
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((gvk, namespace), end) in lists {
        if end.is_ok() && never_a_units(gvk).is_none() {
            kinds.entry(&gvk.kind).or_default().extend(namespace.as_deref());
        }
    }
    let place = |(kind, namespaces): (&&str, &BTreeSet<&str>)| match namespaces.len() {
        0 => (*kind).to_owned(),
        _ => format!("{kind} ({})", namespaces.iter().copied().collect::<Vec<_>>().join(", ")),
    };
    let named: Vec<String> = kinds.iter().take(NAMED).map(place).collect();
    let more = kinds.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more kinds") } else { String::new() };
    let mut notes = Vec::new();
    if !named.is_empty() {
        notes.push(redactor.text(&format!("orphaned objects were looked for among {}{more}", named.join(", "))));
    }
    let unread = lists.iter().filter_map(|((gvk, _), end)| Some((gvk, end.as_ref().err()?)));
    let mut unread = unread.filter(|(gvk, _)| never_a_units(gvk).is_none());
    if orphans == Orphans::Full
        && let Some((gvk, Obstacle { reason: _, detail, remedy })) = unread.next()
    {
        let kinds: BTreeSet<String> = unread.map(|(gvk, _)| kinds_of(gvk)).chain([kinds_of(gvk)]).collect();
        let names = kinds.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let words = redactor.text(&format!("orphaned objects could not be looked for among {names}: "));
        notes.push([words, detail.clone(), Text::from("; "), remedy.clone()].into_iter().collect());
    }
    notes
}

/// What the full search asked for and did not get: it belongs to the scope, and may hold orphans.
pub fn unsearched(orphans: Orphans, live: &Live) -> Vec<NotCompared> {
    if orphans != Orphans::Full {
        return Vec::new();
    }
    // What hides a wanted object is told with that object.
    let told: BTreeSet<&Obstacle> = live
        .objects
        .values()
        .filter_map(|it| match it {
            Observed::NotRead(obstacle) => Some(obstacle),
            Observed::Found(_) | Observed::AsDesired | Observed::Absent => None,
        })
        .collect();
    // One gap for each kind, however many namespaces there are, and one for a server that is down.
    let mut kinds: BTreeMap<&GroupVersionKind, &Obstacle> = BTreeMap::new();
    for ((gvk, _), end) in live.lists.iter().filter(|((gvk, _), _)| never_a_units(gvk).is_none()) {
        if let Some(obstacle) = end.as_ref().err().filter(|it| !told.contains(it)) {
            kinds.entry(gvk).or_insert(obstacle);
        }
    }
    let obstacles: BTreeSet<&Obstacle> = kinds.into_values().collect();
    obstacles.into_iter().map(|it| NotCompared { unit: None, object: None, obstacle: it.clone() }).collect()
}

fn kinds_of(gvk: &GroupVersionKind) -> String {
    match (gvk.kind.as_str(), gvk.group.as_str(), gvk.version.as_str()) {
        ("*", "", _) => "the kinds of the core group".to_owned(),
        ("*", "*", _) => "the kinds of all other groups".to_owned(),
        ("*", ..) => format!("the kinds of {}", gvk.api_version()),
        (kind, ..) => kind.to_owned(),
    }
}

/// Kinds that a note names.
const NAMED: usize = 12;

#[cfg(test)]
mod tests;
