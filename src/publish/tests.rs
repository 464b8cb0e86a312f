use std::fs;
use std::path::Path;

use crate::render::{self, BODY_BYTES};
use crate::report::Report;
use crate::report::fixtures::*;

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
    use crate::model::outcome::{EnvironmentOutcome, Reason};
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
