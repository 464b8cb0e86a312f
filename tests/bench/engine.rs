//! The engine alone: one object against another, both in memory already.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context as _, Result};
use criterion::Criterion;
use drift_detector::drift::compare::compare;
use drift_detector::drift::types::CustomSchemas;
use drift_detector::manifest;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::manifests;
use crate::real::Recording;
use crate::table::{Row, seconds};

/// What Criterion writes about a benchmark, in nanoseconds.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

pub(crate) fn rows(recording: &Recording) -> Result<Vec<Row>> {
    let mut desired: BTreeMap<String, Value> = BTreeMap::new();
    for object in manifests::objects(0) {
        for value in manifest::values(&object.yaml)? {
            desired.insert(format!("{}/{}", value["kind"], value["metadata"]["name"]), value);
        }
    }
    let folder = TempDir::with_prefix("drift-bench-")?;
    let mut criterion = Criterion::default()
        .output_directory(folder.path())
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    let mut rows = Vec::new();
    for collection in &recording.collections {
        let (gvk, schemas) = (collection.gvk(), CustomSchemas::default());
        let live: Value = serde_json::from_str(collection.items.first().context("nothing was recorded")?.get())?;
        let key = format!("\"{}\"/{}", gvk.kind, live["metadata"]["name"]);
        let desired = desired.get(&key).with_context(|| format!("no manifest is of {key}"))?;
        criterion.bench_function(&gvk.kind, |bench| {
            bench.iter(|| compare(black_box(desired), black_box(&live), &gvk, &schemas));
        });
        let path = folder.path().join(&gvk.kind).join("new/estimates.json");
        let estimates: Estimates = serde_json::from_slice(&fs::read(path).context("criterion measured nothing")?)?;
        let Estimate { confidence_interval: Interval { lower_bound, upper_bound }, point_estimate } = estimates.median;
        let [least, median, most] = [lower_bound, point_estimate, upper_bound].map(|it| seconds(it / 1e9));
        let what = format!("engine alone, one {}", gvk.kind);
        rows.push(Row::told(&what, format!("{median} ({least} to {most})"), String::new(), String::new()));
    }
    Ok(rows)
}
