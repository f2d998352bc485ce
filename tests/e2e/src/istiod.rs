//! The verdicts of a real istiod.

use std::time::Duration;

use mesh_testkit::condition::wait_until;
use mesh_testkit::real::Cluster;

const WITHIN: Duration = Duration::from_secs(30);

/// Waits until the holder's istiod says this of the source; `None` is that it does not know it.
pub fn is_said(holder: &Cluster, source: &str, status: Option<&str>) {
    let mut last = None;
    let found = wait_until(WITHIN, || {
        last = holder
            .sync_status(source)
            .expect("istiod's debug page can be read");
        (last.as_deref() == status).then_some(())
    });
    let name = holder.name();
    assert!(
        found.is_some(),
        "{name}'s istiod says of {source}: {last:?}"
    );
}
