//! What is written is read again; what somebody made of it never does harm.

use proptest::prelude::*;

use super::*;
use crate::model::finding::Severity;
use crate::model::history::{Mark, PastRun, Sighting, Stamp};

fn stamp(n: u64) -> Stamp {
    let at = jiff::Timestamp::from_second(1_763_900_000 + i64::try_from(n).expect("small") * 3_600).expect("in range");
    Stamp { run: Some(9_876_543_000 + n), number: Some(n), at }
}

fn sighting(n: u64) -> Sighting {
    Sighting {
        environment: ["dev", "staging", "prod"][usize::try_from(n % 3).expect("small")].to_owned(),
        label: format!("Deployment shop/service-{n} spec.template.spec.containers[name=web].image"),
        severity: Severity::ALL[usize::try_from(n % 5).expect("small")],
        value: digest(n + 100_000),
        first: stamp(n % 9),
        since: stamp(n % 13 + 9),
        gone: n.is_multiple_of(4).then(|| stamp(30)),
        returns: u32::try_from(n % 2).expect("small"),
    }
}

/// The first 12 digits of a digest.
fn digest(n: u64) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(n.to_be_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn history(findings: u64, runs: u64) -> History {
    let mark = |n: u64| Mark { differences: usize::try_from(n).expect("small"), complete: !n.is_multiple_of(3) };
    let marks = |n| ["dev", "staging", "prod"].iter().map(|it| ((*it).to_owned(), mark(n))).collect();
    History {
        runs: (0..runs).map(|n| PastRun { stamp: stamp(n), marks: marks(n) }).collect(),
        sightings: (0..findings).map(|n| (digest(n), sighting(n))).collect(),
        lost: Vec::new(),
    }
}

fn mark() -> Marker {
    Marker {
        key: "shop/.github/drift.yaml --> <!--".to_owned(),
        run: 9_876_543_210,
        attempt: 2,
        at: stamp(3).at,
        fingerprint: "ab".repeat(32),
    }
}

#[test]
fn a_report_gives_back_what_was_hidden_in_it() {
    let frame = Frame::new(&mark(), Some(&history(20, 14)));
    let body = frame.around("**Drift in prod.**\n");
    assert_eq!(body.len(), frame.bytes() + "**Drift in prod.**".len());
    for body in [body.clone(), format!("\u{feff}{body}"), body.replace('\n', "\r\n"), format!("{body}\n\n")] {
        assert_eq!(marker(&body), Some(mark()));
        assert_eq!(super::history(&body), Some(history(20, 14)));
    }
    // An HTML comment ends where it should.
    assert_eq!(body.matches("-->").count(), 2);
}

#[test]
fn only_the_first_and_the_last_line_count() {
    let body = Frame::new(&mark(), Some(&history(1, 1))).around("text");
    let quoted = format!("> {}", body.replace('\n', "\n> "));
    assert_eq!((marker(&quoted), super::history(&quoted)), (None, None));
    assert_eq!(marker(&format!(" {body}")), None);
    let answered = format!("{body}\nThanks!");
    assert_eq!((marker(&answered).is_some(), super::history(&answered)), (true, None));
    assert_eq!((marker(""), super::history("")), (None, None));
}

#[test]
fn what_does_not_fit_is_left_out_in_order_and_said() {
    let mut last: Vec<Loss> = Vec::new();
    for (findings, expected) in [
        (20, &[][..]),
        (200, &[]),
        (250, &[Loss::Runs, Loss::Labels]),
        (350, &[Loss::Runs, Loss::Labels, Loss::Gone]),
        (600, &[Loss::Runs, Loss::Labels, Loss::Gone, Loss::Ids]),
        (20_000, &[Loss::Runs, Loss::Labels, Loss::Gone, Loss::Ids, Loss::Sightings]),
    ] {
        let full = history(findings, 30);
        let frame = Frame::new(&mark(), Some(&full));
        let length = frame.last.as_deref().map_or(0, str::len);
        assert!(length <= LINE, "{findings}: {length}");
        let read = super::history(&frame.around("text")).expect("it is there");
        assert_eq!(read.lost, expected, "{findings}");
        assert!(read.lost.len() >= last.len());
        assert!(read.runs.last() == full.runs.last(), "the last run stays");
        let still_there = full.sightings.values().filter(|it| it.gone.is_none()).count();
        if !read.lost.contains(&Loss::Sightings) {
            assert!(read.sightings.len() >= still_there, "{findings}");
        } else {
            assert!(read.sightings.len() > 100, "{}", read.sightings.len());
        }
        last = read.lost;
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..40 {
        packed.write_all(&vec![b' '; 1 << 20]).expect("memory");
    }
    let bomb = format!("{HISTORY}{}{END}", STANDARD.encode(packed.finish().expect("memory")));
    assert!(bomb.len() < LONGEST_LINE, "{}", bomb.len());
    assert_eq!(super::history(&bomb), None);
}

#[test]
fn an_edited_history_is_taken_as_far_as_it_makes_sense() {
    let pack = |json: &str| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(json.as_bytes()).expect("memory");
        format!("text\n{HISTORY}{}{END}", STANDARD.encode(packed.finish().expect("memory")))
    };
    let good = r#""aaaaaaaaaaaa":{"e":"prod","s":"high","f":[1,2,1763900000]}"#;
    for bad in [
        r#""<script>":{"e":"prod","s":"high","f":[1,2,1763900000]}"#,
        r#""bbbbbbbbbbbb":{"e":"prod","s":"fatal","f":[1,2,1763900000]}"#,
        r#""bbbbbbbbbbbb":{"e":"prod","s":"high","f":[1,2,9000000000000000000]}"#,
        r#""bbbbbbbbbbbb":{"e":"prod","s":"high","f":[-1,2,1763900000]}"#,
        r#""bbbbbbbbbbbb":7"#,
    ] {
        let read = super::history(&pack(&format!(r#"{{"v":1,"runs":[7],"seen":{{{bad},{good}}}}}"#)));
        let read = read.expect("it is a history");
        assert_eq!(read.sightings.keys().collect::<Vec<_>>(), ["aaaaaaaaaaaa"], "{bad}");
        assert_eq!(read.runs, []);
    }
    for nothing in ["", "{}", "[]", r#"{"v":2,"seen":{}}"#, "\u{0}"] {
        assert_eq!(super::history(&pack(nothing)), None, "{nothing}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_that_fits_is_read_as_it_was_written(
        ids in proptest::collection::btree_map("[0-9a-f]{12}", (any::<String>(), 0..200u64, any::<u32>()), 0..12),
        runs in 0..30u64,
    ) {
        let mut all = history(0, runs);
        all.sightings = ids.into_iter().map(|(id, (label, n, returns))| {
            let label = label.chars().take(crate::history::LABEL).collect();
            (id, Sighting { label, returns, ..sighting(n) })
        }).collect();
        let body = Frame::new(&mark(), Some(&all)).around("text");
        prop_assert_eq!(super::history(&body), Some(all));
    }

    #[test]
    fn nothing_that_somebody_writes_does_harm(text in any::<String>(), at in any::<prop::sample::Index>(), byte in any::<char>()) {
        let _ = (marker(&text), super::history(&text));
        let mut body = Frame::new(&mark(), Some(&history(5, 3))).around(&text);
        let place = at.index(body.len());
        if body.is_char_boundary(place) {
            body.insert(place, byte);
        }
        let _ = (marker(&body), super::history(&body));
    }
}
