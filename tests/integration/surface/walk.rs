//! Every GET that the stand-in serves, in both generations, with everything that may be asked of it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use drift_detector::demo::world::{Profile, World};
use serde_json::{Value, json};

use super::description::{Description, entity_of};
use super::raw::{PROFILES, Raw, story};
use super::verify;

/// A GET operation that the stand-in serves, and its path in the story.
struct Served {
    operation: &'static Value,
    path: String,
}

/// Operations of the description that the stand-in does not refuse as not built.
async fn served(raw: &Raw<'_>, profile: Profile) -> Result<Vec<Served>> {
    let description = Description::of(profile);
    let ids = ids(raw).await?;
    let mut all = Vec::new();
    for operation in
        description.operations().filter(|operation| operation["method"] == "GET" && description.exists(operation))
    {
        let mut path = operation["path"].as_str().context("no path")?.to_owned();
        for (name, id) in &ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        let status = if path.contains('{') { 501 } else { raw.get(&path).await?.status };
        if status != 501 {
            assert_eq!(status, 200, "GET {path}");
            all.push(Served { operation, path });
        }
    }
    Ok(all)
}

async fn ids(raw: &Raw<'_>) -> Result<Vec<(&'static str, String)>> {
    let space = raw.world.confighub().space_id("shop-dev").to_string();
    let unit = raw.world.confighub().unit_id("shop-dev", "checkout").to_string();
    made(raw, &space, &unit).await?;
    let me = raw.get("/me").await?.json()?;
    let organization = me["OrganizationID"].as_str().context("no organization")?.to_owned();
    let mut ids = vec![("space_id", space.clone()), ("unit_id", unit.clone()), ("organization_id", organization)];
    let lists = [
        ("change_set_id", "/change_set".to_owned(), "ChangeSet", "ChangeSetID"),
        ("tag_id", "/tag".to_owned(), "Tag", "TagID"),
        ("trigger_id", "/trigger".to_owned(), "Trigger", "TriggerID"),
        ("component_id", "/component".to_owned(), "Component", "ComponentID"),
        ("attestation_id", "/attestation".to_owned(), "Attestation", "AttestationID"),
        ("review_comment_id", "/review_comment".to_owned(), "ReviewComment", "ReviewCommentID"),
        ("change_workflow_id", format!("/space/{space}/change_workflow"), "ChangeWorkflow", "ChangeWorkflowID"),
        ("revision_id", format!("/space/{space}/unit/{unit}/revision"), "Revision", "RevisionID"),
        ("target_id", format!("/space/{space}/target"), "Target", "TargetID"),
        ("filter_id", format!("/space/{space}/filter"), "Filter", "FilterID"),
        ("release_id", format!("/space/{space}/release"), "Release", "ReleaseID"),
    ];
    for (name, path, kind, key) in lists {
        let answer = raw.get(&path).await?;
        if answer.status == 200 {
            ids.push((name, answer.json()?[0][kind][key].as_str().context("an empty list")?.to_owned()));
        }
    }
    Ok(ids)
}

