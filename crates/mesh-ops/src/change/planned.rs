//! The planned changes of several clusters, and how one of them is sent.

use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::change::{Change, ChangeSet, DryRun};
use mesh_model::event::Event;

/// One planned change and the request that makes it.
pub trait Write {
    /// Returns the change that it makes.
    fn change(&self) -> Change;

    /// Returns the event by which the change is reported.
    fn event(&self, dry_run: DryRun) -> Event {
        let change = self.change();
        Event::Done { change, dry_run }
    }

    /// Returns whether a server can check the request before other writes were made.
    fn can_be_rehearsed(&self) -> bool {
        true
    }

    /// Has the server of the cluster check the request without storing anything. The answer may show that the change is another
    /// one than was planned.
    fn rehearse(&mut self, cluster: &Cluster) -> impl Future<Output = Result<(), Error>>;

    /// Sends the request to the cluster of the change. It is never called for a change that writes nothing.
    fn send(&mut self, cluster: &Cluster) -> impl Future<Output = Result<(), Error>>;
}

/// The changes of one cluster.
pub struct ClusterPlan<W> {
    /// The cluster.
    pub cluster: Cluster,
    /// The changes in the order in which they are written, also those that keep an object as it is.
    pub writes: Vec<W>,
    /// The reasons why other changes of this cluster are not possible. Then nothing is written anywhere; the server still checks
    /// the rest, so that everything that is in the way is reported at once.
    pub refused: Vec<Error>,
}

impl<W> ClusterPlan<W> {
    /// Returns the plan if all of its changes are possible.
    ///
    /// # Errors
    /// All reasons why one is not, joined.
    pub(super) fn possible(mut self) -> Result<Self, Error> {
        let refused = std::mem::take(&mut self.refused);
        Error::all(refused).map_or(Ok(self), Err)
    }
}

/// The changes of all clusters, planned before the first of them is written.
pub struct Plan<W> {
    /// The clusters that can be written to.
    pub clusters: Vec<ClusterPlan<W>>,
    /// The errors of clusters that are skipped.
    pub skipped: Vec<Error>,
}

impl<W: Write> Plan<W> {
    /// Returns what is going to be written, in order.
    pub fn change_set(&self) -> ChangeSet {
        let writes = self.clusters.iter().flat_map(|one| &one.writes);
        writes.map(Write::change).collect()
    }
}
