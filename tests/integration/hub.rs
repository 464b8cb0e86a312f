//! ConfigHub as the pipeline reads it: pages, edits in between, scopes, namespaces, and radio silence.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use drift_detector::confighub::Client;
use drift_detector::demo::confighub::Paging;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile, World};
use drift_detector::http;
use drift_detector::model::access::Credentials;
use drift_detector::model::environment::{CompareTo, UnitSelection};
use drift_detector::redact::Redactor;
use serde_json::{Value, json};

use crate::estate::{Estate, ONE, config_map, live_config_map};
use crate::surface;

const PROFILES: [Profile; 2] = [Profile::Release, Profile::Bridge];

/// Dev with so many units `unit-000` and on, the last of which drifted.
fn many(units: usize) -> Story {
    let name = |index: usize| format!("unit-{index:03}");
    let space = Space::new("shop-dev").namespace("shop");
    let space = (0..units).fold(space, |space, it| space.unit((&*name(it), &*config_map(&name(it), "fast"))));
    let value = |index| if index + 1 == units { "slow" } else { "fast" };
    let live = (0..units).map(|it| live_config_map(&name(it), value(it))).collect();
    Story::new().space(space).cluster(ClusterStory::new("dev", live))
}

/// The only target of the report.
fn target(report: &Value) -> &Value {
    &report["environments"][0]["targets"][0]
}

/// How many objects were compared, and the units of the findings.
fn compared(report: &Value) -> (u64, Vec<&str>) {
    let target = target(report);
    let findings = target["findings"].as_array().into_iter().flatten();
    (target["counts"]["compared"].as_u64().unwrap_or_default(), findings.filter_map(|it| it["unit"].as_str()).collect())
}

#[test]
fn a_list_ends_where_the_service_says_and_not_at_a_short_or_empty_page() -> Result<()> {
    for paging in [Paging::ShortFirst, Paging::EmptyFirst, Paging::Full] {
        let estate = Estate::new(&many(7), Profile::Release, ONE)?;
        estate.world.confighub().page(paging);
        let answer = estate.run()?;
        assert_eq!(compared(&answer.report()?), (7, vec!["unit-006"]), "{paging:?}: {}", answer.said());
    }
    Ok(())
}

#[test]
fn hidden_units_are_not_compared_and_named() -> Result<()> {
    for paging in [Paging::ShortFirst, Paging::EmptyFirst, Paging::Full] {
        let space = Space::new("shop-dev").namespace("shop").unit(("seen", config_map("seen", "fast").as_str()));
        let space = space.unit(Unit::new("old", &config_map("old", "fast")).hidden("Archived"));
        let space = space.unit(Unit::new("older", &config_map("older", "fast")).hidden("Archived"));
        let live = vec![live_config_map("seen", "slow")];
        let estate =
            Estate::new(&Story::new().space(space).cluster(ClusterStory::new("dev", live)), Profile::Release, ONE)?;
        estate.world.confighub().page(paging);
        let answer = estate.run()?;
        let report = answer.report()?;
        assert_eq!(compared(&report), (1, vec!["seen"]), "{}", answer.said());
        let notes = target(&report)["notes"].to_string();
        assert!(notes.contains("hidden in ConfigHub were not compared: `old`, `older`"), "{paging:?}: {notes}");
    }
    Ok(())
}

#[test]
fn late_pages_are_read_and_a_late_page_that_fails_fails_the_list() -> Result<()> {
    let estate = Estate::new(&many(230), Profile::Release, ONE)?;
    let pages = || estate.world.journal().iter().filter(|it| it.path == "/api/unit_data").count();
    let answer = estate.run()?;
    assert_eq!(compared(&answer.report()?), (230, vec!["unit-229"]), "{}", answer.said());
    assert!(pages() >= 3, "{} pages", pages());

    estate.world.inject(CONFIGHUB, Rule::new(503).on("GET /unit_data").after(2).times(1))?;
    assert_eq!(compared(&estate.run()?.report()?), (230, vec!["unit-229"]), "one failure is retried");

    estate.world.heal(CONFIGHUB);
    estate.world.inject(CONFIGHUB, Rule::new(Fault::Status(500)).on("GET /unit_data").after(2))?;
    let answer = estate.run()?;
    let report = answer.report()?;
    assert_eq!((compared(&report), answer.code), ((0, vec![]), Some(3)), "{}", answer.said());
    assert_eq!(report["status"], "failed", "half of a list is no list: {}", answer.said());
    Ok(())
}

