//! What this version does not do yet is refused by name: a setting that is ignored is worse than one that is missing.

use super::flags::DECLARED;
use super::problem::{Found, Given, Problem, nearest, quoted};
use super::proposing::Mode;
use super::settings::{Settings, input_variable};

/// Inputs of later versions, and what they wait for.
const LATER: [(&str, &str); 10] = [
    ("claude-api-key", "the analysis by Claude"),
    ("claude-model", "the analysis by Claude"),
    ("claude-privacy", "the analysis by Claude"),
    ("claude-budget", "the analysis by Claude"),
    ("claude-base-url", "the analysis by Claude"),
    ("claude-auth-header", "the analysis by Claude"),
    ("show-claude-request", "the analysis by Claude"),
    ("incident", "sweeps"),
    ("rehearse", "rehearsals"),
    ("from", "the modes `collect` and `report`"),
];

/// Modes of later versions.
const MODES: [(&str, &str); 4] = [
    ("promote", "promotion"),
    ("rollback", "promotion"),
    ("collect", "the exchange of collected files"),
    ("report", "the exchange of collected files"),
];

/// Why a flag that the command line does not know is refused, if a later version will know it.
pub fn flag(name: &str) -> Option<Problem> {
    let (name, ground) = LATER.iter().find(|(it, _)| *it == name)?;
    let message = format!("needs {ground}, which this version does not have yet");
    Some(Problem::given(&Given::Flag((*name).to_owned()), message, "remove it"))
}

/// Refuses inputs and variables whose ground is not laid yet, and points out names that are not ours.
pub(super) fn refuse(ctx: &Settings<'_>, found: &mut Found) {
    for (name, ground) in LATER {
        if ctx.variable(&input_variable(name)).is_some() {
            let message = format!("needs {ground}, which this version does not have yet");
            found.problems.push(Problem::given(&Given::Input(name.to_owned()), message, "remove it"));
        }
    }
    if let Some(mode) = ctx.get("mode").filter(|it| !Mode::NAMES.contains(&it.value.as_str())) {
        let message = match MODES.iter().find(|(name, _)| *name == mode.value) {
            Some((name, ground)) => format!("`{name}` needs {ground}, which this version does not have yet"),
            None => format!("{} is not a mode", quoted(&mode.value)),
        };
        found.problems.push(Problem::given(&mode.given, message, "use `detect` or `propose`"));
    }
    let auto_fix = ctx.variable("AUTO_FIX").map(|it| it.to_ascii_lowercase());
    if auto_fix.is_some_and(|it| matches!(it.as_str(), "true" | "1" | "yes" | "on")) {
        let given = Given::Variable("AUTO_FIX".to_owned());
        let message = "needs promotion, which this version does not have yet";
        found.problems.push(Problem::given(&given, message, "set it to `false`, or remove it"));
    }
    if ctx.variable("CLAUDE_API_KEY").is_some() {
        found.notices.push("CLAUDE_API_KEY is set, but this version has no analysis by Claude yet".to_owned());
    }
    found.notices.extend(unknown(ctx));
}

/// Inputs that nobody declared: the runner passes them on with a warning that is easily overlooked.
fn unknown(ctx: &Settings<'_>) -> Vec<String> {
    let names = ctx.variables.keys().filter(|name| ctx.variable(name).is_some());
    let names = names.filter_map(|it| it.strip_prefix("INPUT_")).map(str::to_lowercase);
    names
        .filter(|name| !DECLARED.iter().any(|it| it.name == name) && !LATER.iter().any(|(it, _)| it == name))
        .map(|name| {
            let meant = nearest(&name, DECLARED.iter().map(|it| it.name));
            let meant = meant.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
            format!("the input {} is not known and has no effect{meant}", quoted(&name))
        })
        .collect()
}
