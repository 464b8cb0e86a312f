//! Keeps the source easy to read: modules form a DAG, the pure ones do no IO, files stay short.

use std::{fs, path::Path};

/// Each module of both packages, in reading order, and the modules it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("redact", &[]),
    ("model", &["redact"]),
    ("bundle", &["model", "redact"]),
    ("inputs", &["model", "redact", "bundle"]),
    ("http", &[]),
    ("workflow", &[]),
    ("logging", &["redact", "workflow"]),
    ("confighub", &["model", "redact", "http"]),
    ("github", &["model", "redact", "http"]),
    ("manifest", &["model"]),
    ("page", &["model"]),
    ("cluster", &["model", "redact", "http", "page"]),
    ("drift", &["model", "redact", "manifest"]),
    ("history", &["model"]),
    ("remediation", &["model", "redact", "confighub", "manifest", "history"]),
    ("report", &["model", "redact", "history"]),
    ("render", &["model", "redact", "report"]),
    ("publish", &["model", "redact", "http", "workflow", "github", "history", "report", "render"]),
    (
        "pipeline",
        &[
            "model",
            "redact",
            "bundle",
            "inputs",
            "http",
            "confighub",
            "manifest",
            "page",
            "cluster",
            "drift",
            "history",
            "remediation",
            "report",
            "render",
            "publish",
        ],
    ),
    ("compare", &["model", "redact", "workflow", "manifest", "drift", "render"]),
    ("explain", &["model", "workflow", "report", "render"]),
    ("demo", &["model"]),
    (
        "cli",
        &[
            "model", "redact", "inputs", "workflow", "logging", "report", "render", "pipeline", "compare", "explain",
            "demo",
        ],
    ),
];

/// Files whose functions depend on their arguments alone.
const PURE: &[&str] = &[
    "redact",
    "model",
    "workflow",
    "manifest",
    "page",
    "drift",
    "report",
    "render",
    "compare",
    "bundle",
    "explain",
    "history",
    "publish/issue",
    "publish/comment",
    "publish/words",
];
const IMPURE: &[&str] =
    &["reqwest", "tokio", "async fn", "kube::Client", "kube::Api", "std::env", "std::fs", "std::net", "::now("];

/// Longer files are split.
const LONGEST: usize = 500;

/// Names that explain nothing.
const VAGUE: &[&str] = &["utils", "util", "common", "helpers", "manager", "service", "misc"];

#[test]
fn modules_use_only_what_they_may() {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let top = file.split(['/', '.']).next().unwrap_or_default();
        if matches!(top, "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == top) else {
            found.push(format!("{file}: `{top}` is missing from ALLOWED"));
            continue;
        };
        if text.contains("use crate::{") {
            found.push(format!("{file}: write one `use crate::<module>::…` per module"));
        }
        for (name, _) in ALLOWED {
            // Fixtures are for the tests of everybody.
            let fixtures = if file.ends_with("tests.rs") { format!("crate::{name}::fixtures") } else { String::new() };
            let text = if fixtures.is_empty() { text.clone() } else { text.replace(&fixtures, "") };
            let used = text.contains(&format!("crate::{name}::")) || text.contains(&format!("crate::{name};"));
            if *name != top && !allowed.contains(name) && used {
                found.push(format!("{file}: `{top}` must not use `{name}`"));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_allowed_uses_form_no_circle() {
    // Each module is listed after everything that it may use, `demo` (behind its feature) and `cli` excepted by order.
    for (index, (name, allowed)) in ALLOWED.iter().enumerate() {
        for used in *allowed {
            assert!(
                ALLOWED[..index].iter().any(|(earlier, _)| earlier == used),
                "`{name}` may use `{used}`, which stands after it"
            );
        }
    }
}

#[test]
fn pure_modules_do_no_io() {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        if PURE.iter().any(|it| file.starts_with(&format!("{it}/")) || file == format!("{it}.rs"))
            && !file.ends_with("tests.rs")
        {
            let used = IMPURE.iter().filter(|it| production.contains(**it));
            found.extend(used.map(|it| format!("{file}: pure module names `{it}`")));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST {
            found.push(format!("{file}: {lines} lines"));
        }
        if file.split(['/', '.']).any(|part| VAGUE.contains(&part) || part == "mod") {
            found.push(format!("{file}: the name explains nothing"));
        }
        if !text.starts_with("//!") {
            found.push(format!("{file}: does not begin with what it is for"));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Every source file of both packages, as its path below `src/` and its text.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for package in ["", "engine"] {
        sources.extend(below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(package).join("src")));
    }
    sources.sort();
    sources
}

fn below(src: &Path) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("source folder is readable") {
            let path = entry.expect("folder entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let file = path.strip_prefix(src).expect("path is below src").display().to_string();
                sources.push((file, fs::read_to_string(path).expect("source file is readable")));
            }
        }
    }
    sources
}
