//! The mesh as the istiods of each cluster see it: which remote clusters and gateways they know, beside the remote secrets and
//! gateways that are there.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::clusterz::{silent, unread};
use super::networkz::{Peer, gateways};
use crate::cluster_name::ClusterId;
use crate::command::Remedy;
use crate::finding::Finding;
use crate::istiod::{self, cluster_ids};
use crate::istiod_pages::{CLOSED, KnownCluster, SYNCED, SYNCING, TIMEOUT};
use crate::secret::MatrixCell;
use crate::snapshot::{AskedIstiod, ClusterSnapshot, MeshSnapshot};

/// The time that an istiod has for reading the other clusters, after it started or a secret changed.
pub(super) const SETTLES: i64 = 60;
/// The time after which an istiod has surely heard of a secret that was created.
const HEARS: i64 = 10;
/// The Secret that gives the istiod of an external control plane access to the cluster whose secrets it uses. Source:
/// <https://istio.io/latest/docs/setup/install/external-controlplane/>.
const CONFIG_CLUSTER_SECRET: &str = "istio-kubeconfig";

/// The time of the last change of some secrets, by the holder's context and by `NAMESPACE/NAME`.
pub(in crate::verify) type Changes = BTreeMap<(String, String), Timestamp>;

/// A holder, and the clusters that its istiods should know.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// The holder.
    pub(super) holder: &'a ClusterSnapshot,
    /// The istiods that answered, and that had the time to read the other clusters.
    pub(super) settled: Vec<&'a AskedIstiod>,
    /// The remote clusters, by the names that istiods have for them.
    pub(super) remotes: BTreeMap<&'a str, Remote<'a>>,
    /// The names of the holder.
    own: Vec<ClusterId>,
    taken_at: Timestamp,
    changes: &'a Changes,
}

/// A remote cluster of a holder.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Remote<'a> {
    /// The secret for it in the namespace that istiod reads.
    pub(super) secret: Option<&'a MatrixCell>,
    /// Its context.
    pub(super) context: Option<&'a str>,
}

/// The state of a remote cluster in one istiod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// It was read.
    Synced,
    /// It is still being read, after more time than that takes.
    Syncing,
    /// It could not be read in time.
    TimedOut,
    /// It is not read any more.
    Closed,
    /// istiod does not have it.
    Absent,
}

impl Status {
    /// Returns the word of `/debug/clusterz`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Synced => SYNCED,
            Self::Syncing => SYNCING,
            Self::TimedOut => TIMEOUT,
            Self::Closed => CLOSED,
            Self::Absent => "absent",
        }
    }
}

/// Returns the last change of each secret whose cluster an istiod is still reading.
pub(in crate::verify) fn changes(mesh: &MeshSnapshot) -> Changes {
    let mut changes = Changes::new();
    for holder in &mesh.clusters {
        let pods = holder.istiod_pages.items().iter();
        let known = pods.flat_map(|asked| asked.clusters.items());
        let syncing = known.filter(|known| known.sync_status == SYNCING && !known.is_own());
        for known in syncing {
            let mut secrets = holder.secrets_of_namespace();
            let is_it = |name: Option<&str>| {
                known.secret_name.split_once('/').map(|(_, name)| name) == name
            };
            let found = secrets.find(|facts| is_it(facts.secret.metadata.name.as_deref()));
            let Some(facts) = found else {
                continue;
            };
            let meta = facts.with_managed_fields().metadata;
            let entries = meta.managed_fields.into_iter().flatten();
            let times = entries
                .filter_map(|entry| entry.time)
                .chain(meta.creation_timestamp);
            if let Some(last) = times.map(|time| time.0).max() {
                let place = (holder.context.clone(), known.secret_name.clone());
                changes.insert(place, last);
            }
        }
    }
    changes
}

/// Reports what the istiods of each cluster do not know, or know otherwise. `called` returns the context of a cluster ID; `changes` are those before the secrets were moved out of the mesh.
pub(in crate::verify) fn istiod_views<'a>(
    mesh: &'a MeshSnapshot,
    cells: &'a [MatrixCell],
    changes: &'a Changes,
    called: impl Fn(&str) -> Option<&'a str>,
) -> Vec<Finding> {
    let silent = mesh.clusters.iter().flat_map(silent);
    let mut findings: Vec<Finding> = silent.collect();
    let peers: Vec<Peer<'_>> = mesh.clusters.iter().map(Peer::of).collect();
    for view in View::all(mesh, cells, changes, called) {
        findings.extend(unread(&view));
        findings.extend(gateways(&view, &peers));
    }
    findings
}

