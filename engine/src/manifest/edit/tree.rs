//! Where every node of a document stands in the text, from the parser's events. Between two events only blanks, comments,
//! anchors, tags and indicators can stand.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, StructureStyle, options};

use super::Refused;

/// One document of the text, empty ones included.
pub(super) struct Place<'a> {
    /// Where its `---` stands, or where it begins without one.
    pub(super) start: usize,
    /// Whether it begins with `---`.
    pub(super) marked: bool,
    /// Its root, if it is a mapping that was asked for.
    pub(super) root: Option<Node<'a>>,
    /// Its position among the mappings, if it is one.
    pub(super) part: Option<usize>,
}

/// A value with its place, in bytes.
pub(super) struct Node<'a> {
    /// After the indicator and the anchor and tag: a value that is missing is written here.
    pub(super) lead: usize,
    /// Its first byte without anchor and tag; of block collections the first dash or key.
    pub(super) start: usize,
    /// After its last byte, without the line break of a block scalar.
    pub(super) end: usize,
    /// The parser's number of its anchor; 0 is none.
    pub(super) anchor: usize,
    pub(super) tag: Tag,
    pub(super) kind: Kind<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!!str` or `!`.
    Text,
    Other,
}

pub(super) enum Kind<'a> {
    /// Nothing is written.
    Empty,
    Alias,
    Scalar(ScalarStyle),
    /// A literal or folded text; the column of its lines.
    Block(ScalarStyle, usize),
    Mapping(StructureStyle, Vec<Entry<'a>>),
    Sequence(StructureStyle, Vec<Item<'a>>),
}

/// A key and its value.
pub(super) struct Entry<'a> {
    /// Of the key with anchor and tag, or of the `?` before it.
    pub(super) start: usize,
    /// None: an alias, a collection.
    pub(super) key: Option<Cow<'a, str>>,
    /// Whether a `:` is written.
    pub(super) colon: bool,
    /// Whether the key stands behind a `?`.
    pub(super) explicit: bool,
    pub(super) value: Node<'a>,
}

/// An entry of a sequence.
pub(super) struct Item<'a> {
    /// Of its dash; in flow style of the node with anchor and tag.
    pub(super) start: usize,
    pub(super) value: Node<'a>,
}

impl Node<'_> {
    /// Calls for the node and everything below it.
    pub(super) fn each(&self, f: &mut impl FnMut(&Self)) {
        f(self);
        match &self.kind {
            Kind::Mapping(_, entries) => entries.iter().for_each(|it| it.value.each(f)),
            Kind::Sequence(_, items) => items.iter().for_each(|it| it.value.each(f)),
            Kind::Empty | Kind::Alias | Kind::Scalar(_) | Kind::Block(..) => {}
        }
    }
}

/// The documents of a text with the trees of those that are wanted, and the anchors that are repeated somewhere.
pub(super) fn places<'a>(text: &'a str, wanted: &BTreeSet<usize>) -> Result<(Vec<Place<'a>>, Aliased), Refused> {
    let options = options! { emit_anchor_events: true, emit_comments: false };
    let mut builder = Builder {
        text,
        parser: Parser::new_from_str_with_options(text, options),
        at: 0,
        aliased: Aliased::default(),
        document: 0,
    };
    let mut places = Vec::new();
    let mut parts = 0;
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => return Ok((places, builder.aliased)),
            Event::DocumentStart(marked, _) => {
                let range = range_of(&span)?;
                builder.document = places.len();
                builder.at = if marked { range.end } else { range.start };
                let (event, span) = builder.next()?;
                let part = matches!(event, Event::MappingStart(..)).then_some(parts);
                parts += usize::from(part.is_some());
                let root = match part.filter(|it| wanted.contains(it)) {
                    Some(_) => Some(builder.node(event, &span)?),
                    None => None,
                };
                places.push(Place { start: range.start, marked, root, part });
            }
            _ => {}
        }
    }
}

/// Anchors that an alias repeats, each with the number of its document: the parser counts anew in each.
#[derive(Default)]
pub(super) struct Aliased(BTreeSet<(usize, usize)>);

impl Aliased {
    pub(super) fn contains(&self, document: usize, anchor: usize) -> bool {
        anchor != 0 && self.0.contains(&(document, anchor))
    }
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// Everything before it is accounted for.
    at: usize,
    aliased: Aliased,
    document: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Refused> {
        let next = self.parser.next_event().and_then(Result::ok).ok_or(Refused::Form)?;
        if let Event::Alias(anchor) = next.0 {
            self.aliased.0.insert((self.document, anchor));
        }
        Ok(next)
    }

    /// The node that an event begins.
    fn node(&mut self, event: Event<'a>, span: &Span) -> Result<Node<'a>, Refused> {
        let range = range_of(span)?;
        let mut lead = self.at;
        let mut anchor = 0;
        let mut tag = Tag::None;
        if let Some(written) = event.tag() {
            tag =
                if written.core_suffix() == Some("str") || written.original() == "!" { Tag::Text } else { Tag::Other };
            let span = span.tag_span().and_then(|it| it.byte_range()).ok_or(Refused::Form)?;
            lead = lead.max(span.end);
        }
        if let Some(id) = event.anchor_id() {
            anchor = id;
            let (_, span) = self.next()?;
            lead = lead.max(range_of(&span)?.end);
        }
        self.at = lead;
        let done = |start, end, kind| Node { lead, start, end, anchor, tag, kind };
        let node = match event {
            Event::Scalar(_, ScalarStyle::Plain, ..) if range.is_empty() => done(lead, lead, Kind::Empty),
            Event::Scalar(_, style @ (ScalarStyle::Literal | ScalarStyle::Folded), ..) => {
                let header = self.skip(lead);
                let indent = span.indent.unwrap_or(0);
                done(header, self.block_end(header, range.end, indent), Kind::Block(style, indent))
            }
            Event::Scalar(_, style, ..) => done(range.start, range.end, Kind::Scalar(style)),
            Event::Alias(_) => done(range.start, range.end, Kind::Alias),
            Event::SequenceStart(StructureStyle::Block, ..) => {
                let items = self.items(StructureStyle::Block)?;
                let (first, last) = items.first().zip(items.last()).ok_or(Refused::Form)?;
                done(first.start, last.value.end, Kind::Sequence(StructureStyle::Block, items))
            }
            Event::MappingStart(StructureStyle::Block, ..) => {
                let entries = self.entries(StructureStyle::Block)?;
                let (first, last) = entries.first().zip(entries.last()).ok_or(Refused::Form)?;
                done(first.start, last.value.end, Kind::Mapping(StructureStyle::Block, entries))
            }
            Event::SequenceStart(style, ..) => {
                self.at = range.end;
                let items = self.items(style)?;
                done(range.start, self.at, Kind::Sequence(style, items))
            }
            Event::MappingStart(style, ..) => {
                // A pair in a list, `[a: b]`, has no brace.
                self.at = if self.text[range.clone()].starts_with('{') { range.end } else { lead };
                let entries = self.entries(style)?;
                done(range.start, self.at, Kind::Mapping(style, entries))
            }
            _ => return Err(Refused::Form),
        };
        self.at = node.end;
        Ok(node)
    }

    fn items(&mut self, style: StructureStyle) -> Result<Vec<Item<'a>>, Refused> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return self.close(style, &span).map(|()| items);
            }
            self.at = self.skip(self.at);
            let expected = if style == StructureStyle::Block { b'-' } else { b',' };
            let found = self.byte(self.at) == Some(expected);
            let start = self.at;
            if found {
                self.at += 1;
            } else if style == StructureStyle::Block || !items.is_empty() {
                return Err(Refused::Form);
            }
            let start = if style == StructureStyle::Block { start } else { self.skip(self.at) };
            items.push(Item { start, value: self.node(event, &span)? });
        }
    }

    fn entries(&mut self, style: StructureStyle) -> Result<Vec<Entry<'a>>, Refused> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return self.close(style, &span).map(|()| entries);
            }
            self.at = self.skip(self.at);
            if style == StructureStyle::Flow && self.byte(self.at) == Some(b',') {
                self.at = self.skip(self.at + 1);
            }
            let start = self.at;
            let blank = |it: Option<u8>| it.is_none_or(|it| it.is_ascii_whitespace());
            let explicit = self.byte(start) == Some(b'?') && blank(self.byte(start + 1));
            self.at += usize::from(explicit);
            let key = match &event {
                Event::Scalar(text, ..) => Some(text.clone()),
                _ => None,
            };
            self.node(event, &span)?;
            let colon = self.skip(self.at);
            let written = self.byte(colon) == Some(b':');
            if written {
                self.at = colon + 1;
            }
            let (event, span) = self.next()?;
            entries.push(Entry { start, key, colon: written, explicit, value: self.node(event, &span)? });
        }
    }

    /// Block collections end with their last entry, wherever the parser noticed.
    fn close(&mut self, style: StructureStyle, span: &Span) -> Result<(), Refused> {
        if style == StructureStyle::Flow {
            let range = range_of(span)?;
            if !range.is_empty() {
                self.at = range.end;
            }
        }
        Ok(())
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip(&self, at: usize) -> usize {
        skip(self.text, at)
    }

    /// The parser counts blank lines, and the indentation of what follows, to a block scalar. They are its own only if it
    /// keeps them, or if they are longer than its indentation.
    fn block_end(&self, header: usize, end: usize, indent: usize) -> usize {
        let trim =
            |at: usize| self.text[..at].strip_suffix('\n').map_or(at, |it| it.strip_suffix('\r').unwrap_or(it).len());
        let line_of = |at: usize| self.text[..at].rfind('\n').map_or(0, |it| it + 1);
        let body = self.text[header..].find('\n').map_or(self.text.len(), |it| header + it + 1);
        let keeps = self.text[header..body].split_whitespace().next().is_some_and(|it| it.contains('+'));
        let mut end = end.max(body);
        let line = line_of(end);
        if line >= body && self.text[line..end].bytes().all(|it| it == b' ') {
            end = line;
        }
        end = trim(end);
        while !keeps && end >= body {
            let line = line_of(end);
            if end - line > indent || !self.text[line..end].bytes().all(|it| it == b' ') {
                break;
            }
            end = trim(line);
        }
        end
    }
}

fn range_of(span: &Span) -> Result<std::ops::Range<usize>, Refused> {
    span.byte_range().ok_or(Refused::Form)
}

/// The first byte that is neither blank nor part of a comment.
pub(super) fn skip(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at += text[at..].find('\n').unwrap_or(text.len() - at),
            Some(0xEF) if bytes[at..].starts_with("\u{feff}".as_bytes()) => at += 3,
            _ => return at,
        }
    }
}
