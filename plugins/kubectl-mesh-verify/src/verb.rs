//! The verification from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::verify::{MeshVerification, Selection, verify};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{OutputFlags, render};
use mesh_common::terminal::{Environment, Streams};

use crate::args::VerifyArgs;
use crate::cli::SELF;
use crate::format::Format;
use crate::observe::observe;
use crate::report_lines::Shown;
use crate::report_short::short;

pub(crate) async fn run(
    arguments: VerifyArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let connector = connector(environment, SELF, streams.interactive);
    let kubeconfig = arguments.connect.load(environment)?;
    let namespace = arguments.namespace.resolve();
    let overrides = |context: &str| arguments.connect.holder_overrides(context);
    let remotes = RemoteClusters::new(Some(&kubeconfig), overrides, None, namespace)?;
    let contexts = remotes.contexts();
    let reading = Box::pin(observe(
        &arguments,
        &kubeconfig,
        contexts,
        &connector,
        environment,
    ));
    let (read, not_read) = interrupt.or(reading).await?;
    let selection = Selection {
        only: arguments.only.clone(),
        skip: arguments.skip.clone(),
        deny: arguments.deny.clone(),
    };
    let verification = verify(read.mesh, &selection);
    for pattern in &verification.without_effect {
        streams.warn(&format!("{pattern} fits no finding"));
    }
    let shown = match &arguments.output {
        Format::Short => short(&verification),
        Format::Report(format) => {
            let output = OutputFlags {
                format: format.clone(),
                no_headers: arguments.no_headers,
            };
            render(&Shown(&verification), &output)?
        }
    };
    streams.data(&shown)?;
    let others = not_read.filter(|others| *others > 0 && arguments.output.is_for_people());
    if let Some(others) = others {
        streams.say(&format!(
            "the current context and the clusters of its remote secrets were verified; {others} other contexts of the kubeconfig were not read, --all-contexts reads them"
        ));
    }
    match Error::all(read.lost) {
        Some(error) if !verification.clusters.iter().any(|one| one.reached) => Err(error),
        Some(_) | None => Ok(exit(&verification, &arguments, &selection)),
    }
}

fn exit(verification: &MeshVerification, arguments: &VerifyArgs, selection: &Selection) -> Exit {
    let mut findings = verification.findings.iter().map(|one| &one.finding);
    let found = findings.any(|one| arguments.fail_on.counts(one.severity) || selection.denies(one));
    let found = if found { Exit::Findings } else { Exit::Fine };
    let mut clusters = verification.clusters.iter();
    let reached = if clusters.all(|one| one.reached) {
        Exit::Fine
    } else {
        Exit::Partial
    };
    found.worse(reached)
}
