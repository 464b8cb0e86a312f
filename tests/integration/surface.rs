//! ConfigHub's own description of its API, as a judge of every request we send and every answer our stand-in gives.
//!
//! The data under `tests/confighub-surface/` are facts of the two generations: operations, parameters, statuses, schemas.
//! [`verify`] holds a whole world's journal against them; [`check`] one exchange.

mod description;
mod query;
mod types;

mod approval;
mod bodies;
mod desk;
mod expressions;
mod faults;
mod guessed;
mod judge;
mod locks;
pub(crate) mod raw;
mod rules;
mod served;
mod setup;
mod walk;

use anyhow::{Result, bail};
use drift_detector::demo::journal::Exchange;
use drift_detector::demo::world::{CONFIGHUB, Profile, World};
use serde_json::Value;

use description::{Description, Operation};
use types::{Completeness, Types};

/// Fails with every mismatch between the world's exchanges with ConfigHub and the service's description.
pub(crate) fn verify(world: &World) -> Result<()> {
    let dropped = world.journal_book().dropped();
    anyhow::ensure!(dropped == 0, "{dropped} exchanges were dropped from the journal: nothing is proved");
    let profile = world.confighub().profile();
    let mut problems = Vec::new();
    for exchange in world.journal().iter().filter(|exchange| exchange.service == CONFIGHUB) {
        let request = format!("{} {}?{}", exchange.method, exchange.path, exchange.query);
        problems.extend(check(profile, exchange).into_iter().map(|problem| format!("{request}: {problem}")));
    }
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { bail!("not as ConfigHub describes itself:\n{}", problems.join("\n")) }
}

/// What is wrong with one exchange; empty where it is as described, or nothing describes it (logins, injected faults).
pub(crate) fn check(profile: Profile, exchange: &Exchange) -> Vec<String> {
    let Some(path) = exchange.path.strip_prefix("/api") else {
        let login = exchange.path.starts_with("/auth/");
        return if login { Vec::new() } else { vec!["outside of /api".to_owned()] };
    };
    let description = Description::of(profile);
    let Some((operation, ids)) = description.operation(&exchange.method, path) else {
        return vec![format!("undeclared operation {} {path}", exchange.method)];
    };
    let mut problems: Vec<String> = ids
        .iter()
        .filter(|(_, value)| value.parse::<uuid::Uuid>().is_err())
        .map(|(name, value)| format!("path parameter {name} `{value}` is not a UUID"))
        .collect();
    problems.extend(query::check(&description, &operation, &exchange.query));
    problems.extend(request_body(&description, &operation, exchange));
    if !exchange.injected {
        problems.extend(answer(&description, &operation, exchange));
    }
    problems
}

fn request_body(description: &Description, operation: &Operation<'_>, exchange: &Exchange) -> Vec<String> {
    let Some(content) = operation.json["request"]["content"].as_object() else {
        let unexpected = !exchange.request_body.is_empty();
        return if unexpected { vec!["this operation takes no body".to_owned()] } else { Vec::new() };
    };
    if exchange.request_body.is_empty() && operation.json["request"]["required"] != Value::Bool(true) {
        return Vec::new();
    }
    let sent = exchange.request_header("content-type").unwrap_or_default();
    let Some(of) = content.get(media_type(sent)) else {
        return vec![format!("content type `{sent}` is not declared for the request")];
    };
    let completeness = if exchange.method == "PATCH" { Completeness::Patch } else { Completeness::Whole };
    let mut problems = body(description, of, &exchange.request_body, media_type(sent), completeness, "request body");
    if let (Some(patchable), Ok(Value::Object(sent))) =
        (operation.json["request"]["patchable"].as_array(), serde_json::from_slice(&exchange.request_body))
    {
        let refused = sent.keys().filter(|name| !patchable.iter().any(|known| known == name.as_str()));
        problems.extend(refused.map(|name| format!("request body: `{name}` may not be patched")));
    }
    problems
}

fn answer(description: &Description, operation: &Operation<'_>, exchange: &Exchange) -> Vec<String> {
    let status = exchange.status.to_string();
    let sent = exchange.response_header("content-type").unwrap_or_default();
    // Entity tags are described in prose only.
    if exchange.status == 304 && exchange.request_header("if-none-match").is_some()
        || exchange.status == 412 && exchange.request_header("if-match").is_some()
    {
        return Vec::new();
    }
    if let Some(content) = operation.json["responses"][&status].as_object() {
        let Some(of) = content.get(media_type(sent)) else {
            return vec![format!("content type `{sent}` is not declared for {status}")];
        };
        let selects = query::parameters(&exchange.query).iter().any(|(name, _)| name == "select");
        let completeness = if selects { Completeness::Partial } else { Completeness::Whole };
        return body(description, of, &exchange.response_body, media_type(sent), completeness, "answer");
    }
    let declared =
        operation.json["errors"].as_array().is_some_and(|errors| errors.iter().any(|code| *code == exchange.status));
    if !declared {
        return vec![format!("status {status} is not declared")];
    }
    if media_type(sent) != "application/json" {
        return vec![format!("content type `{sent}` of an error")];
    }
    let of = serde_json::json!({"ref": "StandardErrorResponse"});
    body(description, &of, &exchange.response_body, "application/json", Completeness::Whole, "error")
}

fn body(
    description: &Description,
    of: &Value,
    bytes: &[u8],
    media_type: &str,
    completeness: Completeness,
    what: &str,
) -> Vec<String> {
    if !media_type.ends_with("json") {
        return Vec::new();
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => Types::new(description, completeness).problems(of, &value, what),
        Err(error) => vec![format!("{what}: not JSON: {error}")],
    }
}

/// Without its parameters.
fn media_type(header: &str) -> &str {
    header.split(';').next().unwrap_or_default().trim()
}
