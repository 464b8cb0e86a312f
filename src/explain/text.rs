//! An explanation as text for a terminal.

use std::fmt;

use super::{Entry, Explanation, shown};
use crate::model::finding::{Code, Finding, ManagerClass, Operation, Owner, Shown};

/// More lines of a value are not shown on a terminal.
const LINES: usize = 60;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment, target, space, entry, ignore, ignore_manager } = self;
        match entry {
            Entry::Finding(it) => writeln!(f, "{}  {}: {}", it.id, it.code, it.code.description())?,
            Entry::Addition(it) => {
                writeln!(f, "{}  {}: {}; not counted as drift", it.id, it.code, it.code.description())?;
            }
            Entry::Suppressed(it) => writeln!(f, "{}  suppressed: left out on purpose, not drift", it.id)?,
            Entry::NotCompared { .. } => writeln!(f, "not compared: whether it drifted is not known")?,
        }
        writeln!(f)?;
        if let Some(object) = self.object() {
            line(f, "Object", &object.to_string())?;
        }
        if !self.field().is_empty() {
            line(f, "Field", self.field())?;
        }
        let place = if environment == target { environment.clone() } else { format!("{environment}, target {target}") };
        line(f, "Environment", &format!("{place}, Space {space}"))?;
        match entry {
            Entry::Finding(it) | Entry::Addition(it) => finding(f, it)?,
            Entry::Suppressed(it) => {
                line(f, "Stated in", &stated(&it.unit, it.line))?;
                if let Some(values) = &it.values {
                    side(f, "ConfigHub says", &values.desired)?;
                    side(f, "Cluster runs", &values.live)?;
                }
                line(f, "Left out", it.reason.as_str())?;
                if let Some(rule) = &it.rule {
                    line(f, "Rule", &format!("known injection `{rule}`"))?;
                }
            }
            Entry::NotCompared { object: _, unit, obstacle } => {
                if let Some(unit) = unit {
                    line(f, "Unit", unit)?;
                }
                line(f, "Why", obstacle.detail.as_str())?;
                line(f, "What to do", obstacle.remedy.as_str())?;
            }
        }
        let Some(rule) = ignore else { return Ok(()) };
        let whole = if self.field().is_empty() { " (it leaves out the whole object, whatever differs)" } else { "" };
        writeln!(f, "\nTo accept it, add this to `ignore:` in the configuration file{whole}:\n")?;
        rule.lines().try_for_each(|it| writeln!(f, "  {}", shown(it)))?;
        let Some(rule) = ignore_manager else { return Ok(()) };
        writeln!(f, "\nOr this, for all that its field manager owns in the object:\n")?;
        rule.lines().try_for_each(|it| writeln!(f, "  {}", shown(it)))
    }
}

fn finding(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    if let Some(unit) = &finding.unit {
        line(f, "Stated in", &stated(unit, finding.line))?;
    }
    if finding.code != Code::ObjectMissing {
        side(f, "ConfigHub says", &finding.desired)?;
        side(f, "Cluster runs", &finding.live)?;
    }
    line(f, "Rule", finding.rule.as_str())?;
    line(f, "Severity", &format!("{}: {}", finding.severity, finding.severity_reason))?;
    owners(f, finding)?;
    finding.notes.iter().try_for_each(|it| line(f, "Note", it.as_str()))
}

/// The entries of `managedFields` that cover the field.
fn owners(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let is_field = !finding.field.is_empty();
    match (finding.owners.as_slice(), &finding.live) {
        ([], Shown::Absent) if is_field => return line(f, "Field manager", "none: what is gone has no owner"),
        ([], _) if is_field => {
            return line(f, "Field manager", "not known: no entry of `managedFields` covers the field");
        }
        ([], _) => return Ok(()),
        _ => {}
    }
    for Owner { manager, class, tool, operation, subresource, time } in &finding.owners {
        let tool = tool.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let through = subresource.as_ref().map(|it| format!(" through `{it}`")).unwrap_or_default();
        let wrote = match time {
            Some(time) => format!("last wrote {}", time.strftime("%Y-%m-%d %H:%M:%S UTC")),
            None => "no time given".to_owned(),
        };
        let class = class_name(*class);
        line(
            f,
            "Field manager",
            &format!("{manager}: {class}{tool}; {}{through}, {wrote}", operation_name(*operation)),
        )?;
    }
    writeln!(f, "  {:<15} names are self-declared; the time is that of the last write to any field", "")
}

fn class_name(class: ManagerClass) -> &'static str {
    match class {
        ManagerClass::PersonsTool => "a person's tool",
        ManagerClass::Deployer => "a deployer",
        ManagerClass::Controller => "a controller",
        ManagerClass::Autoscaler => "an autoscaler",
        ManagerClass::Unknown => "of an unknown kind",
    }
}

fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    }
}

fn stated(unit: &str, at: Option<usize>) -> String {
    at.map_or_else(|| format!("unit {unit}"), |at| format!("unit {unit}, line {at}"))
}

fn side(f: &mut fmt::Formatter<'_>, name: &str, value: &Shown) -> fmt::Result {
    let text = match value {
        Shown::Absent => return line(f, name, "nothing"),
        Shown::Hidden(reason) => return line(f, name, &format!("hidden ({reason})")),
        Shown::Text(text) if text.is_empty() => return line(f, name, "\"\""),
        Shown::Text(text) => text.as_str(),
    };
    if !text.trim_end().contains('\n') {
        return line(f, name, text.trim_end());
    }
    writeln!(f, "  {name}:")?;
    text.lines().take(LINES).try_for_each(|it| writeln!(f, "    | {}", shown(it)))?;
    match text.lines().count().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more lines"),
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    writeln!(f, "  {name:<15} {}", shown(text))
}
