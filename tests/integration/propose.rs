//! Fixes are proposed, followed, approved and closed, against both generations of ConfigHub.

mod bulk;
mod checks;
mod crash;
mod door;
mod faults;
mod guesses;
mod lifecycle;
mod overlap;
mod scene;
mod sight;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{ClusterStory, Space, Story};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::estate::Estate;
use crate::surface::raw::{Raw, Written};

const PROFILES: [Profile; 2] = [Profile::Release, Profile::Bridge];

/// Two environments, dev and prod.
const TWO: &str = "version: 1
environments:
  - name: dev
    targets: [{space: shop-dev, namespace: shop}]
  - name: prod
    targets: [{space: shop-prod, namespace: shop}]
";

const DEPLOYMENT: &str = "# who runs it: team shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend-api
spec:
  replicas: 3 # as measured
  selector:
    matchLabels: {app: backend-api}
  template:
    metadata:
      labels: {app: backend-api}
    spec:
      containers:
        - name: api
          image: shop/api:1.4
";

/// What runs of it.
fn running(replicas: u32, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "backend-api", "namespace": "shop", "uid": "0b8a8f5c-0000-4000-8000-000000000001", "resourceVersion": "7"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "backend-api"}},
            "template": {"metadata": {"labels": {"app": "backend-api"}},
                "spec": {"containers": [{"name": "api", "image": image}]}}}})
}

/// Environments of these names and replicas.
fn story(environments: &[(&str, u32)]) -> Story {
    environments.iter().fold(Story::new(), |story, (name, replicas)| {
        let space = Space::new(&format!("shop-{name}")).namespace("shop").unit(("backend-api", DEPLOYMENT));
        story.space(space).cluster(ClusterStory::new(name, vec![running(*replicas, "shop/api:1.4")]))
    })
}

/// A run of the worker that proposes.
fn proposing(estate: &Estate) -> Result<Detector> {
    let (id, secret) = estate.world.worker();
    Ok(estate
        .detector()?
        .variable("INPUT_MODE", "propose")
        .variable("CUB_TOKEN", "")
        .variable("CONFIGHUB_WORKER_ID", id)
        .variable("CONFIGHUB_WORKER_SECRET", secret))
}

fn propose(estate: &Estate) -> Result<Answer> {
    let answer = proposing(estate)?.run()?;
    ensure!(answer.code == Some(0), "{}", answer.said());
    Ok(answer)
}

/// The part about proposals of the environment at this place.
fn proposal(answer: &Answer, at: usize) -> Result<Value> {
    Ok(answer.report()?["environments"][at]["proposal"].clone())
}

/// State of the ChangeSet, then of each unit.
fn states(proposal: &Value) -> String {
    let of = |it: &Value| it.as_str().unwrap_or("-").to_owned();
    let units = proposal["units"].as_array().cloned().unwrap_or_default();
    let units: Vec<_> = units.iter().map(|it| format!("{} {}", of(&it["unit"]), of(&it["state"]))).collect();
    format!("{}: {}", of(&proposal["changeset"]["state"]), units.join(", "))
}

/// Writes to ConfigHub so far.
fn writes(estate: &Estate) -> Vec<String> {
    let journal = estate.world.journal();
    let of_hub = journal.iter().filter(|it| it.service == CONFIGHUB && it.method != "GET" && it.path != "/auth/worker");
    of_hub.map(|it| format!("{} {}", it.method, it.path)).collect()
}

/// Writes to ConfigHub so far, without what was only attested.
fn changes(estate: &Estate) -> Vec<String> {
    writes(estate).into_iter().filter(|it| !it.ends_with("/attestation")).collect()
}

/// The unit at this place.
fn unit(proposal: &Value, at: usize) -> &Value {
    &proposal["units"][at]
}

/// Runs what talks to ConfigHub as this user.
fn as_user<T>(estate: &Estate, user: &str, ask: impl AsyncFnOnce(Raw<'_>) -> Result<T>) -> Result<T> {
    let token = estate.world.confighub().person(user);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { ask(Raw::new(&estate.world)?.with_token(Some(&token))).await })
}

fn ids(estate: &Estate, space: &str, unit: &str) -> (String, String) {
    let hub = estate.world.confighub();
    (hub.space_id(space).to_string(), hub.unit_id(space, unit).to_string())
}

/// Descriptions of all revisions of a unit, in their order.
fn history(estate: &Estate, space: &str, unit: &str) -> Result<Vec<String>> {
    let (space, unit) = ids(estate, space, unit);
    as_user(estate, "alice", async |raw| {
        let revisions = raw.get(&format!("/space/{space}/unit/{unit}/revision")).await?.json()?;
        let mut all: Vec<(i64, String)> = Vec::new();
        for it in revisions.as_array().context("a list")? {
            let description = it["Revision"]["Description"].as_str().unwrap_or_default().to_owned();
            all.push((it["Revision"]["RevisionNum"].as_i64().context("a number")?, description));
        }
        all.sort();
        Ok(all.into_iter().map(|(_, description)| description).collect())
    })
}

/// Head's data.
fn head(estate: &Estate, space: &str, unit: &str) -> Result<String> {
    let (space, unit) = ids(estate, space, unit);
    as_user(estate, "alice", async |raw| Ok(raw.get(&format!("/space/{space}/unit/{unit}/data")).await?.text))
}