#[test]
fn an_edit_between_two_answers_changes_what_is_pending_and_not_what_was_shipped() -> Result<()> {
    for profile in PROFILES {
        let estate = Estate::new(&many(3), profile, ONE)?;
        for (unit, value) in [("unit-000", "edited"), ("unit-002", "slow")] {
            estate.world.confighub().edit_after_unit_list("shop-dev", unit, &config_map(unit, value));
        }
        let answer = estate.run()?;
        let report = answer.report()?;
        assert_eq!(compared(&report), (3, vec!["unit-002"]), "{profile:?}: {}", answer.said());
        assert_eq!(target(&report)["findings"][0]["desired"]["text"], "fast", "{profile:?}");
        // The older service sends the data with the list: nothing can come in between.
        let pending = if profile == Profile::Release { json!(["unit-000", "unit-002"]) } else { json!([]) };
        assert_eq!(target(&report)["pending"], pending, "{profile:?}");
        assert_eq!(target(&estate.run()?.report()?)["pending"], json!(["unit-000", "unit-002"]), "{profile:?}");
    }
    Ok(())
}

#[test]
fn an_edit_between_two_answers_is_compared_where_head_is_desired() -> Result<()> {
    let estate = Estate::new(&many(3), Profile::Release, &format!("{ONE}compare-to: head\n"))?;
    estate.world.confighub().edit_after_unit_list("shop-dev", "unit-001", &config_map("unit-001", "edited"));
    let report = estate.run()?.report()?;
    assert_eq!(compared(&report), (3, vec!["unit-001", "unit-002"]));
    assert_eq!(target(&report)["findings"][0]["desired"]["text"], "edited");
    Ok(())
}

/// Two teams' units in one Space, all drifted, and a Filter in another.
fn teams() -> Story {
    let unit = |name: &str, team: &str| Unit::new(name, &config_map(name, "fast")).label("team", team);
    let space = Space::new("shop-dev").namespace("shop").unit(unit("cart", "shop")).unit(unit("audit", "security"));
    let filters = Space::new("filters").filter("shop", "Labels.team = 'shop'").filter("none", "Labels.team = 'nobody'");
    let live = ["cart", "audit"].map(|it| live_config_map(it, "slow")).into();
    Story::new().space(space).space(filters).cluster(ClusterStory::new("dev", live))
}

#[test]
fn expressions_and_filters_narrow_the_units() -> Result<()> {
    for profile in PROFILES {
        for (scope, units) in [
            ("units: \"Labels.team = 'shop'\"", vec!["cart"]),
            ("units: \"Labels.team != 'shop' AND Slug LIKE 'a%'\"", vec!["audit"]),
            ("filter: filters/shop", vec!["cart"]),
            ("filter: filters/none", vec![]),
        ] {
            let answer = Estate::new(&teams(), profile, &format!("{ONE}scope:\n  {scope}\n"))?.run()?;
            let report = answer.report()?;
            assert_eq!(compared(&report).1, units, "{profile:?} {scope}: {}", answer.said());
            assert_eq!(answer.code, Some(if units.is_empty() { 3 } else { 0 }), "{profile:?} {scope}");
        }
    }
    Ok(())
}

#[test]
fn scopes_that_confighub_cannot_take_are_told_with_what_to_change() -> Result<()> {
    for (scope, words) in [
        ("units: \"Labels.team = \"", ["ConfigHub answered 400", "check `scope.units`"]),
        ("filter: filters/shp", ["no Filter `shp` in Space `filters`", "check the slug"]),
        ("filter: filter/shop", ["no Space `filter`", "check the slug"]),
    ] {
        let answer = Estate::new(&teams(), Profile::Release, &format!("{ONE}scope:\n  {scope}\n"))?.run()?;
        let report = answer.report()?;
        let failure = target(&report)["failure"].to_string();
        assert!(words.iter().all(|it| failure.contains(it)), "{scope}: {}", answer.said());
        assert_eq!((answer.code, report["status"].as_str()), (Some(3), Some("failed")), "{scope}");
    }
    Ok(())
}

