//! What is new, worse, resolved or flapping, run after run.

use jiff::Timestamp;

use super::*;
use crate::model::finding::{Severity, Shown};
use crate::model::outcome::Reason;
use crate::report::fixtures::{compared, environment, not_compared, object, obstacle, replicas, shown};

fn run(n: u64) -> Stamp {
    let at = Timestamp::from_second(1_763_900_000 + i64::try_from(n).expect("small") * 3_600).expect("in range");
    Stamp { run: Some(9_000 + n), number: Some(n), at }
}

/// `prod` with these findings.
fn prod(findings: Vec<Finding>) -> Vec<EnvironmentOutcome> {
    vec![environment("prod", Ok(compared(6, findings, vec![])))]
}

fn id(id: &str, finding: Finding) -> Finding {
    Finding { id: id.to_owned(), ..finding }
}

fn a() -> Finding {
    id("aaaaaaaaaaaa", replicas())
}

fn b() -> Finding {
    id("bbbbbbbbbbbb", replicas())
}

/// Run after run, each with what the one before left; and what the last one leaves.
fn story(runs: Vec<Vec<EnvironmentOutcome>>) -> (Vec<Timeline>, History) {
    let (mut left, mut told) = (History::default(), Vec::new());
    for (n, outcomes) in (1..).zip(runs) {
        let memory = if n == 1 { Memory::Blank } else { Memory::Kept(left) };
        let (timeline, next) = timeline(&memory, &outcomes, &run(n));
        left = next;
        told.push(timeline);
    }
    (told, left)
}

fn counts(timeline: &Timeline) -> (usize, usize, usize, usize) {
    let Changes { new, worse, resolved, flapping } = timeline.changes.expect("the history is known");
    (new, worse, resolved, flapping)
}

#[test]
fn drift_is_new_once_and_resolved_once() {
    let (told, _) = story(vec![prod(vec![a()]), prod(vec![a(), b()]), prod(vec![b()]), prod(vec![b()])]);
    assert_eq!(told.iter().map(counts).collect::<Vec<_>>(), [(1, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0)]);
    assert_eq!(told[1].ages["aaaaaaaaaaaa"].first_seen, run(1));
    assert_eq!(told[2].resolved[0].label, "Deployment shop/backend-api spec.replicas");
    assert_eq!(told[3].runs.len(), 4);
    assert_eq!(told[3].ages["bbbbbbbbbbbb"].first_seen, run(2));
}

#[test]
fn what_comes_back_is_new_again_and_flapping() {
    let (told, _) = story(vec![prod(vec![a()]), prod(vec![]), prod(vec![a()]), prod(vec![a()]), prod(vec![])]);
    assert_eq!(counts(&told[2]), (1, 0, 0, 1));
    assert_eq!(told[2].ages["aaaaaaaaaaaa"].change, Change::Returned);
    assert_eq!(told[3].ages["aaaaaaaaaaaa"].first_seen, run(3));
    assert_eq!((counts(&told[3]), counts(&told[4])), ((0, 0, 0, 1), (0, 0, 1, 0)));
}

#[test]
fn other_values_and_more_severity_are_told_apart() {
    let changed = Finding { live: shown("9"), ..a() };
    let worse = Finding { severity: Severity::Critical, ..changed.clone() };
    let (told, _) = story(vec![prod(vec![a()]), prod(vec![changed]), prod(vec![worse.clone()]), prod(vec![worse])]);
    let change = |n: usize| told[n].ages["aaaaaaaaaaaa"].change;
    assert_eq!([change(1), change(2), change(3)], [Change::Changed, Change::Worse, Change::Same]);
    assert!(!told[1].ages["aaaaaaaaaaaa"].new);
}

#[test]
fn an_environment_that_was_not_complete_resolves_nothing() {
    let gap = not_compared(object("v1", "ConfigMap", "settings"), Reason::Forbidden);
    let partly = vec![environment("prod", Ok(compared(6, vec![], vec![gap])))];
    let unread = vec![environment("prod", Err(obstacle(Reason::Unreachable)))];
    let left_out = vec![EnvironmentOutcome { name: "prod".to_owned(), targets: vec![], proposal: None }];
    for between in [partly, unread, left_out] {
        let (told, _) = story(vec![prod(vec![a()]), between, prod(vec![a()]), prod(vec![])]);
        assert_eq!(
            told.iter().map(counts).collect::<Vec<_>>(),
            [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 1, 0)]
        );
        assert_eq!(told[2].ages["aaaaaaaaaaaa"].first_seen, run(1));
    }
}

