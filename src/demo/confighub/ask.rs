//! One request as the handlers see it: authenticated, its query split, its ids resolved.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::answer::{Refused, bad_request, not_built, not_found};
use super::auth::{Caller, Refusal};
use super::state::State;
use super::{Hub, Profile};
use crate::demo::locked;

/// Parameters that the service has and this stand-in does not evaluate: ignoring them would be a lie.
const NOT_EVALUATED: &str =
    "resource_type where_data where_data_engine where_trigger trigger_filter triggers_passed view entity id offset";

pub(super) struct Ask {
    pub(super) hub: Arc<Hub>,
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    query: Vec<(String, String)>,
}

impl FromRequestParts<Arc<Hub>> for Ask {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Refused> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let caller = token
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|token| locked(&hub.state).tokens.caller(token))
            .ok_or_else(|| Refused {
                status: StatusCode::UNAUTHORIZED,
                message: "missing, invalid or expired token".to_owned(),
            })?;
        let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| bad_request(format!("malformed query: {error}")))?;
        Ok(Self { hub: hub.clone(), caller, headers: parts.headers.clone(), query })
    }
}

impl Ask {
    /// Refuses parameters that the operation does not declare, and those given twice.
    pub(super) fn only(&self, bridge: &str, release: &str) -> Result<(), Refused> {
        let declared = |name: &str| {
            let mut names = bridge.split_whitespace();
            let mut more = release.split_whitespace();
            names.any(|known| known == name) || self.is_release() && more.any(|known| known == name)
        };
        for (index, (name, _)) in self.query.iter().enumerate() {
            if !declared(name) {
                return Err(bad_request(format!("unknown query parameter `{name}`")));
            }
            if self.query[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(bad_request(format!("query parameter `{name}` given twice")));
            }
            if NOT_EVALUATED.split_whitespace().any(|parameter| parameter == name) {
                return Err(not_built(&format!("the query parameter `{name}`")));
            }
        }
        Ok(())
    }

    /// A parameter that was given, and is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// The parameters other than `continue`: a page token is good for these alone.
    pub(super) fn fingerprint(&self, path: &str) -> String {
        let mut rest: Vec<_> = self.query.iter().filter(|(name, _)| name != "continue").collect();
        rest.sort();
        format!("{path}{rest:?}")
    }

    pub(super) fn is_release(&self) -> bool {
        self.hub.profile == Profile::Release
    }

    /// A path parameter: ConfigHub takes no slugs there.
    pub(super) fn uuid(&self, name: &str, value: &str) -> Result<Uuid, Refused> {
        value.parse().map_err(|_not_a_uuid| bad_request(format!("invalid {name} `{value}`: not a UUID")))
    }

    /// A Space of the path, if the caller may read it.
    pub(super) fn space(&self, state: &State, value: &str) -> Result<Uuid, Refused> {
        let id = self.uuid("space_id", value)?;
        let space = state.spaces.get(&id).ok_or_else(|| not_found(format!("Space {id} not found")))?;
        match self.caller.refused(&space.slug) {
            None => Ok(id),
            Some(Refusal::NotFound) => Err(not_found(format!("Space {id} not found"))),
            Some(Refusal::Forbidden) => Err(Refused {
                status: StatusCode::FORBIDDEN,
                message: format!("user {} may not view Space {id}", self.caller.username),
            }),
        }
    }

    /// A unit of the path, in that Space.
    pub(super) fn unit(&self, state: &State, space: &str, value: &str) -> Result<Uuid, Refused> {
        let space = self.space(state, space)?;
        let id = self.uuid("unit_id", value)?;
        let found = state.units.get(&id).is_some_and(|unit| unit.space == space);
        if found { Ok(id) } else { Err(not_found(format!("Unit {id} not found"))) }
    }
}
