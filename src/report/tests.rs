//! How verdicts are composed, table by table.

use crate::model::outcome::{NotCompared, Reason};
use crate::model::proposal::ChangeSetState;

use super::fixtures::*;
use super::*;

fn drift() -> Comparison {
    compared(6, vec![replicas()], vec![])
}

fn clean() -> Comparison {
    compared(6, vec![], vec![])
}

fn gap() -> Comparison {
    compared(6, vec![], vec![not_compared(object("v1", "ConfigMap", "settings"), Reason::Unresolved)])
}

fn drift_and_gap() -> Comparison {
    Comparison { findings: vec![replicas()], ..gap() }
}

fn nothing() -> Comparison {
    Comparison::default()
}

fn unread() -> Result<Comparison, Obstacle> {
    Err(obstacle(Reason::Unreachable))
}

fn left_out(name: &str) -> EnvironmentOutcome {
    EnvironmentOutcome { name: name.to_owned(), targets: vec![], proposal: None }
}

#[test]
fn an_environment_is_as_good_as_its_targets_together() {
    use Status::{Clean, Drift, Failed, Partial, Skipped};
    let unexplained = Comparison { compared: 5, ..clean() };
    for (targets, status, complete) in [
        (vec![Ok(clean())], Clean, true),
        (vec![Ok(drift())], Drift, true),
        (vec![Ok(gap())], Partial, false),
        (vec![Ok(drift_and_gap())], Drift, false),
        (vec![Ok(nothing())], Partial, false),
        (vec![Ok(unexplained)], Partial, false),
        (vec![unread()], Failed, false),
        (vec![], Skipped, false),
        (vec![Ok(clean()), Ok(clean())], Clean, true),
        (vec![Ok(clean()), Ok(drift())], Drift, true),
        (vec![Ok(clean()), Ok(nothing())], Partial, false),
        (vec![Ok(clean()), unread()], Partial, false),
        (vec![Ok(drift()), unread()], Drift, false),
        (vec![unread(), unread()], Failed, false),
    ] {
        let targets: Vec<_> =
            targets.into_iter().enumerate().map(|(n, it)| target(&format!("region-{n}"), it)).collect();
        let shown = format!("{targets:?}");
        let report = report(vec![EnvironmentOutcome { name: "prod".to_owned(), targets, proposal: None }]);
        let prod = &report.environments[0];
        assert_eq!((prod.status, prod.complete), (status, complete), "{shown}");
        assert_eq!(report.status, status, "a run of one environment has its status");
        assert_eq!(report.promotion_safe, PromotionSafe::Unknown, "one environment has no next");
    }
}

#[test]
fn a_run_is_as_good_as_its_environments_together() {
    use Status::{Clean, Drift, Failed, Partial, Skipped};
    let env = |result| environment("dev", result);
    for (environments, status, reason, complete) in [
        (vec![env(Ok(clean())), env(Ok(clean()))], Clean, Cause::Clean, true),
        (vec![env(Ok(clean())), env(Ok(drift()))], Drift, Cause::Drift, true),
        (vec![env(Ok(drift())), env(unread())], Drift, Cause::Drift, false),
        (vec![env(Ok(drift())), env(Ok(gap()))], Drift, Cause::Drift, false),
        (vec![env(Ok(clean())), env(unread())], Partial, Cause::Unreachable, false),
        (vec![env(Ok(clean())), env(Ok(gap()))], Partial, Cause::NotComparable, false),
        (vec![env(Ok(gap())), env(Err(obstacle(Reason::Forbidden)))], Partial, Cause::Permission, false),
        (vec![env(Ok(clean())), env(Ok(nothing()))], Partial, Cause::NothingInScope, false),
        (vec![env(unread()), env(unread())], Failed, Cause::Unreachable, false),
        (vec![env(unread()), left_out("qa")], Failed, Cause::Unreachable, false),
        (vec![env(Err(obstacle(Reason::Misconfigured)))], Failed, Cause::Config, false),
        (vec![env(Err(obstacle(Reason::TimedOut)))], Failed, Cause::Timeout, false),
        (vec![env(Ok(clean())), left_out("qa")], Clean, Cause::Clean, false),
        (vec![left_out("dev"), left_out("qa")], Skipped, Cause::Skipped, false),
        (vec![], Skipped, Cause::Skipped, false),
    ] {
        let shown = format!("{environments:?}");
        let report = report(environments);
        assert_eq!((report.status, report.reason, report.complete), (status, reason, complete), "{shown}");
    }
}

