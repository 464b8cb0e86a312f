//! Holds every exchange with the GitHub stand-in against GitHub's own description of its REST API.
//!
//! `tests/github/description.sh` cuts the description; `make test` says where it is. Without it nothing is proved, which
//! is said aloud, and in CI an error. What is checked less than the description says stands below, with its reason.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use drift_detector::demo::journal::Exchange;
use drift_detector::demo::world::{GITHUB, World};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::schema::{resolved, translated, unknown};

/// Where `make test` says the description is.
const DESCRIPTION: &str = "DRIFT_GITHUB_API";

/// Statuses that every operation may answer: the description names them for some operations, GitHub's guides for all
/// (authentication, rate limits, redirects of what was renamed, malformed JSON, disabled issues). Bodies are `basic-error`.
const EVERYWHERE: &[u16] = &[301, 307, 400, 401, 403, 404, 410, 429];

/// A media type that the guides describe and the description of `contents` does not.
const RAW: &str = "application/vnd.github.raw+json";

pub(crate) struct Contract {
    /// In the words of JSON Schema.
    root: Value,
    compiled: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// Fails with every mismatch between the world's exchanges with GitHub and the description.
pub(crate) fn verify(world: &World) -> Result<()> {
    let dropped = world.journal_book().dropped();
    ensure!(dropped == 0, "{dropped} exchanges were dropped from the journal: nothing is proved");
    let Some(contract) = Contract::get()? else { return Ok(()) };
    let mut problems = Vec::new();
    for exchange in world.journal().iter().filter(|exchange| exchange.service == GITHUB) {
        let request = format!("{} {}?{} {}", exchange.method, exchange.path, exchange.query, exchange.status);
        problems.extend(contract.problems(exchange)?.into_iter().map(|problem| format!("{request}: {problem}")));
    }
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { bail!("not as GitHub describes itself:\n{}", problems.join("\n")) }
}

impl Contract {
    /// Read once per process; None where there is no description.
    pub(crate) fn get() -> Result<Option<&'static Self>> {
        static READ: OnceLock<Option<Contract>> = OnceLock::new();
        if let Some(read) = READ.get() {
            return Ok(read.as_ref());
        }
        let file = env::var(DESCRIPTION).unwrap_or_default();
        if file.is_empty() {
            ensure!(env::var_os("CI").is_none_or(|it| it != "true"), "{DESCRIPTION} is not set: run `make test`");
            // Not by `eprintln`, which cargo shows only for tests that fail.
            writeln!(
                std::io::stderr(),
                "skipped: GitHub's description is not there or {DESCRIPTION} is not set (see `make test`)"
            )
            .context("failed to write on standard error")?;
            return Ok(READ.get_or_init(|| None).as_ref());
        }
        let text = fs::read_to_string(&file).with_context(|| format!("failed to read `{file}`"))?;
        let root = translated(&serde_json::from_str(&text).with_context(|| format!("`{file}` is not JSON"))?);
        Ok(READ.get_or_init(|| Some(Self { root, compiled: Mutex::default() })).as_ref())
    }

    /// What is wrong with one exchange. Answers that a fault made are not GitHub's; the requests still count.
    pub(crate) fn problems(&self, exchange: &Exchange) -> Result<Vec<String>> {
        let prefix = if exchange.path.starts_with("/api/") { "/api/v3" } else { "" };
        let path = exchange.path.strip_prefix(prefix).unwrap_or(&exchange.path);
        if ["/graphql", "/api/graphql"].contains(&exchange.path.as_str()) {
            return Ok(Vec::new());
        }
        // Where a renamed repository is sent on to; the description knows repositories by name alone.
        let by_id = path.strip_prefix("/repositories/").and_then(|it| it.split_once('/').or(Some((it, ""))));
        let path = by_id.map_or_else(|| path.to_owned(), |(id, rest)| format!("/repos/{id}/{id}/{rest}"));
        let Some((operation, parameters)) = self.operation(&exchange.method, path.trim_end_matches('/')) else {
            return Ok(vec!["undescribed operation".to_owned()]);
        };
        let mut problems = self.parameters(operation, &parameters, &exchange.query)?;
        problems.extend(self.request(operation, exchange)?);
        if !exchange.injected {
            problems.extend(self.answer(operation, exchange)?);
        }
        Ok(problems)
    }

    /// The operation with the most literal path, and its path parameters.
    fn operation(&self, method: &str, path: &str) -> Option<(&Value, Vec<(String, String)>)> {
        let paths = self.root["paths"].as_object()?;
        let matching = paths.iter().filter_map(|(template, methods)| {
            let operation = methods.get(method.to_lowercase())?;
            let parameters = matched(template, path)?;
            Some((operation, parameters))
        });
        matching.min_by_key(|(_, parameters)| parameters.len())
    }

