//! Faults that a test injects: rules that match requests, and what happens to those.
//!
//! Rules only decide; the server carries them out.

use std::time::Duration;

use crate::model::failure::Failure;

/// The fate of a request that a rule matches.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A proper `Status`.
    Refuse(Failure),
    /// The connection is reset before any byte of an answer.
    Reset,
    /// The connection is reset after half of the real answer's body.
    ResetInBody,
    /// 200 and a body that is no JSON.
    Garbage,
    /// 200 and a web page, as a proxy that wants a login sends.
    LoginPage,
    /// No answer at all.
    Hang,
    /// The real answer's head and half of its body, and then nothing.
    HangInBody,
    /// The real answer, with another text in the place of the first one wherever it stands.
    Swap(String, String),
    /// Nothing but the rule's latency.
    Nothing,
}

/// A rule: which requests, how often, what happens.
///
/// ```
/// use std::time::Duration;
/// use mesh_testkit::embedded::Fault;
/// let slow = Fault::everywhere().latency(Duration::from_millis(20));
/// let busy = Fault::on("GET", "/api/v1/namespaces/*/secrets/**").times(2).too_many_requests(1);
/// # drop((slow, busy));
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    method: String,
    path: String,
    is_exact: bool,
    user: Option<String>,
    skip: usize,
    times: usize,
    latency: Duration,
    action: Action,
}

impl Fault {
    /// Matches a method (`*`: any) and a path, where `*` is any run of characters but a slash and `**` any at all. The
    /// pattern is held against the path alone, or against path and query where it has a question mark.
    pub fn on(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            is_exact: false,
            user: None,
            skip: 0,
            times: usize::MAX,
            latency: Duration::ZERO,
            action: Action::Nothing,
        }
    }

    /// Matches requests of this method for exactly this path and query, as [`crate::Recorded`] has them.
    pub fn exactly(method: &str, path: &str) -> Self {
        Self {
            is_exact: true,
            ..Self::on(method, path)
        }
    }

    /// Matches every request.
    pub fn everywhere() -> Self {
        Self::on("*", "**")
    }

    /// Only requests of this user.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// Only the n-th request that matches, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.skip = n.saturating_sub(1);
        self.times = 1;
        self
    }

    /// Only the first n requests that match.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = n;
        self
    }

    /// Answers this much later, whatever the answer.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Answers with a `Status` of this code, in the words that the API server has for it.
    #[must_use]
    pub fn status(self, code: u16) -> Self {
        let failure = match code {
            401 => Failure::unauthorized(),
            403 => Failure::new(403, "Forbidden", "forbidden by a fault of the test"),
            404 => Failure::no_such_resource(),
            409 => Failure::new(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version and try again",
            ),
            410 => Failure::new(
                410,
                "Expired",
                "The resourceVersion for the provided list is too old.",
            ),
            429 => Failure::new(
                429,
                "TooManyRequests",
                "Too many requests, please try again later.",
            ),
            503 => Failure::new(
                503,
                "ServiceUnavailable",
                "the server is currently unable to handle the request",
            ),
            504 => Failure::new(
                504,
                "Timeout",
                "request did not complete within the allotted timeout",
            ),
            _ => Failure::new(
                code,
                "InternalError",
                "Internal error occurred: a fault of the test",
            ),
        };
        self.action(Action::Refuse(failure))
    }

    /// Answers 429 with `Retry-After`, as an API server under load does.
    #[must_use]
    pub fn too_many_requests(self, retry_after_seconds: u32) -> Self {
        let mut failure = Failure::new(
            429,
            "TooManyRequests",
            "Too many requests, please try again later.",
        );
        failure.retry_after = Some(retry_after_seconds);
        self.action(Action::Refuse(failure))
    }

    /// Answers 503 with `Retry-After`.
    #[must_use]
    pub fn unavailable(self, retry_after_seconds: u32) -> Self {
        let mut failure = Failure::new(
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        );
        failure.retry_after = Some(retry_after_seconds);
        self.action(Action::Refuse(failure))
    }

    /// Resets the connection before any byte of an answer.
    #[must_use]
    pub fn reset(self) -> Self {
        self.action(Action::Reset)
    }

    /// Does what was asked, and resets the connection after half of the answer's body.
    #[must_use]
    pub fn reset_in_body(self) -> Self {
        self.action(Action::ResetInBody)
    }

    /// Answers 200 with a JSON content type and bytes that are no JSON.
    #[must_use]
    pub fn garbage(self) -> Self {
        self.action(Action::Garbage)
    }

    /// Answers 200 with a web page.
    #[must_use]
    pub fn login_page(self) -> Self {
        self.action(Action::LoginPage)
    }

    /// Never answers.
    #[must_use]
    pub fn hang(self) -> Self {
        self.action(Action::Hang)
    }

    /// Does what was asked, and stops after half of the answer's body, for ever.
    #[must_use]
    pub fn hang_in_body(self) -> Self {
        self.action(Action::HangInBody)
    }

    /// Does what was asked, and answers with `to` wherever `from` stands, even where no API server would let that be: in names.
    #[must_use]
    pub fn swap(self, from: &str, to: &str) -> Self {
        self.action(Action::Swap(from.to_owned(), to.to_owned()))
    }

    fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    fn matches(&self, method: &str, path: &str, shown: &str, user: &str) -> bool {
        let text = if self.path.contains('?') { shown } else { path };
        (self.method == "*" || self.method == method)
            && self.user.as_ref().is_none_or(|wanted| wanted == user)
            && if self.is_exact {
                self.path == shown
            } else {
                glob(self.path.as_bytes(), text.as_bytes())
            }
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        [b'*', rest @ ..] => {
            let end = text
                .iter()
                .position(|byte| *byte == b'/')
                .unwrap_or(text.len());
            (0..=end).any(|at| glob(rest, &text[at..]))
        }
        [first, rest @ ..] => text
            .split_first()
            .is_some_and(|(byte, tail)| byte == first && glob(rest, tail)),
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Decides the fate of a request: the latencies of all rules that match add up, and the first action wins.
    pub(crate) fn strike(
        &mut self,
        method: &str,
        path: &str,
        shown: &str,
        user: &str,
    ) -> (Duration, Action) {
        let mut latency = Duration::ZERO;
        let mut action = Action::Nothing;
        for fault in &mut self.0 {
            if !fault.matches(method, path, shown, user) || fault.times == 0 {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if !matches!(fault.action, Action::Nothing) {
                if !matches!(action, Action::Nothing) {
                    continue;
                }
                action = fault.action.clone();
            }
            fault.times = fault
                .times
                .saturating_sub(usize::from(fault.times != usize::MAX));
            latency += fault.latency;
        }
        (latency, action)
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_stop_at_slashes_and_double_stars_do_not() {
        let check = |pattern: &str, text: &str| glob(pattern.as_bytes(), text.as_bytes());
        assert!(check("/api/*/secrets", "/api/v1/secrets"));
        assert!(!check("/api/*/secrets", "/api/v1/x/secrets"));
        assert!(check("/api/**/secrets", "/api/v1/x/secrets"));
        assert!(check("**", "/anything/at?all"));
        assert!(!check("/api", "/api/v1"));
    }
}
