//! Makes what the plan says in the source cluster, and gets the credential out of it. Beside `mint`, the only writer there.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::client::{ApplyOptions, Cluster, DryRun, Interrupt, Seen, wait_for};
use mesh_common::model::names::CA_KEY;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::succession::following;
use mesh_common::model::token_home::held_token;
use mesh_common::model::{Error, reader};
use mesh_common::terminal::Streams;
use secrecy::SecretString;

use super::observe::own_secret_name;
use super::options::Auth;
use super::plan::{Make, Plan, TokenPlan};
use super::run::Run;
use super::standing::Replacement;
use super::{amend, mint};

/// How long Kubernetes may take to fill a token Secret, unless `--request-timeout` says otherwise; it takes milliseconds.
const TOKEN_DEADLINE: Duration = Duration::from_secs(30);

/// What a holder authenticates with, and the cluster's own CA (PEM).
#[derive(Clone)]
pub(crate) struct Credential {
    pub token: SecretString,
    pub authorities: Vec<u8>,
    /// The Secret that was made for this token, and that nobody else needs.
    pub anchor: Option<ObjectMeta>,
}

/// Makes every object in its order; says whether there was any.
pub(crate) async fn make(run: &Run<'_>, makes: &[Make], streams: &Streams) -> Result<bool, Error> {
    let is_without_namespace = makes.iter().any(|made| matches!(made, Make::Namespace(_)));
    for object in makes {
        run.interrupt.check()?;
        let mut dry_run = run.options.dry_run;
        // No server checks an object whose namespace is only made in the same dry run.
        if dry_run == DryRun::Server && is_without_namespace && matches!(object, Make::Account(_)) {
            dry_run = DryRun::Client;
        }
        let name = make_one(run, object, dry_run).await?;
        streams.say(&format!(
            "{name} created in context {}{}",
            run.source.context(),
            dry_run.suffix()
        ));
    }
    Ok(!makes.is_empty())
}

async fn make_one(run: &Run<'_>, object: &Make, dry_run: DryRun) -> Result<String, Error> {
    let options = ApplyOptions {
        dry_run,
        ..apply_options(run)
    };
    let source = &run.source;
    Ok(match object {
        Make::Namespace(namespace) => {
            source.apply(namespace, options).await?;
            named("namespace", &namespace.metadata)
        }
        Make::Account(account) => {
            source.apply(account, options).await?;
            named("serviceaccount", &account.metadata)
        }
        Make::Role(role) => {
            source.apply(role.as_ref(), options).await?;
            named("clusterrole.rbac.authorization.k8s.io", &role.metadata)
        }
        Make::Binding(binding) => {
            source.apply(binding, options).await?;
            named(
                "clusterrolebinding.rbac.authorization.k8s.io",
                &binding.metadata,
            )
        }
    })
}

/// The credential for one holder; `None` in a dry run where it would have to be made first.
pub(crate) async fn get(
    run: &Run<'_>,
    plan: &Plan,
    holder: Option<&str>,
    streams: &Streams,
) -> Result<Option<Credential>, Error> {
    let known = match &plan.token {
        TokenPlan::Existing(secret) => secret.as_ref().clone(),
        TokenPlan::NewSecret(_) | TokenPlan::Replacement(_) | TokenPlan::Minted { .. }
            if !run.options.dry_run.writes() =>
        {
            return Ok(None);
        }
        TokenPlan::NewSecret(own) => {
            let account = &run.options.account;
            let holder = own
                .as_deref()
                .or(holder.filter(|_| run.options.has_own_token()));
            let name = holder.map_or_else(
                || reader::token_secret_name(account),
                |h| own_secret_name(account, h),
            );
            let secret = token_secret(run, &name);
            make_secret(&run.source, run.interrupt, &secret, streams).await?
        }
        TokenPlan::Replacement(replacement) => replace(run, replacement, streams).await?,
        TokenPlan::Minted {
            duration,
            holder: own,
            authorities,
        } => {
            let holder = own.as_deref().or(holder);
            return mint::mint(run, *duration, holder, authorities, streams)
                .await
                .map(Some);
        }
    };
    from_secret(run, known).await.map(Some)
}

