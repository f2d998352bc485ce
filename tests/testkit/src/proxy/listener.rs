//! A listener on loopback that lives as long as its handle. Knows nothing of what is spoken over it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::embedded::background;

/// Keeps a listener and its connections going; drop it to end them.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    evict: Option<watch::Sender<u64>>,
}

impl Listener {
    /// Listens on a free port and hands every connection to `serve`.
    pub(crate) fn start<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        Self::on(listener, serve)
    }

    /// Hands every connection to a socket that listens already to `serve`.
    pub(crate) fn on<F, S>(listener: std::net::TcpListener, serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        listener
            .set_nonblocking(true)
            .expect("sockets can be non-blocking");
        let address = listener.local_addr().expect("the socket is bound");
        let (evict, evicted) = watch::channel(0);
        background::spawn(accept(listener, evicted, serve));
        Self {
            address,
            evict: Some(evict),
        }
    }

    /// Drops all connections that are open.
    pub(crate) fn drop_connections(&self) {
        if let Some(evict) = &self.evict {
            evict.send_modify(|count| *count += 1);
        }
    }

    /// Ends listening: connections are refused from then on.
    pub(crate) fn stop(&mut self) {
        self.evict = None;
    }
}

async fn accept<F, S>(listener: std::net::TcpListener, mut evicted: watch::Receiver<u64>, serve: S)
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream) -> F,
{
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let mut evicted = evicted.clone();
                let served = serve(stream);
                tokio::spawn(async move {
                    tokio::select! {
                        () = served => {}
                        _ = evicted.changed() => {}
                    }
                });
            }
            changed = evicted.changed() => if changed.is_err() { return },
        }
    }
}

/// A list that connections write and tests read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn push(&self, entry: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
