//! Bodies that clients send: their content type, which members they may carry, and what may stand in these.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Refused, bad_request, not_built};
use super::ask::Ask;
use super::attributes::Kind;
use super::described::{Member, described};
use super::evaluate::condition;
use super::gates;
use super::guesses::{Guesses, UnknownMember, WrongContentType};
use super::state::{Entity, State};

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Create,
    Replace,
    Patch,
}

impl Use {
    fn content_type(self) -> &'static str {
        if self == Self::Patch { "application/merge-patch+json" } else { "application/json" }
    }
}

const SLUG: &str = r"^[A-Za-z0-9]([\-_.A-Za-z0-9]*[A-Za-z0-9])?$";
const DISPLAY_NAME: &str = r"^[A-Za-z0-9]([\-_ .|A-Za-z0-9]*[A-Za-z0-9.!?])?$";
const KEY: &str = r"^[A-Za-z0-9]([\-_./A-Za-z0-9]*[A-Za-z0-9])?$";
const LABEL: &str = r"^[A-Za-z0-9\-_@/#$%&~+=!?.,:;(){}\[\]<>|]([A-Za-z0-9\-_@/#$%&~+=!?.,:;(){}\[\]<>| ]*[A-Za-z0-9\-_@/#$%&~+=!?.,:;(){}\[\]<>|])?$";
const LONGEST_NAME: usize = 128;
const LONGEST_ANNOTATION: usize = 1024;

/// Refuses other content types than the operation's.
pub(super) fn content_type(ask: &Ask, guesses: &Guesses, wanted: &str) -> Result<(), Refused> {
    let sent = ask.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let of = sent.split(';').next().unwrap_or_default().trim();
    if of == wanted || of.is_empty() && ask.body.is_empty() {
        return Ok(());
    }
    let status = match guesses.wrong_content_type {
        WrongContentType::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        WrongContentType::BadRequest => StatusCode::BAD_REQUEST,
    };
    Err(Refused { status, message: format!("content type `{sent}`: this operation takes {wanted}") })
}

/// The request's body as an object; nothing and `null` are an empty one.
pub(super) fn object(ask: &Ask, guesses: &Guesses, of: Use) -> Result<Entity, Refused> {
    content_type(ask, guesses, of.content_type())?;
    if ask.body.is_empty() {
        return Ok(Entity::new());
    }
    match serde_json::from_slice(&ask.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Entity::new()),
        Ok(_) => Err(bad_request("the request body is not an object")),
        Err(error) => Err(bad_request(format!("invalid request body: {error}"))),
    }
}

/// The request's body as members of an entity: read-only ones are left out, anything else that does not belong is refused.
pub(super) fn of_entity(ask: &Ask, state: &State, kind: Kind, of: Use) -> Result<Entity, Refused> {
    let body = object(ask, &state.guesses, of)?;
    let mut kept = plain(ask, state, kind.name(), body, of)?;
    let own = format!("{}ID", kind.name());
    kept.retain(|name, _| *name != own && name != "SpaceID" && name != "OrganizationID");
    if of != Use::Patch {
        kept.retain(|_, value| !value.is_null());
    }
    references(ask, state, kind, &kept)?;
    meaning(state, kind, &kept)?;
    Ok(kept)
}

/// Checks names, forms and limits of any body that the description names.
pub(super) fn plain(ask: &Ask, state: &State, entity: &str, body: Entity, of: Use) -> Result<Entity, Refused> {
    let described = described(ask.profile());
    let known: Vec<Member> = described.members(entity, "members").collect();
    let patchable = described.list(entity, "patch");
    let mut kept = Entity::new();
    for (name, value) in body {
        let Some(member) = known.iter().find(|member| member.name == name) else {
            let is_read_only = described.members(entity, "readonly").any(|member| member.name == name);
            if is_read_only || state.guesses.unknown_member == UnknownMember::Ignored {
                continue;
            }
            return Err(bad_request(format!("{entity} has no member `{name}`")));
        };
        if of == Use::Patch && !patchable.contains(&member.name) {
            continue;
        }
        form(member, &value).map_err(|why| bad_request(format!("{entity}.{name}: {why}")))?;
        limits(&state.guesses, &name, &value)?;
        kept.insert(name, value);
    }
    if of != Use::Patch {
        for member in known.iter().filter(|member| member.required) {
            if kept.get(member.name).is_none_or(Value::is_null) {
                return Err(bad_request(format!("{entity}.{} is required", member.name)));
            }
        }
    }
    Ok(kept)
}

