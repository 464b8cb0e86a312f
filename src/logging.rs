//! Log lines for people and for the Actions runner, on standard error.
