//! Log lines for people and for the Actions runner, on standard error: one line per event, without credentials, and never
//! a line that the runner could take for a command.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::redact::Redactor;
use crate::workflow::defused;

/// Sends this process's log to standard error. `level` is `error`, `warn`, `info`, `debug` or `trace` (what `DRIFT_LOG`
/// says, or `debug` under `RUNNER_DEBUG`); anything else is `info`. Libraries are heard from `warn` on.
pub fn init(level: Option<&str>, redactor: Redactor) -> Result<(), TryInitError> {
    let level = level.and_then(|it| it.parse().ok()).unwrap_or(LevelFilter::INFO);
    // It logs every failed attempt; what comes of them is said once, by us.
    let clients = if level < LevelFilter::DEBUG { LevelFilter::OFF } else { LevelFilter::WARN };
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("kube_client", clients)
        .with_target("drift_detector", level);
    tracing_subscriber::registry().with(Lines { redactor }.with_filter(targets)).try_init()
}

/// Writes each event as a line.
struct Lines {
    redactor: Redactor,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(*event.metadata().level(), &fields, &self.redactor);
        // There is nowhere left to report to.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// What an event says: its message, and the rest as `name=value`.
#[derive(Default)]
struct Fields {
    message: String,
    rest: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.rest, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }
}

/// The level, the message and the fields, without line breaks and without anything that acts on a terminal or a runner.
fn line(level: Level, fields: &Fields, redactor: &Redactor) -> String {
    let text = redactor.text(&format!("{}{}", fields.message, fields.rest));
    let mut line = format!("{level:>5} ");
    for character in text.as_str().chars() {
        match character {
            '\n' | '\r' | '\t' => line.push(' '),
            it if it.is_control() => line.extend(it.escape_unicode()),
            it => line.push(it),
        }
    }
    // The newer commands start a line, which the level does here. The older ones work anywhere.
    defused(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_no_command() {
        let message = "list failed: \n::error::x\r\n##[warning]y\u{1b}[31m";
        let fields = Fields { message: message.to_owned(), rest: " environment=prod".to_owned() };
        let line = line(Level::WARN, &fields, &Redactor::default());
        assert_eq!(line, " WARN list failed:  ::error::x  ## [warning]y\\u{1b}[31m environment=prod");
    }

    #[test]
    fn credentials_do_not_reach_the_log() {
        let secret = secrecy::SecretString::from("s3cr3t-token-of-this-run");
        let message = "GET https://user:hunter22@hub.example.com with s3cr3t-token-of-this-run".to_owned();
        let fields = Fields { message, rest: String::new() };
        let line = line(Level::INFO, &fields, &Redactor::new([&secret]));
        assert_eq!(line, " INFO GET https://[redacted]@hub.example.com with [redacted]");
    }
}
