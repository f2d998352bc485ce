//! The verb from its arguments to its exit code.

use mesh_common::client::{Interrupt, Kubeconfig};
use mesh_common::model::change::{Action, ChangeSet};
use mesh_common::model::event::{Event, Events};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::secret::delete::{
    Clusters, Holders, Request, Revocation, Selector, observe, prepare,
};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::report_text::counted;
use mesh_common::terminal::{Environment, Streams};

use super::args::{DeleteArgs, OutputArg};
use crate::cli::SELF;
use crate::service_account::account;

pub(crate) async fn run(
    arguments: DeleteArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let request = request(&arguments)?;
    let kubeconfig = arguments.connect.load(environment)?;
    let clusters = clusters(&arguments, &kubeconfig)?;
    let connector = connector(environment, SELF, streams.interactive);
    let job = Job {
        connector: &connector,
        interrupt,
        events: &*streams,
        applied_by: SELF,
        now: environment.now,
    };
    let reading = observe(clusters, &request, &connector);
    let (state, lost) = interrupt.or(reading).await?;
    let deletion = prepare(job, &request, &state).await?;
    if request.dry_run.writes() {
        agree(deletion.changes(), &arguments, interrupt, streams).await?;
    }
    let events = Lines {
        streams,
        output: arguments.output,
    };
    let job = Job {
        connector: &connector,
        interrupt,
        events: &events,
        applied_by: SELF,
        now: environment.now,
    };
    deletion.carry_out(job, lost).await
}

fn request(arguments: &DeleteArgs) -> Result<Request, Error> {
    let namespace = arguments.namespace.resolve();
    let revocation = arguments.revoke.then(|| {
        let (namespace, account) = account(&arguments.service_account, namespace);
        Revocation { namespace, account }
    });
    Ok(Request {
        selectors: Selector::parse_all(&arguments.names)?,
        namespace: namespace.to_owned(),
        ignore_not_found: arguments.ignore_not_found,
        revocation,
        dry_run: arguments.dry_run.resolve(),
    })
}

fn clusters(arguments: &DeleteArgs, kubeconfig: &Kubeconfig) -> Result<Clusters, Error> {
    let (contexts, connect) = (&arguments.contexts, &arguments.connect);
    let named = contexts.resolve(kubeconfig);
    connect.for_one(named.len())?;
    let holders = if contexts.all_contexts {
        Holders::All
    } else {
        Holders::Named(&named)
    };
    let clusters = Clusters::new(kubeconfig, &holders, |context| connect.overrides(context));
    if !arguments.revoke {
        return clusters;
    }
    let remote = arguments.remote_context.as_deref();
    clusters?.for_revocation(kubeconfig, remote, |context| {
        connect.holder_overrides(context.unwrap_or_default())
    })
}

/// Shows what will be deleted and revoked, and returns once that was agreed to.
async fn agree(
    changes: &ChangeSet,
    arguments: &DeleteArgs,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<(), Error> {
    let confirm = arguments.confirm;
    if changes.is_empty() || confirm.yes {
        return Ok(());
    }
    let mut tokens = 0;
    for change in changes {
        if change.action == Action::Revoke {
            tokens += 1;
        }
        let (object, context) = (&change.object, &change.context);
        streams.say(&format!(
            "to delete: {} {}/{} in context {context}, which {}",
            object.kind,
            object.namespace.as_deref().unwrap_or_default(),
            object.name,
            change.reason.as_deref().unwrap_or_default()
        ));
    }
    let secrets = changes.len() - tokens;
    let mut deed = format!("delete {}", counted(secrets, "remote secret"));
    if tokens > 0 {
        deed.push_str(" and revoke ");
        deed.push_str(&counted(tokens, "token"));
    }
    confirm.agree(&deed, interrupt, streams).await
}

/// The lines of the result, in the format that was asked for.
struct Lines<'a> {
    streams: &'a Streams,
    output: Option<OutputArg>,
}

impl Events for Lines<'_> {
    fn report(&self, event: Event) -> Result<(), Error> {
        match (event, self.output) {
            (Event::Done { change, .. }, Some(OutputArg::Name)) => {
                self.streams.data(&format!("{}\n", change.object))
            }
            (event, _) => self.streams.report(event),
        }
    }
}
