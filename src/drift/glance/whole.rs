//! A part that the API replaces as a whole: nothing of it may be more than stated, but what the server fills in.

use serde_json::Value;
use serde_json_borrow::Value as Stated;

use super::Place;
use crate::drift::defaults;

/// Whether live is as stated at this place.
pub(super) fn is_same(place: Place<'_>, live: &Value) -> bool {
    match (place.stated, live) {
        (Stated::Object(stated), Value::Object(fields)) => {
            let are_met = stated.iter().all(|(name, value)| match (value, fields.get(name)) {
                (Stated::Null, None) => true,
                (Stated::Null, Some(_)) | (_, None) => false,
                (stated, Some(live)) => is_same(place.part(Some(name), stated), live),
            });
            let is_filled_in = |key: &str, value: &Value| {
                defaults::is_filled_in(place.spot, (place.kind, place.leaf), (key, value), fields)
            };
            are_met && fields.iter().all(|(key, value)| stated.contains_key(key) || is_filled_in(key, value))
        }
        (Stated::Array(stated), Value::Array(items)) => {
            stated.len() == items.len()
                && stated.iter().zip(items).all(|(stated, live)| is_same(place.part(None, stated), live))
        }
        (Stated::Bool(stated), Value::Bool(live)) => stated == live,
        (Stated::Str(stated), Value::String(live)) => stated == live,
        (Stated::Number(stated), Value::Number(live)) => {
            stated.as_u64().is_some_and(|it| live.as_u64() == Some(it))
                || stated.as_i64().is_some_and(|it| live.as_i64() == Some(it))
        }
        _ => false,
    }
}
