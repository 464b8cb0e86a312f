//! Text that others wrote, made safe to stand in GitHub's Markdown: nothing in it becomes a mention, a reference, a link,
//! an emoji, HTML, a formula or a piece of a table.

use std::fmt::Write as _;

/// Invisible and direction-changing characters (Unicode classes Cf, Zl, Zp and some that are drawn as nothing).
const UNSEEN: &[(u32, u32)] = &[
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1345f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0x10ffff),
];

/// Spaces that look like the ordinary one and are not.
const ODD_SPACES: &[char] = &['\u{a0}', '\u{1680}', '\u{202f}', '\u{205f}', '\u{3000}'];

/// The text on one line, with everything that cannot be seen spelled out: `\n`, `\u{202e}`.
pub(super) fn visible(text: &str) -> String {
    spelled(text, |_| false)
}

/// The line of a text as [`visible`], except that tabs stay.
pub(super) fn visible_line(text: &str) -> String {
    spelled(text, |it| it == '\t')
}

fn spelled(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            _ if keep(character) => out.push(character),
            ' '..='~' => out.push(character),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character.is_control()
                || ODD_SPACES.contains(&character)
                || (0x2000..=0x200a).contains(&code)
                || UNSEEN.iter().any(|(from, to)| (*from..=*to).contains(&code)) =>
            {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{code:x}}}");
            }
            _ => out.push(character),
        }
    }
    out
}

/// A code span outside a table.
pub(super) fn code(text: &str) -> String {
    span(&visible(text))
}

/// A code span in a cell of a table, where a pipe needs a backslash even inside code.
pub(super) fn cell(text: &str) -> String {
    span(&visible(text)).replace('|', "\\|")
}

fn span(text: &str) -> String {
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let ticks = "`".repeat(longest_run(text) + 1);
    // A backtick must not touch the fence, and one space is taken off each side of a span that is more than spaces.
    let touches = |it: char| it == '`' || it == ' ';
    let spaces = text.chars().all(|it| it == ' ');
    let pad = if !spaces && (text.starts_with(touches) || text.ends_with(touches)) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fenced block. The lines must not be able to stand for anything outside the fence, which is longer than any inside.
pub(super) fn fence<S: AsRef<str>>(info: &str, lines: &[S]) -> String {
    let longest = lines.iter().map(|it| longest_run(it.as_ref())).max().unwrap_or_default();
    let ticks = "`".repeat((longest + 1).max(3));
    let mut out = format!("{ticks}{info}\n");
    for line in lines {
        out.push_str(&visible_line(line.as_ref()));
        out.push('\n');
    }
    out + &ticks
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or_default()
}

/// A name inside HTML (`<summary>`), where Markdown is not read but mentions and references still are.
pub(super) fn ident(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_');
    if !text.is_empty() && text.chars().all(plain) && is_calm(text, Place::Inside) {
        return text.to_owned();
    }
    let mut out = "<code>".to_owned();
    for character in visible(text).chars() {
        if character.is_ascii_punctuation() {
            let _ = write!(out, "&#{};", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out + "</code>"
}

/// A link, if the address is one that cannot break out of it; else the address as code.
pub(super) fn link(address: &str, label: &str) -> String {
    let web = address.starts_with("https://") || address.starts_with("http://");
    let harmless = |it: char| it.is_ascii_alphanumeric() || "-._~:/?#@&=%+,;".contains(it);
    if web && address.chars().all(harmless) { format!("[{}]({address})", prose(label)) } else { code(address) }
}

/// Where in a paragraph a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Inside,
}

/// A sentence: plain words stay plain, everything that Markdown or GitHub could read as anything else becomes code. Also
/// right in a cell of a table.
///
/// What its writer put between backticks is code without them.
pub(super) fn prose(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut rest, mut place) = (text.as_str(), Place::First);
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = match quoted(rest) {
            Some((open, core, close, after)) => (format!("{open}{}{close}", pipeless(core)), after),
            None => {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                (wrapped(word, place), after)
            }
        };
        pieces.push(piece);
        (rest, place) = (after, Place::Inside);
    }
    pieces.join(" ")
}

/// A word as it is, or as code between its punctuation.
fn wrapped(word: &str, place: Place) -> String {
    match peel(word) {
        _ if is_calm(word, place) => word.to_owned(),
        (_, "", _) => pipeless(word),
        (open, core, close) => format!("{open}{}{close}", pipeless(core)),
    }
}

const OPENING: [char; 3] = ['(', '"', '\''];
const CLOSING: [char; 8] = [')', '"', '\'', ',', '.', ';', ':', '?'];

/// Opening punctuation, the word, closing punctuation.
fn peel(word: &str) -> (&str, &str, &str) {
    let rest = word.trim_start_matches(OPENING);
    let core = rest.trim_end_matches(CLOSING);
    (&word[..word.len() - rest.len()], core, &rest[core.len()..])
}

/// Opening punctuation, what stands between the first two backticks, closing punctuation, and the text after it; None where
/// the text does not begin so.
fn quoted(text: &str) -> Option<(&str, &str, &str, &str)> {
    let inside = text.trim_start_matches(OPENING).strip_prefix('`')?;
    let open = &text[..text.len() - inside.len() - 1];
    let (core, tail) = inside.split_once('`')?;
    let (close, after) = tail.split_once(' ').unwrap_or((tail, ""));
    let is_whole = !core.is_empty() && core.trim() == core;
    let closes = close == "'s" || close.chars().all(|it| CLOSING.contains(&it));
    (is_whole && closes).then_some((open, core, close, after))
}

/// A code span that is the same inside and outside a table: pipes stand between spans, as entities.
fn pipeless(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<_> = text.split('|').map(|it| if it.is_empty() { String::new() } else { span(it) }).collect();
    parts.join("&#124;")
}

/// Whether a word is only a word, to Markdown and to GitHub.
fn is_calm(word: &str, place: Place) -> bool {
    let body = word.strip_suffix(':').unwrap_or(word);
    let harmless = |it: char| it.is_alphanumeric() || ",.;'\"()?%/+-".contains(it) || !it.is_ascii();
    let number = body.trim_end_matches(['.', ')']);
    let rule = body.len() > 1 && body.chars().all(|it| it == '-' || it == '+');
    let list_marker =
        matches!(body, "-" | "+") || number.len() < body.len() && number.chars().all(|it| it.is_ascii_digit());
    is_time(word)
        || !body.is_empty()
            && body.chars().all(harmless)
            && visible(body) == body
            && !(rule || list_marker && place == Place::First)
            && !body.to_ascii_lowercase().contains("www.")
            && !body.split(|it: char| !it.is_alphanumeric()).any(is_commit)
            && !has_ticket(body)
}

/// `06:44` or `06:44:03`.
fn is_time(word: &str) -> bool {
    let is_pair = |it: &str| it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
    word.contains(':') && word.split(':').all(is_pair)
}

/// Whether GitHub could take it for the digest of a commit.
fn is_commit(word: &str) -> bool {
    (7..=64).contains(&word.len()) && word.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Whether it holds `GH-12`, `JIRA-7`: repositories can turn such keys into links.
fn has_ticket(word: &str) -> bool {
    word.match_indices('-').any(|(at, _)| {
        let (before, after) = (&word[..at], &word[at + 1..]);
        let key = before.rsplit(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default();
        let shouted =
            key.contains(|it: char| it.is_ascii_uppercase()) && !key.contains(|it: char| it.is_ascii_lowercase());
        after.starts_with(|it: char| it.is_ascii_digit()) && (shouted || key.eq_ignore_ascii_case("gh"))
    })
}

#[cfg(test)]
mod tests;
