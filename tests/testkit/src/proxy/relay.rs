//! A TCP relay that counts what passes, and fails in the ways that networks do.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::listener::Listener;

#[derive(Debug)]
struct Counts {
    connections: AtomicUsize,
    sent: AtomicU64,
    received: AtomicU64,
    /// After so many bytes from the server a connection is reset.
    allowance: AtomicU64,
    mute: AtomicBool,
}

/// A running relay to one address.
pub struct Relay {
    listener: Listener,
    counts: Arc<Counts>,
}

impl Relay {
    /// Relays to `host:port`; a URL's scheme is ignored.
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        Self::on(listener, target)
    }

    /// Relays what comes to a socket that listens already.
    pub(crate) fn on(listener: TcpListener, target: &str) -> Self {
        let target = target
            .rsplit("://")
            .next()
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned();
        let counts = Arc::new(Counts {
            connections: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            allowance: AtomicU64::new(u64::MAX),
            mute: AtomicBool::new(false),
        });
        let counting = Arc::clone(&counts);
        let listener = Listener::on(listener, move |stream| {
            serve(stream, target.clone(), Arc::clone(&counting))
        });
        Self { listener, counts }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.listener.address.to_string()
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.listener.address)
    }

    /// The number of accepted connections.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// Bytes from clients to the server.
    pub fn bytes_sent(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed)
    }

    /// Bytes from the server to clients.
    pub fn bytes_received(&self) -> u64 {
        self.counts.received.load(Ordering::Relaxed)
    }

    /// Resets each new connection once so many bytes came from the server; 0 resets at the first of them.
    pub fn reset_after(&self, bytes: u64) {
        self.counts.allowance.store(bytes, Ordering::Relaxed);
    }

    /// Accepts new connections and passes nothing on.
    pub fn mute(&self) {
        self.counts.mute.store(true, Ordering::Relaxed);
    }

    /// Drops all connections that are open.
    pub fn drop_connections(&self) {
        self.listener.drop_connections();
    }

    /// Refuses connections from now on.
    pub fn stop(&mut self) {
        self.listener.stop();
    }
}

async fn serve(mut client: TcpStream, target: String, counts: Arc<Counts>) {
    counts.connections.fetch_add(1, Ordering::Relaxed);
    if counts.mute.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    let Ok(mut server) = TcpStream::connect(&target).await else {
        return;
    };
    let allowance = counts.allowance.load(Ordering::Relaxed);
    let spent = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            _ = pass(from_client, to_server, &counts.sent, u64::MAX) => false,
            spent = pass(from_server, to_client, &counts.received, allowance) => spent,
        }
    };
    if spent {
        // With nothing left to linger for, the socket closes with a reset.
        let _ = client.set_zero_linger();
    }
}

/// Passes bytes on until the end; true where the allowance was spent first.
async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    count: &AtomicU64,
    allowance: u64,
) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    let mut passed = 0;
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            let _ = to.shutdown().await;
            return false;
        };
        let left = usize::try_from(allowance - passed).unwrap_or(usize::MAX);
        let piece = &buffer[..length.min(left)];
        passed += piece.len() as u64;
        count.fetch_add(piece.len() as u64, Ordering::Relaxed);
        if to.write_all(piece).await.is_err() {
            return false;
        }
        if length >= left {
            return true;
        }
    }
}
