//! The secrets on their way into the holders: the plan of each write, the writes, and what was done. The only writer in the holders.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{
    ApiFault, ApplyOptions, Cluster, api_fault, concerns_one_cluster, fan_out, is_refused,
    with_lost,
};
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use mesh_model::event::Event;
use mesh_model::remote_secret::{RemoteSecret, SecretType, recorded_uid};
use mesh_model::{Error, Exit};

use super::claim;
use super::holder::Holder;
use super::options::Options;
use super::record::{AppliedSecret, record};
use crate::Job;

/// A secret for one holder.
pub(crate) struct PendingSecret<'h> {
    pub(crate) holder: &'h Holder,
    /// The remote cluster that it gives access to.
    pub(crate) remote: Cluster,
    /// The name of that cluster in the secret.
    pub(crate) cluster: String,
    /// The operator gave that name, and not only the cluster itself.
    pub(crate) is_named: bool,
    /// The token Secret as it was read, where there was one.
    pub(crate) seen: Option<Rc<Secret>>,
    /// The secret; nothing in a dry run, where its token would only be made.
    pub(crate) secret: Option<Rc<RemoteSecret>>,
}

/// A cluster that is skipped, and what that means.
pub(crate) struct Lost {
    pub(crate) error: Error,
    pub(crate) left_out: &'static str,
}

