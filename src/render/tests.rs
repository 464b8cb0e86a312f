//! The documents as people read them: outline, budgets, and text that tries to be more than text.

use std::collections::BTreeMap;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};

use crate::model::finding::{Code, Finding, Shown};
use crate::model::history::{Age, Change, Changes, Mark, PastRun, Resolved, Stamp, Timeline};
use crate::model::outcome::{EnvironmentOutcome, NotCompared, Reason};
use crate::report::fixtures::*;

use super::*;

/// What somebody may write into a name, a value or an error message.
pub(super) const HOSTILE: &[&str] = &[
    "a|b",
    "`tick` ``two``",
    "@all @acme/team",
    "<!-- hidden",
    "::error::boom",
    "##[error]boom",
    "\u{202e}gnp.exe",
    "</details></summary><img src=x onerror=alert(1)>",
    "nul\0 \u{1b}[31m \u{200b}",
    "see #12 acme/shop#3 GH-7 deadbeef1",
    "http://evil.example www.evil.example a@b.example",
    ":tada: $x$ **bold** _em_ ~~del~~",
    "[text](http://evil.example) ![i](j)",
    "\n\n# heading\n\n- [ ] task\n\n```\nfence\n```\n",
    "{{ 7 * 7 }} {% raw %}",
    "\\| \\`",
    "> [!CAUTION]",
    "1. one",
    "- one",
    "[^1]: note",
    "&lt;b&gt; &#64;all",
];

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    options
}

/// The names of all nodes of a Markdown text, and the text outside of code.
pub(super) fn parsed(markdown: &str) -> (Vec<&'static str>, Vec<String>, String) {
    fn visit<'a>(node: &'a AstNode<'a>, kinds: &mut Vec<&'static str>, spans: &mut Vec<String>, plain: &mut String) {
        let value = &node.data.borrow().value;
        kinds.push(value.xml_node_name());
        match value {
            NodeValue::Text(text) => plain.push_str(text),
            NodeValue::Code(code) => {
                spans.push(code.literal.clone());
                plain.push('\u{fffc}');
            }
            NodeValue::CodeBlock(block) => spans.push(block.literal.clone()),
            _ => {}
        }
        node.children().for_each(|it| visit(it, kinds, spans, plain));
    }
    let arena = Arena::new();
    let (mut kinds, mut spans, mut plain) = (Vec::new(), Vec::new(), String::new());
    visit(parse_document(&arena, markdown, &options()), &mut kinds, &mut spans, &mut plain);
    (kinds, spans, plain)
}

/// A report in which every text that others choose is this one.
fn saturated(hostile: &str) -> Report {
    let object = || object(hostile, hostile, hostile);
    let long = format!("{hostile}\n{hostile}{}", "x".repeat(80));
    let obstacle =
        crate::model::outcome::Obstacle { reason: Reason::Unreachable, detail: text(hostile), remedy: text(hostile) };
    let comparison = crate::model::outcome::Comparison {
        context: Some(text(hostile)),
        additions: vec![
            addition(object(), hostile, Shown::Hidden(text(hostile)), hostile),
            addition(object(), hostile, shown(&long), hostile),
            Finding { code: Code::ObjectUnmanaged, ..missing(object()) },
        ],
        suppressed: vec![suppressed(object(), hostile, hostile)],
        pending: vec![hostile.to_owned()],
        never_shipped: vec![hostile.to_owned()],
        other_toolchains: vec![hostile.to_owned()],
        notes: vec![text(hostile)],
        ..compared(
            9,
            vec![
                finding(object(), hostile, shown(hostile), Shown::Hidden(text(hostile))),
                finding(object(), hostile, shown(&long), shown(hostile)),
                Finding { notes: vec![text(hostile)], ..missing(object()) },
            ],
            vec![NotCompared { unit: Some(hostile.to_owned()), object: None, obstacle: obstacle.clone() }],
        )
    };
    let targets = vec![target(hostile, Ok(comparison)), target(hostile, Err(obstacle))];
    let mut run = run();
    run.config = Some(hostile.to_owned());
    run.trigger = Some(hostile.to_owned());
    run.actor = Some(hostile.to_owned());
    run.url = Some(hostile.to_owned());
    run.version = hostile.to_owned();
    let environment =
        |name: &str| EnvironmentOutcome { name: name.to_owned(), targets: targets.clone(), proposal: None };
    let outcomes = vec![environment(hostile), environment("prod")];
    Report::new(outcomes, remembered(hostile), run)
}

