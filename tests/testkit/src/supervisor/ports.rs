//! Ports on loopback for the real parts.
//!
//! They come from below the range out of which systems take the ports of outgoing connections, so that nothing but another
//! server can be in the way; a server that comes in between all the same makes the start fail, and the cluster tries again
//! with others.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use anyhow::{Result, bail};

const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// Hands out each port once.
pub(super) struct Ports {
    next: Mutex<u16>,
}

impl Ports {
    /// Begins at a place that depends on the process, so that two supervisors seldom meet.
    pub(super) fn new() -> Self {
        Self {
            next: Mutex::new(beginning(std::process::id())),
        }
    }

    /// A port that nobody listens on right now and that was not handed out in this round.
    pub(super) fn free(&self) -> Result<u16> {
        let mut next = self.next.lock().expect("no one panics with the lock");
        for _ in FIRST..=LAST {
            let port = *next;
            *next = if port == LAST { FIRST } else { port + 1 };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(port);
            }
        }
        bail!("no port between {FIRST} and {LAST} is free on loopback");
    }
}

/// Spreads processes that start one after the other, as the supervisors of one run do, over the whole range.
fn beginning(process: u32) -> u16 {
    let span = u64::from(LAST - FIRST);
    // The golden section of the range: <https://en.wikipedia.org/wiki/Hash_function#Fibonacci_hashing>.
    let offset = u64::from(process) * (span * 618 / 1000) % span;
    FIRST + u16::try_from(offset).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supervisors_of_one_run_begin_far_from_each_other() {
        for process in [1, 77_777, u32::MAX - 4] {
            let begin: Vec<_> = (process..process + 4).map(beginning).collect();
            for (index, one) in begin.iter().enumerate() {
                for other in &begin[index + 1..] {
                    assert!(one.abs_diff(*other) > 1_000, "{begin:?}");
                }
            }
        }
    }

    #[test]
    fn ports_are_handed_out_once_and_only_free_ones() {
        let ports = Ports::new();
        let first = ports.free().unwrap();
        let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.free().unwrap())).unwrap();
        let third = ports.free().unwrap();
        assert_ne!(first, third);
        assert_ne!(third, busy.local_addr().unwrap().port());
    }
}
