//! The secrets on their way into the holders: the plan of each write, the writes, and what was done. The only writer in the holders.

use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{ApplyOptions, Cluster};
use mesh_model::access_facts::bearer_token;
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use mesh_model::remote_secret::RemoteSecret;
use mesh_model::{Error, Exit};
use secrecy::ExposeSecret as _;

use super::claim;
use super::holder::Holder;
use super::options::Options;
use super::planned::SecretText;
use super::record::{AppliedSecret, record};
use super::recorded::{Record, record_changes};
use crate::Job;
use crate::change::{Meaning, Outcome, Write, carry_out};

/// A remote cluster, as all secrets for it have it.
pub(crate) struct RemoteRef {
    pub(crate) cluster: Cluster,
    /// Its name in the secrets.
    pub(crate) name: String,
    /// The operator gave that name, and not only the cluster itself.
    pub(crate) is_named: bool,
    /// The Secret behind the token that all holders share, as it was read, where there was one.
    pub(crate) backing: Option<Rc<Secret>>,
}

/// A secret for one holder.
pub(crate) struct PendingSecret {
    pub(crate) holder: Rc<Holder>,
    pub(crate) remote: Rc<RemoteRef>,
    pub(crate) text: SecretText,
    /// The record that the remote cluster is to have of it.
    pub(crate) record: Record,
    /// The plan of its write, once its text is known or cannot be known before others are written.
    pub(crate) write: Option<SecretWrite>,
}

/// The plan of one secret in one holder.
#[derive(Clone, Copy)]
pub(crate) struct SecretWrite {
    action: Action,
    force_conflicts: bool,
}

/// Plans every write that is not planned yet.
///
/// # Errors
/// All refusals, joined.
pub(crate) fn plan_writes<'p, P>(pending: P, options: &Options) -> Result<(), Error>
where
    P: IntoIterator<Item = &'p mut PendingSecret>,
{
    let open = pending.into_iter().filter(|one| one.write.is_none());
    let refused = open.filter_map(|one| match one.plan(options) {
        Ok(write) => {
            one.write = Some(write);
            None
        }
        Err(error) => Some(error),
    });
    Error::all(refused).map_or(Ok(()), Err)
}

/// Writes to all holders at once; one that fails does not affect the others. A dry run tells what would be written, and in one on
/// the server each holder checks its secrets. `outcome` is what went wrong before.
pub(crate) async fn apply_secrets(
    pending: impl IntoIterator<Item = &PendingSecret>,
    mut outcome: Outcome,
    options: &Options,
    job: &Job<'_>,
) -> Result<Exit, Error> {
    let sequences = pending.into_iter().map(|pending| {
        let write = HolderWrite {
            pending,
            options,
            applied_by: job.applied_by,
            uid: None,
        };
        (pending.holder.cluster().clone(), [write])
    });
    let results = carry_out(sequences, options.dry_run.into(), job).await;
    let (done, wrong) = Error::parted(results);
    if !done.is_empty() {
        outcome.done();
    }
    outcome.wrong(wrong, NOT_APPLIED);
    let recorded = if !options.records_holders() {
        Ok(())
    } else if options.dry_run.writes() {
        let applied = done.into_iter();
        let applied = applied.filter_map(|(_, [write])| write.applied());
        record(applied.collect(), job).await
    } else {
        let pending = done.iter().map(|(_, [write])| write.pending);
        // No server can check what has the UIDs of secrets that are not there yet.
        record_changes(pending).try_for_each(|change| job.step(change, DryRun::Client))
    };
    if let Err(error) = recorded {
        outcome.fail(error);
    }
    outcome.end(job)
}

/// The meaning of a failed write for its secret.
const NOT_APPLIED: Meaning = Meaning {
    refused: "the secret was not applied there",
    unknown: "it is not known whether the secret was applied there, so run this command again",
};

impl PendingSecret {
    /// Takes the final secret; its write has to be planned again where it is another one than before.
    pub(super) fn settle(&mut self, text: SecretText) {
        let is_same = match (self.text.secret(), text.secret()) {
            (Some(before), Some(after)) => Rc::ptr_eq(before, after),
            (Some(_) | None, _) => false,
        };
        if !is_same {
            self.write = None;
        }
        if !is_same && !has_same_token(&self.text, &text) {
            self.record = Record::WithToken;
        }
        self.text = text;
    }

    fn name(&self, options: &Options) -> String {
        options.secret_type.secret_name(&self.remote.name)
    }

