//! What `rotate` was asked to do: raw flags become checked options, and nothing later looks at a flag.

use std::time::Duration;

use mesh_common::client::{DryRun, Kubeconfig, Target};
use mesh_common::model::{Error, server};
use mesh_common::terminal::flags::split_contexts;

use super::args::RotateArgs;
use super::due::Due;
use super::entries::Wanted;
use crate::service_account::account;

/// Kubernetes refuses tokens with a shorter life.
/// Source: `ValidateTokenRequest` in Kubernetes' `pkg/apis/authentication/validation`.
const SHORTEST_TOKEN: Duration = Duration::from_mins(10);

/// All that was asked for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "mirrors the flags one to one"
)]
pub(super) struct Order {
    pub wanted: Wanted,
    pub due: Due,
    /// The contexts that may hold secrets, those that were named first.
    pub contexts: Vec<Asked>,
    /// The other contexts, where only the named ones may hold secrets: the sources are among them.
    pub others: Vec<Asked>,
    pub remote_context: Option<String>,
    /// Whether holders were named for the very clusters that were named: a rotation of all names nobody's holder.
    pub names_holders: bool,
    pub namespace: String,
    /// Namespace and name of the account whose tokens are replaced.
    account: (String, String),
    pub token_duration: Option<Duration>,
    pub verify: bool,
    pub revoke_unseen: bool,
    pub wait: Duration,
    pub dry_run: DryRun,
    pub force_conflicts: bool,
}

/// One context.
pub(super) struct Asked {
    pub context: String,
    /// Whether secrets may be written there; another one is only read.
    pub named: bool,
    /// How it is reached, or why it cannot be.
    pub target: Result<Target, Error>,
}

impl Order {
    /// Checks every argument; all that is wrong is reported together.
    pub(super) fn resolve(arguments: &RotateArgs, kubeconfig: &Kubeconfig) -> Result<Self, Error> {
        let mut wrong = Vec::new();
        if arguments
            .token_duration
            .is_some_and(|length| length < SHORTEST_TOKEN)
        {
            wrong.push(
                Error::usage("--token-duration is shorter than Kubernetes allows")
                    .hint("add --token-duration 10m"),
            );
        }
        let (contexts, others) = contexts(arguments, kubeconfig, &mut wrong);
        if let Some(error) = Error::all(wrong) {
            return Err(error);
        }
        let names = arguments.names.clone();
        Ok(Self {
            wanted: if arguments.all {
                Wanted::All
            } else {
                Wanted::Named(names)
            },
            due: Due {
                older_than: arguments.older_than,
                expiring_within: arguments.expiring_within,
            },
            contexts,
            others,
            remote_context: arguments.remote_context.clone(),
            names_holders: !arguments.all && !arguments.contexts.is_empty(),
            account: account(&arguments.service_account, arguments.namespace.resolve()),
            namespace: arguments.namespace.resolve().to_owned(),
            token_duration: arguments.token_duration,
            verify: !arguments.no_verify,
            revoke_unseen: arguments.revoke_unseen,
            wait: arguments.wait,
            dry_run: arguments.dry_run.resolve(),
            force_conflicts: arguments.force_conflicts,
        })
    }
}

/// The contexts that may hold secrets, and the others.
fn contexts(
    arguments: &RotateArgs,
    kubeconfig: &Kubeconfig,
    wrong: &mut Vec<Error>,
) -> (Vec<Asked>, Vec<Asked>) {
    let target = |context: &str| kubeconfig.target(&arguments.connect.holder_overrides(context));
    let named = split_contexts(&arguments.contexts, kubeconfig);
    let asked = |context: &str, named| Asked {
        context: context.to_owned(),
        named,
        target: target(context),
    };
    // A context that is named has to be one; another may well be broken.
    let said = named.iter().chain(&arguments.remote_context);
    wrong.extend(said.filter_map(|context| target(context).err()));
    let rest = kubeconfig
        .context_names()
        .filter(|context| !named.iter().any(|one| one == context));
    let rest = rest.map(|context| asked(context, named.is_empty()));
    let mut holders: Vec<Asked> = named.iter().map(|context| asked(context, true)).collect();
    if arguments.no_other_holders {
        return (holders, rest.collect());
    }
    holders.extend(rest);
    (holders, Vec::new())
}

impl Order {
    /// Namespace and name of the account whose tokens are replaced; none of another one is made.
    pub(super) fn account(&self) -> (&str, &str) {
        (&self.account.0, &self.account.1)
    }

    /// Of the contexts that hold nothing, those that secrets may lead to: `leads_to` says whether one leads to a server.
    pub(super) fn possible_sources(&mut self, leads_to: impl Fn(&str) -> bool) -> Vec<Asked> {
        let source = self.remote_context.as_deref();
        let others = std::mem::take(&mut self.others).into_iter();
        others
            .filter(|asked| match source {
                Some(source) => asked.context == source,
                None => asked
                    .target
                    .as_ref()
                    .is_ok_and(|target| leads_to(&server::without_login(target.server()))),
            })
            .collect()
    }
}
