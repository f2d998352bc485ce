//! The arguments, and nothing else: their help is the documentation that users read first.

use clap::{Parser, Subcommand};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::completion::CompletionArgs;
use mesh_common::terminal::flags::VerbosityFlags;
use mesh_common::terminal::{Call, Plugin};

use crate::control_plane::{self, ControlPlaneArgs};
use crate::global::{self, GlobalArgs};
use crate::network::{self, NetworkArgs};
use crate::show::{self, ShowArgs};

/// Label networks, mesh-wide Services and control planes in the clusters of an Istio mesh
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  # East and west are on different networks
  kubectl mesh-label network east=net-a west=net-b

  # Ambient mode: make the Service web mesh-wide
  kubectl mesh-label global shop/web --context east,west

  # East's control plane manages the remote cluster west
  kubectl mesh-label control-plane east --context west

  # Compare network and cluster name of all parts of the clusters
  kubectl mesh-label show --context east,west

Exit codes: 0 success, 1 drift, 2 error, 3 a cluster was skipped, 130 Ctrl-C.")]
pub struct Cli {
    #[command(flatten)]
    verbosity: VerbosityFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Network(Box<NetworkArgs>),
    Global(Box<GlobalArgs>),
    ControlPlane(Box<ControlPlaneArgs>),
    Show(Box<ShowArgs>),
    Completion(CompletionArgs),
}

impl Plugin for Cli {
    const TYPED: &'static str = "kubectl mesh-label";

    fn verbosity(&self) -> u8 {
        self.verbosity.level()
    }

    async fn run(self, call: Call<'_>) -> Result<Exit, Error> {
        match self.verb {
            Verb::Completion(arguments) => call.complete::<Self>(arguments),
            Verb::Network(arguments) => call.run(network::run, arguments).await,
            Verb::Global(arguments) => call.run(global::run, arguments).await,
            Verb::Show(arguments) => call.run(show::run, arguments).await,
            Verb::ControlPlane(arguments) => call.run(control_plane::run, arguments).await,
        }
    }
}

/// The name of the plugin in requests and in the annotation on the objects that it creates.
pub(crate) const SELF: &str = concat!("kubectl-mesh-label/", env!("CARGO_PKG_VERSION"));
