//! Uses credentials of secrets as a holder's istiod would, and reports plain facts: nothing is judged here.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::join;
use k8s_openapi::api::core::v1::Namespace;
use mesh_client::{Cluster, ConnectFault, Connector, Target, connect_fault, fan_out};
use mesh_model::Error;
use mesh_model::error::Kind;
use mesh_model::names::{ISTIO_SYSTEM, KUBE_SYSTEM};
use mesh_model::read::{Read, Unread};
use mesh_model::required_rights::required_rights;
use mesh_model::secret::{
    Acceptance, ConnectFailure, Connected, FoundSecret, Probe, ProbeFacts, Unconnected,
};

use super::remote::RemoteClusters;
use super::rights;

/// The means to probe secrets.
#[derive(Clone, Copy)]
pub struct Prober<'a> {
    /// The contexts that secrets are compared with.
    pub remotes: &'a RemoteClusters,
    /// Makes the connections.
    pub connector: &'a Connector,
    /// The limit for one answer; `None` is the connector's own limit.
    pub request_timeout: Option<Duration>,
}

impl Prober<'_> {
    /// Uses the credential of every data key of every secret, all at once. Results are by the number of the secret and the key.
    pub async fn probe(&self, found: &[FoundSecret]) -> BTreeMap<(usize, String), Probe> {
        let numbered = found.iter().enumerate();
        let keys: Vec<(usize, &str)> = numbered
            .flat_map(|(number, found)| found.keys().map(move |key| (number, key)))
            .collect();
        let places = keys
            .iter()
            .map(|(number, key)| (*number, (*key).to_owned()));
        let places: Vec<(usize, String)> = places.collect();
        let keys = keys.into_iter().map(|(number, key)| (&found[number], key));
        let probes = self.probe_keys(keys.collect()).await;
        places.into_iter().zip(probes).collect()
    }

    /// Uses the credentials of these data keys, all at once. Results are in their order.
    pub async fn probe_keys(&self, keys: Vec<(&FoundSecret, &str)>) -> Vec<Probe> {
        fan_out(keys, |(found, key)| Box::pin(self.one(found, key))).await
    }

    async fn one(&self, found: &FoundSecret, key: &str) -> Probe {
        let not_used = |why: String| Probe {
            facts: ProbeFacts::NotUsed(why),
            remote: None,
            called: None,
        };
        if found.judged(key).is_none_or(|one| one.refusal.is_some()) {
            return not_used("istiod refuses it".to_owned());
        }
        let value = found.values.get(key).unwrap_or_default();
        let text = String::from_utf8_lossy(value);
        match Target::from_text(&text, &format!("the secret for {key}")) {
            Ok(target) => {
                let target = target.with_request_timeout(self.request_timeout);
                Box::pin(self.connect(found, key, target)).await
            }
            Err(error) => not_used(error.to_string()),
        }
    }

    async fn connect(&self, found: &FoundSecret, key: &str, target: Target) -> Probe {
        let (server, is_tls) = (target.server().to_owned(), target.is_tls());
        let address = target.address();
        let cluster = match self.connector.connect(target).await {
            Ok(cluster) => cluster,
            Err(error) => {
                let unconnected = Unconnected {
                    server,
                    failure: failure(&error),
                    cause: cause(&error),
                };
                return Probe {
                    facts: ProbeFacts::Unconnected(unconnected),
                    remote: None,
                    called: None,
                };
            }
        };
        let (user, space, remote, called) = join!(
            rights::who_am_i(&cluster),
            cluster.get::<Namespace>(None, KUBE_SYSTEM),
            self.remotes.find(&address, self.connector),
            self.remotes.find_called(key, &address, self.connector),
        );
        let acceptance = acceptance(user, &space);
        let (missing, granted) = if acceptance.lets_in() {
            rights_of(&cluster, found).await
        } else {
            (Read::NotAsked, Read::NotAsked)
        };
        let connected = Connected {
            server,
            is_tls,
            proxy: cluster.by_proxy_of_environment(),
            acceptance,
            uid: read(space.map(|space| space.and_then(|space| space.metadata.uid))),
            missing,
            granted,
        };
        Probe {
            facts: ProbeFacts::Connected(Box::new(connected)),
            remote: Some(remote),
            called,
        }
    }
}

type Rights = (
    Read<Vec<mesh_model::required_rights::Required>>,
    Read<Vec<k8s_openapi::api::authorization::v1::ResourceRule>>,
);

async fn rights_of(cluster: &Cluster, found: &FoundSecret) -> Rights {
    let namespace = found.facts.secret.metadata.namespace.as_deref();
    let (missing, granted) = join!(
        rights::missing(cluster, required_rights(&found.versions)),
        rights::granted(cluster, namespace.unwrap_or(ISTIO_SYSTEM)),
    );
    (read(missing), read(granted))
}

fn acceptance(
    user: Result<Read<Option<String>>, Error>,
    space: &Result<Option<Namespace>, Error>,
) -> Acceptance {
    match user {
        // Every cluster has that namespace, so what answers here is something else, or a part of one.
        Ok(Read::Absent(_)) if is_absent(space) => Acceptance::NotKubernetes,
        Ok(Read::Failed(why) | Read::Late(why)) => Acceptance::Unknown(why.reason().to_owned()),
        // Who may not ask who they are was let in before that was decided.
        Ok(user) => Acceptance::Accepted(user.into_seen().flatten()),
        Err(error) if error.kind() == Kind::Unauthenticated => Acceptance::Refused(cause(&error)),
        Err(error) => Acceptance::Failed {
            cause: cause(&error),
            is_refusal: connect_fault(&error).is_some_and(|fault| !fault.is_unreachable()),
            sentence: error.to_string(),
        },
    }
}

fn is_absent<T>(read: &Result<Option<T>, Error>) -> bool {
    match read {
        Ok(object) => object.is_none(),
        Err(error) => error.kind() == Kind::NotFound,
    }
}

/// Sorts a failure to connect.
fn failure(error: &Error) -> ConnectFailure {
    match connect_fault(error) {
        Some(ConnectFault::ClientCertificateRefused { .. }) => ConnectFailure::CredentialRefused,
        // The credential itself cannot be used, so no connection was tried.
        None if error.kind() == Kind::Unauthenticated => ConnectFailure::CredentialRefused,
        Some(ConnectFault::CertificateExpired { .. }) => ConnectFailure::CertificateExpired,
        Some(ConnectFault::CertificateNotYetValid { .. }) => ConnectFailure::CertificateNotYetValid,
        Some(ConnectFault::CertificateUnusable { .. }) => ConnectFailure::CertificateUnusable,
        Some(ConnectFault::NameMismatch { valid_for, .. }) => {
            ConnectFailure::NameMismatch(valid_for.clone())
        }
        Some(fault) if !fault.is_unreachable() => ConnectFailure::Untrusted,
        Some(_) | None => ConnectFailure::Unreachable,
    }
}

/// Returns the innermost cause, for a line that already says where.
fn cause(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The credential's own rights are what is asked for here, so a failure says nothing of the cluster of a context.
fn read<T>(result: Result<T, Error>) -> Read<T> {
    result.map_or_else(|error| Read::Failed(Unread::of(&error, false)), Read::Seen)
}
