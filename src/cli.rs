//! The command line: one file per subcommand.

mod compare;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod fault;
mod render;
mod run;
mod schema;

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::inputs::{Flags, later_flag};

/// Bad input; nothing was contacted.
const BAD_INPUT: u8 = 2;

const CODES: &str = "\
Exit codes of run:
  0         the report was delivered, and nothing that --fail-on names happened
  1         --fail-on drift, and there is drift; --fail-on high, and there is drift that is high or critical; and so on
  2         wrong inputs; nothing was contacted
  3         something in scope could not be compared; or a fault of Drift Detector, of which one line says where
  4         compared, but the report reached nobody: no file, no step summary, no terminal
  130, 143  interrupted; what was read by then is reported";

/// Compares what ConfigHub says with what the clusters run, environment by environment, and reports what drifted.
#[derive(Debug, Parser)]
#[command(name = "drift-detector", version, args_conflicts_with_subcommands = true, after_help = CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare the configured environments and report (the default)
    #[command(after_help = CODES)]
    Run(Box<Flags>),
    /// Compare two files, offline; exit code 0: the same, 1: drift, 2: an error
    Compare(compare::Arguments),
    /// Say everything about one finding: where it stands, both values, by which rule they differ, what would suppress it
    Explain(explain::Arguments),
    /// Turn a report.json into Markdown again
    Render(render::Arguments),
    /// Print the JSON schema of the configuration file or of report.json
    Schema(schema::Arguments),
    /// Try it: the example story on loopback, with nothing to set up
    #[cfg(feature = "demo")]
    Demo(demo::Arguments),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    fault::end_on_panic();
    let Cli { command, run } = match Cli::try_parse() {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error),
    };
    let code = match command.unwrap_or_else(|| Command::Run(Box::new(run))) {
        Command::Run(flags) => run::run(&flags),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(&arguments),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(format_args!("{error:#}"));
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// Ends with what clap has to say; flags of later versions are refused by what they wait for.
fn refuse(error: &clap::Error) -> ExitCode {
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(argument))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        let name = argument.trim_start_matches('-').split('=').next().unwrap_or_default();
        if let Some(problem) = later_flag(name) {
            complain(problem);
            return ExitCode::from(BAD_INPUT);
        }
    }
    // Help and version come this way too. Printing can only fail where nobody reads.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(BAD_INPUT))
}

/// How a command prints its answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Prints what a command found out, for people or for programs.
fn answer(answer: &(impl fmt::Display + Serialize), format: Format) -> anyhow::Result<()> {
    match format {
        Format::Text => say(answer.to_string().trim_end()),
        Format::Json => say(serde_json::to_string_pretty(answer).context("failed to encode the answer")?),
    }
    Ok(())
}

/// Prints to standard output. A reader that went away (`| head`) is no error of ours.
fn say(text: impl fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints one error for people to standard error.
fn complain(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}

/// For the deepest manifest that is read, in a build that is not optimised too.
const STACK: usize = 8 << 20;

/// The runtime that every command which talks to a service runs in.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    // Both HTTP clients use the process's provider. A second installation only reports that there is one.
    rustls::crypto::ring::default_provider().install_default().ok();
    tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .context("failed to start the runtime")
}
