//! The lifecycle, step by step.

use crate::model::history::Changes;
use crate::model::outcome::Reason;
use crate::report::Report;
use crate::report::fixtures::*;

use super::*;

fn rules() -> IssueRules {
    IssueRules { label: "drift".to_owned(), assignees: vec![], close_when_clean: true, notify: Notify::Changes }
}

fn clean() -> Report {
    report(vec![
        environment("dev", Ok(compared(6, vec![], vec![]))),
        environment("prod", Ok(compared(6, vec![], vec![]))),
    ])
}

fn drifted() -> Report {
    report(vec![
        environment("dev", Ok(compared(6, vec![], vec![]))),
        environment("prod", Ok(compared(6, vec![replicas()], vec![]))),
    ])
}

/// Drift in dev too.
fn more() -> Report {
    let found = || Ok(compared(6, vec![replicas()], vec![]));
    report(vec![environment("dev", found()), environment("prod", found())])
}

fn half() -> Report {
    report(vec![
        environment("dev", Ok(compared(6, vec![], vec![]))),
        environment("prod", Err(obstacle(Reason::Unreachable))),
    ])
}

/// Drift in dev, and prod cannot be read.
fn half_drifted() -> Report {
    report(vec![
        environment("dev", Ok(compared(6, vec![replicas()], vec![]))),
        environment("prod", Err(obstacle(Reason::Unreachable))),
    ])
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("the time is valid")
}

fn open(number: u64, of: &Report) -> Thread {
    Thread {
        number,
        state: State::Open,
        created: time("2026-11-20T06:00:00Z"),
        labels: vec!["drift".to_owned(), "drift/prod".to_owned()],
        marker: Marker {
            key: "k".to_owned(),
            run: 1,
            attempt: 1,
            at: time("2026-11-22T06:00:00Z"),
            fingerprint: of.fingerprint.clone(),
        },
        snoozed: None,
    }
}

fn closed(number: u64, of: &Report, reason: StateReason, at: &str) -> Thread {
    Thread { state: State::Closed { reason, at: Some(time(at)) }, ..open(number, of) }
}

const YESTERDAY: &str = "2026-11-22T06:00:00Z";
const LONG_AGO: &str = "2026-10-01T06:00:00Z";

/// The steps as words.
fn steps(threads: &[Thread], report: &Report) -> Vec<String> {
    told(&decide(threads, &Run::of(report), &rules()))
}

