//! PURE: descriptions of revisions, as the history of a unit shows them. Every value in them has passed redaction.

use crate::model::finding::{Code, Finding, Shown};
use crate::redact::Text;

/// The longest description that is certain to be kept, in characters.
pub(super) const LONGEST: usize = 255;
/// The longest value that is quoted in a description.
const LONGEST_VALUE: usize = 48;

/// `Scaled to 5 (drift detected)`; what the cluster has instead of what ConfigHub says.
pub(super) fn recorded(findings: &[&Finding]) -> String {
    let parts: Vec<String> = findings.iter().map(|it| recorded_part(it)).collect();
    shortened(&parts.join("; "), " (drift detected)")
}

fn recorded_part(finding: &Finding) -> String {
    let field = field(finding);
    match (finding.code, &finding.live) {
        (Code::ObjectMissing, _) => format!("{} missing", finding.object),
        (_, Shown::Absent) => format!("{field} removed"),
        (_, Shown::Hidden(_)) => format!("{field} changed"),
        (_, Shown::Text(live)) if field == "replicas" => format!("Scaled to {}", value(live)),
        (_, Shown::Text(live)) if is_long(live) => format!("{field} changed"),
        (_, Shown::Text(live)) => format!("{field} set to {}", value(live)),
    }
}

/// `Fixed replicas: 5 -> 3`; what ConfigHub says again.
pub(super) fn fixed(findings: &[&Finding]) -> String {
    let parts: Vec<String> = findings.iter().map(|it| step(it, &it.live, &it.desired, ": ")).collect();
    shortened(&format!("Fixed {}", parts.join("; ")), &objects(findings))
}

/// `Accepted drift: replicas 3 -> 5 (Deployment shop/backend-api)`; what ConfigHub says from now on.
pub(super) fn accepted(findings: &[&Finding]) -> String {
    let parts: Vec<String> = findings.iter().map(|it| step(it, &it.desired, &it.live, " ")).collect();
    shortened(&format!("Accepted drift: {}", parts.join("; ")), &objects(findings))
}

fn step(finding: &Finding, from: &Shown, to: &Shown, between: &str) -> String {
    let side = |side: &Shown| match side {
        Shown::Absent => "none".to_owned(),
        Shown::Hidden(_) => "hidden".to_owned(),
        Shown::Text(text) => value(text),
    };
    match finding.code {
        Code::ObjectMissing if from == &Shown::Absent => format!("{} missing", finding.object),
        Code::ObjectMissing => format!("{} removed", finding.object),
        _ if [from, to].into_iter().all(is_not_quoted) => field(finding),
        _ => format!("{}{between}{} -> {}", field(finding), side(from), side(to)),
    }
}

/// What the revision was proposed for, where all findings are about one object.
fn objects(findings: &[&Finding]) -> String {
    match findings.split_first() {
        Some((first, others))
            if first.code != Code::ObjectMissing && others.iter().all(|it| it.object == first.object) =>
        {
            format!(" ({})", first.object)
        }
        _ => String::new(),
    }
}

/// The field's last step: `replicas`, `image`, `cache.conf`.
fn field(finding: &Finding) -> String {
    let path = finding.path.as_str();
    let last = path.rsplit('/').next().unwrap_or(path);
    one_line(&last.replace("~1", "/").replace("~0", "~"))
}

fn is_long(text: &Text) -> bool {
    text.as_str().contains('\n')
}

fn is_not_quoted(side: &Shown) -> bool {
    match side {
        Shown::Hidden(_) => true,
        Shown::Text(text) => is_long(text),
        Shown::Absent => false,
    }
}

fn value(text: &Text) -> String {
    let line = one_line(text.as_str());
    if line.chars().count() <= LONGEST_VALUE {
        return line;
    }
    format!("{}...", line.chars().take(LONGEST_VALUE - 3).collect::<String>())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|it| !it.is_control()).collect()
}

/// The text within what is certain to be kept.
pub(super) fn cut(text: &str) -> String {
    shortened(text, "")
}

