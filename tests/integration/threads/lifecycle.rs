//! From run to run, with people in between.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::github::{Access, Site, Token};

use super::{REPOSITORY, Shop, alice, ours, said, state};

#[test]
fn an_issue_is_opened_edited_commented_on_closed_and_reopened() -> Result<()> {
    let shop = Shop::new()?;
    let ran = shop.run()?;
    let issue = shop.issue()?;
    assert_eq!((ran.code, ran.outputs["issue-number"].as_str()), (0, issue.number.to_string().as_str()));
    let page = format!("/{REPOSITORY}/issues/{}", issue.number);
    ensure!(ran.outputs["report-url"].ends_with(&page), "{}", ran.outputs["report-url"]);
    assert_eq!((issue.title.as_str(), issue.author.clone()), ("Drift: prod 1 (dev, staging clean)", ours()));
    assert_eq!(issue.labels, ["drift", "drift/prod"]);
    let body = issue.body.context("a text")?;
    ensure!(
        body.starts_with("<!-- drift-detector:v1 ") && body.contains("\n\n**Drift in prod (1 difference, 1 new).**"),
        "{body}"
    );

    // The same again: an edit, which notifies nobody.
    let before = shop.writes().len();
    shop.run()?;
    assert_eq!(shop.writes()[before..], [format!("PATCH /issues/{}", issue.number)]);
    assert_eq!(shop.comments(issue.number).len(), 0);

    // More: one comment.
    shop.live("dev", "slow")?;
    shop.run()?;
    let now = shop.issue()?;
    assert_eq!((now.title.as_str(), now.labels.len()), ("Drift: prod 1, dev 1 (staging clean)", 3));
    assert_eq!(said(&shop.comments(issue.number)), ["**The drift has changed"]);

    // Half a view closes nothing.
    shop.live("dev", "fast")?;
    shop.live("prod", "fast")?;
    shop.estate.world.cluster("prod")?.forbid("list", "configmaps", None);
    shop.estate.world.cluster("prod")?.forbid("get", "configmaps", None);
    let ran = shop.run()?;
    assert_eq!((ran.code, ran.outputs["status"].as_str(), state(&shop.issue()?).as_str()), (3, "partial", "open"));
    assert_eq!(shop.comments(issue.number).len(), 1);
    Ok(())
}

#[test]
fn clean_closes_and_drift_reopens() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let number = shop.issue()?.number;
    shop.live("prod", "fast")?;
    let ran = shop.run()?;
    assert_eq!((ran.code, ran.outputs["status"].as_str()), (0, "clean"));
    let issue = shop.issue()?;
    assert_eq!((state(&issue).as_str(), issue.title.as_str()), ("completed", "Drift: prod 1 (dev, staging clean)"));
    assert_eq!(said(&shop.comments(number)), ["**No drift any more"]);

    // Still clean: nothing at all.
    let before = shop.writes().len();
    let ran = shop.run()?;
    assert_eq!(shop.writes().len(), before);
    assert_eq!(ran.outputs["issue-number"], number.to_string());

    shop.live("staging", "slow")?;
    shop.run()?;
    let issue = shop.issue()?;
    assert_eq!((state(&issue).as_str(), issue.title.as_str()), ("open", "Drift: staging 1 (dev, prod clean)"));
    assert_eq!(said(&shop.comments(number)), ["**No drift any more", "**Drift is back"]);
    assert_eq!(issue.labels, ["drift", "drift/staging"], "prod's label is gone");
    Ok(())
}

#[test]
fn a_clean_estate_gets_no_issue() -> Result<()> {
    let shop = Shop::new()?;
    shop.live("prod", "fast")?;
    let ran = shop.run()?;
    assert_eq!((ran.code, ran.outputs["issue-number"].as_str(), shop.writes().len()), (0, "", 0));
    Ok(())
}

#[test]
fn what_people_decide_is_respected() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let number = shop.issue()?.number;
    let github = shop.estate.world.github();

    github.close(REPOSITORY, number, &alice(), "completed")?;
    shop.run()?;
    assert_eq!((state(&shop.issue()?).as_str(), said(&shop.comments(number))), ("open", vec!["**Reopened".to_owned()]));

    github.close(REPOSITORY, number, &alice(), "not_planned")?;
    let before = shop.writes().len();
    let ran = shop.run()?;
    assert_eq!((ran.code, state(&shop.issue()?).as_str(), shop.writes().len()), (0, "not_planned", before));
    ensure!(ran.summary.contains("closed as not planned"), "{}", ran.summary);

    shop.live("dev", "slow")?;
    shop.run()?;
    assert_eq!((state(&shop.issue()?).as_str(), shop.comments(number).len()), ("open", 2));

    github.label(REPOSITORY, number, &alice(), "drift/snoozed-300d")?;
    shop.live("staging", "slow")?;
    shop.run()?;
    assert_eq!(shop.comments(number).len(), 2, "snoozed");
    assert_eq!(shop.issue()?.title, "Drift: prod 1, staging 1, dev 1");
    Ok(())
}

