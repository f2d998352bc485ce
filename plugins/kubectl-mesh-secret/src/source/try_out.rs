//! Uses the new secret once, as a holder's istiod would, before anybody gets it.
//!
//! `/version` answers without any credential, so it proves nothing; namespace kube-system proves that the server is
//! reached, that its certificate is accepted, that the token is good, and by its UID that it is the right cluster.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Cluster, ConnectFault, Target, Trust, connect_fault};
use mesh_common::model::access::{Access, AccessTrust, AccessUser};
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::error::Kind;
use mesh_common::model::names::KUBE_SYSTEM;
use mesh_common::model::remote_secret::RemoteSecret;
use mesh_common::model::{Error, server, token};
use mesh_common::terminal::Streams;
use secrecy::{ExposeSecret as _, SecretString};

use super::credential::Credential;
use super::options::Auth;
use super::plan::token_secrets;
use super::run::{Run, Wanted};

/// Rights and tokens that were made a moment ago take this long at the most to be known to every API server.
const SETTLING: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// The secret for `cluster`, proven to work unless that was not asked for or cannot be done from here.
pub(crate) async fn proven(
    run: &Run<'_>,
    wanted: &Wanted,
    credential: &Credential,
    streams: &Streams,
) -> Result<RemoteSecret, Error> {
    let access = as_asked(run, credential);
    let secret = secret(run, wanted, &access);
    if let Auth::Provider { name, .. } = &run.options.auth {
        if name != "oidc" {
            streams.warn(&format!("istiod refuses auth-provider {name:?} unless PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS lists it"));
        }
        return Ok(secret);
    }
    if !run.options.verify {
        return Ok(secret);
    }
    let error = match try_out(run, &secret, wanted).await {
        Ok(by_proxy) => {
            if let Some(note) = &by_proxy {
                streams.say(note);
            }
            return Ok(secret);
        }
        Err(error) => error,
    };
    if let Some((secret, other, by_proxy)) = by_detours(run, wanted, &access, &error).await {
        streams.warn(&difference(&access, &other, run.source.context()));
        if let Some(note) = &by_proxy {
            streams.say(note);
        }
        return Ok(secret);
    }
    let overridden = run.options.server_for(run.source.context()).is_some();
    let unreachable = connect_fault(&error).is_some_and(ConnectFault::is_unreachable);
    let error = worded(error, run, &access, credential);
    if overridden && unreachable {
        streams.warn(&format!(
            "{}; the secret could not be tried from this machine",
            error.in_one_line()
        ));
        return Ok(secret);
    }
    Err(error)
}

