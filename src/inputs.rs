//! Action inputs, flags, environment variables and the configuration file → one validated `Inputs`.
