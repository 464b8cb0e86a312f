//! One request as the handlers see it: who asks, with which parameters and body, and for which page of a list.

use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{Answer, Answered, bad_request, invalid};
use super::tokens::Token;

/// Where the stand-in is reached; the addresses in its answers begin so.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) host: String,
    pub(super) prefix: &'static str,
}

impl Base {
    /// Of the API.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.host, self.prefix)
    }

    /// Of a web page.
    pub(super) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }
}

#[derive(Debug)]
pub(super) struct Ask {
    pub(super) caller: Token,
    pub(super) base: Base,
    pub(super) now: Timestamp,
    pub(super) headers: HeaderMap,
    /// As sent, for the addresses of other pages.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The most that a page holds.
const LARGEST_PAGE: usize = 100;
const PAGE: usize = 30;

impl Ask {
    /// A parameter that was given, and is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// A parameter that is one of these, the first of them if it is absent.
    pub(super) fn choice<'a>(&'a self, resource: &str, name: &str, of: &[&'a str]) -> Result<&'a str, Answer> {
        let value = self.parameter(name).unwrap_or(of[0]);
        if of.contains(&value) { Ok(value) } else { Err(invalid(resource, name, "invalid")) }
    }

    /// `since`.
    pub(super) fn since(&self, resource: &str) -> Result<Option<Timestamp>, Answer> {
        let since = self.parameter("since").map(str::parse).transpose();
        since.map_err(|_not_a_time| invalid(resource, "since", "invalid"))
    }

    /// The body: an object, empty if nothing was sent.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Answer> {
        match self.json()? {
            Value::Object(object) => Ok(object),
            _ => Err(bad_request("Body should be a JSON object")),
        }
    }

    /// The body as it is; an empty object if nothing was sent.
    pub(super) fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|_malformed| bad_request("Problems parsing JSON"))
    }

    /// Whether the answer is asked for in this media type.
    pub(super) fn accepts(&self, media_type: &str) -> bool {
        let accept = self.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accept.split(',').any(|it| it.split(';').next().unwrap_or_default().trim() == media_type)
    }

    /// The page that is asked for, with the addresses of the others.
    pub(super) fn page(&self, rows: &[Value]) -> Answered {
        let number = |name: &str, default: usize| -> usize {
            // GitHub takes what makes no sense for what is the default.
            self.parameter(name).and_then(|it| it.parse().ok()).filter(|it| *it > 0).unwrap_or(default)
        };
        let (size, page) = (number("per_page", PAGE).min(LARGEST_PAGE), number("page", 1));
        let last = rows.len().div_ceil(size).max(1);
        let shown: Vec<Value> = rows.iter().skip((page - 1).saturating_mul(size)).take(size).cloned().collect();
        let mut links = Vec::new();
        if page > 1 {
            links.push(self.link((page - 1).min(last), "prev"));
        }
        if page < last {
            links.push(self.link(page + 1, "next"));
            links.push(self.link(last, "last"));
        }
        if page > 1 {
            links.push(self.link(1, "first"));
        }
        let answer = Answer::ok(&Value::Array(shown));
        Ok(if links.is_empty() { answer } else { answer.with(HeaderName::from_static("link"), links.join(", ")) })
    }

    fn link(&self, page: usize, relation: &str) -> String {
        let rest = self.query.iter().filter(|(name, _)| name != "page");
        let encoded =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut query: Vec<String> = rest.map(|(name, value)| format!("{}={}", name, encoded(value))).collect();
        query.push(format!("page={page}"));
        format!("<http://{}{}?{}>; rel=\"{relation}\"", self.base.host, self.path, query.join("&"))
    }
}