impl<'a> View<'a> {
    /// Returns the view of each cluster whose istiods answered. `called` returns the context of a cluster ID.
    pub(super) fn all(
        mesh: &'a MeshSnapshot,
        cells: &'a [MatrixCell],
        changes: &'a Changes,
        called: impl Fn(&str) -> Option<&'a str>,
    ) -> Vec<Self> {
        let mut views: Vec<Self> = mesh
            .clusters
            .iter()
            .map(|holder| Self::of(mesh, holder, changes, &called))
            .collect();
        let numbers: BTreeMap<&str, usize> = mesh
            .clusters
            .iter()
            .enumerate()
            .map(|(number, holder)| (holder.context.as_str(), number))
            .collect();
        let secrets = cells
            .iter()
            .filter(|cell| cell.name.is_some() && !cell.cluster.is_empty());
        for cell in secrets {
            let number = numbers.get(cell.context.as_str());
            let view = number.and_then(|number| views.get_mut(*number));
            let view = view.filter(|view| view.holder.istio_namespace == cell.namespace);
            let Some(view) = view.filter(|view| !view.is_own(&cell.cluster)) else {
                continue;
            };
            let remote = view.remotes.entry(&cell.cluster).or_default();
            remote.secret = remote.secret.or(Some(cell));
            remote.context = cell.peer.as_deref().or(remote.context);
        }
        views.retain(|view| !view.settled.is_empty());
        views
    }

    fn of(
        mesh: &'a MeshSnapshot,
        holder: &'a ClusterSnapshot,
        changes: &'a Changes,
        called: impl Fn(&str) -> Option<&'a str>,
    ) -> Self {
        let is_settled = |asked: &&AskedIstiod| {
            let age = asked
                .started_at
                .map(|start| mesh.taken_at.duration_since(start).as_secs());
            asked.clusters.is_seen() && age.is_none_or(|age| age >= SETTLES)
        };
        let settled: Vec<&AskedIstiod> = holder
            .istiod_pages
            .items()
            .iter()
            .filter(is_settled)
            .collect();
        let known = settled.iter().flat_map(|asked| asked.clusters.items());
        let remotes = known.filter(|known| !known.is_own()).map(|known| {
            let context = called(&known.id).filter(|context| *context != holder.context);
            let remote = Remote {
                secret: None,
                context,
            };
            (known.id.as_str(), remote)
        });
        Self {
            holder,
            remotes: remotes.collect(),
            settled,
            own: cluster_ids(holder.istiods.items()),
            taken_at: mesh.taken_at,
            changes,
        }
    }

    /// Returns whether a name is the holder's own, by which its istiods look at no secret.
    fn is_own(&self, name: &str) -> bool {
        let mut own = self.settled.iter().filter_map(|asked| asked.own_id());
        own.any(|own| own == name) || self.own.iter().any(|id| id.as_str() == name)
    }

    /// Returns whether its istiods use the remote secrets of another cluster, or files.
    pub(super) fn uses_other_secrets(&self) -> bool {
        let mut secrets = self.remotes.values().filter_map(|remote| remote.secret);
        let is_external = secrets.any(|cell| cell.name.as_deref() == Some(CONFIG_CLUSTER_SECRET));
        is_external || self.holder.istiods.items().iter().any(istiod::reads_files)
    }

    /// Returns the state of a remote cluster in an istiod, as far as it says something by now.
    pub(super) fn status(&self, asked: &AskedIstiod, name: &str) -> Option<Status> {
        let mut known = asked.clusters.items().iter();
        let Some(known) = known.find(|known| !known.is_own() && known.id == name) else {
            return self.is_missed(asked, name).then_some(Status::Absent);
        };
        match known.sync_status.as_str() {
            SYNCING => self.is_late(known).then_some(Status::Syncing),
            TIMEOUT => Some(Status::TimedOut),
            CLOSED => Some(Status::Closed),
            // A status that this version does not know is not taken for a fault.
            _ => Some(Status::Synced),
        }
    }

    fn is_missed(&self, asked: &AskedIstiod, name: &str) -> bool {
        let secret = self.remotes.get(name).and_then(|remote| remote.secret);
        let age = secret.and_then(|cell| cell.age_seconds);
        !asked.reads_files() && !self.uses_other_secrets() && age.is_none_or(|age| age >= HEARS)
    }

    fn is_late(&self, known: &KnownCluster) -> bool {
        let place = (self.holder.context.clone(), known.secret_name.clone());
        let changed = self.changes.get(&place);
        changed.is_none_or(|changed| self.taken_at.duration_since(*changed).as_secs() >= SETTLES)
    }

    /// Returns the command that shows the log of an istiod.
    pub(super) fn logs(holder: &ClusterSnapshot, asked: &AskedIstiod) -> Remedy {
        let kubectl = holder.kubectl.in_namespace(&holder.istio_namespace);
        kubectl.words("logs").arg(&asked.pod).into()
    }

