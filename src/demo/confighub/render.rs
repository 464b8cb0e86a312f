//! Entities as JSON, in either generation's words. As the service does, zero and empty members are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Profile;
use super::state::{Release, Revision, Space, State, Target, Unit};
use crate::demo::clock::id;

/// Points at one entity of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ref {
    Organization,
    User(String),
    Space(Uuid),
    Target(Uuid),
    Filter(Uuid),
    Unit(Uuid),
    /// Of the unit, by number.
    Revision(Uuid, i64),
    Release(Uuid),
}

pub(super) type Entity = Map<String, Value>;

/// The entity itself, without configuration data.
pub(super) fn entity(state: &State, of: &Ref) -> Entity {
    let value = match of {
        Ref::Organization => {
            json!({"OrganizationID": organization().to_string(), "Slug": "demo", "DisplayName": "Demo"})
        }
        Ref::User(name) => json!({"UserID": id("user", name).to_string(), "Slug": name, "DisplayName": name,
            "Username": format!("{name}@example.test")}),
        Ref::Space(key) => state.spaces.get(key).map(|space| render_space(state, *key, space)).unwrap_or_default(),
        Ref::Target(key) => state.targets.get(key).map(|target| render_target(state, *key, target)).unwrap_or_default(),
        Ref::Filter(key) => render_filter(state, *key),
        Ref::Unit(key) => state.units.get(key).map(|unit| render_unit(state, *key, unit)).unwrap_or_default(),
        Ref::Revision(key, num) => state
            .units
            .get(key)
            .and_then(|unit| unit.numbered(*num).map(|revision| render_revision(state, *key, unit, revision)))
            .unwrap_or_default(),
        Ref::Release(key) => {
            state.releases.get(key).map(|release| render_release(state, *key, release)).unwrap_or_default()
        }
    };
    let Value::Object(mut members) = value else { return Map::new() };
    members.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        Value::Bool(_) | Value::Array(_) => true,
    });
    members
}

