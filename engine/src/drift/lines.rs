//! The line of a unit's text on which a field stands.

use std::collections::BTreeMap;

use super::path::{FieldPath, Segment};
use crate::manifest::{self, Lines};
use crate::model::object::DesiredObject;
use crate::model::unit::Unit;

/// The lines of the units that were asked about, each read once.
pub(super) struct UnitLines<'a> {
    /// Those that came without a text.
    given: &'a BTreeMap<String, Vec<Option<Lines>>>,
    /// By unit, then by the object's position in it.
    read: BTreeMap<String, Vec<Option<Lines>>>,
}

impl<'a> UnitLines<'a> {
    pub(super) fn new(given: &'a BTreeMap<String, Vec<Option<Lines>>>) -> Self {
        Self { given, read: BTreeMap::new() }
    }

    /// The field's line; where it is not stated, that of what holds it; where nothing is known, the document's.
    pub(super) fn line(&mut self, object: &DesiredObject, unit: Option<&Unit>, path: &FieldPath) -> usize {
        let read = match self.given.get(&object.unit) {
            Some(given) => given,
            None => self.read.entry(object.unit.clone()).or_insert_with(|| {
                let text = unit.map_or("", |unit| unit.text.as_str());
                manifest::located(text).unwrap_or_default().into_iter().map(|it| it.lines).collect()
            }),
        };
        let Some(Some(root)) = read.get(object.document) else { return object.line };
        if path.segments().is_empty() {
            return object.line;
        }
        let mut at = root;
        for segment in path.segments() {
            let below = match segment {
                // Where the API keeps what `stringData` states.
                Segment::Key(key) if key == "data" && object.key.gvk.is_secret() => within_secret(root, path),
                Segment::Key(key) => at.field(key),
                Segment::Item { index, label: _ } => at.item(*index),
            };
            let Some(below) = below else { break };
            at = below;
        }
        at.line()
    }
}

/// `stringData` or `data`, whichever states the key that the path names: the first wins in the API too.
fn within_secret<'a>(root: &'a Lines, path: &FieldPath) -> Option<&'a Lines> {
    let [Segment::Key(_), Segment::Key(key), ..] = path.segments() else { return root.field("data") };
    let states = |field: &&Lines| field.field(key).is_some();
    root.field("stringData").filter(states).or_else(|| root.field("data"))
}
