//! How names, expressions and patterns are written.

use std::sync::LazyLock;

use regex::Regex;

/// Environments, targets and namespaces: safe in file names, variables and Markdown alike.
pub(super) const NAME: &str = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
/// ConfigHub's rule for slugs; at most 128 characters.
pub(super) const SLUG: &str = "^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$";
/// `SPACE/SLUG`
pub(super) const FILTER: &str = "^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?/[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$";
/// `Deployment`
pub(super) const KIND: &str = "^[A-Z][A-Za-z0-9]*$";
/// `key=value`
pub(super) const LABEL: &str =
    "^[A-Za-z0-9]([-_./A-Za-z0-9]*[A-Za-z0-9])?=([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?)?$";
/// `YYYY-MM-DD`
pub(super) const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// ConfigHub takes no longer where-expressions, and no longer literals in them.
const LONGEST_EXPRESSION: usize = 4096;
const LONGEST_LITERAL: usize = 255;

static NAMES: LazyLock<Regex> = LazyLock::new(|| compiled(NAME));
static SLUGS: LazyLock<Regex> = LazyLock::new(|| compiled(SLUG));
static KINDS: LazyLock<Regex> = LazyLock::new(|| compiled(KIND));
static LABELS: LazyLock<Regex> = LazyLock::new(|| compiled(LABEL));

/// Why a text is not what it should be, and what to write instead.
pub(in crate::inputs) type Fault = (&'static str, &'static str);

pub(in crate::inputs) fn name(text: &str) -> Result<(), Fault> {
    if NAMES.is_match(text) {
        Ok(())
    } else {
        Err(("is not a name", "use lower-case letters, digits and, between them, hyphens; at most 63"))
    }
}

/// ConfigHub's rule for slugs.
pub(in crate::inputs) fn slug(text: &str) -> Result<(), Fault> {
    if SLUGS.is_match(text) && text.len() <= 128 {
        Ok(())
    } else {
        Err(("is not a slug of ConfigHub", "use up to 128 letters, digits, `-`, `_` and `.`, the ends alphanumeric"))
    }
}

pub(super) fn filter(text: &str) -> Result<(), Fault> {
    match text.split_once('/') {
        Some((space, filter)) if slug(space).is_ok() && slug(filter).is_ok() => Ok(()),
        _ => Err(("is not a Filter of ConfigHub", "write `SPACE/SLUG`")),
    }
}

pub(super) fn kind(text: &str) -> Result<(), Fault> {
    if KINDS.is_match(text) {
        Ok(())
    } else {
        Err(("is not a kind", "write it as manifests do, for example `Deployment`"))
    }
}

/// `key=value`, split.
pub(super) fn label(text: &str) -> Option<(String, String)> {
    let (key, value) = LABELS.is_match(text).then(|| text.split_once('='))??;
    Some((key.to_owned(), value.to_owned()))
}

pub(super) fn date(text: &str) -> Result<(), Fault> {
    // jiff also reads other spellings of ISO 8601, the schema does not.
    if text.len() == "YYYY-MM-DD".len() && text.parse::<jiff::civil::Date>().is_ok() {
        Ok(())
    } else {
        Err(("is not a day", "write `YYYY-MM-DD`"))
    }
}

pub(super) fn context(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        Err(("is not a kubeconfig context", "write its name as `kubectl config get-contexts` shows it"))
    } else {
        Ok(())
    }
}

/// A glob over names.
pub(super) fn glob(text: &str) -> Result<(), Fault> {
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains('/') {
        return Err(("is not a pattern for names", "write for example `canary-*`"));
    }
    balanced(text)
}

/// What ConfigHub may call a person.
pub(super) fn approver(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(("names nobody", "write an e-mail address or an id in ConfigHub"));
    }
    Ok(())
}

/// A JSON pointer whose parts may be globs, `**`, or `[key=value]`.
pub(super) fn path(text: &str) -> Result<(), Fault> {
    let Some(parts) = text.strip_prefix('/') else {
        return Err(("is not a path", "begin with `/`, for example `/spec/replicas`"));
    };
    for part in parts.split('/') {
        if part.is_empty() {
            return Err(("is a path with an empty part", "write each `/` once, and none at the end"));
        }
        if part.contains("**") && part != "**" {
            return Err(("is a path in which `**` is not a whole part", "write `/**/` for any depth"));
        }
        if part.match_indices('~').any(|(at, _)| !matches!(part.as_bytes().get(at + 1), Some(b'0' | b'1'))) {
            return Err(("is a path with a stray `~`", "write `~1` for `/` and `~0` for `~` inside of a key"));
        }
        if part.contains('=') && part.contains('[') && !is_item(part) {
            return Err(("is a path with a misplaced list item", "write `/containers/[name=web]/image`"));
        }
        if !is_item(part) {
            balanced(part)?;
        }
    }
    Ok(())
}

/// A where-expression. ConfigHub has the last word; this finds what it would refuse in ways that are hard to read.
pub(super) fn expression(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(("is an empty expression", "write for example `Labels.team = 'shop'`, or remove it"));
    }
    if text.len() > LONGEST_EXPRESSION {
        return Err(("is too long for ConfigHub", "stay below 4096 characters, or use `filter`"));
    }
    if text.contains(['"', '\\']) || text.chars().any(char::is_control) {
        return Err(("holds a character that ConfigHub refuses", "quote texts with `'`; it knows no escapes"));
    }
    let parts: Vec<&str> = text.split('\'').collect();
    if parts.len().is_multiple_of(2) {
        return Err(("has a quote that is not closed", "each text begins and ends with `'`"));
    }
    if parts.iter().skip(1).step_by(2).any(|literal| literal.len() > LONGEST_LITERAL) {
        return Err(("holds a text that is too long for ConfigHub", "stay below 256 characters"));
    }
    let outside = parts.iter().step_by(2).copied().collect::<Vec<_>>().join("''").to_ascii_uppercase();
    if outside.split(|it: char| !it.is_ascii_alphanumeric() && !matches!(it, '.' | '_')).any(|word| word == "OR") {
        return Err(("uses OR, which ConfigHub does not know", "use `IN ('a', 'b')`, a label, or `filter`"));
    }
    lists_only(&outside)
}

/// Parentheses hold the list of an IN, nothing else.
fn lists_only(outside: &str) -> Result<(), Fault> {
    const FAULT: Fault = ("uses parentheses", "ConfigHub knows them after IN only, and every term is joined with AND");
    let mut open = false;
    for (at, character) in outside.char_indices() {
        match character {
            '(' if !open && outside[..at].trim_end().ends_with(" IN") => open = true,
            ')' if open => open = false,
            '(' | ')' => return Err(FAULT),
            _ => {}
        }
    }
    if open { Err(FAULT) } else { Ok(()) }
}

/// `[name=web]`
fn is_item(part: &str) -> bool {
    part.strip_prefix('[').and_then(|it| it.strip_suffix(']')).and_then(|it| it.split_once('=')).is_some_and(
        |(key, value)| !key.is_empty() && !value.is_empty() && !key.contains(['[', ']']) && !value.contains(['[', ']']),
    )
}

fn balanced(pattern: &str) -> Result<(), Fault> {
    let count = |it: char| pattern.matches(it).count();
    if count('[') == count(']') && count('{') == count('}') {
        Ok(())
    } else {
        Err(("is a pattern with a bracket that is not closed", "close it"))
    }
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}
