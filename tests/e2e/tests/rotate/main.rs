//! `rotate` beside real API servers and real istiods, and what Kubernetes does with token Secrets, on which it rests.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod ended;
mod hostile;
mod live;
mod reader;
mod rights;
mod rsa;
mod synced;
mod token_secrets;
