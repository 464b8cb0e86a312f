//! Which environments: those of the configuration file, or the one that the example project's variables name.

use std::{fs, io};

use crate::bundle::{Index, Recording};
use crate::model::environment::{Additions, Environment, IgnoreRule, Scope, Target};
use crate::model::proposal::{DirectionRule, Lock, Proposals};

use super::config;
use super::problem::{Found, Given, Problem, listed, nearest, quoted};
use super::settings::{Setting, Settings};

/// What is compared.
pub(super) struct Project {
    /// Those that the `environments` input leaves out have no targets.
    pub(super) environments: Vec<Environment>,
    pub(super) scope: Scope,
    pub(super) ignore: Vec<IgnoreRule>,
    pub(super) directions: Vec<DirectionRule>,
    pub(super) lock: Lock,
    pub(super) proposals: Proposals,
    pub(super) critical: Vec<String>,
    pub(super) additions: Additions,
    /// The file as it was named, if there is one.
    pub(super) path: Option<String>,
    /// Every target of the file, also those that this run leaves out: `environments: prod` must not change which
    /// context prod's target means.
    pub(super) all_targets: Vec<String>,
}

/// The last part of a Space's slug that names its stage, as in `shop-prod`.
const STAGES: [&str; 19] = [
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "int",
    "integration",
    "stage",
    "staging",
    "pre",
    "preprod",
    "preproduction",
    "prod",
    "production",
    "live",
    "demo",
    "sandbox",
    "perf",
];

/// `replay`: what is replayed, or that it cannot be.
pub(super) fn read(ctx: &Settings<'_>, replay: Option<&Option<Box<Recording>>>, found: &mut Found) -> Option<Project> {
    let given = ctx.get("config");
    let path = given.as_ref().map_or(config::DEFAULT_PATH, |it| it.value.as_str());
    // What is the default anyway was not asked for: `action.yml` fills it in.
    let asked_for = given.as_ref().filter(|it| it.value != config::DEFAULT_PATH);
    let file = ctx.mounts.resolve(path);

    let mut project = match (fs::read_to_string(&file), replay) {
        // A recording knows its own settings; those of now are tried where there are some.
        (Err(error), Some(recording)) if error.kind() == std::io::ErrorKind::NotFound && asked_for.is_none() => {
            recording.as_ref().map(|it| from_recording(&it.index))
        }
        (read, _) => from_here(ctx, read, path, asked_for, found),
    };
    narrow(ctx, project.as_mut(), found);
    project
}

/// The settings of the run that was recorded.
fn from_recording(index: &Index) -> Project {
    Project {
        all_targets: targets(&index.environments),
        environments: index.environments.clone(),
        scope: index.scope.clone(),
        ignore: index.ignore.clone(),
        directions: Vec::new(),
        lock: Lock::default(),
        proposals: Proposals::default(),
        critical: index.critical.clone(),
        additions: index.additions,
        path: None,
    }
}

fn from_here(
    ctx: &Settings<'_>,
    read: io::Result<String>,
    path: &str,
    asked_for: Option<&Setting>,
    found: &mut Found,
) -> Option<Project> {
    let file = ctx.mounts.resolve(path);
    match (read, ctx.variable("CUB_SPACE")) {
        (Ok(_), _) if !ctx.mounts.holds(&file) => {
            let message = format!("{} lies outside of the workspace", quoted(path));
            found
                .problems
                .push(Problem { remedy: "keep the file in the repository".to_owned(), ..named(ctx, message) });
            None
        }
        (Ok(text), space) => {
            if space.is_some() {
                found.notices.push(format!("CUB_SPACE has no effect: {path} names the Spaces"));
            }
            from_file(&text, path, found)
        }
        (Err(error), Some(space)) if error.kind() == std::io::ErrorKind::NotFound && asked_for.is_none() => {
            from_variables(ctx, &space, found)
        }
        (Err(error), _) => {
            found.problems.push(unreadable(ctx, path, &error, asked_for.is_some()));
            None
        }
    }
}

fn named(ctx: &Settings<'_>, message: String) -> Problem {
    match ctx.get("config") {
        Some(given) => Problem::given(&given.given, message, ""),
        None => Problem::nowhere(message, ""),
    }
}

