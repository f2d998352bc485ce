//! Memory limits for answers: for each one, and for all that are read at the same time.
//!
//! An API server is not trusted. An endless answer must neither fill the machine's memory nor affect the answers of
//! other clusters; so a small answer always gets its memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::ApiFault;

const MIB: u64 = 1024 * 1024;

/// The longest answer that is read. A page of five hundred remote secrets is a sixteenth of it.
pub(super) const LONGEST_ANSWER: u64 = 32 * MIB;
/// The maximum memory for one answer, or for one list of many pages, after parsing.
pub(super) const HEAVIEST: u64 = 96 * MIB;
/// The maximum memory for all answers that are being read.
const ALL: u64 = 128 * MIB;
/// The memory that each of them gets in any case.
const ALWAYS: u64 = 2 * MIB;

static TAKEN: AtomicU64 = AtomicU64::new(0);

/// The memory that one answer takes; released when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    taken: u64,
    most: u64,
}

impl Room {
    /// Returns an empty room, which will take at most `most`.
    pub(super) fn of(most: u64) -> Self {
        Self { taken: 0, most }
    }

    /// Reserves `more`.
    ///
    /// # Errors
    /// The answer is too long by itself, or with the others that are being read.
    pub(super) fn take(&mut self, more: u64) -> Result<(), ApiFault> {
        let taken = self.taken.saturating_add(more);
        if taken > self.most {
            return Err(too_long(self.most));
        }
        let of_all = TAKEN
            .fetch_add(more, Ordering::Relaxed)
            .saturating_add(more);
        if of_all > ALL && taken > ALWAYS {
            TAKEN.fetch_sub(more, Ordering::Relaxed);
            return Err(too_long(taken));
        }
        self.taken = taken;
        Ok(())
    }

    /// Takes over the memory of `other`.
    ///
    /// # Errors
    /// Both together are too long.
    pub(super) fn join(&mut self, mut other: Self) -> Result<(), ApiFault> {
        let taken = self.taken.saturating_add(other.taken);
        if taken > self.most {
            return Err(too_long(self.most));
        }
        self.taken = taken;
        other.taken = 0;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

fn too_long(bound: u64) -> ApiFault {
    ApiFault::TooLong {
        mebibytes: bound.div_ceil(MIB),
    }
}

/// Estimates the memory for parsed JSON, if each object in it takes `each`. Two bytes of text can become an object of
/// hundreds, so the length of an answer is no measure.
pub(super) fn weight(json: &[u8], each: u64) -> u64 {
    /// The memory for a text, a number, or an entry of a map, in addition to its own length.
    const VALUE: u64 = 48;
    let (mut objects, mut values) = (0_u64, 0_u64);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => (),
            b'{' => objects += 1,
            b',' | b'[' => values += 1,
            _ => (),
        }
    }
    (json.len() as u64)
        .saturating_add(objects.saturating_mul(each))
        .saturating_add(values.saturating_mul(VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_takes_its_room_and_gives_it_back() {
        let mut room = Room::of(10);
        assert_eq!(room.take(10), Ok(()));
        assert_eq!(room.take(1), Err(ApiFault::TooLong { mebibytes: 1 }));
        drop(room);
        let mut all = Room::of(u64::MAX / 2);
        assert!(all.take(ALL + 1).is_err());
    }

    #[test]
    fn what_was_taken_over_is_given_back_once() {
        let (mut list, mut page) = (Room::of(10), Room::of(10));
        assert_eq!((list.take(4), page.take(6)), (Ok(()), Ok(())));
        assert_eq!(list.join(page), Ok(()));
        assert_eq!(list.taken, 10);
        let mut more = Room::of(10);
        assert_eq!(more.take(1), Ok(()));
        assert!(list.join(more).is_err());
        assert_eq!(list.taken, 10);
    }

    #[test]
    fn who_takes_little_gets_it_beside_who_takes_all() {
        let mut greedy = Room::of(2 * ALL);
        let mut step = ALL;
        while step > 0 {
            if greedy.take(step).is_err() {
                step /= 2;
            }
        }
        let mut modest = Room::of(LONGEST_ANSWER);
        assert_eq!(modest.take(ALWAYS), Ok(()));
        assert!(modest.take(1).is_err());
    }

    #[test]
    fn what_looks_short_can_be_heavy() {
        assert_eq!(weight(br#"{"a":"{,\"{"}"#, 100), 13 + 100);
        assert_eq!(weight(b"[{},{}]", 100), 7 + 200 + 2 * 48);
    }
}
