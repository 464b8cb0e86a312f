//! PURE: (desired, live) → findings.
pub mod autoscale;
pub mod compare;
mod defaults;
mod equal;
mod fields;
pub mod ignore;
mod lists;
pub mod path;
mod place;
pub mod quantity;
mod secret;
pub mod show;
