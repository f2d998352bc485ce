//! The one background thread on which all embedded clusters and proxies of a process run.
//!
//! One current-thread runtime serves hundreds of them, and blocking tests and child processes can talk to it. It
//! knows neither.

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::Handle;

static RUNTIME: LazyLock<Handle> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .expect("the system allows one more epoll");
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("test-servers".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .expect("the system allows one more thread");
    handle
});

/// Runs a task there.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(RUNTIME.spawn(task));
}
