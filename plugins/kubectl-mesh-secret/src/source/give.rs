//! The secrets on their way into the holders: what each write takes, the writes, and what was done. The only writer in
//! the holders.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{
    ApiFault, ApplyOptions, Cluster, DryRun, Interrupt, api_fault, concerns_one_cluster, fan_out,
    is_refused, with_lost,
};
use mesh_common::model::remote_secret::{RemoteSecret, SecretType, recorded_uid};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;

use super::claim;
use super::holders::Holder;
use super::options::Options;
use super::recorded::{Given, record};
use crate::cli::SELF;

/// A secret for one holder.
pub(crate) struct Gift<'h> {
    pub(crate) holder: &'h Holder,
    /// The source's context.
    pub(crate) source: String,
    /// Whether the operator gave that name, and not only the cluster itself.
    pub(crate) is_named: bool,
    /// The name under which it introduces its source.
    pub(crate) cluster: String,
    /// The source itself, and its token Secret as it was read, where there was one.
    pub(crate) origin: Cluster,
    pub(crate) seen: Option<Rc<Secret>>,
    /// The secret; nothing in a dry run, where its token would only be made.
    pub(crate) secret: Option<Rc<RemoteSecret>>,
}

/// A cluster that the rest goes on without, and what that means.
pub(crate) struct Lost {
    pub(crate) error: Error,
    pub(crate) left_out: &'static str,
}

/// Decides for every holder before the first write, then writes to all of them at once; one that breaks off costs only
/// itself. `lost` are those that the rest went on without before.
pub(crate) async fn give(
    gifts: &[Gift<'_>],
    mut lost: Vec<Lost>,
    options: &Options,
    interrupt: &Interrupt,
    streams: &Streams,
) -> Result<Exit, Error> {
    let decided = match Error::gather(gifts.iter().map(|gift| gift.decide(options))) {
        Ok(decided) => decided,
        Err(error) => {
            let mut lost = lost.into_iter().map(|lost| lost.error).collect();
            return Err(with_lost(error, &mut lost));
        }
    };
    let told = Told::default();
    let work = gifts.iter().zip(decided).enumerate();
    let results = fan_out(work, |(number, (gift, write))| {
        let told = &told;
        async move {
            let done = match interrupt.check() {
                Ok(()) => gift.write(&write, options).await,
                Err(error) => Err(error),
            };
            let line = done.as_ref().map(|(line, _)| line.as_str());
            told.next(number, line.unwrap_or_default(), streams)?;
            done.map(|(_, uid)| uid.and_then(|uid| gift.given(uid, write.apply.is_none())))
        }
    })
    .await;
    let (done, wrong) = Error::parted(results);
    let is_done = !done.is_empty();
    let recorded = if options.dry_run.writes() && options.secret_type == SecretType::Remote {
        record(done.into_iter().flatten().collect(), interrupt, streams).await
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
        streams.warn_of(error, left_out);
    }
    match Error::all(failed) {
        Some(error) => Err(error),
        None if lost.is_empty() => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}

/// What a write that failed means for its secret: where nothing says that it was refused, the request may have arrived
/// though its answer did not.
fn left_out(error: &Error) -> &'static str {
    if is_refused(error) {
        "the secret was not applied there"
    } else {
        "whether the secret was applied there is not known, so run this again"
    }
}

/// What to do where the secret was changed after it was checked.
fn changed(error: Error) -> Error {
    match api_fault(&error) {
        Some(ApiFault::Changed { .. }) => {
            error.hint("run the same command again: it goes by what is there now")
        }
        Some(_) | None => error,
    }
}

/// Tells what was done in the order of the gifts, each as soon as all before it are known.
#[derive(Default)]
struct Told {
    next: Cell<usize>,
    early: RefCell<BTreeMap<usize, String>>,
}

impl Told {
    fn next(&self, number: usize, line: &str, streams: &Streams) -> Result<(), Error> {
        let mut early = self.early.borrow_mut();
        early.insert(number, line.to_owned());
        while let Some(line) = early.remove(&self.next.get()) {
            self.next.set(self.next.get() + 1);
            streams.data(&line)?;
        }
        Ok(())
    }
}

/// What giving a secret to a holder takes.
struct Write {
    /// UID of the secret that the holder has, where it stays as it is.
    uid: Option<String>,
    word: &'static str,
    /// How it is applied; nothing where the holder has it.
    apply: Option<ApplyOptions>,
    /// Version of the secret that was checked; the server refuses the write where it is another by then.
    version: Option<String>,
    /// UID of the source that is written down in the secret, and stays so where it could not be read now.
    recorded: Option<String>,
}

impl Gift<'_> {
    fn decide(&self, options: &Options) -> Result<Write, Error> {
        let holder = self.holder;
        let name = options.secret_type.secret_name(&self.cluster);
        let existing = holder.existing(&name);
        let existing = existing.as_ref();
        let is_there = |secret: &Rc<RemoteSecret>| existing.is_some_and(|held| secret.is_in(held));
        if self.secret.as_ref().is_some_and(is_there) {
            return Ok(Write {
                word: "unchanged",
                apply: None,
                version: None,
                recorded: None,
                uid: existing.and_then(|held| held.metadata.uid.clone()),
            });
        }
        if let Some(secret) = self.secret.as_ref().filter(|_| !self.is_named) {
            claim::check_final(holder, secret, &self.source, options)?;
        }
        let force_conflicts =
            options.force_conflicts || holder.may_take_over(existing, &self.cluster, options)?;
        Ok(Write {
            word: if existing.is_some() {
                "configured"
            } else {
                "created"
            },
            apply: Some(ApplyOptions {
                dry_run: options.dry_run,
                // Nothing is taken over that was not seen.
                force_conflicts: force_conflicts && existing.is_some(),
            }),
            version: existing.and_then(|held| held.metadata.resource_version.clone()),
            recorded: existing
                .zip(self.secret.as_deref())
                .and_then(|(held, secret)| recorded_uid(held, secret.key()))
                .filter(|_| !options.replace)
                .map(str::to_owned),
            uid: None,
        })
    }

    /// Carries it out, and says so in one line; with the UID of what the holder has then.
    async fn write(
        &self,
        write: &Write,
        options: &Options,
    ) -> Result<(String, Option<String>), Error> {
        let cluster = self.holder.cluster();
        let mut uid = write.uid.clone();
        let suffix = match (write.apply, &self.secret) {
            (None, _) => "",
            (Some(how), Some(secret)) => {
                let secret = RemoteSecret {
                    uid: secret.uid.clone().or_else(|| write.recorded.clone()),
                    ..secret.as_ref().clone()
                };
                let mut wanted = secret.to_applied(SELF);
                wanted.metadata.resource_version.clone_from(&write.version);
                let applied = cluster.apply(&wanted, how).await.map_err(changed)?;
                uid = applied.metadata.uid;
                how.dry_run.suffix()
            }
            // No server can check what is not there yet.
            (Some(_), None) => DryRun::Client.suffix(),
        };
        let line = format!(
            "secret/{} {} in context {}{suffix}\n",
            options.secret_type.secret_name(&self.cluster),
            write.word,
            cluster.context()
        );
        Ok((line, uid))
    }

    /// What the source is to record of it.
    fn given(&self, uid: String, is_old: bool) -> Option<Given<'_>> {
        Some(Given {
            origin: &self.origin,
            secret: self.secret.as_deref()?,
            seen: self.seen.as_ref(),
            holder: self.holder.cluster(),
            uid,
            is_old,
        })
    }
}
