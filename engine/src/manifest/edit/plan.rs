//! The edits of a document as one tree, and what they make of its value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Change, Refused, Step};

/// What happens to a node.
pub(super) enum Plan<'a> {
    Set(&'a Value),
    Remove,
    /// Something happens below it.
    Below(BTreeMap<Step<'a>, Self>),
}

impl<'a> Plan<'a> {
    pub(super) fn new() -> Self {
        Self::Below(BTreeMap::new())
    }

    /// One edit more.
    pub(super) fn add(&mut self, path: &[Step<'a>], change: Change<'a>) -> Result<(), Refused> {
        let mut at = self;
        for step in path {
            let Plan::Below(steps) = at else { return Err(Refused::Overlap) };
            at = steps.entry(*step).or_insert_with(Self::new);
        }
        match at {
            Plan::Below(steps) if steps.is_empty() => {
                *at = match change {
                    Change::Set(value) => Plan::Set(value),
                    Change::Remove => Plan::Remove,
                };
                Ok(())
            }
            _ => Err(Refused::Overlap),
        }
    }

    /// Makes of a value what is planned for it.
    pub(super) fn apply(&self, value: &mut Value) -> Result<(), Refused> {
        let steps = match self {
            Plan::Set(new) => {
                *value = (*new).clone();
                super::super::yaml::write_as_go_does(value);
                return Ok(());
            }
            Plan::Remove => return Err(Refused::Missing),
            Plan::Below(steps) => steps,
        };
        if value.is_null() {
            *value = match steps.keys().next() {
                Some(Step::Key(_)) => Value::Object(Map::new()),
                Some(Step::Item(_)) => Value::Array(Vec::new()),
                None => Value::Null,
            };
        }
        match value {
            Value::Object(fields) => apply_to_fields(steps, fields),
            Value::Array(items) => apply_to_items(steps, items),
            _ if steps.is_empty() => Ok(()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(Refused::NoCollection),
        }
    }

    /// What is planned for a value that is not there.
    pub(super) fn fresh(&self) -> Result<Value, Refused> {
        let mut value = Value::Null;
        self.apply(&mut value)?;
        Ok(value)
    }
}

fn apply_to_fields(steps: &BTreeMap<Step<'_>, Plan<'_>>, fields: &mut Map<String, Value>) -> Result<(), Refused> {
    for (step, plan) in steps {
        let Step::Key(key) = step else { return Err(Refused::NoCollection) };
        match plan {
            Plan::Remove => drop(fields.remove(*key).ok_or(Refused::Missing)?),
            plan => plan.apply(fields.entry(*key).or_insert(Value::Null))?,
        }
    }
    Ok(())
}

fn apply_to_items(steps: &BTreeMap<Step<'_>, Plan<'_>>, items: &mut Vec<Value>) -> Result<(), Refused> {
    let mut removed = Vec::new();
    for (step, plan) in steps {
        let Step::Item(index) = step else { return Err(Refused::NoCollection) };
        match plan {
            Plan::Remove if *index < items.len() => removed.push(*index),
            plan if *index < items.len() => plan.apply(&mut items[*index])?,
            plan if *index == items.len() => items.push(plan.fresh()?),
            _ => return Err(Refused::Missing),
        }
    }
    let mut removed = removed.into_iter().peekable();
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        removed.next_if_eq(&(index - 1)).is_none()
    });
    Ok(())
}
