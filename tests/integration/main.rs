//! One binary for all integration tests: the real code against stand-ins on loopback.

#[cfg(feature = "demo")]
mod cluster;
