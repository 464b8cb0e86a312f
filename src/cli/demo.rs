//! `drift-detector demo`: the example story on loopback, through the ordinary pipeline.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::demo::journal::Journaling;
use crate::demo::story;
use crate::demo::world::{self, World};
use crate::inputs::{Flags, Variables};
use crate::report::Report;

/// The demo's configuration: the example project's environments.
const CONFIG: &str = include_str!("demo/drift.yaml");

/// Where files go that are told no other place.
const OUT: &str = "drift-demo";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the report's files go, and the configuration and kubeconfig of the demo
    #[arg(long, value_name = "DIR", default_value = OUT)]
    out: PathBuf,
    /// Which generation of ConfigHub the stand-in speaks
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
    /// Keep the stand-ins up until Ctrl-C and print their addresses, tokens and a kubeconfig as JSON
    #[arg(long)]
    serve: bool,
    /// Play the person who approves what is proposed, then run again
    #[arg(long, conflicts_with = "serve")]
    approve: bool,
}

/// Who approves in the demo.
const PERSON: &str = "alice";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    /// Today's service: data endpoints, Releases
    Release,
    /// The service of the example project: base64 data, applies by a worker
    Bridge,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let Arguments { out, profile, serve, approve } = arguments;
    let profile = match profile {
        Profile::Release => world::Profile::Release,
        Profile::Bridge => world::Profile::Bridge,
    };
    let world = World::start_with(&story::chubby_paws(), profile, Journaling::Off)
        .context("failed to start the stand-ins on loopback")?;
    let files = Files::write(&world, out)?;
    if *serve {
        return hold(&world, &files);
    }
    let flags = Flags {
        config: Some(files.config.display().to_string()),
        out: Some(out.display().to_string()),
        ..Flags::default()
    };
    // The demo works with its own credentials alone, whatever the surroundings hold.
    let variables = variables(&world, &files)?;
    let run = || {
        let code = super::run::with_variables(&flags, &variables)?;
        anyhow::ensure!(code == 0, "the demo's own run ended with exit code {code}");
        Ok(())
    };
    run()?;
    if *approve {
        let lines = to_approve(&out.join("report.json"))?;
        super::say(format_args!(
            "\n{PERSON} does what the report says and approves everything in ConfigHub. What the next run says:\n"
        ));
        world.follow(PERSON, &lines)?;
        run()?;
    }
    next_steps(out, arguments.profile);
    Ok(0)
}

/// What the report says under how to approve.
fn to_approve(report: &Path) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(report).with_context(|| format!("failed to read `{}`", report.display()))?;
    let report = Report::from_json(&text)?;
    let open = report.environments.iter().filter_map(|it| it.proposal.as_ref()?.changeset.as_ref());
    Ok(open.flat_map(|it| &it.approve).map(|it| it.as_str().to_owned()).collect())
}

/// What a run against the world needs on disk.
struct Files {
    config: PathBuf,
    kubeconfig: PathBuf,
}

impl Files {
    fn write(world: &World, out: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(out).with_context(|| format!("failed to create `{}`", out.display()))?;
        let out = out.canonicalize().with_context(|| format!("failed to find `{}`", out.display()))?;
        let this = Self { config: out.join("drift.yaml"), kubeconfig: out.join("kubeconfig") };
        let kubeconfig =
            serde_json::to_string_pretty(&world.kubeconfig()?).context("failed to encode the kubeconfig")?;
        for (path, text) in [(&this.config, CONFIG), (&this.kubeconfig, kubeconfig.as_str())] {
            fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))?;
        }
        Ok(this)
    }
}

/// The variables that point a run at the world.
fn variables(world: &World, files: &Files) -> anyhow::Result<Variables> {
    // A worker: what a person's token proposes, that person cannot approve.
    let (id, secret) = world.worker();
    let pairs = [
        ("CUB_API_URL", world.confighub_url()?),
        ("CONFIGHUB_WORKER_ID", id),
        ("CONFIGHUB_WORKER_SECRET", secret.to_owned()),
        ("KUBECONFIG", files.kubeconfig.display().to_string()),
    ];
    Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Keeps the world up until somebody interrupts.
fn hold(world: &World, files: &Files) -> anyhow::Result<u8> {
    let (worker_id, worker_secret) = world.worker();
    let described = json!({
        "confighub": {
            "url": world.confighub_url()?,
            "token": world.confighub_token(),
            "worker-id": worker_id,
            "worker-secret": worker_secret,
        },
        "kubeconfig": world.kubeconfig()?,
        "files": {"config": files.config, "kubeconfig": files.kubeconfig},
        "environment": variables(world, files)?,
        "run": format!("{} run --config {}", program(), word(&files.config.display().to_string())),
    });
    super::say(serde_json::to_string_pretty(&described).context("failed to encode the addresses")?);
    io::stdout().flush().context("failed to print the addresses")?;
    invite(&variables(world, files)?, files);
    super::runtime()?.block_on(tokio::signal::ctrl_c()).context("failed to wait for Ctrl-C")?;
    Ok(0)
}

/// How this program was called: it need not be on the PATH.
fn program() -> String {
    std::env::args().next().map_or_else(|| "drift-detector".to_owned(), |it| word(&it))
}

/// A word for a shell.
fn word(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-._/:@%+=,".contains(it);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What somebody can do in another terminal. On standard error: standard output is the JSON alone.
fn invite(variables: &Variables, files: &Files) {
    let exports: Vec<_> = variables.iter().map(|(name, value)| format!("  export {name}={}\n", word(value))).collect();
    let program = program();
    let config = word(&files.config.display().to_string());
    let text = format!(
        "\nThe stand-ins are up until Ctrl-C. In another terminal:\n\n{}  {program} run --config {config}\n\n\
         Make drift, and run again:\n\n  \
         kubectl --context staging -n drift-test scale deployment backend-api --replicas=7\n\n\
         Set it back:\n\n  \
         kubectl --context staging -n drift-test scale deployment backend-api --replicas=3\n",
        exports.concat()
    );
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What somebody who has just seen the report may want to do.
fn next_steps(out: &Path, profile: Profile) {
    let (program, out) = (program(), out.display().to_string());
    let place = if out == OUT { String::new() } else { format!(" --out {}", word(&out)) };
    let other = match profile {
        Profile::Release => ("bridge", "older"),
        Profile::Bridge => ("release", "newer"),
    };
    super::say(format_args!(
        "\nThe files are in {out}: report.md, report.json, summary.md, and the demo's drift.yaml and kubeconfig.\n\n\
         Try next:\n\n  \
         # keep the stand-ins up, and be told how to run against them and how to make drift\n  \
         {program} demo --serve{place}\n\n  \
         # the same story on the {age} ConfigHub\n  \
         {program} demo --profile {profile}{place}\n\n  \
         # play the person who approves, and see what the next run says\n  \
         {program} demo --approve{place}\n\n  \
         # all that is known about one difference\n  \
         {program} explain backend-api --from {report}\n\n  \
         # the report again, from its JSON\n  \
         {program} render --from {report} --format summary\n\n  \
         # your own environments\n  \
         {program} run --help",
        age = other.1,
        profile = other.0,
        report = word(&format!("{}/report.json", out.trim_end_matches('/'))),
    ));
}
