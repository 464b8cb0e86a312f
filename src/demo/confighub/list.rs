//! What all lists share: where, filter, contains, order, pages, include, select.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde_json::Value;

use super::answer::{Refused, bad_request, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::evaluate::{Condition, condition};
use super::render::{Entity, Ref, entity};
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

/// One member of a list on its way out.
pub(super) struct Row {
    pub(super) of: Ref,
    pub(super) main: Entity,
}

/// What a list answers, before it is put into envelopes.
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    /// Attributes that its conditions name: `select` adds them.
    pub(super) used: Vec<String>,
    /// The token for the next page.
    pub(super) more: Option<HeaderValue>,
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
) -> Result<Page, Refused> {
    let conditions = conditions(ask, state, kind)?;
    let words = ask.parameter("contains").map(str::to_lowercase);
    let used: Vec<String> = conditions.iter().flat_map(|condition| condition.attributes(kind)).collect();
    let mut rows: Vec<Row> = candidates
        .map(|of| Row { main: entity(state, &of), of })
        .filter(|row| conditions.iter().all(|condition| condition.holds(state, &row.of, &row.main, kind)))
        .filter(|row| is_listed(ask, &row.main, kind, &used))
        .filter(|row| words.as_ref().is_none_or(|words| contains(&row.main, words)))
        .collect();
    if let Some(order) = ask.parameter("order_by") {
        sort(&mut rows, order, kind)?;
    }
    let (rows, more) = page(ask, path, rows)?;
    Ok(Page { rows, used, more })
}

/// Hidden entities are left out unless the request asks for their reason, or for them by name or id.
fn is_listed(ask: &Ask, main: &Entity, kind: Kind, used: &[String]) -> bool {
    let reason = main.get("HiddenReason").and_then(Value::as_str).unwrap_or_default();
    let id = format!("{}ID", kind.name());
    reason.is_empty()
        || used.iter().any(|it| it == "HiddenReason" || it == "Slug" || *it == id)
        || ask.parameter("include_hidden").is_some_and(|it| it == "true" || it == reason)
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
