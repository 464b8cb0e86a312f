//! Values as a recording keeps them: what a report would hide becomes a token that is the same for the same value, so that
//! a comparison of two recorded values ends as that of the values themselves did.
//!
//! A token is a hash under a key that is thrown away with the [`Mask`]: nobody can try values out against a recording.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

use super::{Redactor, patterns};

/// Holds whole objects, as text, whatever their kind.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Parts of a text that a comparison looks for, whatever else it says: a reference to a variable, and what ConfigHub
/// writes where a value is still to be given. A token tells whether they are there.
const TELLING: [&str; 2] = ["$(", "confighubplaceholder"];
/// The same as a number.
const PLACEHOLDER: i64 = 999_999_999;

/// Which of two values that a report would hide are the same.
#[derive(Clone, Copy, Debug)]
pub enum Sameness {
    /// Those that are written the same.
    Spelling,
    /// Those for which this gives the same, too: `1` and `1000m`. None: the spelling decides.
    Meaning(fn(&str) -> Option<String>),
}

/// Masks the values of one recording.
pub struct Mask<'a> {
    redactor: &'a Redactor,
    key: [u8; 32],
    sameness: Sameness,
}

/// What the keys above a value say about it.
#[derive(Clone, Copy, Default)]
struct Above {
    /// One says that texts are secret.
    secret: bool,
    /// One says that numbers are, too.
    number: bool,
}

impl<'a> Mask<'a> {
    /// `key`: random, and not kept.
    pub fn new(redactor: &'a Redactor, key: [u8; 32], sameness: Sameness) -> Self {
        Self { redactor, key, sameness }
    }

    /// A text of unknown content, such as a name or a message.
    pub fn text(&self, raw: &str) -> String {
        // Base64 is compared by what it holds, however it is wrapped.
        let joined: String = raw.split_ascii_whitespace().collect();
        let masked = self.scrubbed(raw);
        if masked == raw && (joined.len() == raw.len() || self.scrubbed(&joined) == joined) {
            return masked;
        }
        match STANDARD.decode(&joined) {
            Ok(bytes) if !is_telling(raw) => self.encoded(&bytes, raw),
            Ok(_) | Err(_) => masked,
        }
    }

