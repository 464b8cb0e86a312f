//! Custom resources whose schema is known, from their definition or from the cluster's OpenAPI.

use serde_json::json;

use super::*;

const SCHEMA: &str = r"
type: object
properties:
  spec:
    type: object
    properties:
      set: {type: array, items: {type: string}, x-kubernetes-list-type: set}
      list: {type: array, items: {type: object, properties: {a: {type: integer, default: 1}, b: {type: string}}}}
      ports:
        type: array
        x-kubernetes-list-type: map
        x-kubernetes-list-map-keys: [port, protocol]
        items:
          type: object
          properties: {port: {type: integer}, protocol: {type: string, default: TCP}, name: {type: string}}
      whole: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: string}}
      choice: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, z: {type: string, nullable: true}}}
      plain: {type: object, additionalProperties: {type: string}}
      amount:
        anyOf: [{type: integer}, {type: string}]
        pattern: ^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$
        x-kubernetes-int-or-string: true
      port: {anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true}
      wait: {type: string, format: duration}
      pause: {type: string}
      at: {type: string, format: date-time}
      blob: {type: string, format: byte}
      ratio: {type: number}
      flag: {type: boolean, default: true}
      maybe: {type: string, nullable: true}
      sure: {type: string}
      free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
      object: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
";

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": {"group": "example.com", "names": {"kind": "Thing"}, "versions": [
            {"name": "v0"},
            {"name": "v1", "schema": {"openAPIV3Schema": read(SCHEMA)}},
        ]},
    })
}

/// As `/openapi/v3/apis/example.com/v1` shows it.
fn document() -> Value {
    let mut schema = read(SCHEMA);
    schema["x-kubernetes-group-version-kind"] = json!([{"group": "example.com", "version": "v1", "kind": "Thing"}]);
    schema["properties"]["metadata"] = json!({"allOf": [{"$ref": "#/components/schemas/io.k8s.meta.v1.ObjectMeta"}]});
    // Named parts are referred to.
    let spec = schema["properties"]["spec"].take();
    schema["properties"]["spec"] = json!({"$ref": "#/components/schemas/com.example.v1.ThingSpec"});
    let metadata = json!({"properties": {"labels": {"type": "object"}}});
    json!({"components": {"schemas": {
        "com.example.v1.Thing": schema, "com.example.v1.ThingSpec": spec, "io.k8s.meta.v1.ObjectMeta": metadata,
    }}})
}

/// The pointers, which must be the same from wherever the schema comes.
fn pointers(desired: &str, live: &str) -> Vec<String> {
    let [desired, live] = [desired, live].map(|it| read(&format!("{CUSTOM}\nspec: {{{it}}}")));
    let (mut defined, mut served) = (CustomSchemas::default(), CustomSchemas::default());
    defined.add_definition(&definition());
    served.add_openapi(&document());
    let of = |schemas| compare(&desired, &live, &gvk(&desired), schemas);
    let found = of(&defined);
    assert_eq!(found, of(&served));
    found.iter().map(|it| it.path.pointer()).collect()
}

