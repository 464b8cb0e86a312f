//! One request as the handlers see it: authenticated, its parameters declared, its ids resolved.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::answer::{Refused, bad_request, forbidden, not_built, not_found};
use super::attributes::Kind;
use super::auth::{Caller, Permission, Refusal};
use super::described::described;
use super::state::{Author, State};
use super::{Hub, Profile};
use crate::demo::locked;

/// Parameters that the service has and this stand-in does not evaluate: ignoring them would be a lie.
const NOT_EVALUATED: &str = "backing_unit_space change_order clearance drift_mode entity filter_mutation filter_space \
    filter_unit from_backing_units guards id include_outgoing_links_where merge_base merge_disable_subtraction \
    merge_enable_subtraction merge_end merge_external_source merge_source name_pattern name_prefixes offset \
    patch_existing prior_revisions protect recursive_force refresh_triggers resolve resource_type squash subgroup \
    syncback trigger_filter triggers_passed upgrade upstream_revision variant_labels view where_data \
    where_data_engine where_mutation where_resource where_trigger where_unit with_backing_units";

/// Configuration may have 64 MiB; base64 and JSON take more.
const LARGEST_BODY: usize = 100 << 20;

pub(super) struct Ask {
    pub(super) hub: Arc<Hub>,
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    query: Vec<(String, String)>,
}

/// Whether a write is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Real,
    Dry,
}

impl FromRequest<Arc<Hub>> for Ask {
    type Rejection = Refused;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
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
        check(hub.profile, parts.method.as_str(), parts.uri.path(), &query)?;
        let body =
            to_bytes(body, LARGEST_BODY).await.map_err(|error| bad_request(format!("unreadable body: {error}")))?;
        Ok(Self { hub: hub.clone(), caller, headers: parts.headers, body, query })
    }
}

/// Refuses parameters that the operation does not declare, and those given twice.
fn check(profile: Profile, method: &str, path: &str, query: &[(String, String)]) -> Result<(), Refused> {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let Some(operation) = described(profile).operation(method, path) else { return Ok(()) };
    for (index, (name, _)) in query.iter().enumerate() {
        if !operation.query.contains(&name.as_str()) {
            return Err(bad_request(format!("unknown query parameter `{name}`")));
        }
        if query[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(bad_request(format!("query parameter `{name}` given twice")));
        }
        if NOT_EVALUATED.split_whitespace().any(|parameter| parameter == name) {
            return Err(not_built(&format!("the query parameter `{name}`")));
        }
    }
    Ok(())
}

impl Ask {
    pub(super) fn profile(&self) -> Profile {
        self.hub.profile
    }

    pub(super) fn is_release(&self) -> bool {
        self.hub.profile == Profile::Release
    }

    /// A parameter that was given, and is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// A parameter that is true or false.
    pub(super) fn is_asked(&self, name: &str) -> Result<bool, Refused> {
        match self.parameter(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(bad_request(format!("invalid {name} `{other}`: neither true nor false"))),
        }
    }

    pub(super) fn run(&self) -> Result<Run, Refused> {
        Ok(if self.is_asked("dry_run")? { Run::Dry } else { Run::Real })
    }

    /// A parameter that is an id.
    pub(super) fn id_parameter(&self, name: &str) -> Result<Option<Uuid>, Refused> {
        self.parameter(name).map(|value| self.uuid(name, value)).transpose()
    }

    /// The parameters other than `continue`: a page token is good for these alone.
    pub(super) fn fingerprint(&self, path: &str) -> String {
        let mut rest: Vec<_> = self.query.iter().filter(|(name, _)| name != "continue").collect();
        rest.sort();
        format!("{path}{rest:?}")
    }

    pub(super) fn author(&self) -> Author {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Author { user: self.caller.username.clone(), agent: agent.unwrap_or_default().to_owned() }
    }

    /// A path parameter: ConfigHub takes no slugs there.
    pub(super) fn uuid(&self, name: &str, value: &str) -> Result<Uuid, Refused> {
        value.parse().map_err(|_not_a_uuid| bad_request(format!("invalid {name} `{value}`: not a UUID")))
    }

    /// A Space of the path, if the caller may read it.
    pub(super) fn space(&self, state: &State, value: &str) -> Result<Uuid, Refused> {
        let id = self.uuid("space_id", value)?;
        let space = state.record(Kind::Space, id).ok_or_else(|| not_found(format!("Space {id} not found")))?;
        match self.caller.refused(space.slug()) {
            None => Ok(id),
            Some(Refusal::NotFound) => Err(not_found(format!("Space {id} not found"))),
            Some(Refusal::Forbidden) => {
                Err(forbidden(format!("user {} may not view Space {id}", self.caller.username)))
            }
        }
    }

    /// Whether what is in the Space, or of the organization, can be seen.
    pub(super) fn sees(&self, state: &State, space: Option<Uuid>) -> bool {
        space.is_none_or(|space| {
            state.record(Kind::Space, space).is_some_and(|space| self.caller.refused(space.slug()).is_none())
        })
    }

    /// Refuses callers without the permission; None is the organization.
    pub(super) fn need(&self, state: &State, permission: Permission, space: Option<Uuid>) -> Result<(), Refused> {
        let has = match space {
            Some(space) => self.caller.may(permission, state.space_slug(space)),
            None => permission == Permission::View || self.caller.may_edit_the_organization(),
        };
        let on =
            space.map_or_else(|| "the organization".to_owned(), |space| format!("Space {}", state.space_slug(space)));
        if has {
            return Ok(());
        }
        Err(forbidden(format!("user {} lacks the permission {permission:?} on {on}", self.caller.username)))
    }

    /// A unit of the path, in that Space.
    pub(super) fn unit(&self, state: &State, space: &str, value: &str) -> Result<Uuid, Refused> {
        let space = self.space(state, space)?;
        let id = self.uuid("unit_id", value)?;
        let found = state.units.get(&id).is_some_and(|unit| unit.space == space);
        if found { Ok(id) } else { Err(not_found(format!("Unit {id} not found"))) }
    }
}
