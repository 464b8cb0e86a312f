//! One place that knows where a value comes from: flag, then input, then the example project's variable.

use std::path::PathBuf;

use secrecy::SecretString;

use super::Variables;
use super::flags::Flags;
use super::github::GitHub;
use super::mounts::Mounts;
use super::problem::Given;

/// Inputs that are credentials, and the variables that stand in for them.
const CREDENTIALS: [&str; 3] = ["confighub-token", "confighub-worker-secret", "github-token"];

/// Variables that hold credentials whether we use them or not: they must not appear in a report either.
const CREDENTIAL_VARIABLES: [&str; 6] = [
    "CUB_TOKEN",
    "CONFIGHUB_WORKER_SECRET",
    "CLAUDE_API_KEY",
    "GITHUB_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];

/// A value and how it was given.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) value: String,
    pub(super) given: Given,
}

/// Everything that was given.
pub(super) struct Settings<'a> {
    flags: &'a Flags,
    pub(super) variables: &'a Variables,
    pub(super) github: GitHub,
    pub(super) mounts: Mounts,
}

impl<'a> Settings<'a> {
    pub(super) fn new(flags: &'a Flags, variables: &'a Variables) -> Self {
        let github = GitHub::from_variables(variables);
        let mounts = Mounts::new(&github, variable(variables, "RUNNER_TEMP").map(PathBuf::from));
        Self { flags, variables, github, mounts }
    }

    /// The flag or input of this name; what is empty is absent, because the runner sets every declared input.
    pub(super) fn get(&self, name: &str) -> Option<Setting> {
        if let Some(value) = self.flags.get(name).and_then(trimmed) {
            return Some(Setting { value, given: Given::Flag(name.to_owned()) });
        }
        let value = self.variable(&input_variable(name))?;
        Some(Setting { value, given: Given::Input(name.to_owned()) })
    }

    /// The same, else the variable.
    pub(super) fn get_or(&self, name: &str, fallback: &str) -> Option<Setting> {
        self.get(name).or_else(|| {
            let value = self.variable(fallback)?;
            Some(Setting { value, given: Given::Variable(fallback.to_owned()) })
        })
    }

    /// A variable that is not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        variable(self.variables, name)
    }

    /// Every credential among flags, inputs and variables.
    pub(super) fn credentials(&self) -> Vec<SecretString> {
        let inputs = CREDENTIALS.iter().flat_map(|name| [self.flags.get(name), self.variable(&input_variable(name))]);
        let variables = CREDENTIAL_VARIABLES.iter().map(|name| self.variable(name));
        inputs.chain(variables).flatten().map(SecretString::from).collect()
    }
}

/// What the runner calls the variable of an input: upper case, hyphens kept.
pub(super) fn input_variable(name: &str) -> String {
    format!("INPUT_{}", name.to_uppercase())
}

/// A variable that is not empty.
pub(super) fn variable(variables: &Variables, name: &str) -> Option<String> {
    variables.get(name).cloned().and_then(trimmed)
}

fn trimmed(value: String) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
