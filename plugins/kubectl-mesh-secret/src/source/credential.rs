//! Makes what the plan says in the source cluster, and gets the credential out of it. The only writer there.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use mesh_common::cluster::{ApplyOptions, DryRun, Seen, Trust, Verb, wait_for};
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::names::{APPLIED_BY, CA_KEY, MADE_FOR, TOKEN_KEY};
use mesh_common::mesh::{Error, reader};
use mesh_common::terminal::Streams;
use secrecy::SecretString;

use super::observe::own_secret_name;
use super::options::Auth;
use super::plan::{Make, Plan, TokenPlan};
use super::run::Run;
use crate::cli::SELF;

/// How long Kubernetes may take to fill a token Secret, unless `--request-timeout` says otherwise; it takes milliseconds.
const TOKEN_DEADLINE: Duration = Duration::from_secs(30);

/// What a holder authenticates with, and the cluster's own CA (PEM).
#[derive(Clone)]
pub(crate) struct Credential {
    pub token: SecretString,
    pub authorities: Vec<u8>,
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
            return mint(run, *duration, holder, authorities, streams)
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

/// Waits until Kubernetes has filled the Secret, by a watch that starts at what is known.
async fn from_secret(run: &Run<'_>, known: Secret) -> Result<Credential, Error> {
    let wants_token = matches!(run.options.auth, Auth::Token);
    let namespace = run.options.namespace.as_str();
    let name = known.metadata.name.clone().unwrap_or_default();
    let is_full =
        move |secret: &Secret| has(secret, CA_KEY) && (!wants_token || has(secret, TOKEN_KEY));
    let deadline = run
        .source
        .target()
        .request_timeout()
        .filter(|limit| !limit.is_zero())
        .unwrap_or(TOKEN_DEADLINE);
    let filled = run
        .interrupt
        .or(wait_for(
            &run.source,
            Some(namespace),
            &name,
            Some(known),
            deadline,
            is_full,
        ))
        .await?;
    match filled {
        Seen::Met(secret) => Ok(Credential {
            token: SecretString::from(
                String::from_utf8_lossy(bytes(&secret, TOKEN_KEY)).into_owned(),
            ),
            authorities: bytes(&secret, CA_KEY).to_vec(),
        }),
        Seen::RanOut(_) => Err(Error::refused(format!(
            "secret {namespace}/{name} in context {} was not filled with a token within {} s",
            run.source.context(),
            deadline.as_secs()
        ))
        .hint("is kube-controller-manager running? It fills token Secrets")
        .hint(format!(
            "{} -n {namespace} get events",
            run.source.target().kubectl()
        ))),
    }
}

/// Mints a token that is bound to a Secret of its own, so that deleting that Secret revokes this token and no other.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>.
async fn mint(
    run: &Run<'_>,
    duration: Duration,
    holder: Option<&str>,
    authorities: &str,
    streams: &Streams,
) -> Result<Credential, Error> {
    let (namespace, account, context) = (
        &run.options.namespace,
        &run.options.account,
        run.source.context(),
    );
    let authorities = match (authorities, run.source.target().trust()) {
        ("", Trust::Authorities(pem)) => pem.clone(),
        (pem, Trust::Authorities(_) | Trust::System | Trust::Insecure) => pem.as_bytes().to_vec(),
    };
    if authorities.is_empty() && run.options.authorities.is_none() && !run.options.insecure {
        return Err(Error::new(
            Kind::NotFound,
            format!("the cluster's CA cannot be read in context {context}"),
        )
        .hint(format!(
            "{} -n kube-system get configmap kube-root-ca.crt",
            run.source.target().kubectl()
        ))
        .hint("--ca-file FILE"));
    }
    run.interrupt.check()?;
    let anchor = anchor(namespace, account, holder);
    let anchor = match &anchor.metadata.name {
        Some(_) => run.source.apply(&anchor, apply_options(run)).await?,
        None => run.source.create(&anchor, DryRun::None).await?,
    };
    let name = anchor.metadata.name.clone().unwrap_or_default();
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: Vec::new(),
            expiration_seconds: i64::try_from(duration.as_secs()).ok(),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Secret".to_owned()),
                name: Some(name.clone()),
                uid: anchor.metadata.uid.clone(),
            }),
        },
        ..TokenRequest::default()
    };
    let accounts: kube::Api<k8s_openapi::api::core::v1::ServiceAccount> =
        kube::Api::namespaced(run.source.client(), namespace);
    let granted = accounts
        .create_token_request(account, &PostParams::default(), &request)
        .await
        .map_err(|error| {
            run.source
                .attempt(Verb::Create, "serviceaccounts/token")
                .in_namespace(namespace)
                .named(account)
                .explain(error)
        })?;
    let status = granted.status.ok_or_else(|| {
        Error::refused(format!(
            "no token came back for service account {namespace}/{account} in context {context}"
        ))
    })?;
    report_expiry(
        &name,
        status.expiration_timestamp.0,
        duration,
        context,
        granted.metadata.creation_timestamp,
        streams,
    );
    Ok(Credential {
        token: SecretString::from(status.token),
        authorities,
    })
}

/// The API server may grant less, or more, than was asked for (`--service-account-max-token-expiration`,
/// `--service-account-extend-token-expiration`).
fn report_expiry(
    name: &str,
    expires: Timestamp,
    asked: Duration,
    context: &str,
    created: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    streams: &Streams,
) {
    streams.say(&format!(
        "secret/{name} in context {context} holds the token's life: deleting it revokes the token"
    ));
    streams.say(&format!(
        "the token expires at {}",
        expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    ));
    let granted = created.map(|created| expires.duration_since(created.0));
    let Some(granted) = granted.and_then(|length| Duration::try_from(length).ok()) else {
        return;
    };
    if granted.abs_diff(asked) > Duration::from_mins(1) {
        streams.warn(&format!(
            "the API server granted {} s, not the {} s asked for",
            granted.as_secs(),
            asked.as_secs()
        ));
    }
}

/// The Secret that a minted token is bound to; it holds nothing.
fn anchor(namespace: &str, account: &str, holder: Option<&str>) -> Secret {
    let mut annotations =
        std::collections::BTreeMap::from([(APPLIED_BY.to_owned(), SELF.to_owned())]);
    if let Some(holder) = holder {
        annotations.insert(MADE_FOR.to_owned(), holder.to_owned());
    }
    Secret {
        metadata: ObjectMeta {
            name: holder.map(|holder| format!("{account}-token-for-{holder}")),
            generate_name: holder.is_none().then(|| format!("{account}-token-")),
            namespace: Some(namespace.to_owned()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}

fn apply_options(run: &Run<'_>) -> ApplyOptions {
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