/// Something of every kind that the story does not have.
async fn made(raw: &Raw<'_>, space: &str, unit: &str) -> Result<()> {
    let trigger =
        json!({"Slug": "t", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-approvedby"});
    let mut all = vec![
        (format!("/space/{space}/change_set"), json!({"Slug": "c"})),
        (format!("/space/{space}/tag"), json!({"Slug": "t"})),
        (format!("/space/{space}/trigger"), trigger),
    ];
    if raw.world.confighub().profile() == Profile::Release {
        all.push(("/component".to_owned(), json!({"Slug": "c"})));
        all.push((format!("/space/{space}/change_workflow"), json!({"Slug": "w", "Stages": []})));
        all.push((format!("/space/{space}/attestation"), json!({"Note": "seen"})));
        all.push((format!("/space/{space}/unit/{unit}/review_comment"), json!({"RevisionNum": 1, "Text": "x"})));
    }
    for (path, body) in all {
        let answer =
            raw.post(&path, &[("allow_exists", "true")][..usize::from(body["Slug"].is_string())], &body).await?;
        assert_eq!(answer.status, 200, "POST {path}: {}", answer.text);
    }
    Ok(())
}

#[tokio::test]
async fn every_read_is_as_the_service_describes_it() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let all = served(&raw, profile).await?;
        let least = if profile == Profile::Release { 41 } else { 24 };
        assert!(all.len() >= least, "only {} reads are served", all.len());
        let description = Description::of(profile);
        // The search for what is served asked for things that are not.
        world.journal_book().clear();
        for Served { operation, path } in &all {
            let takes = |name: &str| operation["query"].get(name).is_some();
            raw.get(path).await?;
            if takes("select") && entity_of(operation) == Some("Unit") {
                raw.get(&format!("{path}?select=Slug,DataHash,HeadRevisionNum")).await?;
            }
            let entity = entity_of(operation).unwrap_or_default();
            let expandable = description.attributes("include", entity).filter(|_| takes("include")).unwrap_or_default();
            if !expandable.is_empty() {
                raw.get(&format!("{path}?include={}", expandable.join(","))).await?;
            }
            if takes("limit") {
                raw.get(&format!("{path}?limit=1000")).await?;
            }
            if takes("contains") {
                raw.get(&format!("{path}?contains=shop")).await?;
            }
            if takes("summary") {
                raw.get(&format!("{path}?summary=true")).await?;
            }
            if takes("distinct_on") {
                raw.get(&format!("{path}?distinct_on=Off&limit=5&where=RevisionNum%20>%201")).await?;
            }
        }
        // Refusals that the service declares are in its shape as well.
        raw.get(&format!("/space/{}", uuid::Uuid::nil())).await?;
        raw.filtered("/unit", "Slug LIKE 'a%' AND").await?;
        raw.with_token(None).get("/me").await?;
        verify(&world)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_stand_in_takes_the_attributes_that_the_service_lists_and_no_others() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let description = Description::of(profile);
        let all = served(&raw, profile).await?;
        let mut names: BTreeSet<&str> = BTreeSet::from(["Colour", "LiveStatus", "ApprovedBy", "TagID"]);
        for entity in ["Unit", "Space", "Revision", "Target", "Filter", "Release", "ChangeSet"] {
            names.extend(description.attributes("where", entity).unwrap_or_default());
            names.extend(description.attributes("include", entity).unwrap_or_default());
        }
        let mut tried = BTreeSet::new();
        for Served { operation, path } in &all {
            let entity = entity_of(operation).unwrap_or_default();
            for parameter in
                ["where", "include", "order_by"].into_iter().filter(|name| operation["query"].get(name).is_some())
            {
                let Some(listed) = description.attributes(parameter, entity) else { continue };
                if !tried.insert((entity, parameter)) {
                    // The same lists stand behind every path of an entity.
                    continue;
                }
                let value =
                    |name: &&str| if parameter == "where" { format!("{name} IS NOT NULL") } else { (*name).to_owned() };
                let together = listed.iter().map(value).collect::<Vec<_>>();
                let together = together.join(if parameter == "where" { " AND " } else { "," });
                let answer = raw.get_with(path, &[(parameter, &together)], &[]).await?;
                assert_eq!(answer.status, 200, "{profile:?} {path} {parameter}: {}", answer.text);
                for name in names.iter().filter(|name| !listed.contains(name)) {
                    let answer = raw.get_with(path, &[(parameter, &value(name))], &[]).await?;
                    assert_eq!(answer.status, 400, "{profile:?} {path} {parameter}={name}: {}", answer.text);
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_stand_in_selects_the_members_that_entities_have_and_no_others() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let description = Description::of(profile);
        let all = served(&raw, profile).await?;
        for Served { operation, path } in all.iter().filter(|served| served.operation["query"].get("select").is_some())
        {
            let of = &operation["responses"]["200"]["application/json"];
            let name = of["ref"].as_str().or_else(|| of["array"]["ref"].as_str()).context("no schema")?;
            let schema = description.schema(name.strip_prefix("Extended").unwrap_or(name)).context("no schema")?;
            // Large and made by the worker: known, and not built.
            let large = ["LiveData", "LiveState", "BridgeState", "MutationSources"];
            let members = schema["fields"].as_object().context("no members")?.keys().map(String::as_str);
            let (large, small): (Vec<&str>, Vec<&str>) = members.partition(|member| large.contains(member));
            let expected = [(small.join(","), 200), ("Colour".to_owned(), 400)];
            let refused = large.into_iter().map(|member| (member.to_owned(), 501));
            for (select, status) in expected.into_iter().chain(refused) {
                let answer = raw.get_with(path, &[("select", &select)], &[]).await?;
                assert_eq!(answer.status, status, "{profile:?} {path} {select}: {}", answer.text);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_example_story_is_served_as_the_service_describes_it() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&drift_detector::demo::story::chubby_paws(), profile)?;
        let raw = Raw::new(&world)?;
        for environment in ["base", "dev", "staging", "prod"] {
            let slug = format!("chubby-paws-{environment}");
            let spaces = raw.filtered("/space", &format!("Slug = '{slug}'")).await?;
            assert_eq!(spaces.slugs("Space")?, [slug.as_str()]);
            let path = format!("/space/{}/unit?include=TargetID,UpstreamUnitID", world.confighub().space_id(&slug));
            let units = raw.filtered(&path, "ToolchainType = 'Kubernetes/YAML'").await?.json()?;
            let units = units.as_array().context("no list")?;
            assert_eq!(units.len(), 8);
            let shipped = if profile == Profile::Release { "LastReleasedRevisionNum" } else { "LiveRevisionNum" };
            let pending: Vec<&Value> = units
                .iter()
                .map(|unit| &unit["Unit"])
                .filter(|unit| !unit[shipped].is_null() && unit[shipped] != unit["HeadRevisionNum"])
                .map(|unit| &unit["Slug"])
                .collect();
            assert_eq!(pending, if environment == "staging" { vec!["cache"] } else { vec![] });
            let cloned = units.iter().all(|unit| unit["UpstreamUnit"]["Slug"] == unit["Unit"]["Slug"]);
            assert_eq!(cloned, environment != "base");
        }
        verify(&world)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_stand_in_takes_the_parameters_that_the_service_declares_and_no_others() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let all = served(&raw, profile).await?;
        let declared = |served: &Served| served.operation["query"].as_object().cloned().unwrap_or_default();
        let names: BTreeSet<String> =
            all.iter().flat_map(|served| declared(served).into_iter().map(|(name, _)| name)).collect();
        for served in all.iter().filter(|served| served.path != "/info") {
            for name in names.iter().map(String::as_str).chain(["colour"]) {
                let answer = raw.get_with(&served.path, &[(name, "")], &[]).await?;
                let unknown = answer.text.contains("unknown query parameter");
                assert_eq!(unknown, !declared(served).contains_key(name), "{profile:?} {} {name}", served.path);
            }
        }
    }
    Ok(())
}
