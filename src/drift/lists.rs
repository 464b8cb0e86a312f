//! Which entries of two lists belong together.

use serde_json::Value;

use super::defaults;
use super::place::Place;

/// How the API treats a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A map in disguise: entries are known by these fields. Who else adds entries does not touch ours.
    Keyed(&'static [&'static str]),
    /// Scalars without order. Who else adds entries does not touch ours.
    Set,
    /// One value: entries count by position, and one more is a change.
    Atomic,
    /// Nobody knows; entries have names. Paired by name so that a finding is small, but an entry more or another order
    /// counts, because it may matter.
    Named,
}

/// The one place that knows how lists of built-in kinds merge: `x-kubernetes-list-type` and `-map-keys` of the API's own
/// description.
fn merge_keys(place: &Place<'_>) -> Shape {
    const NAME: Shape = Shape::Keyed(&["name"]);
    match place.leaf() {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "resourceClaims"
        | "schedulingGates"
        | "matchConditions"
        | "webhooks"
        | "podGroupTemplates" => NAME,
        "claims" if place.parent() == "resources" => NAME,
        "imagePullSecrets" if place.kind() != "ServiceAccount" => NAME,
        "secrets" if place.kind() == "ServiceAccount" => NAME,
        "variables" if place.kind() == "ValidatingAdmissionPolicy" => NAME,
        "drivers" if place.kind() == "CSINode" => NAME,
        "ports" => match place.parent() {
            "containers" | "initContainers" | "ephemeralContainers" => Shape::Keyed(&["containerPort", "protocol"]),
            "spec" if place.kind() == "Service" => Shape::Keyed(&["port", "protocol"]),
            _ => Shape::Atomic,
        },
        "volumeMounts" => Shape::Keyed(&["mountPath"]),
        "volumeDevices" => Shape::Keyed(&["devicePath"]),
        "hostAliases" => Shape::Keyed(&["ip"]),
        "topologySpreadConstraints" => Shape::Keyed(&["topologyKey", "whenUnsatisfiable"]),
        "ownerReferences" if place.parent() == "metadata" => Shape::Keyed(&["uid"]),
        "finalizers" if place.parent() == "metadata" => Shape::Set,
        "podCIDRs" | "validationActions" | "volumeLifecycleModes" => Shape::Set,
        _ => Shape::Atomic,
    }
}

/// The shape of the list at `place`.
pub(super) fn shape(place: &Place<'_>, desired: &[Value], live: &[Value]) -> Shape {
    if place.is_typed() {
        return match merge_keys(place) {
            Shape::Keyed(keys) if !(all_have(keys, desired) && all_have(keys, live)) => Shape::Atomic,
            other => other,
        };
    }
    if !desired.is_empty() && is_named(desired) && is_named(live) { Shape::Named } else { Shape::Atomic }
}

/// Whether the order of a keyed list means something: `$(NAME)` in a variable refers to variables before it.
pub(super) fn order_counts(place: &Place<'_>, items: &[Value]) -> bool {
    let refers = |item: &Value| item.get("value").and_then(Value::as_str).is_some_and(|value| value.contains("$("));
    place.leaf() == "env" && items.iter().any(refers)
}

/// A manifest may lack a key (a container without a name); such a list can only be compared by position.
fn all_have(keys: &[&str], items: &[Value]) -> bool {
    items.iter().all(|item| keys.iter().all(|key| key_of(item, key).is_some()))
}

fn is_named(items: &[Value]) -> bool {
    let mut names: Vec<&str> = Vec::with_capacity(items.len());
    for item in items {
        match item.get("name").and_then(Value::as_str) {
            Some(name) => names.push(name),
            None => return false,
        }
    }
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

/// For each desired entry the index of the live one; None: it is not there. The result is None where an entry is given
/// more often on one side: then nothing says which one is meant.
pub(super) fn pair(keys: &[&str], desired: &[Value], live: &[Value]) -> Option<Vec<Option<usize>>> {
    let mut taken = vec![false; live.len()];
    let mut pairs: Vec<Option<usize>> = Vec::with_capacity(desired.len());
    for (index, item) in desired.iter().enumerate() {
        // Same position first: almost always right, and it keeps equal keys in order.
        let found = std::iter::once(index)
            .chain(0..live.len())
            .find(|at| live.get(*at).is_some_and(|it| !taken[*at] && same_key(keys, item, it)));
        if let Some(found) = found {
            taken[found] = true;
        }
        pairs.push(found);
    }
    let is_repeated = |item: &Value| desired.iter().any(|other| same_key(keys, item, other));
    let left: Vec<usize> = (0..live.len()).filter(|at| !taken[*at]).collect();
    if left.iter().any(|at| is_repeated(&live[*at])) {
        return None;
    }
    pair_by_name(keys, desired, live, &left, &mut pairs);
    Some(pairs)
}

/// A port whose number was changed keeps its name: *port 80 became 8080* says more than *port 80 is gone*. Only where
/// desired states what was changed: a protocol that it leaves to the default would go unseen.
fn pair_by_name(keys: &[&str], desired: &[Value], live: &[Value], left: &[usize], pairs: &mut [Option<usize>]) {
    if keys.contains(&"name") {
        return;
    }
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    for index in 0..desired.len() {
        let Some(wanted) = name(&desired[index]).filter(|_| pairs[index].is_none()) else { continue };
        let is_wanted = |item: &Value| name(item).as_ref() == Some(&wanted);
        let mut alike = left.iter().filter(|at| is_wanted(&live[**at]));
        let rivals = (0..desired.len()).filter(|it| pairs[*it].is_none() && is_wanted(&desired[*it]));
        if let (Some(only), None, 1) = (alike.next(), alike.next(), rivals.count())
            && keys
                .iter()
                .any(|key| desired[index].get(key).is_some() && !same_key(&[key], &desired[index], &live[*only]))
        {
            pairs[index] = Some(*only);
        }
    }
}

fn same_key(keys: &[&str], one: &Value, other: &Value) -> bool {
    keys.iter().all(|key| key_of(one, key) == key_of(other, key))
}

fn key_of<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    match item.get(key) {
        None | Some(Value::Null) => defaults::default_of_key(key),
        Some(Value::String(text)) if text.is_empty() => defaults::default_of_key(key),
        Some(value) => Some(value),
    }
}
