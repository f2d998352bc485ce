//! Lists: read page by page within the time of one request, so that an endless list is abandoned before it fills the
//! memory.
//!
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>

use std::fmt::Debug;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::params::ListParams;
use kube::core::{ObjectList, PartialObjectMeta};
use serde::de::DeserializeOwned;

use super::answers::{Deadline, OBJECT, PART_OF_A_POD, Weighed};
use super::bounds::Bounds;
use super::objects::{Selection, built};
use super::paths::path;
use super::room::{HEAVIEST, Room};
use super::{ApiFault, Attempt, Cluster, Verb, api_fault};
use mesh_model::Error;

/// The number of objects in a page, as in kubectl.
const PAGE: u32 = 500;
/// The number of objects in a page if they are large.
const SMALL_PAGE: u32 = 20;
/// The kinds whose objects contain pod specs.
const OF_PODS: &[&str] = &["pods", "deployments", "daemonsets", "replicasets"];

impl Cluster {
    /// Returns all objects of the kind that `selection` selects, in one namespace or (`None`) in all.
    pub async fn list<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Result<Vec<K>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        self.list_with(namespace, selection, std::convert::identity)
            .await
    }

    /// Returns the result of `keep` for each object of the kind that `selection` selects, in one namespace or (`None`) in all. Of
    /// a page nothing else is kept when the next one is read.
    pub async fn list_with<K, R>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        keep: impl Fn(K) -> R,
    ) -> Result<Vec<R>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        let attempt = self.attempt_on::<K>(Verb::List, namespace, None);
        let params = params(selection);
        let each = each::<K>();
        let ask = async |limit, from, deadline| {
            let params = page(&params, limit, from);
            let request = built(path::<K>(&attempt)?.list(&params), &attempt)?;
            self.weighed(request, &attempt, deadline, each).await
        };
        self.all(&attempt, ask, keep).await
    }

    /// Returns at most the first `limit` objects, in the server's order.
    pub async fn list_some<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        limit: u32,
    ) -> Result<Vec<K>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        let attempt = self.attempt_on::<K>(Verb::List, namespace, None);
        let params = page(&params(selection), Some(limit), None);
        let request = built(path::<K>(&attempt)?.list(&params), &attempt)?;
        let list: Weighed<ObjectList<K>> = self
            .weighed(request, &attempt, self.deadline(), each::<K>())
            .await?;
        Ok(list.answer.items)
    }

    /// Returns only the names of all objects of the kind that `selection` selects, without keeping the objects.
    pub async fn list_names<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Result<Vec<String>, Error>
    where
        K: Resource<DynamicType = ()>,
    {
        let name = |meta: ObjectMeta| meta.name.unwrap_or_default();
        self.list_metadata::<K, _>(namespace, selection, name).await
    }

    /// Returns what `keep` takes of the metadata of all objects of the kind that `selection` selects; nothing else of them is sent.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_metadata<K, R>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        keep: impl Fn(ObjectMeta) -> R,
    ) -> Result<Vec<R>, Error>
    where
        K: Resource<DynamicType = ()>,
    {
        let attempt = self.attempt_on::<K>(Verb::List, namespace, None);
        let params = params(selection);
        let ask = async |limit, from, deadline| {
            let params = page(&params, limit, from);
            let request = built(path::<K>(&attempt)?.list_metadata(&params), &attempt)?;
            self.weighed(request, &attempt, deadline, OBJECT).await
        };
        let kept = |item: PartialObjectMeta| keep(item.metadata);
        self.all(&attempt, ask, kept).await
    }

    /// Requests one page after the other. If a continue token has expired, everything is read again without pages, as
    /// in client-go: <https://pkg.go.dev/k8s.io/client-go/tools/pager>. Of each object only the result of `keep` is
    /// kept.
    async fn all<K: Clone, R>(
        &self,
        attempt: &Attempt,
        ask: impl AsyncFn(
            Option<u32>,
            Option<String>,
            Deadline,
        ) -> Result<Weighed<ObjectList<K>>, Error>,
        keep: impl Fn(K) -> R,
    ) -> Result<Vec<R>, Error> {
        let deadline = self.deadline();
        let mut room = Room::of(HEAVIEST);
        let mut limit = Some(PAGE);
        let mut from: Option<String> = None;
        let mut items = Vec::new();
        loop {
            let bounds = self.bounds();
            let page = limit.map(|page| bounds.map_or(page, |all| all.page(page, items.len())));
            let read = match ask(page, from.clone(), deadline).await {
                Ok(read) => read,
                Err(error) => match (api_fault(&error), limit) {
                    (Some(ApiFault::Expired { .. }), Some(_)) if from.is_some() => {
                        (limit, from, room) = (None, None, Room::of(HEAVIEST));
                        items = Vec::new();
                        continue;
                    }
                    (Some(ApiFault::TooLong { .. }), Some(PAGE)) => {
                        limit = Some(SMALL_PAGE);
                        continue;
                    }
                    _ => return Err(error),
                },
            };
            let list = read.answer;
            let next = list.metadata.continue_.filter(|token| !token.is_empty());
            // A page without progress is the end of every list that has an end.
            let is_stuck = next.is_some() && (list.items.is_empty() || next == from);
            if is_stuck {
                return Err(attempt.refused(ApiFault::Unreadable {
                    reason: "the list goes on without an end".to_owned(),
                }));
            }
            room.join(read.room)
                .map_err(|fault| attempt.refused(fault))?;
            items.extend(list.items.into_iter().map(&keep));
            let remaining = list.metadata.remaining_item_count;
            let is_cut = |bounds: &Bounds| {
                bounds.cut(attempt.resource(), &mut items, next.is_some(), remaining)
            };
            if bounds.is_some_and(is_cut) {
                return Ok(items);
            }
            match next {
                None => return Ok(items),
                next => from = next,
            }
        }
    }
}

fn each<K: Resource<DynamicType = ()>>() -> u64 {
    if OF_PODS.contains(&&*K::plural(&())) {
        PART_OF_A_POD
    } else {
        OBJECT
    }
}

fn params(selection: &Selection) -> ListParams {
    ListParams {
        label_selector: selection.labels.clone(),
        field_selector: selection.fields.clone(),
        ..ListParams::default()
    }
}

fn page(params: &ListParams, limit: Option<u32>, from: Option<String>) -> ListParams {
    ListParams {
        limit,
        continue_token: from,
        ..params.clone()
    }
}
