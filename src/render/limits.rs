//! How much of a report a document shows. What does not fit is left out whole and said; a text is never cut to a size.

/// One level of detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Lines that a single diff may have; zero: no diffs.
    pub(super) diff_lines: usize,
    /// Where diffs are shown.
    pub(super) diffs: Diffs,
    /// Findings of a target that are listed.
    pub(super) findings: usize,
    /// Rows of the other lists of a target.
    pub(super) groups: usize,
    /// Names that stand in one row.
    pub(super) names: usize,
    /// Characters that a single text may have.
    pub(super) characters: usize,
    /// Whether environments are shown in detail.
    pub(super) sections: bool,
    /// Environments that are listed.
    pub(super) environments: usize,
    /// What the reader is told.
    pub(super) left_out: Option<&'static str>,
}

/// From everything to the bare result: long diffs are shortened, then shown for the worst environment only, then left out;
/// then lists end early; then only the counts are left.
pub(super) const LEVELS: &[Limits] = &[
    ALL,
    Limits { diff_lines: 40, left_out: Some("diffs end after 40 lines"), ..ALL },
    WORST,
    Limits {
        diff_lines: 15,
        left_out: Some("diffs are shown for the worst environment only, and end after 15 lines"),
        ..WORST
    },
    Limits { diff_lines: 0, names: 12, left_out: Some("diffs are left out"), ..ALL },
    Limits { findings: 200, ..SHORT },
    Limits { findings: 100, ..SHORT },
    Limits { findings: 40, ..SHORT },
    Limits { findings: 10, groups: 10, names: 3, ..SHORT },
    Limits { findings: 0, groups: 0, names: 0, left_out: Some("only the numbers are shown"), ..SHORT },
    BARE,
    Limits { environments: 10, characters: 60, ..BARE },
];

const ALL: Limits = Limits {
    diff_lines: usize::MAX,
    diffs: Diffs::Everywhere,
    findings: usize::MAX,
    groups: 100,
    names: 30,
    characters: 600,
    sections: true,
    environments: usize::MAX,
    left_out: None,
};

const WORST: Limits = Limits {
    diff_lines: 40,
    diffs: Diffs::Worst,
    names: 12,
    left_out: Some("diffs are shown for the worst environment only, and end after 40 lines"),
    ..ALL
};

const SHORT: Limits = Limits {
    diff_lines: 0,
    groups: 30,
    names: 6,
    characters: 300,
    left_out: Some("diffs are left out, and long lists end early"),
    ..ALL
};

const BARE: Limits = Limits {
    findings: 0,
    groups: 0,
    names: 0,
    characters: 100,
    sections: false,
    environments: 100,
    left_out: Some("only the table of environments is shown"),
    ..SHORT
};

/// Which environments' diffs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Diffs {
    /// All.
    Everywhere,
    /// Those of the one with the most severe drift.
    Worst,
}

/// How an environment stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// None has more severe drift.
    Worst,
    /// Any other.
    Other,
}

impl Limits {
    /// Those of one environment: the worst, or another.
    pub(super) fn of_environment(&self, rank: Rank) -> Self {
        match self.diffs {
            Diffs::Worst if rank == Rank::Other => Self { diff_lines: 0, ..*self },
            Diffs::Worst | Diffs::Everywhere => *self,
        }
    }

    /// The text, or its beginning where it is longer than a text of its kind should ever be.
    pub(super) fn text(&self, text: &str) -> String {
        match text.char_indices().nth(self.characters) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text.to_owned(),
        }
    }
}
