//! Every request of the write side by every way in which it can fail: done once or not at all, and never told wrongly.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use drift_detector::confighub::{Error, Kind};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use drift_detector::model::changeset::{Carried, ChangeSet, Judgement, NewAttestation, Restore, UnitHead};
use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::{Shop, new, some};
use crate::estate::config_map;

/// An operation of the client, and the write in it.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Open,
    Annotate,
    Lock,
    Unlock,
    Write,
    Restore,
    Comment,
    Attest,
}

const OPERATIONS: [(Profile, Operation, &str); 14] = [
    (Profile::Release, Operation::Open, "POST /space/*/change_set$"),
    (Profile::Release, Operation::Annotate, "PATCH /space/*/change_set/*$"),
    (Profile::Release, Operation::Lock, "PATCH /unit$"),
    (Profile::Release, Operation::Unlock, "PATCH /unit$"),
    (Profile::Release, Operation::Write, "PUT /space/*/unit/*/data$"),
    (Profile::Release, Operation::Restore, "PATCH /space/*/unit/*$"),
    (Profile::Release, Operation::Comment, "POST /space/*/unit/*/review_comment$"),
    (Profile::Release, Operation::Attest, "POST /space/*/attestation$"),
    (Profile::Bridge, Operation::Open, "POST /space/*/change_set$"),
    (Profile::Bridge, Operation::Annotate, "PATCH /space/*/change_set/*$"),
    (Profile::Bridge, Operation::Lock, "PATCH /unit$"),
    (Profile::Bridge, Operation::Unlock, "PATCH /unit$"),
    (Profile::Bridge, Operation::Write, "PATCH /space/*/unit/*$"),
    (Profile::Bridge, Operation::Restore, "PATCH /space/*/unit/*$"),
];

/// What an operation needs to have happened before.
struct Before {
    shop: Shop,
    ours: ChangeSet,
    head: UnitHead,
    drifted: String,
}

impl Before {
    async fn new(profile: Profile, operation: Operation) -> Result<Self> {
        let shop = Shop::new(profile).await?;
        let slug = if matches!(operation, Operation::Open) { "other" } else { "drift-dev-1" };
        let ours = shop.open(slug).await?;
        let head = match operation {
            Operation::Lock => shop.head("web").await?,
            _ => shop.locked("web", &ours).await?,
        };
        let drifted = config_map("web", "slow");
        let head = match operation {
            Operation::Restore => shop.client.write_data(&head, ours.id, &drifted, "drift").await?,
            _ => head,
        };
        Ok(Self { shop, ours, head, drifted })
    }

    async fn run(&self, operation: Operation) -> Result<(), Error> {
        let Self { shop, ours, head, drifted } = self;
        let client = &shop.client;
        let ids = shop.ids(&["web"]);
        match operation {
            Operation::Open => client.open_changeset(&shop.space, &new("drift-dev-1")).await.map(|_| ()),
            Operation::Annotate => {
                let notes = some(&[("drift-detector/unit.1", Some("f1 3"))]);
                client.annotate_changeset(ours, &some(&[]), &notes, None).await.map(|_| ())
            }
            Operation::Lock => only(client.lock(&ids, ours.id, "open").await),
            Operation::Unlock => only(client.unlock(&ids, ours.id).await),
            Operation::Write => client.write_data(head, ours.id, drifted, "drift").await.map(|_| ()),
            Operation::Restore => client.restore(head, Restore::Revision(1), Some(ours.id), "fixed").await.map(|_| ()),
            Operation::Comment => match client.comment(head, head.head, "why").await? {
                Carried::Comment | Carried::Attestation => Ok(()),
                Carried::Nothing => panic!("this identity may comment and attest"),
            },
            Operation::Attest => {
                let (revision, result, claims) = (head.head, Judgement::Pass, BTreeMap::new());
                let new = NewAttestation { revision, kind: "drift-check", result, note: "run 1", claims };
                let answers = client.attest(shop.space.id, &ids, &new).await;
                answers.into_iter().try_for_each(|(_, answer)| match answer? {
                    number if number == head.head => Ok(()),
                    number => panic!("it attested of {number}, not of {}", head.head),
                })
            }
        }
    }

