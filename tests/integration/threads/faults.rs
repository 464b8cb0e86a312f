//! Whatever GitHub does: no comment twice, no issue twice, no run that says it delivered what it did not.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::github::{Access, Repository, Token};
use drift_detector::demo::world::GITHUB;
use serde_json::Value;

use super::{REPOSITORY, Shop, alice, said, state};
use crate::faults::{faults, for_each};

/// Delivered, or not and said so.
fn ensure_undelivered(ran: &super::Ran, why: &str) -> Result<()> {
    ensure!(ran.code == 4 && ran.outputs["reason"] == "delivery", "{} {}", ran.code, ran.outputs["reason"]);
    ensure!(ran.summary.contains("[!WARNING]") && ran.summary.contains(why), "{why}: {}", ran.summary);
    ensure!(ran.outputs["status"] == "drift", "the verdict stays");
    Ok(())
}

#[test]
fn a_missing_permission_is_named() -> Result<()> {
    let private = || Repository::new(REPOSITORY).private();
    let job = || Token::actions(REPOSITORY);
    for (token, with, why) in [
        (job(), vec![], "`issues: write`"),
        (job().issues(Access::Read), vec![], "`issues: write`"),
        (job(), vec![("pull-request", "1")], "`pull-requests: write`"),
        (
            job().pull_requests(Access::Read).issues(Access::Write),
            vec![("pull-request", "1")],
            "`pull-requests: write`",
        ),
    ] {
        let shop = Shop::of(private(), token)?;
        ensure_undelivered(&shop.run_with(&with)?, why)?;
    }
    Ok(())
}

#[test]
fn a_repository_that_takes_no_issue_costs_the_issue_alone() -> Result<()> {
    for (repository, why) in [
        (Repository::new(REPOSITORY).without_issues(), "issues switched off"),
        (Repository::new(REPOSITORY).archived(), "archived"),
        (Repository::new("acme/store").once(REPOSITORY), "moved"),
    ] {
        let shop = Shop::of(repository, Shop::token())?;
        ensure_undelivered(&shop.run()?, why)?;
    }
    Ok(())
}

#[test]
fn a_locked_conversation_is_told() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    shop.estate.world.github().lock(REPOSITORY, shop.issue()?.number, &alice())?;
    shop.live("dev", "slow")?;
    ensure_undelivered(&shop.run()?, "locked")?;
    assert_eq!(shop.issue()?.title, "Drift: prod 1, dev 1 (staging clean)", "its text can be edited all the same");
    Ok(())
}

#[test]
fn a_write_that_landed_unseen_is_not_repeated() -> Result<()> {
    for status in [500, 502, 504] {
        let shop = Shop::new()?;
        shop.estate
            .world
            .inject(GITHUB, Rule::new(Fault::After(status)).on("POST /repos/acme/shop/issues$").times(1))?;
        assert_eq!(shop.run()?.code, 0);
        let number = shop.issue()?.number;
        shop.live("dev", "slow")?;
        let comments = format!("POST /repos/acme/shop/issues/{number}/comments");
        shop.estate.world.inject(GITHUB, Rule::new(Fault::After(status)).on(&comments).times(1))?;
        shop.estate.world.inject(GITHUB, Rule::new(Fault::After(status)).on("PATCH /repos").times(1))?;
        assert_eq!(shop.run()?.code, 0);
        assert_eq!(said(&shop.comments(number)), ["**The drift has changed"]);
        assert_eq!(shop.estate.world.struck(GITHUB), 3);
    }
    Ok(())
}

#[test]
fn a_write_that_was_lost_is_repeated() -> Result<()> {
    for fault in [Fault::Status(502), Fault::Refuse, Fault::HtmlPage(503)] {
        let shop = Shop::new()?;
        shop.estate.world.inject(GITHUB, Rule::new(fault.clone()).on("POST /repos/acme/shop/issues$").times(1))?;
        assert_eq!(shop.run()?.code, 0, "{fault:?}");
        shop.issue()?;
    }
    Ok(())
}

