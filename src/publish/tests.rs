//! What is written where, and what a destination that fails leaves of the others.

use std::fs;
use std::path::Path;

use crate::model::outcome::{EnvironmentOutcome, Reason};
use crate::render::{self, BODY_BYTES};
use crate::report::fixtures::*;

use super::*;

/// `VIEW=1 cargo test --lib view` writes sample reports to `target/view`, to be looked at in a browser.
#[test]
fn view() -> anyhow::Result<()> {
    if std::env::var_os("VIEW").is_none() {
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/view");
    fs::create_dir_all(&folder)?;
    for (name, report) in samples() {
        let rendered = render::all(&report, BODY_BYTES)?;
        fs::write(folder.join(format!("{name}.md")), rendered.body)?;
        fs::write(folder.join(format!("{name}.summary.md")), rendered.summary)?;
        fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

fn samples() -> Vec<(&'static str, Report)> {
    let clean = |name| environment(name, Ok(compared(6, vec![], vec![])));
    let many = |n: usize| {
        let findings = (0..n).map(|i| {
            let object = object("apps/v1", "Deployment", &format!("service-{:03}", i / 3));
            let field =
                ["spec.replicas", "spec.template.spec.containers[name=web].image", "metadata.labels.team"][i % 3];
            finding(object, field, shown(&format!("{}", i + 1)), shown(&format!("{}", i + 2)))
        });
        compared(1000, findings.collect(), vec![])
    };
    let secret = environment("qa", Err(obstacle(Reason::Unreachable)));
    let regions = EnvironmentOutcome {
        name: "prod".to_owned(),
        targets: vec![
            target("prod-us", Ok(compared(41, vec![replicas()], vec![]))),
            target("prod-eu", Err(obstacle(Reason::Unreachable))),
        ],
        proposal: None,
    };
    let gap = not_compared(object("v1", "ConfigMap", "settings"), Reason::Unresolved);
    vec![
        ("0", report(vec![clean("dev"), clean("staging"), clean("prod")])),
        (
            "1",
            report(vec![
                clean("dev"),
                clean("staging"),
                environment("prod", Ok(compared(6, vec![replicas()], vec![]))),
            ]),
        ),
        ("6", story()),
        ("30", report(vec![clean("dev"), environment("prod", Ok(many(30)))])),
        ("500", report(vec![clean("dev"), environment("prod", Ok(many(500)))])),
        ("partial", report(vec![clean("dev"), environment("prod", Ok(compared(6, vec![], vec![gap])))])),
        ("regions", report(vec![clean("dev"), secret, regions])),
        (
            "failed",
            report(vec![
                environment("dev", Err(obstacle(Reason::Unreachable))),
                environment("prod", Err(obstacle(Reason::Forbidden))),
            ]),
        ),
    ]
}

fn destinations(folder: &Path, console: Console) -> Destinations {
    Destinations {
        out: folder.join("workspace/drift-report"),
        step_summary: Some(folder.join("summary")),
        github_output: Some(folder.join("output")),
        console,
        workspace: folder.join("workspace"),
    }
}

fn published(to: &Destinations, redactor: &Redactor) -> anyhow::Result<(Published, String)> {
    let mut stdout = Vec::new();
    let published =
        publish(&story(), &render::all(&story(), BODY_BYTES)?, &Delivered::default(), to, redactor, &mut stdout);
    Ok((published, String::from_utf8(stdout)?))
}

#[test]
fn everything_is_written_to_its_place() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let to = destinations(folder.path(), Console::Terminal);
    let (published, stdout) = published(&to, &Redactor::default())?;
    assert!(published.failures.is_empty(), "{:?}", published.failures);
    assert_eq!(published.written.len(), 6);
    assert_eq!(stdout, fs::read_to_string(to.out.join("report.md"))?);
    assert_eq!(fs::read_to_string(to.out.join("summary.md"))?, fs::read_to_string(folder.path().join("summary"))?);
    let json = fs::read_to_string(to.out.join("report.json"))?;
    assert_eq!(serde_json::from_str::<Report>(&json)?, story());
    let output = fs::read_to_string(folder.path().join("output"))?;
    assert!(output.contains("\ndrift-report/report.md\n"), "{output}");
    // Nothing temporary is left behind.
    assert_eq!(fs::read_dir(&to.out)?.count(), 4);
    Ok(())
}

#[test]
fn a_destination_that_fails_does_not_stop_the_others() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("file"), "")?;
    let to = Destinations {
        out: folder.path().join("file/drift-report"),
        github_output: Some(folder.path().join("missing/output")),
        ..destinations(folder.path(), Console::Terminal)
    };
    let (published, stdout) = published(&to, &Redactor::default())?;
    assert_eq!(published.failures.len(), 2, "{:?}", published.failures);
    assert_eq!(published.written, [folder.path().join("summary")]);
    assert!(stdout.starts_with("**Drift in dev"));
    Ok(())
}

#[test]
fn a_second_run_replaces_the_files_and_adds_to_the_runner_s() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let to = destinations(folder.path(), Console::Actions);
    published(&to, &Redactor::default())?;
    let once = fs::read_to_string(folder.path().join("summary"))?;
    let (published, stdout) = published(&to, &Redactor::default())?;
    assert!(published.failures.is_empty(), "{:?}", published.failures);
    assert_eq!(fs::read_to_string(folder.path().join("summary"))?.len(), 2 * once.len());
    assert_eq!(fs::read_dir(&to.out)?.count(), 4);
    assert!(stdout.starts_with("::group::Drift report\n::stop-commands::"), "{stdout}");
    Ok(())
}

#[test]
fn given_credentials_reach_no_destination() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // As if a credential stood in names that nobody thought of as text.
    let secrets = ["backend-api", "shop-prod", "pricing-rules"].map(secrecy::SecretString::from);
    let to = destinations(folder.path(), Console::Actions);
    let (_, stdout) = published(&to, &Redactor::new(&secrets))?;
    let mut texts = vec![stdout];
    for file in ["summary", "output", "workspace/drift-report/report.md", "workspace/drift-report/report.json"] {
        texts.push(fs::read_to_string(folder.path().join(file))?);
    }
    for text in texts {
        for secret in ["backend-api", "shop-prod", "pricing-rules"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    Ok(())
}
