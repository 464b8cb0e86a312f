//! What the schema cannot say: spelling of names and expressions, uniqueness, and what belongs together.
//!
//! Works on the tree, so that it also finds something in files whose structure is broken. A part of the wrong type is
//! passed over here: it was reported already.

use std::collections::BTreeMap;

use crate::inputs::problem::{listed, quoted, suggestion};

use super::Note;
use super::node::{Node, Position};
use super::syntax;

/// What the rules are called that name fields.
const IGNORE: &str = "ignore rule";
const DIRECTION: &str = "direction";

pub(super) fn check(root: &Node, notes: &mut Vec<Note>) {
    let environments = names(root);
    for (at, name) in duplicates(environments.iter().copied()) {
        notes.push(Note::new(at, format!("two environments are called {}", quoted(name)), "give each its own name"));
    }
    targets(root, notes);
    if let Some(scope) = root.get("scope") {
        self::scope(scope, notes);
        scope.items("exclude").iter().for_each(|it| selector(it, "exclusion", &environments, notes));
    }
    root.items("critical").iter().for_each(|it| spell(it, syntax::glob, notes));
    for rule in root.items("ignore") {
        selector(rule, IGNORE, &environments, notes);
        spelled(rule, "path", syntax::path, notes);
        spelled(rule, "manager", syntax::glob, notes);
        spelled(rule, "until", syntax::date, notes);
    }
    for rule in root.items("directions") {
        selector(rule, DIRECTION, &environments, notes);
        spelled(rule, "path", syntax::path, notes);
        spelled(rule, "manager", syntax::glob, notes);
    }
}

/// The environments' names.
fn names(root: &Node) -> Vec<(Position, &str)> {
    root.items("environments").iter().filter_map(|it| it.text_of("name")).collect()
}

fn targets(root: &Node, notes: &mut Vec<Note>) {
    let mut names = Vec::new();
    for environment in root.items("environments") {
        spelled(environment, "name", syntax::name, notes);
        environment.items("approvers").iter().for_each(|it| spell(it, syntax::approver, notes));
        if let Some(place) = environment.get("changesets") {
            spelled(place, "space", syntax::slug, notes);
        }
        let targets = environment.items("targets");
        for target in targets {
            spelled(target, "name", syntax::name, notes);
            spelled(target, "space", syntax::slug, notes);
            spelled(target, "context", syntax::context, notes);
            spelled(target, "namespace", syntax::name, notes);
            target.items("namespaces").iter().for_each(|it| spell(it, syntax::name, notes));
            if target.get("name").is_none() && targets.len() > 1 {
                let remedy = "where an environment has several targets, each needs a `name`";
                notes.push(Note::new(target.at, "this target has no name", remedy));
            }
            // A target without a name is called like its environment.
            let own = target.text_of("name");
            names.extend(own.or_else(|| (targets.len() == 1).then(|| environment.text_of("name"))?));
        }
    }
    // Environments that are called alike were reported; their unnamed targets are no second problem.
    let environments = self::names(root);
    for (at, name) in duplicates(names.into_iter()).into_iter().filter(|found| !environments.contains(found)) {
        notes.push(Note::new(at, format!("two targets are called {}", quoted(name)), "give each its own name"));
    }
}

fn scope(scope: &Node, notes: &mut Vec<Note>) {
    spelled(scope, "units", syntax::expression, notes);
    spelled(scope, "filter", syntax::filter, notes);
    scope.items("kinds").iter().for_each(|it| spell(it, syntax::kind, notes));
    if let (Some(_), Some(filter)) = (scope.get("units"), scope.get("filter")) {
        notes.push(Note::new(filter.at, "`units` and `filter` exclude each other", "keep one of the two"));
    }
}

fn selector(rule: &Node, title: &str, environments: &[(Position, &str)], notes: &mut Vec<Note>) {
    const PARTS: [&str; 5] = ["environment", "kind", "namespace", "name", "label"];
    spelled(rule, "kind", syntax::kind, notes);
    spelled(rule, "namespace", syntax::glob, notes);
    spelled(rule, "name", syntax::glob, notes);
    spelled(rule, "label", |it| syntax::label(it).map(drop).ok_or(("is not a label", "write `key=value`")), notes);
    spelled(rule, "reason", reason, notes);
    if let Some((at, name)) = rule.text_of("environment")
        && !environments.iter().any(|(_, known)| *known == name)
    {
        let remedy = suggestion(name, environments.iter().map(|(_, known)| *known));
        notes.push(Note::new(at, format!("there is no environment {}", quoted(name)), remedy));
    }
    let names_fields = [IGNORE, DIRECTION].contains(&title);
    let parts = || PARTS.into_iter().chain(["path", "manager"].into_iter().filter(|_| names_fields));
    // A direction for everything is a choice like any other; an ignore rule for everything hides the product.
    if title != DIRECTION
        && !rule.entries().is_empty()
        && !rule.entries().iter().any(|(key, _)| parts().any(|it| it == key.name))
    {
        let remedy = format!("give at least one of {}", listed(parts()));
        notes.push(Note::new(rule.at, format!("this {title} would match everything"), remedy));
    }
}

fn reason(text: &str) -> Result<(), syntax::Fault> {
    if text.trim().is_empty() { Err(("is no reason", "say why, for the reader of the report")) } else { Ok(()) }
}

/// Notes a text under a key that is not spelled as it must be.
fn spelled(node: &Node, key: &str, rule: impl Fn(&str) -> Result<(), syntax::Fault>, notes: &mut Vec<Note>) {
    if let Some(value) = node.get(key) {
        spell(value, rule, notes);
    }
}

fn spell(node: &Node, rule: impl Fn(&str) -> Result<(), syntax::Fault>, notes: &mut Vec<Note>) {
    if let Some(text) = node.text()
        && let Err((fault, remedy)) = rule(text)
    {
        notes.push(Note::new(node.at, format!("{} {fault}", quoted(text)), remedy));
    }
}

/// Every name that stood before, with the place where it stands again.
fn duplicates<'a>(names: impl Iterator<Item = (Position, &'a str)>) -> Vec<(Position, &'a str)> {
    let mut seen = BTreeMap::new();
    names.filter(|(at, name)| seen.insert(*name, *at).is_some()).collect()
}
