//! The real binary and its edges, against strict stand-ins on loopback and a real Kubernetes API server.

mod surface;
