//! Pairs what was selected with what the cluster answered, and sorts every difference: finding, suppressed, not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use fast_glob::glob_match;
use jiff::civil::Date;
use serde_json::Value;

use super::additions;
use super::autoscale::Autoscalers;
use super::change::Directions;
use super::compare::{self, Difference};
use super::facts::{self, Facts};
use super::glance::{self, Persons};
use super::identity;
use super::ignore;
use super::injected::{self, Situation};
use super::lines::UnitLines;
use super::obstacles::{is_being_deleted, strange, unasked, under_way};
use super::owners::Owners;
use super::path::FieldPath;
use super::rule;
use super::scope::Selection;
use super::severity::{self, Tier, Weight};
use super::show;
use super::types::CustomSchemas;
use crate::manifest::Lines;
use crate::model::environment::{Additions, IgnoreRule, Stage};
use crate::model::finding::{Code, Finding, Shown};
use crate::model::object::{DesiredObject, ObjectKey, Observed, StatedObject};
use crate::model::outcome::{Comparison, NotCompared, Obstacle, Suppressed, Values};
use crate::model::proposal::DirectionRule;
use crate::model::unit::{Basis, Unit, UnreadUnit};
use crate::redact::{Redactor, Text};

/// What one target's verdict depends on, beside its objects.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The target's name.
    pub target: &'a str,
    /// Every Kubernetes unit in scope that was read.
    pub units: &'a [Unit],
    /// Units in scope that were not.
    pub unread: &'a [UnreadUnit],
    /// Units of other toolchains, as `slug (toolchain)`.
    pub other_toolchains: &'a [String],
    /// Who scales what.
    pub autoscalers: &'a Autoscalers,
    /// Differences that are known and accepted.
    pub ignore: &'a [IgnoreRule],
    /// What becomes of differences.
    pub directions: &'a [DirectionRule],
    /// What becomes of fields that people added.
    pub additions: Additions,
    /// Where in the promotion order the environment stands.
    pub stage: Stage,
    /// Globs over the slugs of units that matter more; those labelled `tier=critical` do anyway.
    pub critical: &'a [String],
    /// The day on which rules hold or have ended.
    pub today: Date,
    /// What is known about custom resources.
    pub schemas: &'a CustomSchemas,
    /// Through which every value goes.
    pub redactor: &'a Redactor,
    /// Where the fields of units stand whose text is not at hand, by unit and object.
    pub lines: &'a BTreeMap<String, Vec<Option<Lines>>>,
}

/// Objects that a thread takes at a time: kinds differ in size, so that halves would not be equal work.
const PIECE: usize = 64;

