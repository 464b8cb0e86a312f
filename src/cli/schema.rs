//! `drift-detector schema`: the JSON schemas that the types give, for editors and readers of `report.json`.

use clap::{Args, ValueEnum};

use crate::inputs;
use crate::report;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Of which document
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// The configuration file, .github/drift.yaml
    Config,
    /// The report, report.json
    Report,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let schema = match arguments.of {
        Of::Config => inputs::config::SCHEMA,
        Of::Report => report::SCHEMA,
    };
    super::say(schema.trim_end());
    Ok(0)
}
