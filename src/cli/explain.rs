//! `drift-detector explain`: everything that is known about one entry of a report.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::Format;
use crate::explain;
use crate::inputs::{Flags, Inputs};
use crate::model::history::Memory;
use crate::pipeline;
use crate::report::Report;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The id of a finding or the beginning of one; or what it is about, as UNIT, UNIT/FIELD or ENVIRONMENT/UNIT
    #[arg(value_name = "FINDING")]
    finding: String,
    /// The report that has it
    #[arg(long, value_name = "FILE", default_value = "drift-report/report.json", conflicts_with = "replay")]
    from: PathBuf,
    /// Compare a recording anew instead, with the configuration of now
    #[arg(long, value_name = "DIR")]
    replay: Option<String>,
    /// Configuration file for that [default: .github/drift.yaml]
    #[arg(long, value_name = "FILE", requires = "replay")]
    config: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let Arguments { finding, from, replay, config, format } = arguments;
    let report = match replay {
        Some(folder) => replayed(folder, config.as_ref())?,
        None => {
            let text = std::fs::read_to_string(from).with_context(|| {
                format!("failed to read the report `{}`: name another one with `--from`", from.display())
            })?;
            Report::from_json(&text)?
        }
    };
    let explanation = explain::explain(&report, finding)?;
    super::answer(&explanation, *format)?;
    Ok(0)
}

fn replayed(folder: &str, config: Option<&String>) -> anyhow::Result<Report> {
    let flags = Flags { replay: Some(folder.to_owned()), config: config.cloned(), ..Flags::default() };
    let inputs = Inputs::from_variables(&flags, &Inputs::process_variables())?;
    let redactor = pipeline::redactor(&inputs);
    Ok(super::runtime()?.block_on(pipeline::report(&inputs, &redactor, &Memory::Unkept)).0)
}
