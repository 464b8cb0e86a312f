//! Kubernetes: the live objects that units name, by get and list alone.
