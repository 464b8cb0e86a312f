//! Deletion: refused while a gate forbids it or something still points there, unless that is to be detached.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Refused, conflict, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::auth::Permission;
use super::state::{Record, State};

/// Deletes one entity of any kind, and answers what a `DeleteResponse` says.
pub(super) fn delete(ask: &Ask, state: &mut State, kind: Kind, id: Uuid) -> Result<Value, Refused> {
    let record = state.record(kind, id).ok_or_else(|| not_found(format!("{} {id} not found", kind.name())))?;
    ask.need(state, Permission::Edit, if kind == Kind::Space { Some(id) } else { record.space })?;
    let slug = record.slug().to_owned();
    if let Some(gate) = gate(record) {
        let message = format!("{} {slug} has the delete gate `{gate}`", kind.name());
        return Err(Refused { status: StatusCode::UNPROCESSABLE_ENTITY, message });
    }
    let detached = ask.is_asked("detach")?;
    match kind {
        Kind::Space => {
            let members =
                state.units.iter().filter(|(_, unit)| unit.space == id).map(|(key, _)| *key).collect::<Vec<_>>();
            if !members.is_empty() && !ask.is_asked("recursive")? {
                return Err(conflict(format!("Space {slug} has {} units", members.len())));
            }
            if let Some(unit) =
                members.iter().find_map(|key| state.units.get(key).filter(|it| gate(&it.record).is_some()))
            {
                let message = format!("Unit {} has a delete gate", unit.record.slug());
                return Err(Refused { status: StatusCode::UNPROCESSABLE_ENTITY, message });
            }
            members.into_iter().for_each(|key| state.forget_unit(key));
            state.forget_space(id);
        }
        Kind::Unit => {
            if state.units.get(&id).is_some_and(|unit| unit.applying) {
                let message = format!("an operation on Unit {slug} is in flight");
                return Err(Refused { status: StatusCode::LOCKED, message });
            }
            state.forget_unit(id);
        }
        _ => {
            let users = state.users_of(kind, id);
            if !users.is_empty() && !detached {
                return Err(conflict(format!("{} {slug} is used by {} units", kind.name(), users.len())));
            }
            users.into_iter().for_each(|unit| state.detach(kind, id, unit));
            state.remove(kind, id);
        }
    }
    Ok(json!({"Message": format!("{} {slug} deleted", kind.name())}))
}

fn gate(record: &Record) -> Option<&str> {
    let gates = record.members.get("DeleteGates")?.as_object()?;
    gates.iter().find(|(_, closed)| **closed == Value::Bool(true)).map(|(name, _)| name.as_str())
}

impl State {
    fn forget_unit(&mut self, unit: Uuid) {
        self.hold(unit, None);
        self.units.remove(&unit);
    }

    fn forget_space(&mut self, space: Uuid) {
        for kind in
            [Kind::Target, Kind::Filter, Kind::Release, Kind::ChangeSet, Kind::Tag, Kind::Trigger, Kind::ChangeWorkflow]
        {
            let inside: Vec<Uuid> =
                self.all(kind).filter(|(_, it)| it.space == Some(space)).map(|(id, _)| id).collect();
            for id in inside {
                self.users_of(kind, id).into_iter().for_each(|unit| self.detach(kind, id, unit));
                self.remove(kind, id);
            }
        }
        self.remove(Kind::Space, space);
    }

    /// Units that point at the entity: a ChangeSet's by their lock or a revision, a Tag's by a revision, a Target's.
    fn users_of(&self, kind: Kind, id: Uuid) -> Vec<Uuid> {
        let uses = |unit: &super::state::Unit| match kind {
            Kind::ChangeSet => {
                unit.change_set == Some(id) || unit.revisions.iter().any(|revision| revision.change_set == Some(id))
            }
            Kind::Tag => unit.revisions.iter().any(|revision| revision.tags.contains(&id)),
            Kind::Target => unit.record.id("TargetID") == Some(id),
            _ => false,
        };
        self.units.iter().filter(|(_, unit)| uses(unit)).map(|(key, _)| *key).collect()
    }

    fn detach(&mut self, kind: Kind, id: Uuid, unit: Uuid) {
        if self.units.get(&unit).is_some_and(|unit| unit.change_set == Some(id)) {
            self.hold(unit, None);
        }
        let Some(unit) = self.units.get_mut(&unit) else { return };
        if kind == Kind::Target {
            unit.record.members.remove("TargetID");
        }
        for revision in &mut unit.revisions {
            revision.tags.remove(&id);
            revision.change_set = revision.change_set.filter(|it| *it != id);
        }
    }
}