/// Compares what was selected with what the cluster answered. Live objects are parsed and dropped one at a time.
pub fn judge(case: &Case<'_>, selection: &Selection, observed: BTreeMap<ObjectKey, Observed>) -> Comparison {
    let Selection { objects, suppressed, not_compared, generated: _, autoscalers: _, notes } = selection;
    let units: BTreeMap<&str, &Unit> = case.units.iter().map(|unit| (unit.slug.as_str(), unit)).collect();
    let never_shipped = never_shipped(objects, &units, &observed);
    let answers = in_pieces(objects, observed);
    let in_scope = objects.len() + not_compared.len() + case.unread.len();
    let pieces = Mutex::new(objects.chunks(PIECE).zip(answers).enumerate());
    let work = || {
        let mut judge = Judge::new(case);
        let mut done = Vec::new();
        loop {
            let next = pieces.lock().expect("a panic ends the process").next();
            let Some((at, piece)) = next else { return (judge, done) };
            judge.answers(piece, &units, &never_shipped);
            done.push((at, std::mem::take(&mut judge.comparison)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(objects.len().div_ceil(PIECE));
    let (mut judge, done) = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let (mut judge, mut done) = work();
        for other in others {
            let (other, more) = other.join().expect("a panic ends the process");
            judge.not_shipped += other.not_shipped;
            judge.ended.extend(other.ended);
            done.extend(more);
        }
        (judge, done)
    });
    let (suppressed, not_compared, notes) = (suppressed.clone(), not_compared.clone(), notes.clone());
    judge.comparison = Comparison { in_scope, suppressed, not_compared, notes, ..Comparison::default() };
    judge.add(done);
    judge.finish(never_shipped)
}

/// What was answered, sorted by key.
type Answers = Vec<(ObjectKey, Observed)>;

/// What was answered about each piece of the objects, which are sorted by key too.
fn in_pieces(objects: &[StatedObject], observed: BTreeMap<ObjectKey, Observed>) -> Vec<Answers> {
    let mut answers: Answers = observed.into_iter().collect();
    let mut pieces = Vec::with_capacity(objects.len().div_ceil(PIECE));
    for first in objects.iter().step_by(PIECE).rev() {
        pieces.push(answers.split_off(answers.partition_point(|(key, _)| *key < first.key)));
    }
    pieces.reverse();
    pieces
}

/// Whether anything of a unit that was never shipped exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deployed {
    No,
    Yes,
}

fn never_shipped(
    objects: &[StatedObject],
    units: &BTreeMap<&str, &Unit>,
    observed: &BTreeMap<ObjectKey, Observed>,
) -> BTreeMap<String, Deployed> {
    let mut deployed = BTreeMap::new();
    if units.values().all(|unit| unit.basis != Basis::NeverShipped) {
        return deployed;
    }
    for object in objects {
        if units.get(object.unit.as_str()).is_none_or(|unit| unit.basis != Basis::NeverShipped) {
            continue;
        }
        match observed.get(&object.key) {
            Some(Observed::Found(_) | Observed::AsDesired) => drop(deployed.insert(object.unit.clone(), Deployed::Yes)),
            Some(Observed::Absent) => drop(deployed.entry(object.unit.clone()).or_insert(Deployed::No)),
            Some(Observed::NotRead(_)) | None => {}
        }
    }
    deployed
}

/// Why a difference does not count.
struct Excuse {
    /// The known injection's name.
    rule: Option<&'static str>,
    reason: Text,
}

struct Judge<'a> {
    case: &'a Case<'a>,
    lines: UnitLines<'a>,
    persons: Persons,
    /// Objects that are in no scope after all.
    not_shipped: usize,
    /// Rules that would have mattered and no longer hold, by position.
    ended: BTreeSet<usize>,
    comparison: Comparison,
}

impl<'a> Judge<'a> {
    fn new(case: &'a Case<'a>) -> Self {
        let lines = UnitLines::new(case.lines);
        Self {
            case,
            lines,
            persons: Persons::default(),
            not_shipped: 0,
            ended: BTreeSet::new(),
            comparison: Comparison::default(),
        }
    }

    /// What was found in pieces, each with its place among them.
    fn add(&mut self, mut pieces: Vec<(usize, Comparison)>) {
        pieces.sort_by_key(|(at, _)| *at);
        for (_, piece) in pieces {
            let Comparison { findings, changes, additions, suppressed, not_compared, compared, .. } = piece;
            self.comparison.findings.extend(findings);
            self.comparison.changes.extend(changes);
            self.comparison.additions.extend(additions);
            self.comparison.suppressed.extend(suppressed);
            self.comparison.not_compared.extend(not_compared);
            self.comparison.compared += compared;
        }
    }

    fn answers(
        &mut self,
        (objects, answers): (&[StatedObject], Answers),
        units: &BTreeMap<&str, &Unit>,
        never_shipped: &BTreeMap<String, Deployed>,
    ) {
        let mut answers = answers.into_iter().peekable();
        for object in objects {
            // About what nobody asked for there may be answers too.
            while answers.next_if(|(key, _)| *key < object.key).is_some() {}
            let answer = answers.next_if(|(key, _)| *key == object.key).map(|(_, answer)| answer);
            self.answer(object, answer, units, never_shipped);
        }
    }

