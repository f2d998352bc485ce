//! Makes what the plan says in the source cluster, and gets the credential out of it. Beside `mint`, the only writer there.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::cluster::{ApplyOptions, Cluster, DryRun, Seen, wait_for};
use mesh_common::mesh::names::{CA_KEY, TOKEN_KEY};
use mesh_common::mesh::{Error, reader};
use mesh_common::terminal::{Interrupt, Streams};
use secrecy::SecretString;

use super::mint;
use super::observe::own_secret_name;
use super::options::Auth;
use super::plan::{Make, Plan, TokenPlan};
use super::run::Run;

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
        TokenPlan::NewSecret(_) | TokenPlan::Minted { .. } if !run.options.dry_run.writes() => {
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
            make_token_secret(run, &name, streams).await?
        }
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

async fn make_token_secret(run: &Run<'_>, name: &str, streams: &Streams) -> Result<Secret, Error> {
    run.interrupt.check()?;
    let secret = reader::token_secret(&run.options.namespace, &run.options.account, name);
    let made = run.source.apply(&secret, apply_options(run)).await?;
    streams.say(&format!(
        "secret/{name} created in context {}",
        run.source.context()
    ));
    Ok(made)
}

/// The credential of a token Secret, once Kubernetes has filled it.
async fn from_secret(run: &Run<'_>, known: Secret) -> Result<Credential, Error> {
    let wants_token = matches!(run.options.auth, Auth::Token);
    let secret = filled(&run.source, run.interrupt, known, wants_token).await?;
    Ok(Credential {
        token: SecretString::from(String::from_utf8_lossy(bytes(&secret, TOKEN_KEY)).into_owned()),
        authorities: bytes(&secret, CA_KEY).to_vec(),
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
    let is_full =
        move |secret: &Secret| has(secret, CA_KEY) && (!wants_token || has(secret, TOKEN_KEY));
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
        .hint(format!(
            "{} -n {namespace} get events",
            source.target().kubectl()
        ))),
    }
}

pub(super) fn apply_options(run: &Run<'_>) -> ApplyOptions {
    ApplyOptions {
        dry_run: run.options.dry_run,
        force_conflicts: false,
    }
}

fn has(secret: &Secret, key: &str) -> bool {
    !bytes(secret, key).is_empty()
}

fn bytes<'a>(secret: &'a Secret, key: &str) -> &'a [u8] {
    secret
        .data
        .as_ref()
        .and_then(|data| data.get(key))
        .map_or(&[], |value| value.0.as_slice())
}

fn named(kind: &str, metadata: &ObjectMeta) -> String {
    format!("{kind}/{}", metadata.name.as_deref().unwrap_or_default())
}
