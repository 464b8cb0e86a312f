//! Entities on their way out: `include` puts related ones beside them, `select` takes members away.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use serde_json::{Map, Value};

use super::answer::{Answer, Refused, bad_request, not_built};
use super::ask::Ask;
use super::attributes::{Expanded, Kind};
use super::list::{Page, Row};
use super::render::{Ref, data, entity, join, join_many, unit_status};
use super::state::State;

pub(super) const CONTINUE: &str = "ConfigHub-Continue";

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

/// The list in envelopes.
pub(super) fn listed(ask: &Ask, state: &State, kind: Kind, page: Page) -> Answer {
    answer(envelopes(ask, state, kind, page.rows, &page.used)?, page.more)
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

/// A member that `include` brings.
pub(super) type Included = (&'static str, Expanded);

pub(super) fn included(ask: &Ask, kind: Kind) -> Result<Vec<Included>, Refused> {
    let names = ask.parameter("include").unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let mut members = Vec::new();
    for name in names {
        let refused = || bad_request(format!("`{name}` of {} cannot be included", kind.name()));
        members.extend(kind.includable(ask.profile(), name).ok_or_else(refused)?);
    }
    Ok(members)
}

/// What `select` leaves of each member: (member of the envelope, its attribute). None: everything.
fn selected(
    ask: &Ask,
    kind: Kind,
    included: &[Included],
    used: &[String],
) -> Result<Option<Vec<(String, String)>>, Refused> {
    let Some(select) = ask.parameter("select") else { return Ok(None) };
    let mut kept: Vec<(String, String)> = used.iter().map(|name| (kind.name().to_owned(), name.clone())).collect();
    for name in select.split(',').map(str::trim) {
        let (member, attribute) = match name.split_once('.') {
            Some((member, attribute))
                if member == kind.name() || included.iter().any(|(known, _)| *known == member) =>
            {
                (member, attribute)
            }
            Some((member, _)) if kind.joined(member).is_some() => continue,
            Some(_) => return Err(bad_request(format!("`{name}` of {} cannot be selected", kind.name()))),
            None => (kind.name(), name),
        };
        let of = if member == kind.name() { Some(kind) } else { kind.joined(member) };
        if of.is_some_and(|of| !of.selectable(ask.profile(), attribute)) {
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
    included: &[Included],
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
    for (member, expanded) in included {
        let dotted = selected.is_some_and(|kept| kept.iter().any(|(of, _)| of == member));
        let related = |of: &Ref| {
            let mut related = entity(state, of);
            if dotted {
                related.retain(|attribute, _| keep(member, attribute));
            }
            Value::Object(related)
        };
        let value = match expanded {
            Expanded::One => join(state, &row.of, member).as_ref().map(related),
            Expanded::Many => {
                let all: Vec<Value> = join_many(state, &row.of, member).iter().map(related).collect();
                (!all.is_empty()).then_some(Value::Array(all))
            }
        };
        envelope.extend(value.map(|value| ((*member).to_owned(), value)));
    }
    row.main.retain(|attribute, _| keep(kind.name(), attribute));
    envelope.insert(kind.name().to_owned(), Value::Object(row.main));
    Value::Object(envelope)
}