/// The entity that a join name leads to.
pub(super) fn join(state: &State, of: &Ref, name: &str) -> Option<Ref> {
    let space = |key: &Uuid| Some(Ref::Space(*key));
    match (of, name) {
        (_, "Organization") => Some(Ref::Organization),
        (Ref::Space(key), "ReleaseTarget") if state.profile == Profile::Release => {
            state.spaces.get(key)?.target.map(Ref::Target)
        }
        (Ref::Target(key), "Space") => space(&state.targets.get(key)?.space),
        (Ref::Filter(key), "Space") => space(&state.filters.get(key)?.space),
        (Ref::Release(key), "Space") => space(&state.releases.get(key)?.space),
        (Ref::Release(key), "Target") => Some(Ref::Target(state.releases.get(key)?.target)),
        (Ref::Revision(key, _), "Unit") => Some(Ref::Unit(*key)),
        (Ref::Revision(key, _), "Space") => space(&state.units.get(key)?.space),
        (Ref::Revision(key, num), "User") => Some(Ref::User(state.units.get(key)?.numbered(*num)?.author.clone())),
        (Ref::Unit(key), _) => {
            let unit = state.units.get(key)?;
            let shipped = || (unit.shipped > 0).then_some(Ref::Revision(*key, unit.shipped));
            match name {
                "Space" => space(&unit.space),
                "Target" => unit.target.map(Ref::Target),
                "UpstreamUnit" => upstream(state, unit).map(Ref::Unit),
                "UpstreamSpace" => upstream(state, unit).and_then(|key| space(&state.units.get(&key)?.space)),
                "HeadRevision" => Some(Ref::Revision(*key, unit.head().num)),
                "LastReleasedRevision" if state.profile == Profile::Release => shipped(),
                "LiveRevision" if state.profile == Profile::Bridge => shipped(),
                "LastAppliedRevision" if state.profile == Profile::Bridge => {
                    let num = requested(unit);
                    (num > 0).then_some(Ref::Revision(*key, num))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The member `Data` of the bridge's units and revisions: large, so that it is made only for rows that are answered.
pub(super) fn data(state: &State, of: &Ref) -> Option<Value> {
    let text = match of {
        Ref::Unit(key) => &state.units.get(key)?.head().text,
        Ref::Revision(key, num) => &state.units.get(key)?.numbered(*num)?.text,
        _ => return None,
    };
    (state.profile == Profile::Bridge && !text.is_empty()).then(|| STANDARD.encode(text).into())
}

/// What the bridge generation adds to a unit's envelope unasked.
pub(super) fn unit_status(state: &State, key: Uuid) -> Option<Value> {
    let unit = state.units.get(&key).filter(|_| state.profile == Profile::Bridge)?;
    let at = at(unit.shipped_at);
    Some(if unit.applying {
        json!({"Action": "Apply", "ActionResult": "None", "ActionStartedAt": at, "Status": "Progressing"})
    } else if unit.shipped == 0 {
        json!({"Action": "N/A", "ActionResult": "None", "Status": "NoLive"})
    } else {
        json!({"Action": "Apply", "ActionResult": "ApplyCompleted", "ActionStartedAt": at,
            "ActionTerminatedAt": at, "Status": "Ready"})
    })
}

fn render_space(state: &State, key: Uuid, space: &Space) -> Value {
    let mut value = json!({"SpaceID": key.to_string(), "Slug": space.slug, "DisplayName": space.slug, "Labels": space.labels,
        "OrganizationID": organization().to_string(), "EntityType": "Space", "Version": 1, "CreatedAt": at(space.created),
        "UpdatedAt": at(space.created)});
    if state.profile == Profile::Release {
        value["ReleaseTargetID"] = json!(space.target.map(text));
        value["UpstreamSpaceID"] = json!(space.upstream.map(text));
    }
    value
}

fn render_target(state: &State, key: Uuid, target: &Target) -> Value {
    let mut value = json!({"TargetID": key.to_string(), "SpaceID": target.space.to_string(), "SpaceSlug": slug(state, target.space),
        "Slug": target.slug, "DisplayName": target.slug, "OrganizationID": organization().to_string(), "EntityType": "Target",
        "Version": 1, "CreatedAt": at(target.created), "UpdatedAt": at(target.created)});
    let namespace = target.namespace.as_ref();
    match state.profile {
        Profile::Release => value["Facts"] = json!(namespace.map(|name| json!({"KubeNamespace": name}))),
        Profile::Bridge => {
            let mut parameters = json!({"KubeContext": target.slug, "WaitTimeout": "2m0s"});
            if let Some(name) = namespace {
                parameters["KubeNamespace"] = json!(name);
            }
            value["BridgeWorkerID"] = json!(id("worker", super::auth::WORKER).to_string());
            value["ProviderType"] = json!("Kubernetes");
            value["ToolchainType"] = json!("Kubernetes/YAML");
            value["Parameters"] = json!(parameters.to_string());
        }
    }
    value
}

fn render_filter(state: &State, key: Uuid) -> Value {
    let Some(filter) = state.filters.get(&key) else { return Value::Null };
    json!({"FilterID": key.to_string(), "SpaceID": filter.space.to_string(), "SpaceSlug": slug(state, filter.space), "Slug": filter.slug,
        "DisplayName": filter.slug, "From": filter.from, "Where": filter.expression,
        "OrganizationID": organization().to_string(), "EntityType": "Filter", "Version": 1,
        "CreatedAt": at(filter.created), "UpdatedAt": at(filter.created)})
}

fn render_unit(state: &State, key: Uuid, unit: &Unit) -> Value {
    let head = unit.head();
    let first = unit.revisions.first().map_or(head.at, |revision| revision.at);
    let upstream = upstream(state, unit);
    let mut value = json!({"UnitID": key.to_string(), "SpaceID": unit.space.to_string(), "SpaceSlug": slug(state, unit.space),
        "Slug": unit.slug, "DisplayName": unit.slug, "Labels": unit.labels, "ToolchainType": unit.toolchain,
        "OrganizationID": organization().to_string(), "EntityType": "Unit", "Version": head.num,
        "CreatedAt": at(first), "UpdatedAt": at(head.at), "LastChangeDescription": head.description,
        "DataHash": head.hash, "HeadRevisionNum": head.num, "HeadMutationNum": head.num, "TargetID": unit.target.map(text),
        "UpstreamUnitID": upstream.map(text), "UpstreamRevisionNum": upstream.and_then(|key| state.units.get(&key)).map(|unit| unit.head().num),
        "UpstreamSpaceID": upstream.and_then(|key| state.units.get(&key)).map(|unit| unit.space.to_string())});
    match state.profile {
        Profile::Release => {
            value["DataSize"] = json!(head.text.len());
            value["HeadRevisionID"] = json!(head.id.to_string());
            value["LastReleasedRevisionNum"] = json!(unit.shipped);
            value["HiddenReason"] = json!(unit.hidden.as_deref().unwrap_or_default());
        }
        Profile::Bridge => {
            value["LiveRevisionNum"] = json!(unit.shipped);
            value["LastAppliedRevisionNum"] = json!(requested(unit));
        }
    }
    value
}

fn render_revision(state: &State, key: Uuid, unit: &Unit, revision: &Revision) -> Value {
    let mut value = json!({"RevisionID": revision.id.to_string(), "RevisionNum": revision.num, "UnitID": key.to_string(),
        "SpaceID": unit.space.to_string(), "SpaceSlug": slug(state, unit.space), "OrganizationID": organization().to_string(),
        "EntityType": "Revision", "Version": 1, "Description": revision.description, "Source": revision.source,
        "UserID": id("user", &revision.author).to_string(), "UserAgent": "cub", "DataHash": revision.hash,
        "CreatedAt": at(revision.at), "UpdatedAt": at(revision.at)});
    match state.profile {
        Profile::Release => {
            value["DataSize"] = json!(revision.text.len());
            value["UnitSlug"] = json!(unit.slug);
        }
        Profile::Bridge if revision.num == unit.shipped => value["LiveAt"] = json!(at(unit.shipped_at)),
        Profile::Bridge => {}
    }
    value
}

fn render_release(state: &State, key: Uuid, release: &Release) -> Value {
    let live_status = release.live_status.as_ref().map(|status| {
        json!({"Reporter": "argobot", "DataSource": "ArgoCD", "Sync": status.sync, "Health": status.health,
            "Operation": status.operation, "ObservedAt": at(release.created)})
    });
    json!({"ReleaseID": key.to_string(), "ReleaseNum": release.num, "SpaceID": release.space.to_string(), "SpaceSlug": slug(state, release.space),
        "TargetID": release.target.to_string(), "TagID": id("tag", &format!("release-{key}")).to_string(), "UnitCount": release.units,
        "Published": true, "Digest": release.digest, "ManifestDigest": release.digest, "LiveStatus": live_status,
        "UserID": id("user", "admin").to_string(), "OrganizationID": organization().to_string(), "EntityType": "Release", "Version": 1,
        "CreatedAt": at(release.created), "UpdatedAt": at(release.created)})
}

/// Number of the revision for which an apply was asked last.
fn requested(unit: &Unit) -> i64 {
    if unit.applying { unit.head().num } else { unit.shipped }
}

/// The unit that this one was cloned from, if the story has it.
fn upstream(state: &State, unit: &Unit) -> Option<Uuid> {
    unit.upstream.filter(|key| state.units.contains_key(key))
}

fn slug(state: &State, space: Uuid) -> &str {
    state.spaces.get(&space).map_or("", |space| &space.slug)
}

fn organization() -> Uuid {
    id("organization", "demo")
}

fn text(id: Uuid) -> String {
    id.to_string()
}

fn at(time: Timestamp) -> String {
    time.to_string()
}
