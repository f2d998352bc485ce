//! The clusters of an exchange: connected, read once for both of their parts, and known by one name each.

use std::rc::Rc;

use mesh_client::{Cluster, Target, concerns_one_cluster, fan_out};
use mesh_model::command::{Knob, Step};
use mesh_model::event::Event;
use mesh_model::{Error, server};

use super::super::issue::holder::Holder;
use super::super::issue::observe::{RemoteState, observe};
use super::super::issue::packed::Pool;
use super::super::issue::remote::KnownRemote;
use super::super::issue::{Options, candidates, cluster_name, reach};
use super::pairs::Role;
use crate::Job;

/// A cluster that an exchange is asked for.
pub struct MemberRequest {
    /// The way to it.
    pub target: Target,
    /// Its part in the mesh.
    pub role: Role,
    /// The options, with what is said of this cluster alone.
    pub options: Options,
}

/// A cluster that was reached and read.
pub(super) struct Member {
    pub role: Role,
    pub options: Options,
    /// URL of its API server, as the secrets will have it.
    pub server: String,
    /// Its name in the secrets of the others.
    pub name: String,
    /// Its state as a remote cluster.
    pub remote: RemoteState,
    /// Its state as a holder; one without a control plane is read as one too, which needs no request more and shows where it is named twice.
    pub holder: Rc<Holder>,
}

impl Member {
    pub(super) fn context(&self) -> &str {
        self.holder.cluster().context()
    }

    /// Returns what is needed of it to issue the secrets for it.
    pub(super) fn into_remote(self) -> (KnownRemote, Options) {
        let known = KnownRemote {
            cluster: self.cluster().clone(),
            server: self.server,
            name: self.name,
            uid: self.remote.identity.uid().map(str::to_owned),
        };
        (known, self.options)
    }

    pub(super) fn cluster(&self) -> &Cluster {
        self.holder.cluster()
    }
}

/// Connects to all of them and reads them at once; returns those that could be read and the errors of those that could not.
///
/// # Errors
/// All that a person has to decide first, joined with those of the unread ones; and the latter where fewer than two are left.
pub(super) async fn gather(
    requests: Vec<MemberRequest>,
    named: bool,
    job: &Job<'_>,
) -> Result<(Vec<Member>, Vec<Error>), Error> {
    let reading = async {
        let pool = Pool::default();
        Ok(fan_out(requests, |request| member(request, job, &pool)).await)
    };
    let results = job.interrupt.or(reading).await?;
    let (mut members, mut lost, mut wrong) = (Vec::<Member>::new(), Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok((member, events)) => {
                for event in events {
                    job.events.report(event)?;
                }
                match same(&member, &members) {
                    Some(other) if named => wrong.push(same_cluster(&member, other)),
                    Some(other) => job.note(format!(
                        "context {} is the same cluster as {} and is skipped",
                        member.context(),
                        other.context()
                    ))?,
                    None => members.push(member),
                }
            }
            Err(error) if concerns_one_cluster(&error) || cluster_name::is_about_a_name(&error) => {
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
                "only one cluster is left, and at least two are required",
            ));
        }
    }
    Error::all(wrong).map_or(Ok((members, lost)), Err)
}

async fn member(
    request: MemberRequest,
    job: &Job<'_>,
    pool: &Pool,
) -> Result<(Member, Vec<Event>), Error> {
    let MemberRequest {
        target,
        role,
        options,
    } = request;
    let server = options.server.as_deref().unwrap_or(target.server());
    let server = server.to_owned();
    server::check_url(&server)?;
    let cluster = job.connector.connect(target).await?;
    if let (Some(dead), false) = (server::dead(&server), options.allow_loopback) {
        let refusal = candidates::refusal(&cluster, &server, dead, &options).await;
        return Err(refusal.unwrap_or_else(|error| error));
    }
    let (remote, space) = futures::join!(
        observe(&cluster, &options),
        reach::space(&cluster, &options, pool)
    );
    let (remote, space) = (remote?, space?);
    let chosen = cluster_name::choose(&options, &remote, cluster.context())?;
    let context = cluster.context().to_owned();
    let mut events = chosen.events(&format!("context {context}: "));
    if server.starts_with("http://") {
        events.push(Event::warning(format!(
            "context {context}: server {server} is spoken to without TLS: istiod sends no credential there"
        )));
    }
    let istiods = remote.istiods.clone().map(|names| names.known);
    let holder = Holder::new(cluster, remote.identity.clone(), istiods, space);
    events.extend(holder.skipped(&options).into_iter().map(Event::warning));
    Ok((
        Member {
            role,
            options,
            server,
            name: chosen.cluster,
            remote,
            holder: Rc::new(holder),
        },
        events,
    ))
}

fn same<'m>(member: &Member, others: &'m [Member]) -> Option<&'m Member> {
    others
        .iter()
        .find(|other| other.remote.identity.is(&member.remote.identity))
}

fn same_cluster(member: &Member, other: &Member) -> Error {
    Error::usage(format!(
        "contexts {} and {} are the same cluster",
        other.context(),
        member.context()
    ))
    .hint(format!("omit context {}", member.context()))
}

/// Two clusters of one name cannot be told apart: each istiod drops the other's secret as its own.
fn same_names(members: &[Member]) -> Vec<Error> {
    let numbered = members.iter().enumerate();
    numbered
        .filter_map(|(number, member)| {
            let namesake = members[..number].iter().find(|other| other.name == member.name)?;
            let error = Error::usage(format!(
                "the clusters of contexts {} and {} have the same name {}",
                namesake.context(),
                member.context(),
                member.name
            ));
            let given = [member, namesake].into_iter().find(|one| one.options.name.is_some());
            Some(match given {
                Some(one) => error.hint(
                    Step::new(format!("give context {} another name with ", one.context()))
                        .knob(Knob::Name),
                ),
                None => error.hint("set another values.global.multiCluster.clusterName for one of them and upgrade its istiod"),
            })
        })
        .collect()
}
