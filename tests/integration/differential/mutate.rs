//! What other users, managers and the desired text itself do: one random change of a given class.

use serde_json::{Value, json};

use super::class::Class;
use super::estate::NAMESPACE;
use super::judge::MANAGER;
use super::place::{self, Place, Step};
use super::random::Random;
use super::rewrite;
use super::schema::Node;
use super::server::{Patch, Request};
use super::value::Pool;
use super::verb::{Edit, Verb};

/// As many replicas as the autoscalers of the test allow.
pub(super) const AUTOSCALED: i64 = 4;

/// What a class proposes.
pub(super) enum Proposal {
    /// Requests to the server, one after the other.
    Live(Vec<Request>),
    /// Another text, which nobody has applied.
    Desired(Value),
    /// Another text, which is applied before it is compared.
    Shipped(Value),
}

/// One object and everything around it.
pub(super) struct Scene<'a> {
    pub(super) root: Node<'a>,
    pub(super) pool: &'a Pool,
    pub(super) path: &'a str,
    pub(super) collection: &'a str,
    pub(super) desired: &'a Value,
    pub(super) live: &'a Value,
}

impl Scene<'_> {
    /// One change of the class; None: the object has no place for it.
    pub(super) fn propose(&self, class: Class, random: &mut Random) -> Option<Proposal> {
        let request = match class {
            Class::Scale => self.scale(random),
            Class::Status => self.status(random)?,
            Class::Edit | Class::Controllers => self.leaf(Verb::Update, random)?,
            Class::MergePatch => self.leaf(Verb::Merge, random)?,
            Class::JsonPatch => self.leaf(Verb::Json, random)?,
            Class::StrategicPatch => self.leaf(Verb::Strategic, random)?,
            Class::ApplyByAnother => self.leaf(Verb::Apply, random)?,
            Class::TakeOver => {
                let place = self.somewhere(random)?;
                self.write(Verb::Apply, self.live, &place)?
            }
            Class::AddItem => self.add_item(random)?,
            Class::RemoveItem => self.remove_item(random)?,
            Class::RemoveField => {
                let place = self.somewhere(random)?;
                let verb = [Verb::any(random), Verb::Strategic];
                self.write(*random.pick(&verb)?, &place::without(self.live, &place)?, &place)?
            }
            Class::Reorder => self.reorder(random)?,
            Class::Default => self.default(random)?,
            Class::Empty => self.empty(random)?,
            Class::AddField => self.add_field(random)?,
            Class::Labels => self.labels(random)?,
            Class::Autoscaler => return Some(Proposal::Live(self.autoscaler(random))),
            Class::Recreate => return Some(Proposal::Live(self.recreate(random)?)),
            rewriting => return rewrite::propose(self, rewriting, random),
        };
        Some(Proposal::Live(vec![request]))
    }

    /// A place of live, mostly one that desired states.
    fn somewhere(&self, random: &mut Random) -> Option<Place> {
        if random.percent(80) {
            let stated = place::choose(&place::all(self.desired), random)?;
            return place::counterpart(self.root, self.desired, self.live, &stated);
        }
        place::choose(&place::all(self.live), random)
    }

    fn places(&self, random: &mut Random, wanted: impl Fn(&Value, Option<Node<'_>>) -> bool) -> Option<Place> {
        let mut places: Vec<Place> = if random.percent(80) {
            let stated = place::all(self.desired);
            stated.iter().filter_map(|it| place::counterpart(self.root, self.desired, self.live, it)).collect()
        } else {
            place::all(self.live)
        };
        places.retain(|it| place::get(self.live, it).is_some_and(|value| wanted(value, place::node(self.root, it))));
        place::choose(&places, random)
    }

    fn write(&self, verb: Verb, after: &Value, place: &[Step]) -> Option<Request> {
        verb.request(self.root, self.path, &Edit { before: self.live, after, place })
    }

    fn scale(&self, random: &mut Random) -> Request {
        let body = json!({"spec": {"replicas": random.below(6)}});
        Request::patch(&format!("{}/scale", self.path), "kubectl-scale", Patch::Merge, body)
    }

    /// Too many replicas, and an autoscaler that allows fewer.
    fn autoscaler(&self, random: &mut Random) -> Vec<Request> {
        let name = &self.live["metadata"]["name"];
        let body = json!({
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                "maxReplicas": AUTOSCALED,
            },
        });
        let path = format!("/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers");
        let scale = json!({"spec": {"replicas": AUTOSCALED + 1 + i64::try_from(random.below(4)).unwrap_or_default()}});
        vec![
            Request::post(&path, "setup", body),
            Request::patch(&format!("{}/scale", self.path), "kubectl-scale", Patch::Merge, scale),
        ]
    }

    fn status(&self, random: &mut Random) -> Option<Request> {
        let node = self.root.field("status")?;
        let fields = node.fields();
        let status = match random.pick(&fields) {
            Some(field) => json!({ *field: self.pool.some(node.field(field)?, field, 3, random)? }),
            None => json!({"phase": "Ready", "size": random.below(9)}),
        };
        let body = json!({ "status": status });
        Some(Request::patch(&format!("{}/status", self.path), "kubelet", Patch::Merge, body))
    }

    /// One scalar becomes another.
    fn leaf(&self, verb: Verb, random: &mut Random) -> Option<Request> {
        let place = self.places(random, |value, _| !value.is_object() && !value.is_array())?;
        let node = place::node(self.root, &place);
        let current = place::get(self.live, &place)?;
        let new = match node {
            Some(node) => self.pool.scalar(node, place::leaf(&place), current, random),
            None => json!("other"),
        };
        self.write(verb, &place::with(self.live, &place, new)?, &place)
    }

    fn add_item(&self, random: &mut Random) -> Option<Request> {
        let mut place = self.places(random, |value, _| value.is_array())?;
        let items = place::get(self.live, &place)?.as_array()?;
        let item = place::node(self.root, &place)?.item()?;
        let mut added = match random.pick(items) {
            Some(like) => like.clone(),
            None => self.pool.some(item, place::leaf(&place), 3, random)?,
        };
        if let Value::Object(fields) = &mut added {
            // What names an entry must be another.
            for key in ["name", "port", "containerPort", "mountPath", "ip", "key", "path", "topologyKey", "host"] {
                if let Some(value) = fields.get_mut(key) {
                    *value = match value {
                        Value::Number(number) => json!(number.as_i64()? + 1 + i64::try_from(random.below(50)).ok()?),
                        Value::String(text) => json!(format!("{text}-2")),
                        _ => continue,
                    };
                }
            }
        } else {
            added = self.pool.scalar(item, place::leaf(&place), &added, random);
        }
        let mut list = items.clone();
        let at = if random.percent(50) { list.len() } else { random.below(list.len() + 1) };
        list.insert(at, added);
        let after = place::with(self.live, &place, Value::Array(list))?;
        if random.percent(30) && at == items.len() {
            place.push(Step::Index(at));
            return self.write(Verb::Apply, &after, &place);
        }
        self.write(Verb::any(random), &after, &place)
    }

    fn remove_item(&self, random: &mut Random) -> Option<Request> {
        let place = self.places(random, |value, _| value.as_array().is_some_and(|it| !it.is_empty()))?;
        let mut list = place::get(self.live, &place)?.as_array()?.clone();
        list.remove(random.below(list.len()));
        self.write(Verb::any(random), &place::with(self.live, &place, Value::Array(list))?, &place)
    }

    fn reorder(&self, random: &mut Random) -> Option<Request> {
        let place = self.places(random, |value, _| value.as_array().is_some_and(|it| it.len() > 1))?;
        let mut list = place::get(self.live, &place)?.as_array()?.clone();
        list.rotate_left(1);
        self.write(Verb::any(random), &place::with(self.live, &place, Value::Array(list))?, &place)
    }

    /// A field gets the value that it would have if nobody had said anything.
    fn default(&self, random: &mut Random) -> Option<Request> {
        let place = self.places(random, |value, _| !value.is_object() && !value.is_array())?;
        let after = match place::node(self.root, &place).and_then(Node::default) {
            Some(default) => place::with(self.live, &place, default.clone())?,
            None => place::without(self.live, &place)?,
        };
        self.write(Verb::any(random), &after, &place)
    }

    fn empty(&self, random: &mut Random) -> Option<Request> {
        let place = self.somewhere(random)?;
        let new = rewrite::zero(place::get(self.live, &place)?);
        self.write(Verb::any(random), &place::with(self.live, &place, new)?, &place)
    }

    /// A field that live does not have yet.
    fn add_field(&self, random: &mut Random) -> Option<Request> {
        let mut place = self.places(random, |value, node| value.is_object() && node.is_some())?;
        let node = place::node(self.root, &place)?;
        let has = place::get(self.live, &place)?.as_object()?;
        let absent: Vec<&str> = node.fields().into_iter().filter(|key| !has.contains_key(*key)).collect();
        let key = random.pick(&absent).copied().unwrap_or("added.example.com");
        let value = self.pool.some(node.field(key)?, key, 4, random)?;
        place.push(Step::Key(key.to_owned()));
        let after = place::with(self.live, &place, value)?;
        let verb = if random.percent(30) { Verb::Apply } else { Verb::any(random) };
        self.write(verb, &after, &place)
    }

    fn labels(&self, random: &mut Random) -> Option<Request> {
        let map = *random.pick(&["labels", "annotations"])?;
        let has = self.live["metadata"][map].as_object();
        let known: Vec<&String> = has.into_iter().flatten().map(|(key, _)| key).collect();
        let (key, value) = match (random.below(3), random.pick(&known)) {
            (0, Some(key)) => (key.as_str(), Value::Null),
            (1, Some(key)) => (key.as_str(), json!("changed")),
            _ => ("example.com/added", json!("by-hand")),
        };
        let body = json!({"metadata": { map: { key: value } }});
        let manager = if map == "labels" { "kubectl-label" } else { "kubectl-annotate" };
        Some(Request::patch(self.path, manager, Patch::Merge, body))
    }

    /// Deleted, and perhaps made again by somebody else, perhaps differently.
    fn recreate(&self, random: &mut Random) -> Option<Vec<Request>> {
        let delete = Request::delete(self.path);
        if random.percent(30) {
            return Some(vec![delete]);
        }
        let mut body = if random.percent(50) { self.live.clone() } else { self.desired.clone() };
        if random.percent(60) {
            let place = place::choose(&place::all(&body), random)?;
            body = place::without(&body, &place)?;
        }
        Some(vec![delete, created(self.collection, "kubectl-create", body)])
    }
}

/// The request that makes such an object anew.
pub(super) fn created(collection: &str, manager: &str, mut body: Value) -> Request {
    if let Some(metadata) = body["metadata"].as_object_mut() {
        metadata.retain(|key, _| {
            matches!(key.as_str(), "name" | "namespace" | "labels" | "annotations" | "ownerReferences" | "finalizers")
        });
    }
    if let Some(fields) = body.as_object_mut() {
        fields.remove("status");
    }
    Request::post(collection, manager, body)
}

/// Desired becomes live.
pub(super) fn shipped(path: &str, desired: &Value) -> Request {
    Request::apply(path, MANAGER, desired.clone())
}
