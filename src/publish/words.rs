//! PURE: titles and short comments. They hold numbers and names of environments, which the configuration checks; nothing
//! that was read from a cluster or from ConfigHub.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::model::history::Changes;
use crate::report::{Report, Status, counted};

/// More environments than this are counted.
const NAMES: usize = 8;

/// Characters that GitHub takes as a title.
const TITLE: usize = 256;

/// `Drift: prod 2, dev 1 (staging clean)`: the last of the promotion path first.
pub(super) fn title(report: &Report) -> String {
    let clean = names(report, |it| it == Status::Clean);
    let unknown = names(report, |it| matches!(it, Status::Partial | Status::Failed));
    let mut aside = Vec::new();
    if !clean.is_empty() {
        aside.push(format!("{} clean", clean.join(", ")));
    }
    if !unknown.is_empty() {
        aside.push(format!("{} not compared", unknown.join(", ")));
    }
    let aside = if aside.is_empty() { String::new() } else { format!(" ({})", aside.join("; ")) };
    let title = format!("Drift: {}{aside}", drift(report));
    if title.chars().count() <= TITLE {
        return title;
    }
    let drifted = report.environments.iter().filter(|it| it.status == Status::Drift).count();
    format!("Drift: {} in {}", report.counts.findings, counted(drifted, "environment", "environments"))
}

/// `prod 2, dev 1`, or `none`.
fn drift(report: &Report) -> String {
    let drifted: Vec<_> = report.environments.iter().rev().filter(|it| it.status == Status::Drift).collect();
    if drifted.is_empty() {
        return "none".to_owned();
    }
    let mut parts: Vec<_> =
        drifted.iter().take(NAMES).map(|it| format!("{} {}", it.name, it.counts.findings)).collect();
    if drifted.len() > NAMES {
        parts.push(format!("{} more", drifted.len() - NAMES));
    }
    parts.join(", ")
}

fn names(report: &Report, which: impl Fn(Status) -> bool) -> Vec<String> {
    let all: Vec<_> = report.environments.iter().filter(|it| which(it.status)).map(|it| it.name.clone()).collect();
    let more = all.len().saturating_sub(NAMES);
    let mut shown: Vec<_> = all.into_iter().take(NAMES).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown
}

/// What differs is not what differed before.
pub(super) fn changed(report: &Report, movement: Option<Changes>) -> String {
    format!("**The drift has changed: {}.**{}{}", drift(report), moved(movement), run(report))
}

/// The same as before, where every run is to be told.
pub(super) fn unchanged(report: &Report) -> String {
    format!("The drift is as it was: {}.{}", drift(report), run(report))
}

/// Nothing differs any more.
pub(super) fn clean(report: &Report, since: Timestamp) -> String {
    format!(
        "**No drift any more:** {} what ConfigHub says. This was open for {}.{}",
        runs(&names(report, |it| it == Status::Clean)),
        span(since, report.run.finished),
        run(report)
    )
}

fn runs(names: &[String]) -> String {
    match names {
        [] => "nothing differs from".to_owned(),
        [one] => format!("{one} runs"),
        [all @ .., last] => format!("{} and {last} run", all.join(", ")),
    }
}

/// There is drift again.
pub(super) fn back(report: &Report) -> String {
    format!("**Drift is back: {}.**{}", drift(report), run(report))
}

/// Somebody closed it as done, and it is not.
pub(super) fn not_done(report: &Report) -> String {
    format!(
        "**Reopened: the drift is still there: {}.** To accept it as it is, close this issue as *not planned*; it then stays \
         closed until the drift changes.{}",
        drift(report),
        run(report)
    )
}

/// Somebody closed it as accepted, and there is other drift now.
pub(super) fn no_longer_accepted(report: &Report, movement: Option<Changes>) -> String {
    format!("**Reopened: the drift is not what it was: {}.**{}{}", drift(report), moved(movement), run(report))
}

/// Which issue was about this before.
pub(super) fn previous(number: u64) -> String {
    format!("Earlier drift: #{number}.\n\n")
}

/// What a pull request's comment says when nothing differs: one line.
pub(super) fn green(report: &Report) -> String {
    format!("🟢 **No drift:** {} what ConfigHub says.{}\n", runs(&names(report, |it| it == Status::Clean)), run(report))
}

/// For which commit a comment speaks.
pub(super) fn commit(sha: &str) -> String {
    let short: String = sha.chars().take(12).collect();
    if !short.is_empty() && short.chars().all(|it| it.is_ascii_hexdigit()) {
        format!("\n<sub>For commit {short}</sub>\n")
    } else {
        String::new()
    }
}

fn moved(movement: Option<Changes>) -> String {
    let Some(Changes { new, worse, resolved, .. }) = movement else { return String::new() };
    let mut text = String::new();
    for (number, word) in [(new, "new"), (worse, "worse"), (resolved, "resolved")] {
        if number > 0 {
            let _ = write!(text, "{}{number} {word}", if text.is_empty() { " " } else { ", " });
        }
    }
    if text.is_empty() { text } else { text + "." }
}

/// A link to the run, if its address cannot break out of one.
fn run(report: &Report) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-._~:/?&=%+".contains(it);
    match report.run.url.as_deref() {
        Some(url) if url.starts_with("http") && url.chars().all(plain) => format!(" [This run]({url})"),
        _ => String::new(),
    }
}

/// `3 days and 4 hours`: the two largest units.
fn span(from: Timestamp, to: Timestamp) -> String {
    let minutes = usize::try_from(to.duration_since(from).as_secs().max(0) / 60).unwrap_or_default();
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => counted(minutes, "minute", "minutes"),
        (0, _) => format!("{} and {}", counted(hours, "hour", "hours"), counted(minutes, "minute", "minutes")),
        _ => format!("{} and {}", counted(days, "day", "days"), counted(hours, "hour", "hours")),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::outcome::Reason;
    use crate::report::fixtures::*;

    use super::*;

    #[test]
    fn the_title_names_the_worst_end_first() {
        let clean = |name: &str| environment(name, Ok(compared(6, vec![], vec![])));
        let drifted = |name: &str| environment(name, Ok(compared(6, vec![replicas()], vec![])));
        let down = |name| environment(name, Err(obstacle(Reason::Unreachable)));
        let all = report(vec![drifted("dev"), clean("staging"), drifted("prod")]);
        assert_eq!(title(&all), "Drift: prod 1, dev 1 (staging clean)");
        assert_eq!(title(&report(vec![down("dev"), drifted("prod")])), "Drift: prod 1 (dev not compared)");
        assert_eq!(title(&report(vec![clean("dev")])), "Drift: none (dev clean)");
        let many = (0..100).map(|n| drifted(&format!("an-environment-with-a-name-{n}"))).collect();
        assert!(title(&report(many)).len() <= 256);
    }

    #[test]
    fn spans_are_told_in_two_units() -> Result<(), jiff::Error> {
        let from: Timestamp = "2026-11-20T10:00:00Z".parse()?;
        for (to, want) in [
            ("2026-11-20T10:00:30Z", "0 minutes"),
            ("2026-11-20T11:01:00Z", "1 hour and 1 minute"),
            ("2026-11-23T14:59:00Z", "3 days and 4 hours"),
        ] {
            assert_eq!(span(from, to.parse()?), want);
        }
        Ok(())
    }
}
