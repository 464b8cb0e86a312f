//! A plan and the tree of a document → what is replaced in the text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{ScalarStyle, StructureStyle};

use super::lines::Lines;
use super::plan::Plan;
use super::render::{self, Rendered, Style};
use super::scalar::{Around, Before};
use super::tree::{Aliased, Entry, Item, Kind, Node, Tag};
use super::{Refused, Step};

/// Collects what is replaced in one document.
pub(super) struct Patches<'a> {
    pub(super) lines: &'a Lines<'a>,
    pub(super) style: Style,
    pub(super) aliased: &'a Aliased,
    /// The number of the document.
    pub(super) document: usize,
    pub(super) found: &'a mut Vec<(Range<usize>, String)>,
}

/// What a node belongs to.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Root,
    /// A key of a block mapping at this column; the least that a sequence below it is indented.
    Field(usize, usize),
    /// A dash at this column.
    Item(usize),
    /// Braces or brackets.
    Flow,
}

impl Patches<'_> {
    /// Does what is planned for a node.
    pub(super) fn node(&mut self, node: &Node<'_>, plan: &Plan<'_>, slot: Slot) -> Result<(), Refused> {
        let steps = match plan {
            Plan::Set(value) => return self.replace(node, value, slot),
            Plan::Remove => return Err(Refused::Form),
            Plan::Below(steps) => steps,
        };
        if matches!(node.kind, Kind::Alias) || self.aliased.contains(self.document, node.anchor) {
            return Err(Refused::Aliased);
        }
        match &node.kind {
            Kind::Mapping(style, entries) => self.mapping(node, *style, entries, steps, slot),
            Kind::Sequence(style, items) => self.sequence(node, *style, items, steps, slot),
            // It is null: anything else was refused when the plan was applied to its value.
            Kind::Alias | Kind::Empty | Kind::Scalar(_) | Kind::Block(..) => self.replace(node, &plan.fresh()?, slot),
        }
    }

    fn mapping(
        &mut self,
        node: &Node<'_>,
        style: StructureStyle,
        entries: &[Entry<'_>],
        steps: &BTreeMap<Step<'_>, Plan<'_>>,
        slot: Slot,
    ) -> Result<(), Refused> {
        let keys = entries.iter().enumerate().filter_map(|(index, it)| Some((it.key.as_deref()?, index)));
        let keys: BTreeMap<&str, usize> = keys.collect();
        let merges = keys.contains_key("<<");
        let mut removed = vec![false; entries.len()];
        let mut added = Map::new();
        for (step, plan) in steps {
            let Step::Key(key) = step else { return Err(Refused::NoCollection) };
            match (keys.get(key), plan) {
                (Some(index), Plan::Remove) => {
                    self.may_replace(&entries[*index].value)?;
                    removed[*index] = true;
                }
                (Some(index), plan) => {
                    let entry = &entries[*index];
                    if !entry.colon {
                        return Err(Refused::Form);
                    }
                    let slot = match style {
                        StructureStyle::Block => {
                            Slot::Field(self.lines.column(entry.start), usize::from(entry.explicit))
                        }
                        StructureStyle::Flow => Slot::Flow,
                    };
                    self.node(&entry.value, plan, slot)?;
                }
                (None, Plan::Remove) => return Err(Refused::Aliased),
                (None, Plan::Below(_)) if merges => return Err(Refused::Aliased),
                (None, plan) => drop(added.insert((*key).to_owned(), plan.fresh()?)),
            }
        }
        if removed.iter().all(|it| *it) {
            return if removed.is_empty() && added.is_empty() {
                Ok(())
            } else {
                self.replace(node, &Value::Object(added), slot)
            };
        }
        let spans: Vec<_> = entries.iter().map(|it| (it.start, it.value.end.max(it.value.lead))).collect();
        match style {
            StructureStyle::Block => {
                let column = self.lines.column(node.start);
                let new = self.style.fields(&added, column);
                self.block(&spans, &removed, column, new);
            }
            StructureStyle::Flow => {
                let braces = self.lines.text[node.start..].starts_with('{');
                if !braces && (removed.contains(&true) || !added.is_empty()) {
                    return Err(Refused::Form);
                }
                let new = added.iter().map(|(key, value)| self.style.flow_entry(key, value)).collect();
                self.flow(&spans, &removed, new);
            }
        }
        Ok(())
    }

    fn sequence(
        &mut self,
        node: &Node<'_>,
        style: StructureStyle,
        items: &[Item<'_>],
        steps: &BTreeMap<Step<'_>, Plan<'_>>,
        slot: Slot,
    ) -> Result<(), Refused> {
        let mut removed = vec![false; items.len()];
        let mut added = Vec::new();
        for (step, plan) in steps {
            let Step::Item(index) = step else { return Err(Refused::NoCollection) };
            match (items.get(*index), plan) {
                (Some(item), Plan::Remove) => {
                    self.may_replace(&item.value)?;
                    removed[*index] = true;
                }
                (Some(item), plan) => {
                    let slot = match style {
                        StructureStyle::Block => Slot::Item(self.lines.column(item.start)),
                        StructureStyle::Flow => Slot::Flow,
                    };
                    self.node(&item.value, plan, slot)?;
                }
                (None, plan) => added.push(plan.fresh()?),
            }
        }
        if removed.iter().all(|it| *it) {
            return if removed.is_empty() && added.is_empty() {
                Ok(())
            } else {
                self.replace(node, &Value::Array(added), slot)
            };
        }
        let spans: Vec<_> = items.iter().map(|it| (it.start, it.value.end.max(it.value.lead))).collect();
        match style {
            StructureStyle::Block => {
                let column = self.lines.column(node.start);
                let gap = items.last().map_or(1, |it| self.gap(it));
                let new = added.iter().flat_map(|it| self.style.item(it, column, gap)).collect();
                self.block(&spans, &removed, column, new);
            }
            StructureStyle::Flow => {
                let new = added.iter().map(|it| self.style.flow(it, ScalarStyle::Plain)).collect();
                self.flow(&spans, &removed, new);
            }
        }
        Ok(())
    }

    /// The blanks between a dash and what follows it.
    fn gap(&self, item: &Item<'_>) -> usize {
        let after = &self.lines.text[item.start + 1..item.value.start.max(item.start + 1)];
        if !after.is_empty() && after.bytes().all(|it| it == b' ') { after.len() } else { 1 }
    }

    /// Removes entries of a block collection, not all of them, and adds lines after the last that stays.
    fn block(&mut self, spans: &[(usize, usize)], removed: &[bool], column: usize, new: Vec<String>) {
        let kept = removed.iter().position(|it| !it).unwrap_or(0);
        let mut first = 0;
        // The first may stand behind a dash, and what comes after it takes its place there.
        if kept > 0 && !self.lines.is_first(spans[0].0) {
            let end = spans[kept - 1].1;
            let start = spans[0].0;
            if self.lines.text[self.lines.end(end)..spans[kept].0].contains('#') {
                let before = self.lines.text[..start].trim_end_matches(' ').len();
                self.patch(before..self.lines.end(end), String::new());
            } else {
                self.patch(start..spans[kept].0, String::new());
            }
            first = kept;
        }
        for (span, _) in spans.iter().zip(removed).skip(first).filter(|(_, removed)| **removed) {
            let end = self.lines.with_comments(span.1, column);
            self.patch(self.lines.whole(span.0, end), String::new());
        }
        let last = removed.iter().rposition(|it| !it).unwrap_or(0);
        if !new.is_empty() {
            self.insert_lines(spans[last].1, new);
        }
    }

    /// The same inside of braces or brackets.
    fn flow(&mut self, spans: &[(usize, usize)], removed: &[bool], new: Vec<String>) {
        let text = self.lines.text;
        let last = removed.iter().rposition(|it| !it).unwrap_or(0);
        for index in (0..last).filter(|it| removed[*it]) {
            self.patch(spans[index].0..spans[index + 1].0, String::new());
        }
        if !new.is_empty() {
            let (start, end) = spans[last];
            let between = if self.lines.is_first(start) {
                format!(",{}{}", self.lines.eol, &text[self.lines.start(start)..start])
            } else {
                self.style.comma.to_owned()
            };
            let new: String = new.iter().flat_map(|it| [between.as_str(), it]).collect();
            self.patch(end..end, new);
        }
        for index in last + 1..spans.len() {
            let comma = super::tree::skip(text, spans[index - 1].1);
            let (start, end) = spans[index];
            if self.lines.is_first(start) && self.lines.start(start) > comma {
                self.patch(comma..comma + 1, String::new());
                self.patch(self.lines.whole(start, start).start..end, String::new());
            } else {
                self.patch(comma..end, String::new());
            }
        }
    }

    /// What a node loses must not be repeated elsewhere, nor read by a tag.
    fn may_replace(&self, node: &Node<'_>) -> Result<(), Refused> {
        let mut aliased = false;
        node.each(&mut |it| aliased |= self.aliased.contains(self.document, it.anchor));
        if aliased { Err(Refused::Aliased) } else { Ok(()) }
    }

    fn replace(&mut self, node: &Node<'_>, value: &Value, slot: Slot) -> Result<(), Refused> {
        self.may_replace(node)?;
        let keeps_tag = node.tag == Tag::None || node.tag == Tag::Text && value.is_string();
        if !keeps_tag {
            return Err(Refused::Tagged);
        }
        let style = match node.kind {
            Kind::Scalar(style) | Kind::Block(style, _) => style,
            _ => ScalarStyle::Plain,
        };
        if matches!(slot, Slot::Flow) || matches!(slot, Slot::Root) && self.style.flow == Around::Json {
            let new = self.style.flow(value, style);
            match node.kind {
                Kind::Empty => self.patch(node.lead..node.lead, format!(" {new}")),
                _ => self.patch(node.start..node.end, new),
            }
            return Ok(());
        }
        let Rendered { head, rest } = self.render(node, style, value, slot);
        match &node.kind {
            Kind::Mapping(StructureStyle::Block, _) | Kind::Sequence(StructureStyle::Block, _) => {
                self.put_for_block(node, head, rest, slot);
            }
            Kind::Block(..) => {
                let text = self.lines.text;
                let header = text[node.start..].find(char::is_whitespace).map_or(text.len(), |it| node.start + it);
                self.patch(node.start..header, head);
                let line = self.lines.end(node.start);
                if line < node.end {
                    self.patch(line..self.lines.end(node.end), self.joined(rest));
                } else {
                    self.insert_lines(node.start, rest);
                }
            }
            Kind::Empty => {
                let blanks = self.lines.text[node.lead..].bytes().take_while(|it| *it == b' ').count();
                let trailing = node.lead + blanks == self.lines.end(node.lead);
                let end = if trailing { node.lead + blanks } else { node.lead };
                let head = if head.is_empty() { head } else { format!(" {head}") };
                self.patch(node.lead..end, head);
                self.insert_lines(node.lead, rest);
            }
            Kind::Alias | Kind::Scalar(_) | Kind::Mapping(..) | Kind::Sequence(..) => {
                let start = if head.is_empty() { node.lead } else { node.start };
                self.patch(start..node.end, head);
                self.insert_lines(node.end, rest);
            }
        }
        Ok(())
    }

    fn put_for_block(&mut self, node: &Node<'_>, head: String, rest: Vec<String>, slot: Slot) {
        let end = self.lines.end(node.end);
        if matches!(slot, Slot::Root) || !self.lines.is_first(node.start) {
            let new = format!("{head}{}", self.joined(rest));
            return self.patch(node.start..end, new);
        }
        if !head.is_empty() {
            self.patch(node.lead..node.lead, format!(" {head}"));
        }
        let lines = self.lines.whole(node.start, node.end);
        self.patch(lines.start..end, self.joined(rest));
    }

    fn render(&self, node: &Node<'_>, style: ScalarStyle, value: &Value, slot: Slot) -> Rendered {
        let text = self.lines.text;
        // Whether the last line break of such a text is read depends on the reader.
        let open = !text.ends_with('\n')
            && self.lines.next(node.end).is_none()
            && value.as_str().is_some_and(|it| it.ends_with('\n'));
        let header = match node.kind {
            Kind::Block(..) if !open => text[node.start..].split_whitespace().next().unwrap_or_default(),
            _ => "",
        };
        let before = Before { style: if open { ScalarStyle::DoubleQuoted } else { style }, header };
        let column = self.lines.column(node.start);
        let (parent, inner) = match slot {
            Slot::Root | Slot::Flow => (0, 0),
            Slot::Field(parent, _) => (parent, parent + self.style.step),
            Slot::Item(dash) => (dash, dash + 2),
        };
        if !render::is_filled(value) {
            let indent = match node.kind {
                Kind::Block(_, indent) if indent > parent => indent,
                _ => inner.max(parent + 1),
            };
            return self.style.scalar(value, before, parent, indent);
        }
        let own_line = self.lines.is_first(node.start);
        match (slot, &node.kind) {
            (Slot::Field(_, least), kind) => {
                let column = match (kind, value) {
                    (Kind::Mapping(StructureStyle::Block, _), Value::Object(_))
                    | (Kind::Sequence(StructureStyle::Block, _), Value::Array(_))
                        if own_line =>
                    {
                        column
                    }
                    (_, Value::Array(_)) if least == 0 => parent + self.style.dashes,
                    _ => inner,
                };
                Rendered { head: String::new(), rest: self.style.collection(value, column) }
            }
            (Slot::Item(_), Kind::Mapping(StructureStyle::Block, _) | Kind::Sequence(StructureStyle::Block, _))
                if !own_line =>
            {
                self.style.compact(value, before, parent, column)
            }
            _ => self.style.compact(value, before, parent, inner),
        }
    }

    fn joined(&self, lines: Vec<String>) -> String {
        lines.into_iter().flat_map(|it| [self.lines.eol.to_owned(), it]).collect()
    }

    /// Writes lines after the one of a place.
    fn insert_lines(&mut self, after: usize, lines: Vec<String>) {
        if !lines.is_empty() {
            let end = self.lines.end(after);
            let new = self.joined(lines);
            self.patch(end..end, new);
        }
    }

    fn patch(&mut self, range: Range<usize>, new: String) {
        self.found.push((range, new));
    }
}
