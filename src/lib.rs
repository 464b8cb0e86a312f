//! Drift Detector: compares what ConfigHub says with what the clusters run, and reports the difference.
//!
//! ```text
//! inputs ─► for each environment ─► report ─► render ─► publish
//!              units ┐        ▲       (step summary · files · outputs · terminal)
//!            cluster ┴► drift ─┴► remediation ─► ChangeSets in ConfigHub
//!            gather     decide    propose          show
//! ```
//!
//! Everything is read first, then judged by pure functions over plain data, then written. The modules below are in
//! reading order; `tests/architecture.rs` holds who may use whom.

pub use drift_engine::{drift, manifest, model, page, redact};

pub mod bundle;
pub mod inputs;
pub mod http;
pub mod workflow;
pub mod logging;
pub mod confighub;
pub mod github;
pub mod cluster;
pub mod history;
pub mod remediation;
pub mod report;
pub mod render;
pub mod publish;
pub mod pipeline;
pub mod compare;
pub mod explain;
pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
