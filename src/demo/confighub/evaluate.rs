//! `where` over entities: names and types checked before anything is compared, as the service does.

use jiff::Timestamp;
use serde_json::Value;

use super::Profile;
use super::attributes::{Kind, Type, type_of};
use super::expression::{Case, Operand, Operator, Sense, Term, parse};
use super::render::{Ref, entity, join};
use super::state::{Entity, State};

/// An expression that this generation accepts for this kind of entity.
#[derive(Debug, Default)]
pub(super) struct Condition(Vec<Term>);

/// A name, resolved.
struct Path<'a> {
    join: Option<&'a str>,
    attribute: &'a str,
    key: Option<&'a str>,
}

#[derive(Debug, PartialEq, PartialOrd)]
enum Found {
    Nothing,
    Integer(i64),
    Text(String),
    Boolean(bool),
    /// Keys of a map, members of a list.
    Many(Vec<String>),
}

/// Parses and checks.
pub(super) fn condition(text: &str, kind: Kind, profile: Profile) -> Result<Condition, String> {
    let terms = parse(text)?;
    for term in &terms {
        check(term, kind, profile)?;
    }
    Ok(Condition(terms))
}

impl Condition {
    pub(super) fn holds(&self, state: &State, of: &Ref, main: &Entity, kind: Kind) -> bool {
        self.0.iter().all(|term| {
            let left = value(state, of, main, kind, &term.left);
            let right: Vec<Found> = term.right.iter().map(|operand| value(state, of, main, kind, operand)).collect();
            compare(&left, term, &right, operand_type(&term.left, kind))
        })
    }

    /// The attributes of the entity itself that it names: `select` adds them.
    pub(super) fn attributes(&self, kind: Kind) -> Vec<String> {
        let operands = self.0.iter().flat_map(|term| std::iter::once(&term.left).chain(&term.right));
        let paths = operands.filter_map(|operand| match operand {
            Operand::Attribute(name) | Operand::Length(name) => path(name, kind),
            _ => None,
        });
        paths.filter(|path| path.join.is_none()).map(|path| path.attribute.to_owned()).collect()
    }
}

fn path(name: &str, kind: Kind) -> Option<Path<'_>> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let (join, name) = match rest {
        Some(rest) if first == kind.name() => (None, rest),
        Some(rest) if kind.joined(first).is_some() => (Some(first), rest),
        _ => (None, name),
    };
    let (attribute, key) = name.split_once('.').map_or((name, None), |(attribute, key)| (attribute, Some(key)));
    let is_map = type_of(attribute) == Type::Map;
    (key.is_none() || is_map).then_some(Path { join, attribute, key })
}

fn check(term: &Term, kind: Kind, profile: Profile) -> Result<(), String> {
    for operand in std::iter::once(&term.left).chain(&term.right) {
        if let Operand::Attribute(name) | Operand::Length(name) = operand {
            let known = path(name, kind).filter(|path| {
                let of = path.join.map_or(Some(kind), |join| kind.joined(join));
                of.is_some_and(|of| of.filterable(profile, path.attribute))
            });
            if known.is_none() {
                return Err(format!("attribute `{name}` of {} cannot be filtered by", kind.name()));
            }
        }
    }
    let left = operand_type(&term.left, kind);
    let fits = match (&term.operator, left) {
        (Operator::Null(_), _) => true,
        (Operator::Has, Type::Map | Type::List) => true,
        (Operator::Equal | Operator::NotEqual | Operator::In(_), Type::Uuid | Type::Boolean) => true,
        (Operator::Is(_), Type::Boolean) => true,
        (Operator::Like(..) | Operator::Regex(..), Type::Text) => true,
        (Operator::Like(..) | Operator::Regex(..) | Operator::Is(_) | Operator::Has, _) => false,
        (_, Type::Integer | Type::Text | Type::Time) => true,
        (_, Type::Uuid | Type::Boolean | Type::Map | Type::List) => false,
    };
    if !fits {
        return Err(format!("this operator does not go with {left:?}: {:?}", term.left));
    }
    for operand in &term.right {
        let fits = match (operand, left) {
            (Operand::Text(text), Type::Uuid) => text.parse::<uuid::Uuid>().is_ok(),
            (Operand::Text(text), Type::Time) => text.parse::<Timestamp>().is_ok(),
            (Operand::Text(_), Type::Text | Type::Map | Type::List) => true,
            (Operand::Integer(_), Type::Integer) | (Operand::Boolean(_), Type::Boolean) => true,
            (Operand::Attribute(_) | Operand::Length(_), _) => operand_type(operand, kind) == left,
            _ => false,
        };
        if !fits {
            return Err(format!("{:?} does not compare with {operand:?}", term.left));
        }
    }
    Ok(())
}

