//! Has the servers try the deletions without storing anything: what a dry run on the server does in place of `apply`.

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{DryRun, Interrupt, fan_out};
use mesh_model::Error;

use super::observe::DeleteState;

/// Tries to delete each Secret of the cluster of this number, and returns whether it is there.
pub(super) async fn rehearse(
    secrets: impl IntoIterator<Item = (usize, &Secret)>,
    state: &DeleteState,
    interrupt: &Interrupt,
) -> Vec<Result<bool, Error>> {
    fan_out(secrets, |(cluster, secret)| async move {
        interrupt.check()?;
        state.connections[cluster]
            .delete::<Secret>(&secret.metadata, DryRun::Server)
            .await
    })
    .await
}
