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
        let span = u32::from(LAST - FIRST);
        let offset = (std::process::id() * 97) % span;
        Self {
            next: Mutex::new(FIRST + u16::try_from(offset).unwrap_or(0)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
