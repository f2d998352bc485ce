//! Remote secrets that give access to none of the clusters of an exchange: which they are, and their deletion.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::Cluster;
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use mesh_model::remote_secret::own_name;
use mesh_model::secret::comes_back;
use mesh_model::{Error, Exit};

use super::members::Member;
use crate::Job;
use crate::change::{Meaning, Outcome, Write, carry_out};

/// A secret that is to be deleted.
pub struct Leftover {
    cluster: Cluster,
    secret: Secret,
}

impl Leftover {
    /// Returns the name of the Secret.
    pub fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// Returns the context of its cluster.
    pub fn context(&self) -> &str {
        self.cluster.context()
    }

    /// Returns the clusters that it gives access to, by its data keys.
    pub fn clusters(&self) -> Vec<&str> {
        let data = self.secret.data.iter();
        data.flat_map(|data| data.keys().map(String::as_str))
            .collect()
    }

    /// Returns the warning that another program puts it back, where one does.
    pub fn comes_back(&self) -> Option<String> {
        comes_back(&self.secret, self.context())
    }

    /// Returns the planned change.
    pub(super) fn change(&self) -> Change {
        let namespace = self
            .secret
            .metadata
            .namespace
            .as_deref()
            .unwrap_or_default();
        let object = ObjectRef::secret(namespace, self.name());
        Change::new(self.context(), object, Action::Delete)
            .because("it gives access to none of the clusters")
    }

    /// Deletes it; one that is gone already is no error.
    async fn delete(&self, dry_run: DryRun) -> Result<(), Error> {
        let metadata = &self.secret.metadata;
        let deleted = self.cluster.delete::<Secret>(metadata, dry_run);
        deleted.await.map(drop)
    }
}

impl Write for &Leftover {
    fn change(&self) -> Change {
        Leftover::change(self)
    }

    async fn rehearse(&mut self, _: &Cluster) -> Result<(), Error> {
        self.delete(DryRun::Server).await
    }

    async fn send(&mut self, _: &Cluster) -> Result<(), Error> {
        self.delete(DryRun::None).await
    }
}

/// Returns the secrets of all members that give access to none of them.
pub(super) fn leftovers(members: &[Member]) -> Vec<Leftover> {
    let known: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut leftovers = Vec::new();
    for member in members {
        let secrets = member.holder.secrets_beside(&known).into_iter();
        leftovers.extend(secrets.map(|secret| Leftover {
            cluster: member.cluster().clone(),
            secret,
        }));
    }
    leftovers
}

/// Deletes them, each only if it is still the very one that was read; a cluster that does not let us does not affect the others. In
/// a dry run it tells what would be deleted; in one on the server each server checks it.
pub(super) async fn delete(
    leftovers: &[Leftover],
    dry_run: DryRun,
    job: &Job<'_>,
) -> Result<Exit, Error> {
    let sequences = leftovers.iter().map(|one| (one.cluster.clone(), [one]));
    let results = carry_out(sequences, dry_run.into(), job).await;
    let (_, wrong) = Error::parted(results);
    let mut outcome = Outcome::default();
    // The secrets for the clusters are applied before.
    outcome.done();
    outcome.wrong(wrong, Meaning::same("run this command again to prune it"));
    outcome.end(job)
}
