//! The flags of `run`. Each has a twin among the action's inputs.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

/// One input of the action, which is one flag of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The name of both.
    pub name: &'static str,
    /// What the action fills in; empty: nothing.
    pub default: &'static str,
}

/// Every input, in the order of `action.yml`.
pub const DECLARED: [Declared; 16] = [
    Declared { name: "config", default: ".github/drift.yaml" },
    Declared { name: "environments", default: "" },
    // No default: it depends on the event.
    Declared { name: "mode", default: "" },
    Declared { name: "dry-run", default: "false" },
    Declared { name: "changeset", default: "" },
    Declared { name: "fail-on", default: "error" },
    // No default: an input beats `CUB_API_URL`.
    Declared { name: "confighub-url", default: "" },
    Declared { name: "confighub-token", default: "" },
    Declared { name: "confighub-worker-id", default: "" },
    Declared { name: "confighub-worker-secret", default: "" },
    Declared { name: "kubeconfigs", default: "" },
    Declared { name: "out", default: "drift-report/" },
    Declared { name: "record", default: "" },
    Declared { name: "replay", default: "" },
    Declared { name: "timeout", default: "10m" },
    Declared { name: "ca-bundle", default: "" },
];

/// The flags of `run`; each beats the input of the same name.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What to compare")]
pub struct Flags {
    /// Configuration file, from the working directory [default: .github/drift.yaml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,

    /// Only these environments, separated by commas [default: all of the file]
    #[arg(long, value_name = "NAMES")]
    pub environments: Option<String>,

    /// What to do: `detect` writes nothing but reports, `propose` also a ChangeSet with proposed fixes [default: propose, on pull
    /// requests detect]
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,

    /// With `propose`: show every write to ConfigHub and send none [default: false]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", help_heading = "Proposals")]
    pub dry_run: Option<String>,

    /// Use this ChangeSet for an environment's proposals; may be repeated [default: one of our own per environment]
    #[arg(long, value_name = "ENV=SPACE/SLUG", help_heading = "Proposals")]
    pub changeset: Vec<String>,

    /// What makes the exit code non-zero: never, error, drift, new-drift, unapproved, or a severity such as high [default: error]
    #[arg(long, value_name = "WHAT")]
    pub fail_on: Option<String>,

    /// Address of ConfigHub [default: the variable `CUB_API_URL`, else the hosted service]
    #[arg(long, value_name = "URL", help_heading = "ConfigHub")]
    pub confighub_url: Option<String>,

    /// Access token; other processes can see flags, so prefer the variable `CUB_TOKEN`
    #[arg(long, value_name = "TOKEN", value_parser = secret, help_heading = "ConfigHub")]
    pub confighub_token: Option<SecretString>,

    /// Id of the worker to log in as, instead of a token [default: the variable `CONFIGHUB_WORKER_ID`]
    #[arg(long, value_name = "ID", help_heading = "ConfigHub")]
    pub confighub_worker_id: Option<String>,

    /// Secret of that worker; prefer the variable `CONFIGHUB_WORKER_SECRET`
    #[arg(long, value_name = "SECRET", value_parser = secret, help_heading = "ConfigHub")]
    pub confighub_worker_secret: Option<SecretString>,

    /// Kubeconfig file of a target; may be repeated; else `KUBECONFIG_<TARGET>`, `KUBECONFIG`, `~/.kube/config` or the Pod's own account
    #[arg(long, value_name = "TARGET=PATH", help_heading = "Clusters")]
    pub kubeconfigs: Vec<String>,

    /// Folder for the reports [default: drift-report/]
    #[arg(long, value_name = "DIR", help_heading = "The run")]
    pub out: Option<String>,

    /// Keep all that was read in this folder, secrets masked, for `--replay`
    #[arg(long, value_name = "DIR", help_heading = "The run")]
    pub record: Option<String>,

    /// Read what another run kept with `--record` instead of ConfigHub and the clusters
    #[arg(long, value_name = "DIR", help_heading = "The run")]
    pub replay: Option<String>,

    /// How long the whole run may take, for example 90s or 10m [default: 10m]
    #[arg(long, value_name = "DURATION", help_heading = "The run")]
    pub timeout: Option<String>,

    /// PEM file with certificates to trust beside the system's
    #[arg(long, value_name = "FILE", help_heading = "The run")]
    pub ca_bundle: Option<String>,
}

impl Flags {
    /// The value of the flag of this name, where it was given.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let Self {
            config,
            environments,
            mode,
            dry_run,
            changeset,
            fail_on,
            confighub_url,
            confighub_token,
            confighub_worker_id,
            confighub_worker_secret,
            kubeconfigs,
            out,
            record,
            replay,
            timeout,
            ca_bundle,
        } = self;
        let exposed = |secret: &Option<SecretString>| secret.as_ref().map(|it| it.expose_secret().to_owned());
        match name {
            "config" => config.clone(),
            "environments" => environments.clone(),
            "mode" => mode.clone(),
            "dry-run" => dry_run.clone(),
            "changeset" => (!changeset.is_empty()).then(|| changeset.join("\n")),
            "fail-on" => fail_on.clone(),
            "confighub-url" => confighub_url.clone(),
            "confighub-token" => exposed(confighub_token),
            "confighub-worker-id" => confighub_worker_id.clone(),
            "confighub-worker-secret" => exposed(confighub_worker_secret),
            "kubeconfigs" => (!kubeconfigs.is_empty()).then(|| kubeconfigs.join("\n")),
            "out" => out.clone(),
            "record" => record.clone(),
            "replay" => replay.clone(),
            "timeout" => timeout.clone(),
            "ca-bundle" => ca_bundle.clone(),
            _ => None,
        }
    }
}

/// Flags print as `[REDACTED]` from the first moment on.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a fallible parser")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}
