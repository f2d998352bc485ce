//! The smallest plugin on the shared crates: one verb that reads one object of one cluster.
//!
//! All that goes wrong between the command line and the first answer of an API server is the same in every plugin. It is
//! proven here, once; the plugins keep a few rows for each verb. This program is not shipped.

use clap::{Args, Parser, Subcommand};
use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::Interrupt;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::{NamespaceFlags, VerbosityFlags, connector};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::{Call, Environment, Plugin, Streams};

/// Read one object of one cluster
#[derive(Debug, Parser)]
#[command(version, about, subcommand_required = true)]
struct Cli {
    #[command(flatten)]
    verbosity: VerbosityFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Read(Box<ReadArgs>),
}

/// Read Istio's namespace
#[derive(Debug, Args)]
struct ReadArgs {
    /// Kubeconfig context of the cluster [default: the current context]
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    #[command(flatten)]
    namespace: NamespaceFlags,
    #[command(flatten)]
    connect: ConnectServerFlags,
}

impl Plugin for Cli {
    const TYPED: &'static str = "kubectl mesh-sample";

    fn verbosity(&self) -> u8 {
        self.verbosity.level()
    }

    async fn run(self, call: Call<'_>) -> Result<Exit, Error> {
        match self.verb {
            Verb::Read(arguments) => call.run(run, arguments).await,
        }
    }
}

async fn run(
    arguments: ReadArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let read = Box::pin(read(arguments, environment, streams));
    interrupt.or(read).await
}

async fn read(
    arguments: ReadArgs,
    environment: &Environment,
    streams: &Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let overrides = arguments.connect.overrides(arguments.context.as_deref());
    let connector = connector(environment, "mesh-sample", streams.interactive);
    let cluster = connector.connect(kubeconfig.target(&overrides)?).await?;
    let name = arguments.namespace.resolve();
    let found = cluster.get::<Namespace>(None, name).await?;
    let told = if found.is_some() {
        "is there"
    } else {
        "is missing"
    };
    streams.data(&format!("namespace/{name} {told}\n"))?;
    Ok(Exit::Fine)
}

fn main() -> std::process::ExitCode {
    mesh_common::terminal::run::<Cli>(std::env::args_os())
}
