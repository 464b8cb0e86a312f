//! Finds the context in a kubeconfig, and says precisely what is wrong with it. Its text is never quoted.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::access::{ClusterAccess, KubeconfigSource};
use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Redactor;

/// What a context refers to.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) context: String,
    pub(super) namespace: Option<String>,
    pub(super) cluster: Cluster,
    pub(super) user: AuthInfo,
    /// The user's name, for messages.
    pub(super) user_name: String,
}

/// What is said where a file is missing: it is the same trap every time.
pub(super) const MOUNTS: &str = "a container action sees only the workspace and RUNNER_TEMP of the runner";

/// The context that `access` asks for, else the current one.
pub(super) fn choose(access: &ClusterAccess, redactor: &Redactor) -> Result<Chosen, Obstacle> {
    let (kubeconfig, missing) = load(&access.source).map_err(|trouble| trouble.obstacle(redactor))?;
    pick(kubeconfig, access.context.as_deref()).map_err(|mut trouble| {
        if !missing.is_empty() {
            trouble.detail.push_str(&format!("; not there: {}", paths(&missing)));
        }
        trouble.obstacle(redactor)
    })
}

/// What must not appear in a report: tokens, passwords and keys of the kubeconfig, those in token files included, and what
/// exec plugins are given.
pub(super) fn credentials(access: &ClusterAccess) -> Vec<SecretString> {
    let Ok((kubeconfig, _)) = load(&access.source) else { return Vec::new() };
    kubeconfig.auth_infos.into_iter().filter_map(|named| named.auth_info).flat_map(of_user).collect()
}

fn of_user(user: AuthInfo) -> Vec<SecretString> {
    let mut all: Vec<SecretString> = [user.token, user.password].into_iter().flatten().collect();
    all.extend(user.token_file.and_then(|path| std::fs::read_to_string(path).ok()).map(SecretString::from));
    if let Some(key) = user.client_key_data {
        // The redactor knows encodings of what it is given: a part of the key as it is counts too.
        let decoded = STANDARD.decode(key.expose_secret().trim()).ok().and_then(|it| String::from_utf8(it).ok());
        all.extend(decoded.map(SecretString::from));
        all.push(key);
    }
    let provider = user.auth_provider.map(|it| it.config).unwrap_or_default().into_iter();
    all.extend(provider.filter(|(key, _)| key.contains("token") || key.contains("secret")).map(|(_, it)| it.into()));
    let variables = user.exec.and_then(|exec| exec.env).unwrap_or_default().into_iter();
    let values = variables.filter_map(|mut variable| variable.remove("value"));
    // Profiles, regions and the like are short, and no secrets.
    all.extend(values.filter(|it| it.len() > 15).map(SecretString::from));
    all
}

struct Trouble {
    detail: String,
    remedy: String,
}

impl Trouble {
    fn new(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { detail: detail.into(), remedy: remedy.into() }
    }

    fn obstacle(self, redactor: &Redactor) -> Obstacle {
        Obstacle {
            reason: Reason::Misconfigured,
            detail: redactor.text(&self.detail),
            remedy: redactor.text(&self.remedy),
        }
    }
}

