//! The meaning of the answers of a gateway's ports, as far as no certificate is involved.

use serde::Serialize;

use super::verdict_tls::{of_hbone, of_istiod, of_sidecar};
use super::{Candidate, Check, ClusterSnapshot, Exposure, Gateway, Planned};
use crate::command::Remedy;
use crate::finding::{Finding, Severity};
use crate::probe::Answer;
use crate::read::Read;
use crate::resources::PeerAuthentication;

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Passed.
    Passed,
    /// Failed.
    Failed,
    /// Not tried, or not decidable.
    Skipped,
}

/// The result of one check at one address.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The check.
    pub check: Check,
    /// The port of the Service.
    pub port: i32,
    /// The address that was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port that was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled: Option<i32>,
    /// The outcome.
    pub outcome: Outcome,
    /// The outcome as one word, for a table.
    #[serde(skip)]
    pub word: String,
    /// The observation.
    pub detail: String,
    /// The service that was requested, if it is one behind the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The findings.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// The context for judging an answer.
pub(super) struct Known<'a> {
    pub gateway: &'a Gateway,
    pub exposure: &'a Exposure<'a>,
    pub cluster: &'a ClusterSnapshot,
    pub policies: Option<&'a Read<Vec<PeerAuthentication>>>,
    /// `ADDRESS:PORT` that was connected to.
    pub place: String,
    /// The port of the Service.
    pub port: i32,
}

/// The judgement of an answer.
pub(super) struct Judged {
    pub outcome: Outcome,
    pub word: String,
    pub detail: String,
    pub findings: Vec<Finding>,
}

impl Judged {
    pub(super) fn passed(detail: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Passed,
            word: "ok".to_owned(),
            detail: detail.into(),
            findings: Vec::new(),
        }
    }

    pub(super) fn failed(word: impl Into<String>, finding: Finding) -> Self {
        Self {
            outcome: Outcome::Failed,
            word: word.into(),
            detail: finding.message.clone(),
            findings: vec![finding],
        }
    }
}

/// Returns the result of each check. `answers` has, for each check, the answers to its connections in their order.
pub(super) fn verdicts(
    planned: &[Planned],
    answers: &[Vec<Answer>],
    gateway: &Gateway,
    exposure: &Exposure<'_>,
    cluster: &ClusterSnapshot,
    policies: Option<&Read<Vec<PeerAuthentication>>>,
) -> Vec<Verdict> {
    let one = |(planned, answers): (&Planned, &Vec<Answer>)| {
        let (address, port) = (planned.address.as_deref(), planned.dialled);
        let known = Known {
            gateway,
            exposure,
            cluster,
            policies,
            place: place(address.unwrap_or_default(), port.unwrap_or_default()),
            port: planned.port,
        };
        verdict(planned, answers, &known)
    };
    planned.iter().zip(answers).map(one).collect()
}

fn verdict(planned: &Planned, answers: &[Answer], known: &Known<'_>) -> Verdict {
    let questions = match &planned.asked {
        Ok(questions) => questions.as_slice(),
        Err(reason) => return skipped(planned, reason),
    };
    let candidates = questions.iter().map(|(_, candidate)| candidate.as_ref());
    let all: Vec<(Option<&Candidate>, &Answer)> = candidates.zip(answers).collect();
    let Some((candidate, answer)) = telling(&all) else {
        return skipped(planned, "nothing was asked");
    };
    let judged = match planned.check {
        Check::Readiness => of_readiness(answer, known),
        Check::Sidecar => of_sidecar(candidate, answer, &all, known),
        Check::Hbone => of_hbone(answer, known),
        Check::Istiod | Check::Webhook => of_istiod(planned.check, answer, known),
    };
    Verdict {
        check: planned.check,
        port: planned.port,
        address: planned.address.clone(),
        dialled: planned.dialled,
        outcome: judged.outcome,
        word: judged.word,
        detail: judged.detail,
        service: candidate.map(|one| format!("{}:{}", one.host, one.port)),
        answer: Some(answer.clone()),
        findings: judged
            .findings
            .into_iter()
            .map(|finding| known.placed(finding))
            .collect(),
    }
}

