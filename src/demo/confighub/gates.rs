//! Triggers and the gates that they close: asynchronous, so that a client has to wait for their result.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Profile;
use super::attributes::Kind;
use super::evaluate::condition;
use super::render::{Ref, entity};
use super::state::{Entity, Record, State, Unit};

/// Stands in a unit while its Triggers run.
const AWAITING: &str = "awaiting/triggers";

/// What blocks a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gates {
    /// How many more reads see the Triggers run; None: they did.
    awaiting: Option<usize>,
    closed: BTreeSet<String>,
    warnings: BTreeSet<String>,
}

/// What the stand-in knows of a validating function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// So many people approved head.
    ApprovedBy(usize),
    /// Nothing is left to be filled in.
    NoPlaceholders,
}

impl Gates {
    pub(super) fn is_closed(&self) -> bool {
        self.awaiting.is_some() || !self.closed.is_empty()
    }

    /// Writes the members that carry gates.
    pub(super) fn render(&self, profile: Profile, members: &mut Entity) {
        let map = |names: &BTreeSet<String>| -> Value {
            names.iter().map(|name| (name.clone(), Value::Bool(true))).collect::<serde_json::Map<_, _>>().into()
        };
        let closed = match self.awaiting {
            Some(_) => json!({AWAITING: true}),
            None => map(&self.closed),
        };
        if profile == Profile::Release {
            members.insert("ValidationErrors".to_owned(), closed.clone());
            members.insert("ValidationWarnings".to_owned(), map(&self.warnings));
        }
        members.insert("ApplyGates".to_owned(), closed);
        members.insert("ApplyWarnings".to_owned(), map(&self.warnings));
    }
}

/// The check behind a function's name; None: not one of the stand-in's.
fn check(trigger: &Record) -> Option<Check> {
    let argument = || {
        let of = trigger.members.get("Arguments")?.get(0)?.get("Value")?;
        of.as_u64().or_else(|| of.as_str()?.parse().ok()).and_then(|num| usize::try_from(num).ok())
    };
    Some(match trigger.text("FunctionName") {
        "vet-approvedby" | "is-approved" => Check::ApprovedBy(argument().unwrap_or(1)),
        "vet-placeholders" | "no-placeholders" => Check::NoPlaceholders,
        _ => return None,
    })
}

/// Whether the stand-in can run this Trigger.
pub(super) fn is_known(function: &str) -> bool {
    ["vet-approvedby", "is-approved", "vet-placeholders", "no-placeholders"].contains(&function)
}

impl State {
    /// The gates of a head that was just written or approved.
    pub(super) fn gates_after_a_change(&self, unit: Uuid) -> Gates {
        let Some(of) = self.units.get(&unit) else { return Gates::default() };
        let runs = self.triggers_of(unit, of).next().is_some();
        Gates { awaiting: runs.then_some(self.guesses.polls_until_triggers_ran), ..Gates::default() }
    }

    /// These units were read: Triggers that were seen running come to an end.
    pub(super) fn were_read(&mut self, units: impl IntoIterator<Item = Uuid>) {
        for key in units {
            let Some(unit) = self.units.get(&key) else { continue };
            match unit.head().gates.awaiting {
                None => {}
                Some(polls) if polls > 1 => self.set_gates(key, |gates| gates.awaiting = Some(polls - 1)),
                Some(_) => self.settle(key),
            }
        }
    }

    /// The Triggers of this unit have run.
    pub(super) fn settle(&mut self, unit: Uuid) {
        let Some(settled) = self.units.get(&unit).map(|of| self.settled(unit, of)) else { return };
        self.set_gates(unit, |gates| *gates = settled);
    }

    fn set_gates(&mut self, unit: Uuid, change: impl FnOnce(&mut Gates)) {
        if let Some(unit) = self.units.get_mut(&unit) {
            change(&mut unit.head_mut().gates);
        }
    }

    fn settled(&self, key: Uuid, unit: &Unit) -> Gates {
        let mut gates = Gates::default();
        for trigger in self.triggers_of(key, unit) {
            let passes = match check(trigger) {
                Some(Check::ApprovedBy(wanted)) => unit.head().approved_by.len() >= wanted,
                Some(Check::NoPlaceholders) => {
                    let text = &unit.head().text;
                    !text.contains("confighubplaceholder") && !text.contains("999999999")
                }
                None => true,
            };
            if !passes {
                let space = trigger.space.map_or("", |space| self.space_slug(space));
                let name = format!("{space}/{}/{}", trigger.slug(), trigger.text("FunctionName"));
                let of = if trigger.is_set("Warn") { &mut gates.warnings } else { &mut gates.closed };
                of.insert(name);
            }
        }
        gates
    }

    /// The Triggers that run when this unit changes.
    fn triggers_of<'a>(&'a self, key: Uuid, unit: &'a Unit) -> impl Iterator<Item = &'a Record> {
        let space = self.record(Kind::Space, unit.space);
        self.all(Kind::Trigger)
            .filter(move |(id, trigger)| {
                trigger.text("Event") == "Mutation"
                    && !trigger.is_set("Disabled")
                    && trigger.text("ToolchainType") == unit.record.text("ToolchainType")
                    && space.is_some_and(|space| self.space_has(space, unit.space, *id, trigger))
                    && self.fits(Kind::Unit, &Ref::Unit(key), trigger.text("WhereUnit"))
            })
            .map(|(_, trigger)| trigger)
    }

    /// Unless the Space says otherwise, its own Triggers run in it.
    fn space_has(&self, space: &Record, space_id: Uuid, id: Uuid, trigger: &Record) -> bool {
        let of = Ref::Record(Kind::Trigger, id);
        let filter = space.id("TriggerFilterID").and_then(|id| self.record(Kind::Filter, id));
        let expression = space.text("WhereTrigger");
        let by_expression =
            if expression.is_empty() { filter.is_some() || trigger.space == Some(space_id) } else { true };
        by_expression
            && self.fits(Kind::Trigger, &of, expression)
            && filter.is_none_or(|filter| self.fits(Kind::Trigger, &of, filter.text("Where")))
    }

    fn fits(&self, kind: Kind, of: &Ref, expression: &str) -> bool {
        expression.is_empty()
            || condition(expression, kind, self.profile)
                .is_ok_and(|condition| condition.holds(self, of, &entity(self, of), kind))
    }
}
