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
pub const DECLARED: [Declared; 27] = [
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
    Declared { name: "github-token", default: "${{ github.token }}" },
    Declared { name: "report-to", default: "auto" },
    Declared { name: "comment-mode", default: "update" },
    // No default: it is the path of the configuration file.
    Declared { name: "issue-key", default: "" },
    Declared { name: "issue-label", default: "drift" },
    Declared { name: "assignees", default: "" },
    Declared { name: "close-when-clean", default: "true" },
    Declared { name: "notify", default: "changes" },
    Declared { name: "pull-request", default: "" },
    Declared { name: "max-body-bytes", default: "60000" },
    Declared { name: "github-wait", default: "120s" },
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

    /// Token for GitHub, else the variable `GITHUB_TOKEN`, which other processes do not see [default: ${{ github.token }}]
    #[arg(long, value_name = "TOKEN", value_parser = secret, help_heading = "GitHub")]
    pub github_token: Option<SecretString>,

    /// Where on GitHub: issue, comment, both, none, or auto: by the event, and none outside of Actions [default: auto]
    #[arg(long, value_name = "WHERE", help_heading = "GitHub")]
    pub report_to: Option<String>,

    /// What becomes of an earlier comment: update, new-and-minimise, or changes-only [default: update]
    #[arg(long, value_name = "MODE", help_heading = "GitHub")]
    pub comment_mode: Option<String>,

    /// Tells the issues of several configurations apart [default: the configuration file's path]
    #[arg(long, value_name = "KEY", help_heading = "GitHub")]
    pub issue_key: Option<String>,

    /// Label of the tracking issue [default: drift]
    #[arg(long, value_name = "LABEL", help_heading = "GitHub")]
    pub issue_label: Option<String>,

    /// Whom a new tracking issue is assigned to, separated by commas [default: nobody]
    #[arg(long, value_name = "LOGINS", help_heading = "GitHub")]
    pub assignees: Option<String>,

    /// Close the tracking issue once everything was compared and agrees [default: true]
    #[arg(long, value_name = "BOOL", help_heading = "GitHub")]
    pub close_when_clean: Option<String>,

    /// When to comment on the tracking issue: changes, never, or always [default: changes]
    #[arg(long, value_name = "WHEN", help_heading = "GitHub")]
    pub notify: Option<String>,

    /// The pull request that gets the comment [default: that of the event]
    #[arg(long, value_name = "NUMBER", help_heading = "GitHub")]
    pub pull_request: Option<String>,

    /// Bytes that the text of an issue or a comment may have [default: 60000]
    #[arg(long, value_name = "BYTES", help_heading = "GitHub")]
    pub max_body_bytes: Option<String>,

    /// How long to wait for GitHub's rate limits, all in all [default: 120s]
    #[arg(long, value_name = "DURATION", help_heading = "GitHub")]
    pub github_wait: Option<String>,

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
            github_token,
            report_to,
            comment_mode,
            issue_key,
            issue_label,
            assignees,
            close_when_clean,
            notify,
            pull_request,
            max_body_bytes,
            github_wait,
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
            "github-token" => exposed(github_token),
            "report-to" => report_to.clone(),
            "comment-mode" => comment_mode.clone(),
            "issue-key" => issue_key.clone(),
            "issue-label" => issue_label.clone(),
            "assignees" => assignees.clone(),
            "close-when-clean" => close_when_clean.clone(),
            "notify" => notify.clone(),
            "pull-request" => pull_request.clone(),
            "max-body-bytes" => max_body_bytes.clone(),
            "github-wait" => github_wait.clone(),
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
