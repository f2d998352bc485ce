//! The checks of a credential that was used: connected, accepted, with the required permissions and no more.

use super::checks::OTHER_SERVER;
use super::found::FoundSecret;
use super::probe::{Acceptance, ConnectFailure, Connected, ProbeFacts, Unconnected};
use super::remedies::{create_again, create_again_by_hand, create_again_with, is_config};
use super::report::{Outcome, ProbeReport};
use super::rights_checks;
use crate::access_facts::AccessFacts;
use crate::command::Knob;
use crate::finding::{CheckId, Finding, Severity};
use crate::names::KUBE_SYSTEM;
use crate::reader;

/// Judges the result of using the credential under `key`, except for which cluster it is for.
pub fn judge_probe(
    found: &FoundSecret,
    key: &str,
    facts: &ProbeFacts,
) -> (ProbeReport, Vec<Finding>) {
    let judge = Judge { found, key };
    match facts {
        ProbeFacts::NotUsed(why) => (all_skipped(why), Vec::new()),
        ProbeFacts::Unconnected(unconnected) => judge.unconnected(unconnected),
        ProbeFacts::Connected(connected) => judge.connected(connected),
    }
}

struct Judge<'a> {
    found: &'a FoundSecret,
    key: &'a str,
}

impl Judge<'_> {
    fn unconnected(&self, unconnected: &Unconnected) -> (ProbeReport, Vec<Finding>) {
        let report = ProbeReport {
            connected: Outcome::Failed {
                detail: unconnected.cause.clone(),
            },
            ..all_skipped("not connected")
        };
        let by_hand = |knob, value| create_again_by_hand(self.found, self.key, knob, value);
        let (id, fix) = match &unconnected.failure {
            ConnectFailure::CredentialRefused => {
                (self.invalid(), create_again(self.found, self.key))
            }
            ConnectFailure::CertificateExpired => (
                CheckId::SecretCaMismatch,
                "renew the API server's certificate, with kubeadm: kubeadm certs renew apiserver"
                    .into(),
            ),
            ConnectFailure::CertificateNotYetValid => (
                CheckId::SecretCaMismatch,
                "compare the clock of the API server's machine with this one's".into(),
            ),
            ConnectFailure::CertificateUnusable => (
                CheckId::SecretCaMismatch,
                "give the API server a certificate that Kubernetes' clients accept".into(),
            ),
            ConnectFailure::NameMismatch(valid_for) => (
                CheckId::SecretCaMismatch,
                match valid_for.first() {
                    Some(name) => {
                        create_again_with(self.found, self.key, Knob::TlsServerName, name)
                    }
                    None => by_hand(Knob::Server, "an address that its certificate names"),
                },
            ),
            ConnectFailure::Untrusted => (
                CheckId::SecretCaMismatch,
                by_hand(Knob::CaFile, "the CA that signed the server's certificate"),
            ),
            ConnectFailure::Unreachable => (
                CheckId::SecretServerUnreachable,
                by_hand(Knob::Server, OTHER_SERVER),
            ),
        };
        let message = format!("server {}", unconnected.server);
        let finding = Finding::new(id, Severity::Error, message);
        let finding = finding.because(&unconnected.cause).fix(fix);
        (report, vec![finding])
    }

    fn connected(&self, connected: &Connected) -> (ProbeReport, Vec<Finding>) {
        let server = &connected.server;
        let mut report = ProbeReport {
            connected: Outcome::Passed {
                detail: connected.proxy.clone().unwrap_or_default(),
            },
            ..ProbeReport::default()
        };
        match &connected.acceptance {
            Acceptance::NotKubernetes => {
                report.authenticated = skipped("not a Kubernetes API");
                let message = format!("server {server} is not a Kubernetes API");
                let finding =
                    Finding::new(CheckId::SecretServerUnreachable, Severity::Error, message)
                        .because(&format!("it has no namespace {KUBE_SYSTEM}"))
                        .fix(create_again_by_hand(
                            self.found,
                            self.key,
                            Knob::Server,
                            OTHER_SERVER,
                        ));
                return (report, vec![finding]);
            }
            Acceptance::Unknown(why) => report.authenticated = skipped(why),
            Acceptance::Accepted(user) => {
                // Nothing is known about the token, which istiod does not send there either.
                report.authenticated = if connected.is_tls {
                    Outcome::Passed {
                        detail: String::new(),
                    }
                } else {
                    skipped("no credential is sent without TLS")
                };
                report.user.clone_from(user);
            }
            Acceptance::Refused(cause) | Acceptance::Failed { cause, .. } => {
                report = ProbeReport {
                    connected: report.connected,
                    authenticated: Outcome::Failed {
                        detail: cause.clone(),
                    },
                    ..all_skipped("not authenticated")
                };
                return (report, vec![self.not_accepted(connected)]);
            }
        }
        report.cluster_uid = connected.uid.seen().cloned().flatten();
        let mut findings = Vec::new();
        match connected.missing.seen() {
            Some(missing) => findings.extend(rights_checks::missing(missing, &mut report)),
            None => report.may_read = unread(connected.missing.reason()),
        }
        match connected.granted.seen() {
            Some(_) if is_config(self.found) => {
                report.no_more_than_needed = skipped("istiod itself needs more than a reader");
            }
            Some(rules) => {
                findings.extend(rights_checks::excess(reader::excess(rules), &mut report));
            }
            None => report.no_more_than_needed = unread(connected.granted.reason()),
        }
        (report, findings)
    }

    fn not_accepted(&self, connected: &Connected) -> Finding {
        if !connected.is_tls {
            let wants = format!(
                "server {} requires a credential, and istiod sends none without TLS",
                connected.server
            );
            return Finding::new(CheckId::SecretServerScheme, Severity::Error, wants).fix(
                "create the secret again with the address at which the API server speaks TLS",
            );
        }
        match &connected.acceptance {
            Acceptance::Failed {
                sentence, cause, ..
            } => Finding::new(CheckId::SecretServerUnreachable, Severity::Error, sentence)
                .shown_by([cause.clone()]),
            Acceptance::Refused(_)
            | Acceptance::Accepted(_)
            | Acceptance::Unknown(_)
            | Acceptance::NotKubernetes => Finding::new(
                self.invalid(),
                Severity::Error,
                format!("the API server does not accept its {}", self.credential()),
            )
            .shown_by(connected.acceptance.refused_by().map(str::to_owned))
            .fix(create_again(self.found, self.key)),
        }
    }

    /// Returns the authentication method in words.
    fn credential(&self) -> &'static str {
        let judged = self.found.judged(self.key);
        let access = judged.and_then(|judged| judged.access.as_ref());
        access.map_or("token", AccessFacts::credential)
    }

    fn invalid(&self) -> CheckId {
        if self.credential() == "client certificate" {
            CheckId::SecretCertificateInvalid
        } else {
            CheckId::SecretTokenInvalid
        }
    }
}

