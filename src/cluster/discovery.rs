//! Which kinds a server serves: two requests on servers from 1.26 on, else one more per group and version that is wanted.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::lock::Mutex;
use futures::stream;

use super::obstacle::Question;
use super::request::Connection;
use super::wire::{AggregatedList, AggregatedVersion, CoreVersions, GroupList, ResourceList, TypeMeta};
use crate::http::percent_encoded;
use crate::model::object::GroupVersionKind;
use crate::model::outcome::{Obstacle, Reason};
use crate::page::unread;

/// How a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The resource's name in paths, for example `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether it can be listed.
    pub listable: bool,
    /// Whether single objects can be read.
    pub gettable: bool,
}

/// Versions that are named where another one is wanted.
const ELSEWHERE: usize = 5;

const PLAIN: &str = "application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Group and version.
type Place = (String, String);

/// What is known about the groups and versions of a server.
type Catalogue = BTreeMap<Place, Version>;

#[derive(Debug)]
enum Version {
    /// Its kinds.
    Known(BTreeMap<String, Served>),
    /// Its kinds as the API server remembers them; the server behind it does not answer.
    Stale(BTreeMap<String, Served>),
    /// The server has it; its kinds were not asked for yet.
    Unasked,
    /// Asking failed.
    Failed(Obstacle),
}

/// What one server serves, as far as it was asked. No part of it is asked for twice.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    core: Mutex<Option<Result<Catalogue, Obstacle>>>,
    named: Mutex<Option<Result<Catalogue, Obstacle>>>,
}

impl Discovery {
    fn below(&self, root: &str) -> &Mutex<Option<Result<Catalogue, Obstacle>>> {
        if root == CORE { &self.core } else { &self.named }
    }
}

/// Where the core group is served.
const CORE: &str = "/api";
/// Where all other groups are.
const NAMED: &str = "/apis";

/// Every kind has an entry.
pub(super) async fn discover(
    connection: &Connection,
    discovery: &Discovery,
    kinds: &BTreeSet<GroupVersionKind>,
) -> BTreeMap<GroupVersionKind, Result<Served, Obstacle>> {
    let (core, named): (BTreeSet<_>, BTreeSet<_>) = kinds.iter().partition(|gvk| gvk.group.is_empty());
    let (core, named) =
        futures::join!(under(connection, discovery, CORE, core), under(connection, discovery, NAMED, named));
    core.into_iter().chain(named).collect()
}

/// What a server serves, for whoever wants all of it.
#[derive(Debug, Default)]
pub struct Listable {
    /// Every kind that can be listed, each at its best version.
    pub kinds: BTreeMap<GroupVersionKind, Served>,
    /// Groups and versions whose kinds are not known, as the kind `*`, and why. The group `*`: all but the core group.
    pub unknown: BTreeMap<GroupVersionKind, Obstacle>,
}

/// The group in which a kind's objects are looked for, where several serve the same ones: what moved out of `extensions`
/// is served there up to Kubernetes 1.21 (`AddCohabitatingResources` of `pkg/controlplane`).
pub fn home<'a>(group: &'a str, kind: &str) -> &'a str {
    match (group, kind) {
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        ("extensions", "PodSecurityPolicy") => "policy",
        ("events.k8s.io", "Event") => "",
        _ => group,
    }
}

/// Everything that can be listed, and why there may be more.
pub(super) async fn listable(connection: &Connection, discovery: &Discovery) -> Listable {
    let mut found = Vec::new();
    let mut unknown = BTreeMap::new();
    let all = |group: &str, version: &str| GroupVersionKind {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: "*".to_owned(),
    };
    for root in [CORE, NAMED] {
        let mut known = discovery.below(root).lock().await;
        let catalogue = match catalogue(connection, root, &mut known).await {
            Ok(catalogue) => catalogue,
            Err(obstacle) => {
                unknown.insert(all(if root == CORE { "" } else { "*" }, "*"), obstacle);
                continue;
            }
        };
        ask(connection, root, catalogue, |_| true).await;
        for ((group, version), contents) in catalogue {
            let kinds = match contents {
                // Its server was never reached, so that nothing of it is remembered.
                Version::Stale(kinds) if kinds.is_empty() => {
                    unknown.insert(all(group, version), stale(connection, group, version));
                    continue;
                }
                Version::Known(kinds) | Version::Stale(kinds) => kinds,
                Version::Failed(obstacle) => {
                    unknown.insert(all(group, version), obstacle.clone());
                    continue;
                }
                Version::Unasked => continue,
            };
            for (kind, served) in kinds.iter().filter(|(_, served)| served.listable) {
                let gvk = GroupVersionKind { group: group.clone(), version: version.clone(), kind: kind.clone() };
                found.push((gvk, served.clone()));
            }
        }
    }
    Listable { kinds: best(found), unknown }
}

