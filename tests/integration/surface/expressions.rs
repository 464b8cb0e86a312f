//! The where language, by plain HTTP.

use anyhow::{Context as _, Result};
use drift_detector::demo::world::{Profile, World};
use serde_json::json;

use super::raw::{PROFILES, Raw, story};

#[tokio::test]
async fn expressions_that_the_grammar_has_select_what_they_say() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let dev = world.confighub().space_id("shop-dev");
        let unit = world.confighub().unit_id("shop-dev", "search");
        let shipped = if profile == Profile::Release { "LastReleasedRevisionNum" } else { "LiveRevisionNum" };
        let kubernetes = "ToolchainType = 'Kubernetes/YAML'";
        let table: Vec<(String, &[&str])> = vec![
            ("Slug = 'checkout'".into(), &["checkout"]),
            ("Slug='checkout'".into(), &["checkout"]),
            ("Slug = 'nothing'".into(), &[]),
            (format!("{kubernetes} AND Labels.tier = 'critical'"), &["checkout"]),
            (format!("{kubernetes} AND Slug IN ('flags', 'search')"), &["search"]),
            ("Slug NOT IN ('flags','search')".into(), &["checkout", "fresh"]),
            ("Slug LIKE 'f%'".into(), &["flags", "fresh"]),
            ("Slug ILIKE 'FRES_'".into(), &["fresh"]),
            ("Slug NOT LIKE '%e%'".into(), &["flags"]),
            ("Slug ~ '^f' AND Slug !~ 'sh$'".into(), &["flags"]),
            ("Labels ? 'tier'".into(), &["checkout", "search"]),
            ("Labels.tier != 'critical'".into(), &["flags", "fresh", "search"]),
            ("Labels.tier IS NULL".into(), &["flags", "fresh"]),
            ("LEN(Labels) > 0".into(), &["checkout", "search"]),
            ("TargetID IS NULL".into(), &["flags"]),
            ("Space.Slug = 'shop-dev' AND Space.Labels.environment = 'dev' AND Slug > 'g'".into(), &["search"]),
            (format!("UnitID = '{unit}'"), &["search"]),
            (format!("HeadRevisionNum > {shipped} AND {shipped} > 0"), &["checkout"]),
            (format!("{shipped} = 0"), &["flags", "fresh"]),
            (
                "UpstreamUnit.Slug = 'checkout' AND UpstreamUnit.HeadRevisionNum <= HeadRevisionNum".into(),
                &["checkout"],
            ),
            ("Unit.Slug = 'fresh'".into(), &["fresh"]),
            ("CreatedAt < '2026-10-07T10:00:00Z' AND Slug = 'fresh'".into(), &["fresh"]),
        ];
        for (expression, slugs) in table {
            let answer = raw.filtered(&format!("/space/{dev}/unit"), &expression).await?;
            assert_eq!(answer.status, 200, "{expression}: {}", answer.text);
            assert_eq!(answer.slugs("Unit")?, slugs, "{profile:?}: {expression}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn expressions_outside_the_grammar_are_refused() -> Result<()> {
    let long = format!("Slug = '{}'", "x".repeat(256));
    let longer = format!("Slug IN ({})", vec!["'0123456789'"; 400].join(","));
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        for expression in [
            "(Slug = 'a')",
            "Slug = 'a' OR Slug = 'b'",
            "Slug = 'a' and Slug = 'b'",
            "Slug = 'a' AND",
            "Slug = 'it''s'",
            "Slug = 'a\\b'",
            "Slug = 'a\"b'",
            "Slug = \"a\"",
            "Slug = 'a",
            "Slug = a",
            "Slug",
            "Slug CONTAINS 'a'",
            "SetIDs contains 'a'",
            "Labels['tier'] = 'critical'",
            "Labels = 'critical'",
            "UpgradeNeeded = true",
            "UpstreamSpaceID = 'shop-base'",
            "UnitID > '11111111-1111-4111-8111-111111111111'",
            "HeadRevisionNum = '3'",
            "HeadRevisionNum = 12345678901",
            "CreatedAt > 'yesterday'",
            "Slug.x = 'a'",
            "Space.Colour = 'red'",
            "Slug IN ()",
            "Slug IN 'a'",
            "slug = 'a'",
            "Slug = 'a'; DROP",
            &long,
            &longer,
        ] {
            let answer = raw.filtered("/unit", expression).await?;
            assert_eq!((answer.status, &answer.json()?["Code"]), (400, &json!("400")), "{expression}: {}", answer.text);
        }
    }
    Ok(())
}

#[tokio::test]
async fn filters_select_what_their_expression_says() -> Result<()> {
    for profile in PROFILES {
        let world = World::start(&story(), profile)?;
        let raw = Raw::new(&world)?;
        let filter = raw.filtered("/filter", "Slug = 'critical'").await?.json()?[0]["Filter"].clone();
        let id = filter["FilterID"].as_str().context("no filter")?;
        assert_eq!(raw.get(&format!("/unit?filter={id}")).await?.slugs("Unit")?, ["checkout"]);
        let other = [("filter", id), ("where", "Slug = 'search'")];
        assert_eq!(raw.get_with("/unit", &other, &[]).await?.slugs("Unit")?, Vec::<String>::new());
        assert_eq!(raw.get(&format!("/space?filter={id}")).await?.status, 400, "a Filter over units");
        assert_eq!(raw.get("/unit?filter=critical").await?.status, 400);
        assert_eq!(raw.get("/unit?filter=11111111-1111-4111-8111-111111111111").await?.status, 404);
    }
    Ok(())
}