/// Earlier runs, as somebody who may edit the report could have described them.
fn remembered(hostile: &str) -> Timeline {
    let stamp = Stamp { run: Some(7), number: Some(7), at: run().started };
    let mark = Mark { differences: 3, complete: false };
    let past = PastRun { stamp: stamp.clone(), marks: [(hostile.to_owned(), mark)].into() };
    let gone = Resolved {
        id: "aaaaaa".to_owned(),
        environment: hostile.to_owned(),
        label: hostile.to_owned(),
        first_seen: stamp.clone(),
    };
    let age = Age { first_seen: stamp, new: false, change: Change::Same, returns: 2 };
    Timeline {
        ages: [(format!("{}/{hostile}", object(hostile, hostile, hostile)), age)].into(),
        resolved: vec![gone],
        runs: vec![past.clone(), past],
        ..Timeline::default()
    }
}

/// Whether GitHub would make something of a text that stands outside of code.
pub(super) fn triggers(plain: &str) -> bool {
    let references = ["@", "#", "://", "www.", "GH-7", ":tada:", "$", "##[", "\u{202e}", "\0", "\u{1b}"];
    let mut words = plain.split(|it: char| !it.is_alphanumeric());
    references.iter().any(|it| plain.contains(it)) || words.any(|it| it == "deadbeef1")
}

#[test]
fn hostile_text_becomes_nothing_else() -> anyhow::Result<()> {
    // Two words that no shell takes as a name: no commands are shown for either report.
    let harmless = markup(&render(&saturated("harm less"), Format::Markdown, usize::MAX)?);
    for hostile in HOSTILE {
        let document = render(&saturated(hostile), Format::Markdown, usize::MAX)?;
        assert_eq!(markup(&document), harmless, "{hostile:?} in\n{document}");
        let (_, _, plain) = parsed(&document);
        assert!(!triggers(&plain), "{hostile:?} shows up outside of code in\n{document}");
    }
    Ok(())
}

/// The structure of a document: its blocks, the HTML in it, and everything inline that is neither text nor code.
fn markup(document: &str) -> Vec<String> {
    fn visit<'a>(node: &'a AstNode<'a>, out: &mut Vec<String>) {
        match &node.data.borrow().value {
            NodeValue::Text(_) | NodeValue::Code(_) => {}
            // Long names stand on several lines.
            NodeValue::HtmlInline(tag) if tag == "<br>" => {}
            NodeValue::HtmlInline(tag) => out.push(tag.clone()),
            NodeValue::HtmlBlock(block) => {
                out.push(block.literal.split("<code>").next().unwrap_or_default().to_owned());
            }
            other => out.push(other.xml_node_name().to_owned()),
        }
        node.children().for_each(|it| visit(it, out));
    }
    let arena = Arena::new();
    let mut out = Vec::new();
    visit(parse_document(&arena, document, &options()), &mut out);
    out
}

#[test]
fn paragraphs_stand_on_one_line() -> anyhow::Result<()> {
    // GitHub shows a line break wherever the source of an issue has one.
    for report in [story(), saturated("harmless")] {
        let (kinds, _, _) = parsed(&render(&report, Format::Markdown, usize::MAX)?);
        assert!(!kinds.contains(&"softbreak"));
    }
    Ok(())
}

#[test]
fn renders_of_one_report_are_equal() -> anyhow::Result<()> {
    let first = all(&story(), BODY_BYTES)?;
    for _ in 0..10 {
        assert_eq!(all(&story(), BODY_BYTES)?, first);
    }
    Ok(())
}

#[test]
fn the_story_reads_well() -> anyhow::Result<()> {
    insta::assert_snapshot!(render(&story(), Format::Markdown, BODY_BYTES)?);
    Ok(())
}

