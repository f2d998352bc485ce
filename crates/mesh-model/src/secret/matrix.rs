//! The matrix of holders and remote clusters: a cell for each cluster of each secret, with its findings and its expiry.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::checks::{InspectOptions, check};
use super::contexts::Contexts;
use super::facts::{SecretFacts, SecretValues};
use super::found::{FoundSecret, Holder};
use super::meant::check_meant_for;
use super::meant_input::{CredentialChecks, MeantInput};
use super::placed::Placed;
use super::probe::ProbeFacts;
use super::probe_checks::judge_probe;
use super::remedies::move_to;
use super::report::{ClusterReport, SecretReport};
use super::state::State;
use super::used::KnownClusters;
use crate::access_facts::AccessFacts;
use crate::change::ObjectRef;
use crate::finding::{CheckId, Finding, Place, Severity};
use crate::istiod;
use crate::meant_for::Members;
use crate::read::Read;
use crate::remote_secret::annotated_cluster;
use crate::snapshot::ClusterSnapshot;

/// One holder's access to one remote cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct MatrixCell {
    /// The holder's context.
    pub context: String,
    /// The cluster ID of the holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The Secret's namespace.
    pub namespace: String,
    /// The Secret; absent if it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The remote cluster, by the name that istiod uses.
    pub cluster: String,
    /// The context of the remote cluster, if the kubeconfig has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_context: Option<String>,
    /// The context of the other cluster that the findings concern ([`crate::meant_for::Mesh::peer`]).
    #[serde(skip)]
    pub peer: Option<Box<str>>,
    /// URL of its API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The name that is checked in the server's certificate, where it is not the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<String>,
    /// The worst finding in one word.
    pub state: State,
    /// The time of its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Seconds since it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// The expiry of its token or certificate, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Seconds until then; negative afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// True if it never expires.
    pub never_expires: bool,
    /// All findings, the worst first. They are written with their place.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

impl Serialize for MatrixCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Own<'a>(&'a MatrixCell);

        impl Serialize for Own<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                MatrixCell::serialize(self.0, serializer)
            }
        }

        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            own: Own<'a>,
            findings: Placed<'a>,
        }

        let whole = Whole {
            own: Own(self),
            findings: Placed::of_cell(self),
        };
        whole.serialize(serializer)
    }
}

impl MatrixCell {
    /// Returns the place of its findings.
    pub fn place(&self) -> Place<'_> {
        let name = self.name.as_deref();
        Place {
            cluster: Some(&self.context),
            peer: self.peer.as_deref(),
            object: name.map(|name| ObjectRef::secret(&self.namespace, name)),
        }
    }
}

/// The input of [`cells`].
#[derive(Debug)]
pub(super) struct MatrixInput<'a> {
    /// The contexts by the servers that they give access to.
    pub contexts: &'a Contexts,
    /// The clusters of the contexts, with the facts about those that were read.
    pub members: &'a Members,
    /// The Istio system namespace.
    pub namespace: &'a str,
    /// The options of all checks.
    pub options: InspectOptions,
}

/// The results of using credentials, by the name of the Secret and its data key.
pub type Credentials<'a> = BTreeMap<(&'a str, &'a str), &'a ProbeFacts>;

