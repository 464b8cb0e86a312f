//! Where we disagree with the dry run on purpose. A row that no run uses goes.

use std::fmt::Write as _;
use std::sync::Mutex;

use serde_json::Value;

use super::judge::Problem;
use super::place::{self, Step};

/// One accepted disagreement.
pub(super) struct Row {
    /// Glob over kinds.
    pub(super) kind: &'static str,
    pub(super) what: What,
    /// Glob over JSON pointers; of a refusal a part of the server's words.
    pub(super) path: &'static str,
    /// Whether this desired object is such a case.
    pub(super) given: fn(&Value) -> bool,
    pub(super) reason: &'static str,
    /// It comes up at least once in so many mutations, by what runs of some thousand counted. `make soak` tries eight times
    /// as many as the rarest needs.
    pub(super) every: usize,
}

/// A row that did not come up in so many times as many mutations as it takes comes up no more: by chance once in 3000 runs.
const SURE: usize = 8;

const ALWAYS: fn(&Value) -> bool = |_| true;

/// Which of the two says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The server would change it; we are silent.
    Silent,
    /// We report it; the server would not change it.
    Reported,
    /// The server refuses; we are silent.
    SilentRefusal,
}

pub(super) const ROWS: &[Row] = &[
    Row {
        kind: "CSIDriver",
        what: What::SilentRefusal,
        path: "spec.volumeLifecycleModes: Invalid value",
        given: ALWAYS,
        reason: "a set in another order: the server puts it into desired's order, and then refuses that",
        every: 2_500,
    },
    Row {
        kind: "*",
        what: What::Reported,
        path: "/**/env",
        given: ALWAYS,
        reason: "the order of variables counts where one refers to another; the measure leaves out every order",
        every: 1_000,
    },
    Row {
        kind: "Order",
        what: What::SilentRefusal,
        path: ": \"null\"",
        given: ALWAYS,
        reason: "a null states nothing; a schema that does not allow it keeps such a text from being shipped",
        every: 2_000,
    },
    Row {
        kind: "Lease",
        what: What::SilentRefusal,
        path: "parsing time",
        given: ALWAYS,
        reason: "the same instant without its microseconds: the server cannot read that, and nobody can have shipped it",
        every: 1_000,
    },
    Row {
        kind: "*",
        what: What::SilentRefusal,
        path: "Duplicate value: ",
        given: has_empty_protocol,
        reason: "an empty protocol is TCP for the API, but the server's merge takes it for another port of that number",
        every: 2_500,
    },
    Row {
        kind: "*",
        what: What::Silent,
        path: "/**/ports",
        given: has_empty_protocol,
        reason: "the same of a container's ports: the server's merge adds it once more at each apply",
        every: 2_500,
    },
    Row {
        kind: "Service",
        what: What::SilentRefusal,
        path: "spec.ipFamilyPolicy: Unsupported value: \"\"",
        given: ALWAYS,
        reason: "an empty policy leaves it to the cluster, as none does; the server wants none, so nobody can have shipped it",
        every: 2_500,
    },
    Row {
        kind: "{CSIDriver,Lease,Pod}",
        what: What::Reported,
        path: "/spec/{preferredHolder,strategy,schedulingGroup,preventPodSchedulingIfMissing,nodeAllocatableUpdatePeriodSeconds}",
        given: ALWAYS,
        reason: "a field behind a closed feature gate: the server forgets what desired states",
        every: 1_500,
    },
    Row {
        kind: "*",
        what: What::Reported,
        path: "/**/{emptyDir/mode,containers/*/restartPolicy,projected/defaultUser}",
        given: ALWAYS,
        reason: "the same: nobody can see from outside which gates are open",
        every: 2_500,
    },
];

/// Whether a port's protocol is stated and empty: the merge knows entries by what is written, before any default.
fn has_empty_protocol(desired: &Value) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_str() == Some("");
    place::all(desired).iter().any(|it| {
        matches!(it.as_slice(), [.., Step::Key(list), _, Step::Key(leaf)] if list == "ports" && leaf == "protocol")
            && place::get(desired, it).is_some_and(is_empty)
    })
}

/// How often each row was used so far.
pub(super) struct Used(Mutex<[usize; ROWS.len()]>);

impl Default for Used {
    fn default() -> Self {
        Self(Mutex::new([0; ROWS.len()]))
    }
}

impl Used {
    /// Whether a row covers the problem.
    pub(super) fn accepts(&self, kind: &str, desired: &Value, problem: &Problem) -> bool {
        let (what, place) = match problem {
            Problem::Missed(path) => (What::Silent, path),
            Problem::False(path) => (What::Reported, path),
            Problem::MissedRefusal(reason) => (What::SilentRefusal, reason),
        };
        let is_there = |row: &Row| match what {
            What::SilentRefusal => place.contains(row.path),
            What::Silent | What::Reported => fast_glob::glob_match(row.path, place),
        };
        let covers = |row: &Row| {
            row.what == what && fast_glob::glob_match(row.kind, kind) && is_there(row) && (row.given)(desired)
        };
        let found = ROWS.iter().position(covers);
        if let Some(index) = found {
            self.0.lock().expect("nobody panics while noting")[index] += 1;
        }
        found.is_some()
    }

    /// Every row with its uses in so many mutations, and those that should have been used and were not.
    pub(super) fn tell(&self, mutations: usize) -> (String, Vec<&'static str>) {
        let used = self.0.lock().expect("nobody panics while noting");
        let mut text = format!("accepted disagreements in {mutations} mutations:\n");
        let mut unused = Vec::new();
        for (Row { kind, path, reason, every, .. }, uses) in ROWS.iter().zip(*used) {
            let remark = match uses {
                0 if mutations < every * SURE => format!(": no fault yet, it takes {}", every * SURE),
                0 => {
                    unused.push(*reason);
                    ": the row has to go, or what brings it up is no longer tried".to_owned()
                }
                _ => String::new(),
            };
            writeln!(text, "  {uses} times {kind} `{path}`, once in {every} expected{remark}").expect("text grows");
        }
        (text, unused)
    }
}