/// The access that istioctl would write, with what the user's flags say.
fn as_asked(run: &Run<'_>, credential: &Credential) -> Access {
    let options = run.options;
    Access {
        server: run.server.clone(),
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

/// What the context has and the secret has not, each good against one kind of fault: a proxy where nothing is reached, a
/// name or another trust where the wrong certificate is shown.
#[derive(Clone, Copy)]
enum Detour {
    Proxy,
    ServerName,
    Trust,
}

impl Detour {
    /// A server that is merely not reached is no reason to trust another one.
    fn may_mend(self, fault: &ConnectFault) -> bool {
        match self {
            Self::Proxy => fault.is_unreachable(),
            Self::ServerName => matches!(fault, ConnectFault::NameMismatch { .. }),
            Self::Trust => !fault.is_unreachable(),
        }
    }

    /// `access` with what `target` has, where that is another.
    fn taken(self, target: &Target, access: &Access) -> Option<Access> {
        let mut other = access.clone();
        match self {
            // A login to a proxy is a person's own, and not for a secret that others read.
            Self::Proxy => {
                other.proxy_url = target
                    .proxy()
                    .filter(|url| server::without_login(url) == **url)
                    .map(str::to_owned);
            }
            Self::ServerName => other.tls_server_name = target.tls_server_name().map(str::to_owned),
            Self::Trust => {
                other.trust = match target.trust() {
                    Trust::System => AccessTrust::System,
                    Trust::Authorities(pem) => AccessTrust::Authorities(pem.clone()),
                    Trust::Insecure => AccessTrust::Insecure,
                }
            }
        }
        let differs = other.trust != access.trust
            || other.tls_server_name != access.tls_server_name
            || other.proxy_url != access.proxy_url;
        differs.then_some(other)
    }
}

/// The secret that reaches the same server as the context reaches it, with no more of the context than it takes; nothing
/// where that does not help, or where the user chose the way.
async fn by_detours(
    run: &Run<'_>,
    wanted: &Wanted,
    asked: &Access,
    error: &Error,
) -> Option<(RemoteSecret, Access, Option<String>)> {
    let options = run.options;
    let target = run.source.target();
    let chosen =
        options.authorities.is_some() || options.insecure || options.tls_server_name.is_some();
    if chosen || options.proxy_url.is_some() || options.server_for(target.context()).is_some() {
        return None;
    }
    let mut access = asked.clone();
    let mut fault = connect_fault(error)?.clone();
    for detour in [
        Detour::Proxy,
        Detour::ServerName,
        Detour::Trust,
        Detour::ServerName,
    ] {
        let other = detour.taken(target, &access);
        let Some(other) = other.filter(|_| detour.may_mend(&fault)) else {
            continue;
        };
        let secret = secret(run, wanted, &other);
        match try_out(run, &secret, wanted).await {
            Ok(by_proxy) => return Some((secret, other, by_proxy)),
            Err(error) => fault = connect_fault(&error)?.clone(),
        }
        access = other;
    }
    None
}

fn difference(asked: &Access, taken: &Access, context: &str) -> String {
    let mut parts = Vec::new();
    if asked.trust != taken.trust {
        parts.push(match taken.trust {
            AccessTrust::Authorities(_) => "its CA",
            AccessTrust::System => "no CA, so that istiod uses the roots of its own image",
            AccessTrust::Insecure => {
                "insecure-skip-tls-verify, so that istiod shows the token to whatever answers there"
            }
        });
    }
    if asked.tls_server_name != taken.tls_server_name {
        parts.push("its tls-server-name");
    }
    if asked.proxy_url != taken.proxy_url {
        parts.push("its proxy-url");
    }
    format!(
        "{} is not reached with the cluster's own CA alone; the secret carries over from context {context}: {}",
        taken.server,
        parts.join(", ")
    )
}

fn secret(run: &Run<'_>, wanted: &Wanted, access: &Access) -> RemoteSecret {
    let cluster = &wanted.cluster;
    RemoteSecret {
        cluster: cluster.clone(),
        uid: wanted.uid.clone(),
        secret_type: run.options.secret_type,
        namespace: run.options.namespace.clone(),
        kubeconfig: SecretString::from(access.to_kubeconfig(cluster)),
    }
}

/// Connects with the secret's own kubeconfig and compares the cluster, where the source's UID is known. Gives what is to be said
/// of the way there.
async fn try_out(
    run: &Run<'_>,
    secret: &RemoteSecret,
    wanted: &Wanted,
) -> Result<Option<String>, Error> {
    let uid = wanted.uid.as_deref();
    let target = Target::from_text(secret.kubeconfig.expose_secret(), &secret.name())?
        .with_request_timeout(run.source.target().request_timeout());
    let server = target.server().to_owned();
    let cluster = run
        .interrupt
        .or(run.connector.reach(target, &run.source))
        .await?;
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let namespace = run
            .interrupt
            .or(cluster.get::<Namespace>(None, KUBE_SYSTEM))
            .await;
        match namespace {
            Err(error)
                if wanted.just_made
                    && is_settling(&error)
                    && tokio::time::Instant::now() < deadline =>
            {
                run.interrupt.or(pause()).await?;
            }
            other => {
                let found = other?
                    .and_then(|namespace| namespace.metadata.uid)
                    .unwrap_or_default();
                let is_right = uid.map_or(!found.is_empty(), |uid| found == uid);
                return if is_right {
                    Ok(by_proxy(&cluster))
                } else {
                    Err(wrong_cluster(run, &server, &found, uid))
                };
            }
        }
    }
}

/// istiod has an environment of its own, so what went through this machine's proxy proves less.
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

fn wrong_cluster(run: &Run<'_>, server: &str, found: &str, uid: Option<&str>) -> Error {
    let difference = match uid {
        Some(uid) => format!("its kube-system has UID {found}, not {uid}"),
        None => "it has no namespace kube-system".to_owned(),
    };
    Error::refused(format!(
        "server {server} is not the cluster of context {}: {difference}",
        run.source.context()
    ))
    .hint("let --server be an address of the same cluster as --context")
}

/// The failure in the words of somebody who wants a secret, with the flag that mends it.
fn worded(error: Error, run: &Run<'_>, access: &Access, credential: &Credential) -> Error {
    let context = run.source.context();
    let kubectl = run.source.target().kubectl();
    let server = &access.server;
    let (namespace, account) = (&run.options.namespace, &run.options.account);
    let is_refused = !connect_fault(&error).is_some_and(ConnectFault::is_unreachable);
    if server::is_rancher(server) && is_refused {
        return Error::refused(format!(
            "server {server} of context {context} is Rancher's proxy, which takes Rancher's own tokens only, and none of a service account"
        ))
        .hint("--server with the address of the API server itself, such as Rancher's authorized cluster endpoint of that cluster")
        .because(error);
    }
    match (connect_fault(&error), error.kind()) {
        (Some(ConnectFault::UnknownAuthority { .. }), _) => Error::refused(format!(
            "server {server} of context {context} shows a certificate that the CA in the secret did not sign"
        ))
        .hint(run.options.flag_of_create(
            "add --ca-file, with the CA of what stands before the API server",
            context,
        ))
        .because(error),
        (Some(ConnectFault::NameMismatch { valid_for, .. }), _) => {
            let step = match valid_for.first() {
                Some(name) => Remedy::add(Knob::TlsServerName, name).to_string(),
                None => "add --tls-server-name, with a name that its certificate has".to_owned(),
            };
            Error::refused(format!("the certificate of server {server} of context {context} is for other names"))
                .hint(run.options.flag_of_create(&step, context))
                .because(error)
        }
        (Some(fault), _) if fault.is_unreachable() => {
            Error::new(Kind::Unreachable, format!("server {server} of context {context} cannot be reached from here"))
                .hint("add --no-verify, if only the other clusters can reach it")
                .because(error)
        }
        (_, Kind::Unauthenticated | Kind::Forbidden) if server.starts_with("http://") => Error::new(
            error.kind(),
            format!("server {server} of context {context} wants a credential, and istiod sends none without TLS"),
        )
        .hint("give --server the address at which the API server speaks TLS")
        .because(error),
        (_, Kind::Unauthenticated) => unauthenticated(error, run, server, credential),
        (_, Kind::Forbidden) => Error::new(
            Kind::Forbidden,
            format!("service account {namespace}/{account} of context {context} may not read the cluster"),
        )
        .hint(
            kubectl
                .command()
                .words("auth can-i list pods -A")
                .flag("--as", &format!("system:serviceaccount:{namespace}:{account}")),
        )
        .because(error),
        (_, _) => error,
    }
}

fn unauthenticated(error: Error, run: &Run<'_>, server: &str, credential: &Credential) -> Error {
    let context = run.source.context();
    let kubectl = run.source.target().kubectl();
    let namespace = &run.options.namespace;
    let facts = token::read(credential.token.expose_secret());
    let home = facts.as_ref().and_then(|facts| facts.secret.clone());
    let again: Remedy = match home {
        Some(name) => format!(
            "delete secret {namespace}/{name} in context {context}, whose token nobody can use, then run this again"
        )
        .into(),
        None => token_secrets(kubectl, namespace).into(),
    };
    let expired = facts
        .filter(|facts| facts.has_expired(run.now))
        .and_then(|facts| facts.expires_at);
    // The token may be good where it comes from: deleting it is then the wrong advice.
    if expired.is_none() && run.options.server_for(context).is_some() {
        return Error::new(
            Kind::Unauthenticated,
            format!("server {server} does not accept the token of context {context}: it is another cluster, or the token was revoked"),
        )
        .hint("let --server be an address of the same cluster as --context")
        .because(error);
    }
    let sentence = match expired {
        Some(end) => format!("the token for context {context} expired at {end}"),
        None => format!(
            "the API server of context {context} does not accept the token: it was revoked, or its key changed"
        ),
    };
    Error::new(Kind::Unauthenticated, sentence)
        .hint(again)
        .because(error)
}
