//! PURE: a report and what somebody asks about → everything that is known about that one entry, for somebody who doubts it.

mod text;

use anyhow::bail;
use jiff::ToSpan as _;
use serde::Serialize;
use serde_json::Value;

use crate::model::finding::Finding;
use crate::model::object::ObjectKey;
use crate::model::outcome::{Obstacle, Suppressed};
use crate::render::one_line;
use crate::report::Report;
use crate::workflow::defused;

/// What is known about one entry of a report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// Its environment.
    pub environment: String,
    /// Its target.
    pub target: String,
    /// Its ConfigHub Space.
    pub space: String,
    /// The entry as the report has it.
    #[serde(flatten)]
    pub entry: Entry,
    /// What would suppress it: an entry of `ignore` in the configuration file, as YAML; None: nothing has to.
    pub ignore: Option<String>,
    /// The same for all that its only field manager owns in the object; None: it has none, or several.
    pub ignore_manager: Option<String>,
}

/// An entry of a report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A difference.
    Finding(Box<Finding>),
    /// What only the cluster has, and is not counted as drift.
    Addition(Box<Finding>),
    /// Left out on purpose.
    Suppressed(Box<Suppressed>),
    /// In scope and not compared.
    NotCompared {
        /// The object; None: none of the unit is known.
        object: Option<ObjectKey>,
        /// The unit; None: the object is known.
        unit: Option<String>,
        /// Why.
        obstacle: Obstacle,
    },
}

/// More entries than this are not listed.
const LISTED: usize = 40;
/// How long a suggested rule holds, in days: long enough to decide, too short to be forgotten.
const HOLDS: i32 = 30;

/// What the report knows about `asked`: an id or the beginning of one, or a unit, an object or a field.
///
/// # Errors
/// Nothing is called so, or several are; the error lists what there is.
pub fn explain(report: &Report, asked: &str) -> anyhow::Result<Explanation> {
    let entries = entries(report);
    let ids = |matches: &dyn Fn(&str) -> bool| -> Vec<&Explanation> {
        entries.iter().filter(|it| it.id().is_some_and(matches)).collect()
    };
    let tiers = [
        ids(&|id| id == asked),
        ids(&|id| !asked.is_empty() && id.starts_with(asked)),
        entries.iter().filter(|it| it.names().iter().any(|name| name == asked)).collect(),
    ];
    let found = tiers.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
    let asked = shown(asked);
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] if entries.is_empty() => {
            bail!("the report has no difference, nothing suppressed and no gap: there is nothing to explain")
        }
        [] => bail!(
            "the report has nothing that is called `{asked}`; it has:\n{}",
            list(&entries.iter().collect::<Vec<_>>())
        ),
        several => bail!("`{asked}` may be any of these; give its id:\n{}", list(several)),
    }
}

fn entries(report: &Report) -> Vec<Explanation> {
    let until = report.run.started.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(HOLDS.days());
    let mut all = Vec::new();
    for environment in &report.environments {
        for target in &environment.targets {
            let mut add = |entry| {
                let (ignore, ignore_manager) = match &entry {
                    Entry::Finding(it) | Entry::Addition(it) => {
                        let rule = |covers| rule(&environment.name, it, covers, until);
                        let field = (!it.pattern.is_empty()).then(|| ("path", it.pattern.as_str().to_owned()));
                        (Some(rule(field)), only_manager(it).map(|name| rule(Some(("manager", literal(name))))))
                    }
                    Entry::Suppressed(_) | Entry::NotCompared { .. } => (None, None),
                };
                all.push(Explanation {
                    environment: environment.name.clone(),
                    target: target.name.clone(),
                    space: target.space.clone(),
                    entry,
                    ignore,
                    ignore_manager,
                });
            };
            for it in &target.findings {
                add(Entry::Finding(Box::new(it.clone())));
            }
            for it in &target.additions {
                add(Entry::Addition(Box::new(it.clone())));
            }
            for it in &target.suppressed {
                add(Entry::Suppressed(Box::new(it.clone())));
            }
            for group in &target.not_compared {
                let obstacle = || group.obstacle.clone();
                for it in &group.objects {
                    add(Entry::NotCompared { object: Some(it.clone()), unit: None, obstacle: obstacle() });
                }
                for it in &group.units {
                    add(Entry::NotCompared { object: None, unit: Some(it.clone()), obstacle: obstacle() });
                }
            }
        }
    }
    all
}

/// The field manager of a field that is there, where no other has a say.
fn only_manager(finding: &Finding) -> Option<&str> {
    let mut names = finding.owners.iter().map(|it| it.manager.as_str());
    let name = names.next().filter(|it| !it.is_empty())?;
    (!finding.pattern.is_empty() && names.all(|it| it == name)).then_some(name)
}

