//! `network`: the network of a cluster, as a label on Istio's namespace.

use clap::Args;
use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Interrupt, Target};
use mesh_common::model::command::Knob;
use mesh_common::model::metadata::MetadataField;
use mesh_common::model::names::NETWORK_LABEL;
use mesh_common::model::network::{NetworkName, misspelled_labels};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::metadata::{self, ClusterTask, IfMissing, ObjectName, Request};
use mesh_common::terminal::flags::{ContextFlags, NamespaceFlags, connector};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::reading::targets;
use mesh_common::terminal::{Environment, Streams};

use crate::cli::SELF;
use crate::write_flags::WriteFlags;

/// Set the network of a cluster: the label topology.istio.io/network of Istio's namespace
///
/// Clusters whose pods reach each other directly are on one network; all others need a network of their own and an
/// east-west gateway. A label that is set already is not written, and nothing is written before all clusters were checked.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # The cluster of the current context
  kubectl mesh-label network net-a

  # Several clusters, each by its context
  kubectl mesh-label network east=net-a west=net-b

  # Before Istio is installed
  kubectl mesh-label network net-a --context east --create-namespace

  # Remove the label
  kubectl mesh-label network --remove --context east")]
pub(crate) struct NetworkArgs {
    /// The network, or CONTEXT=NETWORK for each of several clusters
    #[arg(
        value_name = "NETWORK",
        required_unless_present = "remove",
        conflicts_with = "remove"
    )]
    pub networks: Vec<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    /// Create Istio's namespace where it is missing
    #[arg(long, conflicts_with = "remove")]
    pub create_namespace: bool,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

pub(crate) async fn run(
    arguments: NetworkArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = &arguments.contexts;
    let desired = desired_networks(
        &arguments.networks,
        contexts.resolve(&kubeconfig),
        !contexts.is_empty(),
    )?;
    let request = Request {
        if_missing: if arguments.create_namespace {
            IfMissing::Create
        } else {
            IfMissing::RefuseUnless(Knob::CreateNamespace)
        },
        ..arguments.write.request(MetadataField::Label(NETWORK_LABEL))
    };
    let (contexts, values): (Vec<_>, Vec<_>) = desired.into_iter().unzip();
    let namespace = ObjectName {
        namespace: None,
        name: arguments.namespace.resolve().to_owned(),
    };
    let targets = targets(&kubeconfig, &arguments.connect, &contexts)?;
    let tasks = targets
        .into_iter()
        .zip(values)
        .map(|(target, value)| ClusterTask {
            target,
            objects: vec![namespace.clone()],
            value,
        })
        .collect();
    let warnings =
        |namespace: &Namespace, target: &Target| misspelled_labels(namespace, &target.described());
    let connector = connector(environment, SELF, streams.interactive);
    let job = Job {
        connector: &connector,
        interrupt,
        events: &*streams,
        applied_by: SELF,
        now: environment.now,
    };
    metadata::run(&request, tasks, warnings, job).await
}

/// A context (`None` is the current one) and its network (`None` is none).
type DesiredNetwork = (Option<String>, Option<String>);

/// Reads one NETWORK for all `contexts`, or CONTEXT=NETWORK pairs; without any the label is removed.
///
/// # Errors
/// Both forms at once, several networks without their contexts, a context named twice, an invalid network.
fn desired_networks(
    networks: &[String],
    contexts: Vec<Option<String>>,
    has_contexts: bool,
) -> Result<Vec<DesiredNetwork>, Error> {
    // A context's name may hold the sign, a network's cannot.
    let pairs: Vec<(&str, &str)> = networks
        .iter()
        .filter_map(|text| text.rsplit_once('='))
        .collect();
    match networks {
        [] => Ok(contexts
            .into_iter()
            .map(|context| (context, None))
            .collect()),
        [network] if pairs.is_empty() => {
            let network: NetworkName = network.parse()?;
            let of = |context| (context, Some(network.to_string()));
            Ok(contexts.into_iter().map(of).collect())
        }
        all if pairs.len() < all.len() => Err(Error::usage(format!(
            "several networks need their contexts: {}",
            all.join(" ")
        ))
        .hint("name a network for each context, such as: east=net-a west=net-b")),
        _ if has_contexts => Err(Error::usage(
            "--context and CONTEXT=NETWORK both say which cluster",
        )
        .hint("omit --context, or name one network for all of its contexts")),
        _ => from_pairs(&pairs),
    }
}

fn from_pairs(pairs: &[(&str, &str)]) -> Result<Vec<DesiredNetwork>, Error> {
    let (mut desired, mut errors) = (Vec::<DesiredNetwork>::new(), Vec::new());
    for (context, network) in pairs {
        if context.is_empty() {
            errors.push(Error::usage(format!("={network} names no context")));
        } else if desired
            .iter()
            .any(|(other, _)| other.as_deref() == Some(context))
        {
            errors.push(Error::usage(format!("context {context} is named twice")));
        } else {
            match network.parse::<NetworkName>() {
                Ok(network) => {
                    desired.push((Some((*context).to_owned()), Some(network.to_string())));
                }
                Err(error) => errors.push(error),
            }
        }
    }
    Error::all(errors).map_or(Ok(desired), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(networks: &[&str], contexts: &[&str]) -> Result<Vec<String>, String> {
        let networks: Vec<String> = networks.iter().map(|&text| text.to_owned()).collect();
        let named = contexts.iter().map(|&text| Some(text.to_owned()));
        let all = if contexts.is_empty() {
            vec![None]
        } else {
            named.collect()
        };
        let show = |(context, network): DesiredNetwork| {
            format!(
                "{}:{}",
                context.unwrap_or_default(),
                network.unwrap_or_default()
            )
        };
        desired_networks(&networks, all, !contexts.is_empty())
            .map(|desired| desired.into_iter().map(show).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn one_network_or_pairs() {
        for (networks, contexts, expected) in [
            (vec!["n"], vec![], vec![":n"]),
            (vec!["n"], vec!["a", "b"], vec!["a:n", "b:n"]),
            (vec!["a=n", "b=m"], vec![], vec!["a:n", "b:m"]),
            (vec!["x=y=n"], vec![], vec!["x=y:n"]),
            (vec![], vec!["a"], vec!["a:"]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(read(&networks, &contexts), Ok(expected));
        }
    }

    #[test]
    fn a_cluster_without_a_network_is_refused() {
        for (networks, contexts) in [
            (vec!["n", "m"], vec![]),
            (vec!["a=n", "m"], vec![]),
            (vec!["a=n"], vec!["b"]),
            (vec!["a=n", "a=m"], vec![]),
            (vec!["=n"], vec![]),
            (vec!["a="], vec![]),
            (vec!["n m"], vec![]),
        ] {
            assert!(read(&networks, &contexts).is_err(), "{networks:?}");
        }
    }
}
