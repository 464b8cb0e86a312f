//! What all lists share: where, filter, contains, order, pages, include, select.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde_json::{Map, Value};

use super::answer::{Answer, Refused, bad_request, not_built, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::evaluate::{Condition, condition};
use super::render::{Entity, Ref, data, entity, join, unit_status};
use super::state::State;
use crate::demo::locked;

/// How the release generation cuts a list into pages once the client names a `limit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paging {
    /// The first page of every list with more than one member is one short of what it could be, and says *continue*:
    /// a client that stops at a short page misses the rest.
    #[default]
    ShortFirst,
    /// The first page is empty and says *continue*.
    EmptyFirst,
    /// Full pages.
    Full,
}

const LARGEST_LIMIT: usize = 1000;
const CONTINUE: &str = "ConfigHub-Continue";

/// One member of a list on its way out.
pub(super) struct Row {
    pub(super) of: Ref,
    pub(super) main: Entity,
}

/// Query parameters of every list: of both generations, and those that today's service adds.
pub(super) const LIST: (&str, &str) =
    ("where filter contains include select", "include_hidden limit order_by continue");

/// Filters, orders and pages `candidates`; `path` tells page tokens of one list from those of another.
pub(super) fn rows(
    ask: &Ask,
    state: &State,
    path: &str,
    kind: Kind,
    candidates: impl Iterator<Item = Ref>,
) -> Result<(Vec<Row>, Vec<String>, Option<HeaderValue>), Refused> {
    let conditions = conditions(ask, state, kind)?;
    let words = ask.parameter("contains").map(str::to_lowercase);
    let mut rows: Vec<Row> = candidates
        .map(|of| Row { main: entity(state, &of), of })
        .filter(|row| conditions.iter().all(|condition| condition.holds(state, &row.of, &row.main, kind)))
        .filter(|row| words.as_ref().is_none_or(|words| contains(&row.main, words)))
        .collect();
    if let Some(order) = ask.parameter("order_by") {
        sort(&mut rows, order, kind)?;
    }
    let used = conditions.iter().flat_map(|condition| condition.attributes(kind)).collect();
    let (page, more) = page(ask, path, rows)?;
    Ok((page, used, more))
}

/// Those candidates that the request's `where` and `filter` let through.
pub(super) fn fitting(
    ask: &Ask,
    state: &State,
    kind: Kind,
    candidates: impl Iterator<Item = Ref>,
) -> Result<Vec<Ref>, Refused> {
    let conditions = conditions(ask, state, kind)?;
    let fits = |of: &Ref| {
        let main = entity(state, of);
        conditions.iter().all(|condition| condition.holds(state, of, &main, kind))
    };
    Ok(candidates.filter(fits).collect())
}

/// Turns rows into envelopes and answers them.
pub(super) fn envelopes(
    ask: &Ask,
    state: &State,
    kind: Kind,
    rows: Vec<Row>,
    used: &[String],
) -> Result<Vec<Value>, Refused> {
    let included = included(ask, kind)?;
    let selected = selected(ask, kind, &included, used)?;
    Ok(rows.into_iter().map(|row| envelope(state, kind, row, &included, selected.as_deref())).collect())
}

/// A list's answer.
pub(super) fn answer(members: Vec<Value>, more: Option<HeaderValue>) -> Answer {
    let mut response: Response = Json(members).into_response();
    if let Some(token) = more {
        response.headers_mut().insert(CONTINUE, token);
    }
    Ok(response)
}

/// One entity in its envelope.
pub(super) fn single(ask: &Ask, state: &State, kind: Kind, row: Row) -> Answer {
    let envelopes = envelopes(ask, state, kind, vec![row], &[])?;
    Ok(Json(envelopes.into_iter().next().unwrap_or_default()).into_response())
}

fn conditions(ask: &Ask, state: &State, kind: Kind) -> Result<Vec<Condition>, Refused> {
    let parsed = |text: &str| {
        condition(text, kind, ask.hub.profile()).map_err(|why| bad_request(format!("invalid where expression: {why}")))
    };
    let mut conditions: Vec<Condition> = ask.parameter("where").map(parsed).transpose()?.into_iter().collect();
    if let Some(id) = ask.parameter("filter") {
        let id = ask.uuid("filter", id)?;
        let readable = |space| ask.caller.refused(space).is_none();
        let filter = state
            .filters
            .get(&id)
            .filter(|filter| state.spaces.get(&filter.space).is_some_and(|space| readable(&space.slug)))
            .ok_or_else(|| not_found(format!("Filter {id} not found")))?;
        if filter.from != kind.name() {
            return Err(bad_request(format!(
                "Filter {} is from {}, not from {}",
                filter.slug,
                filter.from,
                kind.name()
            )));
        }
        conditions.push(parsed(&filter.expression)?);
    }
    Ok(conditions)
}

fn contains(main: &Entity, words: &str) -> bool {
    let found = |value: &Value| value.as_str().is_some_and(|text| text.to_lowercase().contains(words));
    main.values().any(|value| match value {
        Value::Object(map) => map.iter().any(|(key, value)| key.to_lowercase().contains(words) || found(value)),
        _ => found(value),
    })
}

