//! Reading a cluster and comparing it, against a plain download of the same pages with the same HTTP client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use drift_detector::cluster::{Cluster, Limits, Search};
use drift_detector::drift::autoscale::Autoscalers;
use drift_detector::drift::scope::{self, Bounds, Selection, UnitDocuments};
use drift_detector::drift::types::CustomSchemas;
use drift_detector::drift::{self, Case, FirstLook};
use drift_detector::manifest;
use drift_detector::model::access::{ClusterAccess, KubeconfigSource};
use drift_detector::model::environment::{Additions, Scope, Stage, Target};
use drift_detector::model::object::{GroupVersionKind, Live, ObjectKey, Observed};
use drift_detector::model::outcome::Comparison;
use drift_detector::model::unit::Unit;
use drift_detector::page::Sight;
use drift_detector::redact::Redactor;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::apiserver::READER;
use crate::manifests::Manifest;
use crate::real;
use crate::scene::{OBJECTS, Scene};
use crate::table::{Row, Sample, Verdict, mebibytes, seconds};

/// Rounds; each does everything once.
const ROUNDS: usize = 15;

/// How many times as long as the download reading and comparing may take, and comparing alone.
const READING: f64 = 1.3;
const COMPARING: f64 = 0.15;

/// What the comparison of one target takes, beside the cluster.
struct Given {
    units: Vec<Unit>,
    target: Target,
    scope: Scope,
    redactor: Redactor,
}

pub(crate) fn rows(scene: &Scene) -> Result<Vec<Row>> {
    let given = Given::new(&scene.manifests);
    // As the detector makes its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let kubeconfig = scene.real.server.kubeconfig(READER, "bench");
    let source = KubeconfigSource::Text { variable: "KUBECONFIG".to_owned(), text: kubeconfig.into() };
    let access = ClusterAccess { source, context: None, proxy: None };

    let before = scene.real.server.audit_log()?.len();
    runtime.block_on(given.read_and_compare(&access))?;
    let requests = scene.real.server.audit_log()?;
    let uris: Vec<String> = requests[before..].iter().filter(|it| it.user == READER).map(|it| it.uri.clone()).collect();

    let (mut reading, mut comparing, mut parsing, mut downloading) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        bytes = runtime.block_on(download(scene, &uris))?;
        downloading.push(started.elapsed());
        let taken = runtime.block_on(given.read_and_compare(&access))?;
        comparing.push(runtime.block_on(given.compare(&access))?);
        ensure!(taken.comparison.findings.len() == scene.drift.len(), "found {:?}", taken.comparison.findings);
        ensure!(taken.comparison.compared == OBJECTS, "compared {}", taken.comparison.compared);
        parsing.push(taken.parsing);
        reading.push(taken.all);
    }
    let [reading, comparing, parsing, download] = [reading, comparing, parsing, downloading].map(Sample::of_times);
    let plain = format!(
        "plain download, {} requests, {}: {}",
        uris.len(),
        mebibytes(f64::from(u32::try_from(bytes)?)),
        download.shown(seconds)
    );
    let against = |what: &str, ours: &Sample, bar: f64| {
        let ratio = ours.median() / download.median();
        let (bar, verdict) = (format!("at most {bar}"), Verdict::of(ratio <= bar));
        let (what, ours, ratio) = (what.to_owned(), ours.shown(seconds), format!("{ratio:.2}"));
        Row { what, ours, alternative: plain.clone(), ratio, bar, verdict }
    };
    Ok(vec![
        against("reading the cluster and comparing", &reading, READING),
        against("comparing alone, live objects as they came", &comparing, COMPARING),
        Row::told("before it: parsing the YAML of 1,000 units", parsing.shown(seconds), String::new(), String::new()),
    ])
}

/// Every page, as many at a time as the detector, thrown away. Gives the bytes.
async fn download(scene: &Scene, uris: &[String]) -> Result<usize> {
    let client = scene.real.client(READER).await?;
    let sizes = stream::iter(uris).map(|uri| async { Ok(real::download(&client, uri).await?.len()) });
    let sizes: Vec<usize> = sizes
        .buffer_unordered(Limits::default().concurrency)
        .try_collect::<Vec<_>>()
        .await
        .map_err(|it: anyhow::Error| it)?;
    Ok(sizes.into_iter().sum())
}

