//! Remote secrets that give access to none of the clusters of an exchange: which they are, and their deletion.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, fan_out};
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use mesh_model::remote_secret::own_name;
use mesh_model::secret::comes_back;
use mesh_model::{Error, Exit};

use super::members::Member;
use crate::Job;
use crate::change::{Meaning, Outcome};

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

    async fn delete(&self, dry_run: DryRun) -> Result<bool, Error> {
        let metadata = &self.secret.metadata;
        self.cluster.delete::<Secret>(metadata, dry_run).await
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
    let results = fan_out(leftovers, |one| async move {
        job.interrupt.check()?;
        if dry_run != DryRun::Client {
            one.delete(dry_run).await?;
        }
        Ok(one.change())
    });
    let (changes, wrong) = Error::parted(results.await);
    for change in changes {
        job.done(change, dry_run)?;
    }
    let mut outcome = Outcome::default();
    // The secrets for the clusters are applied before.
    outcome.done();
    outcome.wrong(wrong, Meaning::same("run this command again to prune it"));
    outcome.end(job)
}
