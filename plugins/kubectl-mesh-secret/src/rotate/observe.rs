//! Reads every cluster that may hold a secret. Nothing is decided here.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::cluster::{Cluster, Connector, Selection, Trust, fan_out};
use mesh_common::mesh::Error;
use mesh_common::mesh::holding::Holding;
use mesh_common::mesh::names::REMOTE_SECRETS;
use mesh_common::mesh::remote_cluster::normal_server;
use mesh_common::terminal::reading::{doubles, left_out, without};

use super::resolve::Asked;
use crate::source::observe::cluster_uid;

/// A cluster that was read.
pub(super) struct Place {
    pub cluster: Cluster,
    /// UID of its kube-system.
    pub uid: String,
    /// Whether secrets may be written there.
    pub named: bool,
    /// Its remote secrets.
    pub secrets: Vec<Secret>,
}

/// A context that could not be read.
pub(super) struct Unread {
    pub context: String,
    /// Whether secrets were to be written there.
    pub named: bool,
    pub error: Error,
}

/// All that was seen.
#[derive(Default)]
pub(super) struct Seen {
    pub places: Vec<Place>,
    pub unread: Vec<Unread>,
    /// What is to be said of contexts that lead to a cluster that another one leads to.
    pub doubles: Vec<String>,
}

impl Place {
    pub(super) fn context(&self) -> &str {
        self.cluster.context()
    }

    /// Whether both contexts have one address, or trust the same authorities.
    fn is_reached_as(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(|place| place.cluster.target());
        let has_authorities = matches!(one.trust(), Trust::Authorities(_));
        normal_server(one.server()) == normal_server(other.server())
            || (has_authorities && one.trust() == other.trust())
    }

    /// How the remote cluster records a secret of this one.
    pub(super) fn holding(&self, secret: &Secret) -> Option<Holding> {
        Holding::of(secret, self.cluster.target().server())
    }
}

/// Reads all of them at once, each in one wave; a dead one costs only itself.
pub(super) async fn observe(asked: Vec<Asked>, namespace: &str, connector: &Connector) -> Seen {
    let results = fan_out(asked, |asked| async move {
        let Asked {
            context,
            named,
            target,
        } = asked;
        let read = async {
            let cluster = connector.connect(target?).await?;
            let (uid, secrets) =
                futures::join!(cluster_uid(&cluster), remote_secrets(&cluster, namespace));
            Ok(Place {
                uid: uid?,
                secrets: secrets?,
                cluster,
                named,
            })
        };
        read.await.map_err(|error| Unread {
            context,
            named,
            error,
        })
    })
    .await;
    let (mut places, mut unread) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(place) => places.push(place),
            Err(one) => unread.push(one),
        }
    }
    let mut seen = Seen::default();
    seen.add(Seen {
        places,
        unread,
        doubles: Vec::new(),
    });
    seen
}

impl Seen {
    /// Adds what was seen in further contexts; each cluster is there once.
    pub(super) fn add(&mut self, more: Self) {
        self.places.extend(more.places);
        self.unread.extend(more.unread);
        self.doubles.extend(more.doubles);
        let places = std::mem::take(&mut self.places);
        let uids: Vec<Option<&str>> = places
            .iter()
            .map(|place| Some(place.uid.as_str()))
            .collect();
        // A server may claim any UID: one that is reached in a way of its own is a cluster of its own.
        let doubles: BTreeMap<usize, usize> = doubles(&uids)
            .into_iter()
            .filter(|(double, first)| places[*double].is_reached_as(&places[*first]))
            .collect();
        let notes = doubles
            .iter()
            .map(|(double, first)| left_out(places[*double].context(), places[*first].context()));
        self.doubles.extend(notes);
        self.places = without(&doubles, places);
    }
}

/// The remote secrets of a cluster, whoever made them.
pub(super) async fn remote_secrets(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<Secret>, Error> {
    let selection = Selection::labelled(REMOTE_SECRETS);
    cluster.list(Some(namespace), &selection).await
}