/// Null stands for nothing in every member.
fn form(member: &Member, value: &Value) -> Result<(), &'static str> {
    let each =
        |fits: fn(&Value) -> bool| value.as_object().is_some_and(|map| map.values().all(|it| it.is_null() || fits(it)));
    let is_id = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Uuid>().is_ok());
    let (fits, wanted) = match member.form {
        "string" => (value.is_string(), "not a string"),
        "uuid" => (is_id(value), "not a UUID"),
        "time" => (value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()), "not a time"),
        "integer" => (value.is_i64(), "not an integer"),
        "boolean" => (value.is_boolean(), "neither true nor false"),
        "strings" => (each(Value::is_string), "not a map of strings"),
        "booleans" => (each(Value::is_boolean), "not a map of booleans"),
        "map" => (value.is_object(), "not a map"),
        "uuids" => (value.as_array().is_some_and(|list| list.iter().all(is_id)), "not a list of UUIDs"),
        "list" => (value.is_array(), "not a list"),
        "base64" => (value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()), "not base64"),
        _ => (true, ""),
    };
    if fits || value.is_null() { Ok(()) } else { Err(wanted) }
}

fn limits(guesses: &Guesses, name: &str, value: &Value) -> Result<(), Refused> {
    static PATTERNS: OnceLock<[Regex; 4]> = OnceLock::new();
    let compiled = || [SLUG, DISPLAY_NAME, KEY, LABEL].map(|it| Regex::new(it).expect("it is a regular expression"));
    let [slug, display_name, key, label] = PATTERNS.get_or_init(compiled);
    let pattern = |text: &str, pattern: &Regex, longest: usize| {
        let fits = pattern.is_match(text) && text.chars().count() <= longest;
        let why = || bad_request(format!("{name} `{text}` does not match {pattern}, up to {longest} characters"));
        if fits { Ok(()) } else { Err(why()) }
    };
    match (name, value) {
        ("Slug", Value::String(text)) => pattern(text, slug, LONGEST_NAME),
        ("DisplayName", Value::String(text)) => pattern(text, display_name, usize::MAX),
        ("Labels", Value::Object(labels)) => labels.iter().try_for_each(|(name, value)| {
            pattern(name, key, LONGEST_NAME)?;
            value.as_str().map_or(Ok(()), |text| pattern(text, label, LONGEST_NAME))
        }),
        ("Annotations", Value::Object(annotations)) => annotations.iter().try_for_each(|(name, value)| {
            pattern(name, key, LONGEST_NAME)?;
            let length = value.as_str().map_or(0, |text| text.chars().count());
            let why = || bad_request(format!("annotation `{name}` is longer than {LONGEST_ANNOTATION} characters"));
            if length <= LONGEST_ANNOTATION { Ok(()) } else { Err(why()) }
        }),
        ("Description" | "LastChangeDescription", Value::String(text)) => description(guesses, text),
        _ => Ok(()),
    }
}

/// Refuses a description that is too long.
pub(super) fn description(guesses: &Guesses, text: &str) -> Result<(), Refused> {
    match guesses.longest_description {
        Some(longest) if text.chars().count() > longest => {
            Err(bad_request(format!("a description is longer than {longest} characters")))
        }
        _ => Ok(()),
    }
}

/// What the members point at must be there.
fn references(ask: &Ask, state: &State, kind: Kind, members: &Entity) -> Result<(), Refused> {
    for (name, value) in members {
        let Some(of) = name.strip_suffix("ID").and_then(|member| kind.joined(member)) else { continue };
        let Some(id) = value.as_str().and_then(|text| text.parse::<Uuid>().ok()) else { continue };
        // A comment's revision is found by its number.
        if of != Kind::Revision && state.record(of, id).is_none_or(|found| !ask.sees(state, found.space)) {
            return Err(super::answer::not_found(format!("{} {id} not found", of.name())));
        }
    }
    Ok(())
}

/// What the members say must be something that the stand-in can do.
fn meaning(state: &State, kind: Kind, members: &Entity) -> Result<(), Refused> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let expressions = match kind {
        Kind::Trigger => vec![("WhereUnit", Kind::Unit)],
        Kind::Space | Kind::Target => vec![("WhereTrigger", Kind::Trigger)],
        Kind::Filter => match text("From") {
            None | Some("Unit") => vec![("Where", Kind::Unit)],
            Some("Space") => vec![("Where", Kind::Space)],
            Some("Trigger") => vec![("Where", Kind::Trigger)],
            Some(other) => return Err(not_built(&format!("Filters from `{other}`"))),
        },
        _ => Vec::new(),
    };
    for (name, of) in expressions {
        if let Some(expression) = text(name) {
            condition(expression, of, state.profile).map_err(|why| bad_request(format!("invalid {name}: {why}")))?;
        }
    }
    if kind == Kind::Trigger {
        if let Some(function) = text("FunctionName").filter(|function| !gates::is_known(function)) {
            return Err(not_built(&format!("the function `{function}`")));
        }
        if let Some(event) = text("Event").filter(|event| !["Mutation", "PostClone"].contains(event)) {
            return Err(bad_request(format!("invalid Event `{event}`")));
        }
    }
    Ok(())
}
