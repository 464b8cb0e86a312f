//! Reads the wanted objects: by list where many of a kind and namespace are wanted, by name where few are, and Secrets
//! always by name. One kind that fails leaves the others alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream;
use serde_json::value::RawValue;

use super::answer::{Meaning, judge};
use super::discovery::Served;
use super::list::{End, Listed, list};
use super::obstacle::{Question, Resource};
use super::request::{Connection, segment};
use crate::http::percent_encoded;
use crate::model::object::{Beside, GroupVersionKind, ListPlace, Live, ObjectKey, Observed, Stray};
use crate::model::outcome::{Obstacle, Reason};
use crate::page::{Asked, Keep, Settled};

/// Up to this many objects of a kind and namespace are read by name.
const FEW: usize = 5;

/// What is asked for beside the wanted objects.
#[derive(Clone, Default)]
pub struct Search {
    /// Which other objects of a list are kept.
    pub beside: Beside,
    /// What is listed even where nothing, or little, of it is wanted. Secrets never are.
    pub lists: BTreeSet<ListPlace>,
    /// Which of the wanted objects need not be kept once they were seen.
    pub settled: Option<Arc<Settled>>,
}

type Seen = Vec<(ObjectKey, Observed)>;

/// One piece of work: its requests follow each other.
enum Job<'a> {
    List(&'a Served, Place<'a>, Vec<&'a ObjectKey>),
    /// By name; the obstacle is what the list met, where there was one.
    Get(&'a Served, &'a ObjectKey, Option<Obstacle>),
}

/// Kind and namespace.
type Place<'a> = (&'a GroupVersionKind, Option<&'a str>);

/// What one piece of work gave.
#[derive(Default)]
struct Done<'a> {
    seen: Seen,
    strays: Vec<Stray>,
    list: Option<(Place<'a>, Result<(), Obstacle>)>,
    again: Vec<Job<'a>>,
}

/// Every wanted object has an entry.
pub(super) async fn read(
    connection: &Connection,
    wanted: &[ObjectKey],
    served: &BTreeMap<GroupVersionKind, Result<Served, Obstacle>>,
    search: &Search,
) -> Live {
    let mut live = Live::default();
    let mut groups: BTreeMap<Place<'_>, (&Served, Vec<&ObjectKey>)> = BTreeMap::new();
    for (gvk, namespace) in &search.lists {
        let Some(Ok(served)) = served.get(gvk) else { continue };
        let is_addressed = served.namespaced == namespace.is_some();
        if served.listable && is_addressed && !gvk.is_secret() {
            groups.insert((gvk, namespace.as_deref()), (served, Vec::new()));
        }
    }
    let sought: BTreeSet<Place<'_>> = groups.keys().copied().collect();
    let distinct: BTreeSet<&ObjectKey> = wanted.iter().collect();
    for key in distinct {
        match addressed(connection, key, served) {
            Ok(served) => {
                let namespace = namespace(key, served);
                groups.entry((&key.gvk, namespace)).or_insert_with(|| (served, Vec::new())).1.push(key);
            }
            Err(obstacle) => {
                live.objects.insert(key.clone(), Observed::NotRead(obstacle));
            }
        }
    }
    let jobs = groups.into_iter().flat_map(|(place, (served, keys))| {
        let few = keys.len() <= FEW && !sought.contains(&place);
        let by_name = !served.listable || place.0.is_secret() || few;
        if by_name && served.gettable {
            keys.into_iter().map(|key| Job::Get(served, key, None)).collect()
        } else {
            vec![Job::List(served, place, keys)]
        }
    });
    let mut jobs: Vec<Job<'_>> = jobs.collect();
    // A second round reads by name what must not be listed.
    while !jobs.is_empty() {
        let results = stream::iter(std::mem::take(&mut jobs)).map(|job| run(connection, job, search));
        let mut results = results.buffer_unordered(connection.limits.concurrency.max(1));
        while let Some(done) = results.next().await {
            live.objects.extend(done.seen);
            live.strays.extend(done.strays);
            live.lists
                .extend(done.list.map(|((gvk, namespace), end)| ((gvk.clone(), namespace.map(str::to_owned)), end)));
            jobs.extend(done.again);
        }
    }
    live.strays.sort_by(|one, other| one.key.cmp(&other.key));
    live
}

/// Every object of a kind in a namespace, by name.
pub(super) async fn all(
    connection: &Connection,
    gvk: &GroupVersionKind,
    served: &Served,
    namespace: Option<&str>,
) -> Result<Vec<Box<RawValue>>, Obstacle> {
    let asked = Asked { gvk: gvk.clone(), namespace: namespace.map(str::to_owned), keep: Keep::Everything };
    let listed = list(connection, &served.plural, &collection((gvk, namespace), served), asked).await;
    match listed.end {
        End::Complete => Ok(listed.kept.found.into_values().collect()),
        End::OneByOne(obstacle) | End::Broken(obstacle) => Err(obstacle),
    }
}

