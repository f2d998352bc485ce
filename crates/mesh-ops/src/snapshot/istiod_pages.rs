//! Asks the running istiods of a cluster for their debug pages, each by a port-forward of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::LocalBoxFuture;
use mesh_client::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_client::{Cluster, fan_out};
use mesh_model::Error;
use mesh_model::eastwest::Gateway;
use mesh_model::istiod_pages::{known_clusters as clusters_of, known_gateways as gateways_of};
use mesh_model::proxy_sync::{KnownProxy, known_proxies, page_of, proxy_id};
use mesh_model::read::Read;
use mesh_model::secret::has_duplicates;
use mesh_model::snapshot::{AskedIstiod, ClusterSnapshot};
use tokio::time::timeout;

use super::wanted::{Part, WantedIstiodPages};

/// The limit for one istiod where all its pages are asked for.
const ALL_PAGES: Duration = Duration::from_secs(5);
/// The limit for one istiod where the meaning of two secrets depends on it.
const ONE_PAGE: Duration = Duration::from_secs(10);

impl Part for WantedIstiodPages {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(async move {
            let proxies = proxies_of_gateways(snapshot);
            let question = Question {
                gateways: true,
                proxies: Some(&proxies),
                limit: ALL_PAGES,
            };
            ask_all(cluster, snapshot, question).await;
            Ok(())
        })
    }
}

/// Asks every istiod of a holder which clusters it knows, where two of its secrets are for one cluster: istiod takes one of them,
/// and nothing else says which one.
pub(super) async fn known_clusters(cluster: &Cluster, holder: &mut ClusterSnapshot) {
    if has_duplicates(holder) {
        let question = Question {
            gateways: false,
            proxies: None,
            limit: ONE_PAGE,
        };
        ask_all(cluster, holder, question).await;
    }
}

/// Returns the IDs of the proxies of the network gateways that were read, by their namespace.
fn proxies_of_gateways(snapshot: &ClusterSnapshot) -> ProxyIds {
    let mut ids = ProxyIds::new();
    let gateways = Gateway::all(snapshot).into_iter();
    for gateway in gateways.filter(|gateway| gateway.network.is_some()) {
        for meta in gateway.backing.items().iter().map(|pod| &pod.metadata) {
            if let (Some(name), Some(namespace)) = (&meta.name, &meta.namespace) {
                let of_namespace = ids.entry(namespace.clone()).or_default();
                of_namespace.insert(proxy_id(name, namespace));
            }
        }
    }
    ids
}

/// The IDs of proxies, by namespace.
type ProxyIds = BTreeMap<String, BTreeSet<String>>;

/// The pages to ask an istiod for.
#[derive(Debug, Clone, Copy)]
struct Question<'q> {
    /// True if it is asked for gateways besides clusters.
    gateways: bool,
    /// The proxies that it is asked for, if it is.
    proxies: Option<&'q ProxyIds>,
    /// The limit for all answers of one istiod.
    limit: Duration,
}

/// Asks every istiod. What cannot be asked costs its own answer only, also where the API server is not reached any more.
async fn ask_all(cluster: &Cluster, snapshot: &mut ClusterSnapshot, question: Question<'_>) {
    let namespace = snapshot.istio_namespace.as_str();
    let asking = async {
        let pods = cluster.reads().take(istiod_pods(cluster, namespace).await);
        match pods {
            Read::Seen(mut pods) => {
                let only = snapshot.revision.as_ref();
                pods.retain(|pod| {
                    let own = pod.revision.as_ref();
                    only.is_none_or(|only| own.is_none_or(|own| own == only))
                });
                let asked = fan_out(pods, |pod| ask(cluster, namespace, pod, question));
                Read::Seen(asked.await)
            }
            unread => unread.map(|_| Vec::new()),
        }
    };
    snapshot.istiod_pages = cluster.in_time(asking).await;
}

async fn ask(
    cluster: &Cluster,
    namespace: &str,
    pod: IstiodPod,
    question: Question<'_>,
) -> AskedIstiod {
    let mut asked = AskedIstiod {
        pod: pod.name,
        started_at: pod.started_at,
        ..AskedIstiod::default()
    };
    let asking = pages(cluster, namespace, question, &mut asked);
    if timeout(question.limit, asking).await.is_err() {
        let seconds = question.limit.as_secs();
        let late = format!(
            "istiod pod {namespace}/{} in context {} does not answer within {seconds} s",
            asked.pod,
            cluster.context()
        );
        asked.clusters = or_late(asked.clusters, &late);
        if question.gateways {
            asked.gateways = or_late(asked.gateways, &late);
        }
        if question.proxies.is_some() {
            asked.proxies = or_late(asked.proxies, &late);
        }
    }
    asked
}

fn or_late<T>(read: Read<T>, late: &str) -> Read<T> {
    match read {
        Read::NotAsked => Read::Late(late.into()),
        read => read,
    }
}

async fn pages(
    cluster: &Cluster,
    namespace: &str,
    question: Question<'_>,
    asked: &mut AskedIstiod,
) {
    let reads = cluster.reads();
    let gateways = question.gateways;
    let connected = Istiod::connect(cluster, namespace, &asked.pod, question.limit).await;
    let mut istiod = match connected {
        Ok(istiod) => istiod,
        Err(error) => {
            let unread: Read<()> = reads.take(Err(error));
            if gateways {
                asked.gateways = unread.clone().map(|()| Vec::new());
            }
            if question.proxies.is_some() {
                asked.proxies = unread.clone().map(|()| Vec::new());
            }
            asked.clusters = unread.map(|()| Vec::new());
            return;
        }
    };
    let pod = asked.pod.as_str();
    let answer = page(&mut istiod, pod, "/debug/clusterz", clusters_of).await;
    asked.clusters = reads.take(answer);
    if gateways {
        let answer = page(&mut istiod, pod, "/debug/networkz", gateways_of).await;
        asked.gateways = reads.take(answer);
    }
    if let Some(wanted) = question.proxies {
        asked.proxies = reads.take(proxies(&mut istiod, pod, wanted).await);
    }
}

/// Asks for the proxies of each namespace, of which those are kept that are wanted.
async fn proxies(
    istiod: &mut Istiod,
    pod: &str,
    wanted: &ProxyIds,
) -> Result<Vec<KnownProxy>, Error> {
    let mut known = Vec::new();
    for (namespace, ids) in wanted {
        let of_page = |text: &str| known_proxies(text, |id| ids.contains(id));
        known.extend(page(istiod, pod, &page_of(namespace), of_page).await?);
    }
    Ok(known)
}

/// Asks for a page and reads it.
async fn page<T>(
    istiod: &mut Istiod,
    pod: &str,
    path: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    let text = istiod.page(path).await?;
    read(&text)
        .ok_or_else(|| Error::refused(format!("istiod pod {pod} does not answer {path} with JSON")))
}
