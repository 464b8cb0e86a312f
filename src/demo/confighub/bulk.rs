//! Writes of many entities: what a selection names, one answer each, 207 where some failed.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refused, bad_request};
use super::ask::Ask;
use super::attributes::Kind;
use super::envelope::{CONTINUE, included};
use super::guesses::AllFailed;
use super::list::rows;
use super::render::Ref;
use super::state::State;

/// Does `write` to every entity that the request selects, in the order of ids.
///
/// A page that `limit` cuts acts on its entities alone and says *continue*.
pub(super) fn each(
    ask: &Ask,
    state: &mut State,
    kind: Kind,
    candidates: Vec<Ref>,
    write: impl Fn(&mut State, Uuid) -> Result<Value, Refused>,
) -> Answer {
    included(ask, kind)?;
    let page = rows(ask, state, &format!("bulk/{}", kind.name()), kind, candidates.into_iter())?;
    let mut failed = 0;
    let mut items = Vec::new();
    for row in &page.rows {
        let (Ref::Unit(id) | Ref::Record(_, id)) = row.of else { continue };
        let slug = state.record(kind, id).map(|record| record.slug().to_owned()).unwrap_or_default();
        items.push(write(state, id).unwrap_or_else(|refused| {
            failed += 1;
            json!({"Error": refused.item(kind, id, &slug)})
        }));
    }
    let status = match state.guesses.all_failed {
        _ if failed == 0 => StatusCode::OK,
        AllFailed::Ok if failed == items.len() => StatusCode::OK,
        AllFailed::BadRequest if failed == items.len() => {
            return Err(bad_request(format!("all {failed} failed: {}", items[0]["Error"]["Message"])));
        }
        _ => StatusCode::MULTI_STATUS,
    };
    let mut response: Response = (status, Json(items)).into_response();
    if let Some(token) = page.more {
        response.headers_mut().insert(CONTINUE, token);
    }
    Ok(response)
}
