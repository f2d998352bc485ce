//! Secrets that tokens are bound to: made in the remote cluster, and filled by Kubernetes.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{ApplyOptions, Cluster, DryRun, Interrupt, Seen, wait_for};
use mesh_model::backing_secret::held_token;
use mesh_model::change::{Action, Change, ObjectRef};
use mesh_model::error::Error;
use mesh_model::event::{Event, Events};
use mesh_model::names::CA_KEY;
use mesh_model::remote_secret::own_name;

/// The time that Kubernetes may take to fill a token Secret, unless requests have another deadline; it takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(30);

/// Creates a Secret that a token is to be bound to, and tells so.
///
/// # Errors
/// Ctrl-C was pressed, or the Secret was not created.
pub async fn make_secret(
    remote: &Cluster,
    interrupt: &Interrupt,
    secret: &Secret,
    events: &dyn Events,
) -> Result<Secret, Error> {
    interrupt.check()?;
    let options = ApplyOptions {
        dry_run: DryRun::None,
        force_conflicts: false,
    };
    let made = remote.apply(secret, options).await?;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let object = ObjectRef::secret(namespace, own_name(secret));
    events.report(Event::Step {
        change: Change::new(remote.context(), object, Action::Create),
        dry_run: DryRun::None,
    })?;
    Ok(made)
}

/// Waits until Kubernetes has filled the token Secret, by a watch that starts at what is known.
///
/// # Errors
/// Ctrl-C was pressed, the Secret could not be watched, or it was not filled in time.
pub async fn filled(
    remote: &Cluster,
    interrupt: &Interrupt,
    known: Secret,
    wants_token: bool,
) -> Result<Secret, Error> {
    let namespace = known.metadata.namespace.clone().unwrap_or_default();
    let name = known.metadata.name.clone().unwrap_or_default();
    let is_full = move |secret: &Secret| {
        !authorities(secret).is_empty() && (!wants_token || held_token(secret).is_some())
    };
    let deadline = remote
        .target()
        .request_timeout()
        .filter(|limit| !limit.is_zero())
        .unwrap_or(DEADLINE);
    let space = Some(namespace.as_str());
    let waiting = wait_for(remote, space, &name, Some(known), deadline, is_full);
    match interrupt.or(waiting).await? {
        Seen::Met(secret) => Ok(secret),
        Seen::RanOut(_) => Err(Error::refused(format!(
            "secret {namespace}/{name} in context {} was not filled with a token within {} s",
            remote.context(),
            deadline.as_secs()
        ))
        .hint("is kube-controller-manager running? It fills token Secrets")
        .hint(
            remote
                .target()
                .kubectl()
                .in_namespace(&namespace)
                .words("get events"),
        )),
    }
}

/// Returns the cluster's own CA (PEM), as Kubernetes puts it beside a token.
pub(crate) fn authorities(secret: &Secret) -> &[u8] {
    let authorities = secret.data.as_ref().and_then(|data| data.get(CA_KEY));
    authorities.map_or(&[], |value| value.0.as_slice())
}
