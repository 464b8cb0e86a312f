//! YAML as Kubernetes reads it.

use super::*;

fn one(text: &str) -> Value {
    values(text).expect("it is YAML").remove(0)
}

#[test]
fn numbers_and_bools_are_read_as_kubernetes_reads_them() {
    let read = one("{a: on, b: 014, c: 0x1F, d: 1_000, e: 1e3, f: 1.0, g: '1', h: 0.5, i: ~, j: 1:30, k: 2024-01-01}");
    let want = serde_json::json!({
        "a": true, "b": 12, "c": 31, "d": 1000, "e": 1000, "f": 1, "g": "1", "h": 0.5, "i": null, "j": "1:30",
        "k": "2024-01-01",
    });
    assert_eq!(read, want);
}

#[test]
fn documents_have_lines_and_empty_ones_are_skipped() {
    let text = "# nothing\n---\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# only a comment\n---\n\
                # before\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, namespace: c}\n";
    let read = documents(text).expect("it is a manifest");
    let lines: Vec<_> = read.iter().map(|it| (it.gvk.to_string(), it.line, it.namespace.clone())).collect();
    assert_eq!(lines, [("v1 Namespace".into(), 4, None), ("apps/v1 Deployment".into(), 11, Some("c".into()))]);
}

#[test]
fn lists_are_opened_and_their_items_have_lines() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n\
                - apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n";
    let read = documents(text).expect("it is a manifest");
    assert_eq!(read.iter().map(|it| it.line).collect::<Vec<_>>(), [4, 7]);
    assert_eq!(read[1].name, DocumentName::Given("b".into()));
}

#[test]
fn a_custom_resource_may_be_called_a_list() {
    let text = "apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\nitems: [{cidr: 10.0.0.0/8}]\n";
    let read = documents(text).expect("it is a manifest");
    assert_eq!(read.iter().map(|it| it.gvk.kind.as_str()).collect::<Vec<_>>(), ["AllowList"]);
    assert_eq!(documents("apiVersion: v1\nkind: List\nitems:\n"), Ok(Vec::new()));
}

#[test]
fn errors_name_the_line_and_never_quote() {
    for (text, want) in [
        ("a: 1\nhunter2: 2\nhunter2: 3\n", "line 3: a key is given twice"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {}\n", "line 1: a document has no `metadata.name`"),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: 123}\n",
            "line 1: `metadata.namespace` is no text",
        ),
        ("kind: Secret\n", "line 1: a document has no `apiVersion`"),
        ("---\n- hunter2\n", "line 2: a document is not a mapping"),
        ("apiVersion: v1\nkind: List\nitems: {hunter2: 1}\n", "line 1: the `items` of a List are no list"),
        ("a: *hunter2\n", "line 1: an alias has no anchor"),
    ] {
        assert_eq!(documents(text).expect_err(text).to_string(), want);
    }
    for text in ["a: {{ hunter2 }}", "\thunter2: x: y", "a: 'hunter2", "hunter2: [1, 2"] {
        assert!(!documents(text).expect_err(text).to_string().contains("hunter2"), "{text}");
    }
}

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn refused(field: &str) -> ManifestError {
    documents(&format!("{HEAD}{field}")).expect_err("it is over the bounds")
}

#[test]
fn alias_bombs_end_in_an_error() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut merges = String::from("a0: &a0 {x: 1}\n");
    for level in 1..40 {
        let before = format!("*a{}", level - 1);
        if level < 10 {
            laughs.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(", ")));
        }
        merges.push_str(&format!("a{level}: &a{level} {{<<: [{before}, {before}], k{level}: 1}}\n"));
    }
    // A kilobyte that is repeated a million times over: few events, and a gigabyte.
    let text = format!("big: &big {}\nlist: [{}]\n", "x".repeat(100_000), vec!["*big"; 10_000].join(", "));
    let lists = format!("big: &big [{}]\nlist: [{}]\n", "x, ".repeat(5_000), vec!["*big"; 5_000].join(", "));
    for bomb in [laughs, merges, text, lists] {
        assert_eq!(refused(&bomb).problem, "an alias cannot be expanded");
    }
}

#[test]
fn depth_is_bounded_well_above_what_manifests_need() {
    // As much as the program gives its threads: those of tests have less.
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(read_and_refuse_depths);
    thread.expect("a thread").join().expect("no check failed");
}

fn read_and_refuse_depths() {
    let flow = |depth| format!("a: {}{}\n", "[".repeat(depth), "]".repeat(depth));
    let maps = |depth| format!("a: {}1{}\n", "{a: ".repeat(depth), "}".repeat(depth));
    let block = |depth| (0..depth).map(|level| format!("{}k:\n", " ".repeat(level))).collect::<String>();
    let dashes = |depth| format!("a:\n  {}x\n", "- ".repeat(depth));
    let shapes: [&dyn Fn(usize) -> String; 4] = [&flow, &maps, &block, &dashes];
    for shape in shapes {
        let honest = documents(&format!("{HEAD}{}", shape(100))).expect("a hundred levels are read");
        assert_eq!(honest.len(), 1);
        let problem = refused(&shape(2_000)).problem;
        assert!(matches!(&*problem, "it is too large or too deeply nested" | "it is not valid YAML"), "{problem}");
    }
    assert!(documents(&"[".repeat(100_000)).is_err());
    assert!(documents(&flow(10_000)).is_err());
}

