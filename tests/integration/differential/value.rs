//! Other values for a field: of its type, plausible where the estate has some, and now and then at the edge.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::random::Random;
use super::schema::{Node, Scalar};

/// What the estate says under each key: an image is best replaced by an image.
#[derive(Default)]
pub(super) struct Pool(BTreeMap<String, Vec<Value>>);

impl Pool {
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let known = self.0.entry(key.clone()).or_default();
                    if !known.contains(value) {
                        known.push(value.clone());
                    }
                    self.add(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            _ => {}
        }
    }

    fn known(&self, key: &str, random: &mut Random) -> Option<Value> {
        random.pick(self.0.get(key)?).cloned()
    }

    /// Some value for the field `key`, which may be absent so far.
    pub(super) fn some(&self, node: Node<'_>, key: &str, depth: usize, random: &mut Random) -> Option<Value> {
        if random.percent(60)
            && let Some(known) = self.known(key, random)
        {
            return Some(known);
        }
        if node.is_list() {
            let item = self.some(node.item()?, key, depth.checked_sub(1)?, random)?;
            return Some(json!([item]));
        }
        if node.is_map() {
            return Some(json!({"example.com/added": "yes"}));
        }
        if node.is_object() {
            let mut fields = serde_json::Map::new();
            for field in node.fields() {
                if random.percent(50)
                    && let Some(value) = self.some(node.field(field)?, field, depth.checked_sub(1)?, random)
                {
                    fields.insert(field.to_owned(), value);
                }
            }
            return Some(Value::Object(fields));
        }
        Some(self.scalar(node, key, &Value::Null, random))
    }

    /// A scalar other than `current`, or at least likely so.
    pub(super) fn scalar(&self, node: Node<'_>, key: &str, current: &Value, random: &mut Random) -> Value {
        if let Some(choice) = random.pick(node.choices()) {
            return choice.clone();
        }
        let pick = |among: &[&str], random: &mut Random| json!(random.pick(among).copied().unwrap_or_default());
        match node.scalar() {
            Scalar::Bool => json!(current != true),
            Scalar::Integer => {
                let number = current.as_i64().unwrap_or(2);
                let steps = [number + 1, (number - 1).max(0), number.saturating_mul(2).min(1 << 20), 0, 1];
                json!(random.pick(&steps).copied().unwrap_or(1))
            }
            Scalar::Number => json!(current.as_f64().unwrap_or(0.5) + 0.25),
            Scalar::Quantity => pick(
                &["1", "2", "250m", "1500m", "1Gi", "1024Mi", "2Gi", "512M", "100m", "0", "0.5", "1e3", "3k", "0.0001"],
                random,
            ),
            Scalar::IntOrString => {
                let choices = [json!(1), json!(2), json!(8080), json!("25%"), json!("50%"), json!("http"), json!(0)];
                random.pick(&choices).cloned().unwrap_or_default()
            }
            Scalar::Time => pick(&["2026-02-03T04:05:06Z", "2026-02-03T04:05:06.000000Z"], random),
            Scalar::Bytes => pick(&["Y2hhbmdlZA==", "Zm9v", "", "AAEC"], random),
            Scalar::Text | Scalar::Any => self.text(key, current, random),
        }
    }

    fn text(&self, key: &str, current: &Value, random: &mut Random) -> Value {
        if random.percent(40)
            && let Some(known) = self.known(key, random).filter(|it| !it.is_object() && !it.is_array() && it != current)
        {
            return known;
        }
        match current {
            Value::String(text) if random.percent(60) => json!(format!("{text}-x")),
            Value::String(text) if random.percent(50) => json!(text.chars().rev().collect::<String>()),
            Value::String(_) => json!("other"),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
            _ => json!("added"),
        }
    }
}