#[test]
fn promotion_waits_for_drift_and_open_changesets_at_either_end() {
    use EdgeVerdict::{Safe, Unknown, Wait};
    let with = |outcome, proposal| EnvironmentOutcome { proposal, ..outcome };
    let others = || Proposal { others: vec![text("shop-dev/summer")], ..Proposal::default() };
    let env = |name, result| environment(name, result);
    for (from, to, verdict, reasons) in [
        (
            env("dev", Ok(clean())),
            env("prod", Ok(clean())),
            Safe,
            vec!["dev and prod run what ConfigHub says, and no ChangeSet is open."],
        ),
        (
            with(env("dev", Ok(clean())), Some(Ok(proposed(ChangeSetState::Approved)))),
            env("prod", Ok(clean())),
            Wait,
            vec!["The ChangeSet drift-dev-1 of dev is approved and not shipped yet."],
        ),
        (
            env("dev", Ok(clean())),
            with(env("prod", Ok(clean())), Some(Ok(others()))),
            Wait,
            vec!["The ChangeSet shop-dev/summer is open in prod."],
        ),
        (
            with(env("dev", Ok(clean())), Some(Ok(proposed(ChangeSetState::Fixed)))),
            env("prod", Ok(clean())),
            Safe,
            vec!["dev and prod run what ConfigHub says, and no ChangeSet is open."],
        ),
        (
            with(env("dev", Ok(clean())), None),
            with(env("prod", Ok(clean())), Some(Err(obstacle(Reason::Forbidden)))),
            Unknown,
            vec![
                "The ChangeSets of dev were not read.",
                "The ChangeSets of prod could not be read: the token may not list Ingresses in the namespace shop (403).",
            ],
        ),
        (
            env("dev", Ok(drift())),
            env("prod", Ok(clean())),
            Wait,
            vec!["What runs in dev is not what ConfigHub would promote (1 difference)."],
        ),
        (
            env("dev", Ok(drift())),
            env("prod", Ok(drift_and_gap())),
            Wait,
            vec![
                "What runs in dev is not what ConfigHub would promote (1 difference).",
                "Promoting may undo what runs in prod (1 difference).",
            ],
        ),
        (
            env("dev", Ok(gap())),
            env("prod", unread()),
            Unknown,
            vec!["In dev, 1 object was not compared.", "Nothing in prod could be read."],
        ),
        (
            left_out("dev"),
            env("prod", Ok(nothing())),
            Unknown,
            vec!["The environment dev was left out of this run.", "In prod, nothing was in scope."],
        ),
    ] {
        let report = report(vec![from, to]);
        let [edge] = report.edges.as_slice() else { panic!("two environments have one edge") };
        assert_eq!(edge.verdict, verdict, "{reasons:?}");
        assert_eq!(edge.reasons, reasons);
        let safe = match verdict {
            Safe => PromotionSafe::True,
            Wait => PromotionSafe::False,
            Unknown => PromotionSafe::Unknown,
        };
        assert_eq!(report.promotion_safe, safe);
    }
}

#[test]
fn one_step_that_waits_decides_the_path() {
    let env = |name, result| environment(name, Ok(result));
    let report = report(vec![env("dev", clean()), env("staging", clean()), env("prod", drift())]);
    assert_eq!(report.edges.iter().map(|it| it.verdict).collect::<Vec<_>>(), [EdgeVerdict::Safe, EdgeVerdict::Wait]);
    assert_eq!(report.promotion_safe, PromotionSafe::False);
}

