//! Which clusters a deletion is about, as far as a kubeconfig has a way to them.

use mesh_client::{Kubeconfig, Overrides, Target};
use mesh_model::Error;

use crate::Fleet;

/// The contexts that secrets are deleted from.
pub enum Holders<'a> {
    /// Every context of the kubeconfig; one that cannot be used does not affect the others.
    All,
    /// These contexts; `None` is the current one.
    Named(&'a [Option<String>]),
}

/// The clusters of a deletion.
pub struct Clusters {
    /// Those that secrets are deleted from, in their order, each context once.
    pub(super) holders: Vec<Target>,
    /// Those that are only read.
    pub(super) others: Vec<Target>,
    /// The contexts of holders that cannot be used.
    pub(super) unusable_holders: Vec<(String, Error)>,
    /// Those of the others.
    pub(super) unusable_others: Vec<(String, Error)>,
    /// True if every context is a holder's, so that none was named.
    pub(super) is_every_context: bool,
    /// The context of the remote cluster, where it was named.
    pub(super) remote_context: Option<String>,
}

impl Clusters {
    /// Returns the clusters of `holders`.
    ///
    /// # Errors
    /// All named contexts that cannot be used, joined.
    pub fn new(
        kubeconfig: &Kubeconfig,
        holders: &Holders<'_>,
        overrides: impl Fn(Option<&str>) -> Overrides,
    ) -> Result<Self, Error> {
        let (is_every_context, fleet) = match holders {
            Holders::All => (true, Fleet::all(kubeconfig, overrides)),
            Holders::Named(contexts) => (false, Fleet::named(kubeconfig, contexts, overrides)?),
        };
        let (targets, unusable_holders) = fleet.into_parts();
        let mut clusters = Self {
            holders: Vec::new(),
            others: Vec::new(),
            unusable_holders,
            unusable_others: Vec::new(),
            is_every_context,
            remote_context: None,
        };
        for target in targets {
            if !clusters.has(target.context()) {
                clusters.holders.push(target);
            }
        }
        Ok(clusters)
    }

    /// Adds what a revocation reads: the remote cluster, where its context is named, and every other context of the kubeconfig,
    /// since any of them may hold a token that is to be revoked.
    ///
    /// # Errors
    /// The named context cannot be used.
    pub fn for_revocation(
        mut self,
        kubeconfig: &Kubeconfig,
        remote_context: Option<&str>,
        overrides: impl Fn(Option<&str>) -> Overrides,
    ) -> Result<Self, Error> {
        if let Some(context) = remote_context.filter(|context| !self.has(context)) {
            let named = [Some(context.to_owned())];
            let remote = Fleet::named(kubeconfig, &named, &overrides)?;
            self.others.extend(remote.into_parts().0);
        }
        self.remote_context = remote_context.map(str::to_owned);
        if !self.is_every_context {
            let (targets, unusable) = Fleet::all(kubeconfig, overrides).into_parts();
            for target in targets {
                if !self.has(target.context()) {
                    self.others.push(target);
                }
            }
            self.unusable_others = unusable;
        }
        Ok(self)
    }

    fn has(&self, context: &str) -> bool {
        let mut known = self.holders.iter().chain(&self.others);
        known.any(|target| target.context() == context)
    }
}