/// The merged kubeconfig, and the files that were not there: like kubectl, a missing one of several is passed over.
fn load(source: &KubeconfigSource) -> Result<(Kubeconfig, Vec<PathBuf>), Trouble> {
    match source {
        KubeconfigSource::Text { variable, text } => {
            let kubeconfig = Kubeconfig::from_yaml(text.expose_secret())
                .map_err(|error| malformed(&format!("in {variable}"), &error))?;
            Ok((kubeconfig, Vec::new()))
        }
        KubeconfigSource::Files(files) => {
            let mut merged = Kubeconfig::default();
            let mut missing = Vec::new();
            for file in files {
                let place = format!("`{}`", file.display());
                let next = match Kubeconfig::read_from(file) {
                    Ok(next) => next,
                    Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == std::io::ErrorKind::NotFound => {
                        missing.push(file.clone());
                        continue;
                    }
                    Err(KubeconfigError::ReadConfig(error, _)) => {
                        return Err(Trouble::new(
                            format!("the kubeconfig {place} cannot be read: {error}"),
                            "make the file readable for this process, or put its text into KUBECONFIG_<TARGET>",
                        ));
                    }
                    Err(error) => return Err(malformed(&place, &error)),
                };
                merged = merged.merge(next).map_err(|error| malformed(&place, &error))?;
            }
            if missing.len() == files.len() {
                return Err(Trouble::new(
                    format!("the kubeconfig {} is not there: {MOUNTS}", paths(&missing)),
                    "write the kubeconfig to $RUNNER_TEMP or the workspace and name it in `kubeconfigs`, or put its text into KUBECONFIG_<TARGET>",
                ));
            }
            Ok((merged, missing))
        }
        KubeconfigSource::InCluster => Ok((Kubeconfig::default(), Vec::new())),
    }
}

fn paths(files: &[PathBuf]) -> String {
    files.iter().map(|file| format!("`{}`", file.display())).collect::<Vec<_>>().join(", ")
}

/// Where the YAML breaks, without a word of it: the line may hold a token.
fn malformed(place: &str, error: &KubeconfigError) -> Trouble {
    let what = match error {
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!("its YAML cannot be read at line {}, column {}", at.line(), at.column()),
            None => "its YAML cannot be read".to_owned(),
        },
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => {
            "its kind or apiVersion differs from that of the files before it".to_owned()
        }
        _ => "its content is not what a kubeconfig holds".to_owned(),
    };
    Trouble::new(
        format!("the kubeconfig {place} is malformed: {what}"),
        "give the output of `kubectl config view --raw --flatten --minify`, plain or as base64",
    )
}

fn pick(kubeconfig: Kubeconfig, wanted: Option<&str>) -> Result<Chosen, Trouble> {
    let current = kubeconfig.current_context.as_deref().filter(|name| !name.is_empty());
    let mut names: Vec<&str> = kubeconfig.contexts.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    let there = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    let Some(name) = wanted.or(current) else {
        return Err(Trouble::new(
            format!("the kubeconfig names no current context ({there})"),
            "name the context in the configuration (`context:` of the target)",
        ));
    };
    let context = kubeconfig.contexts.iter().find(|it| it.name == name).and_then(|it| it.context.clone());
    let Some(context) = context else {
        return Err(Trouble::new(
            format!("the kubeconfig has no context `{name}` ({there})"),
            "correct `context:` of the target, or give the kubeconfig that has this context",
        ));
    };
    let cluster = kubeconfig.clusters.into_iter().find(|it| it.name == context.cluster).and_then(|it| it.cluster);
    let Some(cluster) = cluster else {
        return Err(Trouble::new(
            format!("context `{name}` refers to cluster `{}`, which the kubeconfig does not have", context.cluster),
            "give the whole kubeconfig: `kubectl config view --raw --flatten --minify`",
        ));
    };
    let user_name = context.user.unwrap_or_default();
    // A context without a user is an anonymous one; a user that is named and not there is a mistake.
    let user = match kubeconfig.auth_infos.into_iter().find(|it| it.name == user_name) {
        Some(named) => named.auth_info.unwrap_or_default(),
        None if user_name.is_empty() => AuthInfo::default(),
        None => {
            return Err(Trouble::new(
                format!("context `{name}` refers to user `{user_name}`, which the kubeconfig does not have"),
                "give the whole kubeconfig: `kubectl config view --raw --flatten --minify`",
            ));
        }
    };
    let namespace = context.namespace.filter(|it| !it.is_empty());
    Ok(Chosen { context: name.to_owned(), namespace, cluster, user, user_name })
}

/// Whether this file can be opened for reading.
pub(super) fn readable(path: &Path) -> Result<(), std::io::Error> {
    std::fs::File::open(path)
        .and_then(|file| file.metadata())
        .and_then(|it| if it.is_dir() { Err(std::io::Error::other("it is a directory")) } else { Ok(()) })
}
