//! Files as people write them, good and bad, held against the reader and against the JSON schema.

use anyhow::{Context as _, Result, bail};
use serde_json::Value as Json;

use super::*;
use crate::model::environment::{CompareTo, UnitSelection};

/// Everything that the file can say today.
const WHOLE: &str = r#"
version: 1
environments:                          # in promotion order
  - name: dev
    targets:
      - space: shop-dev
        context: dev
        namespace: shop
        namespaces: [shop]
  - name: staging
    targets: [{space: shop-staging, context: staging}]
  - name: prod
    targets:
      - {name: prod-us, space: shop-prod-us, context: prod-us}
      - {name: prod-eu, space: shop-prod-eu, context: prod-eu}
scope:
  units: "Labels.team = 'shop' AND Slug IN ('a', 'b (or c)')"
  kinds: [Deployment, ConfigMap]
  secrets: false
  exclude:
    - {kind: Secret, reason: "managed by external-secrets"}
    - {environment: dev, namespace: "kube-*", label: app.kubernetes.io/part-of=shop, reason: "not ours"}
ignore:
  - {kind: Deployment, name: "canary-*", path: /spec/replicas, reason: "canary controller", until: 2027-01-31}
  - {path: "/spec/template/spec/containers/[name=web]/**", reason: "web is tuned by hand"}
compare-to: head
"#;

#[test]
fn a_whole_file_is_read() -> Result<()> {
    let config = expect_good(WHOLE)?;
    let names: Vec<&str> = config.environments.iter().flat_map(|it| &it.targets).map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["dev", "staging", "prod-us", "prod-eu"]);
    assert_eq!(config.scope.compare_to, CompareTo::Head);
    assert!(matches!(&config.scope.units, UnitSelection::Where(it) if it.starts_with("Labels.team")));
    let exclusion = config.scope.exclude.get(1).context("two exclusions")?;
    assert_eq!(exclusion.selector.label, Some(("app.kubernetes.io/part-of".to_owned(), "shop".to_owned())));
    let rule = config.ignore.first().context("two rules")?;
    assert_eq!(rule.until, Some(jiff::civil::date(2027, 1, 31)));
    assert!(schema_accepts(WHOLE)?);
    Ok(())
}

