//! Which writes the stand-in serves, and that it says of every other one that it does not.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use drift_detector::demo::world::{Profile, World};
use serde_json::Value;

use super::description::Description;
use super::raw::{PROFILES, Raw, story};

/// Writes that the stand-in serves; every other one is refused by its name.
const SERVED: &[&str] = &[
    "POST /unit/tag",
    "POST /space",
    "PATCH,PUT,DELETE /space/{space_id}",
    "PATCH,DELETE /_space",
    "PATCH,DELETE /unit",
    "POST /space/{space_id}/unit",
    "PATCH,PUT,DELETE /space/{space_id}/unit/{unit_id}",
    "PATCH,DELETE /target",
    "POST /space/{space_id}/target",
    "PATCH,PUT,DELETE /space/{space_id}/target/{target_id}",
    "PATCH,DELETE /filter",
    "POST /space/{space_id}/filter",
    "PATCH,PUT,DELETE /space/{space_id}/filter/{filter_id}",
    "PATCH,DELETE /change_set",
    "POST /space/{space_id}/change_set",
    "PATCH,PUT,DELETE /space/{space_id}/change_set/{change_set_id}",
    "PATCH,DELETE /tag",
    "POST /space/{space_id}/tag",
    "PATCH,PUT,DELETE /space/{space_id}/tag/{tag_id}",
    "PATCH,DELETE /trigger",
    "POST /space/{space_id}/trigger",
    "PATCH,PUT,DELETE /space/{space_id}/trigger/{trigger_id}",
];
const SERVED_RELEASE: &[&str] = &[
    "PUT /space/{space_id}/unit/{unit_id}/data",
    "POST /attest",
    "POST /space/{space_id}/attestation",
    "PATCH,DELETE /review_comment",
    "POST /space/{space_id}/unit/{unit_id}/review_comment",
    "PATCH,PUT,DELETE /space/{space_id}/unit/{unit_id}/review_comment/{review_comment_id}",
    "POST /component",
    "PATCH,PUT,DELETE /component/{component_id}",
    "POST /space/{space_id}/change_workflow",
    "PATCH,PUT,DELETE /space/{space_id}/change_workflow/{change_workflow_id}",
];
const SERVED_BRIDGE: &[&str] = &["POST /unit/approve", "POST /space/{space_id}/unit/{unit_id}/approve"];

#[tokio::test]
async fn requests_that_are_not_served_are_refused_by_name() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let description = Description::of(profile);
        let mut served = BTreeSet::new();
        for operation in
            description.operations().filter(|operation| operation["method"] != "GET" && description.exists(operation))
        {
            let (method, described) =
                (operation["method"].as_str().context("no method")?, operation["path"].as_str().context("no path")?);
            let path = described
                .split('/')
                .map(|part| if part.starts_with('{') { "11111111-1111-4111-8111-111111111111" } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            let answer = raw.send(method, &format!("/api{path}"), &Value::Null).await?;
            if answer.status == 501 {
                assert!(answer.text.contains(&format!("{method} {path}")), "{}", answer.text);
            } else {
                served.insert(format!("{method} {described}"));
            }
        }
        let (both, own) = match profile {
            Profile::Release => (SERVED, SERVED_RELEASE),
            Profile::Bridge => (SERVED, SERVED_BRIDGE),
        };
        let expected: BTreeSet<String> = both
            .iter()
            .chain(own)
            .flat_map(|line| {
                let (methods, path) = line.split_once(' ').unwrap_or_default();
                methods.split(',').map(move |method| format!("{method} {path}"))
            })
            .collect();
        assert_eq!(served, expected, "{profile:?}");
        for (method, path, status) in
            [("GET", "/colour", 404), ("GET", "/space/x/unit_data", 404), ("PUT", "/space", 405)]
        {
            let answer = raw.send(method, &format!("/api{path}"), &Value::Null).await?;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        }
        let absent = if profile == Profile::Release { "/unit/approve" } else { "/unit_data" };
        let answer = raw.send("GET", &format!("/api{absent}"), &Value::Null).await?;
        assert_eq!((answer.status, answer.text.contains("no such route")), (404, true), "{absent}");
    }
    Ok(())
}
