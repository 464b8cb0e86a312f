//! PURE: (desired, live) → findings.
pub mod quantity;
