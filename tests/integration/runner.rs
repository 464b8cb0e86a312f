//! The Actions runner around a step: what it hands to a container action, and how it reads what the step wrote. Ports of
//! `actions/runner` 2.336.0; the file in `src/Runner.Worker` stands with each rule.

mod commands;
mod container;
mod files;
mod job;
mod metadata;

pub(crate) use commands::{Command, commands};
pub(crate) use container::{Image, files};
pub(crate) use files::{outputs, summary};
pub(crate) use job::{Folders, variables};
pub(crate) use metadata::Action;