/// Plans the write of every holder before the first one, then writes to all of them at once; one that fails does not affect the
/// others. `lost` are those that were skipped before.
pub(crate) async fn apply_secrets(
    pending: &[PendingSecret<'_>],
    mut lost: Vec<Lost>,
    options: &Options,
    job: &Job<'_>,
) -> Result<Exit, Error> {
    let planned = match Error::gather(pending.iter().map(|secret| secret.plan(options))) {
        Ok(planned) => planned,
        Err(error) => {
            let mut lost = lost.into_iter().map(|lost| lost.error).collect();
            return Err(with_lost(error, &mut lost));
        }
    };
    let output = OrderedOutput::default();
    let work = pending.iter().zip(planned).enumerate();
    let results = fan_out(work, |(number, (secret, write))| {
        let output = &output;
        async move {
            let done = match job.interrupt.check() {
                Ok(()) => secret.write(&write, options, job.applied_by).await,
                Err(error) => Err(error),
            };
            let event = done.as_ref().ok().map(|(event, _)| event.clone());
            output.next(number, event, job)?;
            done.map(|(_, uid)| uid.and_then(|uid| secret.applied(uid, write.apply.is_none())))
        }
    })
    .await;
    let (done, wrong) = Error::parted(results);
    let is_done = !done.is_empty();
    let recorded = if options.dry_run.writes() && options.secret_type == SecretType::Remote {
        record(done.into_iter().flatten().collect(), job).await
    } else {
        Ok(())
    };
    let (broke_off, mut failed): (Vec<_>, Vec<_>) =
        wrong.into_iter().partition(concerns_one_cluster);
    lost.extend(broke_off.into_iter().map(|error| {
        let left_out = left_out(&error);
        Lost { error, left_out }
    }));
    failed.extend(recorded.err());
    if !is_done {
        failed.extend(lost.drain(..).map(|lost| lost.error));
    }
    for Lost { error, left_out } in &lost {
        job.warn_of(error, left_out)?;
    }
    match Error::all(failed) {
        Some(error) => Err(error),
        None if lost.is_empty() => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}

/// Returns what a failed write means for its secret: where nothing says that it was refused, the request may have arrived though
/// its answer did not.
fn left_out(error: &Error) -> &'static str {
    if is_refused(error) {
        "the secret was not applied there"
    } else {
        "whether the secret was applied there is not known, so run this again"
    }
}

/// Adds what to do where the secret was changed after it was checked.
fn changed(error: Error) -> Error {
    match api_fault(&error) {
        Some(ApiFault::Changed { .. }) => {
            error.hint("run the same command again: it goes by what is there now")
        }
        Some(_) | None => error,
    }
}

/// Tells what was done in the order of the secrets, each as soon as all before it are known.
#[derive(Default)]
struct OrderedOutput {
    next: Cell<usize>,
    early: RefCell<BTreeMap<usize, Option<Event>>>,
}

impl OrderedOutput {
    fn next(&self, number: usize, event: Option<Event>, job: &Job<'_>) -> Result<(), Error> {
        let mut early = self.early.borrow_mut();
        early.insert(number, event);
        while let Some(event) = early.remove(&self.next.get()) {
            self.next.set(self.next.get() + 1);
            if let Some(event) = event {
                job.events.tell(event)?;
            }
        }
        Ok(())
    }
}

/// The plan of one secret in one holder.
struct SecretWrite {
    action: Action,
    /// UID of the secret that the holder has, where it stays as it is.
    uid: Option<String>,
    /// How it is applied; nothing where the holder has it.
    apply: Option<ApplyOptions>,
    /// Version of the secret that was checked; the server refuses the write where it is another by then.
    version: Option<String>,
    /// UID of the remote cluster that is recorded in the secret, and stays so where it could not be read now.
    recorded: Option<String>,
}

impl PendingSecret<'_> {
    fn plan(&self, options: &Options) -> Result<SecretWrite, Error> {
        let holder = self.holder;
        let name = options.secret_type.secret_name(&self.cluster);
        let existing = holder.existing(&name);
        let existing = existing.as_ref();
        let is_there =
            |secret: &Rc<RemoteSecret>| existing.is_some_and(|found| secret.is_in(found));
        if self.secret.as_ref().is_some_and(is_there) {
            return Ok(SecretWrite {
                action: Action::Keep,
                apply: None,
                version: None,
                recorded: None,
                uid: existing.and_then(|found| found.metadata.uid.clone()),
            });
        }
        if let Some(secret) = self.secret.as_ref().filter(|_| !self.is_named) {
            claim::check_final(holder, secret, self.remote.context(), options)?;
        }
        let force_conflicts =
            options.force_conflicts || holder.may_take_over(existing, &self.cluster, options)?;
        Ok(SecretWrite {
            action: if existing.is_some() {
                Action::Configure
            } else {
                Action::Create
            },
            apply: Some(ApplyOptions {
                dry_run: options.dry_run,
                // Nothing is taken over that was not read.
                force_conflicts: force_conflicts && existing.is_some(),
            }),
            version: existing.and_then(|found| found.metadata.resource_version.clone()),
            recorded: existing
                .zip(self.secret.as_deref())
                .and_then(|(found, secret)| recorded_uid(found, secret.key()))
                .filter(|_| !options.replace)
                .map(str::to_owned),
            uid: None,
        })
    }

    /// Carries it out; returns what was done, and the UID of what the holder has then.
    async fn write(
        &self,
        write: &SecretWrite,
        options: &Options,
        applied_by: &str,
    ) -> Result<(Event, Option<String>), Error> {
        let cluster = self.holder.cluster();
        let mut uid = write.uid.clone();
        let dry_run = match (write.apply, &self.secret) {
            (None, _) => DryRun::None,
            (Some(how), Some(secret)) => {
                let secret = RemoteSecret {
                    uid: secret.uid.clone().or_else(|| write.recorded.clone()),
                    ..secret.as_ref().clone()
                };
                let mut wanted = secret.to_applied(applied_by);
                wanted.metadata.resource_version.clone_from(&write.version);
                let applied = cluster.apply(&wanted, how).await.map_err(changed)?;
                uid = applied.metadata.uid;
                how.dry_run
            }
            // No server can check what is not there yet.
            (Some(_), None) => DryRun::Client,
        };
        let name = options.secret_type.secret_name(&self.cluster);
        let object = ObjectRef::secret(&options.namespace, name);
        let change = Change::new(cluster.context(), object, write.action);
        Ok((Event::Done { change, dry_run }, uid))
    }

    /// Returns what the remote cluster is to record of it.
    fn applied(&self, uid: String, is_old: bool) -> Option<AppliedSecret<'_>> {
        Some(AppliedSecret {
            remote: &self.remote,
            secret: self.secret.as_deref()?,
            seen: self.seen.as_ref(),
            holder: self.holder.cluster(),
            uid,
            is_old,
        })
    }
}
