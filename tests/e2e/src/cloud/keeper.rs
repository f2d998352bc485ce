//! The thread that looks after one cluster while commands run.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mesh_testkit::real::Cluster;

use super::{istiod, load_balancer};

/// The pause between two looks: a look costs the API server two handshakes, and a provider is no faster.
const EVERY: Duration = Duration::from_millis(500);

/// Looks after a cluster until it is dropped.
pub struct Keeper {
    /// Hung up to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start(cluster: Arc<Cluster>, address: &str) -> Self {
        let (stop, stopped) = channel();
        let address = address.to_owned();
        let thread = thread::spawn(move || {
            let mut running = istiod::Running::default();
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // What cannot be read or written now is tried again at the next look.
                let _ = running.follow(&cluster);
                let _ = load_balancer::serve(&cluster, &address);
            }
            running.end(&cluster);
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A keeper that panicked leaves the test to fail for want of what it keeps.
            let _ = thread.join();
        }
    }
}
