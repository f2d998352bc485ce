//! Decides whether the secret for a remote cluster may replace what a holder has under that name: never where that gives access to
//! another cluster, or cannot be told to give access to the same one, unless the operator says so.
//!
//! What a cluster says of itself is no proof: it may call itself by any name, show any UID, and know a token that all
//! holders of another cluster share. So a name that only the cluster gives is no reason to change both the server of a secret
//! and what is trusted there.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Namespace;
use mesh_client::{Connector, Interrupt, Kubeconfig, Overrides, Target, Trust, fan_out};
use mesh_model::backing_secret::held_token;
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::error::{Error, Kind};
use mesh_model::names::{CA_KEY, CONFIG_SECRET_KEY, KUBE_SYSTEM};
use mesh_model::remote_cluster::{
    Address, Authorities, ReadCluster, RemoteCluster, Sameness, TokenDigest, normal_server,
};
use mesh_model::remote_secret::{RemoteSecret, SecretType};
use mesh_model::secret::take_away;
use mesh_model::{certificate, istiod_rules, server};
use secrecy::ExposeSecret as _;

use super::holder::{Holder, immutable};
use super::observe::{RemoteState, TokenState};
use super::options::Options;
use super::packed::Value;

/// A secret that is to be written to a holder, and what is known of the cluster that it is for.
pub(crate) struct Claim<'a> {
    pub(crate) holder: &'a Holder,
    /// The remote cluster's context.
    pub(crate) context: &'a str,
    /// URL of its API server, as the secret will have it.
    pub(crate) server: &'a str,
    pub(crate) remote: &'a ReadCluster,
    /// The data key of the secret.
    pub(crate) cluster: &'a str,
    pub(crate) options: &'a Options,
    /// The secrets of the holder for clusters that it gets no secret for in the same run.
    pub(crate) beside: &'a [Beside<'a>],
}

/// A value of a holder's secret: Secret, data key, the UID recorded, and the value.
pub(crate) type Beside<'a> = (&'a str, &'a str, Option<&'a str>, &'a Value);

/// Returns what the holder has for other clusters than `written`.
pub(crate) fn beside<'a>(holder: &'a Holder, written: &BTreeSet<&str>) -> Vec<Beside<'a>> {
    let values = holder.values();
    values
        .filter(|(_, key, ..)| !written.contains(key))
        .collect()
}

/// Returns what secrets are compared with to tell whether they are for this remote cluster.
pub(crate) fn read_cluster(
    target: &Target,
    server: &str,
    seen: &RemoteState,
    options: &Options,
) -> ReadCluster {
    let names = [options.tls_server_name.as_deref(), target.tls_server_name()];
    let addresses = [server, target.server()];
    let addresses = addresses
        .iter()
        .flat_map(|url| names.map(|name| Address::new(url, name)))
        .filter(|address| options.allow_loopback || server::dead(&address.server).is_none());
    let token = match &seen.token {
        TokenState::There(found) => Some(&found.secret),
        TokenState::Missing(_) => None,
    };
    let own = token.and_then(|secret| Some(&secret.data.as_ref()?.get(CA_KEY)?.0));
    let given = options.authorities.as_ref();
    let mut authorities: Vec<Authorities> = own
        .into_iter()
        .chain(given)
        .map(|pem| of_pem(pem))
        .collect();
    match target.trust() {
        Trust::Authorities(pem) => authorities.push(of_pem(pem)),
        Trust::System => authorities.push(Authorities::new()),
        Trust::Insecure => {}
    }
    ReadCluster {
        uid: seen.identity.uid().map(str::to_owned),
        addresses: addresses.collect(),
        authorities,
        token: token.and_then(held_token).map(TokenDigest::of),
    }
}

fn of_pem(pem: &[u8]) -> Authorities {
    let certificates = certificate::read_pem(pem).into_iter();
    certificates.map(|certificate| certificate.sha256).collect()
}

