//! The verdict on what is kept is the verdict on what was read.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::drift::compare::compare;
use crate::drift::types::CustomSchemas;
use crate::redact::Redactor;

/// Values that say the same in one place and not in another, and some that nobody may keep.
const VALUES: [&str; 22] = [
    "1",
    "1000m",
    "1.0",
    "1h",
    "60m",
    "1h0m0s",
    "3600s",
    "",
    "hunter2",
    "hunter3",
    "aGk=",
    "aGk=\n",
    "aGo=",
    "$(A)",
    "x",
    "postgres://a:hunter2@h/d",
    "postgres://a:hunter3@h/d",
    "token=hunter2",
    "Zm9vYmFyQmF6MTIzNDU2Nzg5MHF3ZXJ0eVVJT1A7",
    "Zm9vYmFyQmF6MTIz\nNDU2Nzg5MHF3ZXJ0eVVJT1A7\n",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
];

const NAMES: [&str; 8] = ["mode", "password", "sessionTimeout", "API_KEY", "limits", "caBundle", "auth", "name"];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => prop::sample::select(VALUES.to_vec()).prop_map(Value::from),
        1 => (0..3i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

fn texts() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    let values = prop::sample::select(VALUES.to_vec()).prop_map(Value::from);
    prop::collection::btree_map(names, values, 0..5).prop_map(|it| Value::Object(it.into_iter().collect()))
}

/// Two objects of one kind, whose values are compared as bytes, as texts, as quantities, or by structure alone.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    let metadata = || json!({"name": "a", "namespace": "b"});
    let secret = (texts(), texts()).prop_map(move |(data, text)| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(), "data": data, "stringData": text})
    });
    let config = (texts(), texts()).prop_map(move |(data, bytes)| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(), "data": data, "binaryData": bytes})
    });
    let custom = value().prop_map(
        move |spec| json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": metadata(), "spec": spec}),
    );
    // Each name once: where entries are paired by position, one that was renamed may be a secret on one side alone, and
    // the recording says that it is not faithful.
    let deployment = (texts(), texts()).prop_map(move |(env, limits)| {
        let env: Vec<_> =
            env.as_object().into_iter().flatten().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let container = json!({"name": "a", "image": "b", "env": env, "resources": {"limits": limits}});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(),
            "spec": {"template": {"spec": {"containers": [container]}}}})
    });
    let of = |object: BoxedStrategy<Value>| (object.clone(), object);
    prop_oneof![of(secret.boxed()), of(config.boxed()), of(custom.boxed()), of(deployment.boxed())]
}

/// Paths and codes of what differs.
fn differs(desired: &Value, live: &Value) -> Vec<String> {
    let text = |key: &str| desired[key].as_str().unwrap_or_default();
    let gvk = GroupVersionKind::new(text("apiVersion"), text("kind"));
    let found = compare(desired, live, &gvk, &CustomSchemas::default());
    found.iter().map(|it| format!("{} {}", it.code, it.path.pointer())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// One of the two ways to mask keeps the verdict, unless an object says one thing in two places of which one is
    /// compared by its spelling, the other by its meaning; then the first hides nothing, and the second invents nothing.
    #[test]
    fn random_pairs_keep_their_verdict((desired, live) in pair()) {
        let redactor = Redactor::default();
        let original = differs(&desired, &live);
        let [spelling, meaning] = SAMENESS.map(|sameness| {
            let mask = Mask::new(&redactor, [7; 32], sameness);
            differs(&mask.object(&desired), &mask.object(&live))
        });
        let within = |some: &[String], all: &[String]| some.iter().all(|it| all.contains(it));
        prop_assert!(
            spelling == original || meaning == original || within(&original, &spelling) && within(&meaning, &original),
            "{original:?} became {spelling:?} and {meaning:?}"
        );
    }
}
