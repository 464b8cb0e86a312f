//! Edits by example: the whole text before and after.

use serde_json::json;

use super::*;

mod random;

/// `/a/0/b` as steps; a number is a position.
fn steps(path: &str) -> Vec<Step<'_>> {
    path.split('/').skip(1).map(|it| it.parse().map_or(Step::Key(it), Step::Item)).collect()
}

fn set(text: &str, path: &str, value: Value) -> Result<String, Refused> {
    edit(text, &[Edit { document: 0, path: &steps(path), change: Change::Set(&value) }])
}

fn remove(text: &str, path: &str) -> Result<String, Refused> {
    edit(text, &[Edit { document: 0, path: &steps(path), change: Change::Remove }])
}

fn sets(cases: &[(&str, &str, Value, &str)]) {
    for (text, path, value, want) in cases {
        assert_eq!(set(text, path, value.clone()).as_deref(), Ok(*want), "{path} := {value} in\n{text}");
    }
}

fn removes(cases: &[(&str, &str, &str)]) {
    for (text, path, want) in cases {
        assert_eq!(remove(text, path).as_deref(), Ok(*want), "without {path}:\n{text}");
    }
}

#[test]
fn a_scalar_changes_alone() {
    sets(&[
        (
            "# a\nspec:\n  replicas:   3   # three\n  x: y\n",
            "/spec/replicas",
            json!(5),
            "# a\nspec:\n  replicas:   5   # three\n  x: y\n",
        ),
        ("a: 'x'\n", "/a", json!("it's"), "a: 'it''s'\n"),
        ("a: \"x\"\n", "/a", json!("q\"\n\u{1}"), "a: \"q\\\"\\n\\u0001\"\n"),
        ("a: \"3\"\n", "/a", json!(3), "a: 3\n"),
        ("a:\nb: 1", "/a", json!(3), "a: 3\nb: 1"),
        ("a: # c\nb: 1", "/a", json!(3), "a: 3 # c\nb: 1"),
        ("\u{feff}a: 1\r\nb: x", "/b", json!("z"), "\u{feff}a: 1\r\nb: z"),
        ("a: &x 1\n", "/a", json!(2), "a: &x 2\n"),
        ("a: !!str 1\n", "/a", json!("2"), "a: !!str \"2\"\n"),
        ("x: &x 1\na: *x\n", "/a", json!(2), "x: &x 1\na: 2\n"),
        ("? a\n: 1\n", "/a", json!(2), "? a\n: 2\n"),
    ]);
}

#[test]
fn texts_that_look_like_something_else_are_quoted() {
    for text in [
        "on",
        "NO",
        "y",
        "null",
        "~",
        "",
        "1",
        "0x1F",
        "1e3",
        "1_000",
        "014",
        "2024-01-01",
        "1:30",
        ".5",
        "-1",
        "+.inf",
        " a",
        "a ",
        "a: b",
        "a #b",
        "a:",
        "- a",
        "*a",
        "&a",
        "!a",
        "{a",
        "[a",
        "%a",
        "@a",
        "`a",
        "'a",
        "\"a",
        "? a",
        "---",
        "<<",
        "=",
        "|",
        ">",
        "#",
        "a\tb",
        "\u{85}",
        "\u{feff}",
    ] {
        let edited = set("a: x\n", "/a", json!(text)).expect(text);
        assert!(edited.starts_with("a: \""), "{edited}");
    }
    for text in [
        "nginx:1.27",
        "10.0.0.1",
        "1.27.3",
        "500m",
        "--flag=on",
        ":8080",
        "a b",
        "it's",
        "http://a/#b",
        "ü",
        "~/x",
        "a,b",
    ] {
        assert_eq!(set("a: x\n", "/a", json!(text)), Ok(format!("a: {text}\n")));
    }
    assert_eq!(set("a: [x]\n", "/a/0", json!("b,c")).as_deref(), Ok("a: [\"b,c\"]\n"));
}

#[test]
fn blocks_of_text_stay_blocks() {
    sets(&[
        (
            "a: | # c\n    x\n    y\n\n# d\nb: 1\n",
            "/a",
            json!("z\n\n  w\n"),
            "a: | # c\n    z\n\n      w\n\n# d\nb: 1\n",
        ),
        ("a: |-\n  x\nb: 1\n", "/a", json!("y\nz"), "a: |-\n  y\n  z\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", "/a", json!(" y\nz\n"), "a: |2\n   y\n  z\nb: 1\n"),
        ("a: |+\n  x\n\nb: 1\n", "/a", json!("y\n\n\n"), "a: |+\n  y\n\n\nb: 1\n"),
        ("a: >\n  x\n  y\nb: 1\n", "/a", json!("x y\nz\n"), "a: >\n  x y\n\n  z\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", "/a", json!(5), "a: 5\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", "/a", json!("y\r\n"), "a: \"y\\r\\n\"\nb: 1\n"),
        ("a: 1 # c\nb: 1\n", "/a", json!("x\ny\n"), "a: | # c\n  x\n  y\nb: 1\n"),
        ("a: |\r\n  x\r\nb: 1\r\n", "/a", json!("y\nz\n"), "a: |\r\n  y\r\n  z\r\nb: 1\r\n"),
        ("a:\n- |\n  x\n- b\n", "/a/0", json!("y\nz\n"), "a:\n- |\n  y\n  z\n- b\n"),
    ]);
}

