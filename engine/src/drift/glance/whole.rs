//! A part that the API replaces as a whole: nothing of it may be more than stated, but what the server fills in.

use serde_json::Value;

use super::Place;
use crate::drift::defaults;
use crate::model::packed::Item;

/// Whether live is as stated at this place.
pub(super) fn is_same(place: Place<'_>, live: &Value) -> bool {
    match (place.stated, live) {
        (Item::Mapping(stated), Value::Object(fields)) => {
            let are_met = stated.fields().all(|(name, value)| match (value, fields.get(name)) {
                (Item::Null, None) => true,
                (Item::Null, Some(_)) | (_, None) => false,
                (stated, Some(live)) => is_same(place.part(Some(name), stated), live),
            });
            let is_filled_in = |key: &str, value: &Value| {
                defaults::is_filled_in(place.spot, (place.kind, place.leaf), (key, value), fields)
            };
            are_met && fields.iter().all(|(key, value)| place.stated.get(key).is_some() || is_filled_in(key, value))
        }
        (Item::List(stated), Value::Array(items)) => {
            let mut stated = stated.items();
            items.iter().all(|live| stated.next().is_some_and(|it| is_same(place.part(None, it), live)))
                && stated.next().is_none()
        }
        (Item::Bool(stated), Value::Bool(live)) => stated == *live,
        (Item::Text(stated), Value::String(live)) => stated == *live,
        (stated @ Item::Integer(_), Value::Number(live)) => {
            live.as_u64().is_some_and(|live| stated.as_integer() == Some(live))
                || live.as_i64().is_some_and(|live| stated.as_integer() == Some(live))
        }
        _ => false,
    }
}
