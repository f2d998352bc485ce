//! Reads every cluster that may hold a secret. Nothing is decided here.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Cluster, Connector, Selection, Trust, fan_out};
use mesh_common::model::Error;
use mesh_common::model::fleet::left_out;
use mesh_common::model::holding::Holding;
use mesh_common::model::names::REMOTE_SECRETS;
use mesh_common::model::remote_cluster::normal_server;

use super::resolve::Asked;
use mesh_common::ops::secret::identity::{Identity, cluster_uid};

/// A cluster that was read.
pub(super) struct Place {
    pub cluster: Cluster,
    /// How it is told from other clusters.
    pub identity: Identity,
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
    /// What is to be said of those that cannot be compared with others.
    pub not_compared: Vec<String>,
}

impl Place {
    pub(super) fn context(&self) -> &str {
        self.cluster.context()
    }

    /// Whether both contexts lead to one cluster. A server may claim any UID: one that is reached in a way of its own is a
    /// cluster of its own.
    fn is(&self, other: &Self) -> bool {
        let [one, another] = [self, other].map(|place| place.cluster.target());
        let has_authorities = matches!(one.trust(), Trust::Authorities(_));
        let is_reached_alike = normal_server(one.server()) == normal_server(another.server())
            || (has_authorities && one.trust() == another.trust());
        self.identity.is(&other.identity) && is_reached_alike
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
            let reads = cluster.reads();
            let uid = reads.take(uid);
            reads.reached()?;
            Ok(Place {
                identity: Identity::new(&cluster, uid),
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
        ..Seen::default()
    });
    seen
}

impl Seen {
    /// Adds what was seen in further contexts; each cluster is there once.
    pub(super) fn add(&mut self, more: Self) {
        self.unread.extend(more.unread);
        self.doubles.extend(more.doubles);
        self.not_compared.extend(more.not_compared);
        for place in more.places {
            if let Some(first) = self.places.iter().find(|known| known.is(&place)) {
                self.doubles
                    .push(left_out(place.context(), first.context()));
                continue;
            }
            let told = place.identity.not_compared(place.context());
            self.not_compared
                .extend(told.filter(|line| !self.not_compared.contains(line)));
            self.places.push(place);
        }
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
