//! The one place of the embedded cluster that reads the time: the real one, moved on by what a test wants.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};

/// A cluster's own time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "clients compare what they are given with the real clock"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        Timestamp::now() + ahead
    }

    pub(crate) fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).expect("tests stay within this age");
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The time as a header has it, of a clock that is so many seconds ahead of the real one; `None` for the real one's own time,
    /// which the server writes anyway.
    #[expect(
        clippy::disallowed_methods,
        reason = "clients compare what they are given with the real clock"
    )]
    pub(crate) fn date(ahead: i64) -> Option<HeaderValue> {
        let moment = Timestamp::now() + SignedDuration::from_secs(ahead);
        let text = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        (ahead != 0).then(|| HeaderValue::from_str(&text).expect("it is plain text"))
    }

    /// Now, in whole seconds as Kubernetes writes it.
    pub(crate) fn text(&self) -> String {
        text(self.now())
    }
}

/// A moment as Kubernetes writes it: `2026-11-21T08:54:32Z`.
pub(crate) fn text(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
