//! The arguments, and nothing else: their help is the documentation that users read first.

use clap::{Parser, Subcommand};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::completion::CompletionArgs;
use mesh_common::terminal::flags::VerbosityFlags;
use mesh_common::terminal::{Call, Plugin};

use crate::apply::{self, ApplyArgs};
use crate::expose::{self, ExposeArgs};
use crate::generate::{self, GenerateArgs};
use crate::status::{self, StatusArgs};
use crate::wait::{self, WaitArgs};

/// Run the east-west gateway of each cluster in an Istio mesh, and expose services through it
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
  # The gateway of a cluster on network1, for istioctl
  kubectl mesh-eastwest generate --network network1 --format iop |
    istioctl install -y -f -

  # Expose the services of the cluster through it
  kubectl mesh-eastwest expose services | kubectl apply -f -

  # Wait until the gateways have addresses
  kubectl mesh-eastwest wait --context east,west --timeout 10m

  # Show the gateways, and what answers at their ports
  kubectl mesh-eastwest status --context east,west

Exit codes: 0 success, 1 findings, 2 error, 3 a cluster was skipped, 4 timed out, 130 Ctrl-C.")]
pub struct Cli {
    #[command(flatten)]
    verbosity: VerbosityFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Apply(Box<ApplyArgs>),
    Generate(Box<GenerateArgs>),
    Expose(Box<ExposeArgs>),
    Status(Box<StatusArgs>),
    Wait(Box<WaitArgs>),
    Completion(CompletionArgs),
}

impl Plugin for Cli {
    const TYPED: &'static str = "kubectl mesh-eastwest";

    fn verbosity(&self) -> u8 {
        self.verbosity.level()
    }

    async fn run(self, call: Call<'_>) -> Result<Exit, Error> {
        match self.verb {
            Verb::Completion(arguments) => call.complete::<Self>(arguments),
            Verb::Apply(arguments) => call.run(apply::run, arguments).await,
            Verb::Generate(arguments) => generate::run(&arguments, call.streams),
            Verb::Expose(arguments) => call.run(expose::run, arguments).await,
            Verb::Status(arguments) => call.run(status::run, arguments).await,
            Verb::Wait(arguments) => call.run(wait::run, arguments).await,
        }
    }
}

/// The name of the plugin in requests and in the annotation on the objects that it creates.
pub(crate) const SELF: &str = concat!("kubectl-mesh-eastwest/", env!("CARGO_PKG_VERSION"));
