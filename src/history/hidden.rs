//! The lines of a kept report that nobody sees: whose it is in the first, what runs so far saw in the last.
//!
//! ```text
//! <!-- drift-detector:v1 BASE64(JSON of the marker) -->
//! …
//! <!-- drift-detector:history BASE64(GZIP(JSON)) -->
//! ```
//! Standard base64 has no `-`, so nothing ends the HTML comment early. Whatever comes back may have been edited by anybody:
//! what cannot be read is left out, and nothing here is trusted further than a number or a name.

mod wire;

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::model::history::{History, Loss, Marker};

use super::SHORT_ID;

const MARKER: &str = "<!-- drift-detector:v1 ";
const HISTORY: &str = "<!-- drift-detector:history ";
const END: &str = " -->";

/// Bytes that the last line may have.
const LINE: usize = 8 * 1024;

/// Bytes of a line that is read: older versions and other budgets included.
const LONGEST_LINE: usize = 64 * 1024;

/// Bytes that a history may unpack to. A few kilobytes of gzip can claim gigabytes.
const UNPACKED: u64 = 1024 * 1024;

/// Both lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    first: String,
    last: Option<String>,
}

impl Frame {
    /// The lines for this text. What does not fit into 8 KiB of a history is left out, and the history says so.
    pub fn new(marker: &Marker, history: Option<&History>) -> Self {
        let json = serde_json::to_vec(marker).expect("a marker is plain data");
        Self { first: format!("{MARKER}{}{END}", STANDARD.encode(json)), last: history.map(fitting) }
    }

    /// Bytes that they take beside the report itself.
    pub fn bytes(&self) -> usize {
        self.around("").len()
    }

    /// The text between them.
    pub fn around(&self, body: &str) -> String {
        let last = self.last.iter().map(|it| format!("\n{it}\n")).collect::<String>();
        format!("{}\n\n{}\n{last}", self.first, body.trim_end())
    }
}

/// The marker of a text that is a report of ours: nothing but a byte order mark may stand before it.
pub fn marker(body: &str) -> Option<Marker> {
    let line = body.strip_prefix('\u{feff}').unwrap_or(body).lines().next()?;
    serde_json::from_slice(&decoded(line, MARKER)?).ok()
}

/// The history in a report's last line, as far as it can be read; None: there is none.
pub fn history(body: &str) -> Option<History> {
    let line = body.lines().rev().find(|it| !it.trim().is_empty())?;
    let mut json = Vec::new();
    let packed = decoded(line, HISTORY)?;
    GzDecoder::new(packed.as_slice()).take(UNPACKED + 1).read_to_end(&mut json).ok()?;
    if json.len() as u64 > UNPACKED {
        return None;
    }
    wire::read(&json)
}

fn decoded(line: &str, start: &str) -> Option<Vec<u8>> {
    let inside = line.trim_end().strip_prefix(start)?.strip_suffix(END)?;
    if inside.len() > LONGEST_LINE {
        return None;
    }
    STANDARD.decode(inside).ok()
}

/// The last line, with what fits into it: the oldest runs go first, what keeps drift from being new goes last.
fn fitting(history: &History) -> String {
    let mut history = history.clone();
    let mut text = line(&history);
    for loss in [Loss::Runs, Loss::Runs, Loss::Runs, Loss::Labels, Loss::Gone, Loss::Ids]
        .into_iter()
        .chain([Loss::Sightings; 24])
    {
        if text.len() <= LINE {
            break;
        }
        lose(&mut history, loss);
        text = line(&history);
    }
    text
}

fn line(history: &History) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let written = packed.write_all(&wire::write(history)).and_then(|()| packed.finish());
    format!("{HISTORY}{}{END}", STANDARD.encode(written.expect("writing to memory cannot fail")))
}

fn lose(history: &mut History, loss: Loss) {
    let had = (history.runs.len(), history.sightings.len());
    match loss {
        Loss::Runs => drop(history.runs.drain(..history.runs.len() / 2)),
        Loss::Labels => history.sightings.values_mut().for_each(|it| it.label.clear()),
        Loss::Gone => history.sightings.retain(|_, it| it.gone.is_none()),
        Loss::Ids => {
            let all = std::mem::take(&mut history.sightings);
            history.sightings = all
                .into_iter()
                .map(|(mut id, mut it)| {
                    id.truncate(SHORT_ID);
                    it.value.clear();
                    (id, it)
                })
                .collect();
        }
        Loss::Sightings => {
            let keep = history.sightings.len() / 2;
            let all = std::mem::take(&mut history.sightings);
            history.sightings = all.into_iter().take(keep).collect();
        }
    }
    let is_lost = matches!(loss, Loss::Labels | Loss::Ids) || had != (history.runs.len(), history.sightings.len());
    if is_lost && !history.lost.contains(&loss) {
        history.lost.push(loss);
    }
}

#[cfg(test)]
mod tests;
