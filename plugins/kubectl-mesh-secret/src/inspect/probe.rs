//! Uses each credential as a holder's istiod would: reached, the right cluster, accepted, allowed enough.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Cluster, Connector, Target, fan_out};
use mesh_common::model::access_facts::AccessFacts;
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::finding::{CheckId, Finding, Severity};
use mesh_common::model::names::KUBE_SYSTEM;
use mesh_common::model::read::Read;
use mesh_common::model::reader;
use mesh_common::model::required_rights::required_rights;

use super::probe_fault::{cause, is_refusal, unconnected};
use super::{rights, rights_checks};
use crate::held::{
    ClusterReport, Held, OTHER_SERVER, Outcome, ProbeReport, SecretReport, Source, Sources,
    address, create_again, create_again_by_hand,
};

/// What using one credential told of the cluster behind it, and what the contexts did that it may be.
#[derive(Default)]
pub(super) struct Tried {
    /// UID of the cluster that answered.
    pub uid: Option<String>,
    /// Whether the server accepted the credential; not known where it is not reached from here.
    pub works: Option<bool>,
    /// Why the UID is not known, though the server answered.
    pub unread: Option<String>,
    /// The cluster of the context with the same server, or why there is none.
    pub source: Option<Result<Source, String>>,
    /// The cluster of the context that is called as the data key is.
    pub called: Option<Result<Source, String>>,
}

/// Probes every cluster of every secret at once, and adds what was seen to the reports (same order as `held`); what it means for
/// whom each secret is for is told by the caller.
pub(super) async fn probe(
    held: &[Held],
    reports: &mut [SecretReport],
    sources: &Sources,
    connector: &Connector,
    request_timeout: Option<Duration>,
) -> Result<BTreeMap<(usize, String), Tried>, Error> {
    let work: Vec<(usize, usize)> = reports
        .iter()
        .enumerate()
        .flat_map(|(i, report)| (0..report.clusters.len()).map(move |j| (i, j)))
        .collect();
    let results = {
        let reports = &*reports;
        fan_out(work, |(i, j)| async move {
            let probe = Probe {
                held: &held[i],
                cluster: &reports[i].clusters[j],
                sources,
                connector,
                request_timeout,
            };
            let mut tried = Tried::default();
            let (report, findings) = Box::pin(probe.run(&mut tried)).await;
            (i, j, report, findings, tried)
        })
        .await
    };
    let mut all = BTreeMap::new();
    for (i, j, report, findings, tried) in results {
        let cluster = &mut reports[i].clusters[j];
        cluster.probe = Some(report);
        cluster.findings.extend(findings);
        all.insert((i, cluster.name.clone()), tried);
    }
    Ok(all)
}

struct Probe<'a> {
    held: &'a Held,
    cluster: &'a ClusterReport,
    sources: &'a Sources,
    connector: &'a Connector,
    request_timeout: Option<Duration>,
}

