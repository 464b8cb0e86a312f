//! Units come and go: created empty or with data, cloned from another, deleted.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answer::{Answer, Refused, bad_request};
use super::ask::{Ask, Run};
use super::attributes::Kind;
use super::auth::Permission;
use super::gates::Gates;
use super::members::{Use, of_entity};
use super::records::refuse_duplicate;
use super::state::{Draft, Record, State, Unit};
use super::unit_writes::{included, rendered, wrapped};
use super::units::readable;
use super::{Profile, bulk, deletion};
use crate::demo::locked;

/// Today's service creates a unit empty, and its data is written afterwards; the older one takes data at once.
pub(super) async fn create(Path(space): Path<String>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let space = ask.space(&state, &space)?;
    ask.need(&state, Permission::Edit, Some(space))?;
    let included = included(&ask)?;
    let mut members = of_entity(&ask, &state, Kind::Unit, Use::Create)?;
    members.remove("Version");
    if members.contains_key("ChangeSetID") {
        return Err(bad_request("a Unit is created first and put into a ChangeSet then"));
    }
    let data = match members.remove("Data") {
        Some(Value::String(data)) => {
            let bytes = STANDARD.decode(data).map_err(|error| bad_request(format!("Data: {error}")))?;
            String::from_utf8(bytes).map_err(|error| bad_request(format!("Data is not UTF-8: {error}")))?
        }
        _ => String::new(),
    };
    let slug = members.get("Slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(taken) = state.with_slug(Kind::Unit, Some(space), &slug) {
        if ask.is_asked("allow_exists")? {
            return Ok(wrapped(&ask, rendered(&state, taken), None));
        }
        refuse_duplicate(&state, Kind::Unit, &slug)?;
    }
    let of = upstream(&ask, &state)?;
    let text: Arc<str> = of.as_ref().map_or_else(|| data.as_str().into(), |(_, text)| text.clone());
    members.entry("DisplayName").or_insert_with(|| slug.clone().into());
    let description = members.get("LastChangeDescription").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, now) = (format!("{}/{slug}", state.space_slug(space)), ask.hub.clock.now());
    let key = state.fresh(Kind::Unit, &name);
    let mut unit = Unit {
        space,
        record: Record::new(Some(space), members, now),
        upstream: of.as_ref().map(|(upstream, _)| *upstream),
        change_set: None,
        revisions: Vec::new(),
        shipped: 0,
        shipped_at: now,
        applying: false,
    };
    let draft = |text: Arc<str>, source: &'static str, description: String| Draft {
        text,
        description,
        source,
        author: ask.author(),
        at: now,
        change_set: None,
        gates: Gates::default(),
    };
    let source = if of.is_some() { "CloneUnit" } else { "CreateUnit" };
    if state.profile == Profile::Release {
        unit.append(key, draft("".into(), "CreateUnit", "Created".to_owned()));
    }
    if state.profile == Profile::Bridge || !text.is_empty() {
        unit.append(key, draft(text.clone(), source, description));
    }
    state.units.insert(key, unit);
    let gates = state.gates_after_a_change(key);
    if let Some(unit) = state.units.get_mut(&key) {
        unit.head_mut().gates = gates;
    }
    let answer = wrapped(&ask, rendered(&state, key), included.then_some(&*text));
    if ask.run()? == Run::Dry {
        state.units.remove(&key);
    }
    Ok(answer)
}

type Upstream = ((uuid::Uuid, i64), Arc<str>);

/// The unit to clone, at head.
fn upstream(ask: &Ask, state: &State) -> Result<Option<Upstream>, Refused> {
    match (ask.parameter("upstream_space_id"), ask.parameter("upstream_unit_id")) {
        (None, None) => Ok(None),
        (Some(space), Some(unit)) => {
            let key = ask.unit(state, space, unit)?;
            let head = state.units.get(&key).ok_or_else(super::units::gone)?.head();
            Ok(Some(((key, head.num), head.text.clone())))
        }
        _ => Err(bad_request("upstream_space_id and upstream_unit_id go together")),
    }
}

pub(super) async fn delete(Path((space, unit)): Path<(String, String)>, ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let key = ask.unit(&state, &space, &unit)?;
    Ok(Json(deletion::delete(&ask, &mut state, Kind::Unit, key)?).into_response())
}

pub(super) async fn delete_many(ask: Ask) -> Answer {
    let mut state = locked(&ask.hub.state);
    let candidates = readable(&ask, &state, None);
    bulk::each(&ask, &mut state, Kind::Unit, candidates, |state, id| deletion::delete(&ask, state, Kind::Unit, id))
}
