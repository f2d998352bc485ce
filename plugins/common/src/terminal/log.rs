//! What `-v` shows on stderr: what is asked of which cluster, never a header, a body or a credential.

use tracing_subscriber::filter::EnvFilter;

/// Starts logging; without `-v` there is none, and no subscriber either.
///
/// 1 shows what is done, 2 each request, 3 and more the connections too. The HTTP and TLS libraries stay silent at
/// every level, since their traces hold headers.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => "info",
        2 => "debug",
        3.. => "trace",
    };
    let own = ["mesh_common", "kubectl_mesh_secret"]
        .map(|name| format!("{name}={level}"))
        .join(",");
    // A second subscriber in one process only happens in tests, and the first one stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(own))
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(false)
        .try_init();
}
