//! What the API server knows about the types of objects: which fields there are, how lists and maps merge, which values
//! are quantities, which zeros are values, what is filled in.
//!
//! ```text
//! OpenAPI v3 of real servers, Go types ─► make schema ─► builtin.txt ─► Graph   (kinds of Kubernetes)
//! OpenAPI v3 of a cluster, its CustomResourceDefinitions ─────────────► Graph   (custom resources)
//! ```

use std::sync::LazyLock;

use serde_json::Value;

mod graph;
mod openapi;
mod spot;
mod table;

pub(super) use graph::{Lists, Scalar};
pub(super) use spot::Spot;

use crate::model::object::GroupVersionKind;
use graph::{Graph, Id};

/// Kinds that Kubernetes itself serves: `make schema` writes it, and a test holds it against a real server.
static BUILT_IN: LazyLock<Graph> = LazyLock::new(|| table::read(include_str!("types/builtin.txt")));

/// The schemas of custom resources, as far as they could be read. Without a schema an object is compared by its structure.
#[derive(Clone, Debug, Default)]
pub struct CustomSchemas {
    graph: Graph,
}

impl CustomSchemas {
    /// Adds every kind of a document of `/openapi/v3/apis/GROUP/VERSION`. A kind that is known already stays as it is.
    pub fn add_openapi(&mut self, document: &Value) {
        openapi::add_document(&mut self.graph, document);
    }

    /// Adds every version of a CustomResourceDefinition, `apiextensions.k8s.io/v1` or `v1beta1`; anything else adds
    /// nothing. A kind that is known already stays as it is.
    pub fn add_definition(&mut self, definition: &Value) {
        openapi::add_definition(&mut self.graph, definition);
    }

    /// Where the comparison of an object of this kind begins; None: nothing is known about it.
    pub(super) fn root<'a>(&'a self, gvk: &GroupVersionKind) -> Option<Spot<'a>> {
        let built_in =
            || BUILT_IN.kind(gvk).or_else(|| BUILT_IN.other_version(gvk)).map(|at| Spot::root(&BUILT_IN, at));
        built_in().or_else(|| self.graph.kind(gvk).map(|at| Spot::root(&self.graph, at)))
    }
}

/// Whether the kind is one of Kubernetes itself, so that nobody has to be asked for its schema.
pub fn is_built_in(gvk: &GroupVersionKind) -> bool {
    BUILT_IN.kind(gvk).is_some() || BUILT_IN.other_version(gvk).is_some()
}

/// What every object has, whoever serves it.
pub(super) fn metadata() -> Option<Spot<'static>> {
    static METADATA: LazyLock<Option<Id>> = LazyLock::new(|| BUILT_IN.named("meta.v1.ObjectMeta"));
    METADATA.map(|at| Spot::root(&BUILT_IN, at))
}

/// Whether a value is what Go takes for unset.
pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests;
