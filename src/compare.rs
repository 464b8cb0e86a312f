//! PURE: the engine alone, offline: the texts of two files, one verdict.

use std::fmt;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use crate::drift::autoscale::{Autoscaler, Autoscalers};
use crate::drift::facts::{self, Facts};
use crate::drift::injected::{self, Situation};
use crate::drift::owners::Owners;
use crate::drift::path::FieldPath;
use crate::drift::severity::{self, Weight};
use crate::drift::types::CustomSchemas;
use crate::drift::{additions, compare, ignore, show};
use crate::manifest;
use crate::model::finding::{Code, Owner, Severity, Shown};
use crate::model::object::{GroupVersionKind, ObjectKey};
use crate::redact::{Redactor, Text};
use crate::render::one_line;
use crate::workflow::defused;

/// What `drift-detector compare` was given, as texts.
#[derive(Clone, Debug)]
pub struct Files<'a> {
    /// One manifest.
    pub desired: &'a str,
    /// The same object as the cluster has it; only comments: it does not exist.
    pub live: &'a str,
    /// Other live objects on which the verdict may depend: autoscalers, and the CustomResourceDefinition.
    pub context: &'a [String],
    /// JSON pointer patterns of fields that do not count.
    pub ignore: &'a [String],
    /// Globs over the names of field managers whose fields do not count.
    pub ignore_managers: &'a [String],
}

/// The verdict on one object.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether there is any finding.
    pub drift: bool,
    /// Every difference that counts, by path.
    pub findings: Vec<Difference>,
    /// What only live has and a person added.
    pub additions: Vec<Difference>,
    /// Differences that do not count, with the reason.
    pub suppressed: Vec<Suppressed>,
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// What kind.
    pub code: Code,
    /// JSON pointer, with the indices of desired.
    pub path: Text,
    /// The path for people.
    pub field: Text,
    /// What desired says.
    pub desired: Shown,
    /// What live says.
    pub live: Shown,
    /// How bad it is, in an environment of which nothing is known.
    pub severity: Severity,
    /// Why.
    pub severity_reason: Text,
    /// The field managers that own the live field.
    pub owners: Vec<Owner>,
    /// What else to know about it.
    pub notes: Vec<Text>,
}

/// One difference that does not count.
#[derive(Clone, Debug, Serialize)]
pub struct Suppressed {
    /// JSON pointer, with the indices of desired.
    pub path: Text,
    /// The name of the known injection that it is; absent for every other reason.
    pub rule: Option<&'static str>,
    /// Why it does not count.
    pub reason: Text,
}

/// Compares the two.
pub fn run(files: &Files<'_>, redactor: &Redactor) -> anyhow::Result<Verdict> {
    let desired =
        one(files.desired).context("failed to read the desired object")?.context("the desired file holds no object")?;
    let live = one(files.live).context("failed to read the live object")?;
    let key = key(&desired);
    anyhow::ensure!(!key.gvk.kind.is_empty(), "the desired file holds no Kubernetes object: it has no `kind`");
    let (mut autoscalers, mut schemas) = (Autoscalers::default(), CustomSchemas::default());
    for text in files.context {
        let objects = manifest::values(text).context("failed to read the context")?;
        for object in objects.iter().flat_map(opened) {
            schemas.add_definition(object);
            autoscalers.extend(Autoscaler::read(&self::key(object).gvk, object, key.namespace.as_deref()));
        }
    }
    let Some(live) = live else {
        let root = FieldPath::default();
        let rating = severity::of_object(Code::ObjectMissing, &key.gvk, Weight::NONE);
        let missing = Difference {
            code: Code::ObjectMissing,
            path: root.shown_pointer(redactor),
            field: root.shown(redactor),
            desired: Shown::Text(redactor.text(&key.to_string())),
            live: Shown::Absent,
            severity: rating.severity,
            severity_reason: redactor.text(&rating.reason),
            owners: Vec::new(),
            notes: Vec::new(),
        };
        return Ok(Verdict { drift: true, findings: vec![missing], additions: Vec::new(), suppressed: Vec::new() });
    };
    let situation = Situation::new(&key.gvk, (&desired, &live), &schemas);
    let owners = Owners::read(&live);
    let found = compare::compare(&desired, &live, &key.gvk, &schemas);
    let added = additions::find(&situation, &owners, &found);
    let mut verdict = Verdict { drift: false, findings: Vec::new(), additions: Vec::new(), suppressed: Vec::new() };
    for difference in found.into_iter().chain(added) {
        let path = difference.path.shown_pointer(redactor);
        let injection = injected::explain(&situation, &difference);
        let reason = injection
            .map(|rule| Text::from(rule.reason))
            .or_else(|| ignored(files, &situation, &owners, &difference, redactor))
            .or_else(|| Some(redactor.text(&autoscalers.excuse(&key, &difference)?)));
        if let Some(reason) = reason {
            verdict.suppressed.push(Suppressed { path, rule: injection.map(|rule| rule.name), reason });
            continue;
        }
        let (desired, live) = show::sides(&difference, redactor);
        let field = difference.path.shown(redactor);
        let Facts { owners, severity, severity_reason, mut notes } =
            facts::of(&situation, &difference, &owners, Weight::NONE, redactor);
        let remarks = autoscalers.remarks(&key, &difference);
        notes.extend(remarks.iter().map(|it| it.text(|words| redactor.text(words))));
        let code = difference.code;
        let list = if code == Code::FieldAdded { &mut verdict.additions } else { &mut verdict.findings };
        list.push(Difference { code, path, field, desired, live, severity, severity_reason, owners, notes });
    }
    verdict.drift = !verdict.findings.is_empty();
    Ok(verdict)
}

