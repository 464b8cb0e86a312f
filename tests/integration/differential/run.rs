//! The run: cases side by side, each with an object of its own that is changed and judged several times.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use drift_detector::drift::types::CustomSchemas;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::accepted::Used;
use super::class::{self, Class, STEPS};
use super::estate::{self, Base, CUSTOM};
use super::judge::{self, Opinions, Problem};
use super::mutate::{self, Proposal, Scene};
use super::random::Random;
use super::schema::{self, Node, Schemas};
use super::server::{Api, Request};
use super::value::Pool;

/// Cases at the same time: enough to keep the server busy.
const ABREAST: usize = 6;
/// Proposals for one object until another one is taken: many are refused, as they should be.
const PROPOSALS: usize = 40;
/// Objects that may have no room for a class.
const SUBJECTS: usize = 12;

/// Mutations with the controllers running, and how many of them wait for an autoscaler.
const CONTROLLED: usize = 24;
const AUTOSCALED: usize = 3;
/// How long controllers on a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server and what the mutations draw from.
pub(super) struct Ground<'a> {
    pub(super) api: Api,
    pub(super) bases: Vec<Base>,
    used: &'a Used,
    schemas: Schemas,
    custom: CustomSchemas,
    pool: Pool,
}

/// What one mutation came to.
pub(super) struct Judged {
    pub(super) class: Class,
    pub(super) title: String,
    pub(super) is_drift: bool,
    pub(super) disagreement: Option<Disagreement>,
}

/// Two opinions on one pair, and how the pair came to be.
#[derive(Clone)]
pub(super) struct Disagreement {
    pub(super) case: u64,
    pub(super) class: Class,
    /// Index of the estate's manifest.
    pub(super) base: usize,
    pub(super) tag: String,
    pub(super) history: Vec<Request>,
    pub(super) problems: Vec<Problem>,
    pub(super) opinions: Opinions,
}

/// One object on its way through a case.
struct Subject<'a> {
    base: usize,
    of: &'a Base,
    tag: String,
    path: String,
    collection: String,
    desired: Value,
    history: Vec<Request>,
}

impl<'a> Ground<'a> {
    pub(super) async fn prepare(api: Api, used: &'a Used) -> Result<Self> {
        let bases = estate::load(&api).await?;
        let mut groups: Vec<String> = bases.iter().map(|base| schema::group_path(&base.gvk)).collect();
        groups.sort();
        groups.dedup();
        let (mut schemas, mut custom) = (Schemas::default(), CustomSchemas::default());
        for group in groups {
            let description = api.description(&group).await?;
            // The engine knows the kinds of Kubernetes itself; of others it is told what a run reads.
            if group.contains(CUSTOM) {
                custom.add_openapi(&description);
            }
            schemas.add(group, description)?;
        }
        let mut pool = Pool::default();
        for base in &bases {
            // A webhook that learned of Deployments here would stand in every other case's way.
            if !base.gvk.kind.contains("Webhook") && !base.gvk.kind.contains("Admission") {
                pool.add(&base.manifest("web"));
            }
        }
        Ok(Self { api, bases, schemas, custom, pool, used })
    }