/// Each kind once: in the group that it moved to, at its best version.
fn best(found: Vec<(GroupVersionKind, Served)>) -> BTreeMap<GroupVersionKind, Served> {
    let mut best = BTreeMap::<(String, String), ((bool, Rank), GroupVersionKind, Served)>::new();
    for (gvk, served) in found {
        let group = home(&gvk.group, &gvk.kind);
        let weight = (group == gvk.group, rank(&gvk.version));
        let place = (group.to_owned(), gvk.kind.clone());
        if best.get(&place).is_none_or(|(known, ..)| *known < weight) {
            best.insert(place, (weight, gvk, served));
        }
    }
    best.into_values().map(|(_, gvk, served)| (gvk, served)).collect()
}

/// Stage, major and minor number: greater is better.
type Rank = (u8, u32, u32);

/// As Kubernetes orders versions: `v2` before `v1` before `v2beta1` before `v1alpha1`
/// (`k8s.io/apimachinery/pkg/version/helpers.go`).
fn rank(version: &str) -> Rank {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let Ok(major) = rest[..digits].parse() else { return (0, 0, 0) };
    let stage = |name: &str| rest[digits..].strip_prefix(name).and_then(|minor| minor.parse().ok());
    match (&rest[digits..], stage("beta"), stage("alpha")) {
        ("", _, _) => (3, major, 0),
        (_, Some(minor), _) => (2, major, minor),
        (_, _, Some(minor)) => (1, major, minor),
        _ => (0, 0, 0),
    }
}

/// The kinds below `/api` (the core group) or `/apis` (all others). The two fail apart.
async fn under(
    connection: &Connection,
    discovery: &Discovery,
    root: &str,
    kinds: BTreeSet<&GroupVersionKind>,
) -> BTreeMap<GroupVersionKind, Result<Served, Obstacle>> {
    if kinds.is_empty() {
        return BTreeMap::new();
    }
    let mut known = discovery.below(root).lock().await;
    let catalogue = match catalogue(connection, root, &mut known).await {
        Ok(catalogue) => catalogue,
        Err(obstacle) => return kinds.into_iter().map(|gvk| (gvk.clone(), Err(obstacle.clone()))).collect(),
    };
    let wanted = kinds.iter().map(|gvk| place(gvk)).collect();
    ask(connection, root, catalogue, |at| BTreeSet::contains(&wanted, at)).await;
    // The other versions of a group are only asked for to name one that has the kind.
    let groups: BTreeSet<&str> =
        kinds.iter().filter(|gvk| find(catalogue, gvk).is_none()).map(|gvk| gvk.group.as_str()).collect();
    ask(connection, root, catalogue, |at| groups.contains(at.0.as_str())).await;
    kinds.iter().map(|gvk| ((*gvk).clone(), judge(connection, catalogue, gvk))).collect()
}

/// What is known below a root, asked for at the first call.
async fn catalogue<'a>(
    connection: &Connection,
    root: &str,
    known: &'a mut Option<Result<Catalogue, Obstacle>>,
) -> Result<&'a mut Catalogue, Obstacle> {
    if known.is_none() {
        *known = Some(at_root(connection, root).await);
    }
    known.as_mut().expect("it was asked for").as_mut().map_err(|obstacle| obstacle.clone())
}

