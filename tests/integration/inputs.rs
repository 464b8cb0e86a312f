//! The action's inputs, the flags of `run` and the README's tables are the same list.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use clap::{Arg, Args as _, Command};
use drift_detector::inputs::flags::{DECLARED, Flags};

use crate::runner::Action;

#[test]
fn the_action_the_flags_and_the_readme_name_the_same_inputs() -> Result<()> {
    let action = Action::read()?;
    let names = sorted(DECLARED.iter().map(|it| it.name));
    assert_eq!(sorted(action.inputs.keys().map(String::as_str)), names);
    let command = Flags::augment_args(Command::new("run"));
    assert_eq!(sorted(command.get_arguments().filter_map(Arg::get_long)), names);
    assert_eq!(sorted(table("## Inputs")?.keys().map(String::as_str)), names);
    Ok(())
}

#[test]
fn defaults_are_the_same_everywhere() -> Result<()> {
    let action = Action::read()?;
    let command = Flags::augment_args(Command::new("run"));
    let table = table("## Inputs")?;
    for declared in DECLARED {
        let name = declared.name;
        let input = action.inputs.get(name).context("the action declares it")?;
        assert_eq!(input.default, declared.default, "{name} in action.yml");
        assert!(!input.description.is_empty() && !input.required, "{name} in action.yml");
        let written = table.get(name).context("the README lists it")?;
        let flag = command.get_arguments().find(|it| it.get_long() == Some(name)).context("the flag is there")?;
        let help = flag.get_help().context("the flag has a help text")?.to_string();
        if declared.default.is_empty() {
            assert!(!written.contains('`'), "{name} in the README: {written}");
        } else {
            assert_eq!(written.trim_matches('`'), declared.default, "{name} in the README");
            assert!(help.contains(&format!("[default: {}]", declared.default)), "{name}: {help}");
        }
    }
    Ok(())
}

#[test]
fn the_readme_lists_the_outputs_of_the_action() -> Result<()> {
    let action = Action::read()?;
    let listed = table("## Outputs")?;
    assert_eq!(sorted(listed.keys().map(String::as_str)), sorted(action.outputs.keys().map(String::as_str)));
    assert!(action.outputs.values().all(|it| !it.description.is_empty()));
    assert_eq!((action.runs.using.as_str(), action.runs.image.as_str()), ("docker", "Dockerfile"));
    Ok(())
}

#[test]
fn the_configuration_in_the_readme_is_valid() -> Result<()> {
    let readme = file("README.md")?;
    let mut checked = 0;
    for block in readme.split("```yaml\n").skip(1) {
        let block = block.split("```").next().context("the block ends")?;
        let text: String =
            block.lines().map(|line| format!("{}\n", line.strip_prefix("   ").unwrap_or(line))).collect();
        let text = if block.starts_with(' ') { text } else { block.to_owned() };
        if text.contains("version: 1\nenvironments:") {
            let found = drift_detector::inputs::config::read(&text, "README.md");
            assert!(found.is_ok(), "{found:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 2, "the quick start and the reference");
    Ok(())
}

#[test]
fn the_configuration_table_of_the_readme_names_every_key() -> Result<()> {
    let readme = file("README.md")?;
    let section = readme.split("## Configuration file").nth(1).and_then(|it| it.split("\n## ").next());
    let section = section.context("the section is there")?;
    let mut keys = Vec::new();
    collect(&serde_json::from_str(drift_detector::inputs::config::SCHEMA)?, &mut keys);
    for key in keys {
        assert!(
            section.contains(&format!("{key}`")) || section.contains(&format!("`{key}")),
            "`{key}` is not explained"
        );
    }
    Ok(())
}

#[test]
fn what_the_file_holds_has_no_input_and_what_the_table_explains_exists() -> Result<()> {
    let schema: serde_json::Value = serde_json::from_str(drift_detector::inputs::config::SCHEMA)?;
    let top: Vec<&String> = schema["properties"].as_object().context("properties")?.keys().collect();
    for name in Action::read()?.inputs.keys() {
        assert!(name == "environments" || !top.contains(&name), "`{name}` is an input and a key of the file");
    }
    let text = schema.to_string();
    for written in table("## Configuration file")?.keys() {
        let last = written.trim_end_matches("[]").rsplit('.').next().context("a key has a name")?;
        assert!(text.contains(&format!("\"{last}\":")), "the file has no `{written}`");
    }
    Ok(())
}

/// Names of the schema's keys that hold plain values.
fn collect(schema: &serde_json::Value, keys: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let before = keys.len();
        collect(property, keys);
        collect(&property["items"], keys);
        if keys.len() == before {
            keys.push(name.clone());
        }
    }
}

/// First column (without backticks) and second column of the table below a heading.
fn table(heading: &str) -> Result<BTreeMap<String, String>> {
    let readme = file("README.md")?;
    let section = readme.split(&format!("{heading}\n")).nth(1).context("the heading is there")?;
    let rows = section.lines().skip_while(|it| !it.starts_with('|')).take_while(|it| it.starts_with('|')).skip(2);
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let name = cells.next().context("a first cell")?.trim_matches('`').to_owned();
        Ok((name, cells.next().context("a second cell")?.to_owned()))
    })
    .collect()
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

fn file(path: &str) -> Result<String> {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")))
        .with_context(|| format!("failed to read {path}"))
}