fn sort(rows: &mut [Row], order: &str, kind: Kind) -> Result<(), Refused> {
    // The last field decides least: stable sorts in reverse.
    for field in order.split(',').rev() {
        let (direction, attribute) = field.trim().split_once(':').unwrap_or(("ASC", field.trim()));
        if !["ASC", "DESC"].contains(&direction) || !kind.orderable(attribute) {
            return Err(bad_request(format!("invalid order_by `{field}` for {}", kind.name())));
        }
        let key = |row: &Row| match row.main.get(attribute) {
            Some(Value::Number(number)) => (number.as_i64().unwrap_or_default(), String::new()),
            Some(Value::Bool(value)) => (i64::from(*value), String::new()),
            Some(Value::String(text)) => (0, text.clone()),
            _ => (0, String::new()),
        };
        if direction == "ASC" {
            rows.sort_by_key(key);
        } else {
            rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
        }
    }
    Ok(())
}

fn page(ask: &Ask, path: &str, mut rows: Vec<Row>) -> Result<(Vec<Row>, Option<HeaderValue>), Refused> {
    let limit: Option<usize> = ask
        .parameter("limit")
        .map(str::parse)
        .transpose()
        .map_err(|error| bad_request(format!("invalid limit: {error}")))?;
    let token = ask.parameter("continue");
    let Some(limit) = limit else {
        return if token.is_some() { Err(bad_request("continue without limit")) } else { Ok((rows, None)) };
    };
    if limit == 0 || limit > LARGEST_LIMIT {
        return Err(bad_request(format!("limit must be between 1 and {LARGEST_LIMIT}")));
    }
    let print = ask.fingerprint(path);
    let start = match token {
        None => 0,
        Some(token) => {
            resume(token, &print).ok_or_else(|| bad_request("continue: this token belongs to another request"))?
        }
    };
    let left = rows.len().saturating_sub(start);
    let size = match (token, locked(&ask.hub.settings).paging) {
        (None, Paging::ShortFirst) if left > 1 => limit.min(left - 1),
        (None, Paging::EmptyFirst) if left > 0 => 0,
        _ => limit,
    };
    let page: Vec<Row> = rows.drain(start.min(rows.len())..).take(size).collect();
    let end = start + page.len();
    let more = (left > page.len()).then(|| URL_SAFE_NO_PAD.encode(format!("{end}\n{print}")));
    Ok((page, more.and_then(|token| token.parse().ok())))
}

fn resume(token: &str, print: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (start, of) = text.split_once('\n')?;
    if of == print { start.parse().ok() } else { None }
}

fn included(ask: &Ask, kind: Kind) -> Result<Vec<&'static str>, Refused> {
    let known = kind.includable(ask.hub.profile());
    let names = ask.parameter("include").unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let member = |name: &str| {
        let found = known.iter().find(|(attribute, _)| *attribute == name).map(|(_, member)| *member);
        found.ok_or_else(|| bad_request(format!("`{name}` of {} cannot be included", kind.name())))
    };
    Ok(names.map(member).collect::<Result<Vec<_>, _>>()?.into_iter().filter(|member| !member.is_empty()).collect())
}

/// What `select` leaves of each member: (member of the envelope, its attribute). None: everything.
fn selected(
    ask: &Ask,
    kind: Kind,
    included: &[&'static str],
    used: &[String],
) -> Result<Option<Vec<(String, String)>>, Refused> {
    let Some(select) = ask.parameter("select") else { return Ok(None) };
    let mut kept: Vec<(String, String)> = used.iter().map(|name| (kind.name().to_owned(), name.clone())).collect();
    for name in select.split(',').map(str::trim) {
        let (member, attribute) = match name.split_once('.') {
            Some((member, attribute)) if member == kind.name() || included.contains(&member) => (member, attribute),
            Some((member, _)) if kind.joined(member).is_some() => continue,
            Some(_) => return Err(bad_request(format!("`{name}` of {} cannot be selected", kind.name()))),
            None => (kind.name(), name),
        };
        if attribute.is_empty() || !attribute.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(bad_request(format!("`{name}` of {} cannot be selected", kind.name())));
        }
        if ["LiveData", "LiveState", "BridgeState", "MutationSources"].contains(&attribute) {
            return Err(not_built(&format!("`{attribute}` of units")));
        }
        kept.push((member.to_owned(), attribute.to_owned()));
    }
    Ok(Some(kept))
}

fn envelope(
    state: &State,
    kind: Kind,
    mut row: Row,
    included: &[&'static str],
    selected: Option<&[(String, String)]>,
) -> Value {
    let keep = |member: &str, attribute: &str| {
        let always = attribute.ends_with("ID") && ["UnitID", "SpaceID", "OrganizationID"].contains(&attribute)
            || attribute == "Slug"
            || attribute.strip_suffix("ID") == Some(member);
        selected.is_none_or(|kept| always || kept.iter().any(|(of, name)| of == member && name == attribute))
    };
    let mut envelope = Map::new();
    if keep(kind.name(), "Data")
        && let Some(data) = data(state, &row.of)
    {
        row.main.insert("Data".to_owned(), data);
    }
    if let Ref::Unit(key) = row.of
        && let Some(status) = unit_status(state, key)
    {
        envelope.insert("UnitStatus".to_owned(), status);
    }
    for member in included {
        if let Some(of) = join(state, &row.of, member) {
            let mut related = entity(state, &of);
            let dotted = selected.is_some_and(|kept| kept.iter().any(|(of, _)| of == member));
            if dotted {
                related.retain(|attribute, _| keep(member, attribute));
            }
            envelope.insert((*member).to_owned(), Value::Object(related));
        }
    }
    row.main.retain(|attribute, _| keep(kind.name(), attribute));
    envelope.insert(kind.name().to_owned(), Value::Object(row.main));
    Value::Object(envelope)
}
