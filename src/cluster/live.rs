//! Reads the wanted objects: by list where many of a kind and namespace are wanted, by name where few are, and Secrets
//! always by name. One kind that fails leaves the others alone.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;

use super::answer::{Meaning, judge};
use super::discovery::Served;
use super::list::{Asked, End, list};
use super::obstacle::{Question, Resource};
use super::request::{Connection, segment};
use crate::http::percent_encoded;
use crate::model::object::{GroupVersionKind, ObjectKey, Observed};
use crate::model::outcome::{Obstacle, Reason};

/// Up to this many objects of a kind and namespace are read by name.
const FEW: usize = 5;

/// Kind and namespace.
type Group<'a> = (&'a GroupVersionKind, Option<&'a str>);

type Seen = Vec<(ObjectKey, Observed)>;

/// One piece of work: its requests follow each other.
enum Job<'a> {
    List(&'a Served, Vec<&'a ObjectKey>),
    /// By name; the obstacle is what the list met, where there was one.
    Get(&'a Served, &'a ObjectKey, Option<Obstacle>),
}

/// Every wanted object has an entry.
pub(super) async fn read(
    connection: &Connection,
    wanted: &[ObjectKey],
    served: &BTreeMap<GroupVersionKind, Result<Served, Obstacle>>,
) -> BTreeMap<ObjectKey, Observed> {
    let mut seen: BTreeMap<ObjectKey, Observed> = BTreeMap::new();
    let mut groups: BTreeMap<Group<'_>, (&Served, Vec<&ObjectKey>)> = BTreeMap::new();
    let distinct: BTreeSet<&ObjectKey> = wanted.iter().collect();
    for key in distinct {
        match addressed(connection, key, served) {
            Ok(served) => {
                let namespace = namespace(key, served);
                groups.entry((&key.gvk, namespace)).or_insert_with(|| (served, Vec::new())).1.push(key);
            }
            Err(obstacle) => {
                seen.insert(key.clone(), Observed::NotRead(obstacle));
            }
        }
    }
    let jobs = groups.into_iter().flat_map(|((gvk, _), (served, keys))| {
        let by_name = !served.listable || gvk.is_secret() || keys.len() <= FEW;
        if by_name && served.gettable {
            keys.into_iter().map(|key| Job::Get(served, key, None)).collect()
        } else {
            vec![Job::List(served, keys)]
        }
    });
    let mut jobs: Vec<Job<'_>> = jobs.collect();
    // A second round reads by name what must not be listed.
    while !jobs.is_empty() {
        let results = stream::iter(std::mem::take(&mut jobs)).map(|job| run(connection, job));
        let mut results = results.buffer_unordered(connection.limits.concurrency.max(1));
        while let Some((done, again)) = results.next().await {
            seen.extend(done);
            jobs.extend(again);
        }
    }
    seen
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

/// Path of the collection that the object is in.
fn collection(key: &ObjectKey, served: &Served) -> String {
    let root = if key.gvk.group.is_empty() { "/api" } else { "/apis" };
    let encoded = |text: &str| segment(text).unwrap_or_default();
    let namespace = namespace(key, served).map(|it| format!("/namespaces/{}", percent_encoded(it))).unwrap_or_default();
    let version: Vec<String> = key.gvk.api_version().split('/').map(encoded).collect();
    format!("{root}/{}{namespace}/{}", version.join("/"), percent_encoded(&served.plural))
}

async fn run<'a>(connection: &Connection, job: Job<'a>) -> (Seen, Vec<Job<'a>>) {
    match job {
        Job::Get(served, key, listing) => {
            (vec![(key.clone(), get(connection, served, key, listing).await)], Vec::new())
        }
        Job::List(served, keys) => list_all(connection, served, keys).await,
    }
}

async fn list_all<'a>(connection: &Connection, served: &'a Served, keys: Vec<&'a ObjectKey>) -> (Seen, Vec<Job<'a>>) {
    let Some(first) = keys.first().copied() else { return (Vec::new(), Vec::new()) };
    let wanted: BTreeSet<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let path = collection(first, served);
    let asked = Asked { gvk: &first.gvk, resource: resource(first, served), path: &path, wanted: &wanted };
    let mut listed = list(connection, asked).await;
    let (mut seen, mut again) = (Seen::new(), Vec::new());
    for key in keys {
        let observed = match (listed.found.remove(&key.name), &listed.end) {
            (Some(raw), _) => Observed::Found(raw),
            (None, End::Complete) => Observed::Absent,
            (None, End::OneByOne(obstacle)) if served.gettable => {
                again.push(Job::Get(served, key, Some(obstacle.clone())));
                continue;
            }
            (None, End::OneByOne(obstacle) | End::Broken(obstacle)) => Observed::NotRead(obstacle.clone()),
        };
        seen.push((key.clone(), observed));
    }
    (seen, again)
}

async fn get(connection: &Connection, served: &Served, key: &ObjectKey, listing: Option<Obstacle>) -> Observed {
    let question = Question::Get(resource(key, served), &key.name);
    let path = format!("{}/{}", collection(key, served), segment(&key.name).unwrap_or_default());
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
