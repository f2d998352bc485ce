//! The client stack against servers that answer, and against everything that goes wrong before they do.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

mod connect_faults;
mod connections;
mod credentials;
mod hostile_ports;
mod lists;
mod mutated;
mod plain_http;
mod preferences;
mod probes;
mod proxies;
mod requests;
mod support;
mod waiting_plugins;
mod waits;
mod writes;