#[test]
fn an_environment_that_is_no_longer_configured_is_forgotten() {
    let dev = vec![environment("dev", Ok(compared(6, vec![], vec![])))];
    let (told, left) = story(vec![prod(vec![a()]), dev]);
    assert_eq!((counts(&told[1]), left.sightings.len()), ((0, 0, 0, 0), 0));
}

#[test]
fn a_repeated_run_says_the_same_again() {
    let memory = Memory::Kept(story(vec![prod(vec![a()])]).1);
    let (first, left) = timeline(&memory, &prod(vec![b()]), &run(2));
    let again = Stamp { at: run(3).at, ..run(2) };
    let (second, _) = timeline(&Memory::Kept(left), &prod(vec![b()]), &again);
    assert_eq!((counts(&first), counts(&second)), ((1, 0, 1, 0), (1, 0, 1, 0)));
    assert_eq!(second.runs.len(), 2, "one column per run");
}

#[test]
fn drift_is_seen_before_only_by_another_run_and_with_the_same_values() {
    let first = timeline(&Memory::Blank, &prod(vec![a()]), &run(1)).1;
    let memory = Memory::Kept(first);
    assert!(has_seen(&memory, &a(), &run(2)));
    assert!(!has_seen(&memory, &a(), &Stamp { at: run(2).at, ..run(1) }), "a repeated run is the same run");
    assert!(!has_seen(&memory, &b(), &run(2)));
    assert!(!has_seen(&memory, &Finding { live: shown("9"), ..a() }, &run(2)));
    let gone = Memory::Kept(timeline(&memory, &prod(vec![]), &run(2)).1);
    assert!(!has_seen(&gone, &a(), &run(3)));
    for nothing in [Memory::Unkept, Memory::Blank, Memory::Lost("the issue cannot be read".into())] {
        assert!(!has_seen(&nothing, &a(), &run(2)));
    }
}

#[test]
fn without_a_history_nothing_is_said_about_time() {
    for (memory, remarks) in [(Memory::Unkept, 0), (Memory::Lost("the issue cannot be read".into()), 1)] {
        let (told, left) = timeline(&memory, &prod(vec![a()]), &run(1));
        assert_eq!((told.changes, told.ages.len(), told.remarks.len()), (None, 0, remarks));
        assert_eq!(left.sightings.len(), 1, "the next run knows");
    }
}

#[test]
fn shortened_ids_still_find_their_findings() {
    let mut first = timeline(&Memory::Blank, &prod(vec![a()]), &run(1)).1;
    let sighting = first.sightings.remove("aaaaaaaaaaaa").expect("it was seen");
    first.sightings.insert("aaaaaa".to_owned(), Sighting { value: String::new(), ..sighting });
    let memory = Memory::Kept(first);
    assert!(has_seen(&memory, &a(), &run(2)));
    let (told, left) = timeline(&memory, &prod(vec![a()]), &run(2));
    assert_eq!((counts(&told), told.ages["aaaaaaaaaaaa"].change), ((0, 0, 0, 0), Change::Same));
    assert_eq!(left.sightings.len(), 1);
}

#[test]
fn a_history_of_tomorrow_is_not_believed() {
    let first = timeline(&Memory::Blank, &prod(vec![a()]), &run(9)).1;
    let (told, _) = timeline(&Memory::Kept(first), &prod(vec![a()]), &run(2));
    assert_eq!((told.ages["aaaaaaaaaaaa"].first_seen.clone(), told.runs.len()), (run(2), 1));
}

#[test]
fn a_fingerprint_is_of_the_set_and_tells_nothing_of_what_is_hidden() {
    let of = |all: &[Finding]| fingerprint(all.iter());
    assert_eq!(of(&[a(), b()]), of(&[b(), a()]));
    assert_ne!(of(&[a()]), of(&[a(), b()]));
    assert_ne!(of(&[a()]), of(&[Finding { live: shown("9"), ..a() }]));
    assert_eq!(of(&[a()]), of(&[Finding { severity: Severity::Low, ..a() }]));
    let hidden = Finding { live: Shown::Hidden("Secret value".into()), ..a() };
    assert_ne!(of(&[hidden]), of(&[a()]));
}
