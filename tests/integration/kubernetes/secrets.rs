//! One real server with Secrets among what is desired: never listed, and read only when that is asked for.

use std::collections::BTreeSet;

use anyhow::Result;
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;

use super::{findings, read};
use crate::apiserver::{ADMIN, ALICE, ApiServer, Request};
use crate::detector::Answer;
use crate::estate::{Estate, ONE, config_map};

/// More than are read one by one elsewhere: as `ConfigMap`s they would be listed.
const SECRETS: usize = 12;

fn secret(number: usize) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token-{number}\nstringData:\n  token: very-private-{number}\n"
    )
}

/// One run with these settings, and what it asked.
fn run(server: &ApiServer, units: &str, config: &str) -> Result<(Answer, Vec<Request>)> {
    let space = Space::new("shop-dev").namespace("shop").unit(("web", units));
    let estate = Estate::new(&Story::new().space(space), Profile::Release, config)?;
    read(server, estate.detector()?)
}

#[test]
fn secrets_are_never_listed_and_got_only_when_asked_for() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let mut documents: Vec<String> = (0..SECRETS).map(secret).collect();
    documents.extend((0..SECRETS).map(|number| config_map(&format!("settings-{number}"), "fast")));
    let units = documents.join("---\n");
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    server.kubectl(ADMIN, &["apply", "--server-side", "-n", "shop", "-f", "-"], Some(&units))?;
    let patch = r#"{"stringData":{"token":"somebody-elses"}}"#;
    server.kubectl(ALICE, &["patch", "secret", "token-3", "-n", "shop", "-p", patch], None)?;

    server.grant_reader(&["get", "list"], &["configmaps"])?;
    let (answer, asked) = run(&server, &units, ONE)?;
    assert_eq!((findings(&answer.report()?), answer.code), (BTreeSet::new(), Some(0)), "{}", answer.said());
    assert!(asked.iter().all(|it| it.resource != "secrets"), "{asked:#?}");
    assert!(asked.iter().any(|it| it.resource == "configmaps" && it.verb == "list"), "{asked:#?}");

    server.grant_reader(&["get"], &["secrets"])?;
    let (answer, asked) = run(&server, &units, &format!("{ONE}scope:\n  secrets: true\n"))?;
    let want = BTreeSet::from(["dev field-changed Secret/token-3 /data/token".to_owned()]);
    assert_eq!(findings(&answer.report()?), want, "{}", answer.said());
    assert_eq!(asked.iter().filter(|it| it.resource == "secrets").count(), SECRETS, "{asked:#?}");
    for value in ["very-private", "somebody-elses", "c29tZWJvZHktZWxzZXM="] {
        assert!(!answer.everything()?.contains(value), "`{value}` is shown");
    }
    Ok(())
}
