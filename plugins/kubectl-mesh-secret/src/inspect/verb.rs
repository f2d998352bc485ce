//! The verb from its arguments to its exit code.

use std::collections::BTreeMap;

use mesh_common::client::{Interrupt, Kubeconfig};
use mesh_common::model::secret::{
    Compared, InspectOptions, SecretReport, check, compare, judge_probe,
};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::secret::probe::Prober;
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::{Environment, Streams};

use super::args::InspectArgs;
use super::observe;
use super::report::Inspection;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: InspectArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let connector = connector(environment, SELF, streams.interactive);
    let kubeconfig = kubeconfig(&arguments, environment, streams)?;
    let remotes = RemoteClusters::new(
        kubeconfig.as_ref(),
        |context| arguments.connect.holder_overrides(context),
        arguments.remote_context.as_deref(),
        arguments.namespace.resolve(),
    )?;
    let seen = interrupt
        .or(observe::observe(
            &arguments,
            kubeconfig.as_ref(),
            remotes.contexts(),
            &connector,
            environment.now,
        ))
        .await?;
    for note in &seen.notes {
        streams.say(note);
    }
    let options = InspectOptions {
        now: environment.now,
        reveal: arguments.reveal,
        allow_loopback: arguments.allow_loopback,
    };
    let checked = seen.found.iter().map(|found| check(found, options));
    let mut items: Vec<SecretReport> = checked.collect();
    let credentials = Prober {
        remotes: &remotes,
        connector: &connector,
        request_timeout: arguments.connect.request_timeout,
    };
    let probes = if arguments.probe {
        let probing = async { Ok(Box::pin(credentials.probe(&seen.found)).await) };
        interrupt.or(probing).await?
    } else {
        BTreeMap::new()
    };
    for ((number, key), probe) in &probes {
        let mut clusters = items[*number].clusters.iter_mut();
        if let Some(cluster) = clusters.find(|cluster| cluster.name == *key) {
            let (report, findings) = judge_probe(&seen.found[*number], key, &probe.facts);
            cluster.probe = Some(report);
            cluster.findings.extend(findings);
        }
    }
    let compared = Compared {
        found: &seen.found,
        beside: &seen.beside,
        used: &seen.used,
        probes: &probes,
        contexts: remotes.contexts(),
        allow_loopback: options.allow_loopback,
    };
    compare(&compared, &mut items);
    // They may be thousands, and so may the lines about them.
    drop((seen.found, seen.beside));
    let inspection = Inspection::new(items, seen.skipped, seen.unreached, seen.read);
    streams.data(&render(&inspection, &arguments.output.clone().into())?)?;
    if inspection.items.is_empty() && matches!(arguments.output, Format::Table | Format::Wide) {
        streams.say(&seen.nothing);
    }
    let for_people = matches!(arguments.output, Format::Table | Format::Wide);
    let of_clusters = kubeconfig.filter(|_| for_people && arguments.filename.is_empty());
    if let Some(more) = of_clusters.and_then(|known| arguments.contexts.could_be_more(&known)) {
        streams.say(more);
    }
    let found = inspection
        .findings()
        .any(|finding| arguments.fail_on.counts(finding.severity));
    Ok(inspection.exit(found))
}

/// A manifest from a file or a pipe is read without a kubeconfig, which is then only good to compare with.
fn kubeconfig(
    arguments: &InspectArgs,
    environment: &Environment,
    streams: &mut Streams,
) -> Result<Option<Kubeconfig>, Error> {
    match arguments.connect.load(environment) {
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
        Err(error) if !arguments.filename.is_empty() && arguments.remote_context.is_none() => {
            if arguments.probe {
                streams.say(&format!("nothing to compare the clusters with: {error}"));
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