#[test]
fn every_problem_is_reported_at_once_with_place_and_remedy() -> Result<()> {
    let text = r#"version: 2
environments:
  - name: Dev
    targts: [{space: shop-dev}]
  - name: prod
    targets:
      - {space: shop-prod-us, context: 12}
      - {space: "shop prod", kubeconfig: /root/very-secret-path}
scope:
  units: "Labels.team = 'shop"
  secrets: "yes"
auto-fix: [dev]
ignore:
  - {kind: deployments, environment: prd, reason: "x"}
  - {name: web}
  - {reason: "everything"}
  - {path: spec/replicas, reason: "no slash", until: tomorrow}
"#;
    insta::assert_snapshot!(problems(text)?, @r#"
    drift.yaml:1:10: 2 is not possible here: this version of Drift Detector reads 1 only
    drift.yaml:3:11: `Dev` is not a name: use lower-case letters, digits and, between them, hyphens; at most 63
    drift.yaml:4:5: unknown key `targts`: did you mean `targets`?
    drift.yaml:7:9: this target has no name: where an environment has several targets, each needs a `name`
    drift.yaml:7:40: expected text, found a number: put the value in quotes
    drift.yaml:8:9: this target has no name: where an environment has several targets, each needs a `name`
    drift.yaml:8:17: `shop prod` is not a slug of ConfigHub: use up to 128 letters, digits, `-`, `_` and `.`, the ends alphanumeric
    drift.yaml:8:30: `kubeconfig` never stands in this file, or whoever may change the file could redirect a credential: remove it; addresses and credentials are inputs of the action: `confighub-url`, `confighub-token`, `kubeconfigs` or the variable `KUBECONFIG_<TARGET>`
    drift.yaml:10:10: `Labels.team = 'shop` has a quote that is not closed: each text begins and ends with `'`
    drift.yaml:11:12: expected `true` or `false`, found text: write one of the two, without quotes
    drift.yaml:12:1: `auto-fix` needs promotion, which this version does not have yet: remove it
    drift.yaml:14:12: `deployments` is not a kind: write it as manifests do, for example `Deployment`
    drift.yaml:14:38: there is no environment `prd`: did you mean `prod`?
    drift.yaml:15:5: `reason` is missing in this ignore rule: add it: why, for the report
    drift.yaml:16:5: this ignore rule would match everything: give at least one of `environment`, `kind`, `namespace`, `name`, `label`, `path` and `manager`
    drift.yaml:17:12: `spec/replicas` is not a path: begin with `/`, for example `/spec/replicas`
    drift.yaml:17:54: `tomorrow` is not a day: write `YYYY-MM-DD`
    "#);
    Ok(())
}

#[test]
fn bad_files_are_refused_by_the_reader_and_where_it_can_by_the_schema() -> Result<()> {
    let with = |rest: &str| format!("version: 1\nenvironments:\n  - {{name: dev, targets: [{{space: s}}]}}\n{rest}");
    let environments = |list: &str| format!("version: 1\nenvironments: {list}\n");
    // The file, a part of the message, and whether the schema sees it too.
    for (text, message, in_schema) in [
        ("environments: [{name: dev, targets: [{space: s}]}]".to_owned(), "`version` is missing", true),
        ("version: 1".to_owned(), "`environments` is missing", true),
        (
            "version: \"1\"\nenvironments: [{name: a, targets: [{space: s}]}]".to_owned(),
            "expected a whole number",
            true,
        ),
        ("- a".to_owned(), "expected a map, found a list", true),
        (environments("[]"), "the list is empty", true),
        (environments("{}"), "expected a list, found a map", true),
        (environments(""), "there is no value here", true),
        (environments("[{name: dev}]"), "`targets` is missing in this environment", true),
        (environments("[{name: dev, targets: []}]"), "the list is empty", true),
        (environments("[{name: dev, targets: [{}]}]"), "`space` is missing in this target", true),
        (environments("[{name: dev, targets: [{space: -s}]}]"), "is not a slug", true),
        (environments("[{name: d_v, targets: [{space: s}]}]"), "is not a name", true),
        (environments("[{name: true, targets: [{space: s}]}]"), "expected text, found `true`", true),
        (environments("[{name: a, targets: [{space: s, namespaces: shop}]}]"), "expected a list, found text", true),
        (environments("[{name: a, targets: [{space: s}]}, {name: a, targets: [{space: t}]}]"), "called `a`", false),
        (environments("[{name: a, targets: [{space: s}, {space: t}]}]"), "has no name", false),
        (
            environments("[{name: a, targets: [{space: s}]}, {name: b, targets: [{name: a, space: t}]}]"),
            "two targets are called `a`",
            false,
        ),
        (with("compare-to: headd"), "`headd` is not a choice here: did you mean `head`?", true),
        (with("scope: {units: \"A = 'b'\", filter: s/f}"), "exclude each other", true),
        (with("scope: {filter: f}"), "is not a Filter", true),
        (with("scope: {units: \"A = 'b' OR A = 'c'\"}"), "uses OR", false),
        (with("scope: {units: \"(A = 'b')\"}"), "uses parentheses", false),
        (with("scope: {units: 'A = \"b\"'}"), "refuses", false),
        (with("scope: {kinds: [deployment]}"), "is not a kind", true),
        (with("scope: {exclude: [{kind: Secret}]}"), "`reason` is missing in this exclusion", true),
        (with("scope: {exclude: [{kind: Secret, reason: \" \"}]}"), "is no reason", false),
        (with("ignore: [{reason: x}]"), "would match everything", true),
        (with("ignore: [{label: team, reason: x}]"), "is not a label", true),
        (with("ignore: [{name: \"a[b\", reason: x}]"), "not closed", false),
        (with("ignore: [{path: /a//b, reason: x}]"), "empty part", false),
        (with("ignore: [{path: /a**/b, reason: x}]"), "not a whole part", false),
        (with("ignore: [{path: \"/c[name=web]/b\", reason: x}]"), "misplaced list item", false),
        (with("ignore: [{path: /a~b, reason: x}]"), "stray `~`", false),
        (with("ignore: [{path: /a, reason: x, until: 2027-02-30}]"), "is not a day", false),
        (with("ignore: [{path: /a, reason: x, until: soon}]"), "is not a day", true),
        (with("ignore: [{reason: x, manager: ''}]"), "is not a pattern for names", true),
        (with("ignore: [{reason: x, manager: 'a{'}]"), "a{", false),
        (with("scope: {exclude: [{reason: x, manager: a}]}"), "unknown key `manager`", true),
        (with("critical: ['pay{']"), "pay{", false),
        (with("critical: payments"), "expected a list", true),
        (with("additions: always"), "is not a choice here", true),
        (with("prices: {}"), "`prices` needs cost estimates", true),
        (with("confighub-token: abc"), "never stands in this file", true),
        (with("version: 1"), "stands here twice", false),
    ] {
        let found = problems(&text)?;
        assert!(found.contains(message), "{text}\n{found}");
        if in_schema {
            assert!(!schema_accepts(&text)?, "the schema accepts\n{text}");
        }
    }
    Ok(())
}

#[test]
fn keys_of_later_versions_are_refused_by_name() -> Result<()> {
    for key in ["auto-fix", "prices", "sources", "promote-by", "deliver"] {
        let found =
            problems(&format!("version: 1\nenvironments: [{{name: a, targets: [{{space: s}}]}}]\n{key}: []\n"))?;
        assert!(found.contains(&format!("3:1: `{key}` needs ")) && found.ends_with("yet: remove it"), "{found}");
    }
    Ok(())
}

#[test]
fn values_that_may_be_secrets_are_not_repeated() -> Result<()> {
    let token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    for text in [
        format!("version: 1\nenvironments: [{{name: {token}, targets: [{{space: s}}]}}]\n"),
        format!("version: 1\ntoken: {token}\n"),
        format!("version: 1\n{token}: 1\n"),
        format!("version: {token}\n"),
        format!("version: 1\n  {token}: [\n"),
    ] {
        let found = problems(&text)?;
        assert!(!found.contains(token), "{found}");
    }
    Ok(())
}

#[test]
fn what_is_no_yaml_is_an_error_with_a_place_and_bombs_are_cheap() -> Result<()> {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    for text in ["version: 1\nenvironments: [", "a: b: c", "version: 1\n---\nversion: 1\n", &"[".repeat(10_000), &bomb]
    {
        let started = std::time::Instant::now();
        let found = problems(text)?;
        assert!(found.contains("this is not YAML that can be read"), "{found}");
        assert!(found.starts_with("drift.yaml:"), "{found}");
        assert!(started.elapsed().as_secs() < 10, "{found}");
    }
    assert!(problems("")?.contains("the file is empty"));
    assert!(problems("# only a comment\n")?.contains("there is no value here"));
    Ok(())
}

#[test]
fn anchors_and_merge_keys_work() -> Result<()> {
    let text = "version: 1\nenvironments:\n  - name: dev\n    targets: [&target {space: s, namespace: shop}]\n  \
                - name: prod\n    targets: [{<<: *target, space: t}]\n";
    let config = expect_good(text)?;
    let prod = config.environments.get(1).context("two environments")?;
    let target = prod.targets.first().context("one target")?;
    assert_eq!((target.space.as_str(), target.namespace.as_deref()), ("t", Some("shop")));
    Ok(())
}

/// `UPDATE_SCHEMA=1 cargo test --lib schema` writes it anew.
#[test]
fn the_schema_that_is_checked_in_is_the_one_of_the_types() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/inputs/config/schema.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&schema())?);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &current)?;
    }
    let checked_in = std::fs::read_to_string(path).context("run the tests once with UPDATE_SCHEMA=1")?;
    assert!(checked_in == current, "the schema is not up to date: run the tests once with UPDATE_SCHEMA=1");
    Ok(())
}

