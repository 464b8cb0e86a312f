//! OpenAPI v3 documents and CustomResourceDefinitions → types.
//!
//! Source of the extensions: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy> and
//! <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>.

use serde_json::{Map, Value};

use super::graph::{Default, Field, Graph, Id, Lists, Merge, Node, Scalar, Struct, Use, Zero};

/// Adds the kinds and types of an OpenAPI v3 document. What is known already stays as it is.
pub(super) fn add_document(graph: &mut Graph, document: &Value) {
    let none = Map::new();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&none);
    let mut reader = Reader { graph, schemas };
    for (name, schema) in schemas {
        let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        // Options and events belong to every group and are no objects; an object has metadata.
        let has_metadata = schema.pointer("/properties/metadata").is_some();
        let [kind] = kinds.map(Vec::as_slice).unwrap_or_default() else { continue };
        let text = |key| kind.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_list = text("kind").ends_with("List") && schema.pointer("/properties/items").is_some();
        if has_metadata && !is_list {
            let node = reader.named(name);
            reader.graph.add_kind(text("group"), text("version"), text("kind"), node);
        }
    }
}

/// Adds every version of a CustomResourceDefinition.
pub(super) fn add_definition(graph: &mut Graph, definition: &Value) {
    let text = |pointer| definition.pointer(pointer).and_then(Value::as_str);
    let (Some("CustomResourceDefinition"), Some(group), Some(kind)) =
        (text("/kind"), text("/spec/group"), text("/spec/names/kind"))
    else {
        return;
    };
    // Of `v1beta1`: one schema for all versions, one version without a list.
    let common = definition.pointer("/spec/validation");
    let mut add = |version: &str, schema: Option<&Value>| {
        let Some(schema) = schema.and_then(|it| it.get("openAPIV3Schema")) else { return };
        let mut reader = Reader { graph: &mut *graph, schemas: &Map::new() };
        let node = reader.object(schema);
        reader.graph.add_kind(group, version, kind, node);
    };
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    for version in versions.into_iter().flatten() {
        if let Some(name) = version.get("name").and_then(Value::as_str) {
            add(name, version.get("schema").or(common));
        }
    }
    if let (None, Some(version)) = (versions, text("/spec/version")) {
        add(version, common);
    }
}

/// Group, version and name of a type, without what all of Kubernetes' own share.
pub(super) fn short(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.nth(2).map_or(name, |at| &name[at + 1..])
}

struct Reader<'a> {
    graph: &'a mut Graph,
    /// What names refer to.
    schemas: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn named(&mut self, name: &str) -> Id {
        // A schema may be anything there, Go reads it as a schema; the other forms are refused in CRDs.
        let name = match name.strip_suffix("JSONSchemaPropsOrArray").or(name.strip_suffix("JSONSchemaPropsOrBool")) {
            Some(package) => &format!("{package}JSONSchemaProps"),
            None => name,
        };
        match short(name) {
            "api.resource.Quantity" => return self.graph.add(Node::Scalar(Scalar::Quantity)),
            "util.intstr.IntOrString" => return self.graph.add(Node::Scalar(Scalar::IntOrString)),
            _ => {}
        }
        let schemas = self.schemas;
        let schema = schemas.get(name).unwrap_or(&Value::Null);
        if schema.get("properties").is_none() {
            return self.node(schema);
        }
        let is_known = self.graph.named(name).is_some();
        let id = self.graph.reserve(name);
        if !is_known {
            let last = name.rsplit('.').next().unwrap_or_default();
            let read = self.structure(schema, last);
            self.graph.define(id, Node::Struct(read));
        }
        id
    }

    fn used(&mut self, schema: &Value) -> Use {
        let merge = match schema.get("x-kubernetes-map-type").and_then(Value::as_str) {
            Some("atomic") => Merge::Atomic,
            Some("granular") => Merge::Granular,
            _ => Merge::Unsaid,
        };
        let target = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
        let node = match target.and_then(|it| it.rsplit('/').next()) {
            Some(name) => self.named(name),
            None => self.node(schema),
        };
        Use { node, merge }
    }

    fn node(&mut self, schema: &Value) -> Id {
        let text = |key| schema.get(key).and_then(Value::as_str);
        let says = |key| schema.get(key) == Some(&Value::Bool(true));
        let has_fields = schema.get("properties").and_then(Value::as_object).is_some_and(|it| !it.is_empty());
        let node = match text("type") {
            _ if says("x-kubernetes-int-or-string") || text("format") == Some("int-or-string") => {
                Node::Scalar(if is_quantity(schema) { Scalar::Quantity } else { Scalar::IntOrString })
            }
            _ if says("x-kubernetes-embedded-resource") => return self.object(schema),
            _ if has_fields => Node::Struct(self.structure(schema, "")),
            Some("object") => match schema.get("additionalProperties") {
                Some(entries @ Value::Object(_)) => Node::Map(self.used(entries)),
                _ => Node::Any,
            },
            Some("array") => {
                let items = self.used(schema.get("items").unwrap_or(&Value::Null));
                Node::List(items, lists(schema))
            }
            Some("string") => Node::Scalar(match text("format") {
                Some("byte") => Scalar::Bytes,
                Some("date-time") => Scalar::Time,
                Some("duration") => Scalar::Duration,
                _ if is_quantity(schema) => Scalar::Quantity,
                _ => Scalar::Text,
            }),
            Some("integer") => Node::Scalar(Scalar::Integer),
            Some("number") => Node::Scalar(Scalar::Number),
            Some("boolean") => Node::Scalar(Scalar::Boolean),
            _ => Node::Any,
        };
        self.graph.add(node)
    }

    fn structure(&mut self, schema: &Value, name: &str) -> Struct {
        let mut fields: Vec<Field> = Vec::new();
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let default = schema.get("default").filter(|it| !it.is_null());
            let is_nullable = schema.get("nullable") == Some(&Value::Bool(true));
            fields.push(Field {
                name: name.as_str().into(),
                of: self.used(schema),
                zero: if is_nullable { Zero::Nullable } else { Zero::Kept },
                default: default.map(|value| Default { value: value.clone(), kinds: Vec::new() }),
            });
        }
        let is_atomic = schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
        let merge = if is_atomic { Merge::Atomic } else { Merge::Unsaid };
        Struct { name: name.into(), fields, merge }.in_order()
    }

    /// A whole object: schemas need not say what every object has.
    fn object(&mut self, schema: &Value) -> Id {
        let mut read = self.structure(schema, "");
        let text = self.graph.add(Node::Scalar(Scalar::Text));
        let metadata = self.graph.add(Node::Metadata);
        for (name, node) in [("apiVersion", text), ("kind", text), ("metadata", metadata)] {
            let field = Field { name: name.into(), of: Use::of(node), zero: Zero::Kept, default: None };
            match read.fields.binary_search_by(|it| Struct::order(&it.name, name)) {
                Ok(at) => read.fields[at] = field,
                Err(at) => read.fields.insert(at, field),
            }
        }
        self.graph.add(Node::Struct(read))
    }
}

fn lists(schema: &Value) -> Lists {
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => Lists::Set,
        Some("map") => {
            let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
            Lists::Keyed(keys.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect())
        }
        _ => Lists::Atomic,
    }
}

/// Whether the values are quantities: generators of CRDs write the pattern of the API's `Quantity`, which is the only one
/// that allows for its suffixes.
fn is_quantity(schema: &Value) -> bool {
    let text = |key| schema.get(key).and_then(Value::as_str);
    text("format") == Some("quantity") || text("pattern").is_some_and(|it| it.contains("([KMGTPE]i)|[numkMGTPE]"))
}
