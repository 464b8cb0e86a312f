//! Which rules of the configuration hold for an object and a field.

use fast_glob::glob_match;
use jiff::civil::Date;
use serde_json::Value;

use super::compare::Difference;
use super::injected::Situation;
use super::owners::Owners;
use super::path::{FieldPath, Segment};
use crate::model::environment::{IgnoreRule, Selector};
use crate::model::finding::Code;
use crate::model::object::ObjectKey;

/// Whether every part of the selector that is given matches. Labels are those of the desired object.
pub fn selects(selector: &Selector, environment: &str, key: &ObjectKey, body: &Value) -> bool {
    let Selector { environment: wanted, kind, namespace, name, label } = selector;
    wanted.as_ref().is_none_or(|it| it == environment)
        && kind.as_ref().is_none_or(|it| *it == key.gvk.kind)
        && namespace.as_ref().is_none_or(|it| glob_match(it, key.namespace.as_deref().unwrap_or_default()))
        && name.as_ref().is_none_or(|it| glob_match(it, &key.name))
        && label.as_ref().is_none_or(|(key, value)| {
            let labels = body.get("metadata").and_then(|metadata| metadata.get("labels"));
            labels.and_then(|labels| labels.get(key)).and_then(Value::as_str) == Some(value)
        })
}

/// Whether the rule still holds on this day. Its last day counts.
pub fn holds(rule: &IgnoreRule, today: Date) -> bool {
    rule.until.is_none_or(|last| today <= last)
}

/// Whether a rule's path and field manager, as far as it names them, are those of the difference.
pub fn covers_difference(
    (path, manager): (Option<&str>, Option<&str>),
    situation: &Situation<'_>,
    owners: &Owners<'_>,
    difference: &Difference,
) -> bool {
    let body = body(situation, difference);
    path.is_none_or(|it| covers(it, &difference.path, body))
        && manager.is_none_or(|it| is_by(it, situation, owners, difference))
}

/// Whether a field manager whose name matches the glob owns all of the live value. A field that is gone has no owner: no
/// manager excuses it.
pub fn is_by(manager: &str, situation: &Situation<'_>, owners: &Owners<'_>, difference: &Difference) -> bool {
    let body = body(situation, difference);
    difference.live.is_some() && owners.has(body, &difference.path, |name| glob_match(manager, name))
}

/// The side whose indices a difference has.
pub fn body<'a>(situation: &Situation<'a>, difference: &Difference) -> &'a Value {
    if difference.code == Code::FieldAdded { situation.live } else { situation.desired }
}

/// Whether the pattern covers the field or something above it. Segments are split at `/`; `*` stands for anything within
/// one, `**` for any number of them, `~1` and `~0` for `/` and `~`; an entry of a list is its index or `[name=web]`,
/// looked up in `body`, the desired object. The empty pattern covers everything.
pub fn covers(pattern: &str, path: &FieldPath, body: &Value) -> bool {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    if pattern.is_empty() {
        return true;
    }
    let segments: Vec<&str> = split(pattern);
    matches(&segments, path.segments(), Some(body))
}

/// At slashes, except within `[…]`: `[mountPath=/data]`.
fn split(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut bracket) = (0, false);
    for (at, character) in pattern.char_indices() {
        match character {
            '[' if at == start => bracket = true,
            ']' => bracket = false,
            '/' if !bracket => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[start..]);
    parts
}

fn matches(pattern: &[&str], path: &[Segment], at: Option<&Value>) -> bool {
    let Some((first, later)) = pattern.split_first() else { return true };
    if *first == "**" {
        // What covers a field covers all below it, so a trailing `**` only asks that there is something.
        return (0..=path.len()).any(|skip| {
            let below = path[..skip].iter().fold(at, |at, segment| at.and_then(|at| step(at, segment)));
            !(later.is_empty() && path.is_empty()) && matches(later, &path[skip..], below)
        });
    }
    let Some((segment, below)) = path.split_first() else { return false };
    let value = at.and_then(|at| step(at, segment));
    let same = match segment {
        Segment::Key(key) => wildcard(&first.replace("~1", "/").replace("~0", "~"), key),
        Segment::Item { index, label: _ } => match first.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            Some(condition) => value.is_some_and(|item| meets(item, condition)),
            None => wildcard(first, &index.to_string()),
        },
    };
    same && matches(later, below, value)
}

