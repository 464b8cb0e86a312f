//! Live objects.