/// A rule for what `covers` names in the finding's object, as a key of the rule and its value; None: for all of it.
fn rule(environment: &str, finding: &Finding, covers: Option<(&str, String)>, until: jiff::civil::Date) -> String {
    let ObjectKey { gvk, namespace, name } = &finding.object;
    let mut lines = vec![format!("environment: {}", scalar(environment)), format!("kind: {}", scalar(&gvk.kind))];
    lines.extend(namespace.as_ref().map(|it| format!("namespace: {}", scalar(&literal(it)))));
    lines.push(format!("name: {}", scalar(&literal(name))));
    lines.extend(covers.map(|(key, value)| format!("{key}: {}", scalar(&value))));
    lines.push("reason: \"say here why this is accepted\"".to_owned());
    lines.push(format!("until: {until}"));
    format!("- {}\n", lines.join("\n  "))
}

/// A name as a glob that matches nothing else.
fn literal(name: &str) -> String {
    name.chars().flat_map(|it| ['\\'].into_iter().filter(move |_| "*?[]{}!\\".contains(it)).chain([it])).collect()
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-._/~=[]*".contains(it);
    // What begins with a letter or a slash, has no blank, and is no word of YAML's own, is a text in every reading.
    let begins = text.starts_with('/') || text.starts_with(|it: char| it.is_ascii_alphabetic());
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if begins && text.chars().all(plain) && !reserved.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

impl Explanation {
    fn id(&self) -> Option<&str> {
        match &self.entry {
            Entry::Finding(it) | Entry::Addition(it) => Some(&it.id),
            Entry::Suppressed(it) => Some(&it.id),
            Entry::NotCompared { .. } => None,
        }
    }

    fn unit(&self) -> Option<&str> {
        match &self.entry {
            Entry::Finding(it) | Entry::Addition(it) => it.unit.as_deref(),
            Entry::Suppressed(it) => Some(&it.unit),
            Entry::NotCompared { unit, .. } => unit.as_deref(),
        }
    }

    fn object(&self) -> Option<&ObjectKey> {
        match &self.entry {
            Entry::Finding(it) | Entry::Addition(it) => Some(&it.object),
            Entry::Suppressed(it) => Some(&it.object),
            Entry::NotCompared { object, .. } => object.as_ref(),
        }
    }

    fn field(&self) -> &str {
        match &self.entry {
            Entry::Finding(it) | Entry::Addition(it) => it.field.as_str(),
            Entry::Suppressed(it) => it.field.as_str(),
            Entry::NotCompared { .. } => "",
        }
    }

    fn path(&self) -> &str {
        match &self.entry {
            Entry::Finding(it) | Entry::Addition(it) => it.path.as_str(),
            Entry::Suppressed(it) => it.path.as_str(),
            Entry::NotCompared { .. } => "",
        }
    }

    /// Everything that somebody may call it: `UNIT`, `OBJECT`, each with `/FIELD` or the pointer, each below its
    /// environment or target.
    fn names(&self) -> Vec<String> {
        let object = self.object();
        let holders =
            [self.unit().map(str::to_owned), object.map(ToString::to_string), object.map(|it| it.name.clone())];
        let mut names = Vec::new();
        for holder in holders.into_iter().flatten() {
            if !self.field().is_empty() {
                names.push(format!("{holder}/{}", self.field()));
                names.push(format!("{holder}{}", self.path()));
            }
            names.push(holder);
        }
        let below: Vec<_> = [&self.environment, &self.target]
            .iter()
            .flat_map(|it| names.iter().map(move |name| format!("{it}/{name}")))
            .collect();
        names.extend(below);
        names
    }
}

/// One line each.
fn list(entries: &[&Explanation]) -> String {
    let mut lines: Vec<String> = entries
        .iter()
        .take(LISTED)
        .map(|it| {
            let id = it.id().unwrap_or("-           ");
            let object = it.object().map(|it| format!("  {it}")).unwrap_or_default();
            let unit = it.unit().map(|it| format!("  unit {it}")).unwrap_or_default();
            let field = if it.field().is_empty() { String::new() } else { format!("  {}", it.field()) };
            format!("  {id}  {}{object}{field}{unit}  ({})", it.target, it.entry.word())
        })
        .map(|it| shown(&it))
        .collect();
    if entries.len() > LISTED {
        lines.push(format!("  and {} more", entries.len() - LISTED));
    }
    lines.join("\n")
}

impl Entry {
    fn word(&self) -> &'static str {
        match self {
            Self::Finding(it) | Self::Addition(it) => it.code.name(),
            Self::Suppressed(_) => "suppressed",
            Self::NotCompared { .. } => "not compared",
        }
    }
}

/// Texts come from a cluster: nothing in them may move the cursor or act on a runner.
fn shown(text: &str) -> String {
    defused(&one_line(text))
}