    /// Whether it was done, and that it was not done twice.
    async fn done(&self, operation: Operation) -> Result<bool> {
        let Self { shop, ours, head, .. } = self;
        let token = shop.world.confighub_token();
        let path = format!("/space/{}/change_set", shop.space.id);
        let listed = shop.raw(token, "GET", &path, &Value::Null).await?;
        let slugs: Vec<&str> =
            listed.as_array().context("a list")?.iter().filter_map(|it| it["ChangeSet"]["Slug"].as_str()).collect();
        ensure!(slugs.iter().collect::<BTreeSet<_>>().len() == slugs.len(), "one ChangeSet of each slug: {slugs:?}");
        let now = shop.head("web").await?;
        ensure!(now.head <= head.head + 1, "no revision twice: {} after {}", now.head, head.head);
        Ok(match operation {
            Operation::Open => slugs.contains(&"drift-dev-1"),
            Operation::Annotate => {
                let it = shop.client.changeset_by_id(ours.id).await?.context("it is there")?;
                it.annotations.len() == 1
            }
            Operation::Lock => now.changeset == Some(ours.id),
            Operation::Unlock => now.changeset.is_none(),
            Operation::Write | Operation::Restore => now.head == head.head + 1,
            // A comment that is refused may be carried by an attestation.
            Operation::Comment | Operation::Attest => {
                let attestations = shop.client.unit_revisions(head, ours.id).await?.pop().context("none")?.attestations;
                let said = attestations.len() + shop.client.comments(head).await?.len();
                ensure!(said <= 1, "nothing is said twice: {said}");
                said == 1
            }
        })
    }
}

fn only(answers: Vec<(uuid::Uuid, Result<UnitHead, Error>)>) -> Result<(), Error> {
    answers.into_iter().try_for_each(|(_, answer)| answer.map(|_| ()))
}

fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> =
        [400, 401, 403, 404, 409, 412, 422, 423, 429, 500, 501, 502, 503].map(Fault::Status).into();
    faults.extend([200, 404, 502].map(Fault::HtmlPage));
    faults.extend([Fault::Cut, Fault::Refuse, Fault::Garbage, Fault::LyingEmpty, Fault::Expired]);
    faults.push(Fault::Throttled { status: 429, retry_after: 3600 });
    faults.push(Fault::Slow(Duration::from_millis(50)));
    faults
}

/// Whether the write itself does nothing and says so: it cannot be done by what follows.
fn refuses(fault: &Fault) -> bool {
    match fault {
        Fault::Status(status) | Fault::HtmlPage(status) => {
            (400..500).contains(status) && *status != 429 || *status == 501
        }
        Fault::Throttled { .. } => true,
        _ => false,
    }
}

/// One failure: what is told is true, and a failure that hides whether the write landed is looked through.
async fn once(profile: Profile, operation: Operation, request: &str, fault: &Fault, times: usize) -> Result<()> {
    let before = Before::new(profile, operation).await?;
    before.shop.world.inject(CONFIGHUB, Rule::new(fault.clone()).on(request).times(times))?;
    let told = before.run(operation).await;
    ensure!(before.shop.world.struck(CONFIGHUB) > 0, "no fault struck");
    before.shop.world.heal(CONFIGHUB);
    let done = before.done(operation).await?;
    match told {
        Ok(()) if !done => bail!("told as done, and is not"),
        Err(error) if done && !error.is_unclear() => bail!("told as refused ({error}), and is done"),
        Err(error) if times == 1 && !refuses(fault) => bail!("one failure is enough to fail: {error}"),
        Err(error) if refuses(fault) && matches!(error.kind, Kind::Unexpected | Kind::TooSlow) => {
            bail!("a refusal is told as {:?}", error.kind)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_write_meets_it_is_done_once_or_not_at_all_and_told_truly() -> Result<()> {
    let mut cases = Vec::new();
    for (profile, operation, request) in OPERATIONS {
        for fault in faults() {
            for times in [1, 9] {
                cases.push((profile, operation, request, fault.clone(), times));
            }
        }
    }
    let runs = cases.into_iter().map(|(profile, operation, request, fault, times)| async move {
        let met = once(profile, operation, request, &fault, times).await;
        met.err().map(|error| format!("{profile:?} {operation:?} {fault:?} times {times}: {error:#}"))
    });
    let wrong: Vec<String> = stream::iter(runs).buffer_unordered(24).filter_map(async |it| it).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The read that looks for the write fails as well: then it is not known, and that is what is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_nobody_can_look_for_is_told_as_unclear() -> Result<()> {
    for (profile, operation, request) in OPERATIONS {
        let before = Before::new(profile, operation).await?;
        before.shop.world.inject(CONFIGHUB, Rule::new(Fault::Cut).on(request))?;
        // Bridge looks before it writes, too.
        let look = usize::from(matches!((profile, operation), (Profile::Bridge, Operation::Write)));
        before.shop.world.inject(CONFIGHUB, Rule::new(500).on("GET /").after(look))?;
        let told = before.run(operation).await.expect_err("nobody knows");
        before.shop.world.heal(CONFIGHUB);
        assert!(told.is_unclear(), "{profile:?} {operation:?}: {told}");
        assert!(before.done(operation).await?, "{profile:?} {operation:?}");
    }
    Ok(())
}
