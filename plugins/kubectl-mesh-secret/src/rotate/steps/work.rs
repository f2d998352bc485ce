//! What the steps of all rotations share.

use mesh_common::ops::Job;

use crate::rotate::chain::Registry;
use crate::rotate::model::{Chain, ClusterState, Request, RotationState};

/// The job, what was asked for, and what was read.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub job: Job<'a>,
    pub request: &'a Request,
    pub state: &'a RotationState,
    pub registry: &'a Registry<'a>,
}

impl<'a> Work<'a> {
    /// Returns the cluster of this number.
    pub(super) fn cluster(&self, number: usize) -> &'a ClusterState {
        &self.state.clusters[number]
    }

    /// Returns the cluster that issued the tokens of `chain`.
    pub(super) fn remote(&self, chain: &Chain) -> &'a ClusterState {
        self.cluster(chain.remote)
    }
}
