//! A relay in front of a server that counts the connections that go through it, and knows nothing of what they carry.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// A relay on a port of its own. It ends with the process.
pub(super) struct Relay {
    authority: String,
    accepted: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts one to `server`, an address and port.
    pub(super) fn start(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Self {
            authority: listener.local_addr()?.to_string(),
            accepted: Arc::default(),
        };
        let (server, accepted) = (server.to_owned(), Arc::clone(&relay.accepted));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                accepted.fetch_add(1, Ordering::Relaxed);
                if let Ok(server) = TcpStream::connect(&server) {
                    let _ = join(client, server);
                }
            }
        });
        Ok(relay)
    }

    /// Where to reach it.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// How many connections came since the last asking.
    pub(super) fn take_count(&self) -> usize {
        self.accepted.swap(0, Ordering::Relaxed)
    }
}

fn join(client: TcpStream, server: TcpStream) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pour(from_client, to_server));
    thread::spawn(move || pour(server, client));
    Ok(())
}

fn pour(mut from: TcpStream, mut to: TcpStream) {
    // A side that breaks off ends the other one as well.
    let _ = copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn connections_are_counted_and_bytes_go_both_ways() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::start(&server.local_addr().unwrap().to_string()).unwrap();
        for _ in 0..2 {
            let mut client = TcpStream::connect(relay.authority()).unwrap();
            let (mut behind, _) = server.accept().unwrap();
            client.write_all(b"ask").unwrap();
            let mut asked = [0; 3];
            behind.read_exact(&mut asked).unwrap();
            behind.write_all(b"answer").unwrap();
            drop(behind);
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            assert_eq!((&asked, answer.as_str()), (b"ask", "answer"));
        }
        assert_eq!((relay.take_count(), relay.take_count()), (2, 0));
    }
}
