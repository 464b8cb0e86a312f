//! Each target's way into its cluster. What is wrong with one fails that target's environment, not the run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::model::access::{ClusterAccess, KubeconfigSource};
use crate::model::environment::Target;
use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Redactor;

use super::kubeconfig::{self, Kubeconfig};
use super::problem::{Found, Problem, listed, quoted, suggestion};
use super::project::Project;
use super::proxy;
use super::settings::Settings;

/// What was resolved, and the credentials that were seen.
#[derive(Default)]
pub(super) struct Access {
    pub(super) clusters: BTreeMap<String, Result<ClusterAccess, Obstacle>>,
    pub(super) credentials: Vec<SecretString>,
}

/// A kubeconfig that was found for a target.
struct Source {
    source: KubeconfigSource,
    /// What messages call it.
    name: String,
    kubeconfig: Kubeconfig,
    /// Whether it was given for this target alone.
    own: bool,
}

/// What is wrong, and what to do.
type Fault = (String, String);

pub(super) fn read(ctx: &Settings<'_>, project: &Project, found: &mut Found) -> Access {
    let lines = lines(ctx, project, found);
    let mut access = Access { clusters: BTreeMap::new(), credentials: proxy::credentials(ctx) };
    for target in project.environments.iter().flat_map(|it| &it.targets) {
        let resolved = source(ctx, target, lines.get(&target.name));
        let resolved = resolved.and_then(|source| resolve(ctx, project, target, source));
        let resolved = resolved.map_err(|(detail, remedy)| {
            let redactor = Redactor::new(&access.credentials);
            Obstacle { reason: Reason::Misconfigured, detail: redactor.text(&detail), remedy: redactor.text(&remedy) }
        });
        access.clusters.insert(target.name.clone(), resolved);
    }
    access
}

/// `KUBECONFIG_<TARGET>`. Names of targets are lower case without underscores, so no two share a variable.
fn variable_of(target: &str) -> String {
    format!("KUBECONFIG_{}", target.to_uppercase().replace('-', "_"))
}

/// The `kubeconfigs` input: one `TARGET=PATH` per line.
fn lines(ctx: &Settings<'_>, project: &Project, found: &mut Found) -> BTreeMap<String, String> {
    let Some(given) = ctx.get("kubeconfigs") else { return BTreeMap::new() };
    let mut lines = BTreeMap::new();
    for line in given.value.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        let Some((target, path)) = line.split_once('=').map(|(target, path)| (target.trim(), path.trim())) else {
            // The line is not shown: somebody may have put a kubeconfig's text here.
            let message = "a line is not `TARGET=PATH`";
            found.problems.push(Problem::given(
                &given.given,
                message,
                "the text of a kubeconfig belongs into KUBECONFIG_<TARGET>",
            ));
            return lines;
        };
        if !project.all_targets.iter().any(|it| it == target) {
            let message = format!("there is no target {}", quoted(target));
            let remedy = suggestion(target, project.all_targets.iter().map(String::as_str));
            found.problems.push(Problem::given(&given.given, message, remedy));
        } else if path.is_empty() || lines.insert(target.to_owned(), path.to_owned()).is_some() {
            let message = format!("the target {} has no path, or two", quoted(target));
            found.problems.push(Problem::given(&given.given, message, "give it one line `TARGET=PATH`"));
        }
    }
    lines
}

/// The first of the places that has a kubeconfig.
fn source(ctx: &Settings<'_>, target: &Target, line: Option<&String>) -> Result<Source, Fault> {
    let variable = variable_of(&target.name);
    if let Some(path) = line {
        let path = home(ctx, path);
        return files(ctx, &target.name, "kubeconfigs", &[path]).map(|it| Source { own: true, ..it });
    }
    if let Some(given) = ctx.variable(&variable) {
        return text(&variable, &given);
    }
    if let Some(list) = ctx.variable("KUBECONFIG") {
        if list.contains(['\n', '{']) || kubeconfig::text(&list).is_some() {
            let remedy = format!("put the text into {variable}; KUBECONFIG is a list of paths");
            return Err(("KUBECONFIG holds the text of a kubeconfig".to_owned(), remedy));
        }
        let paths: Vec<String> = list.split(':').filter(|it| !it.is_empty()).map(|it| home(ctx, it)).collect();
        return files(ctx, &target.name, "KUBECONFIG", &paths);
    }
    let standard = home(ctx, "~/.kube/config");
    if ctx.mounts.resolve(&standard).exists() {
        return files(ctx, &target.name, "~/.kube/config", std::slice::from_ref(&standard));
    }
    if ctx.variable("KUBERNETES_SERVICE_HOST").is_some() {
        let kubeconfig = Kubeconfig::default();
        return Ok(Source {
            source: KubeconfigSource::InCluster,
            name: "the cluster".to_owned(),
            kubeconfig,
            own: true,
        });
    }
    let remedy = format!(
        "set the variable {variable} to the text of a kubeconfig (plain or base64), or add a line `{}=PATH` to the \
         input `kubeconfigs`",
        target.name
    );
    let unseen = if ctx.github.actions { "; a container action does not see the host's ~/.kube/config" } else { "" };
    Err((format!("there is no kubeconfig for target `{}`{unseen}", target.name), remedy))
}

