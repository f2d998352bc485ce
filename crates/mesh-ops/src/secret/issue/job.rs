//! Issuing the secrets for one remote cluster, from connecting to the secret in each holder.

use std::collections::BTreeSet;

use mesh_client::{Cluster, Kubeconfig, Target, with_lost};
use mesh_model::remote_secret::RemoteSecret;
use mesh_model::{Error, Exit, server};

use super::claim::{self, Claim};
use super::holder::{self, Holder};
use super::options::Options;
use super::plan::{TokenPlan, plan};
use super::remote::{Prepared, Remote};
use super::write::{Lost, apply_secrets};
use super::{candidates, cluster_name, credential, observe, reach};
use crate::Job;

/// What is asked for.
pub struct Request {
    /// The way to the remote cluster.
    pub remote: Target,
    /// The ways to the holders; none where the secret is only returned.
    pub holders: Vec<Target>,
    /// What the secrets are to be.
    pub options: Options,
}

/// What came of it.
pub enum Issued {
    /// The secret, which no holder has yet; nothing in a dry run that would have to make its token first.
    Secret(Option<RemoteSecret>),
    /// The secret was applied in the holders.
    Applied(Exit),
}

/// Issues the secrets that give access to one remote cluster.
///
/// # Errors
/// All that has to be decided first, and what could not be done.
pub async fn issue(
    request: Request,
    kubeconfig: &Kubeconfig,
    job: &Job<'_>,
) -> Result<Issued, Error> {
    let Request {
        remote,
        holders,
        options,
    } = request;
    let server = options.server.as_deref().unwrap_or(remote.server());
    let server = server.to_owned();
    server::check_url(&server)?;
    if server.starts_with("http://") {
        job.warn(format!(
            "server {server} is spoken to without TLS: istiod sends no credential there"
        ))?;
    }
    let connecting = async {
        let (remote, holders) = futures::join!(
            job.connector.connect(remote),
            reach::connect(job.connector, holders)
        );
        Ok((remote?, holders))
    };
    let (cluster, holders) = job.interrupt.or(connecting).await?;
    if let (Some(dead), false) = (server::dead(&server), options.allow_loopback) {
        let refusal = candidates::refusal(&cluster, &server, dead, &options);
        let refusal = job.interrupt.or(refusal).await;
        return Err(refusal.unwrap_or_else(|error| error));
    }
    let remote = Remote {
        job,
        options: &options,
        cluster,
        server,
    };
    Box::pin(issue_for(&remote, kubeconfig, holders)).await
}

/// Does all steps after connecting.
async fn issue_for(
    remote: &Remote<'_>,
    kubeconfig: &Kubeconfig,
    holders: Vec<Result<Cluster, Error>>,
) -> Result<Issued, Error> {
    let (job, options) = (remote.job, remote.options);
    let reading = Box::pin(async {
        let (seen, holders) = futures::join!(
            observe::observe(&remote.cluster, options),
            reach::observe(holders, options)
        );
        Ok((seen?, holders))
    });
    let (seen, holders) = job.interrupt.or(reading).await?;
    let target = remote.cluster.target();
    let context = target.context();
    let name = cluster_name::choose(options, &seen, context)?;
    let skipped = seen.identity.not_compared(context);
    for warning in name.warnings.iter().chain(&skipped) {
        job.warn(warning)?;
    }
    claim::check_name(target, &name.cluster, kubeconfig, options)?;
    let (holders, mut lost) = holder::check(holders, &seen, &name.cluster, options)?;
    for line in holders.iter().flat_map(|holder| holder.skipped(options)) {
        job.warn(line)?;
    }
    let known = claim::read_cluster(target, &remote.server, &seen, options);
    let written = BTreeSet::new();
    let claims = holders.iter().map(|holder| Claim {
        holder,
        context,
        server: &remote.server,
        remote: &known,
        cluster: &name.cluster,
        options,
        written: &written,
    });
    let claims = claim::check(claims.collect(), job.connector, job.interrupt).await;
    claims.map_err(|error| with_lost(error, &mut lost))?;
    let plan = plan(&seen, options, remote.named())?;
    for line in &plan.skipped {
        job.warn(line)?;
    }
    let borrowed: Vec<&Holder> = holders.iter().collect();
    let is_new = !matches!(plan.token, TokenPlan::Existing(_));
    if is_new {
        holder::check_owners(&borrowed, &name.cluster, options)
            .map_err(|error| with_lost(error, &mut lost))?;
    }
    let just_made = credential::make(remote, &plan.missing).await? || is_new;
    let prepared = Prepared {
        cluster: name.cluster,
        uid: seen.identity.uid().map(str::to_owned),
        just_made,
    };
    if !options.applies {
        let secret = remote.secret(&plan, &prepared, None).await?;
        return Ok(Issued::Secret(secret));
    }
    let pending = remote.secrets(&plan, &prepared, &borrowed).await?;
    let lost = lost.into_iter().map(|error| Lost {
        error,
        left_out: "the secret was not applied there",
    });
    let exit = apply_secrets(&pending, lost.collect(), options, job).await?;
    Ok(Issued::Applied(exit))
}