#[test]
fn only_our_own_marker_at_the_very_beginning_counts() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let ours = shop.issue()?;
    let body = ours.body.context("a text")?;
    let github = shop.estate.world.github();
    // Somebody else's copy, and a quotation of ours.
    let forged = github.open(REPOSITORY, &alice(), "Drift", &body)?;
    github.label(REPOSITORY, forged, &alice(), "drift")?;
    github.rewrite(REPOSITORY, ours.number, &format!("I edited this\n{body}"))?;
    shop.run()?;
    let all = shop.issues();
    assert_eq!(all.len(), 3, "a new one, because nothing is ours any more");
    assert_eq!(all[1].body.as_deref(), Some(body.as_str()), "somebody else's is left alone");
    Ok(())
}

#[test]
fn another_key_is_another_issue() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    shop.run_with(&[("issue-key", "regional")])?;
    shop.run_with(&[("issue-key", "regional")])?;
    assert_eq!(shop.issues().len(), 2);
    Ok(())
}

#[test]
fn duplicates_are_closed_and_the_oldest_goes_on() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let first = shop.issue()?;
    let github = shop.estate.world.github();
    let body = first.body.context("a text")?;
    for _ in 0..2 {
        let other = github.open(REPOSITORY, &ours(), "Drift", &body)?;
        github.label(REPOSITORY, other, &ours(), "drift")?;
    }
    let ran = shop.run()?;
    let states: Vec<_> = shop.issues().iter().map(state).collect();
    assert_eq!(states, ["open", "duplicate", "duplicate"]);
    assert_eq!(ran.outputs["issue-number"], first.number.to_string());
    Ok(())
}

#[test]
fn two_runs_at_once_end_with_one_open_issue() -> Result<()> {
    let shop = Shop::new()?;
    let steps = [shop.step(&[])?, shop.step(&[])?];
    let codes: Vec<Result<Option<i32>>> = std::thread::scope(|scope| {
        let running: Vec<_> = steps.into_iter().map(|step| scope.spawn(move || Ok(step.run()?.code))).collect();
        running.into_iter().map(|it| it.join().expect("no run panics")).collect()
    });
    for code in codes {
        assert_eq!(code?, Some(0));
    }
    let open: Vec<_> = shop.issues().into_iter().filter(|it| state(it) == "open").collect();
    assert_eq!(open.len(), 1);
    assert_eq!(shop.issues().iter().map(|it| it.number).min(), Some(open[0].number), "the lowest number wins");
    Ok(())
}

#[test]
fn an_older_run_that_ends_last_changes_nothing() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let issue = shop.issue()?;
    let body = issue.body.context("a text")?;
    // As a run that begins to read in the year 2100 would leave it.
    let encoded = body.lines().next().and_then(|it| it.split(' ').nth(2)).context("a marker")?;
    let marker = decoded(encoded)?;
    let later = marker.replace("\"at\":\"20", "\"at\":\"21");
    let line = format!("<!-- drift-detector:v1 {} -->", base64(&later));
    let text = body.replacen(body.lines().next().context("a line")?, &line, 1);
    shop.estate.world.github().rewrite(REPOSITORY, issue.number, &text)?;
    shop.live("dev", "slow")?;
    let before = shop.writes().len();
    let ran = shop.run()?;
    assert_eq!((ran.code, shop.writes().len()), (0, before));
    ensure!(ran.summary.contains("already shows a later run"), "{}", ran.summary);
    Ok(())
}

fn decoded(encoded: &str) -> Result<String> {
    use ::base64::Engine as _;
    Ok(String::from_utf8(::base64::prelude::BASE64_STANDARD.decode(encoded)?)?)
}

fn base64(text: &str) -> String {
    use ::base64::Engine as _;
    ::base64::prelude::BASE64_STANDARD.encode(text)
}

#[test]
fn an_enterprise_server_has_its_own_paths() -> Result<()> {
    let shop = Shop::new()?;
    shop.estate.world.github().serve_as(Site::Enterprise);
    for value in ["slow", "slower", "fast", "slow"] {
        shop.live("prod", value)?;
        assert_eq!(shop.run()?.code, 0);
    }
    let paths: Vec<_> =
        shop.estate.world.journal().into_iter().filter(|it| it.service == "github").map(|it| it.path).collect();
    ensure!(paths.iter().all(|it| it.starts_with("/api/v3/repos/") || it == "/api/graphql"), "{paths:?}");
    assert_eq!(said(&shop.comments(shop.issue()?.number)).len(), 3);
    Ok(())
}

#[test]
fn where_labels_are_dropped_it_is_found_by_its_author() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let issue = shop.issue()?;
    for label in ["drift", "drift/prod"] {
        shop.estate.world.github().unlabel(REPOSITORY, issue.number, &alice(), label)?;
    }
    shop.run()?;
    assert_eq!(shop.issue()?.labels, ["drift", "drift/prod"], "and gets them again");
    Ok(())
}

#[test]
fn a_person_s_token_works_as_well() -> Result<()> {
    let repository = drift_detector::demo::github::Repository::new(REPOSITORY).private();
    let shop = Shop::of(
        repository.role("bob", drift_detector::demo::github::Role::Write),
        Token::person("bob").issues(Access::None),
    )?;
    for value in ["slow", "slower", "fast"] {
        shop.live("prod", value)?;
        assert_eq!(shop.run()?.code, 0);
    }
    assert_eq!(state(&shop.issue()?), "completed");
    Ok(())
}