#[test]
fn what_is_missing_is_added_in_the_style_that_stands_there() {
    sets(&[
        ("a:\n    b: 1 # c\n# about d\nd: 1\n", "/a/c", json!("x"), "a:\n    b: 1 # c\n    c: x\n# about d\nd: 1\n"),
        (
            "a: 1",
            "/b/c",
            json!({"d": [1, {"e": 2, "f": 3}]}),
            "a: 1\nb:\n  c:\n    d:\n    - 1\n    - e: 2\n      f: 3",
        ),
        ("a:\n  - 1\nb: 2\n", "/a/1", json!({"x": 1, "z": 2}), "a:\n  - 1\n  - x: 1\n    z: 2\nb: 2\n"),
        ("a:\n-   x: 1\nb: 2\n", "/a/1", json!({"x": 1, "z": 2}), "a:\n-   x: 1\n-   x: 1\n    z: 2\nb: 2\n"),
        ("a: {b: 1, }\n", "/a/c", json!("x"), "a: {b: 1, c: x, }\n"),
        ("{\"a\":{\"b\":1}}", "/a/c", json!({"d": true}), "{\"a\":{\"b\":1,\"c\":{\"d\":true}}}"),
        ("{\n  \"a\": 1\n}\n", "/b", json!("x"), "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n"),
        ("a: {} # c\nb: 1\n", "/a/x", json!({"z": 1}), "a: # c\n  x:\n    z: 1\nb: 1\n"),
        ("a: |\n  x\n\nb: 1\n", "/c", json!(1), "a: |\n  x\n\nb: 1\nc: 1\n"),
        ("a:\n- b: 1\n  c: 2\n", "/a/0/d", json!(3), "a:\n- b: 1\n  c: 2\n  d: 3\n"),
    ]);
}

#[test]
fn collections_are_replaced() {
    sets(&[
        ("a:\n  b: 1\n  c: 2\nd: 1\n", "/a", json!({"x": 1}), "a:\n  x: 1\nd: 1\n"),
        ("a:\n- 1\n- 2\nd: 1\n", "/a", json!({"x": 1}), "a:\n  x: 1\nd: 1\n"),
        ("a:\n  b: 1\nd: 1\n", "/a", json!("x"), "a: x\nd: 1\n"),
        ("a:\n- b: 1\n  c: 2\n- 3\n", "/a/0", json!("x"), "a:\n- x\n- 3\n"),
        ("a: [1, 2] # c\nd: 1\n", "/a", json!([3]), "a: # c\n- 3\nd: 1\n"),
        ("a: {b: [1, 2]}\n", "/a/b", json!([3]), "a: {b: [3]}\n"),
        ("a: 1\n---\nb: 1\n", "", json!({"c": 1}), "c: 1\n---\nb: 1\n"),
    ]);
}

#[test]
fn what_is_removed_takes_its_lines() {
    removes(&[
        ("a: 1\nb: # c\n  x: 1\n  # in it\n# after\nc: 2\n", "/b", "a: 1\n# after\nc: 2\n"),
        ("a: 1\nb: 2", "/b", "a: 1"),
        ("a:\n  b: 1\nc: 1\n", "/a/b", "a: {}\nc: 1\n"),
        ("a:\n- 1\n", "/a/0", "a: []\n"),
        ("a:\n- b: 1\n  c: 2\n", "/a/0/b", "a:\n- c: 2\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "/a/c", "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2}\n", "/a/c", "a: {b: 1}\n"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "/b", "{\n  \"a\": 1\n}\n"),
        ("a: 1\n---\nb: 2\n", "", "b: 2\n"),
        ("---\na: 1\n---\nb: 2\n", "", "---\nb: 2\n"),
        ("kind: List\nitems:\n- kind: A\n- kind: B\n", "", "kind: List\nitems:\n- kind: B\n"),
    ]);
}

#[test]
fn what_shows_elsewhere_is_refused() {
    let shared = "a: &a\n  x: 1\nb: *a\nc:\n  <<: *a\n  y: 1\n";
    assert_eq!(set(shared, "/a/x", json!(2)), Err(Refused::Aliased));
    assert_eq!(set(shared, "/b/x", json!(2)), Err(Refused::Aliased));
    assert_eq!(remove(shared, "/a"), Err(Refused::Aliased));
    assert_eq!(remove(shared, "/c/x"), Err(Refused::Aliased));
    assert_eq!(set(shared, "/c/x", json!(2)).map(|it| it.replace(shared, "")).as_deref(), Ok("  x: 2\n"));
    assert_eq!(
        set("a: 1\na: 2\n", "/a", json!(2)).map_err(|it| it.to_string()),
        Err("the unit cannot be read: line 2: a key is given twice".into())
    );
    assert_eq!(set("a: !!int 1\n", "/a", json!(2)), Err(Refused::Tagged));
    assert_eq!(set("a: 1\n", "/a/b", json!(2)), Err(Refused::NoCollection));
    assert_eq!(remove("a: 1\n", "/b"), Err(Refused::Missing));
    assert_eq!(set("a: [1]\n", "/a/2", json!(2)), Err(Refused::Missing));
}

#[test]
fn many_edits_are_one_pass() {
    let text = "a: 1\nb:\n- 1\n- 2\nc: 3\n---\nd: 4\n";
    let [one, two] = [json!(1), json!("x")];
    let on = |document, path, change| (document, steps(path), change);
    let edits = [
        on(0, "/b/0", Change::Remove),
        on(0, "/b/2", Change::Set(&two)),
        on(0, "/b/3", Change::Set(&one)),
        on(0, "/c", Change::Remove),
        on(0, "/e", Change::Set(&two)),
        on(1, "/d", Change::Set(&one)),
    ];
    let edits: Vec<_> =
        edits.iter().map(|(document, path, change)| Edit { document: *document, path, change: *change }).collect();
    assert_eq!(edit(text, &edits).as_deref(), Ok("a: 1\nb:\n- 2\n- x\n- 1\ne: x\n---\nd: 1\n"));
    assert_eq!(edit(text, &[edits[0], edits[0]]), Err(Refused::Overlap));
}