impl Probe<'_> {
    async fn run(&self, tried: &mut Tried) -> (ProbeReport, Vec<Finding>) {
        let skipped = |why: &str| {
            let outcome = Outcome::Skipped {
                detail: why.to_owned(),
            };
            let report = ProbeReport {
                connected: outcome.clone(),
                authenticated: outcome.clone(),
                right_cluster: outcome.clone(),
                may_read: outcome.clone(),
                no_more_than_needed: outcome,
                ..ProbeReport::default()
            };
            (report, Vec::new())
        };
        if !self.cluster.accepted {
            return skipped("istiod refuses it");
        }
        let value = self
            .held
            .secret
            .data
            .as_ref()
            .and_then(|data| data.get(&self.cluster.name));
        let text = value
            .map(|value| String::from_utf8_lossy(&value.0))
            .unwrap_or_default();
        match Target::from_text(&text, &format!("the secret for {}", self.cluster.name)) {
            Ok(target) => {
                let target = target.with_request_timeout(self.request_timeout);
                self.connect(target, tried).await
            }
            Err(error) => skipped(&error.to_string()),
        }
    }

    async fn connect(&self, target: Target, tried: &mut Tried) -> (ProbeReport, Vec<Finding>) {
        let (server, is_tls) = (target.server().to_owned(), target.is_tls());
        let address = address(&target);
        let mut report = ProbeReport::default();
        let cluster = match self.connector.connect(target).await {
            Ok(cluster) => cluster,
            Err(error) => {
                report.connected = Outcome::Failed {
                    detail: cause(&error),
                };
                let not_reached = Outcome::Skipped {
                    detail: "not connected".to_owned(),
                };
                report.authenticated = not_reached.clone();
                report.right_cluster = not_reached.clone();
                report.may_read = not_reached.clone();
                report.no_more_than_needed = not_reached;
                tried.works = is_refusal(&error).then_some(false);
                return (
                    report,
                    vec![unconnected(
                        self.held,
                        &self.cluster.name,
                        &server,
                        &error,
                        self.invalid(),
                    )],
                );
            }
        };
        report.connected = Outcome::Passed {
            detail: cluster.by_proxy_of_environment().unwrap_or_default(),
        };
        let mut findings = Vec::new();
        let key = &self.cluster.name;
        let (user, space, source, called) = futures::join!(
            rights::who_am_i(&cluster),
            cluster.get::<Namespace>(None, KUBE_SYSTEM),
            self.sources.find(&address, self.connector),
            self.sources.find_called(key, &address, self.connector),
        );
        tried.source = Some(source);
        tried.called = called;
        match user {
            // Every cluster has that namespace, so what answers here is something else, or a part of one.
            Ok(Read::Absent(_)) if is_absent(&space) => {
                report.authenticated = Outcome::Skipped {
                    detail: "not a Kubernetes API".to_owned(),
                };
                let message = format!(
                    "server {server} is not a Kubernetes API: it has no namespace {KUBE_SYSTEM}"
                );
                let finding =
                    Finding::new(CheckId::SecretServerUnreachable, Severity::Error, message)
                        .fix(create_again_by_hand(self.held, key, OTHER_SERVER));
                return (report, vec![finding]);
            }
            Ok(Read::Failed(detail) | Read::Late(detail)) => {
                report.authenticated = Outcome::Skipped { detail };
            }
            // Nothing was proven of the token, which istiod does not send there either.
            Ok(user) if !is_tls => {
                report.authenticated = Outcome::Skipped {
                    detail: "no credential is sent without TLS".to_owned(),
                };
                report.user = user.into_seen().flatten();
            }
            Err(error) if !is_tls => {
                findings.extend(self.authentication_failed(&mut report, &error));
                let wants = format!(
                    "server {server} wants a credential, and istiod sends none without TLS"
                );
                findings = vec![
                    Finding::new(CheckId::SecretServerScheme, Severity::Error, wants).fix(
                        "make the secret again with the address at which the API server speaks TLS",
                    ),
                ];
                return (report, findings);
            }
            // Who may not ask who they are was let in before that was decided.
            Ok(user) => {
                report.authenticated = passed();
                report.user = user.into_seen().flatten();
            }
            Err(error) => {
                findings.extend(self.authentication_failed(&mut report, &error));
                tried.works = is_refusal(&error).then_some(false);
                return (report, findings);
            }
        }
        tried.works = is_tls.then_some(true);
        match space.map(|space| space.and_then(|space| space.metadata.uid)) {
            Ok(Some(uid)) => {
                report.cluster_uid = Some(uid.clone());
                tried.uid = Some(uid);
            }
            Ok(None) => tried.unread = Some("namespace kube-system has no UID".to_owned()),
            Err(error) => tried.unread = Some(error.to_string()),
        }
        findings.extend(self.may_read(&mut report, &cluster).await);
        (report, findings)
    }

    /// What it authenticates by, in words.
    fn credential(&self) -> &'static str {
        let access = self.cluster.access.as_ref();
        access.map_or("token", AccessFacts::credential)
    }

    fn invalid(&self) -> CheckId {
        if self.credential() == "client certificate" {
            CheckId::SecretCertificateInvalid
        } else {
            CheckId::SecretTokenInvalid
        }
    }

    fn authentication_failed(&self, report: &mut ProbeReport, error: &Error) -> Vec<Finding> {
        let skipped = Outcome::Skipped {
            detail: "not authenticated".to_owned(),
        };
        report.right_cluster = skipped.clone();
        report.may_read = skipped.clone();
        report.no_more_than_needed = skipped;
        report.authenticated = Outcome::Failed {
            detail: cause(error),
        };
        let finding = match error.kind() {
            Kind::Unauthenticated => Finding::new(
                self.invalid(),
                Severity::Error,
                format!("the API server does not accept its {}", self.credential()),
            )
            .fix(create_again(self.held, &self.cluster.name)),
            Kind::Usage
            | Kind::Refused
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Forbidden
            | Kind::Unreachable
            | Kind::WaitRanOut
            | Kind::Interrupted => Finding::new(
                CheckId::SecretServerUnreachable,
                Severity::Error,
                error.to_string(),
            ),
        };
        vec![finding]
    }

    async fn may_read(&self, report: &mut ProbeReport, cluster: &Cluster) -> Vec<Finding> {
        let namespace = self
            .held
            .secret
            .metadata
            .namespace
            .as_deref()
            .unwrap_or("istio-system");
        let required = required_rights(&self.held.versions);
        let (missing, granted) = futures::join!(
            rights::missing(cluster, required),
            rights::granted(cluster, namespace)
        );
        let unread = |error: Error| Outcome::Skipped {
            detail: error.to_string(),
        };
        let mut findings = Vec::new();
        match missing {
            Ok(missing) => findings.extend(rights_checks::missing(&missing, report)),
            Err(error) => report.may_read = unread(error),
        }
        match granted {
            Ok(rules) => findings.extend(rights_checks::excess(reader::excess(&rules), report)),
            Err(error) => report.no_more_than_needed = unread(error),
        }
        findings
    }
}

fn is_absent<T>(read: &Result<Option<T>, Error>) -> bool {
    match read {
        Ok(object) => object.is_none(),
        Err(error) => error.kind() == Kind::NotFound,
    }
}

fn passed() -> Outcome {
    Outcome::Passed {
        detail: String::new(),
    }
}
