//! The `drift-detector` binary; everything is in the library, so that tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    drift_detector::cli::main()
}
