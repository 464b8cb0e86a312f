//! New values as YAML or JSON, in the style of the document.

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{ScalarStyle, StructureStyle};

use super::scalar::{self, Around, Before};
use super::tree::{Kind, Node};

/// How a document is laid out, by what stands in it first.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// How much deeper a mapping stands than the key it belongs to.
    pub(super) step: usize,
    /// How much deeper the dashes of a sequence do.
    pub(super) dashes: usize,
    /// Inside of braces: JSON or not.
    pub(super) flow: Around,
    /// After a colon inside of braces.
    pub(super) colon: &'static str,
    /// Between two entries inside of braces.
    pub(super) comma: &'static str,
}

/// A value: what stands after its key or dash, and the lines that follow with their indentation.
pub(super) struct Rendered {
    pub(super) head: String,
    pub(super) rest: Vec<String>,
}

impl Style {
    pub(super) fn of(text: &str, root: &Node<'_>, column: impl Fn(usize) -> usize) -> Self {
        let mut style = Self { step: 2, dashes: 0, flow: Around::Flow, colon: ": ", comma: ", " };
        if let Kind::Mapping(StructureStyle::Flow, entries) = &root.kind
            && let Some(entry) = entries.first().filter(|it| text[it.start..].starts_with('"'))
        {
            style.flow = Around::Json;
            if !text[..entry.value.start].ends_with(char::is_whitespace) {
                (style.colon, style.comma) = (":", ",");
            }
        }
        let (mut step, mut dashes) = (None, None);
        root.each(&mut |node| {
            let Kind::Mapping(StructureStyle::Block, entries) = &node.kind else { return };
            if step.is_some() && dashes.is_some() {
                return;
            }
            for entry in entries {
                let deeper = || column(entry.value.start).checked_sub(column(entry.start));
                match &entry.value.kind {
                    Kind::Mapping(StructureStyle::Block, _) if step.is_none() => step = deeper().filter(|it| *it > 0),
                    Kind::Sequence(StructureStyle::Block, _) if dashes.is_none() => dashes = deeper(),
                    _ => {}
                }
            }
        });
        Self { step: step.unwrap_or(style.step), dashes: dashes.unwrap_or(style.dashes), ..style }
    }

    /// A value inside of braces or brackets.
    pub(super) fn flow(&self, value: &Value, style: ScalarStyle) -> String {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let items: Vec<_> = items.iter().map(|it| self.flow(it, ScalarStyle::Plain)).collect();
                format!("[{}]", items.join(self.comma))
            }
            Value::Object(fields) if !fields.is_empty() => {
                let fields: Vec<_> = fields.iter().map(|(key, value)| self.flow_entry(key, value)).collect();
                format!("{{{}}}", fields.join(self.comma))
            }
            _ => scalar::inline(value, style, self.flow),
        }
    }

    pub(super) fn flow_entry(&self, key: &str, value: &Value) -> String {
        let value = self.flow(value, ScalarStyle::Plain);
        format!("{}{}{value}", key_text(key, self.flow), self.colon)
    }

    /// A value that is no filled collection, below something at column `parent`, its lines at `indent`.
    pub(super) fn scalar(&self, value: &Value, before: Before<'_>, parent: usize, indent: usize) -> Rendered {
        let block = value.as_str().and_then(|text| scalar::block(text, before, indent.saturating_sub(parent)));
        match block {
            Some(block) => {
                Rendered { head: block.header, rest: block.lines.iter().map(|it| line(indent, it)).collect() }
            }
            None => Rendered { head: scalar::inline(value, before.style, Around::Block), rest: Vec::new() },
        }
    }

    /// A filled collection as lines at a column.
    pub(super) fn collection(&self, value: &Value, column: usize) -> Vec<String> {
        match value {
            Value::Object(fields) => self.fields(fields, column),
            Value::Array(items) => items.iter().flat_map(|it| self.item(it, column, 1)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    pub(super) fn fields(&self, fields: &Map<String, Value>, column: usize) -> Vec<String> {
        fields.iter().flat_map(|(key, value)| self.field(key, value, column)).collect()
    }

    pub(super) fn field(&self, key: &str, value: &Value, column: usize) -> Vec<String> {
        let Rendered { head, rest } = self.below(value, column);
        let blank = if head.is_empty() { "" } else { " " };
        let first = line(column, &format!("{}:{blank}{head}", key_text(key, Around::Block)));
        std::iter::once(first).chain(rest).collect()
    }

    /// What a key at a column has for its value.
    fn below(&self, value: &Value, column: usize) -> Rendered {
        if is_filled(value) {
            let deeper = if value.is_array() { self.dashes } else { self.step };
            return Rendered { head: String::new(), rest: self.collection(value, column + deeper) };
        }
        self.scalar(value, NEW, column, column + self.step)
    }

    /// An entry of a sequence whose dashes stand at a column, so many blanks before its content.
    pub(super) fn item(&self, value: &Value, column: usize, gap: usize) -> Vec<String> {
        let inner = column + 1 + gap;
        let Rendered { head, rest } = self.compact(value, NEW, column, inner);
        let first = line(column, &format!("-{}{head}", " ".repeat(gap)));
        std::iter::once(first).chain(rest).collect()
    }

    /// A value that begins on the line of its dash, at a column.
    pub(super) fn compact(&self, value: &Value, before: Before<'_>, parent: usize, column: usize) -> Rendered {
        if !is_filled(value) {
            return self.scalar(value, before, parent, column);
        }
        let mut lines = self.collection(value, column);
        let head = lines.remove(0).split_off(column);
        Rendered { head, rest: lines }
    }
}

/// Where nothing stood.
pub(super) const NEW: Before<'static> = Before { style: ScalarStyle::Plain, header: "" };

pub(super) fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn key_text(key: &str, around: Around) -> String {
    scalar::inline(&Value::String(key.to_owned()), ScalarStyle::Plain, around)
}

/// Blank lines stay empty.
fn line(indent: usize, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("{}{content}", " ".repeat(indent)) }
}
