//! Two texts as the lines of a `diff` block. Every line starts with one of `#`, `@`, ` `, `-`, `+`.

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp, group_diff_ops};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// Texts that differ over more lines are not compared line by line: it would take too long and nobody would read it.
const LONGEST: usize = 2_000;

/// Longer lines are cut.
const WIDEST: usize = 300;

/// What differs between two texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Diff {
    /// The lines, prefixed.
    pub(super) lines: Vec<String>,
    /// Lines that only the cluster has.
    pub(super) added: usize,
    /// Lines that only ConfigHub has.
    pub(super) removed: usize,
}

/// Unified, `-` for what ConfigHub says and `+` for what the cluster runs; None stands for no text at all.
pub(super) fn unified(desired: Option<&str>, live: Option<&str>) -> Diff {
    let (old, new) = (lines(desired), lines(live));
    if changed_range(&old, &new) > LONGEST {
        return Diff { lines: vec![format!("# more than {LONGEST} lines differ")], added: 0, removed: 0 };
    }
    let mut diff = Diff::default();
    for hunk in hunks(&old, &new) {
        diff.lines.push(UnifiedHunkHeader::new(&hunk).to_string());
        for change in hunk.iter().flat_map(|it| it.iter_changes(&*old, &*new)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            diff.added += usize::from(sign == '+');
            diff.removed += usize::from(sign == '-');
            diff.lines.push(format!("{sign} {}", clipped(change.value())));
        }
    }
    if let [one] = old.as_slice()
        && let [other] = new.as_slice()
        && one.chars().count().max(other.chars().count()) > WIDEST
    {
        let from = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count().saturating_sub(WIDEST / 4);
        diff.lines.truncate(1);
        diff.lines.extend([format!("- {}", window(one, from)), format!("+ {}", window(other, from))]);
    }
    let ends = |text: Option<&str>| text.is_none_or(|it| it.ends_with('\n'));
    if desired.is_some() && live.is_some() && ends(desired) != ends(live) {
        let which = if ends(desired) { "the cluster's" } else { "ConfigHub's" };
        diff.lines.push(format!("# {which} text does not end with a line break"));
    }
    diff
}

/// The changes with their context. The algorithm is called by its name: a choice at run time would make every one of them a
/// part of the binary.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Vec<DiffOp>> {
    let mut changes = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut changes, old, 0..old.len(), new, 0..new.len());
    group_diff_ops(changes.into_inner().into_inner().into_ops(), CONTEXT)
}

fn lines(text: Option<&str>) -> Vec<&str> {
    let Some(text) = text else { return Vec::new() };
    text.strip_suffix('\n').unwrap_or(text).split('\n').collect()
}

/// How many lines lie between the common start and the common end, on the longer side.
fn changed_range(old: &[&str], new: &[&str]) -> usize {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.len().max(new.len()) - tail
}

fn clipped(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}… ({} more characters)", &line[..at], line[at..].chars().count()),
        None => line.to_owned(),
    }
}

/// The part of a very long line where the difference begins.
fn window(line: &str, from: usize) -> String {
    let length = line.chars().count();
    let part: String = line.chars().skip(from).take(WIDEST).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + WIDEST < length { "…" } else { "" });
    format!("{before}{part}{after} ({length} characters)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_with_three_lines_of_context() {
        let old: Vec<_> = (1..=20).map(|n| format!("line {n}")).collect();
        let mut new = old.clone();
        new[9] = "another".to_owned();
        let diff = unified(Some(&old.join("\n")), Some(&new.join("\n")));
        insta::assert_snapshot!(diff.lines.join("\n"), @r"
        @@ -7,7 +7,7 @@
          line 7
          line 8
          line 9
        - line 10
        + another
          line 11
          line 12
          line 13
        ");
        assert_eq!((diff.added, diff.removed), (1, 1));
    }

    #[test]
    fn a_missing_line_break_at_the_end_is_said() {
        let diff = unified(Some("a\nb\n"), Some("a\nb"));
        assert_eq!(diff.lines, ["# the cluster's text does not end with a line break"]);
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let old = "x".repeat(5_000) + "old" + &"y".repeat(5_000);
        let diff = unified(Some(&old), Some(&old.replace("old", "new")));
        assert!(diff.lines[1].contains("xxxoldyyy") && diff.lines[2].contains("xxxnewyyy"), "{diff:?}");
        assert!(diff.lines.iter().all(|it| it.len() < 400));
    }

    #[test]
    fn no_text_on_one_side_is_all_removed() {
        assert_eq!(unified(Some("a\nb"), None).lines, ["@@ -1,2 +0,0 @@", "- a", "- b"]);
    }

    #[test]
    fn endless_differences_are_not_computed() {
        let old = "a\n".repeat(9_000);
        let diff = unified(Some(&old), Some(&"b\n".repeat(9_000)));
        assert_eq!(diff.lines, ["# more than 2000 lines differ"]);
    }
}
