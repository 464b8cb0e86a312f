//! GitHub's rate limits: the hour's requests, and the secondary limit on writing too fast.

use http::{HeaderName, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, refused};

/// Of a person's token in an hour.
const HOURLY: u64 = 5000;

#[derive(Debug)]
pub(super) struct Limits {
    remaining: u64,
    /// None: an hour after the present.
    reset: Option<Timestamp>,
    /// Writes that will be refused, and the seconds that they are told to wait.
    slow: (usize, u64),
}

impl Default for Limits {
    fn default() -> Self {
        Self { remaining: HOURLY, reset: None, slow: (0, 0) }
    }
}

impl Limits {
    pub(super) fn leave(&mut self, remaining: u64, seconds: u64, now: Timestamp) {
        let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        self.remaining = remaining;
        self.reset = now.checked_add(wait).ok();
    }

    pub(super) fn slow_down(&mut self, times: usize, retry_after: u64) {
        self.slow = (times, retry_after);
    }

    fn reset(&self, now: Timestamp) -> Timestamp {
        self.reset.unwrap_or(now + SignedDuration::from_hours(1))
    }

    /// Counts a request, or refuses it.
    pub(super) fn take(&mut self, method: &str, now: Timestamp) -> Result<(), Answer> {
        if self.reset.is_some_and(|reset| reset <= now) {
            (self.remaining, self.reset) = (HOURLY, None);
        }
        if self.remaining == 0 {
            return Err(refused(StatusCode::FORBIDDEN, "API rate limit exceeded for installation ID 1."));
        }
        self.remaining -= 1;
        if method != "GET" && self.slow.0 > 0 {
            self.slow.0 -= 1;
            let message = "You have exceeded a secondary rate limit and have been temporarily blocked from content \
                creation. Please retry your request again later.";
            return Err(refused(StatusCode::FORBIDDEN, message).with(header::RETRY_AFTER, self.slow.1.to_string()));
        }
        Ok(())
    }

    /// Gives back what a 304 does not cost.
    pub(super) fn give_back(&mut self) {
        self.remaining = HOURLY.min(self.remaining + 1);
    }

    pub(super) fn headers(&self, now: Timestamp) -> Vec<(HeaderName, String)> {
        let values = [
            ("x-ratelimit-limit", HOURLY.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-used", (HOURLY - self.remaining.min(HOURLY)).to_string()),
            ("x-ratelimit-reset", self.reset(now).as_second().to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
        ];
        values.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect()
    }

    /// `GET /rate_limit`.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let used = HOURLY - self.remaining.min(HOURLY);
        let core = json!({"limit": HOURLY, "remaining": self.remaining, "used": used,
            "reset": self.reset(now).as_second()});
        json!({"resources": {"core": core, "search": core, "graphql": core}, "rate": core})
    }
}
