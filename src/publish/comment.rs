//! PURE: what becomes of the comment on a pull request: one per configuration, for the commit that was compared last.

use crate::model::history::Marker;
use crate::model::reporting::CommentMode;
use crate::report::Status;

use super::Run;

/// A comment of ours, lowest id first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: u64,
    pub(super) node: String,
    pub(super) url: String,
    pub(super) marker: Marker,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Edit {
        id: u64,
    },
    /// Hide it as out of date; never delete it.
    Minimise {
        node: String,
    },
}

/// What to do, and what the run is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) steps: Vec<Step>,
    /// The comment that stands for this run, if there is one already.
    pub(super) id: Option<u64>,
    pub(super) notes: Vec<String>,
}

/// Older comments than these were hidden when they were replaced.
const STILL_SHOWN: usize = 2;

pub(super) fn decide(found: &[Found], run: &Run<'_>, mode: CommentMode) -> Decision {
    let mut decision = Decision::default();
    if run.report.status == Status::Skipped {
        return decision;
    }
    if found.iter().any(|it| it.marker.at > run.at()) {
        decision.id = found.iter().max_by_key(|it| it.marker.at).map(|it| it.id);
        decision.notes.push("The pull request already shows a later run, so this one left it as it is.".to_owned());
        return decision;
    }
    let first = found.first();
    decision.id = first.map(|it| it.id);
    let duplicates = || found.iter().skip(1).map(|it| Step::Minimise { node: it.node.clone() });
    match (mode, first) {
        (CommentMode::NewAndMinimise, _) => {
            decision.id = None;
            decision.steps.push(Step::Create);
            let shown = found.iter().rev().take(STILL_SHOWN);
            decision.steps.extend(shown.map(|it| Step::Minimise { node: it.node.clone() }));
        }
        (CommentMode::ChangesOnly, None) if run.is_clean() => {}
        (CommentMode::ChangesOnly, Some(it)) if it.marker.fingerprint == run.report.fingerprint => {
            decision.steps.extend(duplicates());
        }
        (_, None) => decision.steps.push(Step::Create),
        (_, Some(it)) => {
            decision.steps.push(Step::Edit { id: it.id });
            decision.steps.extend(duplicates());
        }
    }
    decision
}

#[cfg(test)]
mod tests {
    use crate::model::outcome::Reason;
    use crate::report::Report;
    use crate::report::fixtures::*;

    use super::*;

    fn clean() -> Report {
        report(vec![environment("dev", Ok(compared(6, vec![], vec![])))])
    }

    fn drifted() -> Report {
        report(vec![environment("dev", Ok(compared(6, vec![replicas()], vec![])))])
    }

    fn found(id: u64, of: &Report, at: &str) -> Found {
        let at = at.parse().expect("the time is valid");
        let marker = Marker { key: "k".to_owned(), run: 1, attempt: 1, at, fingerprint: of.fingerprint.clone() };
        Found { id, node: format!("n{id}"), url: String::new(), marker }
    }

    fn steps(found: &[Found], report: &Report, mode: CommentMode) -> Vec<Step> {
        decide(found, &Run::of(report), mode).steps
    }

    const BEFORE: &str = "2026-11-22T06:00:00Z";

    #[test]
    fn one_comment_is_edited_in_place() {
        use CommentMode::{ChangesOnly, Update};
        let minimise = |id: u64| Step::Minimise { node: format!("n{id}") };
        for mode in [Update, ChangesOnly] {
            assert_eq!(steps(&[], &drifted(), mode), [Step::Create]);
            let before = [found(3, &clean(), BEFORE), found(5, &clean(), BEFORE)];
            assert_eq!(steps(&before, &drifted(), mode), [Step::Edit { id: 3 }, minimise(5)], "duplicates are hidden");
            assert_eq!(steps(&[found(3, &drifted(), BEFORE)], &clean(), mode), [Step::Edit { id: 3 }]);
        }
        assert_eq!(steps(&[], &clean(), Update), [Step::Create]);
        assert_eq!(steps(&[], &clean(), ChangesOnly), [], "never dirty, no comment");
        assert_eq!(steps(&[found(3, &drifted(), BEFORE)], &drifted(), ChangesOnly), []);
        let down = report(vec![environment("dev", Err(obstacle(Reason::Unreachable)))]);
        assert_eq!(steps(&[], &down, ChangesOnly), [Step::Create], "not knowing is not clean");
    }

    #[test]
    fn a_new_one_takes_the_place_of_the_old() {
        let before = [found(3, &drifted(), BEFORE)];
        let want = [Step::Create, Step::Minimise { node: "n3".to_owned() }];
        assert_eq!(steps(&before, &drifted(), CommentMode::NewAndMinimise), want);
    }

    #[test]
    fn an_older_run_does_not_overwrite_a_newer_one() {
        let later = [found(3, &drifted(), "2026-11-24T06:00:00Z")];
        let decision = decide(&later, &Run::of(&clean()), CommentMode::Update);
        assert_eq!((decision.steps.len(), decision.id, decision.notes.len()), (0, Some(3), 1));
    }

    #[test]
    fn a_run_that_was_left_out_says_nothing() {
        assert_eq!(steps(&[], &Report::skipped("Why.", run()), CommentMode::Update), []);
    }
}
