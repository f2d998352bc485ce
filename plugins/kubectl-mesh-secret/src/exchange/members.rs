//! The clusters of the exchange: connected, read once for both of their parts, and known by one name each.

use mesh_common::client::{Cluster, Connector, Interrupt, Target, concerns_one_cluster, fan_out};
use mesh_common::model::{Error, server};
use mesh_common::terminal::Streams;

use super::pairs::Role;
use super::resolve::Asked;
use crate::source::holders::Holder;
use crate::source::observe::Source;
use crate::source::plan::Place;
use crate::source::{Options, Pool, candidates, names, observe, reach};

/// A cluster that was reached and read.
pub(super) struct Member {
    pub role: Role,
    pub options: Options,
    /// URL of its API server, as the secrets will have it.
    pub server: String,
    /// The name under which it is introduced to the others.
    pub name: String,
    /// What it has as a source.
    pub source: Source,
    /// What it has as a holder; a remote is read as one too, which costs nothing and finds it out where it is named twice.
    pub holder: Holder,
}

impl Member {
    pub(super) fn context(&self) -> &str {
        self.holder.cluster().context()
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            context: self.context(),
            kubectl: self.cluster().target().kubectl(),
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        self.holder.cluster()
    }
}

/// Connects to all of them and reads them at once; gives those that could be read and the errors of those that could not.
///
/// # Errors
/// All that a person has to decide first, joined with those of the unread ones; and the latter where fewer than two are left.
pub(super) async fn gather(
    asked: Vec<(Asked, Target)>,
    named: bool,
    connector: &Connector,
    interrupt: &Interrupt,
    streams: &Streams,
) -> Result<(Vec<Member>, Vec<Error>), Error> {
    let results = interrupt
        .or(async {
            let pool = Pool::default();
            let work = |(asked, target)| member(asked, target, connector, &pool);
            Ok(fan_out(asked, work).await)
        })
        .await?;
    let (mut members, mut lost, mut wrong) = (Vec::<Member>::new(), Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok((member, warnings)) => {
                for warning in warnings {
                    streams.warn(&warning);
                }
                match same(&member, &members) {
                    Some(other) if named => wrong.push(same_cluster(&member, other)),
                    Some(other) => streams.say(&format!(
                        "context {} is the same cluster as {} and is left out",
                        member.context(),
                        other.context()
                    )),
                    None => members.push(member),
                }
            }
            Err(error) if concerns_one_cluster(&error) || names::is_about_a_name(&error) => {
                lost.push(error);
            }
            Err(error) => wrong.push(error),
        }
    }
    wrong.extend(same_names(&members));
    if members.len() < 2 || !wrong.is_empty() {
        wrong.append(&mut lost);
        if wrong.is_empty() {
            wrong.push(Error::usage(
                "only one cluster is left, and an exchange takes two",
            ));
        }
    }
    Error::all(wrong).map_or(Ok((members, lost)), Err)
}

async fn member(
    asked: Asked,
    target: Target,
    connector: &Connector,
    pool: &Pool,
) -> Result<(Member, Vec<String>), Error> {
    let options = asked.options;
    let server = options
        .server_for(target.context())
        .unwrap_or(target.server())
        .to_owned();
    server::check_url(&server)?;
    let cluster = connector.connect(target).await?;
    if let (Some(dead), false) = (server::dead(&server), options.allow_loopback) {
        let refusal = candidates::refusal(&cluster, &server, dead, &options).await;
        return Err(refusal.unwrap_or_else(|error| error));
    }
    let (source, space) = futures::join!(
        observe::source(&cluster, &options),
        reach::space(&cluster, &options, pool)
    );
    let (source, space) = (source?, space?);
    let chosen = names::choose(&options, &source, cluster.context())?;
    let mut warnings = chosen.warnings;
    if server.starts_with("http://") {
        warnings.push(format!(
            "server {server} is spoken to without TLS: istiod sends no credential there"
        ));
    }
    let context = cluster.context().to_owned();
    let mut warnings: Vec<String> = warnings
        .into_iter()
        .map(|warning| format!("context {context}: {warning}"))
        .collect();
    let istiods = source.istiods.clone().map(|names| names.known);
    let holder = Holder::new(cluster, source.identity.clone(), istiods, space);
    warnings.extend(holder.skipped(&options));
    Ok((
        Member {
            role: asked.role,
            options,
            server,
            name: chosen.cluster,
            source,
            holder,
        },
        warnings,
    ))
}

fn same<'m>(member: &Member, others: &'m [Member]) -> Option<&'m Member> {
    others
        .iter()
        .find(|other| other.source.identity.is(&member.source.identity))
}

fn same_cluster(member: &Member, other: &Member) -> Error {
    Error::usage(format!(
        "contexts {} and {} are the same cluster",
        other.context(),
        member.context()
    ))
    .hint(format!("leave out context {}", member.context()))
}

/// Two clusters of one name cannot be told apart: each istiod drops the other's secret as its own.
fn same_names(members: &[Member]) -> Vec<Error> {
    let numbered = members.iter().enumerate();
    numbered
        .filter_map(|(number, member)| {
            let twin = members[..number].iter().find(|other| other.name == member.name)?;
            let error = Error::usage(format!(
                "contexts {} and {} are both called {}",
                twin.context(),
                member.context(),
                member.name
            ));
            let given = [member, twin].into_iter().find(|one| one.options.name.is_some());
            Some(match given {
                Some(one) => error.hint(format!(
                    "give context {} another name with --name",
                    one.context()
                )),
                None => error.hint("give one of them another values.global.multiCluster.clusterName and install it again"),
            })
        })
        .collect()
}
