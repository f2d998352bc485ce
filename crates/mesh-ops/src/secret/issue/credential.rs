//! Creates what the plan says in the remote cluster, and gets the credential out of it. Beside `mint`, the only writer there.

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_client::{ApplyOptions, Cluster};
use mesh_model::backing_secret::held_token;
use mesh_model::change::{Action, Change, DryRun};
use mesh_model::event::Event;
use mesh_model::remote_secret::own_name;
use mesh_model::rotation_names::linked_to_previous;
use mesh_model::{Error, reader};
use secrecy::SecretString;

use super::super::amend;
use super::super::token_secret::{authorities, filled, make_secret};
use super::mint;
use super::options::Auth;
use super::plan::TokenPlan;
use super::planned::new_secret_name;
use super::remote::Remote;
use super::surroundings::Missing;
use super::token_status::Replacement;
use crate::change::{Write, carry_out};

/// The token that a holder authenticates with, and the cluster's own CA (PEM).
#[derive(Clone)]
pub(crate) struct Credential {
    pub token: SecretString,
    pub authorities: Vec<u8>,
    /// The Secret that was made for this token, and that nobody else needs.
    pub anchor: Option<ObjectMeta>,
}

/// Creates every object in its order; a dry run tells which, and in one on the server the server checks each.
pub(crate) async fn make(remote: &Remote<'_>, missing: &[Missing]) -> Result<(), Error> {
    let creates_namespace = missing
        .iter()
        .any(|object| matches!(object, Missing::Namespace(_)));
    let writes = missing.iter().map(|object| MissingWrite {
        context: remote.cluster.context(),
        object,
        creates_namespace,
    });
    let sequence = (remote.cluster.clone(), writes.collect::<Vec<_>>());
    let extent = remote.options.dry_run.into();
    let results = carry_out([sequence], extent, remote.job).await;
    Error::gather(results).map(drop)
}

/// An object that is created on the way to a token.
struct MissingWrite<'m> {
    context: &'m str,
    object: &'m Missing,
    /// True if the namespace is created by the same plan.
    creates_namespace: bool,
}

impl Write for MissingWrite<'_> {
    fn change(&self) -> Change {
        Change::new(self.context, self.object.named(), Action::Create)
    }

    fn event(&self, dry_run: DryRun) -> Event {
        let change = self.change();
        Event::Step { change, dry_run }
    }

    /// Returns false for an object in a namespace that does not exist yet, which no server checks.
    fn can_be_rehearsed(&self) -> bool {
        !(self.creates_namespace && matches!(self.object, Missing::Account(_)))
    }

    async fn rehearse(&mut self, cluster: &Cluster) -> Result<(), Error> {
        send(cluster, self.object, DryRun::Server).await
    }

    async fn send(&mut self, cluster: &Cluster) -> Result<(), Error> {
        send(cluster, self.object, DryRun::None).await
    }
}

async fn send(cluster: &Cluster, object: &Missing, dry_run: DryRun) -> Result<(), Error> {
    let options = ApplyOptions {
        dry_run,
        force_conflicts: false,
    };
    match object {
        Missing::Namespace(namespace) => cluster.apply(namespace, options).await.map(drop),
        Missing::Account(account) => cluster.apply(account, options).await.map(drop),
        Missing::Role(role) => cluster.apply(role.as_ref(), options).await.map(drop),
        Missing::Binding(binding) => cluster.apply(binding, options).await.map(drop),
    }
}

/// Creates the token for one holder, or for all of them, and returns the credential.
pub(crate) async fn create(
    remote: &Remote<'_>,
    plan: &TokenPlan,
    holder: Option<&str>,
) -> Result<Credential, Error> {
    let secret = match plan {
        TokenPlan::Existing(secret) => secret.as_ref().clone(),
        TokenPlan::NewSecret(own) => {
            let name = new_secret_name(&remote.options.account, own.as_deref());
            create_secret(remote, &token_secret(remote, &name)).await?
        }
        TokenPlan::Replacement(replacement) => replace(remote, replacement).await?,
        TokenPlan::Minted {
            duration,
            holder: own,
            authorities,
        } => {
            let holder = own.as_deref().or(holder);
            return mint::mint(remote, *duration, holder, authorities).await;
        }
    };
    of_secret(remote, secret).await
}

fn token_secret(remote: &Remote<'_>, name: &str) -> Secret {
    reader::token_secret(&remote.options.namespace, &remote.options.account, name)
}

async fn create_secret(remote: &Remote<'_>, secret: &Secret) -> Result<Secret, Error> {
    let job = remote.job;
    make_secret(&remote.cluster, job.interrupt, secret, job.events).await
}

/// Puts a token that is accepted into the Secret whose token was revoked: that of the Secret which replaces the one that is gone.
/// Each step does nothing where it was done before.
async fn replace(remote: &Remote<'_>, replacement: &Replacement) -> Result<Secret, Error> {
    let Replacement {
        revoked,
        name,
        made,
    } = replacement;
    let carrier = if let Some(made) = made {
        made.clone()
    } else {
        create_secret(
            remote,
            &linked_to_previous(revoked, token_secret(remote, name)),
        )
        .await?
    };
    let (cluster, interrupt) = (&remote.cluster, remote.job.interrupt);
    let carrier = filled(cluster, interrupt, carrier, true).await?;
    let old = held_token(revoked).unwrap_or_default();
    let new = SecretString::from(held_token(&carrier).unwrap_or_default());
    if !amend::replace_token(cluster, interrupt, revoked, old, &new).await? {
        return Err(amend::conflict(cluster, revoked, "given another token"));
    }
    remote.job.note(format!(
        "secret/{} in context {} contained a revoked token, and contains the token of secret/{name} now",
        own_name(revoked),
        cluster.context()
    ))?;
    Ok(carrier)
}

/// Returns the credential of a token Secret, once Kubernetes has filled it.
pub(crate) async fn of_secret(remote: &Remote<'_>, known: Secret) -> Result<Credential, Error> {
    let wants_token = matches!(remote.options.auth, Auth::Token);
    let secret = filled(&remote.cluster, remote.job.interrupt, known, wants_token).await?;
    Ok(Credential {
        token: SecretString::from(held_token(&secret).unwrap_or_default()),
        authorities: authorities(&secret).to_vec(),
        anchor: None,
    })
}
