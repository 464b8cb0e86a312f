//! PURE: the hidden lines by which a later run knows a text of ours again. Whoever may edit the text may edit them too:
//! they are hints, never instructions.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

// Standard base64 has no `-`, so that nothing in it can end an HTML comment.
const MARKER: &str = "<!-- drift-detector:v1 ";
const HISTORY: &str = "<!-- drift-detector:history ";
const END: &str = " -->";

/// Bytes that the history may have; a longer one is left out.
const HISTORY_BYTES: usize = 8 * 1024;

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// Which configuration's thread this is.
    pub(super) key: String,
    /// The workflow run that wrote the text, `GITHUB_RUN_ID`.
    pub(super) run: u64,
    /// Its attempt.
    pub(super) attempt: u32,
    /// When that run began to read.
    pub(super) at: Timestamp,
    /// What it found.
    pub(super) fingerprint: String,
}

impl Marker {
    /// The line, without a line break.
    pub(super) fn line(&self) -> String {
        let json = serde_json::to_vec(self).expect("plain data is JSON");
        format!("{MARKER}{}{END}", BASE64_STANDARD.encode(json))
    }

    /// The marker at the very beginning of a text, or after a byte order mark. Anywhere else it is a quotation.
    pub(super) fn read(text: &str) -> Option<Self> {
        let line = text.strip_prefix('\u{feff}').unwrap_or(text).lines().next()?;
        let encoded = line.strip_prefix(MARKER)?.trim_end().strip_suffix(END)?;
        serde_json::from_slice(&BASE64_STANDARD.decode(encoded).ok()?).ok()
    }

    /// Whether the same attempt of the same run wrote both.
    pub(super) fn is_of_same_run(&self, other: &Self) -> bool {
        (&self.key, self.run, self.attempt, self.at) == (&other.key, other.run, other.attempt, other.at)
    }
}

/// What the last line keeps: letters and digits of base64, whose meaning is not known here.
pub(super) fn history(text: &str) -> Option<&str> {
    let line = text.trim_end().lines().last()?;
    let encoded = line.strip_prefix(HISTORY)?.strip_suffix(END)?;
    is_fit(encoded).then_some(encoded)
}

/// The last line, if there is something to keep and it fits.
pub(super) fn history_line(encoded: Option<&str>) -> String {
    encoded.filter(|it| is_fit(it)).map_or_else(String::new, |it| format!("\n{HISTORY}{it}{END}\n"))
}

fn is_fit(encoded: &str) -> bool {
    let known = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=');
    !encoded.is_empty() && encoded.len() <= HISTORY_BYTES && encoded.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            key: "shop--> <b>".to_owned(),
            run: 42,
            attempt: 1,
            at: Timestamp::UNIX_EPOCH,
            fingerprint: "7f3a".to_owned(),
        }
    }

    #[test]
    fn a_marker_counts_at_the_beginning_only() {
        let line = marker().line();
        assert!(!line[4..line.len() - 3].contains("--"), "{line}");
        for text in [line.clone(), format!("\u{feff}{line}\r\n\r\ntext"), format!("{line}\ntext")] {
            assert_eq!(Marker::read(&text), Some(marker()), "{text}");
        }
        for text in [
            format!(" {line}"),
            format!("> {line}"),
            format!("\n{line}"),
            format!("{MARKER}e30={END}"),
            line[..30].to_owned(),
        ] {
            assert_eq!(Marker::read(&text), None, "{text}");
        }
    }

    #[test]
    fn the_history_is_the_last_line() {
        let line = history_line(Some("aGk="));
        assert_eq!(history(&format!("a\n{line}")), Some("aGk="));
        assert_eq!(history(&format!("{line}\nmore")), None);
        assert_eq!(history_line(Some("--> <script>")), "");
        assert_eq!(history_line(Some(&"a".repeat(HISTORY_BYTES + 1))), "");
    }
}
