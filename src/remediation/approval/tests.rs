//! A table of what people can say about a proposal, and whether it counts.

use super::*;
use crate::model::changeset::Attestation;

const US: Uuid = Uuid::from_u128(1);
const ALICE: Uuid = Uuid::from_u128(2);
const BOB: Uuid = Uuid::from_u128(3);
const BOT: Uuid = Uuid::from_u128(4);
const STRANGER: Uuid = Uuid::from_u128(5);

fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().expect("a time")
}

fn people() -> BTreeMap<Uuid, Member> {
    let member = |name: &str, kind| Member { name: name.to_owned(), login: format!("{name}@example.test"), kind };
    BTreeMap::from([
        (US, member("drift-bot", IdentityKind::Worker)),
        (ALICE, member("alice", IdentityKind::Person)),
        (BOB, member("bob", IdentityKind::Person)),
        (BOT, member("ci", IdentityKind::Worker)),
        (STRANGER, member("someone", IdentityKind::Unknown)),
    ])
}

fn attested(user: Uuid, result: Judgement) -> Attestation {
    Attestation {
        id: Uuid::from_u128(77),
        kind: APPROVAL.to_owned(),
        result: Some(result),
        user: Some(user),
        at: None,
        expires_at: None,
        revoked: false,
        note: String::new(),
    }
}

fn revision(number: i64, author: Uuid, attestations: Vec<Attestation>) -> Revision {
    Revision {
        id: Uuid::from_u128(100),
        unit: Uuid::from_u128(50),
        number,
        hash: String::new(),
        description: String::new(),
        author: Some(author),
        changeset: None,
        approved_by: Vec::new(),
        attestations,
        at: None,
    }
}

fn head(number: i64, approved_by: Vec<Uuid>, gates: &[&str]) -> UnitHead {
    UnitHead {
        id: Uuid::from_u128(50),
        space: Uuid::from_u128(51),
        slug: "web".to_owned(),
        labels: BTreeMap::new(),
        head: number,
        shipped: 1,
        hash: String::new(),
        changeset: None,
        holder: None,
        gates: gates.iter().map(|it| (*it).to_owned()).collect(),
        approved_by,
    }
}

/// What counts of it, in a word.
fn verdict(head: &UnitHead, history: &[Revision], approvers: &[&str]) -> String {
    let identity = Identity {
        id: US,
        name: "drift-bot".to_owned(),
        organization: Uuid::nil(),
        external_organization: String::new(),
        kind: IdentityKind::Worker,
    };
    let (people, approvers) = (people(), approvers.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    let electorate = Electorate { identity: &identity, people: &people, approvers: &approvers, now: now() };
    let names = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join("+");
    match of(head, history, &electorate) {
        Approval::Waiting { notes } if notes.is_empty() => "waiting".to_owned(),
        Approval::Waiting { notes } => format!("waiting: {}", notes.join("; ")),
        Approval::By(by) => format!("by {}", names(by)),
        Approval::Expired(by) => format!("expired {}", names(by)),
        Approval::Refused(by) => format!("refused {}", names(by)),
    }
}

/// With these attestations of the proposed revision, which we wrote.
fn of_attestations(attestations: Vec<Attestation>) -> String {
    verdict(&head(3, Vec::new(), &[]), &[revision(3, US, attestations)], &[])
}

#[test]
fn attestations_count_as_the_design_says() {
    let pass = |user| attested(user, Judgement::Pass);
    let hour = jiff::SignedDuration::from_hours(1);
    let (past, future) = (now() - hour, now() + hour);
    assert_eq!(of_attestations(vec![]), "waiting");
    assert_eq!(of_attestations(vec![pass(ALICE)]), "by alice");
    assert_eq!(of_attestations(vec![pass(ALICE), pass(BOB)]), "by alice+bob");
    assert!(of_attestations(vec![pass(US)]).contains("identity of this run"));
    assert!(of_attestations(vec![pass(BOT)]).contains("ci approved and is a worker"));
    assert!(of_attestations(vec![pass(STRANGER)]).contains("whether that is a person"));
    assert!(of_attestations(vec![pass(Uuid::from_u128(9))]).contains("whether that is a person"));
    assert_eq!(of_attestations(vec![Attestation { expires_at: Some(past), ..pass(ALICE) }]), "expired alice");
    assert_eq!(of_attestations(vec![Attestation { expires_at: Some(future), ..pass(ALICE) }]), "by alice");
    assert_eq!(of_attestations(vec![Attestation { revoked: true, ..pass(ALICE) }]), "expired alice");
    assert_eq!(of_attestations(vec![Attestation { kind: "drift-check".to_owned(), ..pass(ALICE) }]), "waiting");
    assert_eq!(of_attestations(vec![Attestation { result: None, ..pass(ALICE) }]), "waiting");
    assert_eq!(of_attestations(vec![Attestation { user: None, ..pass(ALICE) }]).split(':').next(), Some("waiting"));
}

#[test]
fn a_refusal_stands_until_it_is_taken_back() {
    let (pass, fail) = (attested(ALICE, Judgement::Pass), attested(BOB, Judgement::Fail));
    assert_eq!(of_attestations(vec![pass.clone(), fail.clone()]), "refused bob");
    assert_eq!(of_attestations(vec![pass.clone(), Attestation { revoked: true, ..fail.clone() }]), "by alice");
    let past = now() - jiff::SignedDuration::from_hours(1);
    assert_eq!(of_attestations(vec![pass, Attestation { expires_at: Some(past), ..fail }]), "by alice");
}

#[test]
fn authors_and_the_unlisted_do_not_count() {
    let history = [revision(2, ALICE, vec![]), revision(3, US, vec![attested(ALICE, Judgement::Pass)])];
    assert!(verdict(&head(3, Vec::new(), &[]), &history, &[]).contains("alice wrote a part of the change"));
    let history = [revision(3, US, vec![attested(ALICE, Judgement::Pass)])];
    for (approvers, expected) in [
        (vec!["ALICE@example.test"], "by alice"),
        (vec!["00000000-0000-0000-0000-000000000002"], "by alice"),
        (vec!["bob"], "waiting: alice approved and is not among the `approvers` of this environment"),
    ] {
        assert_eq!(verdict(&head(3, Vec::new(), &[]), &history, &approvers), expected);
    }
    let history = [revision(3, US, vec![attested(STRANGER, Judgement::Pass)])];
    assert_eq!(verdict(&head(3, Vec::new(), &[]), &history, &["someone@example.test"]), "by someone");
}

#[test]
fn approvals_of_the_older_service_are_of_head_and_gates_are_waited_for() {
    let history = [revision(3, US, vec![])];
    assert_eq!(verdict(&head(3, vec![ALICE], &[]), &history, &[]), "by alice");
    assert_eq!(verdict(&head(4, vec![ALICE], &[]), &history, &[]), "waiting", "of another head");
    assert!(verdict(&head(3, vec![US], &[]), &history, &[]).starts_with("waiting"));
    let awaiting = verdict(&head(3, vec![ALICE], &[AWAITING]), &history, &[]);
    assert!(awaiting.starts_with("waiting: alice approved, and ConfigHub still evaluates"), "{awaiting}");
    let closed = verdict(&head(3, vec![ALICE], &["shop/require-approval/vet-approvedby"]), &history, &[]);
    assert!(closed.contains("keeps a gate closed"), "{closed}");
    assert_eq!(verdict(&head(3, vec![ALICE], &[]), &[], &[]), "waiting", "nothing is proposed");
}