#[test]
fn the_verdict_says_it_in_plain_words() {
    let env = |name, result| environment(name, result);
    let many: Vec<_> = (0..9).map(|n| env(["a", "b", "c", "d", "e", "f", "g", "h", "i"][n], Ok(clean()))).collect();
    let regions = |us, eu| EnvironmentOutcome {
        name: "prod".to_owned(),
        targets: vec![target("us", us), target("eu", eu)],
        proposal: None,
    };
    let unparsable =
        NotCompared { unit: Some("broken".to_owned()), object: None, obstacle: obstacle(Reason::Unparsable) };
    let two_kinds = Comparison { not_compared: [gap().not_compared, vec![unparsable]].concat(), ..gap() };
    let mut said = String::new();
    for environments in [
        vec![env("prod", Ok(clean()))],
        vec![env("dev", Ok(clean())), env("staging", Ok(clean())), env("prod", Ok(clean()))],
        many,
        vec![env("dev", Ok(drift())), env("staging", Ok(clean())), env("prod", Ok(drift_and_gap()))],
        vec![env("dev", Ok(clean())), env("prod", Ok(two_kinds))],
        vec![env("dev", Ok(clean())), env("prod", unread())],
        vec![env("dev", unread()), env("prod", unread())],
        vec![env("dev", Ok(clean())), left_out("qa")],
        vec![left_out("dev")],
        vec![regions(Ok(drift()), unread())],
        vec![regions(Ok(gap()), Ok(nothing()))],
    ] {
        let report = report(environments);
        said.push_str(&format!("{}\n", report.verdict));
        report.remarks.iter().for_each(|it| said.push_str(&format!("  {it}\n")));
    }
    insta::assert_snapshot!(said, @r"
    No drift: prod runs what ConfigHub says.
    No drift: dev, staging and prod run what ConfigHub says.
    No drift: a, b, c, d, e and 4 more run what ConfigHub says.
    Drift in dev (1 difference) and prod (1 difference).
      No drift in staging.
      In prod, 1 object was not compared.
    No drift found, but not everything in prod could be compared.
      No drift in dev.
      In prod, 1 object and 1 unit were not compared.
    No drift found, but not everything in prod could be compared.
      No drift in dev.
      Nothing in prod could be read.
    Nothing could be compared: dev and prod could not be read.
    No drift: dev runs what ConfigHub says.
      Left out of this run: qa.
    Nothing was compared: every environment was left out of this run.
    Drift in prod (1 difference).
      In prod, eu could not be read.
    No drift found, but not everything in prod could be compared.
      In prod, 1 object was not compared in us and nothing was in scope in eu.
    ");
}

#[test]
fn one_obstacle_over_several_objects_is_one_group() {
    let entry = |name, reason| not_compared(object("v1", "ConfigMap", name), reason);
    let entries = vec![entry("b", Reason::Forbidden), entry("x", Reason::Unresolved), entry("a", Reason::Forbidden)];
    let groups = NotComparedGroup::all(entries);
    let shown: Vec<_> = groups.iter().map(|it| (it.obstacle.reason, it.count, it.objects[0].name.as_str())).collect();
    assert_eq!(shown, [(Reason::Forbidden, 2, "a"), (Reason::Unresolved, 1, "x")]);
}

#[test]
fn counts_are_sums() {
    let counts = story().counts;
    assert_eq!((counts.findings, counts.objects_drifted, counts.compared, counts.in_scope), (8, 6, 22, 24));
    assert_eq!((counts.not_compared, counts.suppressed, counts.pending, counts.not_deployed), (2, 3, 1, 2));
}

#[test]
fn a_report_survives_its_json() -> anyhow::Result<()> {
    let report = story();
    assert_eq!(serde_json::from_str::<Report>(&serde_json::to_string(&report)?)?, report);
    Ok(())
}

/// After a change of the report run `UPDATE_SCHEMA=1 cargo test --lib schema` and read the difference: what readers rely on
/// must not go away within a schema version.
#[test]
fn the_schema_that_is_checked_in_is_the_one_of_the_types() -> anyhow::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/schema.json");
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report).to_value())? + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema)?;
    }
    let stored = std::fs::read_to_string(path)?;
    assert!(stored == schema, "{path} is out of date: run with UPDATE_SCHEMA=1");
    Ok(())
}

#[test]
fn a_report_satisfies_its_schema() -> anyhow::Result<()> {
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA)?)?;
    let mut report = serde_json::to_value(story())?;
    assert!(validator.is_valid(&report));
    report["status"] = "fine".into();
    assert!(!validator.is_valid(&report));
    Ok(())
}
