//! What all lists share: where, filter, contains, order, pages, include, select.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde_json::Value;

use super::answer::{Refused, bad_request, not_found};
use super::ask::Ask;
use super::attributes::Kind;
use super::evaluate::{Condition, condition};
use super::render::{Ref, entity};
use super::state::{Entity, State};
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
    let order = ask.parameter("order_by");
    let cut = Cut::asked(ask, path)?;
    // Only as much is rendered as the page needs: a Space with thousands of units has dozens of pages.
    let before = cut.as_ref().filter(|_| order.is_none()).map_or(0, |cut| cut.start);
    let matching = candidates
        .enumerate()
        .skip(before)
        .map(|(at, of)| (at, Row { main: entity(state, &of), of }))
        .filter(|(_, row)| conditions.iter().all(|condition| condition.holds(state, &row.of, &row.main, kind)))
        .filter(|(_, row)| is_listed(ask, &row.main, kind, &used))
        .filter(|(_, row)| words.as_ref().is_none_or(|words| contains(&row.main, words)));
    let (rows, more) = match (order, cut) {
        (None, None) => (matching.map(|(_, row)| row).collect(), None),
        (None, Some(cut)) => cut.page(ask, matching),
        (Some(order), cut) => {
            let mut rows: Vec<Row> = matching.map(|(_, row)| row).collect();
            sort(&mut rows, order, kind)?;
            match cut {
                None => (rows, None),
                Some(cut) => cut.page(ask, rows.into_iter().enumerate().skip(cut.start)),
            }
        }
    };
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
        condition(text, kind, ask.profile()).map_err(|why| bad_request(format!("invalid where expression: {why}")))
    };
    let mut conditions: Vec<Condition> = ask.parameter("where").map(parsed).transpose()?.into_iter().collect();
    if let Some(id) = ask.parameter("filter") {
        let id = ask.uuid("filter", id)?;
        let filter = state
            .record(Kind::Filter, id)
            .filter(|filter| ask.sees(state, filter.space))
            .ok_or_else(|| not_found(format!("Filter {id} not found")))?;
        if filter.text("From") != kind.name() {
            let (slug, from) = (filter.slug(), filter.text("From"));
            return Err(bad_request(format!("Filter {slug} is from {from}, not from {}", kind.name())));
        }
        conditions.push(parsed(filter.text("Where"))?);
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

/// Which page is asked for.
struct Cut {
    limit: usize,
    /// Where it begins: the index of a candidate, or of a row where the rows are ordered.
    start: usize,
    is_first: bool,
    print: String,
}

impl Cut {
    /// None: everything at once.
    fn asked(ask: &Ask, path: &str) -> Result<Option<Self>, Refused> {
        let limit: Option<usize> = ask
            .parameter("limit")
            .map(str::parse)
            .transpose()
            .map_err(|error| bad_request(format!("invalid limit: {error}")))?;
        let token = ask.parameter("continue");
        let Some(limit) = limit else {
            return if token.is_some() { Err(bad_request("continue without limit")) } else { Ok(None) };
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
        Ok(Some(Self { limit, start, is_first: token.is_none(), print }))
    }

    /// The page, and the token for the next one. `rows` begin where the page does, each with its index.
    fn page(&self, ask: &Ask, rows: impl Iterator<Item = (usize, Row)>) -> (Vec<Row>, Option<HeaderValue>) {
        let mut rows: Vec<(usize, Row)> = rows.take(self.limit + 1).collect();
        let size = match (self.is_first, locked(&ask.hub.settings).paging) {
            (true, Paging::ShortFirst) if rows.len() > 1 => self.limit.min(rows.len() - 1),
            (true, Paging::EmptyFirst) if !rows.is_empty() => 0,
            _ => self.limit,
        };
        let next = rows.get(size).map(|(at, _)| *at);
        rows.truncate(size);
        let more = next.map(|at| URL_SAFE_NO_PAD.encode(format!("{at}\n{}", self.print)));
        (rows.into_iter().map(|(_, row)| row).collect(), more.and_then(|token| token.parse().ok()))
    }
}

fn resume(token: &str, print: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (start, of) = text.split_once('\n')?;
    if of == print { start.parse().ok() } else { None }
}
