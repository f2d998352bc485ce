//! Which tokens are due. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::rotate::model::{Due, Rotation};

/// The begin and the end of a token's life, as far as they are known.
#[derive(Debug, Clone, Copy)]
struct Life {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Rotation {
    /// Returns true where it was begun, or its token is due at `now`.
    pub(super) fn is_due(&self, due: Due, now: Timestamp) -> bool {
        let created = self.chain.old.metadata.creation_timestamp.as_ref();
        let created = created.map(|time| time.0);
        self.chain.in_progress()
            || self.with_old().any(|holder| {
                let life = Life {
                    from: holder.entry.facts.issued_at.or(created),
                    to: holder.entry.facts.expires_at,
                };
                due.includes(life, now)
            })
    }
}

impl Due {
    /// Returns true where a token of this life is due at `now`. One whose age is not known counts as old.
    fn includes(self, life: Life, now: Timestamp) -> bool {
        let seconds = |length: Duration| i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
        let is_old = |limit: Duration| {
            life.from
                .is_none_or(|from| now.duration_since(from).as_secs() > seconds(limit))
        };
        let ends_soon = |limit: Duration| {
            life.to
                .is_some_and(|to| to.duration_since(now).as_secs() < seconds(limit))
        };
        match (self.older_than, self.expiring_within) {
            (None, None) => true,
            (older, within) => older.is_some_and(is_old) || within.is_some_and(ends_soon),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn age_and_end_are_each_enough() {
        let limit = Some(Duration::from_secs(100));
        let due = |older_than, expiring_within| Due {
            older_than,
            expiring_within,
        };
        let life = |from: i64, to: Option<i64>| Life {
            from: Some(at(from)),
            to: to.map(at),
        };
        for (due, life, expected) in [
            (due(None, None), life(0, None), true),
            (due(limit, None), life(899, None), true),
            (due(limit, None), life(900, None), false),
            (due(None, limit), life(0, None), false),
            (due(None, limit), life(0, Some(1099)), true),
            (due(None, limit), life(0, Some(1100)), false),
            (due(None, limit), life(0, Some(5)), true),
            (due(limit, limit), life(950, Some(1050)), true),
            (due(limit, limit), life(950, Some(2000)), false),
        ] {
            assert_eq!(due.includes(life, at(1000)), expected, "{due:?} {life:?}");
        }
    }
}
