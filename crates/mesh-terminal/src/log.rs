//! The log of `-v` on stderr: requests and their clusters, never a header, a body or a credential.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Starts logging; without `-v` there is no log, and no subscriber either.
///
/// 1 shows each request, 2 and more the connections too. The HTTP and TLS libraries stay silent at every level, since
/// their traces hold headers.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    // The plugins' crates are all named kubectl_mesh_*; targets match by prefix.
    let own =
        ["mesh_client", "mesh_ops", "mesh_terminal", "kubectl_mesh_"].map(|name| (name, level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(false);
    // A second subscriber in one process happens only in tests, where the first one stays.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(Targets::new().with_targets(own)))
        .try_init();
}
