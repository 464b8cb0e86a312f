//! `action.yml`, and what becomes of a workflow's `with:` (`ActionManifestManager.cs`, `ActionRunner.cs`, `Handler.cs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

/// `action.yml` of this repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Action {
    pub(crate) inputs: BTreeMap<String, Input>,
    pub(crate) outputs: BTreeMap<String, Output>,
    pub(crate) runs: Runs,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) default: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Output {
    pub(crate) description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runs {
    pub(crate) using: String,
    pub(crate) image: String,
}

impl Action {
    pub(crate) fn read() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        Ok(serde_saphyr::from_str(&text)?)
    }

    /// The variables of a step with these inputs: every declared one is set, with its default where the workflow says
    /// nothing. In their names blanks become `_`, nothing else does.
    ///
    /// # Errors
    /// The runner only warns of inputs that are not declared; here they are errors.
    pub(crate) fn variables(
        &self,
        with: &BTreeMap<String, String>,
        github: &BTreeMap<&str, &str>,
    ) -> Result<BTreeMap<String, String>> {
        for name in with.keys() {
            ensure!(self.inputs.contains_key(name), "action.yml has no input `{name}`");
        }
        let value = |(name, input): (&String, &Input)| {
            let value = match with.get(name) {
                Some(given) => given.clone(),
                None => evaluated(&input.default, github)?,
            };
            Ok((format!("INPUT_{}", name.replace(' ', "_").to_uppercase()), value))
        };
        self.inputs.iter().map(value).collect()
    }
}

/// A default, which may hold expressions over the context `github`. Others are not used here.
fn evaluated(default: &str, github: &BTreeMap<&str, &str>) -> Result<String> {
    let mut text = String::new();
    let mut rest = default;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").with_context(|| format!("`{default}` does not end"))?;
        let Some(value) = expression.trim().strip_prefix("github.").and_then(|it| github.get(it)) else {
            bail!("the emulated runner does not know `{expression}`");
        };
        text.push_str(before);
        text.push_str(value);
        rest = after;
    }
    Ok(text + rest)
}

#[test]
fn defaults_are_merged_as_the_runner_does() -> Result<()> {
    let text = "inputs:
  fail-on: {description: a, required: false, default: error}
  two words: {description: b, required: false, default: \"\"}
  token: {description: c, required: false, default: \"${{ github.token }}!\"}
  odd: {description: d, required: false, default: \"${{ runner.os }}\"}
outputs: {}
runs: {using: docker, image: Dockerfile}
";
    let mut action: Action = serde_saphyr::from_str(text)?;
    let github = BTreeMap::from([("token", "t")]);
    let with = BTreeMap::from([("fail-on".to_owned(), "never".to_owned())]);
    assert!(action.variables(&with, &github).is_err(), "an expression that it does not know");
    action.inputs.remove("odd");
    let read = action.variables(&with, &github)?;
    let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(read, [("INPUT_FAIL-ON", "never"), ("INPUT_TOKEN", "t!"), ("INPUT_TWO_WORDS", "")]);
    assert!(action.variables(&BTreeMap::from([("other".to_owned(), String::new())]), &github).is_err());
    Ok(())
}
