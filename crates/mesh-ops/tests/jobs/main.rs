//! Jobs called as a library: plain data in, events and change sets out, and the embedded clusters looked at afterwards. There is
//! no command line and no terminal.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

mod changes;
mod delete;
mod gateway;
mod metadata;
mod secret;
mod snapshot;
mod support;
