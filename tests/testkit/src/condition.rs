//! Waiting for a condition with a deadline: the only place in the test kit that lets time pass.
//!
//! It must not know what is waited for.

use std::time::{Duration, Instant};

/// The pause between the first two looks; each later pause is half as long again, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Looks until `look` returns something, and hands that out; `None` when the time is up.
///
/// `look` is called at least once, and once more after the deadline has passed.
pub fn wait_until<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    let mut pause = FIRST_PAUSE;
    loop {
        let time_is_up = Instant::now() >= deadline;
        if let Some(found) = look() {
            return Some(found);
        }
        if time_is_up {
            return None;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let_pass(pause.min(left));
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing but looking again tells whether another process has come so far"
)]
fn let_pass(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_what_was_found() {
        let mut looks = 0;
        let found = wait_until(Duration::from_secs(5), || {
            looks += 1;
            (looks == 3).then_some("ready")
        });
        assert_eq!(found, Some("ready"));
    }

    #[test]
    fn looks_once_more_when_the_time_is_up() {
        let mut looks = 0;
        let found = wait_until(Duration::ZERO, || {
            looks += 1;
            None::<()>
        });
        assert_eq!((found, looks), (None, 1));
    }
}
