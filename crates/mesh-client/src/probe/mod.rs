//! Asking a gateway's ports, from here: what is sent is a greeting, and nothing that came back is judged.
//!
//! No credential, no certificate and no data is ever sent. A server's certificate is looked at and not trusted, since
//! nothing follows that trust would matter for. No proxy is used: the question is what this machine can reach.

mod dial;
mod greeting;
mod readiness;

pub use dial::{ask, ask_all, resolve};
