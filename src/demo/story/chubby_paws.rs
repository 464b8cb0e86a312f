//! The example project: one application in dev, staging and prod, cloned from base.

use super::Story;

/// The story of the example project.
pub fn chubby_paws() -> Story {
    Story::new()
}
