//! Action inputs, flags, environment variables and the configuration file → one validated `Inputs`.
//!
//! A flag beats an input, an input beats a variable of the example project. Everything is checked before anything is
//! contacted, and every problem is reported at once. What this version cannot do is refused by name, never ignored.

pub mod config;
pub mod flags;
pub mod github;
pub mod problem;

mod clusters;
mod confighub;
mod kubeconfig;
mod later;
mod mounts;
mod options;
mod project;
mod proposing;
mod proxy;
mod recording;
mod reporting;
mod settings;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::bundle::Recording;
use crate::model::access::ClusterAccess;
use crate::model::environment::{Additions, Environment, IgnoreRule, Scope, Stage};
use crate::model::outcome::Obstacle;
use crate::model::reporting::Reporting;
use crate::redact::Redactor;

pub use confighub::ConfigHub;
pub use flags::Flags;
pub use github::GitHub;
pub use later::flag as later_flag;
pub use options::FailOn;
pub use problem::{Place, Problem, Problems};
pub use proposing::{Mode, Proposing};

/// Environment variables by name. A map instead of the process's own, so that tests share nothing.
pub type Variables = BTreeMap<String, String>;

/// Everything a run needs to know, checked.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// All of them, in promotion order; those that the `environments` input leaves out have no targets.
    pub environments: Vec<Environment>,
    /// Which objects of it.
    pub scope: Scope,
    /// Differences that are known and accepted.
    pub ignore: Vec<IgnoreRule>,
    /// Globs over the slugs of units that matter more.
    pub critical: Vec<String>,
    /// What becomes of fields that people added.
    pub additions: Additions,
    /// Where both sides are read.
    pub origin: Origin,
    /// What becomes of drift.
    pub proposing: Proposing,
    /// How each target's cluster is reached, by target name. An obstacle fails that target's environment, not the run.
    pub clusters: BTreeMap<String, Result<ClusterAccess, Obstacle>>,
    /// What makes the run fail.
    pub fail_on: FailOn,
    /// The folder that reports are written to.
    pub out: PathBuf,
    /// The folder that keeps what was read.
    pub record: Option<PathBuf>,
    /// What is done with the report on GitHub.
    pub reporting: Reporting,
    /// How long the whole run may take.
    pub timeout: Duration,
    /// PEM certificates that are trusted beside the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// `NO_PROXY` of the environment: hosts that are reached without a cluster's [`ClusterAccess::proxy`].
    pub no_proxy: Option<String>,
    /// What the runner says about this run.
    pub github: GitHub,
    /// What the reader should know about the inputs themselves, one sentence each.
    pub notices: Vec<String>,
    /// The configuration file as it was named; None: the run has no file.
    pub config_path: Option<String>,
    /// Every credential that this run was given, but for those inside kubeconfigs: the cluster module reads them.
    pub credentials: Vec<SecretString>,
}

/// Where both sides are read.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Desired state from ConfigHub, live state from the clusters.
    Services(ConfigHub),
    /// Both from what another run read; nothing is contacted.
    Recording(Box<Recording>),
}

impl Inputs {
    /// The variables of this process; those that are not text are left out.
    pub fn process_variables() -> Variables {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The folder that reports are written to, for runs that need no other input.
    pub fn out(flags: &Flags, variables: &Variables) -> PathBuf {
        options::out(&settings::Settings::new(flags, variables))
    }

    /// Where an environment stands. The last one counts as production, whatever it is called and even where this run leaves
    /// it out. A single environment is neither first nor last: only its name can tell.
    pub fn stage(&self, environment: &str) -> Stage {
        const PRODUCTION: [&str; 4] = ["prod", "production", "prd", "live"];
        let is_last = match self.environments.as_slice() {
            [only] => only.name == environment && PRODUCTION.contains(&environment),
            all => all.last().is_some_and(|it| it.name == environment),
        };
        if is_last { Stage::Last } else { Stage::Earlier }
    }

    /// From the flags and these variables. Files (the configuration, kubeconfigs, the CA bundle) are read from disk.
    ///
    /// A pull request may have no credentials at all: look at [`GitHub::from_variables`] first.
    pub fn from_variables(flags: &Flags, variables: &Variables) -> Result<Self, Problems> {
        let ctx = settings::Settings::new(flags, variables);
        let mut found = problem::Found::default();
        later::refuse(&ctx, &mut found);

        let replay = recording::replay(&ctx, &mut found);
        let record = found.keep(recording::record(&ctx)).flatten();
        let project = project::read(&ctx, replay.as_ref(), &mut found);
        let origin = match replay {
            Some(replay) => replay.map(Origin::Recording),
            None => confighub::read(&ctx, &mut found).map(Origin::Services),
        };
        let options = options::read(&ctx, &mut found);
        let proposing = proposing::read(&ctx, project.as_ref(), &mut found);
        let reporting = reporting::read(&ctx, project.as_ref(), &mut found);
        let access = match &origin {
            Some(Origin::Recording(_)) => Some(clusters::Access::default()),
            _ => project.as_ref().map(|project| clusters::read(&ctx, project, &mut found)),
        };

        let mut credentials = ctx.credentials();
        credentials.extend(access.iter().flat_map(|access| access.credentials.iter().cloned()));
        let (Some(project), Some(origin), Some(options), Some(proposing), Some(reporting), Some(access), true) =
            (project, origin, options, proposing, reporting, access, found.problems.is_empty())
        else {
            return Err(Problems::new(found.problems, &Redactor::new(&credentials)));
        };
        Ok(Self {
            environments: project.environments,
            scope: project.scope,
            ignore: project.ignore,
            critical: project.critical,
            additions: project.additions,
            origin,
            proposing,
            record,
            clusters: access.clusters,
            fail_on: options.fail_on,
            out: options.out,
            reporting,
            timeout: options.timeout,
            ca_bundle: options.ca_bundle.map(String::into_bytes),
            no_proxy: proxy::exceptions(&ctx),
            github: ctx.github,
            notices: found.notices,
            config_path: project.path,
            credentials,
        })
    }
}

#[cfg(test)]
mod tests;
