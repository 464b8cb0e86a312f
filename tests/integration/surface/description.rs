//! The description files: which operation a request is, and what may stand in its `where`.

use std::sync::OnceLock;

use drift_detector::demo::world::Profile;
use serde_json::Value;

/// One generation of the service as it describes itself.
pub(crate) struct Description {
    pub(crate) json: &'static Value,
    pub(crate) profile: Profile,
}

/// One operation of it.
pub(crate) struct Operation<'a> {
    pub(crate) json: &'a Value,
}

impl Description {
    pub(crate) fn of(profile: Profile) -> Self {
        static RELEASE: OnceLock<Value> = OnceLock::new();
        static BRIDGE: OnceLock<Value> = OnceLock::new();
        let (cell, text) = match profile {
            Profile::Release => (&RELEASE, include_str!("../../confighub-surface/release.json")),
            Profile::Bridge => (&BRIDGE, include_str!("../../confighub-surface/bridge.json")),
        };
        Self { json: cell.get_or_init(|| serde_json::from_str(text).expect("the description is JSON")), profile }
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Value> {
        self.json["operations"].as_array().into_iter().flatten()
    }

    /// The operation that a request is, and its path parameters.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<(Operation<'static>, Vec<(String, String)>)> {
        let fitting = self.operations().filter(|operation| operation["method"] == method && self.exists(operation));
        let matches = fitting.filter_map(|json| Some((Operation { json }, bind(json["path"].as_str()?, path)?)));
        // `/unit/tag` is nearer to `/unit/tag` than to `/unit/{unit_id}`.
        matches.min_by_key(|(_, ids)| ids.len())
    }

    /// Whether the version that the stand-in reports has it.
    pub(crate) fn exists(&self, operation: &Value) -> bool {
        let served = version(self.profile.version());
        operation["since"].as_str().is_none_or(|since| version(since) <= served)
            && operation["until"].as_str().is_none_or(|until| served <= version(until))
    }

    pub(crate) fn schema(&self, name: &str) -> Option<&'static Value> {
        self.json["schemas"].get(name)
    }

    /// What may stand in a parameter (`where`, `include`, `order_by`) for an entity; None: unchecked.
    pub(crate) fn attributes(&self, parameter: &str, entity: &str) -> Option<Vec<&'static str>> {
        let list = match self.profile {
            Profile::Release => self.json["attributes"][parameter].get(entity)?,
            Profile::Bridge => self.operations().find_map(|operation| {
                let list = operation["query"][parameter].get("attributes")?;
                (entity_of(operation)? == entity).then_some(list)
            })?,
        };
        Some(list.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}

/// The entity that an operation returns: `Unit` for a list of `ExtendedUnit` or of `UnitData`.
pub(crate) fn entity_of(operation: &Value) -> Option<&str> {
    let of = &operation["responses"]["200"]["application/json"];
    let name = of["ref"].as_str().or_else(|| of["array"]["ref"].as_str())?;
    Some(name.strip_prefix("Extended").or_else(|| name.strip_suffix("Data")).unwrap_or(name))
}

fn bind(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut ids = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => ids.push((name.to_owned(), given.to_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(ids)
}

fn version(text: &str) -> Vec<u32> {
    text.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0)).collect()
}