/// The example story after two weeks: one difference old, one new, one back, one gone.
fn aged() -> Report {
    let days = |n: i64| run().started - jiff::SignedDuration::from_hours(24 * n);
    let at = |n: i64| Stamp {
        run: Some(9_876_000_000 + u64::try_from(14 - n).expect("small")),
        number: Some(u64::try_from(214 - n).expect("small")),
        at: days(n),
    };
    let age = |n: i64, change, returns| Age { first_seen: at(n), new: n == 0, change, returns };
    let ids: Vec<_> = story().environments[2].targets[0].findings.iter().map(|it| it.id.clone()).collect();
    let ages =
        [age(3, Change::Changed, 0), age(6, Change::Same, 0), age(0, Change::New, 0), age(0, Change::Returned, 1)]
            .into_iter()
            .chain(std::iter::repeat_with(|| age(1, Change::Same, 0)));
    let mark = |differences, complete| Mark { differences, complete };
    let past = |n: i64| {
        let count = usize::try_from(14 - n).expect("small");
        let mut marks = BTreeMap::from([
            ("dev".to_owned(), mark(usize::from(n < 7), true)),
            ("prod".to_owned(), mark(count / 2, n != 2)),
        ]);
        if n % 5 > 0 {
            marks.insert("staging".to_owned(), mark(0, n != 4));
        }
        PastRun { stamp: at(n), marks }
    };
    let gone = Resolved {
        id: "cccccccccccc".to_owned(),
        environment: "staging".to_owned(),
        label: "Deployment shop/checkout spec.replicas".to_owned(),
        first_seen: at(9),
    };
    let timeline = Timeline {
        ages: ids.into_iter().zip(ages).collect(),
        resolved: vec![gone],
        changes: Some(Changes { new: 2, worse: 1, resolved: 1, flapping: 1 }),
        runs: (0..14).rev().map(past).collect(),
        remarks: Vec::new(),
    };
    Report::new(story_outcomes(), timeline, run())
}

#[test]
fn a_story_with_a_past_reads_well() -> anyhow::Result<()> {
    insta::assert_snapshot!(render(&aged(), Format::Markdown, BODY_BYTES)?);
    Ok(())
}

#[test]
fn every_level_of_a_story_reads_well() -> anyhow::Result<()> {
    let mut level = Some(Level::FULL);
    while let Some(at) = level {
        let document = fit(&aged(), Format::Markdown, usize::MAX, at)?;
        assert_eq!(document.level, at);
        assert!(document.text.contains("| 7 (2 new) |"), "the counts are right at {at:?}");
        if [2, 4, 9, 10].contains(&at.0) {
            insta::assert_snapshot!(format!("level_{}", at.0), document.text);
        }
        level = at.smaller();
    }
    Ok(())
}

#[test]
fn a_template_cannot_print_a_raw_value() -> anyhow::Result<()> {
    let raw = "@all **b** <img src=x> [t](http://evil.example)";
    for source in [
        "{{ raw }}",
        "{{ raw | safe }}",
        "{{ raw | escape }}",
        "{{ raw | string }}",
        "{{ raw | tojson }}",
        "{% autoescape false %}{{ raw }}{% endautoescape %}",
        "{{ (raw | code) ~ raw }}",
        "{{ raw ~ (raw | code) }}",
        "{% macro it(x) %}{{ x }}{% endmacro %}{{ it(raw) }}",
        "{% set it %}{{ raw }}{% endset %}{{ it }}",
        "{{ [raw] }}",
        "{{ {'x': raw} }}",
        "{{ raw[0:] }}",
        "{{ raw if true else raw }}",
    ] {
        let Ok(document) = Templates::new()?.render_source(source, raw) else { continue };
        let (kinds, _, plain) = parsed(&document);
        assert!(!triggers(&plain), "{source}: {document}");
        let made: Vec<_> = kinds.iter().filter(|it| ["strong", "link", "html_inline"].contains(it)).collect();
        assert!(made.is_empty(), "{source} gives {made:?}: {document}");
    }
    Ok(())
}