/// When objects are compared for the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// While they are read, as the detector does.
    Early,
    /// When all have been.
    Late,
}

/// How long the steps took.
struct Taken {
    /// The units' YAML, which is not part of `all`.
    parsing: Duration,
    /// From no connection to the verdict.
    all: Duration,
    comparison: Comparison,
}

impl Given {
    fn new(manifests: &[Manifest]) -> Self {
        let unit = |manifest: &Manifest| Unit::shipped(&manifest.name, &manifest.yaml);
        let target = Target {
            name: "bench".to_owned(),
            space: "bench".to_owned(),
            context: None,
            namespace: None,
            namespaces: Vec::new(),
        };
        let units = manifests.iter().map(unit).collect();
        Self { units, target, scope: Scope::default(), redactor: Redactor::default() }
    }

    /// What the pipeline does with a target, once it has its units.
    async fn read_and_compare(&self, access: &ClusterAccess) -> Result<Taken> {
        let started = Instant::now();
        let documents = self.documents();
        let parsing = started.elapsed();

        let started = Instant::now();
        let (selection, live) = self.read(access, documents, Look::Early).await?;
        let comparison = self.judge(&selection, live.objects);
        Ok(Taken { parsing, all: started.elapsed(), comparison })
    }

    /// The comparison alone, of objects as they came.
    async fn compare(&self, access: &ClusterAccess) -> Result<Duration> {
        let (selection, live) = self.read(access, self.documents(), Look::Late).await?;
        let started = Instant::now();
        self.judge(&selection, live.objects);
        Ok(started.elapsed())
    }

    fn documents(&self) -> Vec<UnitDocuments<'_>> {
        let documents = |unit| UnitDocuments { unit, documents: Arc::new(manifest::documents(&unit.text)) };
        self.units.iter().map(documents).collect()
    }

    async fn read(
        &self,
        access: &ClusterAccess,
        documents: Vec<UnitDocuments<'_>>,
        look: Look,
    ) -> Result<(Selection, Live)> {
        let cluster = Cluster::connect(access, Limits::default(), &self.redactor).await;
        let cluster = cluster.map_err(|it| anyhow!("{}", it.detail))?;
        let kinds = cluster.discover(&scope::kinds(&documents, &self.scope)).await;
        let is_namespaced = |gvk: &GroupVersionKind| kinds[gvk].as_ref().map(|it| it.namespaced).map_err(Clone::clone);
        let selection = self.select(documents, is_namespaced);
        let wanted: Vec<ObjectKey> = selection.objects.iter().map(|it| it.key.clone()).collect();
        let mut search = Search::default();
        if look == Look::Early {
            let look = FirstLook::new(Arc::clone(&selection.objects), Additions::Report);
            let settles = move |it: Sight<'_>| look.is_as_desired(it.gvk, it.namespace, it.name, it.raw);
            search.settled = Some(Arc::new(settles));
        }
        let live = cluster.read(&wanted, &kinds, &search).await;
        Ok((selection, live))
    }

    fn select(
        &self,
        documents: Vec<UnitDocuments<'_>>,
        is_namespaced: impl FnMut(&GroupVersionKind) -> Result<bool, drift_detector::model::outcome::Obstacle>,
    ) -> Selection {
        let bounds = Bounds { environment: "bench", target: &self.target, scope: &self.scope, context_namespace: None };
        scope::select(documents, &bounds, is_namespaced, &self.redactor)
    }

    fn judge(&self, selection: &Selection, observed: BTreeMap<ObjectKey, Observed>) -> Comparison {
        let case = Case {
            environment: "bench",
            target: "bench",
            units: &self.units,
            unread: &[],
            other_toolchains: &[],
            autoscalers: &Autoscalers::default(),
            ignore: &[],
            directions: &[],
            additions: Additions::Report,
            stage: Stage::Last,
            critical: &[],
            today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
            schemas: &CustomSchemas::default(),
            redactor: &self.redactor,
            lines: &BTreeMap::new(),
        };
        drift::judge(&case, selection, observed)
    }
}
