//! Workflow commands in a stream: both grammars of `ActionCommand.cs`, obeyed as `ActionCommandManager.cs` does.

use std::collections::{BTreeMap, BTreeSet};

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

/// A command that the runner obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// In lower case: names are compared without regard to it.
    pub(crate) name: String,
    /// `title` and the like, unescaped.
    pub(crate) properties: BTreeMap<String, String>,
    /// Unescaped.
    pub(crate) data: String,
    /// The line that held it.
    pub(crate) line: String,
}

/// The commands of a stream that the runner obeys, in their order. Whoever reads the stream ends lines at LF, CR and both.
pub(crate) fn commands(stream: &str) -> Vec<Command> {
    let mut known: BTreeSet<String> = COMMANDS.iter().map(|it| (*it).to_owned()).collect();
    let mut stopped: Option<String> = None;
    let mut obeyed = Vec::new();
    for line in stream.split(['\n', '\r']) {
        let Some(command) = today(line, &known).or_else(|| legacy(line, &known)) else { continue };
        match &stopped {
            Some(token) if *token == command.name => {
                known.remove(&command.name);
                stopped = None;
            }
            Some(_) => {}
            None => {
                if command.name == "stop-commands" {
                    let token = command.data.to_lowercase();
                    known.insert(token.clone());
                    stopped = Some(token);
                }
                obeyed.push(command);
            }
        }
    }
    obeyed
}

/// `::name key=value,key=value::data`, after blanks (`TryParseV2`).
fn today(line: &str, known: &BTreeSet<String>) -> Option<Command> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    parsed(line, (info, data), ',', &escapes, known)
}

/// `##[name key=value;key=value]data`, anywhere (`TryParse`).
fn legacy(line: &str, known: &BTreeSet<String>) -> Option<Command> {
    let (info, data) = line.split_once("##[")?.1.split_once(']')?;
    let escapes = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")];
    parsed(line, (info, data), ';', &escapes, known)
}

fn parsed(
    line: &str,
    (info, data): (&str, &str),
    between: char,
    escapes: &[(&str, &str)],
    known: &BTreeSet<String>,
) -> Option<Command> {
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let name = name.to_lowercase();
    if !known.contains(&name) {
        return None;
    }
    let unescaped =
        |text: &str| escapes.iter().fold(text.to_owned(), |text, (escape, meant)| text.replace(escape, meant));
    let pairs = properties.trim().split(between).filter_map(|it| it.split_once('='));
    let properties = pairs.map(|(key, value)| (key.to_owned(), unescaped(value))).collect();
    Some(Command { name, properties, data: unescaped(data), line: line.to_owned() })
}

#[test]
fn commands_are_obeyed_as_the_runner_does() {
    let stream = "  ::error::a\nx ::error::b\nx ##[warning]c\r::Debug::d\n::unknown::e\n::stop-commands::Tok\n\
                  ::error::f\n::tok::\n::group::g\n::notice title=50%25%3A,col=3::h%0Ai";
    let obeyed = commands(stream);
    let read: Vec<_> = obeyed.iter().map(|it| (it.name.as_str(), it.data.as_str())).collect();
    let want = [
        ("error", "a"),
        ("warning", "c"),
        ("debug", "d"),
        ("stop-commands", "Tok"),
        ("group", "g"),
        ("notice", "h\ni"),
    ];
    assert_eq!(read, want);
    assert_eq!(
        obeyed[5].properties,
        [("col", "3"), ("title", "50%:")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    );
}
