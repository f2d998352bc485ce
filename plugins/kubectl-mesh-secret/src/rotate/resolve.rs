//! What `rotate` was asked to do: raw flags become checked options, and nothing later looks at a flag.

use mesh_common::client::Kubeconfig;
use mesh_common::model::{Error, server};
use mesh_common::terminal::flags::split_contexts;

use super::args::RotateArgs;
use super::model::{ContextToRead, Due, Request, Selection};
use crate::service_account::account;
use crate::token_duration;

/// The contexts of the kubeconfig, as far as they are looked at.
pub(super) struct Contexts {
    /// Those that may hold secrets, first the ones that were named.
    pub holders: Vec<ContextToRead>,
    /// The others, where only the named ones may hold secrets: the remote clusters are among them.
    pub others: Vec<ContextToRead>,
}

/// Checks every argument; all that is wrong is reported together.
pub(super) fn resolve(
    arguments: &RotateArgs,
    kubeconfig: &Kubeconfig,
) -> Result<(Request, Contexts), Error> {
    let mut wrong = Vec::new();
    wrong.extend(token_duration::check(arguments.token_duration).err());
    let contexts = contexts(arguments, kubeconfig, &mut wrong);
    if let Some(error) = Error::all(wrong) {
        return Err(error);
    }
    let request = Request {
        selection: if arguments.all {
            Selection::All
        } else {
            Selection::Named(arguments.names.clone())
        },
        due: Due {
            older_than: arguments.older_than,
            expiring_within: arguments.expiring_within,
        },
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
    };
    Ok((request, contexts))
}

fn contexts(arguments: &RotateArgs, kubeconfig: &Kubeconfig, wrong: &mut Vec<Error>) -> Contexts {
    let target = |context: &str| kubeconfig.target(&arguments.connect.holder_overrides(context));
    let named = split_contexts(&arguments.contexts, kubeconfig);
    let to_read = |context: &str, is_writable| ContextToRead {
        context: context.to_owned(),
        is_writable,
        target: target(context),
    };
    // A context that is named has to be usable; another may well be broken.
    let said = named.iter().chain(&arguments.remote_context);
    wrong.extend(said.filter_map(|context| target(context).err()));
    let rest = kubeconfig
        .context_names()
        .filter(|context| !named.iter().any(|one| one == context));
    let rest = rest.map(|context| to_read(context, named.is_empty()));
    let mut holders: Vec<_> = named.iter().map(|context| to_read(context, true)).collect();
    if arguments.no_other_holders {
        let others = rest.collect();
        return Contexts { holders, others };
    }
    holders.extend(rest);
    Contexts {
        holders,
        others: Vec::new(),
    }
}

/// Returns those of the other contexts that secrets may be for: `is_given` says whether a secret has this server.
pub(super) fn possible_remotes(
    others: Vec<ContextToRead>,
    remote_context: Option<&str>,
    is_given: impl Fn(&str) -> bool,
) -> Vec<ContextToRead> {
    let may_be = |one: &ContextToRead| match (remote_context, &one.target) {
        (Some(remote), _) => one.context == remote,
        (None, Ok(target)) => is_given(&server::without_login(target.server())),
        (None, Err(_)) => false,
    };
    others.into_iter().filter(may_be).collect()
}