/// Returns a cell for each cluster of each secret of `holder`, in the order of the clusters' names. Its secrets, which
/// may be thousands, are moved out of it. `credentials` are the results of using them, if they were used.
pub(super) fn cells(
    holder: &mut ClusterSnapshot,
    credentials: &Credentials<'_>,
    input: &MatrixInput<'_>,
) -> Vec<MatrixCell> {
    let elsewhere = out_of_sight(holder);
    let secrets = holder.take_secrets();
    let member = Arc::new(holder.member());
    let of_holder = Holder {
        member: &member,
        kubectl: &Arc::new(holder.kubectl.clone()),
        versions: &istiod::versions(holder.istiods.items()),
        allow_loopback: input.options.allow_loopback,
    };
    let in_holder = |facts: SecretFacts| {
        let mut found = FoundSecret::in_holder(&of_holder, (facts, SecretValues::default()));
        found.find_contexts(input.contexts);
        found
    };
    let inside: Vec<FoundSecret> = secrets.into_iter().map(in_holder).collect();
    let mut meant = meant_for(&inside, &holder.known_clusters(), credentials, input);
    let mut cells: Vec<MatrixCell> = inside
        .into_iter()
        .enumerate()
        .flat_map(|(number, found)| {
            of_secret(&found, input, |key| {
                let mut meant = meant.remove(&(number, key.to_owned())).unwrap_or_default();
                let facts = credentials.get(&(found.name(), key));
                let probed = facts.map(|facts| judge_probe(&found, key, facts).1);
                meant.findings.extend(probed.into_iter().flatten());
                meant
            })
        })
        .collect();
    let outside = elsewhere.into_iter().map(in_holder);
    cells.extend(outside.flat_map(|found| out_of_place(found, input)));
    for cell in &mut cells {
        let ids = member.ids.first();
        cell.holder = ids.map(|id| id.as_str().to_owned());
        cell.findings
            .sort_by_key(|finding| Reverse(finding.severity));
        // Of several duplicates one has the finding.
        cell.state = cell.state.min(State::of(&cell.findings));
    }
    cells.sort_by(|one, other| (&one.cluster, &one.name).cmp(&(&other.cluster, &other.name)));
    cells
}

/// Returns the secrets of namespaces where no istiod looks at them; none where it is not known where istiods run.
fn out_of_sight(holder: &mut ClusterSnapshot) -> Vec<SecretFacts> {
    let Read::Seen(istiods) = &holder.istiods_elsewhere else {
        return Vec::new();
    };
    let with_istiod: BTreeSet<&str> = istiods
        .iter()
        .filter_map(|istiod| istiod.metadata.namespace.as_deref())
        .collect();
    let secrets = std::mem::take(&mut holder.secrets_elsewhere).or_default();
    let namespace = |facts: &SecretFacts| facts.secret.metadata.namespace.clone();
    secrets
        .into_iter()
        .filter(|facts| !with_istiod.contains(namespace(facts).unwrap_or_default().as_str()))
        .collect()
}

/// The cluster that a key is for.
#[derive(Default)]
struct MeantFor {
    peer: Option<Box<str>>,
    is_surplus: bool,
    findings: Vec<Finding>,
}

/// Returns the clusters that the keys of all secrets are for, by the number of the secret and the key.
fn meant_for(
    inside: &[FoundSecret],
    used: &KnownClusters,
    credentials: &Credentials<'_>,
    input: &MatrixInput<'_>,
) -> BTreeMap<(usize, String), MeantFor> {
    let inside: Vec<&FoundSecret> = inside.iter().collect();
    let mut checks = CredentialChecks::new();
    if !credentials.is_empty() {
        for (number, found) in inside.iter().enumerate() {
            let used = found.keys().filter_map(|key| {
                let facts = credentials.get(&(found.name(), key))?;
                Some(((number, key.to_owned()), facts.check()))
            });
            checks.extend(used);
        }
    }
    let meant = check_meant_for(&inside, &checks, input.meant(used)).into_iter();
    let meant = meant.map(|(key, meant)| {
        let peer = meant.peer().map(Box::from);
        let meant = MeantFor {
            peer,
            is_surplus: meant.is_surplus,
            findings: meant.findings,
        };
        (key, meant)
    });
    meant.collect()
}

/// Returns the cells of one secret; `meant` gives the cluster that a key of it is for.
fn of_secret(
    found: &FoundSecret,
    input: &MatrixInput<'_>,
    mut meant: impl FnMut(&str) -> MeantFor,
) -> Vec<MatrixCell> {
    let mut report = check(found, input.options);
    let clusters = std::mem::take(&mut report.clusters);
    if clusters.is_empty() {
        let cluster = annotated_cluster(&found.facts.secret);
        let cluster = cluster.map(String::as_str).unwrap_or_default();
        return vec![MatrixCell {
            cluster: cluster.to_owned(),
            peer: input.meant(&KnownClusters::NotAsked).named(found, cluster),
            findings: report.findings.clone(),
            ..blank(found, &report)
        }];
    }
    clusters
        .into_iter()
        .map(|cluster| {
            let mut cell = cell(found, &report, &cluster, input.options.now);
            let meant = meant(&cluster.name);
            let parts = [report.findings.clone(), meant.findings, cluster.findings];
            // Without spare capacity: there may be thousands.
            cell.findings = parts.concat();
            cell.peer = meant.peer;
            if meant.is_surplus {
                cell.state = State::Duplicate;
            }
            cell
        })
        .collect()
}