#[test]
fn a_schema_says_what_is_the_same() {
    for (desired, live, want) in [
        // Sets and lists that merge by keys belong to several; order and what others add say nothing.
        ("set: [a, b]", "set: [c, b, a]", &[][..]),
        ("set: [a, b]", "set: [a]", &["/spec/set/1"]),
        ("ports: [{port: 1}]", "ports: [{port: 2, protocol: TCP}, {port: 1, protocol: TCP}]", &[]),
        ("ports: [{port: 1, protocol: UDP}]", "ports: [{port: 1, protocol: TCP}]", &["/spec/ports/0"]),
        // No Go type makes the empty one TCP.
        ("ports: [{port: 1, protocol: ''}]", "ports: [{port: 1, protocol: TCP}, {port: 1, protocol: ''}]", &[]),
        ("ports: [{port: 1, protocol: ''}]", "ports: [{port: 1, protocol: TCP}]", &["/spec/ports/0"]),
        ("ports: [{port: 1, name: a}]", "ports: [{port: 1, protocol: TCP, name: b}]", &["/spec/ports/0/name"]),
        // Others are one value, but for defaults of the schema.
        ("list: [{b: x}]", "list: [{b: x, a: 1}]", &[]),
        ("list: [{b: x}]", "list: [{b: x, a: 2}]", &["/spec/list/0"]),
        ("list: [{b: x}]", "list: [{b: x}, {b: y}]", &["/spec/list"]),
        ("whole: {a: x}", "whole: {a: x, b: y}", &["/spec/whole"]),
        ("choice: {a: x, z: null}", "choice: {a: x, z: null}", &[]),
        ("choice: {a: x, z: null}", "choice: {a: x, z: y}", &["/spec/choice/z"]),
        ("choice: {a: x}", "choice: {a: x, z: y}", &["/spec/choice"]),
        ("plain: {a: x}", "plain: {a: x, b: y}", &[]),
        // Values.
        ("amount: 1000m", "amount: 1", &[]),
        ("amount: 1Gi", "amount: '1073741824'", &[]),
        ("amount: 1Gi", "amount: 1G", &["/spec/amount"]),
        ("port: 80", "port: '80'", &["/spec/port"]),
        ("wait: 90s", "wait: 1m30s", &[]),
        ("wait: 1.5m", "wait: 90s", &[]),
        ("wait: 90s", "wait: 91s", &["/spec/wait"]),
        ("pause: 1h", "pause: 1h0m0s", &[]),
        ("pause: 90s", "pause: 1.5m", &["/spec/pause"]),
        ("at: '2026-01-01T01:00:00+01:00'", "at: '2026-01-01T00:00:00Z'", &[]),
        ("at: '2026-01-01T01:00:00Z'", "at: '2026-01-01T00:00:00Z'", &["/spec/at"]),
        ("blob: aGk=", "blob: \"aGk=\\n\"", &[]),
        ("ratio: 1", "ratio: 1.0", &[]),
        ("ratio: 1", "ratio: 1.5", &["/spec/ratio"]),
        // Zeros are values, nulls only where the schema allows for them.
        ("sure: ''", "flag: true", &["/spec/sure"]),
        ("flag: true", "sure: x", &[]),
        ("flag: false", "sure: x", &["/spec/flag"]),
        ("maybe: null", "maybe: x", &["/spec/maybe"]),
        ("maybe: null", "sure: x", &[]),
        ("sure: null", "sure: x", &[]),
        // The default takes its place.
        ("flag: null", "flag: true", &[]),
        ("flag: null", "flag: false", &["/spec/flag"]),
        // What the schema leaves open, and what it does not know.
        ("free: {known: x, list: [{name: a, v: 1}]}", "free: {known: x, list: [{name: a, v: 1, w: 2}]}", &[]),
        ("free: {known: x, other: ''}", "free: {known: x}", &["/spec/free/other"]),
        ("nobody: x", "sure: x", &["/spec/nobody"]),
        // Objects within the object.
        ("object: {metadata: {labels: {}, creationTimestamp: null}}", "object: {metadata: {}}", &[]),
        ("object: {metadata: {labels: {a: b}}}", "object: {metadata: {}}", &["/spec/object/metadata/labels/a"]),
        ("object: {spec: {x: 1}}", "object: {spec: {x: 1, y: 2}}", &[]),
    ] {
        assert_eq!(pointers(desired, live), want, "{desired} | {live}");
    }
}

#[test]
fn other_versions_and_kinds_have_no_schema() {
    let mut schemas = CustomSchemas::default();
    schemas.add_definition(&definition());
    let mut other = definition();
    other["kind"] = json!("SomethingElse");
    other["spec"]["names"]["kind"] = json!("Other");
    schemas.add_definition(&other);
    for header in ["apiVersion: example.com/v0\nkind: Thing", "apiVersion: example.com/v1\nkind: Other"] {
        let [desired, live] =
            ["set: [a, b]", "set: [b, a]"].map(|it| read(&format!("{header}\nmetadata: {{name: a}}\nspec: {{{it}}}")));
        assert_eq!(compare(&desired, &live, &gvk(&desired), &schemas).len(), 2, "{header}");
    }
}

#[test]
fn types_of_two_groups_do_not_mix() {
    let of = |group: &str, list: &str| {
        json!({"components": {"schemas": {format!("{group}.a.v1.Thing"): {
            "x-kubernetes-group-version-kind": [{"group": format!("a.{group}"), "version": "v1", "kind": "Thing"}],
            "properties": {
                "metadata": {"type": "object"},
                "list": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": list},
            },
        }}}})
    };
    let mut schemas = CustomSchemas::default();
    schemas.add_openapi(&of("one", "atomic"));
    schemas.add_openapi(&of("other", "set"));
    for (group, want) in [("one", 2), ("other", 0)] {
        let [desired, live] = ["[a, b]", "[b, a]"]
            .map(|it| read(&format!("apiVersion: a.{group}/v1\nkind: Thing\nmetadata: {{name: a}}\nlist: {it}")));
        assert_eq!(compare(&desired, &live, &gvk(&desired), &schemas).len(), want, "{group}");
    }
}

#[test]
fn definitions_of_the_first_version_have_one_schema() {
    let mut schemas = CustomSchemas::default();
    schemas.add_definition(&json!({
        "kind": "CustomResourceDefinition",
        "spec": {"group": "example.com", "version": "v1", "names": {"kind": "Thing"},
            "validation": {"openAPIV3Schema": read(SCHEMA)}},
    }));
    let [desired, live] = ["[a, b]", "[b, a]"].map(|it| read(&format!("{CUSTOM}\nspec: {{set: {it}}}")));
    assert_eq!(compare(&desired, &live, &gvk(&desired), &schemas), vec![]);
}
