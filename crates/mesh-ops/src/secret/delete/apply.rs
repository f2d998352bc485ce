//! Deletes what was planned. The only writer of the job.

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, DryRun, Interrupt, fan_out};
use mesh_model::error::{Error, Kind};

use super::super::amend;
use super::observe::DeleteState;
use super::plan::SecretToDelete;

/// Deletes all secrets at once, each only if it is still the one that was read and as it was read; returns for each whether it
/// was there. One that fails does not affect the others.
pub(super) async fn delete_all(
    secrets: &[SecretToDelete<'_>],
    state: &DeleteState,
    interrupt: &Interrupt,
) -> Vec<Result<bool, Error>> {
    fan_out(secrets, |one| async {
        interrupt.check()?;
        let cluster = &state.connections[one.cluster];
        cluster
            .delete::<Secret>(&one.secret.metadata, DryRun::None)
            .await
    })
    .await
}

/// Revokes a token by deleting its Secret, as long as that is what was read; the API server notes in it when the token was last
/// used. Returns whether it was there.
///
/// # Errors
/// Another run would not find the token, so that no hint to run this again is among the errors' hints.
pub(super) async fn revoke(
    cluster: &Cluster,
    secret: &Secret,
    interrupt: &Interrupt,
) -> Result<bool, Error> {
    let is_as_read = |now: &Secret| now.data == secret.data && now.type_ == secret.type_;
    match amend::delete(cluster, interrupt, secret, is_as_read).await {
        Err(error) if error.kind() == Kind::Interrupted => Err(Error::new(
            Kind::Interrupted,
            "interrupted before the token was revoked",
        )),
        other => other,
    }
}
