//! PURE: changes single fields in the text of a unit and leaves every other byte as it is: ConfigHub takes what the
//! cluster runs, and a person sees in the diff nothing but that.

mod lines;
mod patch;
mod plan;
mod render;
mod scalar;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use self::lines::Lines;
use self::patch::{Patches, Slot};
use self::plan::Plan;
use self::render::Style;
use self::tree::Place;
use super::{ManifestError, yaml};

/// One step from a value to one in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step<'a> {
    /// The field of a mapping.
    Key(&'a str),
    /// The entry of a list, from 0.
    Item(usize),
}

/// One change of a unit's text.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The position among the objects of the unit, from 0, as [`super::Document::index`] has it.
    pub document: usize,
    /// From the object's root; empty for the whole object. Positions are those of the text as it is given, whatever else
    /// is edited: what is added to a list of three has the positions 3, 4 and so on.
    pub path: &'a [Step<'a>],
    /// What happens there.
    pub change: Change<'a>,
}

/// What happens to a value.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// It is replaced, or added with all that is missing above it.
    Set(&'a Value),
    /// It is taken away with its key; the last one leaves an empty collection.
    Remove,
}

/// Why a text was not edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no list of objects.
    #[error("the unit cannot be read: {0}")]
    Unreadable(#[from] ManifestError),
    /// Nothing is there to be removed, or the list is too short.
    #[error("the unit has nothing at that place")]
    Missing,
    /// A path leads through a scalar, or takes a list for a mapping.
    #[error("the unit has another kind of value on the way to that place")]
    NoCollection,
    /// Two edits of one place, or one inside of the other.
    #[error("two changes are to the same place")]
    Overlap,
    /// The change would show elsewhere too, or what it changes is written elsewhere.
    #[error("the place is shared through a YAML anchor, alias or merge key")]
    Aliased,
    /// The tag may not fit the new value.
    #[error("the place has a YAML tag")]
    Tagged,
    /// It is written in a way that cannot be edited in place.
    #[error("the place is written in a form of YAML that cannot be edited in place")]
    Form,
    /// The edited text does not say exactly what it should.
    #[error("the edited text would not be read as intended")]
    Misread,
}

/// The text with all changes made, read back and found to say exactly what it should.
///
/// # Errors
/// The text is not one of objects, a place is not there, or it cannot be changed without changing another.
pub fn edit(text: &str, edits: &[Edit<'_>]) -> Result<String, Refused> {
    let mut values: Vec<Value> = yaml::parse(text)?.into_iter().map(|part| part.value).collect();
    let objects = objects(&values)?;
    let mut plans: BTreeMap<usize, Plan<'_>> = BTreeMap::new();
    let mut removed = 0;
    for edit in edits {
        let object = objects.get(edit.document).ok_or(Refused::Missing)?;
        let path: Vec<Step<'_>> = object
            .items
            .iter()
            .flat_map(|it| [Step::Key("items"), Step::Item(*it)])
            .chain(edit.path.iter().copied())
            .collect();
        removed += usize::from(edit.path.is_empty() && matches!(edit.change, Change::Remove));
        plans.entry(object.part).or_insert_with(Plan::new).add(&path, edit.change)?;
    }
    for (part, plan) in &plans {
        match plan {
            Plan::Remove => {}
            plan => plan.apply(&mut values[*part])?,
        }
    }
    let edited = patched(text, &plans)?;
    let mut part = 0;
    values.retain(|_| {
        part += 1;
        !matches!(plans.get(&(part - 1)), Some(Plan::Remove))
    });
    let Ok(read) = yaml::parse(&edited) else { return Err(Refused::Misread) };
    let read: Vec<Value> = read.into_iter().map(|it| it.value).collect();
    // A list of some other kind that is empty is an object itself.
    let as_many = self::objects(&read).is_ok_and(|left| left.len() + removed == objects.len());
    if read == values && as_many { Ok(edited) } else { Err(Refused::Misread) }
}

/// Where an object of the unit is: a document, or an item of its `List`.
struct Object {
    part: usize,
    /// Positions in the `items`, from the outer list to the inner one.
    items: Vec<usize>,
}

fn objects(values: &[Value]) -> Result<Vec<Object>, Refused> {
    fn collect(value: &Value, part: usize, items: &[usize], found: &mut Vec<Object>) -> Result<(), Refused> {
        let Value::Object(fields) = value else {
            return Err(ManifestError { line: 1, problem: "a document is not a mapping".into() }.into());
        };
        if !super::is_list(super::text_of(fields, "kind").unwrap_or_default(), fields) {
            found.push(Object { part, items: items.to_vec() });
            return Ok(());
        }
        let entries = fields.get("items").and_then(Value::as_array).into_iter().flatten();
        for (index, item) in entries.enumerate() {
            let items: Vec<usize> = items.iter().copied().chain([index]).collect();
            collect(item, part, &items, found)?;
        }
        Ok(())
    }
    let mut found = Vec::new();
    for (part, value) in values.iter().enumerate() {
        collect(value, part, &[], &mut found)?;
    }
    Ok(found)
}

fn patched(text: &str, plans: &BTreeMap<usize, Plan<'_>>) -> Result<String, Refused> {
    let wanted: BTreeSet<usize> = plans.keys().copied().collect();
    let (places, aliased) = tree::places(text, &wanted)?;
    let lines = Lines::new(text);
    let mut patches = Vec::new();
    for (document, place) in places.iter().enumerate() {
        let Some((root, plan)) = place.root.as_ref().zip(place.part.and_then(|it| plans.get(&it))) else { continue };
        if matches!(plan, Plan::Remove) {
            patches.push((removed(text, &lines, &places, document), String::new()));
            continue;
        }
        let style = Style::of(text, root, |at| lines.column(at));
        let mut found = Patches { lines: &lines, style, aliased: &aliased, document, found: &mut patches };
        found.node(root, plan, Slot::Root)?;
    }
    // What is inserted at a place stands before what is taken away behind it.
    patches.sort_by_key(|(range, _)| (range.start, range.end));
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in patches {
        edited.push_str(text.get(at..range.start).ok_or(Refused::Form)?);
        edited.push_str(&new);
        at = range.end;
    }
    edited.push_str(text.get(at..).ok_or(Refused::Form)?);
    Ok(edited)
}

/// A document with the `---` before it; without one, with the one after it.
fn removed(text: &str, lines: &Lines<'_>, places: &[Place<'_>], document: usize) -> Range<usize> {
    let place = &places[document];
    let next = places.get(document + 1).map(|it| it.start);
    let start = lines.start(place.start);
    match next {
        Some(next) if place.marked => start..lines.start(next),
        Some(next) => lines.start(0)..lines.next(next).unwrap_or(text.len()),
        None if text.ends_with('\n') => start..text.len(),
        None => lines.whole(start, text.len()),
    }
}

#[cfg(test)]
mod tests;
