//! Uses each credential as a holder's istiod would: reached, the right cluster, accepted, allowed enough.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::cluster::{Cluster, Connector, Target, fan_out};
use mesh_common::mesh::access_facts::AccessFacts;
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::finding::{Finding, Severity};
use mesh_common::mesh::names::KUBE_SYSTEM;
use mesh_common::mesh::read::Read;
use mesh_common::mesh::reader;

use super::probe_fault::{cause, unconnected};
use super::rights;
use crate::held::{
    ClusterReport, Held, Outcome, ProbeReport, SecretReport, Source, Sources, create_again,
};

/// Probes every cluster of every secret at once, and adds what was seen to the reports (same order as `held`).
pub(super) async fn probe(
    held: &[Held],
    reports: &mut [SecretReport],
    sources: &Sources,
    connector: &Connector,
    request_timeout: Option<Duration>,
) -> Result<(), Error> {
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
            (i, j, probe.run().await)
        })
        .await
    };
    for (i, j, (report, findings)) in results {
        let cluster = &mut reports[i].clusters[j];
        cluster.probe = Some(report);
        cluster.findings.extend(findings);
    }
    Ok(())
}

struct Probe<'a> {
    held: &'a Held,
    cluster: &'a ClusterReport,
    sources: &'a Sources,
    connector: &'a Connector,
    request_timeout: Option<Duration>,
}

impl Probe<'_> {
    async fn run(&self) -> (ProbeReport, Vec<Finding>) {
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
                self.connect(target.with_request_timeout(self.request_timeout))
                    .await
            }
            Err(error) => skipped(&error.to_string()),
        }
    }

    async fn connect(&self, target: Target) -> (ProbeReport, Vec<Finding>) {
        let (server, is_tls) = (target.server().to_owned(), target.is_tls());
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
        let (user, space, source) = futures::join!(
            rights::who_am_i(&cluster),
            cluster.get::<Namespace>(None, KUBE_SYSTEM),
            self.sources.find(&server, self.connector),
        );
        match user {
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
                    Finding::new("secret-server-scheme", Severity::Error, wants).fix(
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
                return (report, findings);
            }
        }
        let uid = space.map(|space| space.and_then(|space| space.metadata.uid));
        findings.extend(self.compare(&mut report, uid, source));
        findings.extend(self.may_read(&mut report, &cluster).await);
        (report, findings)
    }

    /// What it authenticates by, in words.
    fn credential(&self) -> &'static str {
        let access = self.cluster.access.as_ref();
        access.map_or("token", AccessFacts::credential)
    }

    fn invalid(&self) -> &'static str {
        if self.credential() == "client certificate" {
            "secret-certificate-invalid"
        } else {
            "secret-token-invalid"
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
                "secret-server-unreachable",
                Severity::Error,
                error.to_string(),
            ),
        };
        vec![finding]
    }

    /// Whether what answered is the cluster that the user's own context leads to, and not the holder itself.
    fn compare(
        &self,
        report: &mut ProbeReport,
        uid: Result<Option<String>, Error>,
        source: Result<Source, String>,
    ) -> Vec<Finding> {
        let skip = |report: &mut ProbeReport, detail: String| {
            report.right_cluster = Outcome::Skipped { detail };
            Vec::new()
        };
        let uid = match uid {
            Ok(Some(uid)) => uid,
            Ok(None) => return skip(report, "namespace kube-system has no UID".to_owned()),
            Err(error) => return skip(report, error.to_string()),
        };
        report.cluster_uid = Some(uid.clone());
        let wrong = |report: &mut ProbeReport, what: String| {
            report.right_cluster = Outcome::Failed {
                detail: what.clone(),
            };
            vec![
                Finding::new("secret-wrong-cluster", Severity::Error, what)
                    .fix(create_again(self.held, &self.cluster.name)),
            ]
        };
        if self.held.holder_uid.as_deref() == Some(&uid) {
            return wrong(report, "it leads to the holder itself".to_owned());
        }
        let source = match source {
            Ok(source) => source,
            Err(why) => return skip(report, why),
        };
        let known = match &source.uid {
            Read::Seen(known) => known,
            unread => {
                let why = unread.reason().unwrap_or("not read");
                return skip(report, format!("context {}: {why}", source.context));
            }
        };
        if *known != uid {
            return wrong(
                report,
                format!(
                    "it leads to another cluster than context {}",
                    source.context
                ),
            );
        }
        report.right_cluster = Outcome::Passed {
            detail: format!("context {}", source.context),
        };
        if let Some(why) = source.istiods.reason() {
            report.right_name = Some(Outcome::Skipped {
                detail: why.to_owned(),
            });
        }
        let key = &self.cluster.name;
        let istiods = source.istiods.items();
        if istiods.is_empty() || istiods.iter().any(|id| id.as_str() == key) {
            return Vec::new();
        }
        let known: Vec<&str> = istiods.iter().map(ClusterId::as_str).collect();
        vec![
            Finding::new(
                "cluster-id-secret-key",
                Severity::Error,
                format!(
                    "the cluster's own istiod calls it {}, not {key}",
                    known.join(" or ")
                ),
            )
            .fix(create_again(self.held, known[0])),
        ]
    }

    async fn may_read(&self, report: &mut ProbeReport, cluster: &Cluster) -> Vec<Finding> {
        let namespace = self
            .held
            .secret
            .metadata
            .namespace
            .as_deref()
            .unwrap_or("istio-system");
        let (missing, granted) = futures::join!(
            rights::missing(cluster),
            rights::granted(cluster, namespace)
        );
        let mut findings = Vec::new();
        match missing {
            Ok(missing) if missing.is_empty() => report.may_read = passed(),
            Ok(missing) => {
                report.may_read = Outcome::Failed {
                    detail: format!("{} rights are missing", missing.len()),
                };
                findings.push(
                    Finding::new(
                        "secret-rbac",
                        Severity::Error,
                        format!("it may not {}: istiod's first sync does not end", some(&missing)),
                    )
                    .fix("in the source cluster, apply the reader ClusterRole and binding of its Istio's chart"),
                );
                report.missing_rights = missing;
            }
            Err(error) => {
                report.may_read = Outcome::Skipped {
                    detail: error.to_string(),
                }
            }
        }
        match granted.map(|rules| reader::excess(&rules)) {
            Ok(excess) if excess.is_empty() => report.no_more_than_needed = passed(),
            Ok(excess) => {
                report.no_more_than_needed = Outcome::Failed {
                    detail: format!("{} rights are not needed", excess.len()),
                };
                report.excess_rights = excess;
            }
            Err(error) => {
                report.no_more_than_needed = Outcome::Skipped {
                    detail: error.to_string(),
                };
            }
        }
        if !report.excess_rights.is_empty() {
            findings.push(Finding::new(
                "secret-rbac",
                Severity::Warning,
                format!(
                    "it may do more than the reader role of Istio's chart: {}",
                    some(&report.excess_rights)
                ),
            ));
        }
        findings
    }
}

/// The first few of a list that JSON has in full.
fn some(rights: &[String]) -> String {
    const SHOWN: usize = 6;
    let more = rights.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", rights[..rights.len() - more].join(", "))
}

fn passed() -> Outcome {
    Outcome::Passed {
        detail: String::new(),
    }
}
