//! Where in an object a difference is: as a JSON pointer for programs, as a path for people.

use serde_json::Value;

use crate::redact::{Redactor, Text};

/// From the object's root to one of its fields; the indices are those of desired.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A field of a mapping.
    Key(String),
    /// An entry of a list.
    Item {
        /// Its position, from 0.
        index: usize,
        /// What names it, as `name` and `web`; None: only its position does.
        label: Option<(String, String)>,
    },
}

impl FieldPath {
    /// From its steps.
    pub fn new(segments: Vec<Segment>) -> Self {
        Self(segments)
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// One step further.
    pub(super) fn below(&self, segment: Segment) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }

    /// The RFC 6901 pointer, unredacted: for matching and digests only.
    pub fn pointer(&self) -> String {
        self.0
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => format!("/{}", escaped(key)),
                Segment::Item { index, label: _ } => format!("/{index}"),
            })
            .collect()
    }

    /// The RFC 6901 pointer as it may be shown. Redacted step by step: as a whole any long path looks random.
    pub fn shown_pointer(&self, redactor: &Redactor) -> Text {
        self.0
            .iter()
            .flat_map(|segment| match segment {
                Segment::Key(key) => [Text::from("/"), redactor.text(&escaped(key))],
                Segment::Item { index, label: _ } => [Text::from("/"), redactor.text(&index.to_string())],
            })
            .collect()
    }

    /// The path as an `ignore` rule states it: `/spec/template/spec/containers/[name=web]/image`. What redaction took out
    /// is left to `*`.
    pub fn pattern(&self, redactor: &Redactor) -> Text {
        let step = |raw: &str| {
            let shown = redactor.text(raw);
            if shown.as_str() == raw { shown } else { Text::from("*") }
        };
        self.0
            .iter()
            .flat_map(|segment| match segment {
                Segment::Key(key) => [Text::from("/"), step(&escaped(key))],
                // A bracket would end the condition early.
                Segment::Item { index: _, label: Some((key, value)) } if !value.contains(']') => [
                    Text::from("/"),
                    [Text::from("["), step(key), Text::from("="), step(value), Text::from("]")].into_iter().collect(),
                ],
                Segment::Item { index, label: _ } => [Text::from("/"), redactor.text(&index.to_string())],
            })
            .collect()
    }

    /// `spec.template.spec.containers[name=web].image`, `data["rules.json"]`
    pub fn shown(&self, redactor: &Redactor) -> Text {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(depth, segment)| match segment {
                Segment::Key(key) if is_plain(key) => {
                    vec![Text::from(if depth == 0 { "" } else { "." }), redactor.text(key)]
                }
                Segment::Key(key) => {
                    vec![Text::from("["), redactor.text(&Value::from(key.as_str()).to_string()), Text::from("]")]
                }
                Segment::Item { index: _, label: Some((key, value)) } => {
                    let parts = [redactor.text(key), Text::from("="), redactor.text(value)];
                    [Text::from("[")].into_iter().chain(parts).chain([Text::from("]")]).collect()
                }
                Segment::Item { index, label: None } => {
                    vec![Text::from("["), redactor.text(&index.to_string()), Text::from("]")]
                }
            })
            .collect()
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn is_plain(key: &str) -> bool {
    key.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && key.chars().all(|it| it.is_ascii_alphanumeric() || it == '_' || it == '-')
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;

    /// A path from its pointer; numbers are positions.
    pub(in crate::drift) fn path(pointer: &str) -> FieldPath {
        let segments = pointer.split('/').skip(1).map(|part| match part.parse() {
            Ok(index) => Segment::Item { index, label: None },
            Err(_) => Segment::Key(part.replace("~1", "/").replace("~0", "~")),
        });
        FieldPath::new(segments.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_readable_and_pointers_are_exact() {
        let key = |key: &str| Segment::Key(key.to_owned());
        let item = |index, label: Option<(&str, &str)>| Segment::Item {
            index,
            label: label.map(|(key, value)| (key.to_owned(), value.to_owned())),
        };
        let redactor = Redactor::default();
        for (segments, pointer, shown) in [
            (vec![], "", ""),
            (vec![key("data"), key("rules.json")], "/data/rules.json", "data[\"rules.json\"]"),
            (
                vec![key("metadata"), key("annotations"), key("a/b~c")],
                "/metadata/annotations/a~1b~0c",
                "metadata.annotations[\"a/b~c\"]",
            ),
            (
                vec![key("spec"), key("initContainers"), item(0, Some(("name", "web"))), key("args"), item(2, None)],
                "/spec/initContainers/0/args/2",
                "spec.initContainers[name=web].args[2]",
            ),
        ] {
            let path = FieldPath::new(segments);
            assert_eq!(path.pointer(), pointer);
            assert_eq!(path.shown_pointer(&redactor).as_str(), pointer);
            assert_eq!(path.shown(&redactor).as_str(), shown);
        }
    }
}
