//! The lists of a target beside its findings: what was not compared, what was left out, what is only counted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::object::ObjectKey;
use crate::model::outcome::{Obstacle, Suppressed};
use crate::report::{TargetReport, counted};

use super::limits::Limits;

/// Something that was not compared.
#[derive(Debug, Serialize)]
pub(super) struct ObstacleView {
    what: Names,
    detail: String,
    remedy: String,
}

/// What was left out on purpose, for one reason.
#[derive(Debug, Serialize)]
pub(super) struct SuppressedView {
    reason: String,
    what: Names,
}

/// Units that are counted, with what that means.
#[derive(Debug, Serialize)]
pub(super) struct CountedView {
    label: String,
    what: Names,
}

/// Some names, and how many more there are.
#[derive(Debug, Serialize)]
pub(super) struct Names {
    shown: Vec<String>,
    more: usize,
}

impl ObstacleView {
    pub(super) fn new(obstacle: &Obstacle, what: Names, limits: &Limits) -> Self {
        let sentence = |text: &str| capitalised(&limits.text(text));
        Self { what, detail: sentence(obstacle.detail.as_str()), remedy: sentence(obstacle.remedy.as_str()) }
    }
}

impl SuppressedView {
    /// One row per reason, most frequent first.
    pub(super) fn all(suppressed: &[Suppressed], limits: &Limits) -> Vec<Self> {
        let mut by_reason: BTreeMap<&str, Vec<(&ObjectKey, &str)>> = BTreeMap::new();
        for it in suppressed {
            by_reason.entry(it.reason.as_str()).or_default().push((&it.object, it.field.as_str()));
        }
        let mut groups: Vec<_> = by_reason.into_iter().collect();
        groups.sort_by_key(|(_, entries)| std::cmp::Reverse(entries.len()));
        let rows = groups.into_iter().take(limits.groups).map(|(reason, entries)| {
            let names = entries.iter().map(|(object, field)| format!("{object} {field}").trim_end().to_owned());
            Self { reason: capitalised(&limits.text(reason)), what: Names::new(names, entries.len(), limits) }
        });
        rows.collect()
    }
}

impl CountedView {
    pub(super) fn all(target: &TargetReport, limits: &Limits) -> Vec<Self> {
        let TargetReport { pending, not_deployed, never_shipped, other_toolchains, .. } = target;
        let all = [
            (pending, "has a change at head that was not shipped", "have changes at head that were not shipped"),
            (not_deployed, "was never shipped, and nothing of it runs", "were never shipped, and nothing of them runs"),
            (
                never_shipped,
                "was never shipped although objects of it run, so they were compared with its head",
                "were never shipped although objects of them run, so they were compared with their heads",
            ),
            (other_toolchains, "belongs to another toolchain", "belong to other toolchains"),
        ];
        let some = all.into_iter().filter(|(units, ..)| !units.is_empty());
        let views = some.map(|(units, one, many)| Self {
            label: counted(units.len(), &format!("unit {one}"), &format!("units {many}")),
            what: Names::new(units.iter().cloned(), units.len(), limits),
        });
        views.collect()
    }
}

impl Names {
    pub(super) fn new(names: impl Iterator<Item = String>, all: usize, limits: &Limits) -> Self {
        let shown: Vec<_> = names.take(limits.names).map(|it| limits.text(&it)).collect();
        Self { more: all.saturating_sub(shown.len()), shown }
    }
}

/// The sentence with a capital and a full stop, unless it begins with a name.
pub(super) fn capitalised(sentence: &str) -> String {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let is_word = first.chars().all(|it| it.is_ascii_lowercase() || it == '\'');
    let mut characters = sentence.chars();
    let start = characters.next().map(|it| if is_word { it.to_ascii_uppercase() } else { it });
    let stop = if sentence.is_empty() || sentence.ends_with(['.', '…', '!', '?']) { "" } else { "." };
    start.into_iter().chain(characters).chain(stop.chars()).collect()
}