/// Whether any ChangeSet locks the unit.
fn is_locked(estate: &Estate, space: &str, unit: &str) -> Result<bool> {
    let (space, unit) = ids(estate, space, unit);
    as_user(estate, "alice", async |raw| {
        let found = raw.get(&format!("/space/{space}/unit/{unit}")).await?.json()?;
        let holder = found["Unit"]["ChangeSetID"].as_str().unwrap_or_default();
        Ok(!holder.is_empty() && holder != "00000000-0000-0000-0000-000000000000")
    })
}

/// Makes a ChangeSet, as a person would. Gives its id.
fn changeset(estate: &Estate, space: &str, slug: &str, labels: &Value) -> Result<String> {
    let (space, _) = ids(estate, space, "");
    as_user(estate, "bob", async |raw| {
        let made =
            raw.post(&format!("/space/{space}/change_set"), &[], &json!({"Slug": slug, "Labels": labels})).await?;
        ensure!(made.status == 200, "{}", made.text);
        Ok(made.json()?["ChangeSetID"].as_str().context("an id")?.to_owned())
    })
}

/// Locks a unit with a new ChangeSet.
fn hold(estate: &Estate, space: &str, unit: &str, slug: &str, labels: &Value) -> Result<()> {
    let changeset = changeset(estate, space, slug, labels)?;
    let (_, unit) = ids(estate, space, unit);
    as_user(estate, "bob", async |raw| {
        let query = [("where", format!("UnitID IN ('{unit}')")), ("change_set_id", changeset.clone())];
        let query = query.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
        let held = raw.patch("/unit", &query, &json!({"ChangeSetID": changeset})).await?;
        ensure!(held.status == 200, "{}", held.text);
        Ok(())
    })
}

/// Approves everything of a ChangeSet in a Space, as the report says how to.
fn approve(estate: &Estate, changeset: &str, space: &str, user: &str) -> Result<()> {
    if estate.world.confighub().profile() == Profile::Release {
        return attest(estate, changeset, space, user, "Pass");
    }
    let (space, _) = ids(estate, space, "");
    as_user(estate, user, async |raw| {
        let all = format!("SpaceID = '{space}'");
        let path = "/unit/approve";
        let query = [("where", all.as_str())];
        let of = Written { method: "POST", path, query: &query, content_type: "", if_match: None, body: "" };
        let approved = raw.write(of).await?;
        ensure!(approved.status == 200, "{}", approved.text);
        Ok(())
    })
}

/// Attests the newest revisions under a ChangeSet.
fn attest(estate: &Estate, changeset: &str, space: &str, user: &str, result: &str) -> Result<()> {
    let (space, _) = ids(estate, space, "");
    as_user(estate, user, async |raw| {
        let found = raw.filtered(&format!("/space/{space}/change_set"), &format!("Slug = '{changeset}'")).await?;
        let id = found.json()?[0]["ChangeSet"]["ChangeSetID"].as_str().context("an id")?.to_owned();
        let body = json!({"Type": "Approval", "Result": result, "WhereUnit": format!("SpaceID = '{space}'"),
            "Revision": format!("ChangeSet:{id}")});
        let attested = raw.post(&format!("/space/{space}/attestation"), &[], &body).await?;
        ensure!(attested.status == 200, "{}", attested.text);
        ensure!(attested.json()?["Subjects"].as_array().is_some_and(|it| !it.is_empty()), "{}", attested.text);
        Ok(())
    })
}

#[test]
fn drift_is_proposed_once_and_the_history_tells_the_story() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 3), ("prod", 5)]), profile, TWO)?;
        let first = propose(&estate)?;
        let prod = proposal(&first, 1)?;
        assert_eq!(states(&prod), "waiting: backend-api proposed", "{profile:?} {prod:#}");
        assert_eq!(prod["changeset"]["slug"], "drift-prod-1");
        assert_eq!(states(&proposal(&first, 0)?), "-: ");
        let markdown = first.file("drift-report/report.md")?;
        assert!(markdown.contains("from `5` back to `3`"), "{markdown}");

        let before = writes(&estate).len();
        let second = propose(&estate)?;
        assert_eq!(states(&proposal(&second, 1)?), "waiting: backend-api waiting");
        assert_eq!(writes(&estate).len(), before, "the second run writes nothing: {:#?}", &writes(&estate)[before..]);
        assert_eq!(second.report()?["edges"][0]["verdict"], "wait");
    }
    Ok(())
}

#[test]
fn detect_writes_nothing() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&story(&[("dev", 5), ("prod", 5)]), profile, TWO)?;
        let answer = estate.run()?;
        assert_eq!(states(&proposal(&answer, 0)?), "-: ");
        assert_eq!(writes(&estate), [""; 0], "{}", answer.said());
        let dry = proposing(&estate)?.arguments(["run", "--dry-run"]).run()?;
        let planned = proposal(&dry, 1)?["writes"].as_array().context("writes")?.len();
        assert!(planned >= 3, "{}", dry.said());
        assert_eq!(writes(&estate), [""; 0], "{}", dry.said());
    }
    Ok(())
}
