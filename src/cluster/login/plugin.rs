//! Exec plugins and the old auth providers: what a minimal image does not have, said with the way out.

use std::path::Path;

use kube::config::{AuthInfo, ExecConfig};

use crate::redact::Redactor;

/// Detail and remedy.
type Sentence = (String, String);

/// Characters that a plugin says and that are looked at.
const KEPT: usize = 8_192;

/// Whether this user can log in from here, as far as can be told without running anything.
pub(super) fn usable(user: &AuthInfo, user_name: &str) -> Result<(), Sentence> {
    if let Some(provider) = &user.auth_provider {
        return Err((
            format!(
                "user `{user_name}` logs in with the auth-provider `{}`, which Kubernetes removed in 1.26 and this program does not have",
                provider.name
            ),
            way_out(&provider.name),
        ));
    }
    // What kubectl would use instead of the plugin.
    let other =
        user.token.is_some() || user.token_file.is_some() || (user.username.is_some() && user.password.is_some());
    let Some(exec) = user.exec.as_ref().filter(|_| !other) else { return Ok(()) };
    let Some(command) = exec.command.as_deref().filter(|it| !it.is_empty()) else {
        return Err((
            format!("user `{user_name}` logs in with an exec plugin that names no command"),
            "correct `exec.command` in the kubeconfig".to_owned(),
        ));
    };
    if is_there(command, exec) {
        return Ok(());
    }
    Err((
        format!(
            "user `{user_name}` logs in with the exec plugin `{command}`, which is not found here: the image of this action \
             contains no cloud command-line tools, and a container does not see those of the runner"
        ),
        way_out(command),
    ))
}

/// What went wrong when the client was built: with a plugin, most often its run.
pub(super) fn broken(error: &kube::Error, plugin: Option<&str>, redactor: &Redactor) -> Sentence {
    use kube::client::AuthError;
    match (error, plugin) {
        (kube::Error::Auth(AuthError::AuthExecRun { out, .. }), Some(command)) => {
            let said = String::from_utf8_lossy(&out.stderr);
            // Redacted before it is shortened: half a credential is not recognised.
            let said = redactor.text(&said.chars().take(KEPT).collect::<String>());
            let said: String =
                said.as_str().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
            let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
            (format!("the exec plugin `{command}` failed with {}{said}", out.status), way_out(command))
        }
        // Its output may hold the token: only that it cannot be read is said.
        (kube::Error::Auth(AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed), Some(command)) => {
            (format!("the exec plugin `{command}` printed no ExecCredential"), way_out(command))
        }
        (kube::Error::Auth(error), Some(command)) => {
            (format!("the exec plugin `{command}` gave no login: {error}"), way_out(command))
        }
        (error, _) => (
            format!("its login cannot be used: {error}"),
            "check certificates, key and token of this user in the kubeconfig".to_owned(),
        ),
    }
}

fn is_there(command: &str, exec: &ExecConfig) -> bool {
    if command.contains('/') {
        return is_program(Path::new(command));
    }
    let own = exec.env.iter().flatten().find(|env| env.get("name").is_some_and(|name| name == "PATH"));
    let path = match own.and_then(|env| env.get("value")) {
        Some(path) => path.into(),
        None => std::env::var_os("PATH").unwrap_or_default(),
    };
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(command)))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// How to come by a token without the plugin in the image.
fn way_out(command: &str) -> String {
    let name =
        Path::new(command).file_name().map_or_else(|| command.to_owned(), |it| it.to_string_lossy().into_owned());
    let how = match name.as_str() {
        "aws" | "aws-iam-authenticator" => "in an earlier step, `aws eks get-token --cluster-name CLUSTER` prints one",
        "gke-gcloud-auth-plugin" | "gcloud" | "gcp" => {
            "the action google-github-actions/get-gke-credentials writes such a kubeconfig into the workspace"
        }
        "kubelogin" | "az" | "azure" => "in an earlier step, `kubelogin get-token` prints one",
        _ => "in an earlier step, `kubectl create token SERVICEACCOUNT` prints one",
    };
    format!(
        "put a kubeconfig with a token into KUBECONFIG_<TARGET> ({how}), or run the binary where `{name}` is installed"
    )
}
