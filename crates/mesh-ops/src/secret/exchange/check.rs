//! Checks all pairs of an exchange before anything is written.

use std::collections::BTreeSet;

use mesh_client::Kubeconfig;
use mesh_model::Error;
use mesh_model::remote_cluster::ReadCluster;

use super::super::issue::claim::{self, Claim};
use super::super::issue::holder::check_owners;
use super::super::issue::plan::{self, Plan, TokenPlan};
use super::super::issue::remote::cluster_ref;
use super::job::holders_of;
use super::members::Member;
use super::pairs::{Role, pairs};
use crate::Job;

/// Returns what each remote cluster lacks, once every pair was found to be possible; all that is in the way is reported together.
pub(super) fn checked(members: &[Member]) -> Result<Vec<Plan>, Error> {
    let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
    let mut wrong = Vec::new();
    // What is wrong with a holder is so for every remote cluster.
    let mut said = BTreeSet::new();
    for (remote, holder) in pairs(&roles) {
        let (member, holder) = (&members[remote], &members[holder].holder);
        let refusal = holder.refusal(&member.remote, &member.name, &[], &member.options);
        wrong.extend(refusal.filter(|error| said.insert(error.to_string())));
    }
    let plans = Error::gather(members.iter().map(|member| {
        let cluster = cluster_ref(member.cluster());
        plan::plan(&member.remote, &member.options, cluster)
    }));
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
pub(super) async fn check_claims(
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
    let beside: Vec<_> = members
        .iter()
        .map(|member| claim::beside(&member.holder, &written))
        .collect();
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
            beside: &beside[holder],
        }
    });
    let claims = claim::check(claims.collect(), job.connector, job.interrupt).await;
    Error::gather([claims, names]).map(drop)
}
