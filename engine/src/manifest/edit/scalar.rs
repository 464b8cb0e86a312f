//! How a scalar is written so that Kubernetes, with its YAML 1.1, and everybody else read the same.

use std::fmt::Write as _;

use serde_json::Value;
use serde_saphyr::granit_parser::ScalarStyle;

/// Where a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    Block,
    /// Inside of braces or brackets.
    Flow,
    /// The document is JSON and stays so.
    Json,
}

/// A scalar, or an empty collection, on one line. `style` is what stood there; other values get the simplest that does.
pub(super) fn inline(value: &Value, style: ScalarStyle, around: Around) -> String {
    match value {
        Value::String(text) if around == Around::Json => double(text),
        Value::String(text) => match style {
            ScalarStyle::SingleQuoted if text.chars().all(is_printable) => format!("'{}'", text.replace('\'', "''")),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => double(text),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded if is_plain(text, around) => text.clone(),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => double(text),
        },
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A literal or folded text.
pub(super) struct Block {
    /// `|` or `>` with what follows it.
    pub(super) header: String,
    /// Its lines without indentation.
    pub(super) lines: Vec<String>,
}

/// What stood where a text is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Before<'a> {
    pub(super) style: ScalarStyle,
    /// The header of a literal or folded text, else empty.
    pub(super) header: &'a str,
}

/// A text of several lines, or of one where a block stood; None if it can only be quoted. `indent` is how much deeper its
/// lines stand than what they belong to.
pub(super) fn block(text: &str, before: Before<'_>, indent: usize) -> Option<Block> {
    let stood = !before.header.is_empty();
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    let quoted = matches!(before.style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
    if !stood && (quoted || !text.contains('\n')) || body.is_empty() || body.starts_with('\t') {
        return None;
    }
    if !body.chars().all(|it| is_printable(it) || matches!(it, '\n' | '\t')) {
        return None;
    }
    let keeps = before.header.contains('+');
    let chomping = match breaks {
        0 => "-",
        _ if keeps => "+",
        1 => "",
        // The blank lines that follow would be counted too.
        _ => return None,
    };
    let first = body.lines().find(|it| !it.trim_start_matches(' ').is_empty())?;
    let leading = body.lines().take_while(|it| it.trim_start_matches(' ').is_empty()).any(|it| !it.is_empty());
    let digit = first.starts_with([' ', '\t']) || leading || before.header.contains(|it: char| it.is_ascii_digit());
    if digit && !(1..=9).contains(&indent) {
        return None;
    }
    let digit = if digit { indent.to_string() } else { String::new() };
    let foldable =
        !body.starts_with('\n') && !body.lines().any(|it| it.starts_with([' ', '\t']) || it.ends_with([' ', '\t']));
    let folded = before.style == ScalarStyle::Folded && foldable;
    let mut lines: Vec<String> = Vec::new();
    for line in body.split('\n') {
        // One break is a blank there; each further one is a break.
        if folded && !line.is_empty() && lines.last().is_some() {
            lines.push(String::new());
        }
        lines.push(line.to_owned());
    }
    lines.extend((1..breaks).map(|_| String::new()));
    Some(Block { header: format!("{}{digit}{chomping}", if folded { '>' } else { '|' }), lines })
}

fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            it if is_printable(it) => quoted.push(it),
            // As JSON has it: in pairs beyond the first plane.
            it => it.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                write!(quoted, "\\u{unit:04x}").expect("a string takes everything");
            }),
        }
    }
    quoted.push('"');
    quoted
}

/// Printable on one line for every YAML: no control characters, no line breaks of Unicode, no byte order mark.
fn is_printable(it: char) -> bool {
    matches!(it, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{1fffd}')
}

/// Whether a text may stand without quotes.
pub(super) fn is_plain(text: &str, around: Around) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let starts = match first {
        '-' => second.is_some_and(|it| it.is_ascii_alphanumeric() || it == '-') && !text.starts_with("---"),
        ':' => around == Around::Block && second.is_some_and(|it| it.is_ascii_alphanumeric()),
        '.' => !text.starts_with("..."),
        it => !"?,[]{}#&*!|>'\"%@`=<~ ".contains(it) || it == '~' && second == Some('/'),
    };
    let flow = around == Around::Block || !text.contains([',', '[', ']', '{', '}']) && !text.contains(":\"");
    let inside = !text.contains(": ") && !text.contains(" #") && !text.ends_with([':', ' ']);
    starts && flow && inside && around != Around::Json && text.chars().all(is_printable) && !is_typed(text)
}

/// Whether some YAML reads it as a bool, a null, a number or a date. Rather too often than not.
fn is_typed(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = lower.trim_start_matches(['+', '-', '.']);
    const WORDS: [&str; 14] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "~", "none"];
    if WORDS.contains(&word) {
        return true;
    }
    let bytes = lower.as_bytes();
    let digits = bytes.first().is_some_and(u8::is_ascii_digit);
    // A version or an address is no number.
    if digits && lower.matches('.').count() > 1 && lower.bytes().all(|it| it.is_ascii_digit() || it == b'.') {
        return false;
    }
    let date = bytes.len() > 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-';
    let numeric = |it: u8| it.is_ascii_hexdigit() || b"xo_+-.:p".contains(&it);
    (digits || lower.starts_with(['+', '-', '.'])) && (date || lower.bytes().all(numeric))
}