    fn parameters(&self, operation: &Value, path: &[(String, String)], query: &str) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        let query: Vec<(String, String)> =
            reqwest::Url::parse(&format!("http://localhost/?{query}"))?.query_pairs().into_owned().collect();
        let declared: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|it| resolved(&self.root, it)).collect();
        for (place, given) in [("path", path), ("query", query.as_slice())] {
            for (index, (name, value)) in given.iter().enumerate() {
                let found = declared.iter().find(|it| it["in"] == place && it["name"] == name.as_str());
                let Some(schema) = found.map(|it| &it["schema"]) else {
                    problems.push(format!("{place} parameter {name} is not described"));
                    continue;
                };
                if given[..index].iter().any(|(earlier, _)| earlier == name) {
                    problems.push(format!("{place} parameter {name} stands twice"));
                }
                let text = json!(value);
                let read: Value = serde_json::from_str(value).unwrap_or_default();
                let wrong = self.violations(schema, &text)?;
                if !wrong.is_empty() && !self.violations(schema, &read)?.is_empty() {
                    problems.extend(wrong.into_iter().map(|it| format!("{place} parameter {name}: {it}")));
                }
            }
        }
        Ok(problems)
    }

    fn request(&self, operation: &Value, exchange: &Exchange) -> Result<Vec<String>> {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            let is_sent = !exchange.request_body.is_empty();
            return Ok(if is_sent { vec!["this operation takes no body".to_owned()] } else { Vec::new() });
        }
        if exchange.request_body.is_empty() {
            let is_missing = operation["requestBody"]["required"] == true;
            return Ok(if is_missing { vec!["the body is missing".to_owned()] } else { Vec::new() });
        }
        let body = match serde_json::from_slice(&exchange.request_body) {
            Ok(body) => body,
            Err(error) => return Ok(vec![format!("request body: {error}")]),
        };
        let mut problems = unknown(&self.root, schema, &body, "");
        problems.extend(self.violations(schema, &body)?.into_iter().map(|it| format!("request body: {it}")));
        Ok(problems)
    }

    fn answer(&self, operation: &Value, exchange: &Exchange) -> Result<Vec<String>> {
        let status = exchange.status;
        let error = json!({"$ref": "#/components/schemas/basic-error"});
        let described = resolved(&self.root, &operation["responses"][status.to_string()]);
        let schema = match &described["content"]["application/json"]["schema"] {
            _ if status == 304 => return Ok(unless_empty(exchange)),
            Value::Null if EVERYWHERE.contains(&status) => &error,
            Value::Null if described.is_null() => return Ok(vec![format!("status {status} is not described")]),
            Value::Null => return Ok(unless_empty(exchange)),
            schema => schema,
        };
        let media_type = exchange.response_header("content-type").unwrap_or_default();
        match media_type.split(';').next().unwrap_or_default() {
            RAW if exchange.path.contains("/contents/") => return Ok(Vec::new()),
            "application/json" => {}
            _ => return Ok(vec![format!("answer of type `{media_type}`")]),
        }
        Ok(match serde_json::from_slice(&exchange.response_body) {
            Ok(body) => self.violations(schema, &body)?.into_iter().map(|it| format!("answer: {it}")).collect(),
            Err(error) => vec![format!("answer: {error}")],
        })
    }

    /// What the schema finds wrong; compiled once.
    fn violations(&self, schema: &Value, value: &Value) -> Result<Vec<String>> {
        let key = schema.to_string();
        let known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let validator = match known {
            Some(validator) => validator,
            None => {
                let whole = json!({"allOf": [schema], "components": self.root["components"]});
                let validator = Arc::new(jsonschema::validator_for(&whole).context("a schema of GitHub's is none")?);
                self.compiled.lock().unwrap_or_else(PoisonError::into_inner).insert(key, validator.clone());
                validator
            }
        };
        let line = |error: jsonschema::ValidationError<'_>| {
            format!("{}: {error}", error.instance_path()).chars().take(300).collect()
        };
        Ok(validator.iter_errors(value).map(line).collect())
    }
}

fn unless_empty(exchange: &Exchange) -> Vec<String> {
    if exchange.response_body.is_empty() { Vec::new() } else { vec!["the answer has a body".to_owned()] }
}

/// The parameters of a path if it fits; `{path}` of the contents takes all that is left.
fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut rest = path.split('/');
    for part in template.split('/') {
        let Some(name) = part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
            if rest.next()? != part {
                return None;
            }
            continue;
        };
        let first = rest.next()?.to_owned();
        let value = if name == "path" { rest.by_ref().fold(first, |it, next| format!("{it}/{next}")) } else { first };
        parameters
            .push((name.to_owned(), percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned()));
    }
    rest.next().is_none().then_some(parameters)
}
