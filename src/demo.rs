//! The loopback sandbox: stand-ins for ConfigHub and three clusters, and the ordinary pipeline over them.

pub mod cluster;
