//! The same desired state said otherwise, or another that looks the same: what people and tools do to manifests.

use serde_json::{Map, Number, Value, json};

use super::class::Class;
use super::mutate::{Proposal, Scene};
use super::place::{self, Place, Step};
use super::random::Random;
use super::schema::{ListType, Scalar};

pub(super) fn propose(scene: &Scene<'_>, class: Class, random: &mut Random) -> Option<Proposal> {
    let (desired, ship) = match class {
        Class::Respell => (respell(scene, random)?, 30),
        // Where parts of it were shipped: the same question as below.
        Class::StateNothing if random.percent(20) => (unstate(scene, random)?, 100),
        Class::StateNothing => (state_nothing(scene, random)?, 50),
        Class::ReorderDesired => (reorder(scene, random)?, 30),
        Class::OmitOrState if random.percent(50) => (state(scene, random)?, 30),
        // What desired no longer states, and nobody shipped, is another question than drift.
        Class::OmitOrState => (omit(scene, random)?, 100),
        Class::Retype => (retype(scene, random)?, 0),
        Class::Restate => (restate(scene, random)?, 0),
        _ => return None,
    };
    if desired == *scene.desired {
        return None;
    }
    Some(if random.percent(ship) { Proposal::Shipped(desired) } else { Proposal::Desired(desired) })
}

/// The zero of the value's type.
pub(super) fn zero(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!(false),
        Value::Number(_) => json!(0),
        Value::String(_) => json!(""),
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
    }
}

/// A place of desired where such a value stands.
fn stated(scene: &Scene<'_>, random: &mut Random, wanted: impl Fn(&Place, &Value) -> bool) -> Option<Place> {
    let mut places = place::all(scene.desired);
    places.retain(|it| place::get(scene.desired, it).is_some_and(|value| wanted(it, value)));
    place::choose(&places, random)
}

/// `1000m` for `1`, `1024Mi` for `1Gi`, `3.0` for `3`, line breaks in base64.
fn respell(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let spelled = |place: &Place, value: &Value, choice: usize| {
        let scalar = place::node(scene.root, place).map_or(Scalar::Any, |it| it.scalar());
        match (scalar, value) {
            (Scalar::Quantity, _) => quantity(value, choice),
            (Scalar::IntOrString, Value::String(_)) => quantity(value, choice),
            (Scalar::Integer | Scalar::Number, Value::Number(number)) => {
                Some(json!(Number::from_f64(number.as_f64()?)?))
            }
            (Scalar::Bytes, Value::String(text)) => Some(json!(format!("{text}\n"))),
            (Scalar::Time, Value::String(text)) => Some(json!(match text.strip_suffix(".000000Z") {
                Some(seconds) => format!("{seconds}Z"),
                None => format!("{}.000000Z", text.strip_suffix('Z')?),
            })),
            _ => None,
        }
    };
    let choice = random.below(6);
    let is_spelled = |place: &Place, value: &Value| spelled(place, value, choice).is_some_and(|it| it != *value);
    let is_quantity = |place: &Place, value: &Value| {
        is_spelled(place, value) && place::node(scene.root, place).is_some_and(|it| it.scalar() == Scalar::Quantity)
    };
    let place = stated(scene, random, is_quantity).filter(|_| random.percent(70));
    let place = place.or_else(|| stated(scene, random, is_spelled))?;
    let new = spelled(&place, place::get(scene.desired, &place)?, choice)?;
    place::with(scene.desired, &place, new)
}

/// The same quantity in other words, where integers suffice to say it.
fn quantity(value: &Value, choice: usize) -> Option<Value> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    Some(match (&text[end..], choice) {
        ("", 0 | 1) => json!(format!("{}m", number.checked_mul(1000)?)),
        ("", 2 | 3) => json!(number),
        ("", _) => json!(format!("{number}.0")),
        ("m", 0..=2) => json!(f64::from(u32::try_from(number).ok()?) / 1000.0),
        ("m", _) => json!(format!("{number}000u")),
        ("Gi", 0..=2) => json!(format!("{}Mi", number * 1024)),
        ("Gi", _) => json!(format!("{}", number << 30)),
        ("Mi", 0..=2) => json!(format!("{}Ki", number * 1024)),
        ("Mi", 3) => json!(number << 20),
        ("Mi", _) => json!(format!("{}k", number << 20).replace('k', "")),
        _ => return None,
    })
}

