//! Files of a repository at a branch, tag or commit.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::{Answer, Answered, not_found, refused};
use super::dispatch::{Desk, Need};
use super::repository::DEFAULT_BRANCH;
use super::tokens::Resource;

/// Above this only the raw media type has the content.
const LARGEST_IN_JSON: usize = 1 << 20;
/// Characters of a line of base64.
const LINE: usize = 60;

pub(super) fn read(desk: &mut Desk<'_>, path: &str) -> Answered {
    desk.need(Resource::Contents, Need::Read)?;
    let at = desk.ask.parameter("ref").unwrap_or(DEFAULT_BRANCH);
    let files = desk.held.about.files.get(at);
    let files = files.ok_or_else(|| refused(StatusCode::NOT_FOUND, &format!("No commit found for the ref {at}")))?;
    let path = path.trim_matches('/');
    if let Some(content) = files.get(path) {
        if ["application/vnd.github.raw+json", "application/vnd.github.raw"].iter().any(|it| desk.ask.accepts(it)) {
            return Ok(Answer {
                status: StatusCode::OK,
                content_type: "application/vnd.github.raw+json; charset=utf-8",
                body: content.clone(),
                headers: Vec::new(),
            });
        }
        return Ok(Answer::ok(&file(desk, at, path, content)));
    }
    let rows = folder(desk, at, path, files);
    if rows.is_empty() && !path.is_empty() { Err(not_found()) } else { Ok(Answer::ok(&Value::Array(rows))) }
}

fn file(desk: &Desk<'_>, at: &str, path: &str, content: &[u8]) -> Value {
    let mut shown = entry(desk, at, path, "file", content);
    let encoded = STANDARD.encode(content);
    let lines: String =
        encoded.as_bytes().chunks(LINE).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    let is_large = content.len() > LARGEST_IN_JSON;
    shown["content"] = json!(if is_large { "" } else { lines.as_str() });
    shown["encoding"] = json!(if is_large { "none" } else { "base64" });
    shown
}

/// What lies directly in a folder.
fn folder(desk: &Desk<'_>, at: &str, path: &str, files: &BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for (file, content) in files {
        let Some(below) = file.strip_prefix(&prefix) else { continue };
        let (name, kind) = below.split_once('/').map_or((below, "file"), |(folder, _)| (folder, "dir"));
        if seen.insert(name.to_owned()) {
            let content = if kind == "file" { content.as_slice() } else { &[] };
            rows.push(entry(desk, at, &format!("{prefix}{name}"), kind, content));
        }
    }
    rows
}

fn entry(desk: &Desk<'_>, at: &str, path: &str, kind: &str, content: &[u8]) -> Value {
    let (repository, base) = (desk.held.about.full_name(), &desk.ask.base);
    let url = base.url(&format!("/repos/{repository}/contents/{path}?ref={at}"));
    // Git hashes otherwise; nobody here computes one to compare.
    let sha: String = Sha256::digest(content).iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    let git = base.url(&format!("/repos/{repository}/git/blobs/{sha}"));
    let page = base.page(&format!("/{repository}/blob/{at}/{path}"));
    json!({"type": kind, "name": path.rsplit('/').next(), "path": path, "sha": sha, "size": content.len(),
        "url": url, "git_url": git, "html_url": page, "download_url": if kind == "file" { json!(page) } else { json!(null) },
        "_links": {"self": url, "git": git, "html": page}})
}
