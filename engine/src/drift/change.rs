//! What a unit's text would need in order to say what the cluster runs, and which way the rules want a difference resolved.

use serde_json::Value;

use super::compare::{Difference, Sensitivity};
use super::ignore;
use super::injected::Situation;
use super::owners::Owners;
use super::path::{FieldPath, Segment};
use crate::model::finding::{Code, Finding, Shown};
use crate::model::object::DesiredObject;
use crate::model::proposal::{Change, Direction, DirectionRule, Step};
use crate::redact::Text;

/// The rules of the configuration, for one environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directions<'a> {
    pub(super) rules: &'a [DirectionRule],
    pub(super) environment: &'a str,
}

impl Directions<'_> {
    /// The first rule that matches decides. `difference`: None for an object that is not there, whose fields nobody owns.
    fn choose(
        self,
        object: &DesiredObject,
        difference: Option<(&Situation<'_>, &Owners<'_>, &Difference)>,
    ) -> Direction {
        let matches = |rule: &&DirectionRule| {
            let DirectionRule { selector, path, manager, direction: _ } = rule;
            let field = (path.as_deref(), manager.as_deref());
            let covers = match difference {
                None => field == (None, None),
                Some((situation, owners, difference)) => {
                    ignore::covers_difference(field, situation, owners, difference)
                }
            };
            covers && ignore::selects(selector, self.environment, &object.key, &object.body)
        };
        self.rules.iter().find(matches).map_or(Direction::default(), |rule| rule.direction)
    }

    /// For a field.
    pub(super) fn of_field(
        self,
        object: &DesiredObject,
        (situation, owners): (&Situation<'_>, &Owners<'_>),
        difference: &Difference,
        finding: &Finding,
    ) -> Change {
        let path = match difference.code {
            Code::FieldAdded => place_in_desired(&difference.path, situation),
            _ => Some(difference.path.segments().iter().map(step).collect()),
        };
        let unacceptable = if difference.sensitivity == Sensitivity::Secret {
            Some(Text::from("the values of a Secret are not taken over"))
        } else if is_withheld(&finding.live, difference.live.as_ref()) {
            Some(Text::from("the cluster's value looks like a credential and is not taken over"))
        } else if path.is_none() {
            Some(Text::from("the unit has no place for it that can be found by name"))
        } else {
            None
        };
        Change {
            finding: finding.id.clone(),
            unit: object.unit.clone(),
            document: object.document,
            path,
            live: difference.live.clone(),
            direction: self.choose(object, Some((situation, owners, difference))),
            unacceptable,
        }
    }

    /// For an object that is not there.
    pub(super) fn of_object(self, object: &DesiredObject, finding: &Finding) -> Change {
        Change {
            finding: finding.id.clone(),
            unit: object.unit.clone(),
            document: object.document,
            path: Some(Vec::new()),
            live: None,
            direction: self.choose(object, None),
            unacceptable: None,
        }
    }
}

fn step(segment: &Segment) -> Step {
    match segment {
        Segment::Key(key) => Step::Key(key.clone()),
        Segment::Item { index, label: _ } => Step::Item(*index),
    }
}

/// Whether something of the value may not be shown. What may not be shown is not written elsewhere either.
fn is_withheld(shown: &Shown, live: Option<&Value>) -> bool {
    match (shown, live) {
        (Shown::Hidden(_), _) => true,
        (Shown::Text(text), Some(Value::String(raw))) => text.as_str() != raw,
        (Shown::Text(text), Some(raw)) => {
            let written = raw.to_string();
            text.as_str() != written
        }
        (Shown::Absent, _) | (Shown::Text(_), None) => false,
    }
}

/// The steps into desired of a field that only live has: entries of lists are found by what names them. None: they cannot
/// be, or all of the list's entry is new and stands somewhere in between.
fn place_in_desired(path: &FieldPath, situation: &Situation<'_>) -> Option<Vec<Step>> {
    let (mut desired, mut steps) = (Some(situation.desired), Vec::new());
    for segment in path.segments() {
        match segment {
            Segment::Key(key) => {
                desired = desired.and_then(|it| it.get(key));
                steps.push(Step::Key(key.clone()));
            }
            Segment::Item { index: _, label: Some((key, value)) } => {
                let items = desired.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let is_named = |item: &Value| match item.get(key) {
                    Some(Value::String(text)) => text == value,
                    Some(other) => {
                        let written = other.to_string();
                        written == *value
                    }
                    None => false,
                };
                let at = items.iter().position(is_named);
                desired = at.and_then(|at| items.get(at));
                // A new one goes to the end.
                steps.push(Step::Item(at.unwrap_or(items.len())));
            }
            Segment::Item { index: _, label: None } => return None,
        }
    }
    Some(steps)
}