fn operand_type(operand: &Operand, kind: Kind) -> Type {
    match operand {
        Operand::Length(_) | Operand::Integer(_) => Type::Integer,
        Operand::Boolean(_) => Type::Boolean,
        Operand::Text(_) => Type::Text,
        Operand::Attribute(name) => match path(name, kind) {
            Some(Path { key: Some(_), .. }) | None => Type::Text,
            Some(path) => type_of(path.attribute),
        },
    }
}

fn value(state: &State, of: &Ref, main: &Entity, kind: Kind, operand: &Operand) -> Found {
    let resolve = |name: &str| -> Option<Value> {
        let path = path(name, kind)?;
        let value = match path.join {
            None => main.get(path.attribute).cloned(),
            Some(name) => entity(state, &join(state, of, name)?).remove(path.attribute),
        };
        match path.key {
            None => value,
            Some(key) => value?.get(key).cloned(),
        }
    };
    match operand {
        Operand::Text(text) => Found::Text(text.clone()),
        Operand::Integer(number) => Found::Integer(*number),
        Operand::Boolean(value) => Found::Boolean(*value),
        Operand::Length(name) => Found::Integer(match resolve(name) {
            Some(Value::Object(map)) => i64::try_from(map.len()).unwrap_or(i64::MAX),
            Some(Value::Array(list)) => i64::try_from(list.len()).unwrap_or(i64::MAX),
            Some(Value::String(text)) => i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
            _ => 0,
        }),
        Operand::Attribute(name) => match resolve(name) {
            Some(Value::String(text)) => Found::Text(text),
            Some(Value::Number(number)) => Found::Integer(number.as_i64().unwrap_or_default()),
            Some(Value::Bool(value)) => Found::Boolean(value),
            Some(Value::Object(map)) => Found::Many(map.into_iter().map(|(key, _)| key).collect()),
            Some(Value::Array(list)) => {
                Found::Many(list.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
            }
            // An absent number is zero, an absent boolean false: the service leaves both out.
            Some(Value::Null) | None => match operand_type(operand, kind) {
                Type::Integer => Found::Integer(0),
                Type::Boolean => Found::Boolean(false),
                _ => Found::Nothing,
            },
        },
    }
}

fn compare(left: &Found, term: &Term, right: &[Found], of: Type) -> bool {
    let first = right.first().unwrap_or(&Found::Nothing);
    let order = || match (of, left, first) {
        (Type::Time, Found::Text(left), Found::Text(right)) => {
            left.parse::<Timestamp>().ok().partial_cmp(&right.parse::<Timestamp>().ok())
        }
        (_, Found::Nothing, _) | (_, _, Found::Nothing) => None,
        _ => left.partial_cmp(first),
    };
    let texts = || match (left, first) {
        (Found::Text(left), Found::Text(right)) => Some((left.as_str(), right.as_str())),
        _ => None,
    };
    let sensed = |sense: Sense, holds: bool| holds == (sense == Sense::Plain);
    match term.operator {
        Operator::Equal => order().is_some_and(std::cmp::Ordering::is_eq),
        // Measured on the service: rows without the value pass `!=` as well.
        Operator::NotEqual => !order().is_some_and(std::cmp::Ordering::is_eq),
        Operator::Less => order().is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order().is_some_and(std::cmp::Ordering::is_le),
        Operator::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order().is_some_and(std::cmp::Ordering::is_ge),
        Operator::Like(case, sense) => {
            sensed(sense, texts().is_some_and(|(text, pattern)| matched(text, &like(pattern), case)))
        }
        Operator::Regex(case, sense) => {
            sensed(sense, texts().is_some_and(|(text, pattern)| matched(text, pattern, case)))
        }
        Operator::In(sense) => sensed(sense, right.contains(left)),
        Operator::Has => match (left, first) {
            (Found::Many(keys), Found::Text(wanted)) => keys.contains(wanted),
            _ => false,
        },
        Operator::Null(sense) => sensed(sense, *left == Found::Nothing),
        Operator::Is(sense) => sensed(sense, left == first),
    }
}

fn matched(text: &str, pattern: &str, case: Case) -> bool {
    let pattern = if case == Case::Ignored { format!("(?i){pattern}") } else { pattern.to_owned() };
    regex::Regex::new(&pattern).is_ok_and(|regex| regex.is_match(text))
}

/// A LIKE pattern as a regular expression.
fn like(pattern: &str) -> String {
    let body = regex::escape(pattern).replace('%', "(?s:.*)").replace('_', "(?s:.)");
    format!("^{body}$")
}
