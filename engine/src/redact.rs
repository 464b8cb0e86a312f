//! PURE: what may leave the process. Every text from a cluster, ConfigHub or an error passes here before it is shown.
//!
//! Three nets, each alone enough for its class: values of fields whose *name* says secret are hidden whole; texts that
//! *look* like credentials (vendor prefixes, PEM, JWT, userinfo in URLs, `key=value` with a secret key, long random runs)
//! lose that part; the credentials this run was *given* are cut out of everything, in each encoding they may come back in.

pub mod exact;
pub mod mask;
pub mod patterns;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use exact::Exact;

/// A text that may leave: redacted, or written by us.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Text(String);

/// What takes the place of a secret inside a longer text.
pub const MARK: &str = "[redacted]";

/// Knows the credentials of this run and how others look.
#[derive(Clone, Default)]
pub struct Redactor {
    exact: Exact,
}

impl Redactor {
    /// A redactor that also cuts out these credentials, in any encoding.
    pub fn new<'a>(given: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self { exact: Exact::new(given.into_iter().map(ExposeSecret::expose_secret)) }
    }

    /// A text of unknown content (an error message, a value), without what is or looks like a credential.
    pub fn text(&self, raw: &str) -> Text {
        Text(patterns::scrub(&self.exact.cut(raw)))
    }

    /// A finished document: only the credentials that were given are cut, everything else passed here before.
    pub fn document(&self, rendered: &str) -> String {
        self.exact.cut(rendered)
    }

    /// A value: its text, or the reason why it must not be shown. `names` are what the value is called: the keys that
    /// lead to it, the name of its environment variable, the flag before it.
    pub fn value<'a>(&self, names: impl IntoIterator<Item = &'a str>, value: &Value) -> Result<Text, Text> {
        if names.into_iter().any(|name| patterns::hides(name, value)) {
            return Err(Text::from("its name says that it is a secret"));
        }
        Ok(match value {
            Value::String(text) => self.text(text),
            other => Text(self.inside(other, false).to_string()),
        })
    }

    /// The same structure with every secret inside replaced. `below_secret`: a key above says that this is one.
    fn inside(&self, value: &Value, below_secret: bool) -> Value {
        match value {
            Value::String(text) if below_secret && !text.is_empty() => Value::from(MARK),
            Value::String(text) => Value::String(self.text(text).0),
            Value::Array(items) => {
                let mut after_flag = false;
                let items = items.iter().map(|item| {
                    let hide = std::mem::replace(&mut after_flag, item.as_str().is_some_and(patterns::is_secret_flag));
                    self.inside(item, below_secret || hide)
                });
                Value::Array(items.collect())
            }
            Value::Object(fields) => {
                // An environment variable, a header: `{name, value}`.
                let named = fields.get("name").and_then(Value::as_str).is_some_and(patterns::is_secret_name);
                let fields = fields.iter().map(|(key, value)| {
                    let hide = below_secret || patterns::is_secret_name(key) || named && key == "value";
                    let value = if patterns::hides(key, value) { Value::from(MARK) } else { self.inside(value, hide) };
                    (self.text(key).0, value)
                });
                Value::Object(fields.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

impl fmt::Debug for Redactor {
    /// Never the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Text {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&'static str> for Text {
    /// A sentence of our own.
    fn from(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl FromIterator<Self> for Text {
    /// Joined: every part passed redaction or was written by us. For paths, whose length alone makes them look random.
    fn from_iter<T: IntoIterator<Item = Self>>(parts: T) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an argument of a command is a flag, which may say that the next one is a secret. A PEM block begins with dashes
/// too, and is none.
pub fn is_flag(argument: &str) -> bool {
    argument.starts_with('-') && !argument.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_hides_all_that_lies_below_it() -> Result<(), Text> {
        let redactor = Redactor::default();
        let value = json!({
            "credentials": {"value": "hunter2", "port": 80},
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "fast"}],
            "args": ["--token", "hunter2", "--mode", "fast"],
            "secretKeyRef": {"name": "database", "key": "word"},
        });
        let shown = redactor.value([], &value)?.to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
        for visible in ["fast", "database", "MODE", "80", "DB_PASSWORD"] {
            assert!(shown.contains(visible), "{visible}: {shown}");
        }
        Ok(())
    }
}