/// What the root says: everything, or only which groups and versions there are.
async fn at_root(connection: &Connection, root: &str) -> Result<Catalogue, Obstacle> {
    let of = if root == CORE { "the core group" } else { "the API groups" };
    let question = Question::Kinds(of.to_owned());
    let mut answer = connection.get(root, AGGREGATED).await.map_err(|it| connection.silent(&question, it))?;
    if answer.status == http::StatusCode::NOT_ACCEPTABLE {
        answer = connection.get(root, PLAIN).await.map_err(|it| connection.silent(&question, it))?;
    }
    if answer.status != http::StatusCode::OK {
        return Err(connection.refused(&question, &answer));
    }
    let body = answer.body.as_slice();
    let kind = serde_json::from_slice(body).unwrap_or(TypeMeta::default());
    let read = match kind.kind.as_str() {
        "APIGroupDiscoveryList" if kind.api_version.starts_with("apidiscovery.k8s.io/") => {
            serde_json::from_slice(body).map(aggregated)
        }
        "APIGroupList" => serde_json::from_slice(body).map(|list: GroupList| {
            let places = list.groups.into_iter().flat_map(|group| {
                group.versions.into_iter().map(move |version| ((group.name.clone(), version.version), Version::Unasked))
            });
            places.collect()
        }),
        "APIVersions" => serde_json::from_slice(body).map(|list: CoreVersions| {
            list.versions.into_iter().map(|version| ((String::new(), version), Version::Unasked)).collect()
        }),
        _ => return Err(connection.untrue(&question, "is no API discovery document")),
    };
    read.map_err(|error| connection.untrue(&question, &unread("is no API discovery document", &error)))
}

fn aggregated(list: AggregatedList) -> Catalogue {
    let mut catalogue = Catalogue::new();
    for group in list.items {
        for version in group.versions {
            catalogue.insert((group.metadata.name.clone(), version.version.clone()), contents(version));
        }
    }
    catalogue
}

fn contents(version: AggregatedVersion) -> Version {
    let mut kinds = BTreeMap::new();
    for resource in version.resources {
        let Some(kind) = resource.response_kind.map(|it| it.kind) else { continue };
        add(&mut kinds, kind, served(resource.resource, resource.scope == "Namespaced", &resource.verbs));
    }
    if version.freshness == "Stale" { Version::Stale(kinds) } else { Version::Known(kinds) }
}

fn served(plural: String, namespaced: bool, verbs: &[String]) -> Served {
    let can = |verb| verbs.iter().any(|it| it == verb);
    Served { plural, namespaced, listable: can("list"), gettable: can("get") }
}

/// Several resources can answer with one kind; the one that can be read is meant.
fn add(kinds: &mut BTreeMap<String, Served>, kind: String, served: Served) {
    match kinds.get(&kind) {
        Some(known) if known.listable || known.gettable => {}
        Some(_) | None => {
            kinds.insert(kind, served);
        }
    }
}

/// Asks for the kinds of those groups and versions that are not known yet.
async fn ask(connection: &Connection, root: &str, catalogue: &mut Catalogue, wanted: impl Fn(&Place) -> bool) {
    let open: Vec<Place> = catalogue
        .iter()
        .filter(|(at, version)| matches!(version, Version::Unasked) && wanted(at))
        .map(|(at, _)| at.clone())
        .collect();
    let answers = stream::iter(open).map(|at| async move {
        let version = resources(connection, root, &at).await;
        (at, version.map_or_else(Version::Failed, Version::Known))
    });
    let answers: Vec<(Place, Version)> = answers.buffer_unordered(connection.limits.concurrency.max(1)).collect().await;
    catalogue.extend(answers);
}

async fn resources(connection: &Connection, root: &str, at: &Place) -> Result<BTreeMap<String, Served>, Obstacle> {
    let name = if at.0.is_empty() { at.1.clone() } else { format!("{}/{}", at.0, at.1) };
    let question = Question::Kinds(name.clone());
    let path = if at.0.is_empty() {
        format!("{root}/{}", percent_encoded(&at.1))
    } else {
        format!("{root}/{}/{}", percent_encoded(&at.0), percent_encoded(&at.1))
    };
    let answer = connection.get(&path, PLAIN).await.map_err(|it| connection.silent(&question, it))?;
    if answer.status != http::StatusCode::OK {
        return Err(connection.refused(&question, &answer));
    }
    let kind = serde_json::from_slice(&answer.body).unwrap_or(TypeMeta::default());
    let list: ResourceList = serde_json::from_slice(&answer.body)
        .map_err(|error| connection.untrue(&question, &unread("is no list of API resources", &error)))?;
    if kind.kind != "APIResourceList" || list.group_version != name {
        return Err(connection.untrue(&question, "is no list of these API resources"));
    }
    let mut kinds = BTreeMap::new();
    for resource in list.resources.into_iter().filter(|it| !it.name.contains('/')) {
        add(&mut kinds, resource.kind, served(resource.name, resource.namespaced, &resource.verbs));
    }
    Ok(kinds)
}

fn place(gvk: &GroupVersionKind) -> Place {
    (gvk.group.clone(), gvk.version.clone())
}

