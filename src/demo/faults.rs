//! What a stand-in can be told to do wrong, and when.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::locked;

/// One way of answering badly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with the error body that the service itself would send.
    Status(u16),
    /// This status with exactly this body.
    StatusWithBody {
        /// HTTP status.
        status: u16,
        /// `Content-Type` of the body.
        content_type: String,
        /// The body.
        body: String,
    },
    /// This status (429, 503) and a `Retry-After` header.
    Throttled {
        /// HTTP status.
        status: u16,
        /// Seconds that the header names.
        retry_after: u64,
    },
    /// This status with an error body that no `Content-Length` announces.
    Unsized(u16),
    /// This status with a proxy's HTML page instead of the service's error body.
    HtmlPage(u16),
    /// The right answer's head and half of its body, then the connection is closed.
    Cut,
    /// The request is read and the connection closed without an answer.
    Refuse,
    /// The right answer, this much later.
    Slow(Duration),
    /// 200 with an empty list or an empty object in place of what was asked for.
    LyingEmpty,
    /// 200 with half of the right body, well framed: JSON that ends in the middle.
    Garbage,
    /// The request is handled, what it writes is kept, and then this status is answered.
    After(u16),
    /// 401, as for a token that ran out.
    Expired,
}

impl From<u16> for Fault {
    fn from(status: u16) -> Self {
        Self::Status(status)
    }
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Until [`Faults::heal`].
    Forever,
    /// This many matching requests.
    Only(usize),
}

/// A fault and the requests that it strikes.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    method: Option<String>,
    path: Option<String>,
    skip: usize,
    times: Times,
}

impl Rule {
    /// Strikes every request, for ever.
    pub fn new(fault: impl Into<Fault>) -> Self {
        Self { fault: fault.into(), method: None, path: None, skip: 0, times: Times::Forever }
    }

    /// Only `GET /unit_data`, or `GET /api/v1/**/secrets`: a method, and a path (ConfigHub's without `/api`) as a prefix,
    /// as nothing but this path with a `$` at its end, or as a glob. A glob is always over the whole path, with `$` or not.
    pub fn on(mut self, request: &str) -> Self {
        match request.split_once(' ') {
            Some((method, path)) => {
                self.method = Some(method.to_owned());
                self.path = Some(path.to_owned());
            }
            None => self.path = Some(request.to_owned()),
        }
        self
    }

    /// Only this many matching requests.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Times::Only(times);
        self
    }

    /// Not the first `skip` matching requests.
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits = self.method.as_deref().is_none_or(|wanted| wanted == method);
        let path_fits = self.path.as_deref().is_none_or(|wanted| {
            let relative = path.strip_prefix("/api").unwrap_or(path);
            let (pattern, exact) = wanted.strip_suffix('$').map_or((wanted, false), |it| (it, true));
            [path, relative].iter().any(|it| !exact && it.starts_with(pattern) || fast_glob::glob_match(pattern, it))
        });
        method_fits && path_fits
    }
}

/// The faults that are waiting, by service.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<BTreeMap<String, Vec<Rule>>>,
    struck: Mutex<BTreeMap<String, usize>>,
}

impl Faults {
    /// Adds a rule; earlier rules of the service strike first.
    pub fn inject(&self, service: &str, rule: Rule) {
        locked(&self.rules).entry(service.to_owned()).or_default().push(rule);
    }

    /// Removes every rule of the service.
    pub fn heal(&self, service: &str) {
        locked(&self.rules).remove(service);
    }

    /// How many requests to the service a fault struck.
    pub fn struck(&self, service: &str) -> usize {
        locked(&self.struck).get(service).copied().unwrap_or_default()
    }

    /// The fault that strikes this request, used up by it.
    pub(crate) fn strike(&self, service: &str, method: &str, path: &str) -> Option<Fault> {
        let fault = self.use_up(service, method, path)?;
        *locked(&self.struck).entry(service.to_owned()).or_default() += 1;
        Some(fault)
    }

    fn use_up(&self, service: &str, method: &str, path: &str) -> Option<Fault> {
        let mut all = locked(&self.rules);
        for rule in all.get_mut(service)?.iter_mut().filter(|rule| rule.matches(method, path)) {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            match &mut rule.times {
                Times::Forever => return Some(rule.fault.clone()),
                Times::Only(0) => {}
                Times::Only(left) => {
                    *left -= 1;
                    return Some(rule.fault.clone());
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Rule};

    #[test]
    fn a_path_is_a_prefix_or_exact_or_a_glob() {
        for (on, path, fits) in [
            ("GET /space", "/api/space/1/unit", true),
            ("GET /space$", "/api/space", true),
            ("GET /space$", "/api/space/1/unit", false),
            ("POST /space$", "/api/space", false),
            ("GET /space/*/unit", "/api/space/1/unit", true),
            ("GET /space/*/unit$", "/api/space/1/unit", true),
            ("GET /space/*/unit$", "/api/space/1/unit/2", false),
            ("GET /api/space/*/unit", "/api/space/1/unit/2", false),
            ("GET /api$", "/api", true),
            ("GET /api$", "/apis", false),
            ("GET /api/v1/**/secrets", "/api/v1/namespaces/shop/secrets", true),
        ] {
            assert_eq!(Rule::new(Fault::Cut).on(on).matches("GET", path), fits, "{on} {path}");
        }
    }
}
