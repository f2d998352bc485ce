//! The verb from its arguments to its exit code.

use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Interrupt, Streams};

use super::args::RotateArgs;
use super::entries::entries;
use super::lineage::Registry;
use super::observe::{Seen, observe};
use super::plan::Rotation;
use super::resolve::Order;
use super::steps::Work;
use crate::cli::SELF;
use crate::held::normal_server;

pub(crate) async fn run(
    arguments: RotateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let mut order = Order::resolve(&arguments, &kubeconfig)?;
    let connector = connector(environment, SELF, streams.interactive);
    let namespace = order.namespace.clone();

    let asked = std::mem::take(&mut order.contexts);
    let reading = async { Ok(observe(asked, &namespace, &connector).await) };
    let mut seen = interrupt.or(reading).await?;
    let sources = order.possible_sources(|server| seen.leads_to(server));
    let reading = async { Ok(observe(sources, &namespace, &connector).await) };
    seen.add(interrupt.or(reading).await?);
    for note in &seen.doubles {
        streams.say(note);
    }
    if seen.places.is_empty() {
        let lost = seen.unread.into_iter().map(|one| one.error);
        return Err(
            Error::all(lost).unwrap_or_else(|| Error::usage("the kubeconfig has no context"))
        );
    }

    let (all, unfit): (Vec<_>, Vec<_>) = seen
        .places
        .iter()
        .enumerate()
        .map(|(number, place)| entries(number, &place.secrets))
        .unzip();
    let (all, unfit): (Vec<_>, Vec<_>) = (all.concat(), unfit.into_iter().flatten().collect());
    let chosen = order.wanted.select(&all, &unfit, &seen.places)?;
    let mut registry = Registry::new(&seen, &namespace, order.source_context.as_deref());
    let lineages = interrupt.or(registry.lineages(&chosen)).await?;
    let rotations: Vec<Rotation> = lineages
        .into_iter()
        .map(|lineage| Rotation::of(lineage, &all))
        .filter(|rotation| rotation.is_due(order.due, environment.now))
        .collect();
    if rotations.is_empty() {
        streams.say("no token is due");
        return Ok(seen.say_left_out(streams));
    }
    let strangers = rotations.iter().filter(|_| !order.force_conflicts);
    let strangers = strangers.flat_map(|rotation| rotation.strangers(&seen.places));
    if let Some(error) = Error::all(strangers) {
        return Err(error);
    }

    let work = Work {
        order: &order,
        connector: &connector,
        interrupt,
        streams,
        seen: &seen,
    };
    let (mut exit, mut failed) = (Exit::Fine, Vec::new());
    // One after the other: an istiod's counter does not say which secret it has heard of.
    for rotation in &rotations {
        match Box::pin(work.rotate(rotation)).await {
            Ok(one) => exit = exit.worse(one),
            Err(error) => {
                let stops = error.exit() == Exit::Interrupted;
                failed.push(error);
                if stops {
                    break;
                }
            }
        }
    }
    // Where a token may have other holders, that was said with it.
    if rotations.iter().all(Rotation::is_for_one) {
        exit = exit.worse(seen.say_left_out(streams));
    }
    Error::all(failed).map_or(Ok(exit), Err)
}

impl Seen {
    /// Says which holders could not be read.
    fn say_left_out(&self, streams: &Streams) -> Exit {
        let mut exit = Exit::Fine;
        for one in self.unread.iter().filter(|one| one.named) {
            streams.warn(&format!(
                "{}; its secrets are left out",
                one.error.in_one_line()
            ));
            exit = Exit::Partial;
        }
        exit
    }

    /// Whether some secret leads to this server.
    fn leads_to(&self, server: &str) -> bool {
        let server = normal_server(server);
        let mut all = self
            .places
            .iter()
            .enumerate()
            .flat_map(|(number, place)| entries(number, &place.secrets).0);
        all.any(|entry| normal_server(&entry.server) == server)
    }
}
