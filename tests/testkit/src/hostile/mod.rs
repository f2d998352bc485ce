//! Servers that do not do what servers do: they stand where an API server should, and answer at length, for ever, wrongly or not
//! at all. What they say is in tables; a test runs through all of one.
//!
//! | file | owns |
//! |---|---|
//! | `server` | the socket, and carrying out what is to be said |
//! | `script` | what is said and how it ends |
//! | `sockets` | before HTTP: TCP and TLS |
//! | `heads` | HTTP/1.1 up to the empty line |
//! | `bodies` | HTTP/1.1 behind it |
//! | `http2` | HTTP/2 |
//! | `websockets` | connections to ports of pods |

mod bodies;
mod heads;
mod http2;
mod script;
mod server;
mod sockets;
mod websockets;

pub use bodies::BODIES;
pub use heads::{HEADS, REDIRECTS};
pub use http2::HTTP2;
pub use script::{Asked, Mode, Place, Script};
pub use server::HostileServer;
pub use sockets::SOCKETS;
pub use websockets::WEBSOCKETS;
