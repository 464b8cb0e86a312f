//! PURE: what is written to one unit, as data: shown by a dry run, sent by the others.

use sha2::{Digest as _, Sha256};

use crate::confighub::Profile;
use crate::manifest::edit::{self, Edit};
use crate::model::finding::Finding;
use crate::model::proposal::{Change, Direction, Step};

use super::plan::Drifted;
use super::wording;

/// Everything that is written to a unit while it is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnitWrites {
    /// New data for its head, in this order; the last one is what people approve. Empty: its data stay as they are.
    pub(super) data: Vec<NewData>,
    /// What is said beside the revision, where the data do not tell it.
    pub(super) remark: Option<String>,
    /// What the history says where no data are written: the description of the revision that the lock makes.
    pub(super) summary: String,
    /// Why something of it is not as the rules want: one sentence each, without a full stop.
    pub(super) notes: Vec<String>,
}

/// New data of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewData {
    pub(super) text: String,
    pub(super) description: String,
    /// Whether this is what was shipped, so that it can be restored by number.
    pub(super) is_shipped: bool,
}

/// Whether data may go to a unit's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// It may: nobody ships it without an approval, or the user said so.
    Open,
    /// It may not: why, as the rest of a sentence.
    Closed(String),
}

impl UnitWrites {
    /// For a unit that drifted. `desired`: its data as they were shipped. `at_head`: hash of its present data.
    ///
    /// # Errors
    /// Why the unit's text cannot take what is to be accepted: one sentence without a full stop.
    pub(super) fn of(drifted: &Drifted<'_>, profile: Profile, head: &Head, at_head: &str) -> Result<Self, String> {
        let desired = drifted.unit.text.as_str();
        let pairs = || drifted.findings.iter().copied().zip(drifted.changes.iter().copied());
        let mut notes: Vec<String> = pairs()
            .filter(|(_, change)| change.direction == Direction::Accept)
            .filter_map(|(finding, change)| {
                let why = change.unacceptable.as_ref()?;
                Some(format!("{} cannot be accepted and goes back instead: {why}", finding.field))
            })
            .collect();
        let wanted = |direction: Direction| -> Vec<(&Finding, &Change)> {
            pairs().filter(|(_, change)| Drifted::direction(change) == direction).collect()
        };
        let (accepted, reverted) = (wanted(Direction::Accept), wanted(Direction::Revert));
        let text = intended(drifted)
            .map_err(|why| format!("what the cluster runs cannot be written into the unit's text: {why}"))?;
        let sentences = [(&accepted, wording::accepted as fn(&[&Finding]) -> String), (&reverted, wording::fixed)];
        let sentences = sentences.iter().filter(|(some, _)| !some.is_empty()).map(|(some, say)| say(&findings(some)));
        let mut summary = wording::cut(&sentences.collect::<Vec<_>>().join("; "));
        let last = NewData { is_shipped: text == desired, text, description: summary.clone() };
        let data = match profile {
            Profile::Bridge => {
                let all = pairs().filter(|(_, change)| change.unacceptable.is_none()).map(|(_, change)| change);
                let recorded = edited(desired, all).ok().filter(|it| *it != last.text && !it.trim().is_empty());
                let description = wording::recorded(&findings(&reverted));
                let first = recorded.map(|text| NewData { text, description, is_shipped: false });
                first.into_iter().chain([last]).collect()
            }
            // Desired data are at head already, and whatever is there may be released at any moment.
            Profile::Release if at_head.eq_ignore_ascii_case(&hash(&last.text)) => Vec::new(),
            Profile::Release if last.is_shipped => vec![last],
            Profile::Release => match head {
                Head::Open => vec![last],
                Head::Closed(why) => {
                    summary = wording::cut(&format!("To be accepted when promoted. {summary}"));
                    notes.push(format!("the accepted data are written when they are promoted: {why}"));
                    Vec::new()
                }
            },
        };
        let remark = (profile == Profile::Release).then(|| remark(drifted, &summary));
        Ok(Self { data, remark, summary, notes })
    }
}

/// The unit's text when the proposal is carried out: with what is accepted in place. Err: why nothing can be accepted.
fn intended(drifted: &Drifted<'_>) -> Result<String, String> {
    let accepted = drifted.changes.iter().copied().filter(|it| Drifted::direction(it) == Direction::Accept);
    edited(&drifted.unit.text, accepted)
}

/// Whether a head with this hash is what the proposal of the unit leaves there. `is_pending`: it is not what was shipped.
pub(super) fn is_intended(drifted: &Drifted<'_>, profile: Profile, at_head: &str, is_pending: bool) -> bool {
    // On today's service data may wait for their promotion.
    let waits = profile == Profile::Release && !is_pending;
    let text = intended(drifted).unwrap_or_else(|_why| drifted.unit.text.clone());
    waits || at_head.eq_ignore_ascii_case(&hash(&text))
}

fn findings<'a>(pairs: &[(&'a Finding, &Change)]) -> Vec<&'a Finding> {
    pairs.iter().map(|(finding, _)| *finding).collect()
}

fn remark(drifted: &Drifted<'_>, summary: &str) -> String {
    format!("Proposed by Drift Detector. {summary}. Drift: {}", drifted.fingerprint)
}

/// The text with these changes.
fn edited<'a>(text: &str, changes: impl Iterator<Item = &'a Change>) -> Result<String, String> {
    let changes: Vec<(&Change, Vec<edit::Step<'_>>)> =
        changes.filter_map(|it| Some((it, it.path.as_ref()?.iter().map(step).collect()))).collect();
    if changes.is_empty() {
        return Ok(text.to_owned());
    }
    let edits: Vec<Edit<'_>> = changes
        .iter()
        .map(|(it, path)| Edit {
            document: it.document,
            path,
            change: it.live.as_ref().map_or(edit::Change::Remove, edit::Change::Set),
        })
        .collect();
    edit::edit(text, &edits).map_err(|it| it.to_string())
}

fn step(step: &Step) -> edit::Step<'_> {
    match step {
        Step::Key(key) => edit::Step::Key(key),
        Step::Item(index) => edit::Step::Item(*index),
    }
}

/// Hexadecimal SHA-256, as ConfigHub hashes data.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
