//! The pairs of clusters without a secret.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster_name::ClusterId;
use crate::command::suite;
use crate::container_env::value_in_pod;
use crate::finding::{CheckId, Finding, Severity};
use crate::fleet::connected;
use crate::meant_for::Member;
use crate::names::PROXY_CLUSTER_VARIABLE;
use crate::snapshot::ClusterSnapshot;

use super::matrix::{MatrixCell, MatrixInput};
use super::remedies::allowing_loopback;
use super::state::State;

/// Returns cells for the pairs of clusters without a secret: among all that were read, or (`connected_only`) among
/// those that secrets connect already, directly or through others.
///
/// A cluster without an istiod holds no secrets, so nothing is missing in it, nor is it known what is missing in one whose secrets
/// could not be read. If a secret may give access to a peer, as far as is known, the pair is not reported.
pub(super) fn missing(
    read: &[ClusterSnapshot],
    cells: &[MatrixCell],
    input: &MatrixInput<'_>,
    connected_only: bool,
) -> Vec<MatrixCell> {
    let known = read.iter().map(ClusterSnapshot::member);
    let known: Vec<Member> = known.collect();
    let peers = Peers::of(read, &known);
    let holders: BTreeMap<&str, usize> = read
        .iter()
        .enumerate()
        .map(|(number, holder)| (holder.context.as_str(), number))
        .collect();
    // For each holder, the peers that its secrets give access to; `None` for a secret whose cluster is unknown.
    let mut found: Vec<BTreeSet<Option<usize>>> = vec![BTreeSet::new(); read.len()];
    // For each holder, the peers that its secrets name. One that gives access to another cluster has a finding of its own.
    let mut named: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); read.len()];
    let mut called: BTreeMap<usize, &str> = BTreeMap::new();
    for cell in cells {
        let peer = peers.find(cell, input);
        let holder = holders[cell.context.as_str()];
        found[holder].insert(peer);
        named[holder].extend(peers.named(cell));
        if let Some(peer) = peer {
            called.entry(peer).or_insert(&cell.cluster);
        }
    }
    let groups = groups(&found);
    let mut missing = Vec::new();
    for (number, holder) in read.iter().enumerate() {
        for (peer, remote) in read.iter().enumerate() {
            let is_wanted = !connected_only || groups[number] == groups[peer];
            let may_be_unknown = known[peer].ids.is_empty() && found[number].contains(&None);
            if number == peer
                || holder.is_without_istiod()
                || holder.secrets.reason().is_some()
                || !is_wanted
                || may_be_unknown
                || found[number].contains(&Some(peer))
                || named[number].contains(&peer)
            {
                continue;
            }
            let own = known[peer].ids.first().map(ClusterId::as_str);
            let name = own
                .or_else(|| called.get(&peer).copied())
                .or_else(|| named_by_proxies(remote));
            missing.push(cell((holder, &known[number]), &remote.context, name, input));
        }
    }
    missing
}

/// Returns the cluster ID that all proxies of a cluster have, as far as they were read. A remote cluster has no istiod that names it.
fn named_by_proxies(cluster: &ClusterSnapshot) -> Option<&str> {
    let pods = cluster.injected_pods.items().iter();
    let ids = pods.filter_map(|pod| value_in_pod(pod.spec.as_ref()?, PROXY_CLUSTER_VARIABLE));
    let ids: BTreeSet<&str> = ids.collect();
    ids.first().copied().filter(|_| ids.len() == 1)
}

/// The clusters that were read, by the facts that secrets have about them.
struct Peers<'a> {
    uids: BTreeMap<&'a str, usize>,
    contexts: BTreeMap<&'a str, usize>,
    names: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Peers<'a> {
    fn of(read: &'a [ClusterSnapshot], members: &'a [Member]) -> Self {
        let numbered = || members.iter().enumerate();
        let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, member) in numbered() {
            for name in &member.ids {
                names.entry(name.as_str()).or_default().push(number);
            }
        }
        Self {
            uids: numbered()
                .filter_map(|(number, member)| Some((member.uid.as_deref()?, number)))
                .collect(),
            contexts: read
                .iter()
                .enumerate()
                .map(|(number, cluster)| (cluster.context.as_str(), number))
                .collect(),
            names,
        }
    }

    fn find(&self, cell: &MatrixCell, input: &MatrixInput<'_>) -> Option<usize> {
        let by_uid = input.uid_of(cell).and_then(|uid| self.uids.get(uid));
        let context = cell.remote_context.as_deref();
        by_uid
            .or_else(|| self.contexts.get(context?))
            .copied()
            .or_else(|| match self.named(cell).collect::<Vec<_>>()[..] {
                [only] => Some(only),
                // Clusters of several meshes may have the same name.
                _ => None,
            })
    }

    /// The peers that the data key of a secret names.
    fn named(&self, cell: &MatrixCell) -> impl Iterator<Item = usize> {
        let named = self.names.get(cell.cluster.as_str());
        named.into_iter().flatten().copied()
    }
}

/// A number for each cluster; those that secrets connect have the same.
fn groups(found: &[BTreeSet<Option<usize>>]) -> Vec<usize> {
    let pairs = found.iter().enumerate().flat_map(|(holder, peers)| {
        let peers = peers.iter().flatten();
        peers.map(move |peer| (holder, *peer))
    });
    connected(found.len(), pairs)
}

fn cell(
    (holder, member): (&ClusterSnapshot, &Member),
    remote: &str,
    name: Option<&str>,
    input: &MatrixInput<'_>,
) -> MatrixCell {
    let (context, namespace) = (&holder.context, input.namespace);
    let fix = suite::secret_create(&holder.kubectl, remote, name, namespace, context);
    let fix = allowing_loopback(fix, input.options.allow_loopback);
    MatrixCell {
        context: context.clone(),
        holder: member.ids.first().map(|id| id.as_str().to_owned()),
        namespace: namespace.to_owned(),
        name: None,
        cluster: name.unwrap_or(remote).to_owned(),
        remote_context: Some(remote.to_owned()),
        peer: Some(remote.into()),
        server: None,
        tls_server_name: None,
        state: State::Missing,
        created_at: None,
        age_seconds: None,
        expires_at: None,
        seconds_left: None,
        never_expires: false,
        findings: vec![
            Finding::new(
                CheckId::SecretMissing,
                Severity::Info,
                format!("there is no secret for context {remote}"),
            )
            .fix(fix),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_of_one_group_that_secrets_connect() {
        let found: Vec<BTreeSet<Option<usize>>> = [
            vec![Some(1), None],
            vec![],
            vec![Some(1)],
            vec![None],
            vec![Some(5)],
            vec![],
        ]
        .map(BTreeSet::from_iter)
        .to_vec();
        let groups = groups(&found);
        assert!(groups[0] == groups[1] && groups[1] == groups[2]);
        assert!(groups[4] == groups[5] && groups[0] != groups[4]);
        assert!(groups[3] != groups[0] && groups[3] != groups[4]);
    }
}
