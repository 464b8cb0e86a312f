//! PURE: workflow commands, the lines by which a step talks to the Actions runner.
//!
//! Escaping is the toolkit's (`@actions/core`): `%`, CR and LF in data, `:` and `,` too in properties.

use std::fmt;

/// How much a message matters to the reader of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Red.
    Error,
    /// Yellow.
    Warning,
    /// Plain.
    Notice,
}

impl fmt::Display for Level {
    /// The command's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        })
    }
}

/// `::error title=Drift Detector::message`, safe for any message: one line, one command.
pub fn annotation(level: Level, message: &str) -> String {
    let data = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("::{level} title=Drift Detector::{}", defused(&data))
}

/// The line without the older spelling of commands, `##[…]`, which works anywhere in a line.
pub fn defused(line: &str) -> String {
    line.replace("##[", "## [")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_one_command() {
        let line = annotation(Level::Error, "50 %\r\n::set-output name=a::b ##[group]");
        assert_eq!(line, "::error title=Drift Detector::50 %25%0D%0A::set-output name=a::b ## [group]");
    }
}
