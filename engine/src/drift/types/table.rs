//! The table of built-in kinds as text: one line per kind, type and field, so that a new Kubernetes shows as a short diff.
//!
//! ```text
//! kind apps v1 Deployment apps.v1.Deployment       group (`-`: core), version, kind, type
//! type core.v1.LabelSelector atomic                 `atomic`: replaced as a whole
//!  matchLabels? {text}                              `?`: zero is the same as absent
//!  ports? [containerPort,protocol:core.v1.P]        `{}` map, `[]` list, `[=]` set, `[keys:]` merged by keys
//!  selector? !{text}                                `!` atomic here, `~` granular here
//!  protocol? text = "TCP"                           default; ` @ Pod`: only in these kinds
//! ```

use super::graph::{Default, Field, Graph, Id, Lists, Merge, Node, Scalar, Struct, Use, Zero};

/// How scalars are called.
pub(super) const SCALARS: [(&str, Node); 12] = [
    ("any", Node::Any),
    ("metadata", Node::Metadata),
    ("text", Node::Scalar(Scalar::Text)),
    ("integer", Node::Scalar(Scalar::Integer)),
    ("number", Node::Scalar(Scalar::Number)),
    ("boolean", Node::Scalar(Scalar::Boolean)),
    ("quantity", Node::Scalar(Scalar::Quantity)),
    ("milli", Node::Scalar(Scalar::Milli)),
    ("bytes", Node::Scalar(Scalar::Bytes)),
    ("int-or-string", Node::Scalar(Scalar::IntOrString)),
    ("time", Node::Scalar(Scalar::Time)),
    ("duration", Node::Scalar(Scalar::Duration)),
];

/// Reads a table. A line that it does not understand says nothing: tests hold the one table there is against its source.
pub(super) fn read(table: &str) -> Graph {
    let mut reader = Reader { graph: Graph::default(), scalars: Vec::new() };
    reader.scalars = SCALARS.iter().map(|(name, node)| (*name, reader.graph.add(node.clone()))).collect();
    let mut open: Option<(Id, Struct)> = None;
    for line in table.lines() {
        if let Some(field) = line.strip_prefix(' ') {
            if let Some(((_, it), field)) = open.as_mut().zip(reader.field(field)) {
                it.fields.push(field);
            }
            continue;
        }
        if let Some((id, it)) = open.take() {
            reader.graph.define(id, Node::Struct(it.in_order()));
        }
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next(), words.next(), words.next()) {
            (Some("kind"), Some(group), Some(version), Some(kind), Some(name)) => {
                let node = reader.graph.reserve(name);
                reader.graph.add_kind(if group == "-" { "" } else { group }, version, kind, node);
            }
            (Some("type"), Some(name), merge, None, None) => {
                let merge = if merge.is_some() { Merge::Atomic } else { Merge::Unsaid };
                let last = name.rsplit('.').next().unwrap_or_default().into();
                open = Some((reader.graph.reserve(name), Struct { name: last, fields: Vec::new(), merge }));
            }
            _ => {}
        }
    }
    if let Some((id, it)) = open {
        reader.graph.define(id, Node::Struct(it.in_order()));
    }
    reader.graph
}

struct Reader {
    graph: Graph,
    scalars: Vec<(&'static str, Id)>,
}

impl Reader {
    fn field(&mut self, line: &str) -> Option<Field> {
        let (name, rest) = line.split_once(' ')?;
        let (name, zero) = name.strip_suffix('?').map_or((name, Zero::Kept), |name| (name, Zero::Absent));
        let (of, default) = rest.split_once(" = ").map_or((rest, None), |(of, default)| (of, Some(default)));
        let default = default.and_then(|text| {
            let (value, kinds) = text.split_once(" @ ").unwrap_or((text, ""));
            let kinds = kinds.split(' ').filter(|it| !it.is_empty()).map(Into::into).collect();
            Some(Default { value: serde_json::from_str(value).ok()?, kinds })
        });
        Some(Field { name: name.into(), of: self.used(of), zero, default })
    }

    fn used(&mut self, text: &str) -> Use {
        match text.as_bytes().first() {
            Some(b'!') => Use { merge: Merge::Atomic, ..self.used(&text[1..]) },
            Some(b'~') => Use { merge: Merge::Granular, ..self.used(&text[1..]) },
            _ => Use::of(self.node(text)),
        }
    }

    fn node(&mut self, text: &str) -> Id {
        if let Some(entries) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            let entries = self.used(entries);
            return self.graph.add(Node::Map(entries));
        }
        if let Some(items) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            // Only the outermost list may have keys before its colon.
            let (lists, items) = match (items.strip_prefix('='), items.split_once(':')) {
                (Some(items), _) => (Lists::Set, items),
                (None, Some((keys, items))) if !keys.contains(['[', '{']) => {
                    (Lists::Keyed(keys.split(',').map(Into::into).collect()), items)
                }
                _ => (Lists::Atomic, items),
            };
            let items = self.used(items);
            return self.graph.add(Node::List(items, lists));
        }
        let scalar = self.scalars.iter().find(|(name, _)| *name == text);
        scalar.map_or_else(|| self.graph.reserve(text), |(_, id)| *id)
    }
}