    /// A Kubernetes object, or a part of one.
    pub fn object(&self, value: &Value) -> Value {
        let is_secret = value.get("kind").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("Secret"));
        if is_secret { self.secret(value) } else { self.inside(value, Above::default()) }
    }

    /// A Secret, whether it says that it is one or not: none of its values stays.
    pub fn secret(&self, value: &Value) -> Value {
        let Value::Object(fields) = value else { return self.inside(value, Above { secret: true, number: true }) };
        let masked = fields.iter().map(|(key, value)| {
            let value = match (key.as_str(), value) {
                ("data", Value::Object(entries)) => self.entries(entries, |text| match bytes(text) {
                    Some(bytes) => STANDARD.encode(self.token(&bytes, "")),
                    // No base64, and the token is none either.
                    None => self.token(text.as_bytes(), ""),
                }),
                ("stringData", Value::Object(entries)) => self.entries(entries, |text| self.token(text.as_bytes(), "")),
                ("data" | "stringData", other) => self.inside(other, Above { secret: true, number: true }),
                (_, other) => self.field(key, other, Above::default()),
            };
            (self.text(key), value)
        });
        Value::Object(masked.collect())
    }

    fn entries(&self, entries: &Map<String, Value>, mask: impl Fn(&str) -> String) -> Value {
        let masked = entries.iter().map(|(key, value)| {
            let value = match value {
                Value::String(text) if !text.is_empty() => Value::String(mask(text)),
                other => self.inside(other, Above { secret: true, number: true }),
            };
            (self.text(key), value)
        });
        Value::Object(masked.collect())
    }

    fn inside(&self, value: &Value, above: Above) -> Value {
        match value {
            Value::String(text) if above.secret && !text.is_empty() => Value::String(self.hidden(text)),
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) if above.number => self.number(number),
            Value::Array(items) => {
                let mut before = None;
                let items = items.iter().map(|item| {
                    let text = item.as_str();
                    let secret = above.secret || before.is_some_and(|before| hides_next(before, text));
                    before = text;
                    self.inside(item, Above { secret, ..above })
                });
                Value::Array(items.collect())
            }
            Value::Object(fields) => {
                // An environment variable, a header, an expression: `{name, value}`, `{key, values}`.
                let name = fields.get("name").or_else(|| fields.get("key")).and_then(Value::as_str);
                let named = name.map(Above::named).unwrap_or_default();
                let masked = fields.iter().map(|(key, value)| {
                    let above = if matches!(key.as_str(), "value" | "values") { above.and(named) } else { above };
                    (self.text(key), self.field(key, value, above))
                });
                Value::Object(masked.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn field(&self, key: &str, value: &Value, above: Above) -> Value {
        match value {
            Value::String(text) if key == LAST_APPLIED && !text.is_empty() => Value::String(self.whole(text)),
            _ => self.inside(value, above.and(Above::named(key))),
        }
    }

    fn scrubbed(&self, raw: &str) -> String {
        let mark = |cut: &str| self.token(cut.as_bytes(), cut);
        patterns::scrub_with(&self.redactor.exact.cut_with(raw, &mark), &mark)
    }

    /// A text of which nothing may be shown.
    fn hidden(&self, raw: &str) -> String {
        if let Sameness::Meaning(meaning) = self.sameness
            && let Some(meaning) = meaning(raw)
        {
            return self.whole(&meaning);
        }
        let joined: String = raw.split_ascii_whitespace().collect();
        match STANDARD.decode(&joined) {
            Ok(bytes) if !is_telling(raw) => self.encoded(&bytes, raw),
            Ok(_) | Err(_) => self.whole(raw),
        }
    }

    fn whole(&self, raw: &str) -> String {
        self.token(raw.as_bytes(), raw)
    }

    /// Base64 that is the same text for the same text, and holds the same bytes for the same bytes.
    fn encoded(&self, bytes: &[u8], raw: &str) -> String {
        let mut token = STANDARD.encode(self.token(bytes, ""));
        if STANDARD.encode(bytes) != raw {
            // Blanks hold no bytes, and these tell spellings apart.
            let spelling = self.digest(raw.as_bytes());
            let blanks = spelling.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
            token.extend(blanks.take(64).map(|bit| if bit == 0 { ' ' } else { '\n' }));
        }
        token
    }

    /// Zero is what the API takes for unset, and a placeholder is no secret.
    fn number(&self, number: &Number) -> Value {
        if matches!(number.as_i64(), Some(0 | PLACEHOLDER)) {
            return Value::Number(number.clone());
        }
        // Whole numbers compare as such, others as floats.
        let bytes = number
            .as_i64()
            .map_or_else(|| number.as_f64().unwrap_or_default().to_be_bytes(), |whole| whole.to_be_bytes());
        let digest = self.digest(&bytes);
        let taken = digest.iter().take(6).fold(0i64, |all, byte| all << 8 | i64::from(*byte));
        // Never small enough to be one of the numbers that mean something.
        Value::from(taken + (1 << 48))
    }

    /// `[redacted:…]`, with what a comparison looks for in `text`.
    fn token(&self, bytes: &[u8], text: &str) -> String {
        let hash: String = self.digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let telling = TELLING.iter().filter(|it| text.contains(**it)).map(|it| format!(":{it}"));
        format!("[redacted:{hash}{}]", telling.collect::<String>())
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.key).chain_update(bytes).finalize().into()
    }
}

impl Above {
    /// What a key or the name of a variable says.
    fn named(name: &str) -> Self {
        Self { secret: patterns::is_secret_name(name), number: patterns::hides(name, &Value::from(1)) }
    }

    fn and(self, other: Self) -> Self {
        Self { secret: self.secret || other.secret, number: self.number || other.number }
    }
}

/// Whether a comparison finds something in the text that its bytes as base64 would not show.
fn is_telling(text: &str) -> bool {
    TELLING.iter().any(|it| text.contains(it))
}

/// Whether an argument of a command says that the next one is a secret. One that holds its own value says so in a report
/// too, but a flag that follows it is a name, and says what comes after it.
fn hides_next(argument: &str, next: Option<&str>) -> bool {
    let names_secret = super::is_flag(argument) && patterns::is_secret_name(argument);
    let is_flag = || argument.contains('=') && next.is_some_and(patterns::is_secret_flag);
    patterns::is_secret_flag(argument) || names_secret && !is_flag()
}

/// The bytes of a base64 text, line breaks anywhere, as Go reads it.
fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests;
