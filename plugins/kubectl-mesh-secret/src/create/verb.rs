//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::remote_secret::RemoteSecret;
use mesh_common::model::yaml::to_yaml;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::secret::issue::{Issued, Request};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::CreateArgs;
use super::resolve::{Order, Output};
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: CreateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    for ignored in arguments.ignored() {
        streams.warn(&ignored);
    }
    let connect = arguments.entry.added_to(&arguments.connect);
    let context = arguments.context.clone();
    let order = Order::resolve(arguments)?;
    let kubeconfig = connect.load(environment)?;
    let remote = kubeconfig.target(&connect.overrides(context.as_deref()))?;
    let options = order.options_for(remote.context())?;
    let holders = order.into.iter();
    let holders =
        Error::gather(holders.map(|context| kubeconfig.target(&connect.holder_overrides(context))));
    let connector = connector(environment, SELF, streams.interactive);
    let job = Job {
        connector: &connector,
        interrupt,
        events: &*streams,
        applied_by: SELF,
        now: environment.now,
    };
    let request = Request {
        remote,
        holders: holders?,
        options,
    };
    let issue = Box::pin(request.plan(&kubeconfig, &job)).await?;
    match issue.carry_out(&job).await? {
        Issued::Applied(exit) => Ok(exit),
        Issued::Secret(Some(secret)) => print(&secret, &order.output, streams),
        Issued::Secret(None) => {
            streams
                .say("the secret itself is not shown: its token would only be made now (dry run)");
            Ok(Exit::Fine)
        }
    }
}

fn print(secret: &RemoteSecret, output: &Output, streams: &Streams) -> Result<Exit, Error> {
    let text = match output {
        Output::Manifest => secret.to_manifest(),
        Output::Yaml => to_yaml(&secret.to_printed()),
        Output::Json => format!("{:#}\n", secret.to_printed()),
        Output::Name => format!("secret/{}\n", secret.name()),
    };
    streams.data(&text)?;
    Ok(Exit::Fine)
}