fn all_skipped(why: &str) -> ProbeReport {
    ProbeReport {
        connected: skipped(why),
        authenticated: skipped(why),
        right_cluster: skipped(why),
        may_read: skipped(why),
        no_more_than_needed: skipped(why),
        ..ProbeReport::default()
    }
}

fn skipped(why: &str) -> Outcome {
    Outcome::Skipped {
        detail: why.to_owned(),
    }
}

fn unread(reason: Option<&str>) -> Outcome {
    reason.map_or_else(Outcome::default, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Read;
    use k8s_openapi::api::authorization::v1::ResourceRule;

    #[test]
    fn the_facts_of_a_probe_are_the_same_after_json() {
        let unconnected = |failure| {
            ProbeFacts::Unconnected(Unconnected {
                server: "https://w".to_owned(),
                failure,
                cause: "refused".to_owned(),
            })
        };
        let failed = Acceptance::Failed {
            sentence: "it failed".to_owned(),
            cause: "broken".to_owned(),
            is_refusal: true,
        };
        let missing = crate::required_rights::required_rights(&[]);
        let mut narrow = connected(Acceptance::Accepted(Some("reader".to_owned())), true);
        if let ProbeFacts::Connected(narrow) = &mut narrow {
            narrow.missing = Read::Seen(missing);
            narrow.granted = Read::Seen(vec![ResourceRule::default()]);
        }
        for facts in [
            ProbeFacts::NotUsed("no token".to_owned()),
            unconnected(ConnectFailure::Unreachable),
            unconnected(ConnectFailure::NameMismatch(vec!["a.example".to_owned()])),
            connected(failed, true),
            connected(Acceptance::NotKubernetes, false),
            connected(Acceptance::Refused("401".to_owned()), true),
            narrow,
        ] {
            let text = serde_json::to_string(&facts).expect("facts are JSON");
            let again: ProbeFacts = serde_json::from_str(&text).expect("they are read again");
            assert_eq!(again, facts, "{text}");
        }
    }

    fn connected(acceptance: Acceptance, is_tls: bool) -> ProbeFacts {
        ProbeFacts::Connected(Box::new(Connected {
            server: "https://w".to_owned(),
            is_tls,
            proxy: None,
            acceptance,
            uid: Read::Seen(Some("uid-of-west".to_owned())),
            missing: Read::Seen(Vec::new()),
            granted: Read::Denied("not allowed".into()),
        }))
    }

    fn unconnected(failure: ConnectFailure) -> ProbeFacts {
        ProbeFacts::Unconnected(Unconnected {
            server: "https://w".to_owned(),
            failure,
            cause: "a cause".to_owned(),
        })
    }

    #[test]
    fn each_outcome_of_a_probe_is_one_finding_and_says_whether_the_credential_works() {
        let failed = |is_refusal| Acceptance::Failed {
            sentence: "lost".to_owned(),
            cause: "a cause".to_owned(),
            is_refusal,
        };
        let refused = || Acceptance::Refused("a cause".to_owned());
        let names = vec!["w.example".to_owned()];
        for (facts, id, works) in [
            (ProbeFacts::NotUsed("why".to_owned()), None, None),
            (
                unconnected(ConnectFailure::CredentialRefused),
                Some(CheckId::SecretTokenInvalid),
                Some(false),
            ),
            (
                unconnected(ConnectFailure::NameMismatch(names)),
                Some(CheckId::SecretCaMismatch),
                Some(false),
            ),
            (
                unconnected(ConnectFailure::Unreachable),
                Some(CheckId::SecretServerUnreachable),
                None,
            ),
            (
                connected(Acceptance::Accepted(None), true),
                None,
                Some(true),
            ),
            (connected(Acceptance::Accepted(None), false), None, None),
            (
                connected(Acceptance::NotKubernetes, true),
                Some(CheckId::SecretServerUnreachable),
                None,
            ),
            (
                connected(refused(), true),
                Some(CheckId::SecretTokenInvalid),
                Some(false),
            ),
            (
                connected(refused(), false),
                Some(CheckId::SecretServerScheme),
                None,
            ),
            (
                connected(failed(false), true),
                Some(CheckId::SecretServerUnreachable),
                None,
            ),
        ] {
            let (_, findings) = judge_probe(&FoundSecret::in_east(), "west", &facts);
            let found = findings.first().map(|finding| finding.id);
            assert_eq!((found, facts.check().works), (id, works), "{facts:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_skipped_with_its_reason() {
        let facts = connected(Acceptance::Accepted(None), true);
        let (report, _) = judge_probe(&FoundSecret::in_east(), "west", &facts);
        assert_eq!(report.no_more_than_needed, skipped("not allowed"));
        assert_eq!(report.cluster_uid.as_deref(), Some("uid-of-west"));
        assert_eq!(facts.uid_unread(), None);
    }
}
