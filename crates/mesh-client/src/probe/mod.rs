//! Questions to a gateway's ports, from this machine: only a request or a `ClientHello` is sent, and no answer is judged.
//!
//! No credential, no certificate and no data is ever sent. A server's certificate is recorded and not trusted, because
//! nothing that needs trust follows. No proxy is used: the question is what this machine can reach.

mod dial;
mod greeting;
mod readiness;

pub use dial::{ask, ask_all, resolve};
