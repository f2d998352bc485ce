//! The verb from its arguments to its exit code.

use mesh_common::client::{Connector, Interrupt};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::secret::exchange::{MemberRequest, Request};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::ExchangeArgs;
use super::prune;
use super::resolve::Order;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: ExchangeArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    arguments.entry.refuse()?;
    let kubeconfig = arguments.connect.load(environment)?;
    let order = Order::resolve(&arguments, &kubeconfig)?;
    let (mut members, mut lost, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for member in order.members {
        let overrides = arguments.connect.overrides(Some(&member.context));
        match kubeconfig.target(&overrides) {
            Ok(target) => members.push(MemberRequest {
                target,
                role: member.role,
                options: member.options,
            }),
            Err(error) if order.named => wrong.push(error),
            Err(error) => lost.push(error),
        }
    }
    if let Some(error) = Error::all(wrong) {
        return Err(error);
    }
    let request = Request {
        members,
        named: order.named,
        lost,
        options: order.options,
        prune: arguments.prune,
    };
    let connector = connector(environment, SELF, streams.interactive);
    let planning = job(&connector, environment, interrupt, streams);
    let exchange = request.plan(&kubeconfig, &planning).await?;
    prune::agree(
        exchange.leftovers(),
        arguments.confirm,
        exchange.dry_run(),
        interrupt,
        streams,
    )
    .await?;
    exchange
        .carry_out(&job(&connector, environment, interrupt, streams))
        .await
}

fn job<'a>(
    connector: &'a Connector,
    environment: &Environment,
    interrupt: &'a Interrupt,
    streams: &'a Streams,
) -> Job<'a> {
    Job {
        connector,
        interrupt,
        events: streams,
        applied_by: SELF,
        now: environment.now,
    }
}
