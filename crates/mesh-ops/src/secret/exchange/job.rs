//! The exchange itself: planned with everything read and checked, and then carried out.

use std::collections::BTreeSet;

use mesh_client::{Kubeconfig, concerns_one_cluster, fan_out, with_lost};
use mesh_model::change::DryRun;
use mesh_model::error::Kind;
use mesh_model::remote_cluster::ReadCluster;
use mesh_model::{Error, Exit};

use super::super::issue::claim::{self, Claim};
use super::super::issue::holder::{Holder, check_owners};
use super::super::issue::plan::{self, Plan, TokenPlan};
use super::super::issue::remote::{Prepared, Remote};
use super::super::issue::write::{Lost, PendingSecret, apply_secrets};
use super::super::issue::{Options, credential};
use super::members::{Member, MemberRequest, gather};
use super::pairs::{Role, pairs};
use super::prune::{self, Leftover, leftovers};
use crate::Job;

/// What an exchange is asked for.
pub struct Request {
    /// The clusters.
    pub members: Vec<MemberRequest>,
    /// Each context was named by the operator, so that a wrong one is an error.
    pub named: bool,
    /// Clusters that the kubeconfig has no way to; their pairs are skipped.
    pub lost: Vec<Error>,
    /// What holds for every cluster.
    pub options: Options,
    /// Deletes the remote secrets that give access to none of the clusters.
    pub prune: bool,
}

/// An exchange that is ready to be carried out: everything was read and checked, and nothing is written yet.
pub struct Exchange {
    members: Vec<Member>,
    plans: Vec<Plan>,
    lost: Vec<Error>,
    options: Options,
    leftovers: Vec<Leftover>,
}

/// Reads all clusters and checks all pairs.
///
/// # Errors
/// All that has to be decided first, joined with what could not be read.
pub async fn plan(
    request: Request,
    kubeconfig: &Kubeconfig,
    job: &Job<'_>,
) -> Result<Exchange, Error> {
    let Request {
        members,
        named,
        mut lost,
        options,
        prune,
    } = request;
    let (members, unreached) = gather(members, named, job).await?;
    lost.extend(unreached);
    let leftovers = match (prune, lost.is_empty()) {
        (true, true) => leftovers(&members),
        (true, false) => {
            job.warn("nothing is pruned: which secrets lead to the clusters that are left out cannot be known")?;
            Vec::new()
        }
        (false, _) => Vec::new(),
    };
    let plans = checked(&members).map_err(|error| with_lost(error, &mut lost))?;
    for line in plans.iter().flat_map(|plan| &plan.skipped) {
        job.warn(line)?;
    }
    let claims = check_claims(&members, kubeconfig, job).await;
    claims.map_err(|error| with_lost(error, &mut lost))?;
    Ok(Exchange {
        members,
        plans,
        lost,
        options,
        leftovers,
    })
}

impl Exchange {
    /// Returns the secrets that are going to be deleted.
    pub fn leftovers(&self) -> &[Leftover] {
        &self.leftovers
    }

    /// Returns how far it goes with its changes.
    pub fn dry_run(&self) -> DryRun {
        self.options.dry_run
    }

    /// Makes what the remote clusters lack, applies the secrets, and deletes the leftovers.
    ///
    /// # Errors
    /// Ctrl-C, and what could not be done.
    pub async fn carry_out(mut self, job: &Job<'_>) -> Result<Exit, Error> {
        let lost = std::mem::take(&mut self.lost);
        let prepared = self.prepare(job).await?;
        let lost = lost.into_iter().map(|error| Lost {
            error,
            left_out: "its pairs are left out",
        });
        let applied = apply_secrets(
            &prepared.pending,
            lost.chain(prepared.lost).collect(),
            &self.options,
            job,
        )
        .await;
        let mut failed = prepared.failed;
        let mut exit = applied.unwrap_or_else(|error| {
            failed.push(error);
            Exit::Failed
        });
        if failed.is_empty() && exit == Exit::Fine {
            exit = prune::delete(&self.leftovers, self.options.dry_run, job).await?;
        } else if !self.leftovers.is_empty() {
            job.warn("nothing is pruned, since not everything before it could be done")?;
        }
        Error::all(failed).map_or(Ok(exit), Err)
    }