fn told(decision: &Decision) -> Vec<String> {
    let word = |it: &Step| match it {
        Step::Create { title, labels, previous } => format!("create {title} {labels:?} {previous:?}"),
        Step::Edit { number, title, change } => {
            format!("edit {number} {change:?}{}", if title.is_some() { " titled" } else { "" })
        }
        Step::Comment { number, text } => format!("comment {number} {}", text.split(':').next().unwrap_or_default()),
        Step::Duplicate { number } => format!("duplicate {number}"),
        Step::Label { number, names } => format!("label {number} {names:?}"),
        Step::Unlabel { number, name } => format!("unlabel {number} {name}"),
    };
    decision.steps.iter().map(word).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn drift_opens_an_issue_and_nothing_else_does() {
    let want = [r#"create Drift: prod 1 (dev clean) ["drift", "drift/prod"] None"#];
    assert_eq!(steps(&[], &drifted()), want);
    assert_eq!(steps(&[], &clean()), NOTHING);
    assert_eq!(steps(&[], &half()), NOTHING);
    assert_eq!(steps(&[], &Report::skipped("Why.", run())), NOTHING);
}

#[test]
fn the_same_drift_is_an_edit_that_notifies_nobody() {
    assert_eq!(steps(&[open(7, &drifted())], &drifted()), ["edit 7 Stay titled"]);
    let always = IssueRules { notify: Notify::Always, ..rules() };
    let decision = decide(&[open(7, &drifted())], &Run::of(&drifted()), &always);
    assert_eq!(told(&decision), ["edit 7 Stay titled", "comment 7 The drift is as it was"]);
}

#[test]
fn a_transition_is_one_comment() {
    let want = ["edit 7 Stay titled", "comment 7 **The drift has changed", r#"label 7 ["drift/dev"]"#];
    assert_eq!(steps(&[open(7, &drifted())], &more()), want);
    let mut both = open(7, &more());
    both.labels.push("drift/dev".to_owned());
    let want = ["edit 7 Stay titled", "comment 7 **The drift has changed", "unlabel 7 drift/dev"];
    assert_eq!(steps(&[both], &drifted()), want);
    let never = IssueRules { notify: Notify::Never, ..rules() };
    let decision = decide(&[open(7, &drifted())], &Run::of(&more()), &never);
    assert_eq!(told(&decision), ["edit 7 Stay titled", r#"label 7 ["drift/dev"]"#]);
}

#[test]
fn the_history_knows_better_what_moved() {
    let report = drifted();
    let moved = |new| Report { changes: Some(Changes { new, ..Changes::default() }), ..report.clone() };
    assert_eq!(told(&decide(&[open(7, &more())], &Run::of(&moved(0)), &rules()))[0..], ["edit 7 Stay titled"]);
    let moved = moved(2);
    let decision = decide(&[open(7, &drifted())], &Run::of(&moved), &rules());
    let Some(Step::Comment { text, .. }) = decision.steps.get(1) else { panic!("{decision:?}") };
    assert!(text.contains("** 2 new."), "{text}");
}

#[test]
fn clean_and_complete_closes() {
    let want = ["edit 7 Close", "comment 7 **No drift any more"];
    assert_eq!(steps(&[open(7, &drifted())], &clean()), want);
    let stays = IssueRules { close_when_clean: false, ..rules() };
    let decision = decide(&[open(7, &drifted())], &Run::of(&clean()), &stays);
    assert_eq!(told(&decision), ["edit 7 Stay titled", "comment 7 **No drift any more"]);
    let decision = decide(&[open(7, &clean())], &Run::of(&clean()), &stays);
    assert_eq!(told(&decision), ["edit 7 Stay titled"]);
    let decision = decide(&[open(7, &clean())], &Run::of(&drifted()), &stays);
    assert_eq!(told(&decision), ["edit 7 Stay titled", "comment 7 **Drift is back"]);
}

#[test]
fn half_a_view_closes_and_reopens_nothing() {
    let before = open(7, &drifted());
    let decision = decide(std::slice::from_ref(&before), &Run::of(&half()), &rules());
    assert_eq!(told(&decision), ["edit 7 Stay"]);
    assert_eq!(decision.fingerprint, before.marker.fingerprint, "the next whole view is compared with the last one");
    for reason in [StateReason::Completed, StateReason::NotPlanned] {
        assert_eq!(steps(&[closed(7, &drifted(), reason, YESTERDAY)], &half()), NOTHING);
    }
    let left_out = report(vec![environment("dev", Ok(compared(6, vec![], vec![]))), {
        let mut it = environment("prod", Err(obstacle(Reason::Unreachable)));
        it.targets.clear();
        it
    }]);
    assert_eq!(left_out.status, Status::Clean);
    assert_eq!(steps(&[before], &left_out), ["edit 7 Stay"], "what was left out may have drifted");
}

#[test]
fn drift_that_is_certain_counts_even_in_half_a_view() {
    assert_eq!(steps(&[], &half_drifted()).len(), 1);
    let back = steps(&[closed(7, &clean(), StateReason::Completed, YESTERDAY)], &half_drifted());
    assert_eq!(back[..2], ["edit 7 Reopen titled", "comment 7 **Drift is back"]);
    // What cannot be seen is not resolved: no transition, and the label stays.
    let same = steps(&[open(7, &more())], &half_drifted());
    assert_eq!(same, ["edit 7 Stay titled", r#"label 7 ["drift/dev"]"#]);
}

#[test]
fn drift_that_returns_soon_returns_to_its_issue() {
    let soon = steps(&[closed(7, &clean(), StateReason::Completed, YESTERDAY)], &drifted());
    assert_eq!(soon, ["edit 7 Reopen titled", "comment 7 **Drift is back"]);
    let late = steps(&[closed(7, &clean(), StateReason::Completed, LONG_AGO)], &drifted());
    assert_eq!(late, [r#"create Drift: prod 1 (dev clean) ["drift", "drift/prod"] Some(7)"#]);
    assert_eq!(steps(&[closed(7, &clean(), StateReason::Completed, YESTERDAY)], &clean()), NOTHING);
}

#[test]
fn what_a_person_closed_too_early_is_reopened_once() {
    let early = closed(7, &drifted(), StateReason::Completed, YESTERDAY);
    let want = ["edit 7 Reopen titled", "comment 7 **Reopened"];
    assert_eq!(steps(std::slice::from_ref(&early), &drifted()), want);
    assert_eq!(steps(&[early], &clean()), ["edit 7 Stay"], "in the end it was right");
}

#[test]
fn what_a_person_accepted_stays_closed_until_it_changes() {
    let accepted = closed(7, &drifted(), StateReason::NotPlanned, YESTERDAY);
    let decision = decide(std::slice::from_ref(&accepted), &Run::of(&drifted()), &rules());
    assert_eq!((told(&decision), decision.notes.len()), (vec![], 1));
    assert_eq!(steps(std::slice::from_ref(&accepted), &clean()), NOTHING);
    assert_eq!(steps(std::slice::from_ref(&accepted), &half_drifted()), NOTHING, "half a view proves no change");
    let changed = steps(&[accepted], &more());
    assert_eq!(changed[..2], ["edit 7 Reopen titled", "comment 7 **Reopened"]);
}

#[test]
fn a_snoozed_issue_is_edited_and_says_nothing() {
    let until = |at: &str| Thread {
        snoozed: Some(time(at)),
        labels: vec![
            "drift".to_owned(),
            "drift/prod".to_owned(),
            "drift/dev".to_owned(),
            "drift/snoozed-3d".to_owned(),
        ],
        ..open(7, &drifted())
    };
    assert_eq!(steps(&[until("2026-11-25T06:00:00Z")], &more()), ["edit 7 Stay titled"]);
    let over = steps(&[until("2026-11-23T06:00:00Z")], &more());
    assert_eq!(over, ["edit 7 Stay titled", "comment 7 **The drift has changed", "unlabel 7 drift/snoozed-3d"]);
    let closed =
        Thread { state: closed(7, &clean(), StateReason::Completed, YESTERDAY).state, ..until("2026-11-25T06:00:00Z") };
    assert_eq!(steps(&[closed], &more()), NOTHING);
    for (label, days) in
        [("drift/snoozed", Some(7)), ("drift/snoozed-3d", Some(3)), ("drift/snoozed-0d", None), ("drift/snoozer", None)]
    {
        let labels = [label.to_owned()];
        assert_eq!(snooze(&labels, &rules()).map(|(_, it)| it.as_hours() / 24), days, "{label}");
    }
}

#[test]
fn the_oldest_open_issue_wins() {
    let three = [open(9, &drifted()), open(7, &drifted()), closed(3, &drifted(), StateReason::Completed, YESTERDAY)];
    assert_eq!(steps(&three, &drifted()), ["edit 7 Stay titled", "duplicate 9"]);
    let dead = closed(2, &drifted(), StateReason::Duplicate, YESTERDAY);
    assert_eq!(steps(&[dead], &drifted()).len(), 1, "a duplicate is nobody's thread");
    let latest =
        [closed(3, &clean(), StateReason::Completed, LONG_AGO), closed(5, &clean(), StateReason::Completed, YESTERDAY)];
    assert_eq!(steps(&latest, &drifted())[0], "edit 5 Reopen titled");
}

#[test]
fn an_older_run_does_not_overwrite_a_newer_one() {
    let mut later = open(7, &drifted());
    later.marker.at = time("2026-11-24T06:00:00Z");
    for report in [clean(), drifted(), more(), half()] {
        let decision = decide(&[later.clone(), open(9, &drifted())], &Run::of(&report), &rules());
        assert_eq!((told(&decision), decision.number, decision.notes.len()), (vec![], Some(7), 1));
    }
}