fn step<'a>(value: &'a Value, segment: &Segment) -> Option<&'a Value> {
    match segment {
        Segment::Key(key) => value.get(key),
        Segment::Item { index, label: _ } => value.get(index),
    }
}

/// `name=web`
fn meets(item: &Value, condition: &str) -> bool {
    let Some((key, wanted)) = condition.split_once('=') else { return false };
    match item.get(key) {
        Some(Value::String(text)) => wildcard(wanted, text),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
        Some(scalar) => wildcard(wanted, &scalar.to_string()),
    }
}

/// `*` is any text, slashes included: annotation keys have them, and the pointer escapes them.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let Some((middle, last)) = tail.rsplit_once('*') else { return rest.ends_with(tail) };
    for part in middle.split('*') {
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> Segment {
        Segment::Key(key.to_owned())
    }

    #[test]
    fn patterns_cover_fields_and_what_is_below_them() {
        let body = serde_json::json!({"spec": {"containers": [{"name": "a"}, {"name": "web", "port": 80}]}});
        let item = Segment::Item { index: 1, label: None };
        let path = FieldPath::new(vec![key("spec"), key("containers"), item, key("image")]);
        for (pattern, covered) in [
            ("", true),
            ("/", true),
            ("/spec", true),
            ("/spec/containers/1/image", true),
            ("/spec/containers/0/image", false),
            ("/spec/containers/[name=web]/image", true),
            ("/spec/containers/[name=w*]/image", true),
            ("/spec/containers/[name=a]", false),
            ("/spec/containers/[port=80]", true),
            ("/spec/containers/*/image", true),
            ("/spec/*/image", false),
            ("/**/image", true),
            ("/spec/**", true),
            ("/**", true),
            ("**", true),
            ("/**/[name=web]/**", true),
            ("/spec/containers/1/image/deeper", false),
            ("/spec/containers/1/ima", false),
            ("/spec/cont*/1", true),
            ("/status", false),
        ] {
            assert_eq!(covers(pattern, &path, &body), covered, "{pattern}");
        }
        let annotation = FieldPath::new(vec![key("metadata"), key("annotations"), key("a.io/b~c")]);
        assert!(covers("/metadata/annotations/a.io~1b~0c", &annotation, &body));
        assert!(covers("/metadata/annotations/a.io~1*", &annotation, &body));
        assert!(!covers("/metadata/annotations/a.io/b~0c", &annotation, &body));
        assert!(!covers("/spec/**", &FieldPath::default(), &body));
    }

    #[test]
    fn wildcards_match_as_people_expect() {
        for (pattern, text, same) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("ab*bc", "abc", false),
            ("*b*", "abc", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
        ] {
            assert_eq!(wildcard(pattern, text), same, "{pattern} {text}");
        }
    }

    #[test]
    fn selectors_need_every_part_and_rules_end_after_their_last_day() {
        let object = ObjectKey {
            gvk: crate::model::object::GroupVersionKind::new("apps/v1", "Deployment"),
            namespace: Some("shop".into()),
            name: "canary-1".into(),
        };
        let body = serde_json::json!({"metadata": {"labels": {"team": "a"}}});
        let selector = |label: &str| Selector {
            environment: Some("prod".into()),
            kind: Some("Deployment".into()),
            namespace: Some("sh*".into()),
            name: Some("canary-*".into()),
            label: Some(("team".into(), label.into())),
        };
        assert!(selects(&selector("a"), "prod", &object, &body));
        assert!(!selects(&selector("b"), "prod", &object, &body));
        assert!(!selects(&selector("a"), "dev", &object, &body));
        let day = |day| Date::constant(2027, 1, day);
        let rule = IgnoreRule {
            selector: selector("a"),
            path: None,
            manager: None,
            reason: "why".into(),
            until: Some(day(30)),
        };
        assert!(holds(&rule, day(30)) && !holds(&rule, day(31)));
    }
}
