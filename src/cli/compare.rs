//! `drift-detector compare`: two files, one verdict. Exit 0: same, 1: drift, 2: error.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::Format;
use crate::compare::{self, Files};
use crate::redact::Redactor;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The manifest that somebody wants: one object, YAML or JSON
    #[arg(long, value_name = "FILE")]
    desired: PathBuf,
    /// The object as the cluster has it; a file without an object: there is none
    #[arg(long, value_name = "FILE")]
    live: PathBuf,
    /// Another live object that the verdict depends on, such as an autoscaler or the CustomResourceDefinition; may be repeated
    #[arg(long, value_name = "FILE")]
    context: Vec<PathBuf>,
    /// Leave out what this JSON pointer names, for example `/spec/replicas` or `/metadata/annotations/**`; may be repeated
    #[arg(long, value_name = "POINTER", value_parser = pointer)]
    ignore: Vec<String>,
    /// Leave out what a field manager of this name owns, for example `external-secrets` or `kube-*`; may be repeated
    #[arg(long, value_name = "NAME")]
    ignore_manager: Vec<String>,
    /// How to print the verdict
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let Arguments { desired, live, context, ignore, ignore_manager, format } = arguments;
    let (desired, live) = (read(desired)?, read(live)?);
    let context = context.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    let files = Files { desired: &desired, live: &live, context: &context, ignore, ignore_managers: ignore_manager };
    let verdict = compare::run(&files, &Redactor::default())?;
    super::answer(&verdict, *format)?;
    Ok(u8::from(verdict.drift))
}

fn pointer(text: &str) -> Result<String, &'static str> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("a pointer begins with a slash: write `/spec/replicas`")
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("failed to read `{}`", file.display()))
}