/// A null, or an empty value, where desired said nothing, whether or not live has something there.
fn state_nothing(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let has_fields = |place: &Place, value: &Value| {
        value.is_object() && place::node(scene.root, place).is_some_and(|it| !it.fields().is_empty())
    };
    let mut place = stated(scene, random, has_fields)?;
    let node = place::node(scene.root, &place)?;
    let has = place::get(scene.desired, &place)?.as_object()?;
    let live = place::counterpart(scene.root, scene.desired, scene.live, &place);
    let live = live.and_then(|it| place::get(scene.live, &it)?.as_object());
    let live_has = |key: &str| live.is_some_and(|it| it.contains_key(key));
    let over_live = random.percent(40);
    let mut absent: Vec<&str> =
        node.fields().into_iter().filter(|key| !has.contains_key(*key) && live_has(key) == over_live).collect();
    absent.retain(|key| place != [Step::Key("metadata".to_owned())] || matches!(*key, "labels" | "annotations"));
    let key = *random.pick(&absent)?;
    let field = node.field(key)?;
    let empty = if field.is_list() {
        json!([])
    } else if field.is_map() || field.is_object() {
        json!({})
    } else {
        match field.scalar() {
            Scalar::Bool => json!(false),
            Scalar::Integer | Scalar::Number => json!(0),
            Scalar::Text => json!(""),
            _ => Value::Null,
        }
    };
    place.push(Step::Key(key.to_owned()));
    place::with(scene.desired, &place, if random.percent(40) { Value::Null } else { empty })
}

/// A null for what desired said.
fn unstate(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let is_field = |place: &Place, _: &Value| matches!(place.last(), Some(Step::Key(_)));
    place::with(scene.desired, &stated(scene, random, is_field)?, Value::Null)
}

/// Another order of a list that is none by its type.
fn reorder(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let is_free = |place: &Place, value: &Value| {
        let list_type = place::node(scene.root, place).map_or(ListType::Atomic, |it| it.list_type());
        value.as_array().is_some_and(|it| it.len() > 1) && list_type != ListType::Atomic
    };
    // Objects without such a list get their lists of one value turned: that is a change, and must be found.
    let is_list = |_: &Place, value: &Value| value.as_array().is_some_and(|it| it.len() > 1);
    let place = stated(scene, random, is_free).or_else(|| stated(scene, random, is_list))?;
    let mut list = place::get(scene.desired, &place)?.as_array()?.clone();
    list.reverse();
    place::with(scene.desired, &place, Value::Array(list))
}

/// States what the server filled in.
fn state(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let parents = place::all(scene.desired);
    let mut candidates = Vec::new();
    for parent in parents {
        let Some(Value::Object(has)) = place::get(scene.desired, &parent) else { continue };
        let Some(there) = place::counterpart(scene.root, scene.desired, scene.live, &parent) else { continue };
        let Some(Value::Object(live)) = place::get(scene.live, &there) else { continue };
        candidates.extend(live.keys().filter(|key| !has.contains_key(*key)).map(|key| {
            let mut at = parent.clone();
            at.push(Step::Key(key.clone()));
            at
        }));
    }
    let place = place::choose(&candidates, random)?;
    let there = place::counterpart(scene.root, scene.desired, scene.live, &place[..place.len() - 1])?;
    let value = place::get(scene.live, &there)?.get(place::leaf(&place))?.clone();
    place::with(scene.desired, &place, value)
}

/// No longer states something.
fn omit(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    place::without(scene.desired, &stated(scene, random, |_, _| true)?)
}

/// A number in quotes, a text that is a number, a flag in quotes: not what was meant, and the server tells.
fn retype(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let retyped = |value: &Value| {
        Some(match value {
            Value::Number(number) => json!(number.to_string()),
            Value::Bool(flag) => json!(flag.to_string()),
            Value::String(text) => match text.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) => match text.as_str() {
                    "true" => json!(true),
                    "false" => json!(false),
                    _ => return None,
                },
            },
            _ => return None,
        })
    };
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    let place = stated(scene, random, |_, value| retyped(value).is_some());
    match place {
        Some(place) => place::with(scene.desired, &place, retyped(place::get(scene.desired, &place)?)?),
        None => {
            let place = stated(scene, random, |_, value| scalar(value))?;
            let mut map = Map::new();
            map.insert("value".to_owned(), place::get(scene.desired, &place)?.clone());
            place::with(scene.desired, &place, Value::Object(map))
        }
    }
}

/// Another value, as head has it before anybody ships it.
fn restate(scene: &Scene<'_>, random: &mut Random) -> Option<Value> {
    let place = stated(scene, random, |_, value| !value.is_object() && !value.is_array())?;
    let node = place::node(scene.root, &place)?;
    let current = place::get(scene.desired, &place)?;
    place::with(scene.desired, &place, scene.pool.scalar(node, place::leaf(&place), current, random))
}
