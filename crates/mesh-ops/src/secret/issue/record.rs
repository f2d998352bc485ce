//! Records in a remote cluster which secrets hold its tokens, so that `rotate` knows which holders need a new one. The only other
//! writer of that is `rotate` itself.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, Interrupt, fan_out};
use mesh_model::access_facts::bearer_token;
use mesh_model::backing_secret::BackingSecret;
use mesh_model::change::{Change, DryRun};
use mesh_model::command::{Command, suite};
use mesh_model::error::{Error, Kind};
use mesh_model::holder_record::{HolderRecord, missing_annotations};
use mesh_model::remote_secret::{RemoteSecret, own_name};
use mesh_model::token;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::Job;

/// A secret that a holder has now.
pub(super) struct AppliedSecret<'a> {
    pub remote: &'a Cluster,
    pub secret: &'a RemoteSecret,
    /// The Secret behind its token as it was read, where there was one.
    pub seen: Option<&'a Rc<Secret>>,
    /// The change that records it, where that is one of its own.
    pub change: Option<&'a Change>,
    pub holder: &'a Cluster,
    /// UID of the holder's secret.
    pub uid: String,
    /// The holder had it before.
    pub is_old: bool,
}

/// A token, and all that hold it.
struct RecordedToken<'a> {
    remote: &'a Cluster,
    backing: BackingSecret,
    /// The remote cluster's name in the secrets.
    cluster: &'a str,
    token: SecretString,
    seen: Option<&'a Rc<Secret>>,
    change: Option<&'a Change>,
    /// Some holder got it a moment ago.
    is_new: bool,
    records: BTreeSet<HolderRecord>,
    holders: BTreeSet<&'a str>,
}

/// Records all of `applied` where it is not recorded yet, and tells what was written, in the order given. Where that fails, `rotate`
/// has to be told which holders need a new token, and nothing else is affected.
///
/// # Errors
/// Ctrl-C.
pub(super) async fn record(applied: Vec<AppliedSecret<'_>>, job: &Job<'_>) -> Result<(), Error> {
    let results = fan_out(by_token(applied), |token| async move {
        let recorded = token.record(job.interrupt).await;
        recorded.map_err(|error| (error, token.rotate()))
    });
    let (recorded, wrong): (Vec<_>, Vec<_>) = results.await.into_iter().partition(Result::is_ok);
    for change in recorded.into_iter().flatten().flatten() {
        job.step(change.clone(), DryRun::None)?;
    }
    for (error, rotate) in wrong.into_iter().filter_map(Result::err) {
        if error.kind() == Kind::Interrupted {
            return Err(error);
        }
        let error = error.hint(format!("name the holders in each rotation: {rotate}"));
        job.warn_of(&error, "the holder of the token is not recorded there")?;
    }
    Ok(())
}

/// Returns the tokens in the order in which they are first met.
fn by_token(applied: Vec<AppliedSecret<'_>>) -> Vec<RecordedToken<'_>> {
    let mut tokens = Vec::<RecordedToken<'_>>::new();
    let mut places = BTreeMap::<(&str, BackingSecret), usize>::new();
    // A secret that many holders share is parsed once.
    let mut parsed = BTreeMap::new();
    for one in applied {
        let held = parsed
            .entry(std::ptr::from_ref(one.secret))
            .or_insert_with(|| held(one.secret));
        let record = HolderRecord::with_uid(&one.uid, one.holder.target().server());
        let (Some((token, backing)), Some(record)) = (&*held, record) else {
            continue;
        };
        let key = (one.remote.context(), backing.clone());
        let place = *places.entry(key).or_insert_with(|| {
            tokens.push(RecordedToken {
                remote: one.remote,
                backing: backing.clone(),
                cluster: &one.secret.cluster,
                token: token.clone(),
                seen: one.seen,
                change: None,
                is_new: false,
                records: BTreeSet::new(),
                holders: BTreeSet::new(),
            });
            tokens.len() - 1
        });
        let known = &mut tokens[place];
        known.is_new |= !one.is_old;
        known.change = known.change.or(one.change);
        known.records.insert(record);
        known.holders.insert(one.holder.context());
    }
    tokens
}

/// Returns the token of a secret, and the Secret behind it.
fn held(secret: &RemoteSecret) -> Option<(SecretString, BackingSecret)> {
    let token = bearer_token(secret.kubeconfig.expose_secret().as_bytes())?;
    let backing = token::read(token.expose_secret())
        .as_ref()
        .and_then(BackingSecret::named_by)?;
    Some((token, backing))
}

impl<'a> RecordedToken<'a> {
    /// Returns the rotation that needs no record.
    fn rotate(&self) -> Command {
        let holders: Vec<&str> = self.holders.iter().copied().collect();
        let kubectl = self.remote.target().kubectl();
        suite::secret_rotate(self.cluster, kubectl, &holders, &self.backing.namespace)
    }

    /// Records what is missing, and returns the change that this made.
    async fn record(&self, interrupt: &Interrupt) -> Result<Option<&'a Change>, Error> {
        let is_backing = |secret: &Secret| {
            own_name(secret) == self.backing.name
                && self.backing.matches(secret, self.token.expose_secret())
        };
        let namespace = Some(self.backing.namespace.as_str());
        // The Secret that a token is bound to is known by the token, and was made for it a moment ago; unless the holder has the
        // token since an earlier run, which may have been interrupted before it recorded that.
        let made_now = self.backing.uid().filter(|_| self.is_new);
        let (uid, annotations) = if let Some(uid) = made_now {
            let nothing = Secret::default();
            (
                Some(uid.to_owned()),
                missing_annotations(&nothing, &self.records),
            )
        } else if let Some(seen) = self.seen.filter(|seen| is_backing(seen)) {
            // The UID in the patch makes it a conflict where this is another Secret by now.
            (
                seen.metadata.uid.clone(),
                missing_annotations(seen, &self.records),
            )
        } else {
            let read = self.remote.get::<Secret>(namespace, &self.backing.name);
            let Some(found) = interrupt.or(read).await?.filter(is_backing) else {
                return Ok(None);
            };
            let annotations = missing_annotations(&found, &self.records);
            (found.metadata.uid, annotations)
        };
        if annotations.is_empty() {
            return Ok(None);
        }
        interrupt.check()?;
        let patch = json!({"metadata": {"uid": uid, "annotations": annotations}});
        let name = &self.backing.name;
        let patched = self
            .remote
            .merge_patch::<Secret>(namespace, name, &patch, DryRun::None);
        patched.await?;
        Ok(self.change)
    }
}