/// Refuses a name that only the cluster itself gives, where another context is called so.
pub(crate) fn check_name(
    target: &Target,
    cluster: &str,
    kubeconfig: &Kubeconfig,
    options: &Options,
) -> Result<(), Error> {
    let context = target.context();
    if options.name.is_some() || options.replace || !options.applies || context == cluster {
        return Ok(());
    }
    let overrides = Overrides {
        context: Some(cluster.to_owned()),
        ..Overrides::default()
    };
    let of_that_name = kubeconfig.context_names().any(|name| name == cluster);
    let other = of_that_name
        .then(|| kubeconfig.target(&overrides).ok())
        .flatten();
    match other {
        Some(other) if normal_server(other.server()) != normal_server(target.server()) => Err(Error::new(
            Kind::Conflict,
            format!(
                "the istiod of context {context} calls its cluster {cluster}, and another context of the kubeconfig has that name: {}",
                server::without_login(other.server())
            ),
        )
        .hint(
            options
                .setting_step(Knob::Name, context, cluster)
                .text(format!(", if {cluster} is the cluster of context {context}")),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks all of them before anything is written; all that is in the way is reported together. Where only its own server can
/// tell whose a secret is, the secret is used once, as the holder's istiod uses it.
pub(crate) async fn check(
    claims: Vec<Claim<'_>>,
    connector: &Connector,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let results = fan_out(claims, |claim| {
        Box::pin(async move { interrupt.or(claim.check(connector)).await })
    })
    .await;
    Error::gather(results).map(drop)
}

/// Refuses the final secret where it changes both the server of the existing one and what is trusted there, and only the cluster
/// itself gave the name.
pub(super) fn check_final(
    holder: &Holder,
    secret: &RemoteSecret,
    context: &str,
    options: &Options,
) -> Result<(), Error> {
    if options.replace {
        return Ok(());
    }
    let existing = holder.value(&secret.name(), secret.key());
    let existing = existing.and_then(|(_, value)| value.remote());
    let wanted = RemoteCluster::read(secret.kubeconfig.expose_secret().as_bytes());
    match (existing, wanted) {
        (Some(existing), Some(wanted)) if existing.address != wanted.address && existing.authorities != wanted.authorities => Err(
            Error::new(Kind::Conflict, format!(
                "secret {}/{} in context {} gives access to {}, and the new one to {} with another CA: nobody but that cluster itself says that it is {}",
                options.namespace,
                secret.name(),
                holder.cluster().context(),
                existing.address.server,
                wanted.address.server,
                secret.cluster,
            ))
            .hint(
                options
                    .setting_step(Knob::Name, context, &secret.cluster)
                    .text(", if it is and has moved"),
            ),
        ),
        _ => Ok(()),
    }
}

impl Claim<'_> {
    async fn check(&self, connector: &Connector) -> Result<(), Error> {
        if let Some(error) = self.duplicate() {
            return Err(error);
        }
        let name = self.options.secret_type.secret_name(self.cluster);
        if self.holder.is_immutable(&name) && !self.is_settled() {
            return Err(immutable(self.holder.cluster(), &name, self.options));
        }
        if self.options.replace {
            return Ok(());
        }
        if let Some(error) = self.other_key(&name) {
            return Err(error);
        }
        let Some((uid, existing, value)) = self.existing() else {
            return Ok(());
        };
        let mut sameness = self.remote.compare(existing, uid);
        let mut answered = None;
        // Its UID tells nothing where there is none to compare it with.
        let is_comparable = self.remote.uid.is_some() && self.options.verify;
        if sameness == Sameness::Unproven && is_comparable {
            answered = self.ask(value.bytes(), existing, connector).await;
            sameness = self.remote.compare(existing, answered.as_deref());
        }
        self.judge(existing, answered.as_deref().or(uid), sameness)
    }

    fn key(&self) -> &str {
        match self.options.secret_type {
            SecretType::Remote => self.cluster,
            SecretType::Config => CONFIG_SECRET_KEY,
        }
    }

    /// Returns the secret that is to be replaced: the UID recorded in it, and what it holds for the cluster.
    fn existing(&self) -> Option<(Option<&str>, &RemoteCluster, &Value)> {
        let name = self.options.secret_type.secret_name(self.cluster);
        let (uid, value) = self.holder.value(&name, self.key())?;
        Some((uid, value.remote()?, value))
    }

    /// Returns true where the holder has the very access that it would get.
    fn is_settled(&self) -> bool {
        self.existing().is_some_and(|(uid, existing, _)| {
            self.remote.compare(existing, uid) == Sameness::Same
                && self.remote.has_token_of(existing)
        })
    }

    /// Returns the refusal of the Secret that is to be written, where another manager owns all of it.
    fn owned_by_another(&self, secret: &str) -> Option<Error> {
        let own = self.options.secret_type.secret_name(self.cluster);
        if secret != own || self.options.force_conflicts {
            return None;
        }
        let existing = self.holder.existing(secret);
        let allowed = self
            .holder
            .may_take_over(existing.as_ref(), self.cluster, self.options);
        allowed.err()
    }

    /// Returns the refusal where the Secret that is to be written gives access to another cluster too, which would be lost.
    fn other_key(&self, secret: &str) -> Option<Error> {
        let mut values = self.holder.values_of(secret);
        let (other, _) =
            values.find(|(key, value)| *key != self.key() && value.remote().is_some())?;
        if let Some(error) = self.owned_by_another(secret) {
            return Some(error);
        }
        let context = self.holder.cluster().context();
        Some(
            Error::new(
                Kind::Conflict,
                format!(
                    "secret {}/{secret} in context {context} gives access to cluster {other}, which may be lost if {} is written to it",
                    self.options.namespace, self.cluster
                ),
            )
            .hint(
                Step::new("add ")
                    .knob(Knob::Replace)
                    .text(format!(", if access to {other} is not needed any more")),
            ),
        )
    }

    /// Reads the UID of the cluster that the secret gives access to, by using it; returns nothing where that cannot be done.
    async fn ask(
        &self,
        kubeconfig: &[u8],
        existing: &RemoteCluster,
        connector: &Connector,
    ) -> Option<String> {
        let address = &existing.address.server;
        let is_elsewhere = self.options.allow_loopback || server::dead(address).is_none();
        if !address.starts_with("https://") || !is_elsewhere {
            return None;
        }
        istiod_rules::verdict(kubeconfig).ok()?;
        let text = str::from_utf8(kubeconfig).ok()?;
        let timeout = self.holder.cluster().target().request_timeout();
        let target = Target::from_text(text, "the secret that is there").ok()?;
        let cluster = connector
            .connect(target.with_request_timeout(timeout))
            .await
            .ok()?;
        let space = cluster.get::<Namespace>(None, KUBE_SYSTEM).await.ok()??;
        space.metadata.uid
    }

    fn judge(
        &self,
        existing: &RemoteCluster,
        uid: Option<&str>,
        sameness: Sameness,
    ) -> Result<(), Error> {
        let difference = match sameness {
            Sameness::Same | Sameness::Moved { entirely: false } => return Ok(()),
            Sameness::Moved { entirely: true } if self.options.name.is_some() => return Ok(()),
            Sameness::Moved { entirely: true } => {
                "address and CA are others, and nobody but that cluster itself says that it is the same one".to_owned()
            }
            Sameness::Other => format!(
                "its kube-system has UID {}, not {}",
                uid.unwrap_or_default(),
                self.remote.uid.as_deref().unwrap_or_default()
            ),
            Sameness::Unproven if self.remote.uid.is_none() => {
                "nothing tells that both are one cluster: address or CA are others, and the UID of its kube-system could not be read".to_owned()
            }
            Sameness::Unproven => {
                "nothing tells that both are one cluster: address or CA are others, and it is not reached with that secret".to_owned()
            }
        };
        let context = self.context;
        let cluster = self.cluster;
        let error = Error::new(
            Kind::Conflict,
            format!(
                "secret {}/{} in context {} gives access to {}, not to context {context} ({}): {difference}",
                self.options.namespace,
                self.options.secret_type.secret_name(cluster),
                self.holder.cluster().context(),
                existing.address.server,
                self.server,
            ),
        );
        let error = match sameness {
            Sameness::Moved { .. } => error.hint(
                self.options
                    .setting_step(Knob::Name, context, cluster)
                    .text(format!(
                        ", if the cluster of context {context} is {cluster} and has moved"
                    )),
            ),
            Sameness::Other | Sameness::Unproven | Sameness::Same => error,
        };
        Err(error
            .hint(Step::new("add ").knob(Knob::Replace).text(format!(
                ", if the cluster of context {context} takes the place of the other one"
            )))
            .hint(
                Step::new(format!("give context {context} another name with "))
                    .knob(Knob::Name)
                    .text(", if they are two clusters: each needs a name of its own, which its istiod has as well (values.global.multiCluster.clusterName)"),
            ))
    }

    /// Returns the refusal where a secret of the holder gives access to the remote cluster under another name.
    fn duplicate(&self) -> Option<Error> {
        if self.options.secret_type == SecretType::Config {
            return None;
        }
        let mut beside = self.beside.iter();
        let (name, key, ..) = beside.find(|(_, key, uid, value)| {
            *key != self.cluster
                && value
                    .remote()
                    .is_some_and(|remote| self.remote.is_reached_by(remote, *uid))
        })?;
        if let Some(error) = self.owned_by_another(name) {
            return Some(error);
        }
        let kubectl = self.holder.cluster().target().kubectl();
        let namespace = &self.options.namespace;
        Some(
            Error::new(
                Kind::Conflict,
                format!(
                    "secret {namespace}/{name} in context {} gives access to the cluster of context {} already, as {key}: istiod would register each of its endpoints twice",
                    self.holder.cluster().context(),
                    self.context
                ),
            )
            .hint(take_away(
                (kubectl, self.holder.cluster().context(), namespace),
                name,
                key,
                self.holder.has_only_one_key(name),
            ))
            .hint(Remedy::then("run the same command again")),
        )
    }
}
