//! The arguments, and nothing else: their help is the documentation that users read first.

use clap::{Parser, Subcommand};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::completion::CompletionArgs;
use mesh_common::terminal::flags::VerbosityFlags;
use mesh_common::terminal::{Call, Plugin};

use crate::create::{self, CreateArgs};
use crate::delete::{self, DeleteArgs};
use crate::exchange::{self, ExchangeArgs};
use crate::inspect::{self, InspectArgs};
use crate::list::{self, ListArgs};
use crate::rotate::{self, RotateArgs};

/// Give the Istio control plane of one cluster access to another cluster
///
/// A remote secret is stored in the cluster whose istiod uses it (the holder) and gives access to the API server of
/// another cluster (the remote cluster). Two clusters discover each other's services when each holds a secret for the
/// other.
#[derive(Parser)]
#[command(
    version,
    about,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  # Give istiod in east access to west
  kubectl mesh-secret create --context west --name west \\
    | kubectl --context east apply -f -

  # The same without a pipe
  kubectl mesh-secret create --context west --name west --into east

  # Show the remote secrets in east, and test them
  kubectl mesh-secret inspect --context east --probe

  # Show which cluster has a secret for which other cluster
  kubectl mesh-secret list --all-contexts

Exit codes: 0 success, 1 findings, 2 error, 3 a cluster was skipped, 4 timed out, 130 Ctrl-C.")]
pub struct Cli {
    #[command(flatten)]
    verbosity: VerbosityFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Create(Box<CreateArgs>),
    Delete(Box<DeleteArgs>),
    Exchange(Box<ExchangeArgs>),
    Inspect(Box<InspectArgs>),
    List(Box<ListArgs>),
    Rotate(Box<RotateArgs>),
    Completion(CompletionArgs),
}

impl Plugin for Cli {
    const TYPED: &'static str = "kubectl mesh-secret";

    fn verbosity(&self) -> u8 {
        self.verbosity.level()
    }

    async fn run(self, call: Call<'_>) -> Result<Exit, Error> {
        match self.verb {
            Verb::Completion(arguments) => call.complete::<Self>(arguments),
            Verb::Create(arguments) => call.run(create::run, arguments).await,
            Verb::Delete(arguments) => call.run(delete::run, arguments).await,
            Verb::Exchange(arguments) => call.run(exchange::run, arguments).await,
            Verb::Inspect(arguments) => call.run(inspect::run, arguments).await,
            Verb::List(arguments) => call.run(list::run, arguments).await,
            Verb::Rotate(arguments) => call.run(rotate::run, arguments).await,
        }
    }
}

/// The name of the plugin in requests and in the annotation on the objects that it applies.
pub(crate) const SELF: &str = concat!("kubectl-mesh-secret/", env!("CARGO_PKG_VERSION"));