#[test]
fn a_text_that_is_silently_refused_is_sent_shorter() -> Result<()> {
    let shop = Shop::new()?;
    shop.run()?;
    let number = shop.issue()?.number;
    shop.run()?;
    let last = shop.estate.world.journal().into_iter().rev().find(|it| it.method == "PATCH").context("an edit")?;
    let mut old: Value = serde_json::from_slice(&last.response_body)?;
    old["body"] = "The old text.".into();
    let fault =
        Fault::StatusWithBody { status: 200, content_type: "application/json".to_owned(), body: old.to_string() };
    let edit = format!("PATCH /repos/acme/shop/issues/{number}");
    shop.estate.world.inject(GITHUB, Rule::new(fault.clone()).on(&edit).times(2))?;
    let before = shop.writes().len();
    assert_eq!(shop.run()?.code, 0);
    assert_eq!(shop.writes().len(), before + 3, "twice in vain, then a shorter one");
    shop.estate.world.inject(GITHUB, Rule::new(fault).on(&edit))?;
    ensure_undelivered(&shop.run()?, "keeps another text")
}

#[test]
fn limits_are_waited_for_within_bounds() -> Result<()> {
    let shop = Shop::new()?;
    shop.estate.world.github().too_fast(2, 1);
    assert_eq!(shop.run()?.code, 0, "two seconds are bearable");
    shop.issue()?;
    shop.estate.world.github().too_fast(1, 3600);
    ensure_undelivered(&shop.run()?, "rate limit")?;
    let shop = Shop::new()?;
    shop.estate.world.github().leave_requests(0, 3600);
    ensure_undelivered(&shop.run()?, "rate limit")?;
    shop.estate.world.github().leave_requests(0, 2);
    assert_eq!(shop.run()?.code, 0, "the hour is over soon");
    Ok(())
}

#[test]
fn every_request_may_fail_in_every_way() -> Result<()> {
    let requests = [
        "GET /repos/acme/shop/issues$",
        "GET /repos/acme/shop/issues/**",
        "GET /repos/acme/shop/labels/**",
        "POST /repos/acme/shop/labels",
        "POST /repos/acme/shop/issues$",
        "PATCH /repos/acme/shop/issues/**",
        "POST /repos/acme/shop/issues/*/comments",
        "POST /graphql",
    ];
    let after = [500, 502, 503].map(Fault::After);
    let faults: Vec<Fault> = faults().into_iter().filter(|it| !matches!(it, Fault::Slow(_))).chain(after).collect();
    let cases: Vec<_> = requests.iter().flat_map(|it| faults.iter().map(move |fault| (*it, fault.clone()))).collect();
    for_each(&cases, |(request, fault)| {
        let what = format!("{request} {fault:?}");
        let shop = Shop::new()?;
        if !request.starts_with("POST /repos/acme/shop/issues$") && !request.contains("labels") {
            shop.run()?;
            shop.live("dev", "slow")?;
        }
        shop.estate.world.inject(GITHUB, Rule::new(fault.clone()).on(request))?;
        let ran = shop.run_with(&[("github-wait", "0s")])?;
        ensure!(shop.estate.world.struck(GITHUB) > 0, "{what}: no such request was made");
        ensure!(ran.outputs["status"] == "drift" && ran.outputs["complete"] == "true", "{what}");
        let warned = ran.summary.contains("[!WARNING]\n> The tracking issue");
        ensure!((ran.code == 4) == warned && (ran.code == 4 || ran.code == 0), "{what}: {} {warned}", ran.code);
        // Healed, the next run puts all in order: one open issue that says what is.
        shop.estate.world.heal(GITHUB);
        ensure!(shop.run()?.code == 0, "{what}: healed");
        let open: Vec<_> = shop.issues().into_iter().filter(|it| state(it) == "open").collect();
        ensure!(open.len() == 1, "{what}: {} open issues", open.len());
        let texts = said(&shop.comments(open[0].number));
        ensure!(texts.iter().filter(|it| it.contains("changed")).count() <= 1, "{what}: {texts:?}");
        Ok(())
    })
}
