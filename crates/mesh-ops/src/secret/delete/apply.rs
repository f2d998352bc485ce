//! The writes of a deletion: secrets that are deleted, and tokens that are revoked. The only writers of the job.

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, Interrupt};
use mesh_model::Error;
use mesh_model::change::{Change, DryRun};
use mesh_model::event::Event;
use mesh_model::remote_secret::own_name;

use super::super::amend;
use super::observe::ClusterSecrets;
use super::plan::{SecretToDelete, deleted};
use super::plan_revoke::revoked;
use crate::change::Write;

/// The deletion of a secret, only if it is still the one that was read and as it was read.
pub(super) struct SecretDeletion<'a> {
    one: &'a SecretToDelete<'a>,
    clusters: &'a [ClusterSecrets],
    was_there: bool,
}

impl<'a> SecretDeletion<'a> {
    pub(super) fn new(one: &'a SecretToDelete<'a>, clusters: &'a [ClusterSecrets]) -> Self {
        Self {
            one,
            clusters,
            was_there: true,
        }
    }

    async fn delete(&mut self, cluster: &Cluster, dry_run: DryRun) -> Result<(), Error> {
        let metadata = &self.one.secret.metadata;
        self.was_there = cluster.delete::<Secret>(metadata, dry_run).await?;
        Ok(())
    }
}

impl Write for SecretDeletion<'_> {
    fn change(&self) -> Change {
        deleted(self.one, self.clusters)
    }

    fn event(&self, dry_run: DryRun) -> Event {
        event(self.change(), dry_run, self.one.secret, self.was_there)
    }

    async fn rehearse(&mut self, cluster: &Cluster) -> Result<(), Error> {
        self.delete(cluster, DryRun::Server).await
    }

    async fn send(&mut self, cluster: &Cluster) -> Result<(), Error> {
        self.delete(cluster, DryRun::None).await
    }
}

/// The revocation of a token: its Secret is deleted, as long as that is what was read; the API server notes in it when the token was
/// last used.
pub(super) struct Revocation<'a> {
    secret: &'a Secret,
    cluster: &'a ClusterSecrets,
    interrupt: &'a Interrupt,
    was_there: bool,
}

impl<'a> Revocation<'a> {
    pub(super) fn new(
        secret: &'a Secret,
        cluster: &'a ClusterSecrets,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            secret,
            cluster,
            interrupt,
            was_there: true,
        }
    }
}

impl Write for Revocation<'_> {
    fn change(&self) -> Change {
        revoked(self.secret, self.cluster)
    }

    fn event(&self, dry_run: DryRun) -> Event {
        event(self.change(), dry_run, self.secret, self.was_there)
    }

    async fn rehearse(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let metadata = &self.secret.metadata;
        self.was_there = cluster.delete::<Secret>(metadata, DryRun::Server).await?;
        Ok(())
    }

    async fn send(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let read = self.secret;
        let is_as_read = |now: &Secret| now.data == read.data && now.type_ == read.type_;
        let deleted = amend::delete(cluster, self.interrupt, read, is_as_read);
        self.was_there = deleted.await?;
        Ok(())
    }
}

/// Returns the event of a change, or that there was nothing to delete any more.
fn event(change: Change, dry_run: DryRun, secret: &Secret, was_there: bool) -> Event {
    if was_there {
        return Event::Done { change, dry_run };
    }
    Event::Note(format!(
        "secret {} was gone from context {} already",
        own_name(secret),
        change.context
    ))
}
