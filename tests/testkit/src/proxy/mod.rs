//! Programs between a client and a server: proxies, relays, and a front that ends TLS.
//!
//! All but one listen on a free port of 127.0.0.1; all run on the test kit's background thread, count, and end when they are dropped.
//! They know no Kubernetes.
//!
//! - [`ConnectProxy`]: HTTP CONNECT, with a password if wanted.
//! - [`SocketProxy`]: the same on a Unix socket.
//! - [`SocksProxy`]: SOCKS5 without authentication.
//! - [`Relay`]: plain TCP, which can reset, go mute, and refuse.
//! - [`Front`]: HTTPS with a certificate of its own before a real server, recording requests.

mod connect;
mod front;
mod listener;
mod relay;
mod socket;
mod socks;

pub use connect::ConnectProxy;
pub use front::Front;
pub(crate) use listener::{Listener, Log};
pub use relay::Relay;
pub use socket::SocketProxy;
pub use socks::SocksProxy;