#[test]
fn every_key_is_described() {
    fn walk(schema: &Json, path: &str) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            assert!(property["description"].is_string(), "{path} has no description");
            walk(property, &path);
            walk(&property["items"], &path);
        }
    }
    walk(&schema(), "");
}

fn expect_good(text: &str) -> Result<Config> {
    read(text, "drift.yaml").map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

/// Each problem on a line, in the order of the file.
fn problems(text: &str) -> Result<String> {
    match read(text, "drift.yaml") {
        Ok(config) => bail!("nothing is wrong with {config:?}"),
        Err(problems) => Ok(crate::inputs::Problems::new(problems, &crate::redact::Redactor::default()).to_string()),
    }
}

/// What the types say.
fn schema() -> Json {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
    let mut schema = Json::from(settings.into_generator().into_root_schema_for::<File>());
    tidy(&mut schema);
    schema
}

/// Removes what schemars adds for Rust's sake: a key may be left out, but it may not be `null`, and widths of integers.
fn tidy(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Array(types)) = map.get("type")
                && let [one, null] = types.as_slice()
                && null == "null"
            {
                let one = one.clone();
                map.insert("type".to_owned(), one);
            }
            if map.get("format").is_some_and(|it| it == "uint8") {
                map.remove("format");
            }
            map.values_mut().for_each(tidy);
        }
        Json::Array(items) => items.iter_mut().for_each(tidy),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn schema_accepts(text: &str) -> Result<bool> {
    let validator = jsonschema::validator_for(&schema())?;
    Ok(validator.is_valid(&serde_saphyr::from_str::<Json>(text)?))
}
