//! Writes the table of built-in kinds: what servers describe, and what their Go types add to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::graph::{Default, Graph, Id, Lists, Merge, Node, Scalar, Use, Zero};
use super::super::{is_zero, openapi, table};

/// What one version of Kubernetes says about its types.
pub(super) struct Source {
    /// Documents of `/openapi/v3`.
    pub(super) served: Vec<Value>,
    /// What `kube-types` prints.
    pub(super) go: Go,
}

#[derive(Deserialize)]
pub(super) struct Go {
    kinds: Vec<GoKind>,
    types: BTreeMap<String, BTreeMap<String, GoField>>,
    schemas: Value,
}

#[derive(Deserialize)]
struct GoKind {
    group: String,
    version: String,
    kind: String,
    #[serde(rename = "type")]
    name: String,
}

#[derive(Deserialize)]
struct GoField {
    #[serde(default)]
    keeps: bool,
    go: String,
    default: Option<Value>,
    #[serde(default, rename = "in")]
    kinds: Vec<String>,
}

/// Lines of a table: each kind and type with its fields.
pub(super) type Lines = BTreeMap<String, BTreeMap<String, String>>;

/// The lines of one version.
pub(super) fn lines(source: &Source) -> Lines {
    let Source { served, go } = source;
    let mut graph = Graph::default();
    for document in served {
        openapi::add_document(&mut graph, document);
    }
    // Versions that are no longer served, by the same descriptions.
    let mut schemas = go.schemas.clone();
    for GoKind { group, version, kind, name } in &go.kinds {
        if let Some(schema) = schemas.get_mut(name) {
            schema["x-kubernetes-group-version-kind"] = json!([{"group": group, "version": version, "kind": kind}]);
        }
    }
    openapi::add_document(&mut graph, &json!({"components": {"schemas": schemas}}));
    let roots: BTreeSet<&str> = go.kinds.iter().map(|it| it.name.as_str()).collect();
    let mut lines = Lines::new();
    let mut wanted: Vec<String> = Vec::new();
    for GoKind { group, version, kind, name } in &go.kinds {
        let group = if group.is_empty() { "-" } else { group };
        // Kinds that no server ever stored have no description.
        if graph.named(name).is_none() {
            continue;
        }
        lines.insert(format!("kind {group} {version} {kind} {}", openapi::short(name)), BTreeMap::new());
        wanted.push(name.clone());
    }
    let mut writer = Writer { graph: &graph, names: names(&graph), wanted: Vec::new() };
    while let Some(name) = wanted.pop() {
        let Some(Node::Struct(it)) = graph.named(&name).map(|id| graph.node(id)) else { continue };
        let atomic = if it.merge == Merge::Atomic { " atomic" } else { "" };
        let header = format!("type {}{atomic}", openapi::short(&name));
        if lines.contains_key(&header) {
            continue;
        }
        let none = BTreeMap::new();
        let facts = go.types.get(&name).unwrap_or(&none);
        let mut fields = BTreeMap::new();
        for field in &it.fields {
            // What a status holds is never compared.
            if &*field.name == "status" && roots.contains(name.as_str()) {
                continue;
            }
            let fact = facts.get(&*field.name);
            let of = writer.used(field.of, fact);
            let has_zero = field.default.as_ref().is_some_and(|it| is_zero(&it.value));
            let zero = fact.map_or(if has_zero { Zero::Absent } else { Zero::Kept }, |it| {
                if it.keeps { Zero::Kept } else { Zero::Absent }
            });
            let default = fact.and_then(|it| {
                let kinds = it.kinds.iter().map(|it| it.as_str().into()).collect();
                // The zero of a field that cannot tell it from absent is no default.
                let value = it.default.clone().filter(|value| it.keeps || !is_zero(value))?;
                Some(Default { value, kinds })
            });
            let default = default.or_else(|| field.default.clone().filter(|it| !is_zero(&it.value)));
            let mark = if zero == Zero::Absent { "?" } else { "" };
            let default = default.map_or(String::new(), |Default { value, kinds }| {
                let kinds = if kinds.is_empty() { String::new() } else { format!(" @ {}", kinds.join(" ")) };
                format!(" = {value}{kinds}")
            });
            fields.insert(field.name.to_string(), format!("{}{mark} {of}{default}", field.name));
        }
        lines.insert(header, fields);
        wanted.append(&mut writer.wanted);
    }
    lines
}