#[test]
fn manifests_without_a_namespace_live_where_target_space_or_context_say() -> Result<()> {
    let bare = ONE.replace(", namespace: shop", "");
    let story = |space: Space, namespace: &str| {
        let mut live = live_config_map("settings", "slow");
        live["metadata"]["namespace"] = namespace.into();
        Story::new()
            .space(space.unit(("settings", &*config_map("settings", "fast"))))
            .cluster(ClusterStory::new("dev", vec![live]))
    };
    let space = || Space::new("shop-dev");
    for profile in PROFILES {
        for (config, space, context, namespace) in [
            (ONE, space().namespace("elsewhere"), Some("context"), "shop"),
            (&bare, space().namespace("of-the-target"), Some("context"), "of-the-target"),
            (&bare, space(), Some("context"), "context"),
            (&bare, space(), None, "default"),
        ] {
            let estate = Estate::new(&story(space, namespace), profile, config)?;
            let mut kubeconfig = estate.world.kubeconfig()?;
            if let Some(context) = context {
                kubeconfig["contexts"][0]["context"]["namespace"] = context.into();
            }
            let answer = estate.detector()?.file("kubeconfig", &kubeconfig.to_string())?.run()?;
            let report = answer.report()?;
            let finding = &target(&report)["findings"][0];
            assert_eq!(
                (&finding["code"], &finding["object"]["namespace"]),
                (&json!("field-changed"), &json!(namespace)),
                "{profile:?}: {}",
                answer.said()
            );
        }
    }
    Ok(())
}

#[test]
fn units_of_other_toolchains_are_listed_and_no_gap() -> Result<()> {
    for profile in PROFILES {
        let mut story = many(2);
        story.spaces[0].units.push(Unit::new("flags", "a=b").toolchain("AppConfig/Properties"));
        let answer = Estate::new(&story, profile, ONE)?.run()?;
        let report = answer.report()?;
        assert_eq!(target(&report)["other-toolchains"], json!(["flags (AppConfig/Properties)"]), "{}", answer.said());
        assert_eq!((&report["complete"], answer.code), (&json!(true), Some(0)), "{}", answer.said());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_lives_longer_than_its_login_logs_in_again() -> Result<()> {
    rustls::crypto::ring::default_provider().install_default().ok();
    for profile in PROFILES {
        let world = World::start(&many(3), profile)?;
        let (id, secret) = world.worker();
        let credentials = Credentials::Worker { id, secret: secret.into() };
        let client = Client::connect(world.confighub_url()?.parse()?, credentials, &http::Settings::default()).await?;
        let space = client.space("shop-dev").await?;
        let read = async || client.units(&space, &UnitSelection::All, CompareTo::Shipped, &Redactor::default()).await;
        assert_eq!(read().await?.units.len(), 3);
        world.confighub().expire_logins();
        assert_eq!(read().await?.units.len(), 3);
        let journal = world.journal();
        let logins: Vec<_> = journal.iter().filter(|it| it.path == "/auth/worker").collect();
        assert_eq!(logins.len(), 2, "requests side by side share one login");
        let refused = journal.iter().filter(|it| it.status == 401).count();
        assert!(refused >= 1, "the old token was tried");
        surface::verify(&world)?;
    }
    Ok(())
}

#[test]
fn a_run_sends_nothing_but_reads_and_a_login() -> Result<()> {
    for profile in PROFILES {
        let mut story = many(5);
        story.spaces[0]
            .units
            .push(Unit::new("head", &config_map("head", "a")).then(&config_map("head", "b")).shipped(1));
        let estate = Estate::new(&story, profile, &format!("{ONE}scope: {{secrets: true}}\n"))?;
        let (id, secret) = estate.world.worker();
        let detector = estate.detector()?.variable("CUB_TOKEN", "").variable("CONFIGHUB_WORKER_ID", id);
        let answer = detector.variable("CONFIGHUB_WORKER_SECRET", secret).run()?;
        assert_eq!(answer.code, Some(0), "{}", answer.said());
        let journal = estate.world.journal();
        let sent: BTreeSet<(&str, &str)> =
            journal.iter().filter(|it| it.method != "GET").map(|it| (it.method.as_str(), it.path.as_str())).collect();
        assert_eq!(sent, [("POST", "/auth/worker")].into(), "{profile:?}");
        let is_silent =
            |it: &&drift_detector::demo::journal::Exchange| it.method == "GET" && it.request_body.is_empty();
        assert_eq!(journal.iter().filter(is_silent).count() + 1, journal.len(), "{profile:?}: a GET has no body");
        let services: BTreeSet<&str> = journal.iter().map(|it| it.service.as_str()).collect();
        assert_eq!(services, [CONFIGHUB, "dev"].into());
        for line in estate.world.cluster("dev")?.audit() {
            let verb = line.split(' ').nth(1).context("the audit names a verb")?;
            assert!(matches!(verb, "get" | "list"), "{line}");
        }
    }
    Ok(())
}
