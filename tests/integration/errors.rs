//! What goes wrong ends in one sentence that names cause and remedy, in the right exit code, the rest of the report intact.

mod inputs;
mod policy;
mod services;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use crate::detector::Answer;
use crate::estate::{Estate, ONE, config_map, live_config_map};

/// Environments of these names, one object each, which drifted.
pub(crate) fn drifted(environments: &[&str]) -> Story {
    environments.iter().fold(Story::new(), |story, name| {
        let space =
            Space::new(&format!("shop-{name}")).namespace("shop").unit(("settings", &*config_map("settings", "fast")));
        story.space(space).cluster(ClusterStory::new(name, vec![live_config_map("settings", "slow")]))
    })
}

/// An environment of the report by its name.
pub(crate) fn environment<'a>(report: &'a Value, name: &str) -> Result<&'a Value> {
    let environments = report["environments"].as_array().context("the report has environments")?;
    environments.iter().find(|it| it["name"] == name).with_context(|| format!("no environment `{name}` in {report:#}"))
}

/// Fails unless this environment was compared completely and its one drift found.
fn intact(report: &Value, name: &str) -> Result<()> {
    let it = environment(report, name)?;
    let findings = it["targets"][0]["findings"].as_array().map_or(0, Vec::len);
    ensure!(it["status"] == "drift" && it["complete"] == true && findings == 1, "{name} is not intact: {it:#}");
    Ok(())
}

/// The sentence about the first target that could not be read, which the log and the Markdown repeat.
fn failure(answer: &Answer, name: &str) -> Result<String> {
    let report = answer.report()?;
    let it = environment(&report, name)?;
    ensure!(it["status"] == "failed" && it["complete"] == false, "{it:#}");
    sentence(answer, &it["targets"][0]["failure"])
}

/// Detail and remedy of an obstacle, without what differs from run to run: ports and request ids.
fn sentence(answer: &Answer, obstacle: &Value) -> Result<String> {
    let text = |name: &str| obstacle[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {obstacle}"));
    let (detail, remedy) = (text("detail")?, text("remedy")?);
    let markdown = plain(&answer.file("drift-report/report.md")?);
    for part in [&detail, &remedy] {
        ensure!(!part.contains('\n') && !part.ends_with('.'), "not one sentence: {part}");
        ensure!(markdown.contains(&plain(part)), "the Markdown does not say `{part}`:\n{markdown}");
    }
    let mut sentence = format!("{detail}; {remedy}");
    while let Some((before, after)) = sentence.split_once("127.0.0.1:") {
        let rest = after.trim_start_matches(|it: char| it.is_ascii_digit());
        sentence = format!("{before}HOST{rest}");
    }
    if let Some((before, after)) = sentence.split_once(" (request id ") {
        let rest = after.split_once(')').context("the id ends")?.1;
        sentence = format!("{before}{rest}");
    }
    Ok(sentence)
}

/// Small letters and digits only: Markdown escapes the rest, and a sentence starts with a capital.
pub(crate) fn plain(text: &str) -> String {
    let text = ["&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&nbsp;"]
        .iter()
        .fold(text.to_owned(), |it, entity| it.replace(entity, ""));
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A `ConfigMap` with one more field.
fn with_field(name: &str, field: &str) -> String {
    format!("{}{field}\n", config_map(name, "fast"))
}

#[test]
fn a_unit_over_the_bounds_of_yaml_is_not_compared_and_the_others_are() -> Result<()> {
    let nested = |depth: usize| format!("binaryData: {}{}", "[".repeat(depth), "]".repeat(depth));
    let block = |depth| (0..depth).map(|level| format!("{}k:\n", " ".repeat(level))).collect::<String>();
    let bomb = format!("big: &big {}\nlist: [{}]", "x".repeat(100_000), vec!["*big"; 10_000].join(", "));
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(("settings", &*config_map("settings", "fast")))
        .unit(("deep", &*with_field("deep", &nested(100))))
        .unit(("too-deep", &*with_field("too-deep", &nested(10_000))))
        .unit(("block", &*with_field("block", &block(2_000))))
        .unit(("open", &*with_field("open", &format!("a: {}", "[".repeat(100_000)))))
        .unit(("bomb", &*with_field("bomb", &bomb)));
    let live = vec![live_config_map("settings", "slow"), live_config_map("deep", "fast")];
    let story = Story::new().space(space).cluster(ClusterStory::new("dev", live));
    let answer = Estate::new(&story, Profile::Release, ONE)?.run()?;
    ensure!(answer.code == Some(3), "{}", answer.said());
    let report = answer.report()?;
    let target = &report["environments"][0]["targets"][0];
    let groups = target["not-compared"].as_array().context("groups")?;
    let mut refused: Vec<_> = groups.iter().filter_map(|it| it["units"].as_array()).flatten().collect();
    refused.sort_by_key(|it| it.as_str());
    assert_eq!(refused, ["block", "bomb", "open", "too-deep"], "{groups:#?}");
    assert!(groups.iter().all(|it| it["reason"] == "unparsable"), "{groups:#?}");
    let changed: Vec<_> =
        target["findings"].as_array().context("findings")?.iter().map(|it| &it["object"]["name"]).collect();
    assert_eq!(changed, ["deep", "settings"]);
    Ok(())
}
