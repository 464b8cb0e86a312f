//! The GitHub stand-in: GitHub's own description as its judge, and each of its rules broken once.

pub(crate) mod contract;

mod graphql;
mod judge;
mod permissions;
mod raw;
mod rules;
mod schema;
mod transport;
mod walk;
