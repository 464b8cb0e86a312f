//! The Actions runner, as far as it reads what a step wrote: small ports of `EnvFileKeyValuePairs` and `ActionCommand`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};

/// What the runner acts upon, wherever it stands.
const COMMANDS: [&str; 16] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "internal-set-repo-path",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// The key-value pairs of `GITHUB_OUTPUT` (`FileCommandManager.cs`, `EnvFileKeyValuePairs`).
pub(crate) fn outputs(text: &str) -> Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    let mut rest = text;
    while let Some((line, _)) = line(&mut rest) {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let (key, value) = match (equals, heredoc) {
            (_, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let (key, delimiter) = (&line[..at], &line[at + 2..]);
                ensure!(!delimiter.is_empty(), "invalid format: `{line}`");
                let mut lines = Vec::new();
                loop {
                    let (next, ended) =
                        self::line(&mut rest).with_context(|| format!("no `{delimiter}` after {key}"))?;
                    if next == delimiter {
                        break;
                    }
                    ensure!(ended, "the delimiter of {key} has no line of its own");
                    lines.push(next);
                }
                (key, lines.join("\n"))
            }
            (Some(at), _) => (&line[..at], line[at + 1..].to_owned()),
            _ => anyhow::bail!("invalid format: `{line}`"),
        };
        ensure!(!key.is_empty(), "no key: `{line}`");
        ensure!(pairs.insert(key.to_owned(), value).is_none(), "`{key}` twice");
    }
    Ok(pairs)
}

/// The next line, and whether a line break ended it.
fn line<'a>(rest: &mut &'a str) -> Option<(&'a str, bool)> {
    if rest.is_empty() {
        return None;
    }
    let (line, ended) = match rest.split_once('\n') {
        Some((line, after)) => {
            *rest = after;
            (line, true)
        }
        None => (std::mem::take(rest), false),
    };
    Some((line, ended))
}

/// The lines of a stream that the runner obeys, in their order (`ActionCommand.cs`, `ActionCommandManager.cs`). Whoever
/// reads the stream ends lines at LF, CR and both.
pub(crate) fn commands(stream: &str) -> Vec<String> {
    let mut known: BTreeSet<String> = COMMANDS.iter().map(|it| (*it).to_owned()).collect();
    let mut stopped: Option<String> = None;
    let mut obeyed = Vec::new();
    for line in stream.split(['\n', '\r']) {
        let Some((name, data)) = today(line, &known).or_else(|| legacy(line, &known)) else { continue };
        match &stopped {
            Some(token) if *token == name => {
                known.remove(&name);
                stopped = None;
            }
            Some(_) => {}
            None => {
                if name == "stop-commands" {
                    known.insert(data.to_lowercase());
                    stopped = Some(data.to_lowercase());
                }
                obeyed.push(line.to_owned());
            }
        }
    }
    obeyed
}

/// `::name properties::data`, after blanks.
fn today(line: &str, known: &BTreeSet<String>) -> Option<(String, String)> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    named(info, data, known)
}

/// `##[name properties]data`, anywhere.
fn legacy(line: &str, known: &BTreeSet<String>) -> Option<(String, String)> {
    let (info, data) = line.split_once("##[")?.1.split_once(']')?;
    named(info, data, known)
}

fn named(info: &str, data: &str, known: &BTreeSet<String>) -> Option<(String, String)> {
    let name = info.split(' ').next().unwrap_or_default().to_lowercase();
    known.contains(&name).then(|| (name, data.to_owned()))
}

#[test]
fn the_ports_read_as_the_runner_does() -> Result<()> {
    let read = outputs("a=1\nb<<E\nx\ny=<<\nE\n\nc<<E\nE\nd=<<x\n")?;
    let pairs: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("a", "1"), ("b", "x\ny=<<"), ("c", ""), ("d", "<<x")]);
    assert!(outputs("a<<E\nx\n").is_err() && outputs("nothing").is_err() && outputs("=1").is_err());
    let obeyed = commands(
        "  ::error::a\nx ::error::b\nx ##[warning]c\r::Debug::d\n::unknown::e\n::stop-commands::Tok\n::error::f\n::tok::\n::group::g",
    );
    let want = ["  ::error::a", "x ##[warning]c", "::Debug::d", "::stop-commands::Tok", "::group::g"];
    assert_eq!(obeyed, want);
    Ok(())
}
