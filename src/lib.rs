//! Drift Detector: compares what ConfigHub says with what the clusters run, and reports the difference.
//!
//! ```text
//! inputs ─► for each environment ─► report ─► render ─► publish
//!              units ┐                (step summary · files · outputs · terminal)
//!            cluster ┴► drift
//!            gather     decide          show
//! ```
//!
//! Everything is read first, then judged by pure functions over plain data, then written. The modules below are in
//! reading order; `tests/architecture.rs` holds who may use whom.

pub mod cli;
pub mod cluster;
pub mod compare;
pub mod confighub;
#[cfg(feature = "demo")]
pub mod demo;
pub mod drift;
pub mod http;
pub mod inputs;
pub mod logging;
pub mod manifest;
pub mod model;
pub mod pipeline;
pub mod publish;
pub mod redact;
pub mod render;
pub mod report;
