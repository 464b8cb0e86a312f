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

/// `::error::message`, safe for any message: one line, one command.
pub fn annotation(level: Level, message: &str) -> impl fmt::Display {
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    format!("::{command}::{}", data(message))
}

/// Text as a command's data.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_one_command() {
        let line = annotation(Level::Error, "50 %\r\n::set-output name=a::b").to_string();
        assert_eq!(line, "::error::50 %25%0D%0A::set-output name=a::b");
    }
}
