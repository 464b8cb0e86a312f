//! One way to build HTTP clients and to retry requests.