    fn answer(
        &mut self,
        stated: &StatedObject,
        observed: Option<Observed>,
        units: &BTreeMap<&str, &Unit>,
        never_shipped: &BTreeMap<String, Deployed>,
    ) {
        let unit = || units.get(stated.unit.as_str()).copied();
        match observed {
            Some(Observed::AsDesired) => self.comparison.compared += 1,
            Some(Observed::Found(raw)) if self.is_as_desired(stated, raw.get()) => self.comparison.compared += 1,
            Some(Observed::Found(raw)) => self.found(&stated.desired(), unit(), raw.get()),
            Some(Observed::Absent) if never_shipped.get(stated.unit.as_str()) == Some(&Deployed::No) => {
                // Nobody shipped it and it is not there: that is no drift, and nothing to compare.
                self.not_shipped += 1;
            }
            Some(Observed::Absent) => self.absent(&stated.desired(), unit()),
            Some(Observed::NotRead(obstacle)) => self.not_compared(&stated.unit, &stated.key, obstacle),
            None => self.not_compared(&stated.unit, &stated.key, unasked()),
        }
    }

    /// Whether there is nothing to say about it, at first glance.
    fn is_as_desired(&self, object: &StatedObject, raw: &str) -> bool {
        glance::is_as_desired(object, raw, self.case.schemas, (self.case.additions, &self.persons))
    }

    fn found(&mut self, object: &DesiredObject, unit: Option<&Unit>, raw: &str) {
        let Ok(live) = serde_json::from_str::<Value>(raw) else {
            return self.not_compared(&object.unit, &object.key, strange("the server's answer is not JSON"));
        };
        if !identity::is_asked_for(&object.key, &live) {
            return self.not_compared(
                &object.unit,
                &object.key,
                strange("the server answered with another object than was asked for"),
            );
        }
        if is_being_deleted(&live) {
            return self.not_compared(&object.unit, &object.key, under_way(Text::from("the object is being deleted")));
        }
        let situation = Situation::new(&object.key.gvk, (&object.body, &live), self.case.schemas);
        let owners = Owners::read(&live);
        let mut differences = compare::compare(&object.body, &live, &object.key.gvk, self.case.schemas);
        let added = match self.case.additions {
            Additions::Off => Vec::new(),
            Additions::Report | Additions::Drift => additions::find(&situation, &owners, &differences),
        };
        differences.extend(added);
        let (mut counting, mut suppressed) = (Vec::new(), Vec::new());
        for difference in differences {
            match self.excuse(object, &situation, &owners, &difference) {
                Some(excuse) => suppressed.push((difference, excuse)),
                None => counting.push(difference),
            }
        }
        let is_drift = |it: &Difference| it.code != Code::FieldAdded || self.case.additions == Additions::Drift;
        if let (true, Some(why)) = (counting.iter().any(is_drift), self.rolling_out(unit, &live)) {
            return self.not_compared(&object.unit, &object.key, under_way(why));
        }
        self.comparison.compared += 1;
        for (difference, excuse) in suppressed {
            let (desired, live) = show::sides(&difference, self.case.redactor);
            let values = Some(Values { desired, live });
            self.suppress(object, unit, (difference.code, &difference.path), values, excuse);
        }
        let weight = self.weight(unit);
        counting.sort_by(|one, other| one.path.cmp(&other.path));
        for difference in counting {
            let facts = facts::of(&situation, &difference, &owners, weight, self.case.redactor);
            let sides = show::sides(&difference, self.case.redactor);
            let rule = rule::sentence(&difference, self.case.redactor);
            let mut finding = self.finding(object, unit, (difference.code, &difference.path), (sides, rule), facts);
            let remarks = self.case.autoscalers.remarks(&object.key, &difference);
            finding.notes.extend(remarks.iter().map(|it| it.text(|words| self.case.redactor.text(words))));
            if is_drift(&difference) {
                let change = self.directions().of_field(object, (&situation, &owners), &difference, &finding);
                self.comparison.changes.push(change);
                self.comparison.findings.push(finding);
            } else {
                self.comparison.additions.push(finding);
            }
        }
    }

