//! Issuing the secrets for one remote cluster: planned with everything read and checked, and then carried out.

use std::collections::BTreeSet;
use std::rc::Rc;

use mesh_client::{Cluster, Kubeconfig, Target, with_lost};
use mesh_model::change::ChangeSet;
use mesh_model::remote_secret::RemoteSecret;
use mesh_model::{Error, Exit, server};

use super::claim::{self, Claim};
use super::options::Options;
use super::plan::{TokenPlan, plan};
use super::planned::RemotePlan;
use super::recorded::record_changes;
use super::remote::{KnownRemote, cluster_ref};
use super::write::{apply_secrets, plan_writes};
use super::{candidates, cluster_name, holder, observe, reach};
use crate::Job;
use crate::change::Outcome;

/// The request for secrets.
pub struct Request {
    /// The way to the remote cluster.
    pub remote: Target,
    /// The ways to the holders; none where the secret is only returned.
    pub holders: Vec<Target>,
    /// The options of the secrets.
    pub options: Options,
}

/// Secrets that are ready to be issued: everything was read and checked, and nothing is written yet.
pub struct Issue {
    options: Options,
    remote: KnownRemote,
    plan: RemotePlan,
    lost: Vec<Error>,
}

/// The result of the job.
pub enum Issued {
    /// The secret, which no holder has yet; nothing in a dry run that would have to make its token first.
    Secret(Option<RemoteSecret>),
    /// The secret was applied in the holders.
    Applied(Exit),
}

impl Request {
    /// Reads all clusters, checks all that could be in the way, and plans every write.
    ///
    /// # Errors
    /// All that has to be decided first, joined with what could not be read.
    pub async fn plan(self, kubeconfig: &Kubeconfig, job: &Job<'_>) -> Result<Issue, Error> {
        let Self {
            remote,
            holders,
            options,
        } = self;
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
        Box::pin(plan_issue(
            cluster, server, holders, options, kubeconfig, job,
        ))
        .await
    }
}

/// Does all steps of the planning after connecting.
async fn plan_issue(
    cluster: Cluster,
    server: String,
    holders: Vec<Result<Cluster, Error>>,
    options: Options,
    kubeconfig: &Kubeconfig,
    job: &Job<'_>,
) -> Result<Issue, Error> {
    let reading = Box::pin(async {
        let (seen, holders) = futures::join!(
            observe::observe(&cluster, &options),
            reach::observe(holders, &options)
        );
        Ok((seen?, holders))
    });
    let (seen, holders) = job.interrupt.or(reading).await?;
    let target = cluster.target();
    let context = target.context();
    let name = cluster_name::choose(&options, &seen, context)?;
    for event in name.events("") {
        job.events.report(event)?;
    }
    if let Some(skipped) = seen.identity.not_compared(context) {
        job.warn(skipped)?;
    }
    claim::check_name(target, &name.cluster, kubeconfig, &options)?;
    let (holders, mut lost) = holder::check(holders, &seen, &name.cluster, &options)?;
    for line in holders.iter().flat_map(|holder| holder.skipped(&options)) {
        job.warn(line)?;
    }
    let holders: Vec<_> = holders.into_iter().map(Rc::new).collect();
    let known = claim::read_cluster(target, &server, &seen, &options);
    let nothing = BTreeSet::new();
    let beside: Vec<_> = holders
        .iter()
        .map(|holder| claim::beside(holder, &nothing))
        .collect();
    let claims = holders.iter().zip(&beside).map(|(holder, beside)| Claim {
        holder,
        context,
        server: &server,
        remote: &known,
        cluster: &name.cluster,
        options: &options,
        beside,
    });
    let claims = claim::check(claims.collect(), job.connector, job.interrupt).await;
    claims.map_err(|error| with_lost(error, &mut lost))?;
    let needed = plan(&seen, &options, cluster_ref(&cluster))?;
    for line in &needed.skipped {
        job.warn(line)?;
    }
    if !matches!(needed.token, TokenPlan::Existing(_)) {
        holder::check_owners(&holders, &name.cluster, &options)
            .map_err(|error| with_lost(error, &mut lost))?;
    }
    let uid = seen.identity.uid().map(str::to_owned);
    let remote = KnownRemote {
        cluster,
        server,
        name: name.cluster,
        uid,
    };
    let mut plan = remote.with(&options, job).plan(needed, &holders).await?;
    plan_writes(&mut plan.secrets, &options).map_err(|error| with_lost(error, &mut lost))?;
    Ok(Issue {
        options,
        remote,
        plan,
        lost,
    })
}

impl Issue {
    /// Returns all that is going to be written, in order: in the remote cluster, in the holders, and the records of these in the
    /// remote cluster.
    pub fn changes(&self) -> ChangeSet {
        let pending = &self.plan.secrets;
        let secrets = pending.iter().map(|one| one.change(&self.options));
        let secrets = self.plan.remote_changes().chain(secrets);
        secrets.chain(record_changes(pending)).collect()
    }

    /// Creates what the remote cluster lacks, uses the secret once, and applies it in the holders or returns it. A dry run only
    /// tells what would be done.
    ///
    /// # Errors
    /// Ctrl-C, and what could not be done.
    pub async fn carry_out(self, job: &Job<'_>) -> Result<Issued, Error> {
        let Self {
            options,
            remote,
            mut plan,
            lost,
        } = self;
        let remote = remote.with(&options, job);
        if options.dry_run.writes() {
            remote.prepare(&mut plan).await?;
        } else {
            remote.rehearse(&plan).await?;
        }
        if !options.applies {
            let secret = plan.shared.secret();
            return Ok(Issued::Secret(secret.map(|secret| secret.as_ref().clone())));
        }
        let mut lost: Vec<Error> = lost;
        plan_writes(&mut plan.secrets, &options).map_err(|error| with_lost(error, &mut lost))?;
        let mut outcome = Outcome::default();
        outcome.skip(lost, "the secret was not applied there");
        let exit = apply_secrets(&plan.secrets, outcome, &options, job).await?;
        Ok(Issued::Applied(exit))
    }
}
