//! The example project: one application in dev, staging and prod, every Space cloned from the one before it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::live::{Environment, cluster};
use super::{LiveStatus, Revision, Space, Story, Unit};

/// Namespace that the Targets name and the manifests leave out.
pub(super) const NAMESPACE: &str = "drift-test";

/// Units that hold Kubernetes manifests: slug, text, tier.
pub(super) const UNITS: [(&str, &str, &str); 8] = [
    ("namespaces", include_str!("units/namespaces.yaml"), "platform"),
    ("backend-api", include_str!("units/backend-api.yaml"), "critical"),
    ("frontend-web", include_str!("units/frontend-web.yaml"), "frontend"),
    ("web-config", include_str!("units/web-config.yaml"), "frontend"),
    ("cache", include_str!("units/cache.yaml"), "backend"),
    ("log-shipper", include_str!("units/log-shipper.yaml"), "platform"),
    ("ingress", include_str!("units/ingress.yaml"), "frontend"),
    ("drift-detector", include_str!("units/drift-detector.yaml"), "platform"),
];

/// What an environment says otherwise than base: (unit, base's words, its own).
type Overrides = &'static [(&'static str, &'static str, &'static str)];

const DEV: Overrides = &[
    ("backend-api", "value: info", "value: debug"),
    ("web-config", "feature.checkout-v2: \"false\"", "feature.checkout-v2: \"true\""),
    ("ingress", "host: shop.example.com", "host: dev.shop.example.com"),
];
const STAGING: Overrides = &[("ingress", "host: shop.example.com", "host: staging.shop.example.com")];
const PROD: Overrides = &[("cache", "\"200mb\"", "\"400mb\""), ("cache", "memory: 256Mi", "memory: 512Mi")];

/// When the last Release went out.
const RELEASED: Timestamp = Timestamp::constant(1_791_280_800, 0); // 2026-10-06T10:00:00Z
/// When somebody bumped redis in staging, to be released later.
const BUMPED: Timestamp = Timestamp::constant(1_791_360_900, 0); // 2026-10-07T08:15:00Z

/// The story of the example project: a little drift in dev, none in staging (but a change that waits for its release),
/// and in prod what a hard night left behind.
pub fn chubby_paws() -> Story {
    let hub = Space::new("chubby-paws")
        .without_target()
        .label("project", "chubby-paws")
        .filter("app", "Labels.app = 'shop'")
        .filter("critical", "Labels.tier = 'critical'");
    let base = units(environment("base", None), &[], |unit| unit);
    let dev = units(environment("dev", Some("base")), DEV, |unit| unit);
    let staging = units(environment("staging", Some("dev")), STAGING, |unit| match unit.slug.as_str() {
        "cache" => {
            let text = unit.revisions[0].text.replace("redis:7.4.1", "redis:7.4.2");
            unit.revision(Revision::new(&text, "Bump redis to 7.4.2").by("maria", BUMPED)).shipped(1)
        }
        _ => unit,
    });
    let prod = units(environment("prod", Some("staging")), PROD, |unit| unit)
        .live_status(LiveStatus { sync: "OutOfSync".into(), ..LiveStatus::synced() });
    let spaces = [hub, base, dev, staging, prod];
    let story = spaces.into_iter().fold(Story::new(), Story::space);
    [("dev", DEV), ("staging", STAGING), ("prod", PROD)].into_iter().fold(story, |story, (name, overrides)| {
        let texts = UNITS.iter().map(|(slug, text, _)| written(slug, text, overrides)).collect();
        story.cluster(cluster(&Environment { name, texts, released: RELEASED }))
    })
}

fn environment(name: &str, upstream: Option<&str>) -> Space {
    let space = Space::new(&format!("chubby-paws-{name}")).label("project", "chubby-paws").label("environment", name);
    match upstream {
        None => space.without_target(),
        Some(from) => {
            space.upstream(&format!("chubby-paws-{from}")).namespace(NAMESPACE).live_status(LiveStatus::synced())
        }
    }
}

fn units(space: Space, overrides: Overrides, change: impl Fn(Unit) -> Unit) -> Space {
    let labels = BTreeMap::from([("app", "shop"), ("project", "chubby-paws")]);
    let labelled = |unit: Unit| labels.iter().fold(unit, |unit, (key, value)| unit.label(key, value));
    let space = UNITS.iter().fold(space, |space, (slug, text, tier)| {
        let unit = Unit::new(slug, &written(slug, text, overrides)).label("tier", tier);
        space.unit(change(labelled(unit)))
    });
    let flags = Unit::new("feature-flags", include_str!("units/feature-flags.properties"));
    space.unit(labelled(flags).toolchain("AppConfig/Properties").without_target())
}

fn written(slug: &str, text: &str, overrides: Overrides) -> String {
    let own = overrides.iter().filter(|(of, _, _)| *of == slug);
    own.fold(text.to_owned(), |text, (_, words, instead)| text.replace(words, instead))
}
