//! Bad input: exit code 2, every problem at once with its place, and nothing was contacted.

use std::fs;

use anyhow::{Result, ensure};
use drift_detector::demo::world::Profile;

use super::drifted;
use crate::detector::{Answer, Detector};
use crate::estate::{Estate, ONE, THREE};

/// What was said, if the call was refused before anything was contacted or written.
fn refused(estate: &Estate, detector: Detector) -> Result<String> {
    let answer = detector.run()?;
    ensure!(answer.code == Some(2), "{}", answer.said());
    ensure!(estate.world.journal().is_empty(), "something was contacted: {}", answer.said());
    ensure!(answer.report().is_err() && answer.stdout.is_empty(), "{}", answer.said());
    Ok(answer.stderr)
}

fn with_config(config: &str) -> Result<String> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, config)?;
    refused(&estate, estate.detector()?)
}

#[test]
fn without_a_configuration_the_way_to_one_is_shown() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let detector = estate.detector()?;
    fs::remove_file(detector.path(".github/drift.yaml"))?;
    insta::assert_snapshot!(refused(&estate, detector)?, @"
error: there is no configuration: no file `.github/drift.yaml`, and no variable CUB_SPACE: check the repository out before this step, and write the file, for example:

    version: 1
    environments:
      - name: dev
        targets: [{space: shop-dev}]
      - name: prod
        targets: [{space: shop-prod}]
");
    Ok(())
}

#[test]
fn without_a_configuration_cub_space_is_enough() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let detector = estate.detector()?.variable("CUB_SPACE", "shop-dev").variable("NAMESPACE", "shop");
    fs::remove_file(detector.path(".github/drift.yaml"))?;
    let answer: Answer = detector.run()?;
    super::intact(&answer.report()?, "dev")?;
    assert_eq!(answer.code, Some(0), "{}", answer.said());
    Ok(())
}

#[test]
fn malformed_yaml_is_shown_with_line_and_column() -> Result<()> {
    insta::assert_snapshot!(with_config("version: 1\nenvironments:\n  - name: dev\n   targets: [\n")?, @"error: .github/drift.yaml:4:4: this is not YAML that can be read (while parsing a block collection, did not find expected '-' indicator at line 4,…): correct it");
    Ok(())
}