/// The table of several versions, newest first. Where they differ the newest wins; what the others say is noted, so that
/// each can be held against the table.
pub(super) fn table(sources: &[(String, Source)]) -> String {
    let all: Vec<(&String, Lines)> = sources.iter().map(|(version, source)| (version, lines(source))).collect();
    let mut merged = Lines::new();
    for (_, lines) in &all {
        for (header, fields) in lines {
            let is_other_kind = |it: &String| it != header && name(it) == name(header);
            if merged.keys().any(is_other_kind) {
                continue;
            }
            let known = merged.entry(header.clone()).or_default();
            for (name, field) in fields {
                known.entry(name.clone()).or_insert_with(|| field.clone());
            }
        }
    }
    let versions: Vec<&str> = sources.iter().map(|(version, _)| version.as_str()).collect();
    let mut text = format!("# Written by `make schema` from Kubernetes {}.\n", versions.join(", "));
    for (version, lines) in &all {
        for line in differences(&merged, version, lines) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    for (header, fields) in &merged {
        text.push_str(header);
        text.push('\n');
        for field in fields.values() {
            text.push(' ');
            text.push_str(field);
            text.push('\n');
        }
    }
    text
}

/// What a version says otherwise than the table.
pub(super) fn differences(table: &Lines, version: &str, lines: &Lines) -> Vec<String> {
    let none = BTreeMap::new();
    let mut differences = Vec::new();
    for (header, fields) in lines {
        if !table.contains_key(header) {
            differences.push(format!("# {version}: {header}"));
        }
        let known = table.get(header).unwrap_or(&none);
        let other = fields.iter().filter(|(name, field)| known.get(*name) != Some(field));
        differences.extend(other.map(|(_, field)| format!("# {version}: {header}: {field}")));
    }
    differences
}

/// The differences that the table notes.
pub(super) fn told(table: &str, version: &str) -> Vec<String> {
    let mark = format!("# {version}: ");
    table.lines().filter(|it| it.starts_with(&mark)).map(str::to_owned).collect()
}

/// What a line is about, whatever it says about it.
fn name(header: &str) -> &str {
    match header.strip_suffix(" atomic") {
        Some(header) => header,
        None if header.starts_with("kind ") => header.rsplit_once(' ').map_or(header, |(kind, _)| kind),
        None => header,
    }
}

/// The lines of a table that was written.
pub(super) fn parse(table: &str) -> Lines {
    let mut lines = Lines::new();
    let mut header = String::new();
    for line in table.lines().filter(|it| !it.starts_with('#')) {
        if let Some(field) = line.strip_prefix(' ') {
            let name = field.split([' ', '?']).next().unwrap_or_default().to_owned();
            lines.entry(header.clone()).or_default().insert(name, field.to_owned());
        } else {
            header = line.to_owned();
            lines.entry(header.clone()).or_default();
        }
    }
    lines
}

struct Writer<'a> {
    graph: &'a Graph,
    names: BTreeMap<Id, &'a str>,
    /// Types that were mentioned.
    wanted: Vec<String>,
}

impl Writer<'_> {
    fn used(&mut self, of: Use, fact: Option<&GoField>) -> String {
        let go = fact.map(|it| it.go.as_str());
        let node = match self.graph.node(of.node) {
            Node::Map(_) if go == Some("v1.ResourceList") => "{milli}".to_owned(),
            Node::Scalar(Scalar::Text) if go == Some("v1.Duration") => "duration".to_owned(),
            _ => self.node(of.node),
        };
        match of.merge {
            Merge::Unsaid => node,
            Merge::Granular => format!("~{node}"),
            Merge::Atomic => format!("!{node}"),
        }
    }

    fn node(&mut self, id: Id) -> String {
        if let Some(name) = self.names.get(&id) {
            self.wanted.push((*name).to_owned());
            return openapi::short(name).to_owned();
        }
        match self.graph.node(id) {
            Node::Map(entries) => format!("{{{}}}", self.used(*entries, None)),
            Node::List(items, lists) => {
                let items = self.used(*items, None);
                match lists {
                    Lists::Atomic => format!("[{items}]"),
                    Lists::Set => format!("[={items}]"),
                    Lists::Keyed(keys) => format!("[{}:{items}]", keys.join(",")),
                }
            }
            Node::Struct(_) => "any".to_owned(),
            node => table::SCALARS.iter().find(|(_, it)| it == node).map_or("any", |(name, _)| name).to_owned(),
        }
    }
}

fn names(graph: &Graph) -> BTreeMap<Id, &str> {
    graph.names().filter(|(_, id)| matches!(graph.node(*id), Node::Struct(_))).map(|(name, id)| (id, name)).collect()
}
