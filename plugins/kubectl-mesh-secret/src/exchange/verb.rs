//! The verb from its arguments to its exit code.

use std::collections::BTreeSet;

use mesh_common::client::{
    Connector, Interrupt, Kubeconfig, Target, concerns_one_cluster, fan_out, with_lost,
};
use mesh_common::model::error::Kind;
use mesh_common::model::remote_cluster::ReadCluster;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::ExchangeArgs;
use super::members::{Member, gather};
use super::pairs::{Role, pairs};
use super::prune;
use super::resolve::{Asked, Order};
use crate::cli::SELF;
use crate::source::claim::{self, Claim};
use crate::source::give::{self, Gift, Lost};
use crate::source::holders::{self, Holder};
use crate::source::plan::{self, Plan};
use crate::source::{Run, TokenPlan, Wanted, credential};

pub(crate) async fn run(
    arguments: ExchangeArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    arguments.entry.refuse()?;
    let kubeconfig = arguments.connect.load(environment)?;
    let order = Order::resolve(&arguments, &kubeconfig)?;
    let (mut asked, mut lost) = (Vec::<(Asked, Target)>::new(), Vec::new());
    let mut wrong = Vec::new();
    for member in order.members {
        let overrides = arguments.connect.overrides(Some(&member.context));
        match kubeconfig.target(&overrides) {
            Ok(target) => asked.push((member, target)),
            Err(error) if order.named => wrong.push(error),
            Err(error) => lost.push(error),
        }
    }
    if let Some(error) = Error::all(wrong) {
        return Err(error);
    }
    let connector = connector(environment, SELF, streams.interactive);
    let gathered = gather(asked, order.named, &connector, interrupt, streams).await?;
    let (members, unreached) = gathered;
    lost.extend(unreached);

    let leftovers = match (arguments.prune, lost.is_empty()) {
        (true, true) => prune::leftovers(&members),
        (true, false) => {
            streams.warn("nothing is pruned: which secrets lead to the clusters that are left out cannot be known");
            Vec::new()
        }
        (false, _) => Vec::new(),
    };
    let dry_run = order.options.dry_run;
    let plans = checked(&members).map_err(|error| with_lost(error, &mut lost))?;
    for line in plans.iter().flat_map(|plan| &plan.skipped) {
        streams.warn(line);
    }
    let claims = check_claims(&members, &kubeconfig, &connector, interrupt).await;
    claims.map_err(|error| with_lost(error, &mut lost))?;
    prune::agree(&leftovers, arguments.confirm, dry_run, interrupt, streams).await?;

    let all = Work {
        members: &members,
        connector: &connector,
        interrupt,
        now: environment.now,
    };
    let prepared = all.prepare(plans, streams).await?;
    let lost = lost.into_iter().map(|error| Lost {
        error,
        left_out: "its pairs are left out",
    });
    let given = give::give(
        &prepared.gifts,
        lost.chain(prepared.lost).collect(),
        &order.options,
        interrupt,
        streams,
    )
    .await;
    let mut failed = prepared.failed;
    let mut exit = given.unwrap_or_else(|error| {
        failed.push(error);
        Exit::Failed
    });
    if failed.is_empty() && exit == Exit::Fine {
        exit = prune::delete(&leftovers, dry_run, interrupt, streams).await?;
    } else if !leftovers.is_empty() {
        streams.warn("nothing is pruned, since not everything before it could be done");
    }
    Error::all(failed).map_or(Ok(exit), Err)
}

/// What each source lacks, once every pair was found to be possible; all that is in the way is reported together.
fn checked(members: &[Member]) -> Result<Vec<Plan>, Error> {
    let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
    let mut wrong = Vec::new();
    // What is wrong with a holder is so for every source.
    let mut said = BTreeSet::new();
    for (source, holder) in pairs(&roles) {
        let (source, holder) = (&members[source], &members[holder].holder);
        let refusal = holder.refusal(&source.source, &source.name, &[], &source.options);
        wrong.extend(refusal.filter(|error| said.insert(error.to_string())));
    }
    let plans = Error::gather(
        members
            .iter()
            .map(|member| plan::plan(&member.source, &member.options, member.place())),
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
            wrong.extend(holders::check_owners(&of_member, &member.name, &member.options).err());
        }
    }
    Error::all(wrong).map_or(Ok(plans), Err)
}

/// Refuses to give a holder's secret for one cluster to another one, and a second secret for one cluster.
async fn check_claims(
    members: &[Member],
    kubeconfig: &Kubeconfig,
    connector: &Connector,
    interrupt: &Interrupt,
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
            claim::read_cluster(target, &member.server, &member.source, &member.options)
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
            source: &known[number],
            cluster: &member.name,
            options: &member.options,
            written: &written,
        }
    });
    let claims = claim::check(claims.collect(), connector, interrupt).await;
    Error::gather([claims, names]).map(drop)
}

/// The clusters that hold a secret for this one.
fn holders_of<'m>(source: &Member, members: &'m [Member]) -> Vec<&'m Holder> {
    let others = members
        .iter()
        .filter(|other| other.role == Role::Primary && other.context() != source.context());
    others.map(|other| &other.holder).collect()
}

/// What the work on all sources shares.
struct Work<'a> {
    members: &'a [Member],
    connector: &'a Connector,
    interrupt: &'a Interrupt,
    now: jiff::Timestamp,
}

/// What the sources gave.
struct Prepared<'a> {
    gifts: Vec<Gift<'a>>,
    /// Sources that broke off.
    lost: Vec<Lost>,
    /// What went wrong in others.
    failed: Vec<Error>,
}

impl<'a> Work<'a> {
    /// Makes what every source lacks, and its secrets, tried out. A source that fails costs only its own secrets.
    ///
    /// # Errors
    /// Ctrl-C, and what else had gone wrong until then.
    async fn prepare(&self, plans: Vec<Plan>, streams: &Streams) -> Result<Prepared<'a>, Error> {
        let sources = self.members.iter().zip(plans);
        let results = fan_out(sources, |(member, plan)| async move {
            self.source(member, &plan, streams).await
        })
        .await;
        let (gifts, mut wrong) = Error::parted(results);
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
        Ok(Prepared {
            gifts: gifts.into_iter().flatten().collect(),
            lost: lost.collect(),
            failed,
        })
    }

    async fn source(
        &self,
        member: &Member,
        plan: &Plan,
        streams: &Streams,
    ) -> Result<Vec<Gift<'a>>, Error> {
        let holders = holders_of(member, self.members);
        if holders.is_empty() {
            return Ok(Vec::new());
        }
        let run = Run {
            options: &member.options,
            connector: self.connector,
            interrupt: self.interrupt,
            source: member.cluster().clone(),
            server: member.server.clone(),
            now: self.now,
        };
        let is_new = !matches!(plan.token, TokenPlan::Existing(_));
        let just_made = credential::make(&run, &plan.makes, streams).await? || is_new;
        let wanted = Wanted {
            cluster: member.name.clone(),
            uid: member.source.identity.uid().map(str::to_owned),
            just_made,
        };
        run.gifts(plan, &wanted, &holders, streams).await
    }
}
