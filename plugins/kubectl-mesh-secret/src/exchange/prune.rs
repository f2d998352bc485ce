//! Remote secrets that lead to none of the clusters named: which they are, the question, and their end.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{DryRun, Interrupt, concerns_one_cluster, fan_out};
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::prompt::ConfirmFlags;

use super::members::Member;
use crate::held::comes_back;

/// A secret that is to go.
pub(super) struct Leftover<'a> {
    member: &'a Member,
    secret: Secret,
}

impl Leftover<'_> {
    fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// The clusters that it leads to, by its data keys.
    fn leads_to(&self) -> Vec<&str> {
        let data = self.secret.data.iter();
        data.flat_map(|data| data.keys().map(String::as_str))
            .collect()
    }
}

/// The secrets of all members that lead to none of them.
pub(super) fn leftovers(members: &[Member]) -> Vec<Leftover<'_>> {
    let known: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut leftovers = Vec::new();
    for member in members {
        let secrets = member.holder.secrets_beside(&known);
        leftovers.extend(
            secrets
                .into_iter()
                .map(|secret| Leftover { member, secret }),
        );
    }
    leftovers
}

/// Says what would go, and returns once that was agreed to.
pub(super) async fn agree(
    leftovers: &[Leftover<'_>],
    confirm: ConfirmFlags,
    dry_run: DryRun,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<(), Error> {
    for one in leftovers {
        streams.say(&format!(
            "secret {} in context {} leads to {}, which is not named",
            one.name(),
            one.member.context(),
            one.leads_to().join(", ")
        ));
        if let Some(warning) = comes_back(&one.secret, one.member.context()) {
            streams.warn(&warning);
        }
    }
    if leftovers.is_empty() || !dry_run.writes() {
        return Ok(());
    }
    let plural = if leftovers.len() == 1 { "" } else { "s" };
    let deed = format!("delete {} remote secret{plural}", leftovers.len());
    confirm.agree(&deed, interrupt, streams).await
}

/// Deletes them, each only if it is still the very one that was read; a cluster that does not let us costs only its own.
pub(super) async fn delete(
    leftovers: &[Leftover<'_>],
    dry_run: DryRun,
    interrupt: &Interrupt,
    streams: &Streams,
) -> Result<Exit, Error> {
    let results = fan_out(leftovers, |one| async move {
        interrupt.check()?;
        let cluster = one.member.cluster();
        cluster
            .delete::<Secret>(&one.secret.metadata, dry_run)
            .await?;
        Ok(format!(
            "secret/{} deleted in context {}{}\n",
            one.name(),
            cluster.context(),
            dry_run.suffix()
        ))
    })
    .await;
    let (mut exit, mut errors) = (Exit::Fine, Vec::new());
    for result in results {
        match result {
            Ok(line) => streams.data(&line)?,
            Err(error) if concerns_one_cluster(&error) => {
                streams.warn_of(&error, "run this again to prune what is left");
                exit = Exit::Partial;
            }
            Err(error) => errors.push(error),
        }
    }
    Error::all(errors).map_or(Ok(exit), Err)
}
