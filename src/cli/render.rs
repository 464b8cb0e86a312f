//! `drift-detector render`: a `report.json` again as Markdown.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::render;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The report, as `run` wrote it; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Which of its Markdown texts
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The whole report, as report.md has it
    Markdown,
    /// The step summary, as summary.md has it
    Summary,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let Arguments { from, format } = arguments;
    let mut text = String::new();
    if from.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("failed to read standard input")?;
    } else {
        text = std::fs::read_to_string(from).with_context(|| format!("failed to read `{}`", from.display()))?;
    }
    let format = match format {
        Format::Markdown => render::Format::Markdown,
        Format::Summary => render::Format::Summary,
    };
    super::say(render::from_json(&text, format)?.trim_end());
    Ok(0)
}
