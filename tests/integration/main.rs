//! The real binary and its edges, against strict stand-ins on loopback and a real Kubernetes API server.
#![cfg(feature = "demo")]

mod apiserver;
mod detector;
mod estate;
mod surface;

mod cluster;
mod detect;
mod faults;
mod inputs;
mod kubernetes;
mod report;