    /// Makes what every remote cluster lacks, and its secrets, each used once. A remote cluster that fails does not affect the secrets
    /// for the others.
    ///
    /// # Errors
    /// Ctrl-C, and what else had gone wrong until then.
    async fn prepare(&self, job: &Job<'_>) -> Result<PreparedSecrets<'_>, Error> {
        let remotes = self.members.iter().zip(&self.plans);
        let results = fan_out(remotes, |(member, plan)| async move {
            self.prepare_one(member, plan, job).await
        })
        .await;
        let (pending, mut wrong) = Error::parted(results);
        let interrupted = wrong.pop_if(|error| error.kind() == Kind::Interrupted);
        let (lost, failed): (Vec<_>, Vec<_>) = wrong.into_iter().partition(concerns_one_cluster);
        if let Some(interrupted) = interrupted {
            let before = Error::all(failed.into_iter().chain(lost));
            return Err(match before {
                Some(error) => error.and(interrupted),
                None => interrupted,
            });
        }
        let lost = lost.into_iter().map(|error| Lost {
            error,
            left_out: "the secrets for it are left out",
        });
        Ok(PreparedSecrets {
            pending: pending.into_iter().flatten().collect(),
            lost: lost.collect(),
            failed,
        })
    }

    async fn prepare_one(
        &self,
        member: &Member,
        plan: &Plan,
        job: &Job<'_>,
    ) -> Result<Vec<PendingSecret<'_>>, Error> {
        let holders = holders_of(member, &self.members);
        if holders.is_empty() {
            return Ok(Vec::new());
        }
        let remote = Remote {
            job,
            options: &member.options,
            cluster: member.cluster().clone(),
            server: member.server.clone(),
        };
        let is_new = !matches!(plan.token, TokenPlan::Existing(_));
        let just_made = credential::make(&remote, &plan.missing).await? || is_new;
        let prepared = Prepared {
            cluster: member.name.clone(),
            uid: member.remote.identity.uid().map(str::to_owned),
            just_made,
        };
        remote.secrets(plan, &prepared, &holders).await
    }
}

/// The secrets of all remote clusters.
struct PreparedSecrets<'a> {
    pending: Vec<PendingSecret<'a>>,
    /// Remote clusters that broke off.
    lost: Vec<Lost>,
    /// What went wrong in others.
    failed: Vec<Error>,
}

/// Returns what each remote cluster lacks, once every pair was found to be possible; all that is in the way is reported together.
fn checked(members: &[Member]) -> Result<Vec<Plan>, Error> {
    let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
    let mut wrong = Vec::new();
    // What is wrong with a holder is so for every remote cluster.
    let mut said = BTreeSet::new();
    for (remote, holder) in pairs(&roles) {
        let (member, holder) = (&members[remote], &members[holder].holder);
        let refusal = holder.refusal(&member.remote, &member.name, &[], &member.options);
        wrong.extend(refusal.filter(|error| said.insert(error.to_string())));
    }
    let plans = Error::gather(
        members
            .iter()
            .map(|member| plan::plan(&member.remote, &member.options, member.named())),
    );
    let plans = match plans {
        Ok(plans) => plans,
        Err(error) => {
            wrong.push(error);
            Vec::new()
        }
    };
    for (member, plan) in members.iter().zip(&plans) {
        if !matches!(plan.token, TokenPlan::Existing(_)) {
            let of_member = holders_of(member, members);
            wrong.extend(check_owners(&of_member, &member.name, &member.options).err());
        }
    }
    Error::all(wrong).map_or(Ok(plans), Err)
}

/// Refuses to give a holder's secret for one cluster to another one, and a second secret for one cluster.
async fn check_claims(
    members: &[Member],
    kubeconfig: &Kubeconfig,
    job: &Job<'_>,
) -> Result<(), Error> {
    let names = members.iter().map(|member| {
        let target = member.cluster().target();
        claim::check_name(target, &member.name, kubeconfig, &member.options)
    });
    let names = Error::gather(names).map(drop);
    let known: Vec<ReadCluster> = members
        .iter()
        .map(|member| {
            let target = member.cluster().target();
            claim::read_cluster(target, &member.server, &member.remote, &member.options)
        })
        .collect();
    let written: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
    let claims = pairs(&roles).into_iter().map(|(number, holder)| {
        let member = &members[number];
        Claim {
            holder: &members[holder].holder,
            context: member.context(),
            server: &member.server,
            remote: &known[number],
            cluster: &member.name,
            options: &member.options,
            written: &written,
        }
    });
    let claims = claim::check(claims.collect(), job.connector, job.interrupt).await;
    Error::gather([claims, names]).map(drop)
}

/// Returns the clusters that hold a secret for this one.
fn holders_of<'m>(remote: &Member, members: &'m [Member]) -> Vec<&'m Holder> {
    let others = members
        .iter()
        .filter(|other| other.role == Role::Primary && other.context() != remote.context());
    others.map(|other| &other.holder).collect()
}