/// Returns the cells of a secret in another namespace: istiod never reads it, so no other check matters.
fn out_of_place(mut found: FoundSecret, input: &MatrixInput<'_>) -> Vec<MatrixCell> {
    let report = check(&found, input.options);
    let outside = found
        .facts
        .secret
        .metadata
        .namespace
        .clone()
        .unwrap_or_default();
    // A new secret is created in the right namespace.
    found.facts.secret_mut().metadata.namespace = Some(input.namespace.to_owned());
    let finding = |key: &str| {
        Finding::new(
            CheckId::SecretWrongNamespace,
            Severity::Error,
            format!(
                "it is in namespace {outside}, and istiod reads remote secrets in {} only",
                input.namespace
            ),
        )
        .fix(move_to(&found, key, &outside))
    };
    let mut meant = meant_for(
        std::slice::from_ref(&found),
        &KnownClusters::NotAsked,
        &Credentials::new(),
        input,
    );
    let cells = report.clusters.iter().map(|cluster| MatrixCell {
        peer: meant
            .remove(&(0, cluster.name.clone()))
            .and_then(|meant| meant.peer),
        findings: vec![finding(&cluster.name)],
        ..cell(&found, &report, cluster, input.options.now)
    });
    cells
        .map(|cell| MatrixCell {
            namespace: outside.clone(),
            ..cell
        })
        .collect()
}

fn cell(
    found: &FoundSecret,
    report: &SecretReport,
    cluster: &ClusterReport,
    now: Timestamp,
) -> MatrixCell {
    let access = cluster.access.as_ref();
    let expires_at = access.and_then(end);
    MatrixCell {
        cluster: cluster.name.clone(),
        remote_context: found.remote_contexts.get(&cluster.name).cloned(),
        server: access.map(|access| access.server.clone()),
        tls_server_name: access.and_then(|access| access.tls_server_name.clone()),
        expires_at,
        seconds_left: expires_at.map(|end| end.duration_since(now).as_secs()),
        never_expires: access.is_some_and(|access| {
            let token = access.token.as_ref();
            token.is_some_and(|token| token.expires_at.is_none())
                && access.client_certificate.is_none()
        }),
        ..blank(found, report)
    }
}

fn blank(found: &FoundSecret, report: &SecretReport) -> MatrixCell {
    MatrixCell {
        context: found.context.clone().unwrap_or_default(),
        holder: None,
        namespace: report.namespace.clone().unwrap_or_default(),
        name: Some(report.name.clone()),
        cluster: String::new(),
        remote_context: None,
        peer: None,
        server: None,
        tls_server_name: None,
        state: State::NotProbed,
        created_at: report.created_at,
        age_seconds: report.age_seconds,
        expires_at: None,
        seconds_left: None,
        never_expires: false,
        findings: Vec::new(),
    }
}

fn end(access: &AccessFacts) -> Option<Timestamp> {
    let of_token = access.token.as_ref().and_then(|token| token.expires_at);
    let certificate = access.client_certificate.as_ref();
    let of_certificate = certificate.map(|certificate| certificate.not_after);
    of_token.into_iter().chain(of_certificate).min()
}

impl MatrixInput<'_> {
    fn meant<'a>(&'a self, used: &'a KnownClusters) -> MeantInput<'a> {
        MeantInput {
            members: self.members,
            expected: None,
            used,
            reported: usize::MAX,
            allow_loopback: self.options.allow_loopback,
        }
    }

    /// Returns the UID of the cluster that the cell gives access to, if its context was read.
    pub(super) fn uid_of(&self, cell: &MatrixCell) -> Option<&str> {
        let member = self.members.of_context(cell.remote_context.as_ref()?)?;
        member.uid.as_deref()
    }
}