    /// Returns the command that restarts the istiods.
    pub(super) fn restart(&self) -> Remedy {
        let kubectl = self
            .holder
            .kubectl
            .in_namespace(&self.holder.istio_namespace);
        let restart = kubectl.words("rollout restart deployment");
        restart.flag("-l", istiod::SELECTOR).into()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::read::Read;
    use crate::secret::State;
    use crate::verify::samples::{cluster, istiod};

    const NOW: &str = "2026-11-28T00:00:00Z";

    /// East with these istiods and secrets, and what beside it is in the mesh.
    pub(in crate::verify::checks) struct Scene {
        pub(in crate::verify::checks) clusters: Vec<ClusterSnapshot>,
        pub(in crate::verify::checks) cells: Vec<MatrixCell>,
        pub(in crate::verify::checks) changes: Changes,
    }

    /// An istiod that has run for long, with its own cluster and these: ID, Secret and status.
    pub(in crate::verify::checks) fn asked(pod: &str, known: &[(&str, &str, &str)]) -> AskedIstiod {
        let own = [("east", "", SYNCED)];
        let known = own.iter().chain(known);
        let known = known.map(|(id, secret_name, sync_status)| KnownCluster {
            id: (*id).to_owned(),
            secret_name: (*secret_name).to_owned(),
            sync_status: (*sync_status).to_owned(),
        });
        AskedIstiod {
            pod: pod.to_owned(),
            started_at: Some("2026-11-27T00:00:00Z".parse().expect("it is a moment")),
            clusters: Read::Seen(known.collect()),
            gateways: Read::Seen(Vec::new()),
            proxies: Read::Seen(Vec::new()),
        }
    }

    /// A secret of east for the cluster of this data key, which has a context of the same name.
    pub(in crate::verify::checks) fn secret(key: &str, name: &str) -> MatrixCell {
        MatrixCell {
            context: "east".to_owned(),
            holder: Some("east".to_owned()),
            namespace: "istio-system".to_owned(),
            name: Some(name.to_owned()),
            cluster: key.to_owned(),
            remote_context: Some(key.to_owned()),
            peer: Some(key.into()),
            server: None,
            tls_server_name: None,
            state: State::Missing,
            created_at: None,
            age_seconds: Some(3600),
            expires_at: None,
            seconds_left: None,
            never_expires: false,
            findings: Vec::new(),
        }
    }

    impl Scene {
        pub(in crate::verify::checks) fn of(
            pods: Vec<AskedIstiod>,
            cells: Vec<MatrixCell>,
        ) -> Self {
            let east = ClusterSnapshot {
                istiod_pages: Read::Seen(pods),
                ..cluster("east", vec![istiod(Some("east"), "1.31.0")])
            };
            Self {
                clusters: vec![east],
                cells,
                changes: Changes::new(),
            }
        }

        /// The istiods were started then.
        pub(in crate::verify::checks) fn start(&mut self, moment: &str) {
            for asked in self.clusters[0]
                .istiod_pages
                .seen_mut()
                .into_iter()
                .flatten()
            {
                asked.started_at = Some(moment.parse().expect("it is a moment"));
            }
        }

        /// istiod's Deployment names a folder of kubeconfigs.
        pub(in crate::verify::checks) fn read_files(&mut self) {
            let istiods = self.clusters[0].istiods.seen_mut().into_iter().flatten();
            let specs = istiods.filter_map(|one| one.spec.as_mut()?.template.spec.as_mut());
            for container in specs.flat_map(|spec| &mut spec.containers) {
                let env = serde_json::json!({"name": "PILOT_MULTICLUSTER_KUBECONFIG_PATH", "value": "/etc/remote"});
                let env = serde_json::from_value(env).expect("it is a variable");
                container.env.get_or_insert_default().push(env);
            }
        }

        pub(in crate::verify::checks) fn found(&self) -> Vec<Finding> {
            let clusters = self.clusters.iter().cloned();
            let read = clusters.map(|cluster| (cluster.context.clone(), Ok(cluster)));
            let now = NOW.parse().expect("it is a moment");
            let mesh = MeshSnapshot::join(now, read.collect()).expect("it was read");
            let peer = |cell: &'_ MatrixCell| cell.remote_context.clone();
            let contexts: Vec<String> = self.cells.iter().filter_map(peer).collect();
            let context = |name: &str| contexts.iter().find(|one| *one == name).map(String::as_str);
            istiod_views(&mesh, &self.cells, &self.changes, context)
        }
    }

    #[test]
    fn the_last_change_of_a_secret_is_known_where_its_cluster_is_being_read() {
        let pods = vec![asked(
            "istiod-1",
            &[
                ("west", "istio-system/s", SYNCING),
                ("north", "istio-system/other", SYNCED),
            ],
        )];
        let secret = |name: &str| {
            let secret = serde_json::json!({"metadata": {"name": name, "namespace": "istio-system",
                "creationTimestamp": "2026-11-01T00:00:00Z",
                "managedFields": [{"manager": "m", "time": "2026-11-02T00:00:00Z"}]}});
            let secret = serde_json::from_value(secret).expect("it is a Secret");
            crate::secret::SecretFacts::split(secret, &crate::secret::SecretPool::of_tests()).0
        };
        let mut scene = Scene::of(pods, Vec::new());
        scene.clusters[0].secrets = Read::Seen(vec![secret("other"), secret("s")]);
        let now = NOW.parse().expect("it is a moment");
        let read = vec![("east".to_owned(), Ok(scene.clusters.remove(0)))];
        let mesh = MeshSnapshot::join(now, read).expect("it was read");
        let expected = ("east".to_owned(), "istio-system/s".to_owned());
        let changed = "2026-11-02T00:00:00Z".parse().expect("it is a moment");
        assert_eq!(changes(&mesh), Changes::from([(expected, changed)]));
    }
}