/// What was asked to be left out.
fn ignored(
    files: &Files<'_>,
    situation: &Situation<'_>,
    owners: &Owners<'_>,
    difference: &compare::Difference,
    redactor: &Redactor,
) -> Option<Text> {
    let body = ignore::body(situation, difference);
    let by_path = || files.ignore.iter().find(|it| ignore::covers(it, &difference.path, body)).cloned();
    let by_manager = || {
        let pattern = files.ignore_managers.iter().find(|it| ignore::is_by(it, situation, owners, difference))?;
        Some(format!("field manager {pattern}"))
    };
    by_path().or_else(by_manager).map(|it| redactor.text(&format!("ignored: {it}")))
}

/// The only object of a file; None: it holds nothing.
fn one(text: &str) -> anyhow::Result<Option<Value>> {
    let mut objects = manifest::values(text)?;
    anyhow::ensure!(objects.len() < 2, "the file holds {} objects instead of one", objects.len());
    let Some(object) = objects.pop() else { return Ok(None) };
    anyhow::ensure!(object.is_object(), "the file holds no Kubernetes object");
    // Inside a list nothing would say which items are Secrets.
    let is_list = object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    anyhow::ensure!(!(is_list && object.get("items").is_some()), "the file holds a list instead of one object");
    Ok(Some(object))
}

/// The items of a list, or the object itself.
fn opened(object: &Value) -> Vec<&Value> {
    object.get("items").and_then(Value::as_array).map_or_else(|| vec![object], |items| items.iter().collect())
}

fn key(object: &Value) -> ObjectKey {
    let text = |at: &Value, key: &str| at.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    ObjectKey {
        gvk: GroupVersionKind::new(&text(object, "apiVersion"), &text(object, "kind")),
        namespace: Some(text(metadata, "namespace")).filter(|it| !it.is_empty()),
        name: text(metadata, "name"),
    }
}

impl fmt::Display for Verdict {
    /// One line per difference, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { drift, findings, additions, suppressed } = self;
        match (drift, findings.len()) {
            (false, _) => writeln!(f, "no drift")?,
            (true, 1) => writeln!(f, "drift: 1 finding")?,
            (true, many) => writeln!(f, "drift: {many} findings")?,
        }
        for Difference { code, path: _, field, desired, live, severity, severity_reason: _, owners, notes } in
            findings.iter().chain(additions)
        {
            let place = if field.is_empty() { "the object" } else { field.as_str() };
            write!(f, "  {severity:<8}  {code}  {}: {} -> {}", on_one_line(place), side(desired), side(live))?;
            if let (Code::FieldAdded, Some(owner)) = (code, owners.first()) {
                write!(f, " (field manager {})", on_one_line(owner.manager.as_str()))?;
            }
            for note in notes {
                write!(f, "; {}", on_one_line(note.as_str()))?;
            }
            writeln!(f)?;
        }
        for Suppressed { path, rule: _, reason } in suppressed {
            writeln!(f, "  suppressed  {}: {}", on_one_line(path.as_str()), on_one_line(reason.as_str()))?;
        }
        Ok(())
    }
}

fn side(shown: &Shown) -> String {
    match shown {
        Shown::Absent => "absent".to_owned(),
        Shown::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Shown::Text(text) => on_one_line(text.as_str()),
        Shown::Hidden(reason) => format!("hidden ({reason})"),
    }
}

/// Values come from a cluster: nothing in them may move the cursor, fill the screen, or act on a runner.
fn on_one_line(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut line = defused(&one_line(&text.chars().take(LONGEST).collect::<String>()));
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
