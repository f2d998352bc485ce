//! The verb from its arguments to its exit code.

use mesh_common::client::{Interrupt, with_lost};
use mesh_common::model::error::Kind;
use mesh_common::model::remote_cluster::normal_server;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::RotateArgs;
use super::entries::entries;
use super::observe::{Seen, observe};
use super::plan::Rotation;
use super::registry::Registry;
use super::resolve::Order;
use super::skipped::{Skipped, Where};
use super::steps::Work;
use super::unknown::unknown;
use crate::cli::SELF;
use mesh_common::ops::secret::presenter::Presenter;

pub(crate) async fn run(
    arguments: RotateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    arguments.entry.refuse()?;
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
    for line in &seen.not_compared {
        streams.warn(line);
    }
    if !seen.places.iter().any(|place| place.named) {
        let lost = seen.unread.into_iter().filter(|one| one.named);
        let lost = Error::all(lost.map(|one| one.error));
        return Err(lost.unwrap_or_else(|| Error::usage("the kubeconfig has no context")));
    }

    let (all, unfit): (Vec<_>, Vec<_>) = seen
        .places
        .iter()
        .enumerate()
        .map(|(number, place)| entries(number, &place.secrets))
        .unzip();
    let (all, unfit): (Vec<_>, Vec<_>) = (all.concat(), unfit.into_iter().flatten().collect());
    let chosen = order.wanted.select(&all, &unfit, &seen.places);
    let chosen = match chosen {
        Ok(chosen) => chosen,
        // What was named may be where nobody could look.
        Err(error) => return Err(with_lost(error, &mut seen.lost())),
    };
    let presenter = Presenter::new(&connector);
    let registry = Registry::new(&seen, &order, &presenter, environment.now);
    let (lineages, skipped) = interrupt.or(registry.lineages(&chosen)).await?;
    let mut skipped = skipped_errors(&skipped, &registry, &seen, &order);
    let (mut rotations, mut is_some_not_due) = (Vec::new(), false);
    for lineage in lineages {
        match interrupt.or(registry.parts(&lineage, &all)).await {
            Ok(parts) => {
                let rotation = Rotation::of(lineage, parts);
                if !rotation.is_due(order.due, environment.now) {
                    is_some_not_due = true;
                } else if rotation.named(&seen.places).next().is_some() {
                    rotations.push(rotation);
                } else {
                    skipped.extend(unknown(&rotation, &seen, &namespace));
                }
            }
            Err(error) if error.kind() == Kind::Interrupted => return Err(error),
            Err(error) => skipped.push(error),
        }
    }
    if rotations.is_empty() && !skipped.is_empty() && !is_some_not_due {
        skipped.extend(seen.lost());
        return Error::all(skipped).map_or(Ok(Exit::Fine), Err);
    }
    let mut exit = say_skipped(&skipped, streams);
    if rotations.is_empty() {
        streams.say("no token is due");
        return Ok(exit.worse(seen.say_left_out(streams)));
    }
    let strangers = rotations.iter().filter(|_| !order.force_conflicts);
    let strangers = strangers.flat_map(|rotation| rotation.strangers(&seen.places));
    if let Some(error) = Error::all(strangers) {
        return Err(with_lost(error, &mut seen.lost()));
    }

    let work = Work {
        order: &order,
        connector: &connector,
        interrupt,
        streams,
        seen: &seen,
        registry: &registry,
    };
    let mut failed = Vec::new();
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

/// Why tokens stay as they are, once for each secret that holds one.
fn skipped_errors(
    skipped: &[Skipped],
    registry: &Registry<'_>,
    seen: &Seen,
    order: &Order,
) -> Vec<Error> {
    let of = |one: &Skipped| -> Vec<Error> {
        let entries = one.entries.iter();
        entries
            .map(|entry| {
                let place = Where {
                    holder: seen.places[entry.place].context(),
                    remote: registry.context_of(entry),
                    namespace: &order.namespace,
                    kubectl: seen.places[entry.place].cluster.target().kubectl(),
                };
                one.why.told(entry, place)
            })
            .collect()
    };
    skipped.iter().flat_map(of).collect()
}

/// Says which tokens are left as they are, while others are replaced.
fn say_skipped(skipped: &[Error], streams: &Streams) -> Exit {
    let exit = if skipped.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    };
    for error in skipped {
        streams.warn(&format!("{}; it is left as it is", error.in_one_line()));
        for hint in error.hints() {
            streams.say(&format!("hint: {hint}"));
        }
    }
    exit
}

impl Seen {
    /// Takes out why holders could not be read.
    fn lost(&mut self) -> Vec<Error> {
        let unread = std::mem::take(&mut self.unread).into_iter();
        let named = unread.filter(|one| one.named);
        named.map(|one| one.error).collect()
    }

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