    fn plan(&self, options: &Options) -> Result<SecretWrite, Error> {
        let holder = &self.holder;
        let existing = holder.existing(&self.name(options));
        let existing = existing.as_ref();
        let secret = self.text.secret();
        let is_there =
            |secret: &Rc<RemoteSecret>| existing.is_some_and(|found| secret.is_in(found));
        if secret.is_some_and(is_there) {
            return Ok(SecretWrite {
                action: Action::Keep,
                force_conflicts: false,
            });
        }
        if let Some(secret) = secret.filter(|_| !self.remote.is_named) {
            claim::check_final(holder, secret, self.remote.cluster.context(), options)?;
        }
        let force_conflicts = options.force_conflicts
            || holder.may_take_over(existing, &self.remote.name, options)?;
        Ok(SecretWrite {
            action: if existing.is_some() {
                Action::Configure
            } else {
                Action::Create
            },
            // Nothing is taken over that was not read.
            force_conflicts: force_conflicts && existing.is_some(),
        })
    }

    /// Returns the planned change.
    pub(crate) fn change(&self, options: &Options) -> Change {
        let object = ObjectRef::secret(&options.namespace, self.name(options));
        let action = self.write.map_or(Action::Configure, |write| write.action);
        Change::new(self.holder.cluster().context(), object, action)
    }

    /// Sends it to the holder; returns the UID of what the holder has then.
    async fn send(
        &self,
        options: &Options,
        applied_by: &str,
        dry_run: DryRun,
    ) -> Result<Option<String>, Error> {
        let Some(secret) = self.text.secret() else {
            return Ok(None);
        };
        let name = self.name(options);
        let recorded = self.holder.value(&name, secret.key());
        let recorded = recorded.and_then(|(uid, _)| uid);
        let secret = RemoteSecret {
            // The recorded UID of the remote cluster stays where it could not be read now.
            uid: secret
                .uid
                .clone()
                .or_else(|| recorded.filter(|_| !options.replace).map(str::to_owned)),
            ..secret.as_ref().clone()
        };
        let mut wanted = secret.to_applied(applied_by);
        // The server refuses the write where it is another version than the one that was checked.
        let version = self.holder.uid_and_version(&name);
        wanted.metadata.resource_version =
            version.and_then(|(_, version)| version).map(str::to_owned);
        let how = ApplyOptions {
            dry_run,
            force_conflicts: self.write.is_some_and(|write| write.force_conflicts),
        };
        let cluster = self.holder.cluster();
        let applied = cluster.apply(&wanted, how).await?;
        Ok(applied.metadata.uid)
    }
}

/// Returns true where both secrets have one token.
fn has_same_token(one: &SecretText, other: &SecretText) -> bool {
    let token = |text: &SecretText| {
        let kubeconfig = &text.secret()?.kubeconfig;
        bearer_token(kubeconfig.expose_secret().as_bytes())
    };
    match (token(one), token(other)) {
        (Some(one), Some(other)) => one.expose_secret() == other.expose_secret(),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// A secret on its way into its holder.
struct HolderWrite<'p> {
    pending: &'p PendingSecret,
    options: &'p Options,
    applied_by: &'p str,
    /// UID of what the holder has, once it was written.
    uid: Option<String>,
}

impl Write for HolderWrite<'_> {
    fn change(&self) -> Change {
        self.pending.change(self.options)
    }

    /// Returns false for a secret whose token is created first.
    fn can_be_rehearsed(&self) -> bool {
        self.pending.text.secret().is_some()
    }

    async fn rehearse(&mut self, _: &Cluster) -> Result<(), Error> {
        let (options, applied_by) = (self.options, self.applied_by);
        let sent = self.pending.send(options, applied_by, DryRun::Server);
        sent.await.map(drop)
    }

    async fn send(&mut self, _: &Cluster) -> Result<(), Error> {
        let (options, applied_by) = (self.options, self.applied_by);
        let sent = self.pending.send(options, applied_by, DryRun::None);
        self.uid = sent.await?;
        Ok(())
    }
}

impl<'p> HolderWrite<'p> {
    /// Returns what the remote cluster is to record of the secret that the holder has now.
    fn applied(self) -> Option<AppliedSecret<'p>> {
        let pending = self.pending;
        let change = match &pending.record {
            Record::Nothing => return None,
            Record::WithToken => None,
            Record::Own(change) => Some(change.as_ref()),
        };
        let is_old = self.change().action == Action::Keep;
        let uid = if is_old {
            let name = pending.name(self.options);
            let kept = pending.holder.uid_and_version(&name);
            kept.and_then(|(uid, _)| uid).map(str::to_owned)
        } else {
            self.uid
        };
        Some(AppliedSecret {
            remote: &pending.remote.cluster,
            secret: pending.text.secret()?,
            seen: pending.remote.backing.as_ref(),
            change,
            holder: pending.holder.cluster(),
            uid: uid?,
            is_old,
        })
    }
}
