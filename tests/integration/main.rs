//! The real binary and its edges, against strict stand-ins on loopback and a real Kubernetes API server.
#![cfg(feature = "demo")]

mod apiserver;
mod detector;
mod estate;
mod runner;
mod surface;

mod action;
mod beside;
mod changesets;
mod cluster;
mod demo;
mod detect;
mod differential;
mod errors;
mod explain;
mod faults;
mod github;
mod hub;
mod image;
mod inputs;
mod interrupted;
mod kubernetes;
mod propose;
mod redaction;
mod replay;
mod sarif;
mod threads;