/// `1 unit`, `2 units`.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The text with its end; a text too long is cut before the end.
fn shortened(text: &str, end: &str) -> String {
    let room = LONGEST.saturating_sub(end.chars().count());
    if text.chars().count() <= room {
        return format!("{text}{end}");
    }
    format!("{}...{end}", text.chars().take(room.saturating_sub(3)).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;
    use crate::model::object::{GroupVersionKind, ObjectKey};
    use crate::redact::Redactor;

    fn finding(code: Code, path: &str, desired: Option<&str>, live: Option<&str>) -> Finding {
        let redactor = Redactor::default();
        let text = |it: &str| redactor.text(it);
        let shown = |it: Option<&str>| it.map_or(Shown::Absent, |it| Shown::Text(text(it)));
        Finding {
            id: path.to_owned(),
            code,
            object: ObjectKey {
                gvk: GroupVersionKind::new("apps/v1", "Deployment"),
                namespace: Some("shop".into()),
                name: "backend-api".into(),
            },
            unit: None,
            line: None,
            path: text(path),
            field: text(path),
            pattern: text(path),
            desired: shown(desired),
            live: shown(live),
            severity: Severity::Medium,
            severity_reason: Text::from(""),
            owners: Vec::new(),
            rule: Text::from(""),
            notes: Vec::new(),
            age: None,
        }
    }

    #[test]
    fn histories_read_like_the_example() {
        let changed = |path, desired, live| finding(Code::FieldChanged, path, Some(desired), Some(live));
        let replicas = changed("/spec/replicas", "3", "5");
        let image = changed("/spec/template/spec/containers/0/image", "shop/api:1.4", "shop/api:1.5");
        let long = changed("/data/nginx.conf", "a\nb", "a\nc");
        let gone = finding(Code::ObjectMissing, "", Some("Deployment shop/backend-api"), None);
        let removed = finding(Code::FieldRemoved, "/metadata/labels/a.io~1b", Some("x"), None);
        let all: [(&[&Finding], [&str; 3]); 5] = [
            (
                &[&replicas],
                [
                    "Scaled to 5 (drift detected)",
                    "Fixed replicas: 5 -> 3 (Deployment shop/backend-api)",
                    "Accepted drift: replicas 3 -> 5 (Deployment shop/backend-api)",
                ],
            ),
            (
                &[&replicas, &image],
                [
                    "Scaled to 5; image set to shop/api:1.5 (drift detected)",
                    "Fixed replicas: 5 -> 3; image: shop/api:1.5 -> shop/api:1.4 (Deployment shop/backend-api)",
                    "Accepted drift: replicas 3 -> 5; image shop/api:1.4 -> shop/api:1.5 (Deployment shop/backend-api)",
                ],
            ),
            (
                &[&long],
                [
                    "nginx.conf changed (drift detected)",
                    "Fixed nginx.conf (Deployment shop/backend-api)",
                    "Accepted drift: nginx.conf (Deployment shop/backend-api)",
                ],
            ),
            (
                &[&gone],
                [
                    "Deployment shop/backend-api missing (drift detected)",
                    "Fixed Deployment shop/backend-api missing",
                    "Accepted drift: Deployment shop/backend-api removed",
                ],
            ),
            (
                &[&removed],
                [
                    "a.io/b removed (drift detected)",
                    "Fixed a.io/b: none -> x (Deployment shop/backend-api)",
                    "Accepted drift: a.io/b x -> none (Deployment shop/backend-api)",
                ],
            ),
        ];
        for (findings, expected) in all {
            assert_eq!([recorded(findings), fixed(findings), accepted(findings)], expected);
        }
    }

    #[test]
    fn descriptions_stay_within_what_is_kept_and_on_one_line() {
        let many: Vec<Finding> = (0..40)
            .map(|n| finding(Code::FieldChanged, &format!("/data/key-{n}"), Some("one"), Some(&"ü".repeat(400))))
            .collect();
        let many: Vec<&Finding> = many.iter().collect();
        for text in [recorded(&many), fixed(&many), accepted(&many)] {
            assert!(text.chars().count() <= LONGEST && !text.contains('\n'), "{text}");
            assert!(text.ends_with(')'), "the end is kept: {text}");
        }
    }
}
