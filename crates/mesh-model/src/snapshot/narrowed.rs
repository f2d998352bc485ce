//! Narrowing a cluster to the control plane of one revision of istiod.

use super::ClusterSnapshot;
use crate::change::ObjectRef;
use crate::eastwest::{Gateway, istiod_of};
use crate::exposure::Revision;
use crate::exposure::facts::InjectorFacts;
use crate::istiod::revision_of;
use crate::resources::Pod;

impl ClusterSnapshot {
    /// Narrows it to a revision: of the istiods in Istio's namespace those of the others are left out.
    pub fn narrow_to(&mut self, revision: &Revision) {
        let mut others = self.revisions();
        others.retain(|other| other != revision);
        self.other_revisions = others;
        self.revision = Some(revision.clone());
        if let Some(istiods) = self.istiods.seen_mut() {
            istiods.retain(|istiod| revision_of(istiod) == *revision);
        }
    }

    /// Leaves out the injectors of the other revisions, and the pods that were injected by them, where it is narrowed to one.
    pub fn leave_out_other_revisions(&mut self) {
        let others = std::mem::take(&mut self.other_revisions);
        if let Some(pods) = self.injected_pods.seen_mut() {
            pods.retain(|pod| !is_of(&others, pod));
        }
        if let Some(maps) = self.injectors.seen_mut() {
            maps.retain(|map| {
                let injector = InjectorFacts::of_config_map(map);
                injector.is_none_or(|injector| !others.contains(&injector.revision))
            });
        }
        self.other_revisions = others;
    }

    /// Returns the gateways whose pods all belong to other revisions than the one that it is narrowed to. Their addresses serve all
    /// revisions, so that they stay in it.
    pub(crate) fn gateways_of_other_revisions(&self) -> Vec<ObjectRef> {
        if self.other_revisions.is_empty() {
            return Vec::new();
        }
        let gateways = Gateway::all(self).into_iter();
        let of_others = gateways.filter(|gateway| {
            let pods = gateway.backing.items();
            !pods.is_empty() && pods.iter().all(|pod| is_of(&self.other_revisions, pod))
        });
        of_others.map(|gateway| gateway.reference()).collect()
    }
}

/// Returns whether the istiod of a pod is of one of these revisions.
fn is_of(revisions: &[Revision], pod: &Pod) -> bool {
    istiod_of(pod).is_some_and(|(_, revision)| revisions.contains(&revision))
}