    fn absent(&mut self, object: &DesiredObject, unit: Option<&Unit>) {
        if let Some(why) = unit.and_then(|unit| unit.rolling_out.as_ref()) {
            return self.not_compared(&object.unit, &object.key, under_way(self.case.redactor.text(why)));
        }
        self.comparison.compared += 1;
        let root = FieldPath::default();
        let whole = (Code::ObjectMissing, &root);
        let has_ttl = object.body.pointer("/spec/ttlSecondsAfterFinished").is_some_and(Value::is_number);
        if object.key.gvk.group == "batch" && object.key.gvk.kind == "Job" && has_ttl {
            let reason = Text::from("a Job with `ttlSecondsAfterFinished` is removed once it has finished");
            return self.suppress(object, unit, whole, None, Excuse { rule: None, reason });
        }
        if let Some(reason) = self.ignored(object, None) {
            return self.suppress(object, unit, whole, None, Excuse { rule: None, reason });
        }
        let desired = Shown::Text(self.case.redactor.text(&object.key.to_string()));
        let rating = severity::of_object(Code::ObjectMissing, &object.key.gvk, self.weight(unit));
        let facts = Facts {
            owners: Vec::new(),
            severity: rating.severity,
            severity_reason: self.case.redactor.text(&rating.reason),
            notes: Vec::new(),
        };
        let sides = ((desired, Shown::Absent), Text::from(rule::MISSING));
        let finding = self.finding(object, unit, whole, sides, facts);
        self.comparison.changes.push(self.directions().of_object(object, &finding));
        self.comparison.findings.push(finding);
    }

