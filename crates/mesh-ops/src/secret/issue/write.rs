//! The secrets on their way into the holders: the plan of each write, the writes, and what was done. The only writer in the holders.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{ApplyOptions, Cluster, fan_out};
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use mesh_model::event::Event;
use mesh_model::remote_secret::{RemoteSecret, SecretType};
use mesh_model::{Error, Exit};

use super::claim;
use super::holder::Holder;
use super::options::Options;
use super::planned::SecretText;
use super::record::{AppliedSecret, record};
use crate::Job;
use crate::change::{Meaning, Outcome};

/// A remote cluster, as all secrets for it have it.
pub(crate) struct RemoteRef {
    pub(crate) cluster: Cluster,
    /// Its name in the secrets.
    pub(crate) name: String,
    /// The operator gave that name, and not only the cluster itself.
    pub(crate) is_named: bool,
    /// The token Secret as it was read, where there was one.
    pub(crate) token_secret: Option<Rc<Secret>>,
}

/// A secret for one holder.
pub(crate) struct PendingSecret {
    pub(crate) holder: Rc<Holder>,
    pub(crate) remote: Rc<RemoteRef>,
    pub(crate) text: SecretText,
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

/// Writes to all holders at once; one that fails does not affect the others. `outcome` is what went wrong before.
pub(crate) async fn apply_secrets(
    pending: &[&PendingSecret],
    mut outcome: Outcome,
    options: &Options,
    job: &Job<'_>,
) -> Result<Exit, Error> {
    let results = each_in_order(pending, job, |one| one.apply(options, job)).await;
    let (done, wrong) = Error::parted(results);
    if !done.is_empty() {
        outcome.done();
    }
    outcome.wrong(wrong, NOT_APPLIED);
    if options.secret_type == SecretType::Remote
        && let Err(unrecorded) = record(done.into_iter().flatten().collect(), job).await
    {
        outcome.fail(unrecorded);
    }
    outcome.end(job)
}

/// Tells what would be written to the holders; in a server dry run each of them checks its secrets.
pub(crate) async fn rehearse_secrets(
    pending: &[&PendingSecret],
    mut outcome: Outcome,
    options: &Options,
    job: &Job<'_>,
) -> Result<Exit, Error> {
    let results = each_in_order(pending, job, |one| one.rehearse(options, job)).await;
    let (done, wrong) = Error::parted(results);
    if !done.is_empty() {
        outcome.done();
    }
    outcome.wrong(wrong, NOT_APPLIED);
    outcome.end(job)
}

/// Does `work` for all secrets at once, and tells what came of it in their order.
async fn each_in_order<'p, R, F: Future<Output = Result<(Event, R), Error>>>(
    pending: &[&'p PendingSecret],
    job: &Job<'_>,
    work: impl Fn(&'p PendingSecret) -> F,
) -> Vec<Result<R, Error>> {
    let output = OrderedOutput::default();
    fan_out(pending.iter().enumerate(), |(number, one)| {
        let (output, work) = (&output, work(one));
        async move {
            let done = match job.interrupt.check() {
                Ok(()) => work.await,
                Err(error) => Err(error),
            };
            let (event, done) = match done {
                Ok((event, done)) => (Some(event), Ok(done)),
                Err(error) => (None, Err(error)),
            };
            output.next(number, event, job)?;
            done
        }
    })
    .await
}

/// The meaning of a failed write for its secret.
const NOT_APPLIED: Meaning = Meaning {
    refused: "the secret was not applied there",
    unknown: "it is not known whether the secret was applied there, so run this command again",
};

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

    /// Writes it; returns what is told, and what the remote cluster is to record of it.
    async fn apply(
        &self,
        options: &Options,
        job: &Job<'_>,
    ) -> Result<(Event, Option<AppliedSecret<'_>>), Error> {
        let change = self.change(options);
        let is_old = change.action == Action::Keep;
        let uid = if is_old {
            let kept = self.holder.uid_and_version(&self.name(options));
            kept.and_then(|(uid, _)| uid).map(str::to_owned)
        } else {
            self.send(options, job, DryRun::None).await?
        };
        let event = Event::Done {
            change,
            dry_run: DryRun::None,
        };
        Ok((event, uid.and_then(|uid| self.applied(uid, is_old))))
    }

    /// Lets the holder check the write where that is asked for; returns what is told.
    async fn rehearse(&self, options: &Options, job: &Job<'_>) -> Result<(Event, ()), Error> {
        let change = self.change(options);
        let dry_run = match (change.action, self.text.secret(), options.dry_run) {
            (Action::Keep, ..) => DryRun::None,
            (_, Some(_), DryRun::Server) => {
                self.send(options, job, DryRun::Server).await?;
                DryRun::Server
            }
            // No server can check what is not there yet.
            _ => DryRun::Client,
        };
        Ok((Event::Done { change, dry_run }, ()))
    }

    /// Sends it to the holder; returns the UID of what the holder has then.
    async fn send(
        &self,
        options: &Options,
        job: &Job<'_>,
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
        let mut wanted = secret.to_applied(job.applied_by);
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

    /// Returns what the remote cluster is to record of it.
    fn applied(&self, uid: String, is_old: bool) -> Option<AppliedSecret<'_>> {
        Some(AppliedSecret {
            remote: &self.remote.cluster,
            secret: self.text.secret()?,
            seen: self.remote.token_secret.as_ref(),
            holder: self.holder.cluster(),
            uid,
            is_old,
        })
    }
}