#[test]
fn large_units_are_read_whole() {
    let line = "x".repeat(127);
    let block = format!("{HEAD}data:\n  big: |\n{}", format!("    {line}\n").repeat(8 << 10));
    let read = documents(&block).expect("one long text");
    assert!(read[0].body.value()["data"]["big"].as_str().is_some_and(|it| it.len() == 1 << 20));
    let many = format!("{HEAD}---\n").repeat(12_000);
    let read = documents(&many).expect("many documents");
    assert_eq!((read.len(), read[11_999].line), (12_000, 11_999 * 4 + 1));
}

#[test]
fn more_documents_than_a_unit_can_honestly_hold_are_refused() {
    let error = documents(&"a\n---\n".repeat(100_001)).expect_err("over the bounds");
    assert_eq!(error.problem, "it is too large or too deeply nested");
}

#[test]
fn what_differs_from_kubernetes_never_hides_a_difference() {
    assert_eq!(one("{a: tRUE, b: !custom 1}"), serde_json::json!({"a": true, "b": 1}));
    assert_eq!(one("on: 1\ny: 2\n'yes': 3"), serde_json::json!({"on": 1, "y": 2, "yes": 3}));
    assert_eq!(refused("a: 1e400").problem, "a number is not finite");
}

#[test]
fn merge_keys_are_expanded_and_generated_names_are_seen() {
    assert_eq!(one("a: &a {x: 1}\nb: {<<: *a, y: 2}")["b"], serde_json::json!({"x": 1, "y": 2}));
    let read =
        documents("{apiVersion: batch/v1, kind: Job, metadata: {generateName: run-}}").expect("it is a manifest");
    assert_eq!(read[0].name, DocumentName::Generated("run-".into()));
}

#[test]
fn placeholders_are_found_wherever_they_stand() {
    let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: 'http://confighubplaceholder/', y: z}, \
                n: [1, 999999999]}";
    assert_eq!(documents(text).expect("it is a manifest")[0].unresolved, ["/data/x", "/n/1"]);
}

/// The line of a value by its pointer.
fn line_of(text: &str, document: usize, pointer: &str) -> Option<usize> {
    let documents = located(text).expect("it is a manifest");
    assert_eq!(documents.len(), super::documents(text).expect("it is a manifest").len());
    let mut at = documents[document].lines.as_ref().expect("it has lines");
    for step in pointer.split('/').skip(1) {
        at = at.field(step).or_else(|| at.item(step.parse().ok()?))?;
    }
    Some(at.line())
}

#[test]
fn every_field_has_its_line() {
    let text = "# shop\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n      \
                name: http\n    - {port: 443,\n       name: https}\n  selector: &app\n    app: web\n    tier: front\n---\n---\n\
                apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web,\n  labels: &labels {app: web}}\nspec:\n  \
                selector: {matchLabels: *labels}\n  template:\n    metadata:\n      labels:\n        <<: *labels\n        \
                tier: front\n  text: |\n    one\n    two\n  'a/b': 1\n";
    for (document, pointer, line) in [
        (0, "", 3),
        (0, "/metadata", 5),
        (0, "/spec/ports", 8),
        (0, "/spec/ports/0", 9),
        (0, "/spec/ports/0/name", 10),
        (0, "/spec/ports/1/port", 11),
        (0, "/spec/ports/1/name", 12),
        (0, "/spec/selector", 13),
        (0, "/spec/selector/tier", 15),
        (1, "", 18),
        (1, "/metadata/labels/app", 21),
        (1, "/spec/selector/matchLabels", 23),
        (1, "/spec/selector/matchLabels/app", 21),
        (1, "/spec/template/metadata/labels/app", 21),
        (1, "/spec/template/metadata/labels/tier", 28),
        (1, "/spec/text", 29),
    ] {
        assert_eq!(line_of(text, document, pointer), Some(line), "{document} {pointer}");
    }
    assert_eq!(line_of(text, 0, "/spec/type"), None);
}

#[test]
fn items_of_a_list_have_lines_of_their_own() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {x: y}\n\
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: b},\n   data: {x: y}}\n";
    assert_eq!([line_of(text, 0, "/data/x"), line_of(text, 1, "/data/x")], [Some(7), Some(9)]);
}

#[test]
fn lines_survive_as_json() {
    let documents =
        located("{apiVersion: v1, kind: A, metadata: {name: a},\n list: [1,\n 2, {a: b}]}").expect("a manifest");
    let lines = documents[0].lines.clone().expect("it has lines");
    let json = serde_json::to_string(&lines).expect("it is JSON");
    assert_eq!(json, r#"[1,{"apiVersion":1,"kind":1,"list":[2,[2,3,[3,{"a":3}]]],"metadata":[1,{"name":1}]}]"#);
    assert_eq!(serde_json::from_str::<Lines>(&json).expect("it is read back"), lines);
}
