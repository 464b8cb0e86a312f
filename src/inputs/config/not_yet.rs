//! Keys that have no place in the file: those of later versions, credentials, and typing errors.

use crate::inputs::problem::{listed, nearest, quoted};

use super::Note;
use super::node::Key;

/// Keys that a later version understands, and what they wait for.
const LATER: [(&str, &str); 6] = [
    ("auto-fix", "promotion"),
    ("prices", "cost estimates"),
    ("sources", "the check of pull requests"),
    ("promote-by", "promotion"),
    ("deliver", "promotion"),
    ("severity", "severities of your own"),
];

/// Parts of names that people give to addresses and credentials.
const CREDENTIALS: [&str; 9] =
    ["token", "secret", "password", "credential", "kubeconfig", "api-key", "apikey", "url", "server"];

/// The note about a key that is not known here.
pub(super) fn unknown(key: &Key, title: &str, known: Vec<&str>) -> Note {
    let name = key.name.as_str();
    if let Some((name, ground)) = LATER.iter().find(|(later, _)| *later == name) {
        let message = format!("`{name}` needs {ground}, which this version does not have yet");
        return Note::new(key.at, message, "remove it");
    }
    if let Some(meant) = nearest(name, known.iter().copied()) {
        return Note::new(key.at, format!("unknown key {}", quoted(name)), format!("did you mean `{meant}`?"));
    }
    let lower = name.to_ascii_lowercase().replace('_', "-");
    if CREDENTIALS.iter().any(|it| lower.contains(it)) {
        let message = format!(
            "{} never stands in this file, or whoever may change the file could redirect a credential",
            quoted(name)
        );
        let remedy = "remove it; addresses and credentials are inputs of the action: `confighub-url`, \
                      `confighub-token`, `kubeconfigs` or the variable `KUBECONFIG_<TARGET>`";
        return Note::new(key.at, message, remedy);
    }
    Note::new(key.at, format!("unknown key {}", quoted(name)), format!("this {title} knows {}", listed(known)))
}
