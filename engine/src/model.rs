//! The vocabulary that all stages share: plain data with `Display` and `Ord`, no behaviour.

pub mod access;
pub mod changeset;
pub mod environment;
pub mod finding;
pub mod history;
pub mod object;
pub mod outcome;
pub mod packed;
pub mod proposal;
pub mod reporting;
pub mod unit;