fn unreadable(ctx: &Settings<'_>, path: &str, error: &std::io::Error, asked_for: bool) -> Problem {
    const EXAMPLE: &str = "\n\n    version: 1\n    environments:\n      - name: dev\n        targets: [{space: shop-dev}]\n      \
                           - name: prod\n        targets: [{space: shop-prod}]\n";
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    let (message, remedy) = match (missing, asked_for) {
        (true, true) => (
            format!("there is no file {}", quoted(path)),
            "check the path, and that the repository is checked out".to_owned(),
        ),
        (true, false) => (
            format!("there is no configuration: no file {}, and no variable CUB_SPACE", quoted(path)),
            format!("check the repository out before this step, and write the file, for example:{EXAMPLE}"),
        ),
        (false, _) => (format!("the file {} cannot be read ({})", quoted(path), error.kind()), "check it".to_owned()),
    };
    let place = if asked_for { named(ctx, String::new()) } else { Problem::nowhere("", "") };
    Problem { message, remedy, ..place }
}

fn from_file(text: &str, path: &str, found: &mut Found) -> Option<Project> {
    match config::read(text, path) {
        Ok(config) => Some(Project {
            all_targets: targets(&config.environments),
            environments: config.environments,
            scope: config.scope,
            ignore: config.ignore,
            directions: config.directions,
            lock: config.lock,
            proposals: config.proposals,
            critical: config.critical,
            additions: config.additions,
            path: Some(path.to_owned()),
        }),
        Err(problems) => {
            found.problems.extend(problems);
            None
        }
    }
}

/// The example project has no file: one Space, and the kubeconfig's current context.
fn from_variables(ctx: &Settings<'_>, space: &str, found: &mut Found) -> Option<Project> {
    let fault = |name: &str, value: &str, (fault, remedy): (&str, &str)| {
        Problem::given(&Given::Variable(name.to_owned()), format!("{} {fault}", quoted(value)), remedy)
    };
    let namespace = ctx.variable("NAMESPACE");
    let space_is_fine = found.keep(config::slug(space).map_err(|it| fault("CUB_SPACE", space, it)));
    let namespace_is_fine = found.keep(match &namespace {
        Some(namespace) => config::name(namespace).map_err(|it| fault("NAMESPACE", namespace, it)),
        None => Ok(()),
    });
    space_is_fine.and(namespace_is_fine)?;
    let name = environment_of(space);
    let target =
        Target { name: name.clone(), space: space.to_owned(), context: None, namespace, namespaces: Vec::new() };
    let environments = vec![Environment { name, targets: vec![target], approvers: Vec::new(), changesets: None }];
    Some(Project {
        all_targets: targets(&environments),
        environments,
        scope: Scope::default(),
        ignore: Vec::new(),
        directions: Vec::new(),
        lock: Lock::default(),
        proposals: Proposals::default(),
        critical: Vec::new(),
        additions: Additions::default(),
        path: None,
    })
}

/// `shop-prod` → `prod`; a Space that names no stage stands for itself, spelled as names of environments are.
fn environment_of(space: &str) -> String {
    let last = space.rsplit('-').next().unwrap_or(space).to_ascii_lowercase();
    if STAGES.contains(&last.as_str()) {
        return last;
    }
    let name: String =
        space.to_ascii_lowercase().chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    name.chars().take(63).collect::<String>().trim_matches('-').to_owned()
}

fn targets(environments: &[Environment]) -> Vec<String> {
    environments.iter().flat_map(|it| &it.targets).map(|it| it.name.clone()).collect()
}

/// Leaves out what the `environments` input does not name.
fn narrow(ctx: &Settings<'_>, project: Option<&mut Project>, found: &mut Found) {
    let (Some(project), Some(Setting { value, given })) = (project, ctx.get("environments")) else { return };
    let known: Vec<String> = project.environments.iter().map(|it| it.name.clone()).collect();
    let known = || known.iter().map(String::as_str);
    let wanted: Vec<&str> =
        value.split(|it: char| it == ',' || it.is_whitespace()).filter(|it| !it.is_empty()).collect();
    for name in wanted.iter().filter(|name| !known().any(|it| it == **name)) {
        let meant = nearest(name, known()).map(|it| format!("did you mean `{it}`? ")).unwrap_or_default();
        let message = format!("there is no environment {}", quoted(name));
        found.problems.push(Problem::given(&given, message, format!("{meant}known are {}", listed(known()))));
    }
    if wanted.is_empty() {
        found.problems.push(Problem::given(&given, "names no environment", format!("known are {}", listed(known()))));
    }
    // Left out, not forgotten: without its row, the promotion path would seem to lead past it.
    for environment in project.environments.iter_mut().filter(|it| !wanted.contains(&it.name.as_str())) {
        environment.targets.clear();
    }
}