fn find<'a>(catalogue: &'a Catalogue, gvk: &GroupVersionKind) -> Option<&'a Served> {
    match catalogue.get(&place(gvk))? {
        Version::Known(kinds) | Version::Stale(kinds) => kinds.get(&gvk.kind),
        Version::Unasked | Version::Failed(_) => None,
    }
}

fn judge(connection: &Connection, catalogue: &Catalogue, gvk: &GroupVersionKind) -> Result<Served, Obstacle> {
    let host = &connection.whose.host;
    if let Some(served) = find(catalogue, gvk) {
        if served.listable || served.gettable {
            return Ok(served.clone());
        }
        return Err(connection.obstacle(
            Reason::NotServed,
            &format!("{host} takes {gvk} but keeps no objects of it that could be read"),
            "leave the kind out of the scope (`scope.exclude`, with the reason)",
        ));
    }
    match catalogue.get(&place(gvk)) {
        Some(Version::Failed(obstacle)) => return Err(obstacle.clone()),
        Some(Version::Stale(_)) => {
            return Err(stale(connection, &gvk.group, &gvk.version));
        }
        Some(Version::Known(_) | Version::Unasked) | None => {}
    }
    let elsewhere = elsewhere(catalogue, gvk);
    let (there, remedy) = match elsewhere.first() {
        Some(first) => (
            format!("; it serves {} at {}", gvk.kind, elsewhere.join(", ")),
            format!("write `apiVersion: {first}` in the unit, or leave the kind out of the scope"),
        ),
        None => (
            String::new(),
            "install its CustomResourceDefinition in this cluster, or leave the kind out of the scope".to_owned(),
        ),
    };
    Err(connection.obstacle(Reason::NotServed, &format!("{host} does not serve {gvk}{there}"), &remedy))
}

/// An aggregated API whose server is down.
fn stale(connection: &Connection, group: &str, version: &str) -> Obstacle {
    connection.obstacle(
        Reason::Unreachable,
        &format!("the API server at {} does not reach the server behind {group}/{version}", connection.whose.host),
        &format!("repair it (`kubectl get apiservice {version}.{group}`) and run again"),
    )
}

/// The versions that do have the kind: of its own group, else of others (`Ingress` moved).
fn elsewhere(catalogue: &Catalogue, gvk: &GroupVersionKind) -> Vec<String> {
    let has = |version: &Version| match version {
        Version::Known(kinds) | Version::Stale(kinds) => kinds.contains_key(&gvk.kind),
        Version::Unasked | Version::Failed(_) => false,
    };
    let all: Vec<&Place> = catalogue.iter().filter(|(_, version)| has(version)).map(|(at, _)| at).collect();
    let own: Vec<&Place> = all.iter().filter(|at| at.0 == gvk.group).copied().collect();
    let named = if own.is_empty() { all } else { own };
    // What a server says it has is as long as the server likes.
    named
        .into_iter()
        .take(ELSEWHERE)
        .map(|at| if at.0.is_empty() { at.1.clone() } else { format!("{}/{}", at.0, at.1) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_groups_serve_is_listed_once() {
        let served = || Served { plural: "things".to_owned(), namespaced: true, listable: true, gettable: true };
        let found = [
            ("extensions/v1beta1", "Ingress"),
            ("networking.k8s.io/v1beta1", "Ingress"),
            ("networking.k8s.io/v1", "Ingress"),
            ("v1", "Event"),
            ("events.k8s.io/v1", "Event"),
            ("extensions/v1beta1", "Thing"),
            ("example.com/v1", "Thing"),
        ];
        let found = found.map(|(version, kind)| (GroupVersionKind::new(version, kind), served()));
        let names: Vec<String> = best(found.to_vec()).keys().map(GroupVersionKind::to_string).collect();
        let wanted = [
            ("v1", "Event"),
            ("example.com/v1", "Thing"),
            ("extensions/v1beta1", "Thing"),
            ("networking.k8s.io/v1", "Ingress"),
        ];
        assert_eq!(names, wanted.map(|(version, kind)| GroupVersionKind::new(version, kind).to_string()));
    }

    #[test]
    fn versions_are_ordered_as_kubernetes_orders_them() {
        let ordered = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1"];
        for pair in ordered.windows(2) {
            assert!(rank(pair[0]) > rank(pair[1]), "{pair:?}");
        }
    }
}
