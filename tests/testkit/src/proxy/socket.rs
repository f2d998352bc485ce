//! The CONNECT proxy on a Unix socket, which is how an API server wants its way to pods
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/>): over TCP it accepts one with TLS alone.

use std::os::unix::net::UnixListener as StdListener;
use std::path::Path;
use std::sync::Arc;

use tokio::net::UnixListener;
use tokio::sync::oneshot;

use super::connect::{Route, serve};
use super::listener::Log;
use crate::embedded::background;

/// A running CONNECT proxy on a Unix socket. Tunnels that are open outlive it.
pub struct SocketProxy {
    /// Hung up to end listening.
    _listening: oneshot::Sender<()>,
}

impl SocketProxy {
    /// Listens on a socket of this path; `route` turns the `host:port` of a request into the one to connect to.
    ///
    /// # Panics
    /// Where there is a file of this path, or no folder for it.
    pub fn routed(path: &Path, route: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = StdListener::bind(path).expect("the socket can be made");
        listener
            .set_nonblocking(true)
            .expect("sockets can be non-blocking");
        let (listening, ended) = oneshot::channel();
        let route: Route = Arc::new(route);
        background::spawn(async move {
            tokio::select! {
                () = accept(listener, route) => {}
                _ = ended => {}
            }
        });
        Self {
            _listening: listening,
        }
    }
}

async fn accept(listener: StdListener, route: Route) {
    let listener = UnixListener::from_std(listener).expect("the listener is non-blocking");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let (route, unread) = (Arc::clone(&route), Log::default());
            tokio::spawn(serve(stream, None, route, unread.clone(), unread));
        }
    }
}