    pub(super) fn root(&self, base: &Base) -> Result<Node<'_>> {
        self.schemas.root(&base.gvk).with_context(|| format!("the server does not describe {}", base.gvk))
    }

    pub(super) async fn ask(&self, base: &Base, path: &str, desired: &Value) -> Result<Opinions> {
        let root = self.root(base)?;
        judge::ask(&self.api, &judge::Kind { gvk: &base.gvk, root, custom: &self.custom }, path, desired).await
    }

    /// What nobody accepted.
    pub(super) fn problems(&self, base: &Base, opinions: &Opinions) -> Vec<Problem> {
        let mut problems = opinions.problems();
        problems.retain(|it| !self.used.accepts(&base.gvk.kind, &opinions.desired, it));
        problems
    }

    /// `mutations` changes, judged one by one.
    pub(super) async fn run(&self, seed: u64, mutations: usize) -> Result<Vec<Judged>> {
        self.cases(seed, 0, class::plans(mutations)).await
    }

    /// A few more, with the controllers running.
    pub(super) async fn run_controlled(&self, seed: u64) -> Result<Vec<Judged>> {
        let mut plans = vec![vec![Class::Controllers; STEPS]; CONTROLLED / STEPS];
        plans.extend(vec![vec![Class::Autoscaler]; AUTOSCALED]);
        self.cases(seed, 1_000_000, plans).await
    }

    async fn cases(&self, seed: u64, first: u64, plans: Vec<Vec<Class>>) -> Result<Vec<Judged>> {
        let cases = plans.into_iter().enumerate();
        let cases = futures::stream::iter(cases).map(|(number, classes)| async move {
            let number = first + u64::try_from(number)?;
            self.case(seed, number, &classes).await.with_context(|| format!("case {number} of seed {seed}"))
        });
        Ok(cases.buffered(ABREAST).try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
    }

    async fn case(&self, seed: u64, number: u64, classes: &[Class]) -> Result<Vec<Judged>> {
        let mut random = Random::new(seed, number);
        let mut judged = Vec::new();
        let mut subject: Option<Subject<'_>> = None;
        let mut objects = 0;
        for class in classes {
            let mut tries = 0;
            let (is_drift, disagreement, title) = loop {
                tries += 1;
                ensure!(tries <= SUBJECTS, "no object has room for {class:?}");
                let mut at = match subject.take().filter(|it| class.applies(it.of)) {
                    Some(at) => at,
                    None => {
                        objects += 1;
                        self.fresh(*class, number, objects, &mut random).await?
                    }
                };
                if !self.mutate(*class, &mut at, &mut random).await? {
                    self.remove(&at).await?;
                    continue;
                }
                if matches!(class, Class::Controllers | Class::Autoscaler) {
                    self.settle(*class, &at).await?;
                }
                let opinions = self.ask(at.of, &at.path, &at.desired).await?;
                let problems = self.problems(at.of, &opinions);
                let is_drift = opinions.is_drift();
                let title = at.of.title();
                let disagreement = (!problems.is_empty()).then(|| Disagreement {
                    case: number,
                    class: *class,
                    base: at.base,
                    tag: at.tag.clone(),
                    history: at.history.clone(),
                    problems,
                    opinions,
                });
                // What was wrong once would only be wrong again.
                if disagreement.is_none() && (random.percent(50) || self.heal(&mut at).await?) {
                    subject = Some(at);
                } else {
                    self.remove(&at).await?;
                }
                break (is_drift, disagreement, title);
            };
            judged.push(Judged { class: *class, title, is_drift, disagreement });
        }
        if let Some(at) = subject {
            self.remove(&at).await?;
        }
        Ok(judged)
    }

    /// A new object of a kind that the class is for: shipped, or made by somebody else.
    async fn fresh(&self, class: Class, number: u64, objects: u64, random: &mut Random) -> Result<Subject<'_>> {
        let tag = format!("c{number}n{objects}");
        let fitting: Vec<usize> =
            (0..self.bases.len()).filter(|it| self.bases.get(*it).is_some_and(|base| class.applies(base))).collect();
        // In turns, so that no kind is forgotten.
        let turn = random.seed().wrapping_add(number).wrapping_add(objects);
        let turn = usize::try_from(turn % u64::try_from(fitting.len())?)?;
        let base = *fitting.get(turn).context("some kind fits")?;
        let of = &self.bases[base];
        let desired = of.manifest(&tag);
        let (path, collection) = (of.path(&desired), of.collection(&desired));
        let mut history = Vec::new();
        let by_another = random.percent(30);
        if by_another {
            history.push(mutate::created(&collection, "helm", desired.clone()));
        }
        if !by_another || random.percent(50) {
            history.push(mutate::shipped(&path, &desired));
        }
        for request in &history {
            self.api.done(request).await?;
        }
        Ok(Subject { base, of, tag, path, collection, desired, history })
    }

    /// Changes the object; false: nothing of the kind could be done to it.
    async fn mutate(&self, class: Class, at: &mut Subject<'_>, random: &mut Random) -> Result<bool> {
        let root = self.root(at.of)?;
        for _ in 0..PROPOSALS {
            let live = self.api.get(&at.path).await?;
            if !live.is_ok() {
                return Ok(false);
            }
            let live = live.body;
            let scene = Scene {
                root,
                pool: &self.pool,
                path: &at.path,
                collection: &at.collection,
                desired: &at.desired,
                live: &live,
            };
            let requests = match scene.propose(class, random) {
                None => continue,
                Some(Proposal::Live(requests)) => requests,
                Some(Proposal::Desired(desired)) => {
                    at.desired = desired;
                    return Ok(true);
                }
                Some(Proposal::Shipped(desired)) => {
                    let request = mutate::shipped(&at.path, &desired);
                    if self.api.send(&request).await?.is_ok() {
                        at.history.push(request);
                        at.desired = desired;
                        return Ok(true);
                    }
                    continue;
                }
            };
            let mut changed = false;
            for request in requests {
                let answer = self.api.send(&request).await?;
                if !answer.is_ok() {
                    break;
                }
                changed |= answer.body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"];
                at.history.push(request);
            }
            if changed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the controllers have seen the change.
    async fn settle(&self, class: Class, at: &Subject<'_>) -> Result<()> {
        let since = Instant::now();
        loop {
            let live = self.api.get(&at.path).await?.body;
            let is_settled = match class {
                // Jobs do not say what was observed.
                Class::Autoscaler => live["spec"]["replicas"].as_i64() <= Some(mutate::AUTOSCALED),
                _ => {
                    let observed = &live["status"]["observedGeneration"];
                    at.of.gvk.group == "batch" || *observed == live["metadata"]["generation"]
                }
            };
            if is_settled {
                return Ok(());
            }
            ensure!(since.elapsed() < PATIENCE, "the controllers do not see `{}`", at.path);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Desired is shipped again; false: that is not possible in place.
    async fn heal(&self, at: &mut Subject<'_>) -> Result<bool> {
        let request = mutate::shipped(&at.path, &at.desired);
        let healed = self.api.send(&request).await?.is_ok();
        at.history.push(request);
        Ok(healed)
    }

    async fn remove(&self, at: &Subject<'_>) -> Result<()> {
        self.api.send(&Request::delete(&at.path)).await?;
        Ok(())
    }
}

/// How often each class came, and how often it was drift.
pub(super) fn tally(judged: &[Judged]) -> BTreeMap<Class, (usize, usize)> {
    let mut tally = BTreeMap::new();
    for it in judged {
        let (all, drift) = tally.entry(it.class).or_insert((0, 0));
        *all += 1;
        *drift += usize::from(it.is_drift);
    }
    tally
}
