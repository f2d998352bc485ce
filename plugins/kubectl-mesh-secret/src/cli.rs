//! The arguments, and nothing else: their help is the documentation that users read first.

use clap::{Parser, Subcommand};
use mesh_common::client::Interrupt;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::completion::CompletionArgs;
use mesh_common::terminal::flags::VerbosityFlags;
use mesh_common::terminal::{Environment, Plugin, Streams};

use crate::create::{self, CreateArgs};
use crate::delete::{self, DeleteArgs};
use crate::exchange::{self, ExchangeArgs};
use crate::inspect::{self, InspectArgs};
use crate::list::{self, ListArgs};
use crate::rotate::{self, RotateArgs};

/// Give one cluster's Istio control plane the credential to read another cluster
///
/// A remote secret lives in the cluster whose istiod reads (the holder) and leads to the cluster that is read (the
/// source). Two clusters see each other when each holds a secret for the other.
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
  # Let east's istiod read west
  kubectl mesh-secret create --context west --name west \\
    | kubectl --context east apply -f -

  # The same without a pipe
  kubectl mesh-secret create --context west --name west --into east

  # What do the secrets in east hold, and do they work?
  kubectl mesh-secret inspect --context east --probe

  # Who holds a secret for whom?
  kubectl mesh-secret list --all-contexts

Exit codes: 0 fine, 1 findings, 2 it could not be done, 3 done in part, 4 a wait ran out, 130 Ctrl-C.")]
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

    async fn run(
        self,
        environment: &Environment,
        interrupt: &Interrupt,
        streams: &mut Streams,
    ) -> Result<Exit, Error> {
        match self.verb {
            Verb::Completion(arguments) => arguments.run(Self::TYPED, environment, streams),
            Verb::Create(arguments) => {
                Box::pin(create::run(*arguments, environment, interrupt, streams)).await
            }
            Verb::Delete(arguments) => {
                Box::pin(delete::run(*arguments, environment, interrupt, streams)).await
            }
            Verb::Exchange(arguments) => {
                Box::pin(exchange::run(*arguments, environment, interrupt, streams)).await
            }
            Verb::Inspect(arguments) => {
                Box::pin(inspect::run(*arguments, environment, interrupt, streams)).await
            }
            Verb::List(arguments) => {
                Box::pin(list::run(*arguments, environment, interrupt, streams)).await
            }
            Verb::Rotate(arguments) => {
                Box::pin(rotate::run(*arguments, environment, interrupt, streams)).await
            }
        }
    }
}

/// What the plugin calls itself to servers, and in the annotation on what it applies.
pub(crate) const SELF: &str = concat!("kubectl-mesh-secret/", env!("CARGO_PKG_VERSION"));
