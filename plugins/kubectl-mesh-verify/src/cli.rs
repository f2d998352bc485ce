//! The arguments, and nothing else: their help is the documentation that users read first.

use clap::{Parser, Subcommand};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::completion::CompletionArgs;
use mesh_common::terminal::flags::VerbosityFlags;
use mesh_common::terminal::{Call, Plugin};

use crate::args::VerifyArgs;
use crate::catalogue::{self, ChecksArgs};
use crate::explain::{self, ExplainArgs};
use crate::snapshot::{self, SnapshotArgs};
use crate::verb;

/// Verify a multi-cluster Istio mesh: what is wrong, why, and which command fixes it
///
/// Reads every cluster at once, asks each istiod which clusters and gateways it knows, tests the credentials of the remote
/// secrets and the ports of the east-west gateways, and lists each problem once, under its cause. Nothing is written. Without --context, --all-contexts or -f, the clusters are the
/// current context's and those that its remote secrets give access to.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  # The current cluster, and those that its remote secrets give access to
  kubectl mesh-verify

  # Three clusters that should be one mesh
  kubectl mesh-verify --context east,west,north

  # The mesh of a file, which names its clusters and which of them read which
  kubectl mesh-verify -f mesh.yaml

  # In CI: fail on warnings too, one line for each finding
  kubectl mesh-verify --context east,west --fail-on warning -o short

  # The secrets only, and without one finding that is accepted
  kubectl mesh-verify --only 'secret-*' --skip secret-rbac@east/west

  # The mesh as it was when a snapshot was taken, without access to its clusters
  kubectl mesh-verify snapshot mesh.json --context east,west
  kubectl mesh-verify --from mesh.json

  # What does this check mean?
  kubectl mesh-verify explain secret-token-invalid

Exit codes: 0 success, 1 findings at or above --fail-on, 2 error, 3 a cluster was not read, 130 Ctrl-C.")]
pub struct Cli {
    #[command(flatten)]
    verbosity: VerbosityFlags,
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    arguments: VerifyArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Checks(ChecksArgs),
    Explain(ExplainArgs),
    Snapshot(Box<SnapshotArgs>),
    Completion(CompletionArgs),
}

impl Plugin for Cli {
    const TYPED: &'static str = "kubectl mesh-verify";

    fn verbosity(&self) -> u8 {
        self.verbosity.level()
    }

    async fn run(self, call: Call<'_>) -> Result<Exit, Error> {
        match self.verb {
            Some(Verb::Completion(arguments)) => call.complete::<Self>(arguments),
            Some(Verb::Checks(arguments)) => catalogue::run(&arguments, call.streams),
            Some(Verb::Explain(arguments)) => explain::run(&arguments, call.streams),
            Some(Verb::Snapshot(arguments)) => call.run(snapshot::run, arguments).await,
            None => call.run(verb::run, Box::new(self.arguments)).await,
        }
    }
}

/// What the plugin calls itself to servers.
pub(crate) const SELF: &str = concat!("kubectl-mesh-verify/", env!("CARGO_PKG_VERSION"));
