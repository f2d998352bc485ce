//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::yaml::to_documents;
use mesh_common::model::{Error, Exit, exposure};
use mesh_common::ops::gateway::live::{self, IstioState};
use mesh_common::terminal::flags::{connector, given};
use mesh_common::terminal::{Environment, Streams};

use super::args::{ExposeArgs, Exposed, GatewayFlags};
use super::options;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: ExposeArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let mut warnings = Vec::new();
    let objects = match arguments.what {
        Exposed::Services(arguments) => {
            let asked = options::services(&arguments)?;
            let flags = &arguments.gateway;
            exposure::services(
                &match read(flags, environment, interrupt, streams, &mut warnings).await? {
                    Some(live) => live::services(live, &asked)?,
                    None => asked.services(),
                },
            )
        }
        Exposed::Istiod(arguments) => {
            let asked = options::istiod(&arguments)?;
            let flags = &arguments.gateway;
            exposure::istiod(
                &match read(flags, environment, interrupt, streams, &mut warnings).await? {
                    Some(live) => live::istiod(live, asked)?,
                    None => asked.istiod(),
                },
            )
        }
    };
    for warning in warnings {
        streams.warn(&warning);
    }
    streams.data(&to_documents(&objects))?;
    Ok(Exit::Fine)
}

/// Reads the cluster that `--from-context` names, if it names one.
async fn read(
    flags: &GatewayFlags,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &Streams,
    warnings: &mut Vec<String>,
) -> Result<Option<IstioState>, Error> {
    let Some(context) = given(flags.from_context.as_deref()) else {
        return Ok(None);
    };
    let kubeconfig = flags.connect.load(environment)?;
    let target = kubeconfig.target(&flags.connect.overrides(Some(&context)))?;
    let connector = connector(environment, SELF, streams.interactive);
    let read = Box::pin(async {
        let cluster = connector.connect(target).await?;
        live::observe(&cluster, flags.namespace.named()).await
    });
    let live = interrupt.or(read).await?;
    warnings.extend(live.warnings());
    Ok(Some(live))
}
