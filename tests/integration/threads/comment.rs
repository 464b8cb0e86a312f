//! The comment on a pull request.

use anyhow::{Context as _, Result, ensure};

use super::Shop;

const ON: (&str, &str) = ("pull-request", "1");

#[test]
fn one_comment_is_kept_up_to_date() -> Result<()> {
    let shop = Shop::new()?;
    let ran = shop.run_with(&[ON])?;
    let comments = shop.comments(1);
    assert_eq!((ran.code, comments.len(), shop.issues().len()), (0, 1, 0));
    assert_eq!(ran.outputs["comment-id"], comments[0].id.to_string());
    let body = &comments[0].body;
    ensure!(
        body.contains("**Drift in prod (1 difference, 1 new).**") && body.contains("For commit 1f0e2d3c4b5a"),
        "{body}"
    );
    shop.live("prod", "fast")?;
    shop.run_with(&[ON])?;
    let comments = shop.comments(1);
    assert_eq!(comments.len(), 1);
    let shown: Vec<_> = comments[0].body.lines().filter(|it| !it.is_empty() && !it.starts_with("<!--")).collect();
    ensure!(
        shown.len() == 2 && shown[0].starts_with("🟢 **No drift:** dev, staging and prod run what ConfigHub says."),
        "{shown:?}"
    );
    Ok(())
}

#[test]
fn the_modes_differ_in_what_becomes_of_the_old_one() -> Result<()> {
    let shop = Shop::new()?;
    let only = [ON, ("comment-mode", "changes-only")];
    shop.live("prod", "fast")?;
    shop.run_with(&only)?;
    assert_eq!(shop.comments(1).len(), 0, "never dirty, no comment");
    shop.live("prod", "slow")?;
    shop.run_with(&only)?;
    let before = shop.writes().len();
    shop.run_with(&only)?;
    assert_eq!((shop.comments(1).len(), shop.writes().len()), (1, before), "nothing changed, nothing written");
    let new = [ON, ("comment-mode", "new-and-minimise")];
    for expected in 2..4 {
        shop.run_with(&new)?;
        let comments = shop.comments(1);
        let hidden: Vec<_> = comments.iter().map(|it| it.minimized.as_deref()).collect();
        assert_eq!(hidden.len(), expected);
        assert_eq!(hidden.last().context("a comment")?, &None);
        assert!(hidden[..expected - 1].iter().all(|it| *it == Some("OUTDATED")), "{hidden:?}");
    }
    Ok(())
}

#[test]
fn both_may_be_asked_for() -> Result<()> {
    let shop = Shop::new()?;
    let ran = shop.run_with(&[ON, ("report-to", "both")])?;
    assert_eq!((ran.code, shop.comments(1).len(), shop.issues().len()), (0, 1, 1));
    let ran = shop.run_with(&[ON, ("report-to", "none")])?;
    assert_eq!((ran.outputs["issue-number"].as_str(), ran.outputs["comment-id"].as_str()), ("", ""));
    Ok(())
}
