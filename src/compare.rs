//! The engine alone, offline: two files, one verdict.
