//! What `exchange` was asked to do: raw flags become checked options, and nothing later looks at a flag.

use mesh_common::client::Kubeconfig;
use mesh_common::model::cluster_name::ClusterKey;
use mesh_common::model::{Error, server};
use mesh_common::ops::secret::exchange::Role;
use mesh_common::ops::secret::issue::{Options, TokenOptions};

use super::args::ExchangeArgs;
use crate::token_duration;

/// All that was asked for.
pub(super) struct Order {
    pub members: Vec<Asked>,
    /// The options of every cluster.
    pub options: Options,
    /// True if each context was named by somebody, so that a wrong one is an error.
    pub named: bool,
}

/// A cluster that was asked for.
pub(super) struct Asked {
    pub context: String,
    pub role: Role,
    /// The options with what is said of this cluster alone.
    pub options: Options,
}

impl Order {
    /// Checks every argument; all that is wrong is reported together.
    pub(super) fn resolve(
        arguments: &ExchangeArgs,
        kubeconfig: &Kubeconfig,
    ) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let members = members(arguments, kubeconfig, &mut errors);
        let options = Options {
            allow_loopback: arguments.allow_loopback,
            verify: !arguments.no_verify,
            dry_run: arguments.dry_run.resolve(),
            force_conflicts: arguments.force_conflicts,
            replace: arguments.replace,
            several: true,
            token: match arguments.token_duration {
                Some(duration) => TokenOptions::Bound(duration, None),
                None => TokenOptions::Shared,
            },
            ..Options::in_namespace(arguments.namespace.resolve())
        };
        errors.extend(token_duration::check(arguments.token_duration).err());
        let mut members: Vec<Asked> = members
            .into_iter()
            .map(|(context, role)| Asked {
                context,
                role,
                options: options.clone(),
            })
            .collect();
        for text in &arguments.server {
            match of_member("--server", text, &mut members) {
                Ok((url, member)) => match server::check_url(url) {
                    Ok(()) => member.options.server = Some(url.to_owned()),
                    Err(error) => errors.push(error),
                },
                Err(error) => errors.push(error),
            }
        }
        for text in &arguments.name {
            match of_member("--name", text, &mut members) {
                Ok((name, member)) => match name.parse::<ClusterKey>() {
                    Ok(name) => member.options.name = Some(name),
                    Err(error) => errors.push(error),
                },
                Err(error) => errors.push(error),
            }
        }
        match Error::all(errors) {
            Some(error) => Err(error),
            None => Ok(Self {
                members,
                options,
                named: !arguments.contexts.all_contexts,
            }),
        }
    }
}

fn members(
    arguments: &ExchangeArgs,
    kubeconfig: &Kubeconfig,
    errors: &mut Vec<Error>,
) -> Vec<(String, Role)> {
    let contexts = &arguments.contexts;
    let asked: Vec<(String, Role)> = if arguments.primary.is_empty() {
        if contexts.named.contexts.is_empty() && !contexts.all_contexts {
            errors.push(
                Error::usage("no clusters are named")
                    .hint("name two contexts, such as --context east,west")
                    .hint(kubeconfig.kubectl().config().words("get-contexts")),
            );
            return Vec::new();
        }
        let all = contexts.resolve(kubeconfig).into_iter().flatten();
        all.map(|context| (context, Role::Primary)).collect()
    } else {
        let primaries = arguments
            .primary
            .iter()
            .map(|context| (context, Role::Primary));
        let remotes = arguments
            .remote
            .iter()
            .map(|context| (context, Role::Remote));
        let both = primaries.chain(remotes);
        both.map(|(context, role)| (context.clone(), role))
            .collect()
    };
    for (number, (context, _)) in asked.iter().enumerate() {
        if asked[..number].iter().any(|(other, _)| other == context) {
            errors.push(Error::usage(format!("context {context} is named twice")));
        }
    }
    if asked.len() < 2 {
        errors.push(
            Error::usage("at least two clusters are required")
                .hint("name two contexts, such as --context east,west"),
        );
    }
    asked
}

/// The value of `CONTEXT=VALUE` and the cluster that it is about. A context's name may hold the sign.
fn of_member<'t, 'm>(
    flag: &str,
    text: &'t str,
    members: &'m mut [Asked],
) -> Result<(&'t str, &'m mut Asked), Error> {
    let found = members.iter_mut().find_map(|member| {
        let rest = text.strip_prefix(member.context.as_str())?;
        Some((rest.strip_prefix('=')?, member))
    });
    found.ok_or_else(|| {
        Error::usage(format!(
            "{flag} {} is not CONTEXT=VALUE for one of the contexts named",
            server::without_login(text)
        ))
        .hint(format!(
            "give {flag} the context and the value, such as west=VALUE"
        ))
    })
}