fn token_secret(run: &Run<'_>, name: &str) -> Secret {
    reader::token_secret(&run.options.namespace, &run.options.account, name)
}

/// Makes a Secret that a token is to live with, and says so.
pub(crate) async fn make_secret(
    source: &Cluster,
    interrupt: &Interrupt,
    secret: &Secret,
    streams: &Streams,
) -> Result<Secret, Error> {
    interrupt.check()?;
    let options = ApplyOptions {
        dry_run: DryRun::None,
        force_conflicts: false,
    };
    let made = source.apply(secret, options).await?;
    let (name, context) = (own_name(secret), source.context());
    streams.say(&format!("secret/{name} created in context {context}"));
    Ok(made)
}

/// Lets the Secret whose token ended hand out one that is accepted: that of the Secret which takes the place of the one that
/// is gone. Each step does nothing where it was done before.
async fn replace(
    run: &Run<'_>,
    replacement: &Replacement,
    streams: &Streams,
) -> Result<Secret, Error> {
    let Replacement { ended, name, made } = replacement;
    let carrier = if let Some(made) = made {
        made.clone()
    } else {
        let carrier = following(ended, token_secret(run, name));
        make_secret(&run.source, run.interrupt, &carrier, streams).await?
    };
    let carrier = filled(&run.source, run.interrupt, carrier, true).await?;
    let old = held_token(ended).unwrap_or_default();
    let new = SecretString::from(held_token(&carrier).unwrap_or_default());
    if !amend::hand_on(&run.source, run.interrupt, ended, old, &new).await? {
        return Err(amend::meddled(&run.source, ended, "given another token"));
    }
    streams.say(&format!(
        "secret/{} in context {} held a token that was revoked, and holds that of secret/{name} now",
        own_name(ended),
        run.source.context()
    ));
    Ok(carrier)
}

/// The credential of a token Secret, once Kubernetes has filled it.
async fn from_secret(run: &Run<'_>, known: Secret) -> Result<Credential, Error> {
    let wants_token = matches!(run.options.auth, Auth::Token);
    let secret = filled(&run.source, run.interrupt, known, wants_token).await?;
    Ok(Credential {
        token: SecretString::from(held_token(&secret).unwrap_or_default()),
        authorities: authorities(&secret).to_vec(),
        anchor: None,
    })
}

/// Waits until Kubernetes has filled the token Secret, by a watch that starts at what is known.
pub(crate) async fn filled(
    source: &Cluster,
    interrupt: &Interrupt,
    known: Secret,
    wants_token: bool,
) -> Result<Secret, Error> {
    let namespace = known.metadata.namespace.clone().unwrap_or_default();
    let name = known.metadata.name.clone().unwrap_or_default();
    let is_full = move |secret: &Secret| {
        !authorities(secret).is_empty() && (!wants_token || held_token(secret).is_some())
    };
    let deadline = source
        .target()
        .request_timeout()
        .filter(|limit| !limit.is_zero())
        .unwrap_or(TOKEN_DEADLINE);
    let space = Some(namespace.as_str());
    let waiting = wait_for(source, space, &name, Some(known), deadline, is_full);
    match interrupt.or(waiting).await? {
        Seen::Met(secret) => Ok(secret),
        Seen::RanOut(_) => Err(Error::refused(format!(
            "secret {namespace}/{name} in context {} was not filled with a token within {} s",
            source.context(),
            deadline.as_secs()
        ))
        .hint("is kube-controller-manager running? It fills token Secrets")
        .hint(
            source
                .target()
                .kubectl()
                .in_namespace(&namespace)
                .words("get events"),
        )),
    }
}

pub(super) fn apply_options(run: &Run<'_>) -> ApplyOptions {
    ApplyOptions {
        dry_run: run.options.dry_run,
        force_conflicts: false,
    }
}

/// The cluster's own CA, as Kubernetes puts it beside a token.
fn authorities(secret: &Secret) -> &[u8] {
    let authorities = secret.data.as_ref().and_then(|data| data.get(CA_KEY));
    authorities.map_or(&[], |value| value.0.as_slice())
}

fn named(kind: &str, metadata: &ObjectMeta) -> String {
    format!("{kind}/{}", metadata.name.as_deref().unwrap_or_default())
}
