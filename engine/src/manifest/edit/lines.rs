//! The lines of a text, found without reading it again for each edit.

/// A text and where its lines begin.
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
    starts: Vec<usize>,
    /// How its first line ends.
    pub(super) eol: &'static str,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let starts = std::iter::once(first).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let eol = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        Self { text, starts, eol }
    }

    fn number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// Where the line of a place begins.
    pub(super) fn start(&self, at: usize) -> usize {
        self.starts[self.number(at)]
    }

    /// Where the line of a place ends, before its line break.
    pub(super) fn end(&self, at: usize) -> usize {
        match self.next(at) {
            Some(next) => without_break(self.text, next),
            None => self.text.len(),
        }
    }

    /// Where the next line begins.
    pub(super) fn next(&self, at: usize) -> Option<usize> {
        self.starts.get(self.number(at) + 1).copied()
    }

    /// Whether only blanks stand before it on its line.
    pub(super) fn is_first(&self, at: usize) -> bool {
        self.text[self.start(at)..at].bytes().all(|it| it == b' ' || it == b'\t')
    }

    /// The column of a place, in characters.
    pub(super) fn column(&self, at: usize) -> usize {
        self.text[self.start(at)..at].chars().count()
    }

    /// The lines from one place to another with one line break: the one before them, so that what follows stays where it
    /// is, and a last line without a break is followed by one without.
    pub(super) fn whole(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let start = self.start(from);
        if start == self.starts[0] {
            return start..self.next(to).unwrap_or(self.text.len());
        }
        let before = without_break(self.text, start);
        match self.next(to) {
            Some(_) => before..self.end(to),
            // Blank lines before it would end the text with a break that it does not have.
            None => self.text[..before].trim_end_matches(['\r', '\n']).len()..self.text.len(),
        }
    }

    /// `to`, or further: comments that stand deeper than a node belong to it.
    pub(super) fn with_comments(&self, to: usize, column: usize) -> usize {
        let mut end = to;
        let mut at = to;
        while let Some(next) = self.next(at) {
            let line = &self.text[next..self.end(next)];
            let content = line.trim_start_matches(' ');
            if content.starts_with('#') && line.len() - content.len() > column {
                end = self.end(next);
            } else if !content.trim().is_empty() {
                break;
            }
            at = next;
        }
        end
    }
}

fn without_break(text: &str, at: usize) -> usize {
    let line = &text[..at];
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}