#[test]
fn results_without_drift_read_well() -> anyhow::Result<()> {
    let clean = |name| environment(name, Ok(compared(6, vec![], vec![])));
    let unread = environment("prod", Err(obstacle(Reason::Unreachable)));
    let left_out = EnvironmentOutcome { name: "qa".to_owned(), targets: vec![], proposal: None };
    insta::assert_snapshot!("clean", render(&report(vec![clean("dev"), clean("prod")]), Format::Summary, BODY_BYTES)?);
    insta::assert_snapshot!(
        "unread",
        render(&report(vec![clean("dev"), left_out, unread]), Format::Markdown, BODY_BYTES)?
    );
    Ok(())
}

fn many(findings: usize) -> Report {
    let rules: Vec<_> = (0..60).map(|n| format!("rule {n}")).collect();
    let findings = (0..findings).map(|n| {
        let object = object("v1", "ConfigMap", &format!("rules-{n:04}"));
        finding(
            object,
            "data.rules",
            shown(&rules.join("\n")),
            shown(&rules.join("\n").replace("rule 7", "rule seven")),
        )
    });
    report(vec![environment("prod", Ok(compared(9_000, findings.collect(), vec![])))])
}

#[test]
fn a_long_report_is_shortened_by_level_and_says_so() -> anyhow::Result<()> {
    let full = render(&many(5), Format::Markdown, BODY_BYTES)?;
    assert!(full.contains("```diff") && !full.contains("Shortened to fit"));
    for (findings, told) in [(300, "diffs are left out."), (1_000, "diffs are left out, and long lists end early.")] {
        let document = render(&many(findings), Format::Markdown, BODY_BYTES)?;
        assert!(document.len() <= BODY_BYTES);
        assert!(document.contains(told), "{}", &document[..800]);
        assert!(document.contains(&format!("| {findings} |")), "the count is right");
    }
    let document = render(&many(1_000), Format::Markdown, BODY_BYTES)?;
    assert!(document.contains("800 more of its differences are listed in `report.json` only."));
    Ok(())
}

#[test]
fn every_level_is_shorter_and_closes_what_it_opens() -> anyhow::Result<()> {
    let report = many(600);
    let templates = Templates::new()?;
    let mut last = usize::MAX;
    for limits in LEVELS {
        let document = templates.render(Format::Markdown, View::new(&report, limits))?;
        assert!(document.len() <= last.saturating_add(300), "{limits:?}: {} after {last}", document.len());
        assert_eq!(document.matches("<details").count(), document.matches("</details>").count());
        assert_eq!(document.matches("```").count() % 2, 0);
        last = document.len();
    }
    Ok(())
}

#[test]
fn no_report_is_longer_than_its_budget() -> anyhow::Result<()> {
    let name = |n| format!("environment-{n}-{}", "x".repeat(1_000));
    let gap = |n: usize| {
        let mut gap = not_compared(object("v1", "ConfigMap", &"y".repeat(250)), Reason::Forbidden);
        gap.obstacle.detail = text(&format!("{n} {}", "long ".repeat(500)));
        gap
    };
    let outcomes =
        (0..150).map(|n| environment(&name(n), Ok(compared(50, vec![replicas()], (0..3).map(gap).collect()))));
    let report = report(outcomes.collect());
    let rendered = all(&report, BODY_BYTES)?;
    assert!(rendered.body.len() <= BODY_BYTES, "{}", rendered.body.len());
    assert!(rendered.summary.len() <= SUMMARY_BYTES, "{}", rendered.summary.len());
    Ok(())
}

#[test]
fn a_report_is_rendered_again_from_its_json() -> anyhow::Result<()> {
    let json = serde_json::to_string(&story())?;
    assert_eq!(from_json(&json, Format::Markdown)?, render(&story(), Format::Markdown, BODY_BYTES)?);
    let newer = json.replacen("\"schema-version\":0", "\"schema-version\":7", 1);
    let error = from_json(&newer, Format::Markdown).err().map(|it| format!("{it:#}")).unwrap_or_default();
    assert_eq!(error, "the report has schema version 7, this program reads version 0");
    assert!(from_json("{}", Format::Summary).is_err() && from_json("", Format::Summary).is_err());
    Ok(())
}
