//! The engine: manifests and live objects → what drifted. Pure: no module here knows a network, a clock or a file.
//!
//! The modules are in reading order; `tests/architecture.rs` of the program around it holds who may use whom.

pub mod redact;
pub mod model;
pub mod manifest;
pub mod page;
pub mod drift;
