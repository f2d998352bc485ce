//! The clock of an API server, by the `Date` of its answers.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc9110#name-date>. It is in whole seconds, so that half a second is added to it, and
//! that it was made halfway between request and answer is a guess that can be wrong by half of the time between them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Half of the unit of a `Date`.
const HALF_A_SECOND: SignedDuration = SignedDuration::from_millis(500);

/// The clock of one API server, as far as its answers say it.
pub(super) struct ServerClock {
    /// One moment, by this machine's clock and on its timeline.
    known: (Timestamp, Instant),
    best: Mutex<Option<Reading>>,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    /// The time by which the server's clock is ahead; negative if it is behind.
    ahead: SignedDuration,
    /// The largest error of that.
    error: SignedDuration,
}

impl ServerClock {
    /// Nothing was heard yet; this machine's clock said `now` at that moment.
    pub(super) fn new(now: Timestamp, at: Instant) -> Self {
        Self {
            known: (now, at),
            best: Mutex::new(None),
        }
    }

    /// Notes what an answer says that came just now, to a request that was sent at `sent`.
    pub(super) fn hear(&self, headers: &HeaderMap, sent: Instant) {
        let Some(date) = headers.get(DATE).and_then(|value| value.to_str().ok()) else {
            return;
        };
        let Ok(date) = DateTimeParser::new().parse_timestamp(date) else {
            return;
        };
        let (now, at) = self.known;
        let since = sent.saturating_duration_since(at);
        let reading = Reading::of(date, now + signed(since), sent.elapsed());
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        if best.is_none_or(|best| reading.error < best.error) {
            *best = Some(reading);
        }
    }

    /// Returns the seconds by which the server's clock is ahead of this machine's for certain; negative if it is behind, and 0 within
    /// the error. `None` where no answer said the time.
    pub(super) fn ahead(&self) -> Option<i64> {
        let best = *self.best.lock().unwrap_or_else(PoisonError::into_inner);
        Some(best?.certain())
    }
}

impl Reading {
    /// The answer `date` to a request that was sent at `sent`, and took so long.
    fn of(date: Timestamp, sent: Timestamp, took: Duration) -> Self {
        let half = signed(took / 2);
        Self {
            ahead: (date + HALF_A_SECOND).duration_since(sent + half),
            error: half + HALF_A_SECOND,
        }
    }

    fn certain(self) -> i64 {
        let beyond = (self.ahead.abs() - self.error).max(SignedDuration::ZERO);
        let seconds = beyond.as_secs();
        if self.ahead.is_negative() {
            -seconds
        } else {
            seconds
        }
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_what_is_beyond_the_error_counts() {
        let sent = moment("2026-11-29T08:00:00Z");
        for (date, took, expected) in [
            ("2026-11-29T08:00:00Z", 0, 0),
            ("2026-11-29T08:00:01Z", 1, 0),
            ("2026-11-29T08:01:05Z", 0, 65),
            ("2026-11-29T08:01:05Z", 10, 55),
            ("2026-11-29T07:59:00Z", 0, -59),
            ("2026-11-29T07:59:00Z", 10, -59),
        ] {
            let reading = Reading::of(moment(date), sent, Duration::from_secs(took));
            assert_eq!(reading.certain(), expected, "{date} {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_quickest_answer_says_the_most() {
        let (now, at) = (moment("2026-11-29T08:00:00Z"), Instant::now());
        let clock = ServerClock::new(now, at);
        let headers = |date: &str| HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        assert_eq!(clock.ahead(), None);
        clock.hear(&headers("yesterday"), at);
        assert_eq!(clock.ahead(), None);
        tokio::time::advance(Duration::from_secs(20)).await;
        clock.hear(&headers("Sun, 29 Nov 2026 08:02:00 GMT"), at);
        assert_eq!(clock.ahead(), Some(100));
        clock.hear(&headers("Sun, 29 Nov 2026 08:02:00 GMT"), Instant::now());
        assert_eq!(clock.ahead(), Some(100));
        tokio::time::advance(Duration::from_mins(1)).await;
        clock.hear(&headers("Sun, 29 Nov 2026 08:09:00 GMT"), at);
        assert_eq!(clock.ahead(), Some(100));
    }
}
