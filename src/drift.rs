//! PURE: (desired, live) → findings.
