//! Uses the new secret once, as a holder's istiod would, before it is applied or printed.
//!
//! `/version` answers without any credential, so it proves nothing; namespace kube-system proves that the server is
//! reached, that its certificate is accepted, that the token is good, and by its UID that it is the right cluster.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_client::{Cluster, ConnectFault, Target, connect_fault};
use mesh_model::Error;
use mesh_model::access::{Access, AccessTrust, AccessUser};
use mesh_model::command::{Knob, Step};
use mesh_model::error::Kind;
use mesh_model::names::KUBE_SYSTEM;
use mesh_model::remote_secret::RemoteSecret;
use secrecy::{ExposeSecret as _, SecretString};

use super::credential::Credential;
use super::explain::explain;
use super::fallback::{connect_with_fallbacks, difference};
use super::options::Auth;
use super::remote::Remote;

/// Rights and tokens that were made a moment ago take this long at the most to be known to every API server.
const SETTLING: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Returns the secret, shown to work unless that was not asked for or cannot be done from here. Rights and tokens that were
/// `just_made` may take a moment to be known.
pub(crate) async fn verified(
    remote: &Remote<'_>,
    credential: &Credential,
    just_made: bool,
) -> Result<RemoteSecret, Error> {
    let access = as_asked(remote, credential);
    let secret = secret(remote, &access);
    if let Auth::Provider { name, .. } = &remote.options.auth {
        if name != "oidc" {
            remote.job.warn(format!("istiod refuses auth-provider {name:?} unless PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS lists it"))?;
        }
        return Ok(secret);
    }
    if !remote.options.verify {
        return Ok(secret);
    }
    let error = match try_out(remote, &secret, just_made).await {
        Ok(by_proxy) => {
            if let Some(note) = by_proxy {
                remote.job.note(note)?;
            }
            return Ok(secret);
        }
        Err(error) => error,
    };
    let fallback = connect_with_fallbacks(remote, just_made, &access, &error).await;
    if let Some((secret, other, by_proxy)) = fallback {
        let context = remote.cluster.context();
        remote.job.warn(difference(&access, &other, context))?;
        if let Some(note) = by_proxy {
            remote.job.note(note)?;
        }
        return Ok(secret);
    }
    let overridden = remote.options.server.is_some();
    let unreachable = connect_fault(&error).is_some_and(ConnectFault::is_unreachable);
    let error = explain(error, remote, &access, credential);
    if overridden && unreachable {
        remote.job.warn(format!(
            "{}; the secret could not be tried from this machine",
            error.in_one_line()
        ))?;
        return Ok(secret);
    }
    Err(error)
}

/// Returns the secret as it is asked for, without using it.
pub(super) fn unverified(remote: &Remote<'_>, credential: &Credential) -> RemoteSecret {
    secret(remote, &as_asked(remote, credential))
}

/// Returns the access that istioctl would write, with what the options say.
fn as_asked(remote: &Remote<'_>, credential: &Credential) -> Access {
    let options = remote.options;
    Access {
        server: remote.server.clone(),
        trust: match (&options.authorities, options.insecure) {
            (Some(pem), _) => AccessTrust::Authorities(pem.clone()),
            (None, true) => AccessTrust::Insecure,
            (None, false) => AccessTrust::Authorities(credential.authorities.clone()),
        },
        tls_server_name: options.tls_server_name.clone(),
        proxy_url: options.proxy_url.clone(),
        user: match &options.auth {
            Auth::Token => AccessUser::Token(credential.token.clone()),
            Auth::Provider { name, config } => AccessUser::Provider {
                name: name.clone(),
                config: config.clone(),
            },
        },
    }
}

pub(super) fn secret(remote: &Remote<'_>, access: &Access) -> RemoteSecret {
    let cluster = &remote.name;
    RemoteSecret {
        cluster: cluster.clone(),
        uid: remote.uid.clone(),
        secret_type: remote.options.secret_type,
        namespace: remote.options.namespace.clone(),
        kubeconfig: SecretString::from(access.to_kubeconfig(cluster)),
    }
}

/// Connects with the secret's own kubeconfig and compares the cluster, where the remote cluster's UID is known. Returns what is to
/// be told of the way there.
pub(super) async fn try_out(
    remote: &Remote<'_>,
    secret: &RemoteSecret,
    just_made: bool,
) -> Result<Option<String>, Error> {
    let uid = remote.uid.as_deref();
    let target = Target::from_text(
        secret.kubeconfig.expose_secret(),
        &format!("secret {}", secret.name()),
    )?
    .with_request_timeout(remote.cluster.target().request_timeout());
    let server = target.server().to_owned();
    let job = remote.job;
    let connecting = job.connector.reach(target, &remote.cluster);
    let cluster = job.interrupt.or(connecting).await?;
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let reading = cluster.get::<Namespace>(None, KUBE_SYSTEM);
        let namespace = job.interrupt.or(reading).await;
        match namespace {
            Err(error)
                if just_made && is_settling(&error) && tokio::time::Instant::now() < deadline =>
            {
                job.interrupt.or(pause()).await?;
            }
            other => {
                let found = other?
                    .and_then(|namespace| namespace.metadata.uid)
                    .unwrap_or_default();
                let is_right = uid.map_or(!found.is_empty(), |uid| found == uid);
                return if is_right {
                    Ok(by_proxy(&cluster))
                } else {
                    Err(wrong_cluster(remote, &server, &found, uid))
                };
            }
        }
    }
}

/// Returns what is told where the way led through this machine's proxy: istiod has an environment of its own, so this proves less.
fn by_proxy(cluster: &Cluster) -> Option<String> {
    let way = cluster.by_proxy_of_environment()?;
    Some(format!("{} was tried {way}", cluster.target().described()))
}

async fn pause() -> Result<(), Error> {
    tokio::time::sleep(BETWEEN_TRIES).await;
    Ok(())
}

fn is_settling(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unauthenticated | Kind::Forbidden)
}

fn wrong_cluster(remote: &Remote<'_>, server: &str, found: &str, uid: Option<&str>) -> Error {
    let difference = match uid {
        Some(uid) => format!("its kube-system has UID {found}, not {uid}"),
        None => "it has no namespace kube-system".to_owned(),
    };
    Error::refused(format!(
        "server {server} is not the cluster of context {}: {difference}",
        remote.cluster.context()
    ))
    .hint(same_cluster())
}

/// Returns the step to give an address of the very cluster.
pub(super) fn same_cluster() -> Step {
    Step::new("set ")
        .knob(Knob::Server)
        .text(" to an address of the same cluster as ")
        .knob(Knob::Context)
}