/// The kind as it is served, if the key can be addressed at all.
fn addressed<'a>(
    connection: &Connection,
    key: &ObjectKey,
    served: &'a BTreeMap<GroupVersionKind, Result<Served, Obstacle>>,
) -> Result<&'a Served, Obstacle> {
    let wrong = |detail: String, remedy| connection.obstacle(Reason::Misconfigured, &detail, remedy);
    let served = match served.get(&key.gvk) {
        Some(Ok(served)) => served,
        Some(Err(obstacle)) => return Err(obstacle.clone()),
        None => return Err(wrong(format!("{} was not looked for in this cluster", key.gvk), "report this as a bug")),
    };
    if served.namespaced && key.namespace.is_none() {
        return Err(wrong(format!("{key} has no namespace"), "name it in the unit, or as `namespace` of the target"));
    }
    if segment(&key.name).is_none() || key.namespace.as_deref().is_some_and(|it| segment(it).is_none()) {
        return Err(wrong(format!("{key} has a name that no object can have"), "correct `metadata.name` in the unit"));
    }
    Ok(served)
}

fn namespace<'a>(key: &'a ObjectKey, served: &Served) -> Option<&'a str> {
    key.namespace.as_deref().filter(|_| served.namespaced)
}

fn resource<'a>(key: &'a ObjectKey, served: &'a Served) -> Resource<'a> {
    Resource { group: &key.gvk.group, plural: &served.plural, namespace: namespace(key, served) }
}

/// Path of a collection.
fn collection((gvk, namespace): Place<'_>, served: &Served) -> String {
    let root = if gvk.group.is_empty() { "/api" } else { "/apis" };
    let encoded = |text: &str| segment(text).unwrap_or_default();
    let namespace = namespace.map(|it| format!("/namespaces/{}", percent_encoded(it))).unwrap_or_default();
    let version: Vec<String> = gvk.api_version().split('/').map(encoded).collect();
    format!("{root}/{}{namespace}/{}", version.join("/"), percent_encoded(&served.plural))
}

async fn run<'a>(connection: &Connection, job: Job<'a>, search: &Search) -> Done<'a> {
    match job {
        Job::Get(served, key, listing) => {
            Done { seen: vec![(key.clone(), get(connection, served, key, listing).await)], ..Done::default() }
        }
        Job::List(served, place, keys) => list_all(connection, served, place, keys, search).await,
    }
}

async fn list_all<'a>(
    connection: &Connection,
    served: &'a Served,
    place: Place<'a>,
    keys: Vec<&'a ObjectKey>,
    search: &Search,
) -> Done<'a> {
    let wanted: BTreeSet<String> = keys.iter().map(|key| key.name.clone()).collect();
    let (gvk, namespace) = place;
    let Search { beside, settled, lists: _ } = search.clone();
    let keep = Keep::Named { wanted, beside, settled };
    let asked = Asked { gvk: gvk.clone(), namespace: namespace.map(str::to_owned), keep };
    let Listed { mut kept, end } = list(connection, &served.plural, &collection(place, served), asked).await;
    let (mut seen, mut again) = (Seen::new(), Vec::new());
    for key in keys {
        let observed = match (kept.found.remove(&key.name), &end) {
            (Some(raw), _) => Observed::Found(raw),
            (None, _) if kept.settled.contains(&key.name) => Observed::AsDesired,
            (None, End::Complete) => Observed::Absent,
            (None, End::OneByOne(obstacle)) if served.gettable => {
                again.push(Job::Get(served, key, Some(obstacle.clone())));
                continue;
            }
            (None, End::OneByOne(obstacle) | End::Broken(obstacle)) => Observed::NotRead(obstacle.clone()),
        };
        seen.push((key.clone(), observed));
    }
    let end = match end {
        End::Complete => Ok(()),
        End::OneByOne(obstacle) | End::Broken(obstacle) => Err(obstacle),
    };
    Done { seen, strays: kept.strays, list: Some((place, end)), again }
}

async fn get(connection: &Connection, served: &Served, key: &ObjectKey, listing: Option<Obstacle>) -> Observed {
    let question = Question::Get(resource(key, served), &key.name);
    let path = format!(
        "{}/{}",
        collection((&key.gvk, namespace(key, served)), served),
        segment(&key.name).unwrap_or_default()
    );
    let answer = match connection.get(&path, "application/json").await {
        Ok(answer) => answer,
        Err(silence) => return Observed::NotRead(connection.silent(&question, silence)),
    };
    match judge(key, served, &answer) {
        Meaning::Found(raw) => Observed::Found(raw),
        Meaning::Absent => Observed::Absent,
        Meaning::Untrue(what) => Observed::NotRead(connection.untrue(&question, &what)),
        Meaning::Refused => {
            let obstacle = connection.refused(&question, &answer);
            // One sentence for the kind reads better than one for each of its objects.
            match listing {
                Some(of_list) if of_list.reason == obstacle.reason => Observed::NotRead(of_list),
                Some(_) | None => Observed::NotRead(obstacle),
            }
        }
    }
}