fn skipped(planned: &Planned, reason: &str) -> Verdict {
    Verdict {
        check: planned.check,
        port: planned.port,
        address: planned.address.clone(),
        dialled: planned.dialled,
        outcome: Outcome::Skipped,
        word: "?".to_owned(),
        detail: reason.to_owned(),
        service: None,
        answer: None,
        findings: Vec::new(),
    }
}

/// Returns the most informative of several answers: one of a mesh, otherwise one with any certificate, otherwise the
/// first.
fn telling<'a>(
    all: &[(Option<&'a Candidate>, &'a Answer)],
) -> Option<(Option<&'a Candidate>, &'a Answer)> {
    let by = |wanted: fn(&Answer) -> bool| all.iter().find(|(_, answer)| wanted(answer)).copied();
    by(Answer::is_mesh)
        .or_else(|| by(|answer| answer.chain().is_some()))
        .or_else(|| all.first().copied())
}

fn of_readiness(answer: &Answer, known: &Known<'_>) -> Judged {
    if matches!(answer, Answer::Http { status: 200 }) {
        return Judged::passed("ready");
    }
    let id = Check::Readiness.id();
    let (word, seen) = seen(answer);
    let place = &known.place;
    let why = if let Answer::Http { .. } = answer {
        "the proxy has no configuration from istiod, or is terminating"
    } else if known.has_no_ready_pod() {
        "no pod of the gateway is ready"
    } else {
        "the load balancer or a firewall blocks the port, or nothing runs behind it"
    };
    let finding = Finding::new(id, Severity::Warning, format!("{place} {seen}")).because(why);
    Judged::failed(word, finding.fix(known.look_at_pods()))
}

impl Known<'_> {
    pub(super) fn has_no_ready_pod(&self) -> bool {
        self.gateway.pods.is_some_and(|pods| pods.ready == 0)
    }

    /// Adds the cluster and the gateway to the finding.
    fn placed(&self, finding: Finding) -> Finding {
        finding
            .in_cluster(&self.cluster.context)
            .about(self.gateway.reference())
    }

    /// Returns the command that shows the state of the gateway's pods.
    pub(super) fn look_at_pods(&self) -> Remedy {
        look_at_pods(self.gateway, self.cluster)
    }
}

pub(super) fn look_at_pods(gateway: &Gateway, cluster: &ClusterSnapshot) -> Remedy {
    let spec = gateway
        .service
        .as_ref()
        .and_then(|service| service.spec.as_ref());
    let selector = spec
        .and_then(|spec| spec.selector.clone())
        .unwrap_or_default();
    let labels: Vec<String> = selector
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let kubectl = cluster.kubectl.in_namespace(&gateway.namespace);
    if labels.is_empty() {
        let described = gateway.described();
        return format!("give {described} a selector that matches the gateway's pods").into();
    }
    kubectl
        .words("describe pods")
        .flag("-l", &labels.join(","))
        .into()
}

/// Returns an answer as a word of a table and as the end of a sentence.
pub(super) fn seen(answer: &Answer) -> (String, String) {
    let both = |word: &str, sentence: &str| (word.to_owned(), sentence.to_owned());
    match answer {
        Answer::Refused => both("refused", "refuses connections"),
        Answer::NoRoute => both("noroute", "cannot be reached: no route to host"),
        Answer::TimedOut => both("timeout", "does not accept the connection in time"),
        Answer::Silent => both(
            "silent",
            "accepts the connection and does not answer in time",
        ),
        Answer::Closed => both("reset", "closes the connection without an answer"),
        Answer::NotTls => both("plain", "answers in plaintext"),
        Answer::Alert { alert, .. } => ("alert".to_owned(), format!("refuses TLS ({alert})")),
        Answer::Handshake(handshake) => {
            let who = handshake.chain.identity();
            (
                "tls".to_owned(),
                format!("presents the certificate of {who}"),
            )
        }
        Answer::Http { status } => (status.to_string(), format!("answers {status}")),
        Answer::Other { reason } => ("failed".to_owned(), format!("cannot be probed: {reason}")),
    }
}

/// Returns address and port in the usual notation.
fn place(address: &str, port: i32) -> String {
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}
