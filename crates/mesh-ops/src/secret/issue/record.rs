//! Records in a remote cluster which secrets hold its tokens, so that `rotate` knows which holders need a new one. The only other
//! writer of that is `rotate` itself.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, DryRun, Interrupt, fan_out};
use mesh_model::access_facts::bearer_token;
use mesh_model::command::Command;
use mesh_model::error::{Error, Kind};
use mesh_model::holding::{Holding, missing};
use mesh_model::remote_secret::{RemoteSecret, own_name};
use mesh_model::token;
use mesh_model::token_home::TokenHome;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::Job;

/// A secret that a holder has now.
pub(super) struct AppliedSecret<'a> {
    pub remote: &'a Cluster,
    pub secret: &'a RemoteSecret,
    /// The token Secret as it was read, where there was one.
    pub seen: Option<&'a Rc<Secret>>,
    pub holder: &'a Cluster,
    /// UID of the holder's secret.
    pub uid: String,
    /// The holder had it before.
    pub is_old: bool,
}

/// A token, and all that hold it.
struct RecordedToken<'a> {
    remote: &'a Cluster,
    home: TokenHome,
    /// The remote cluster's name in the secrets.
    cluster: &'a str,
    token: SecretString,
    seen: Option<&'a Rc<Secret>>,
    /// Some holder got it a moment ago.
    is_new: bool,
    holdings: BTreeSet<Holding>,
    holders: BTreeSet<&'a str>,
}

/// Records all of `applied` where it is not recorded yet. Where that fails, `rotate` has to be told which holders need a new
/// token, and nothing else is affected.
///
/// # Errors
/// Ctrl-C.
pub(super) async fn record(applied: Vec<AppliedSecret<'_>>, job: &Job<'_>) -> Result<(), Error> {
    let results = fan_out(by_token(applied), |token| async move {
        let recorded = token.record(job.interrupt).await;
        recorded.map_err(|error| (error, token.rotate()))
    });
    for (error, rotate) in results.await.into_iter().filter_map(Result::err) {
        if error.kind() == Kind::Interrupted {
            return Err(error);
        }
        let error = error.hint(format!("or name the holders in each rotation: {rotate}"));
        job.warn_of(&error, "who holds the token is not recorded there")?;
    }
    Ok(())
}

fn by_token(applied: Vec<AppliedSecret<'_>>) -> Vec<RecordedToken<'_>> {
    let mut tokens = BTreeMap::<(&str, TokenHome), RecordedToken<'_>>::new();
    for one in applied {
        let Some(token) = bearer_token(one.secret.kubeconfig.expose_secret().as_bytes()) else {
            continue;
        };
        let facts = token::read(token.expose_secret());
        let home = facts.as_ref().and_then(TokenHome::of);
        let holding = Holding::with_uid(&one.uid, one.holder.target().server());
        let (Some(home), Some(holding)) = (home, holding) else {
            continue;
        };
        let key = (one.remote.context(), home.clone());
        let known = tokens.entry(key).or_insert_with(|| RecordedToken {
            remote: one.remote,
            home,
            cluster: &one.secret.cluster,
            token,
            seen: one.seen,
            is_new: false,
            holdings: BTreeSet::new(),
            holders: BTreeSet::new(),
        });
        known.is_new |= !one.is_old;
        known.holdings.insert(holding);
        known.holders.insert(one.holder.context());
    }
    tokens.into_values().collect()
}

impl RecordedToken<'_> {
    /// Returns the rotation that needs no record.
    fn rotate(&self) -> Command {
        let holders: Vec<&str> = self.holders.iter().copied().collect();
        Command::new("kubectl mesh-secret rotate")
            .arg(self.cluster)
            .kubeconfig_of(self.remote.target().kubectl())
            .flag("--context", &holders.join(","))
            .istio_namespace(&self.home.namespace)
    }

    async fn record(&self, interrupt: &Interrupt) -> Result<(), Error> {
        let is_home = |secret: &Secret| {
            own_name(secret) == self.home.name && self.home.is(secret, self.token.expose_secret())
        };
        let namespace = Some(self.home.namespace.as_str());
        // The Secret that a token is bound to is known by the token, and was made for it a moment ago; unless the holder has the
        // token since an earlier run, which may have been interrupted before it recorded that.
        let made_now = self.home.uid().filter(|_| self.is_new);
        let (uid, annotations) = if let Some(uid) = made_now {
            let nothing = Secret::default();
            (Some(uid.to_owned()), missing(&nothing, &self.holdings))
        } else if let Some(seen) = self.seen.filter(|seen| is_home(seen)) {
            // The UID in the patch makes it a conflict where this is another Secret by now.
            (seen.metadata.uid.clone(), missing(seen, &self.holdings))
        } else {
            let read = self.remote.get::<Secret>(namespace, &self.home.name);
            let Some(found) = interrupt.or(read).await?.filter(is_home) else {
                return Ok(());
            };
            let annotations = missing(&found, &self.holdings);
            (found.metadata.uid, annotations)
        };
        if annotations.is_empty() {
            return Ok(());
        }
        interrupt.check()?;
        let patch = json!({"metadata": {"uid": uid, "annotations": annotations}});
        self.remote
            .merge_patch::<Secret>(namespace, &self.home.name, &patch, DryRun::None)
            .await
    }
}