#[test]
fn an_empty_file_is_no_configuration() -> Result<()> {
    insta::assert_snapshot!(with_config("")?, @"error: .github/drift.yaml:1:1: the file is empty: start with `version: 1` and `environments:`");
    Ok(())
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one_all_at_once() -> Result<()> {
    let config = format!("{ONE}scope:\n  kind: [ConfigMap]\nignored: []\n");
    insta::assert_snapshot!(with_config(&config)?, @"
error: .github/drift.yaml:6:3: unknown key `kind`: did you mean `kinds`?
error: .github/drift.yaml:7:1: unknown key `ignored`: did you mean `ignore`?
");
    Ok(())
}

#[test]
fn keys_of_later_versions_are_refused_by_name() -> Result<()> {
    let later = ["auto-fix: [dev]", "prices: {currency: USD}", "sources: {}", "promote-by: upgrade", "deliver: patch"];
    let said = with_config(&format!("{ONE}{}\n", later.join("\n")))?;
    for line in later {
        let key = line.split(':').next().unwrap_or_default();
        let sentence = said.lines().find(|it| it.contains(&format!("`{key}` needs")));
        ensure!(sentence.is_some_and(|it| it.contains("not have yet: remove it")), "{key}: {said}");
    }
    assert_eq!(said.lines().count(), later.len(), "{said}");
    Ok(())
}

#[test]
fn expressions_that_confighub_has_no_words_for_are_refused() -> Result<()> {
    let said = with_config(&format!("{ONE}scope:\n  units: \"Slug = 'cart' OR Slug = 'audit'\"\n"))?;
    assert!(said.contains("6:10: ") && said.contains("uses OR") && said.contains("use `IN ('a', 'b')`"), "{said}");
    let said = with_config(&format!("{ONE}scope:\n  units: \"Slug = 'cart\"\n"))?;
    assert!(said.contains("6:10: ") && said.contains("a quote that is not closed"), "{said}");
    Ok(())
}

#[test]
fn credentials_and_addresses_have_no_place_in_the_file() -> Result<()> {
    let said = with_config(&format!("{ONE}confighub-token: canary-of-this-test\n"))?;
    assert!(said.contains("never stands in this file") && said.contains("`confighub-token`"), "{said}");
    assert!(!said.contains("canary-of-this-test"), "{said}");
    Ok(())
}

#[test]
fn values_of_later_versions_and_unknown_ones_are_refused_by_name() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    for (flag, value, words) in [
        ("--mode", "promote", ["`promote` needs promotion", "use `detect`"]),
        ("--mode", "rollback", ["`rollback` needs promotion", "use `detect`"]),
        ("--mode", "collect", ["`collect` needs", "use `detect`"]),
        ("--mode", "report", ["`report` needs", "use `detect`"]),
        ("--mode", "detct", ["`detct` is not a mode", "use `detect`"]),
        ("--dry-run", "maybe", ["`maybe` is neither `true` nor `false`", "write one of the two"]),
        ("--changeset", "dev", ["the line `dev` is not understood", "ENVIRONMENT=SPACE/SLUG"]),
        ("--fail-on", "hihg", ["`hihg` is not a choice", "did you mean `high`?"]),
        ("--fail-on", "drfit", ["`drfit` is not a choice", "did you mean `drift`?"]),
        ("--environments", "dev,prd", ["there is no environment `prd`", "did you mean `prod`?"]),
        ("--environments", "qa", ["there is no environment `qa`", "known are `dev`, `staging` and `prod`"]),
        ("--timeout", "soon", ["`soon` is not a duration", "write for example `90s`"]),
        ("--config", "drift.yml", ["there is no file `drift.yml`", "check the path"]),
        ("--ca-bundle", "ca.pem", ["the file `ca.pem` cannot be read", "check the path"]),
        ("--kubeconfigs", "qa=./kubeconfig", ["there is no target `qa`", "known are"]),
        ("--confighub-url", "hub.example.com", ["`hub.example.com` is not a whole address", "https://"]),
        ("--confighub-url", "http://hub.example.com", ["in the clear", "use `https://`"]),
    ] {
        let said = refused(&estate, estate.detector()?.arguments(["run", flag, value]))?;
        let names_flag = said.contains(&format!("flag `{flag}`"));
        ensure!(names_flag && words.iter().all(|it| said.contains(it)), "{flag} {value}: {said}");
        ensure!(said.lines().count() == 1, "{flag} {value}: {said}");
    }
    Ok(())
}

#[test]
fn flags_of_later_versions_are_refused_by_name() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    for (arguments, want) in [
        (["run", "--incident"], "flag `--incident`: needs sweeps, which this version does not have yet: remove it"),
        (["run", "--rehearse"], "flag `--rehearse`: needs rehearsals"),
    ] {
        let said = refused(&estate, estate.detector()?.arguments(arguments))?;
        assert!(said.contains(want), "{said}");
    }
    Ok(())
}

#[test]
fn inputs_of_later_versions_are_refused_by_name() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    for (variable, words) in [
        ("INPUT_CLAUDE-API-KEY", "input `claude-api-key`: needs the analysis by Claude"),
        ("INPUT_INCIDENT", "input `incident`: needs sweeps"),
        ("AUTO_FIX", "variable `AUTO_FIX`: needs promotion"),
    ] {
        let said = refused(&estate, estate.detector()?.variable(variable, "true"))?;
        ensure!(said.contains(words), "{variable}: {said}");
    }
    Ok(())
}

#[test]
fn without_credentials_for_confighub_nothing_is_tried() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let said = refused(&estate, estate.detector()?.variable("CUB_TOKEN", ""))?;
    insta::assert_snapshot!(said, @"error: there are no credentials for ConfigHub: set the variable CUB_TOKEN, or CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET (in a workflow: the inputs `confighub-token`, or `confighub-worker-id` and `confighub-worker-secret`, from secrets that exist and are not empty)");
    Ok(())
}

#[test]
fn in_a_workflow_each_problem_is_an_annotation() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, "version: 1\nenvironment: []\n")?;
    let answer = estate.detector()?.in_workflow("schedule")?.variable("INPUT_FAIL-ON", "often").run()?;
    assert_eq!(answer.code, Some(2), "{}", answer.said());
    assert!(estate.world.journal().is_empty());
    let annotations: Vec<_> = answer.stdout.lines().collect();
    assert!(
        annotations.len() >= 2 && annotations.iter().all(|it| it.starts_with("::error title=Drift Detector::")),
        "{}",
        answer.said()
    );
    Ok(())
}
