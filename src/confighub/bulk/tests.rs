//! Pairing and chunks.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn head(unit: wire::Unit) -> UnitHead {
    UnitHead {
        id: unit.id,
        space: unit.space,
        slug: unit.slug,
        labels: BTreeMap::new(),
        head: unit.head_revision,
        shipped: 0,
        hash: String::new(),
        changeset: None,
        holder: None,
        gates: BTreeSet::new(),
        approved_by: Vec::new(),
    }
}

fn pair(answer: &str, asked: &[Uuid]) -> Answers {
    let members = serde_json::from_str(answer).expect("the answer is JSON");
    paired(members, asked, "PATCH /unit", head)
}

#[test]
fn answers_are_paired_by_what_they_name_and_never_by_their_place() {
    let (one, two, three, stranger) = (id(1), id(2), id(3), id(4));
    let answer = format!(
        r#"[{{"Error":{{"Message":"locked","Status":400,"ErrorMetadata":{{"EntityID":"{two}"}}}}}},
            {{"Unit":{{"UnitID":"{stranger}","Slug":"d"}}}},
            {{"Error":{{"Message":"nobody's","Status":400}}}},
            {{}},
            {{"Unit":{{"UnitID":"{one}","Slug":"a","HeadRevisionNum":7}}}}]"#
    );
    let answers = pair(&answer, &[one, two, three]);
    assert_eq!(answers.keys().copied().collect::<Vec<_>>(), [one, two]);
    assert_eq!(answers[&one].as_ref().map(|it| it.head).ok(), Some(7));
    assert_eq!(answers[&two].as_ref().map_err(|it| it.kind.clone()), Err(Kind::Refused(400)));
}

#[test]
fn an_error_counts_beside_a_unit() {
    let one = id(1);
    let answer = format!(r#"[{{"Unit":{{"UnitID":"{one}","Slug":"a"}},"Error":{{"Message":"no","Status":403}}}}]"#);
    assert_eq!(pair(&answer, &[one])[&one].as_ref().map_err(|it| it.kind.clone()), Err(Kind::Forbidden));
}

#[test]
fn what_a_status_means_to_one_unit() {
    for (status, kind) in [
        (401, Kind::Forbidden),
        (403, Kind::Forbidden),
        (404, Kind::NotFound),
        (409, Kind::Conflict),
        (412, Kind::Conflict),
        (422, Kind::Refused(422)),
        (0, Kind::Refused(0)),
        (500, Kind::Unavailable { status: Some(500), retry_after: None }),
    ] {
        assert_eq!(kind_of(status), kind, "{status}");
    }
}

proptest! {
    /// Whatever the ids: each is in one chunk, and every chunk fits an expression with another term beside it.
    #[test]
    fn chunks_hold_every_id_once_and_fit(numbers in proptest::collection::btree_set(any::<u128>(), 1..400)) {
        let ids = UnitIds::new(numbers.iter().copied().map(Uuid::from_u128)).expect("there are some");
        let chunks = chunks(&ids);
        prop_assert_eq!(chunks.concat(), ids.iter().collect::<Vec<_>>());
        for chunk in &chunks {
            let condition = Where::among(Attribute::UnitID, chunk).and(Where::id(Attribute::ChangeSetID, Uuid::max()));
            prop_assert!(condition.into_query().is_ok_and(|it| it.is_some()));
        }
        prop_assert_eq!(chunks.len(), numbers.len().div_ceil(80));
    }
}
