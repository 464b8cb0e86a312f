//! PURE: a unit's text → the Kubernetes objects it holds.