    fn directions(&self) -> Directions<'a> {
        Directions { rules: self.case.directions, environment: self.case.environment }
    }

    /// What an object of this unit weighs.
    fn weight(&self, unit: Option<&Unit>) -> Weight {
        let is_critical = unit.is_some_and(|unit| {
            unit.labels.get("tier").is_some_and(|it| it == "critical")
                || self.case.critical.iter().any(|pattern| glob_match(pattern, &unit.slug))
        });
        Weight { stage: self.case.stage, tier: if is_critical { Tier::Critical } else { Tier::Ordinary } }
    }

    /// Why a difference is not drift.
    fn excuse(
        &mut self,
        object: &DesiredObject,
        situation: &Situation<'_>,
        owners: &Owners<'_>,
        difference: &Difference,
    ) -> Option<Excuse> {
        if let Some(rule) = injected::explain(situation, difference) {
            return Some(Excuse { rule: Some(rule.name), reason: Text::from(rule.reason) });
        }
        let reason = match self.case.autoscalers.excuse(&object.key, difference) {
            Some(reason) => self.case.redactor.text(&reason),
            None => self.ignored(object, Some((situation, owners, difference)))?,
        };
        Some(Excuse { rule: None, reason })
    }

    /// The rule that covers the difference, or without one the whole object.
    fn ignored(
        &mut self,
        object: &DesiredObject,
        difference: Option<(&Situation<'_>, &Owners<'_>, &Difference)>,
    ) -> Option<Text> {
        for (index, rule) in self.case.ignore.iter().enumerate() {
            let covers = match difference {
                // Nobody owns the fields of an object that is not there.
                None => rule.path.is_none() && rule.manager.is_none(),
                Some((situation, owners, difference)) => {
                    let field = (rule.path.as_deref(), rule.manager.as_deref());
                    ignore::covers_difference(field, situation, owners, difference)
                }
            };
            if !covers || !ignore::selects(&rule.selector, self.case.environment, &object.key, &object.body) {
                continue;
            }
            if !ignore::holds(rule, self.case.today) {
                self.ended.insert(index);
                continue;
            }
            let until = rule.until.map(|last| format!(" until {last}")).unwrap_or_default();
            return Some(self.case.redactor.text(&format!("ignored{until}: {}", rule.reason)));
        }
        None
    }

    fn rolling_out(&self, unit: Option<&Unit>, live: &Value) -> Option<Text> {
        if let Some(why) = unit.and_then(|unit| unit.rolling_out.as_ref()) {
            return Some(self.case.redactor.text(why));
        }
        let number = |pointer| live.pointer(pointer).and_then(Value::as_i64);
        let is_behind = number("/status/observedGeneration")? < number("/metadata/generation")?;
        is_behind.then(|| Text::from("its controller has not yet seen the latest change"))
    }

    fn finding(
        &mut self,
        object: &DesiredObject,
        unit: Option<&Unit>,
        (code, path): (Code, &FieldPath),
        ((desired, live), rule): ((Shown, Shown), Text),
        facts: Facts,
    ) -> Finding {
        let Facts { owners, severity, severity_reason, notes } = facts;
        let line = self.lines.line(object, unit, path);
        Finding {
            id: self.id(object, code, path),
            code,
            object: object.key.clone(),
            unit: Some(object.unit.clone()),
            line: Some(line),
            path: path.shown_pointer(self.case.redactor),
            field: path.shown(self.case.redactor),
            pattern: path.pattern(self.case.redactor),
            desired,
            live,
            severity,
            severity_reason,
            owners,
            rule,
            notes,
            age: None,
        }
    }

    fn suppress(
        &mut self,
        object: &DesiredObject,
        unit: Option<&Unit>,
        (code, path): (Code, &FieldPath),
        values: Option<Values>,
        excuse: Excuse,
    ) {
        let Excuse { rule, reason } = excuse;
        let line = self.lines.line(object, unit, path);
        self.comparison.suppressed.push(Suppressed {
            unit: object.unit.clone(),
            object: object.key.clone(),
            field: path.shown(self.case.redactor),
            rule: rule.map(str::to_owned),
            reason,
            id: self.id(object, code, path),
            line: Some(line),
            path: path.shown_pointer(self.case.redactor),
            values,
        });
    }

    fn id(&self, object: &DesiredObject, code: Code, path: &FieldPath) -> String {
        identity::id(self.case.environment, self.case.target, &object.key, code.name(), path)
    }

    fn not_compared(&mut self, unit: &str, object: &ObjectKey, obstacle: Obstacle) {
        let (unit, object) = (Some(unit.to_owned()), Some(object.clone()));
        self.comparison.not_compared.push(NotCompared { unit, object, obstacle });
    }

    fn finish(mut self, never_shipped: BTreeMap<String, Deployed>) -> Comparison {
        let slugs = |wanted| {
            never_shipped.iter().filter(move |(_, deployed)| **deployed == wanted).map(|(slug, _)| slug.clone())
        };
        self.comparison.not_deployed = slugs(Deployed::No).collect();
        self.comparison.never_shipped = slugs(Deployed::Yes).collect();
        let comparison = &mut self.comparison;
        comparison.in_scope -= self.not_shipped;
        comparison.pending = self.case.units.iter().filter(|unit| unit.pending).map(|unit| unit.slug.clone()).collect();
        comparison.pending.sort();
        comparison.other_toolchains = self.case.other_toolchains.to_vec();
        comparison.other_toolchains.sort();
        for UnreadUnit { slug, obstacle } in self.case.unread {
            let (unit, obstacle) = (Some(slug.clone()), obstacle.clone());
            comparison.not_compared.push(NotCompared { unit, object: None, obstacle });
        }
        // Findings come in the order of the objects and, within one, of the paths: both are sorted.
        comparison.suppressed.sort();
        comparison.not_compared.sort();
        let ended = self.ended.iter().filter_map(|index| self.case.ignore.get(*index)).filter_map(|rule| {
            let note = format!("the ignore rule \"{}\" ended on {} and no longer holds", rule.reason, rule.until?);
            Some(self.case.redactor.text(&note))
        });
        comparison.notes.extend(ended);
        self.comparison
    }
}

#[cfg(test)]
mod tests;
