//! Reads the clusters that the arguments select: the named ones, all, or the current one and those that its remote secrets
//! give access to.

use std::collections::BTreeSet;
use std::time::Duration;

use mesh_common::client::{CredentialKind, Target};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::model::exposure::Revision;
use mesh_common::model::secret::Contexts;
use mesh_common::model::snapshot::{Asked, MeshSnapshot};
use mesh_common::model::topology::Topology;
use mesh_common::ops::Fleet;
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::ops::snapshot::ReadCluster;
use mesh_common::ops::verify::{Depth, ReadMesh, Stage, observed, read_member};
use mesh_common::terminal::Environment;
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::progress::Progress;
use mesh_common::terminal::reading::read_contexts;

use crate::args::ReadFlags;
use crate::cli::SELF;
use crate::{revision, topology};

/// The limit for one answer to a credential, unless --request-timeout sets another one.
const CREDENTIAL_ANSWER: Duration = Duration::from_secs(10);

type Read = Vec<(String, Result<ReadCluster, Error>)>;

/// A mesh that was read, and what is to be told beside the report.
pub(crate) struct Observed {
    /// The mesh.
    pub read: ReadMesh,
    /// The number of contexts that were not read, if no flag selects any.
    pub not_read: Option<usize>,
    /// The note about clusters without the revision that was asked for.
    pub note: Option<String>,
}

/// Reads and tests the mesh.
pub(crate) async fn observe(
    arguments: &ReadFlags,
    environment: &Environment,
    interactive: bool,
    progress: &Progress<'_>,
) -> Result<Observed, Error> {
    let asked_revision = arguments.revision.as_deref();
    let asked_revision: Option<Revision> = asked_revision.map(str::parse).transpose()?;
    let topology = topology::read(arguments)?;
    let connector = &connector(environment, SELF, interactive);
    let kubeconfig = arguments.connect.load(environment)?;
    let selected = match &topology {
        Some(topology) => {
            let known: Vec<&str> = kubeconfig.context_names().collect();
            topology.check_contexts(&known)?;
            topology::contexts(topology)
        }
        None => arguments.contexts.clone(),
    };
    let overrides = |context: &str| arguments.connect.holder_overrides(context);
    let named = topology.as_ref().and_then(|mesh| mesh.namespace.as_deref());
    let namespace = named.unwrap_or(arguments.namespace.resolve());
    let known = RemoteClusters::new(Some(&kubeconfig), overrides, None, namespace)?;
    let contexts = known.contexts();
    let depth = Depth {
        namespace,
        revision: asked_revision.as_ref(),
        gateway_probes: !arguments.tests.no_probes,
        istiod_pages: !arguments.tests.no_istiod,
        credential_checks: !arguments.tests.no_credential_checks,
        answer: arguments.timeout,
        cluster: Some(arguments.cluster_timeout).filter(|limit| !limit.is_zero()),
        objects: usize::try_from(arguments.limit).unwrap_or(usize::MAX),
        credential_answer: arguments
            .connect
            .request_timeout
            .unwrap_or(CREDENTIAL_ANSWER),
    };
    let read_one = |target: Target| async move {
        let context = target.context().to_owned();
        let at = |stage| progress.waits(&context, word(stage));
        progress.waits(&context, "connecting");
        let has_plugin = target.credential().kind() == CredentialKind::Exec;
        let connecting = connector.connect(target);
        let connected = if has_plugin {
            // The plugin may talk to a person.
            progress.hidden(connecting).await
        } else {
            connecting.await
        };
        let read = match connected {
            Ok(cluster) => Box::pin(read_member(&cluster, depth, &at)).await,
            Err(error) => Err(error),
        };
        progress.ends(&context);
        read
    };
    let mut read: Read =
        read_contexts(&kubeconfig, &arguments.connect, &selected, read_one).await?;
    let is_alone = selected.named.is_empty() && !selected.all_contexts;
    if is_alone {
        let remotes = connected(&read, contexts);
        let remotes: Vec<Option<String>> = remotes.into_iter().map(Some).collect();
        let overrides = |context: Option<&str>| {
            let context = context.unwrap_or_default();
            arguments.connect.holder_overrides(context)
        };
        let fleet = Fleet::named(&kubeconfig, &remotes, overrides)?;
        read.extend(fleet.read(read_one).await);
    }
    let note = match &asked_revision {
        Some(revision) => {
            let clusters = read.iter().filter_map(|(_, read)| read.as_ref().ok());
            let clusters: Vec<_> = clusters.map(|read| &read.snapshot).collect();
            revision::check(revision, &clusters)?
        }
        None => None,
    };
    let others = kubeconfig
        .context_names()
        .count()
        .saturating_sub(read.len());
    // All clusters were read already, so no context is read again for the cluster of a credential.
    let no_contexts = RemoteClusters::new(None, overrides, None, namespace)?;
    let means = (contexts, connector, &no_contexts);
    let asked = Asked {
        istio_namespace: namespace.to_owned(),
        are_named: !selected.all_contexts,
        allow_loopback: arguments.allow_loopback,
        expected_pairs: topology.as_ref().map(Topology::expected_pairs),
    };
    if depth.credential_checks {
        progress.waits("remote secrets", "testing their credentials");
    }
    let mut mesh = Box::pin(observed(environment.now, read, depth, asked, means)).await;
    SELF.clone_into(&mut mesh.mesh.taken_by);
    Ok(Observed {
        read: mesh,
        not_read: is_alone.then_some(others),
        note,
    })
}

/// Returns the words for what is waited for in a cluster.
fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Objects => "reading its objects",
        Stage::Istiods => "asking its istiods",
        Stage::Gateways => "asking its gateways",
    }
}

/// Returns what a snapshot holds, as if it had been read now.
pub(crate) fn from_snapshot(mesh: MeshSnapshot) -> Observed {
    let lost = mesh.unreached.iter();
    let lost = lost.map(|one| Error::new(Kind::Unreachable, one.reason.clone()));
    Observed {
        read: ReadMesh {
            lost: lost.collect(),
            mesh,
        },
        not_read: None,
        note: None,
    }
}

/// Returns the note about contexts that were not read, where nobody named any.
pub(crate) fn others_note(not_read: Option<usize>, done: &str) -> Option<String> {
    let others = not_read.filter(|others| *others > 0)?;
    Some(format!(
        "the current context and the clusters of its remote secrets were {done}; {others} other contexts of the kubeconfig were not read, --all-contexts reads them"
    ))
}

/// Returns the contexts that the remote secrets of the clusters give access to, but for those that were read.
fn connected(read: &Read, contexts: &Contexts) -> BTreeSet<String> {
    let members = read.iter().filter_map(|(_, member)| member.as_ref().ok());
    let secrets = members.flat_map(|member| member.snapshot.secrets_of_namespace());
    let addresses = secrets.flat_map(|facts| {
        let judged = facts.all_judged().iter();
        judged.filter_map(|(_, judged)| judged.address())
    });
    let found = addresses.filter_map(|address| contexts.context_of(&address).map(str::to_owned));
    let mut found: BTreeSet<String> = found.collect();
    for (context, _) in read {
        found.remove(context);
    }
    found
}