fn text(variable: &str, given: &str) -> Result<Source, Fault> {
    let Some((text, kubeconfig)) = kubeconfig::text(given) else {
        let detail = format!("{variable} holds no kubeconfig, neither plain nor in base64");
        let is_path = given.len() < 256 && given.starts_with(['/', '.', '~']);
        let remedy = if is_path {
            "it looks like a path: use the input `kubeconfigs` for paths".to_owned()
        } else {
            "store the whole text of the file, for example what `kubectl config view --raw --flatten --minify` prints"
                .to_owned()
        };
        return Err((detail, remedy));
    };
    let source = KubeconfigSource::Text { variable: variable.to_owned(), text };
    Ok(Source { source, name: variable.to_owned(), kubeconfig, own: true })
}

/// Files that are merged; missing ones are passed over as kubectl does, unless all are.
fn files(ctx: &Settings<'_>, target: &str, name: &str, written: &[String]) -> Result<Source, Fault> {
    let variable = variable_of(target);
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut merged = Kubeconfig::default();
    for path in written {
        let file = ctx.mounts.resolve(path);
        match fs::read_to_string(&file) {
            Ok(text) => {
                let Some(kubeconfig) = Kubeconfig::parse(&text) else {
                    let detail = format!("the file {} is not a kubeconfig", quoted(path));
                    return Err((detail, format!("check the file, or set {variable} to the text of a kubeconfig")));
                };
                merged = merged.merge(kubeconfig);
                paths.push(file);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let detail = format!("the kubeconfig {} cannot be read ({})", quoted(path), error.kind());
                return Err((detail, format!("check its permissions, or set {variable} to the text of a kubeconfig")));
            }
        }
    }
    if paths.is_empty() {
        let files = written.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
        let what = format!("the kubeconfig of target `{target}` is not there ({name} names {files})");
        return Err(ctx
            .mounts
            .missing(&what, &format!("set {variable} to the text of a kubeconfig that holds a token")));
    }
    Ok(Source { source: KubeconfigSource::Files(paths), name: name.to_owned(), kubeconfig: merged, own: false })
}

/// Chooses the context: the one that is named, else the one that is called like the target, else the current one, where
/// that cannot be another target's by accident.
fn resolve(ctx: &Settings<'_>, project: &Project, target: &Target, found: Source) -> Result<ClusterAccess, Fault> {
    let Source { source, name, kubeconfig, own } = found;
    if let KubeconfigSource::InCluster = source {
        if let Some(context) = &target.context {
            let detail =
                format!("target `{}` wants the context {}, but there is no kubeconfig", target.name, quoted(context));
            return Err((detail, format!("remove `context`, or set {}", variable_of(&target.name))));
        }
        let server = format!("https://{}", ctx.variable("KUBERNETES_SERVICE_HOST").unwrap_or_default());
        return Ok(ClusterAccess { source, context: None, proxy: proxy::of(ctx, &server) });
    }
    let known = || listed(kubeconfig.contexts.iter().map(|it| it.name.as_str()));
    let context = match &target.context {
        Some(context) if kubeconfig.has_context(context) => Some(context.clone()),
        Some(context) => {
            let detail = format!("{name} has no context {} for target `{}`", quoted(context), target.name);
            return Err((detail, format!("set `context` of the target to one of {}", known())));
        }
        // Without a file the target's name is only derived: the example project means its current context.
        None if project.path.is_some() && kubeconfig.has_context(&target.name) => Some(target.name.clone()),
        None if own || project.all_targets.len() == 1 => None,
        None => {
            let detail =
                format!("{name} has no context `{}`, and target `{}` names no other", target.name, target.name);
            let remedy = format!(
                "set `context` of the target to one of {}, or give the target a kubeconfig of its own in {}",
                known(),
                variable_of(&target.name)
            );
            return Err((detail, remedy));
        }
    };
    let Some(chosen) = context.as_deref().or(kubeconfig.current()) else {
        return Err((
            format!("{name} has no current context"),
            format!("set `context` of the target to one of {}", known()),
        ));
    };
    let cluster = kubeconfig.cluster(chosen);
    let proxy = cluster.filter(|it| !it.has_proxy).and_then(|it| proxy::of(ctx, &it.server));
    Ok(ClusterAccess { source, context, proxy })
}

/// `~/` is the shell's business, which is not there when a workflow sets an input.
fn home(ctx: &Settings<'_>, path: &str) -> String {
    match (path.strip_prefix("~/"), ctx.variable("HOME")) {
        (Some(rest), Some(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}
