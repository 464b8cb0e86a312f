//! PURE: (desired, live) → findings.
//!
//! ```text
//! units ─► scope ─► what to ask the cluster for ─► judge ─► findings, and all that was left out, with the reason
//! ```

pub mod types;
pub mod scope;
mod judge;
mod change;
mod identity;
mod obstacles;
mod glance;
mod lines;
pub mod compare;
mod place;
mod fields;
mod defaults;
mod lists;
mod steps;
mod equal;
mod rule;
pub mod quantity;
mod secret;
pub mod path;
pub mod ignore;
pub mod autoscale;
mod managers;
pub mod owners;
pub mod additions;
pub mod injected;
mod field_pattern;
mod immutable;
pub mod severity;
pub mod facts;
pub mod strays;
pub mod show;

pub use glance::FirstLook;
pub use judge::{Case, judge};
