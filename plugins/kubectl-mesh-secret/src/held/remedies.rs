//! The commands that mend what was found. They are pasted into a shell, and what they name may be anybody's words.

use jiff::SignedDuration;
use mesh_common::model::access_facts::AccessFacts;
use mesh_common::model::command::{Command, Kubectl, Remedy, flag_in_words, named};
use mesh_common::model::names::{CONFIG_SECRET, ISTIO_SYSTEM};
use mesh_common::model::reader::token_secret_name;
use mesh_common::model::remote_secret::annotated_cluster;
use mesh_common::model::server::without_login;
use mesh_common::model::succession::usual_name;
use mesh_common::model::token::TokenFacts;

use super::replace::in_place;
use super::secret::Held;

/// What makes the secret anew with a token of the same kind: the command, where all of its words are known here.
pub(crate) fn create_again(held: &Held, key: &str) -> Remedy {
    match create_command(held, key) {
        Ok(command) => command.into(),
        Err(step) => step.into(),
    }
}

/// The same with one more flag.
pub(crate) fn create_again_with(held: &Held, key: &str, flag: &'static str, value: &str) -> Remedy {
    match create_command(held, key) {
        Ok(command) => command.flag(flag, value).into(),
        Err(step) => {
            let flag = flag_in_words(flag, value);
            format!("{step}, and add {flag}").into()
        }
    }
}

/// The same with a flag whose value only a person knows; `what` says which flag and what it has to be.
pub(crate) fn create_again_by_hand(held: &Held, key: &str, what: &str) -> Remedy {
    format!("{}, {what}", create_step(held, key)).into()
}

/// Makes the secret once more beside what is there, which is where no istiod looks.
pub(crate) fn create_beside(held: &Held, key: &str) -> Remedy {
    match (held.sources.get(key), held.context.as_deref()) {
        (Some(source), Some(holder)) => create_from(held, key, source, key, holder).into(),
        (Some(_) | None, _) => create_step(held, key).into(),
    }
}

/// The command, or the step in words where the context of the source or of the holder is not known.
fn create_command(held: &Held, key: &str) -> Result<Command, String> {
    let secret = &held.secret;
    let name = if is_config(held) {
        annotated_cluster(secret).map(String::as_str)
    } else {
        Some(key)
    };
    match (name, held.sources.get(key)) {
        (Some(name), Some(source)) => Ok(in_place(held, key, source, name)?.0),
        (Some(_) | None, _) => Err(create_step(held, key)),
    }
}

/// `create` with a token of the same kind as the secret has.
pub(super) fn create_from(
    held: &Held,
    key: &str,
    source: &str,
    name: &str,
    holder: &str,
) -> Command {
    let command = create(&held.kubectl, source, Some(name), [namespace(held), holder]);
    let command = if is_config(held) {
        command.words("--type config")
    } else {
        command
    };
    let command = match same_kind(held, key) {
        Some((flag, value)) => command.flag(flag, &value),
        None => command,
    };
    allowing_loopback(command, held.allow_loopback)
}

/// `create` refuses a server that only means something on one machine unless that is meant so.
pub(crate) fn allowing_loopback(create: Command, allow_loopback: bool) -> Command {
    if allow_loopback {
        create.words("--allow-loopback")
    } else {
        create
    }
}

/// Whether it is the secret of which the data key is not the name of the cluster.
fn is_config(held: &Held) -> bool {
    held.secret.metadata.name.as_deref() == Some(CONFIG_SECRET)
}

/// What is to be done, in words.
fn create_step(held: &Held, key: &str) -> String {
    create_step_from(held, key, held.sources.get(key).map(String::as_str), key)
}

/// The same for a cluster called `name`, from the context that gives access to it where that is known.
pub(super) fn create_step_from(held: &Held, key: &str, source: Option<&str>, name: &str) -> String {
    let from = match (source, access(held, key)) {
        (Some(context), _) => format!("context {}", named(context)),
        (None, Some(access)) if !access.server.is_empty() => {
            format!(
                "a context that gives access to {}",
                named(&without_login(&access.server))
            )
        }
        (None, _) => "a context that gives access to that cluster".to_owned(),
    };
    let into = match held.context.as_deref() {
        Some(holder) => format!("into context {}", named(holder)),
        None => "into the cluster that reads it".to_owned(),
    };
    let mut step = format!(
        "create the secret for cluster {} again (kubectl mesh-secret create), from {from}, {into}",
        named(name)
    );
    let namespace = Some(namespace(held)).filter(|name| *name != ISTIO_SYSTEM);
    let flags = [
        namespace.map(|name| ("-n", name.to_owned())),
        is_config(held).then(|| ("--type", "config".to_owned())),
        same_kind(held, key),
    ];
    for (flag, value) in flags.into_iter().flatten() {
        step = format!("{step}, and add {}", flag_in_words(flag, &value));
    }
    step
}

fn access<'a>(held: &'a Held, key: &str) -> Option<&'a AccessFacts> {
    held.judged(key)?.access.as_ref()
}

/// `create` for a holder, with the kubeconfig that the plugin was given.
pub(crate) fn create(
    kubectl: &Kubectl,
    source: &str,
    name: Option<&str>,
    [namespace, holder]: [&str; 2],
) -> Command {
    Command::new("kubectl mesh-secret create")
        .kubeconfig_of(kubectl)
        .flag("--context", source)
        .flag_if("--name", name)
        .istio_namespace(namespace)
        .flag("--into", holder)
}

/// The flag of `create` that gives a token of the same kind as the secret has.
fn same_kind(held: &Held, key: &str) -> Option<(&'static str, String)> {
    same_kind_as(access(held, key)?.token.as_ref()?)
}

/// The flag for a token that ends after the same time, or for one that is for the same holder alone.
fn same_kind_as(token: &TokenFacts) -> Option<(&'static str, String)> {
    if let (Some(from), Some(to)) = (token.issued_at, token.expires_at) {
        return Some(("--token-duration", length(to.duration_since(from))));
    }
    let account = token.account().map_or("", |(_, account)| account);
    let shared = token_secret_name(account);
    let home = token.secret.as_deref().map(usual_name)?;
    let own = home.strip_prefix(&shared)?.strip_prefix('-')?;
    Some(("--for", own.to_owned()))
}

/// A life as it is asked for: in hours where it is long, and never shorter than Kubernetes grants.
pub(crate) fn length(life: SignedDuration) -> String {
    let minutes = life.as_mins().max(10);
    if minutes % 60 == 0 || minutes > 600 {
        format!("{}h", minutes / 60)
    } else {
        format!("{minutes}m")
    }
}

/// Deletes a secret by this plugin's own verb, which shows what it deletes and asks first.
pub(crate) fn delete(kubectl: &Kubectl, context: &str, namespace: &str, name: &str) -> Command {
    Command::new("kubectl mesh-secret delete")
        .arg(&format!("secret/{name}"))
        .kubeconfig_of(kubectl)
        .flag("--context", context)
        .istio_namespace(namespace)
}

/// kubectl, told about the holder and the namespace of the secret.
pub(crate) fn kubectl(held: &Held) -> Command {
    held.kubectl.in_namespace(namespace(held))
}

pub(super) fn namespace(held: &Held) -> &str {
    held.secret
        .metadata
        .namespace
        .as_deref()
        .unwrap_or(ISTIO_SYSTEM)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use mesh_common::model::names::CLUSTER_ANNOTATION;

    use super::*;

    fn held() -> Held {
        Held {
            sources: BTreeMap::from([("west".to_owned(), "west-admin".to_owned())]),
            ..Held::in_east()
        }
    }

    #[test]
    fn a_remedy_names_the_contexts_that_are_known() {
        assert_eq!(
            create_again(&held(), "west"),
            "kubectl mesh-secret create --context west-admin --name west --into east"
        );
        assert_eq!(
            create_again(&held(), "south"),
            "create the secret for cluster south again (kubectl mesh-secret create), from a context that gives access to that cluster, into context east"
        );
        let mut elsewhere = held();
        elsewhere.secret.metadata.namespace = Some("mesh".to_owned());
        let evil = "west; curl evil";
        elsewhere.sources.insert(evil.to_owned(), "x".to_owned());
        assert_eq!(
            create_again_with(&elsewhere, evil, "--server", "https://w;reboot"),
            "kubectl mesh-secret create --context x --name 'west; curl evil' -n mesh --into east --server 'https://w;reboot'"
        );
        elsewhere.kubectl = Kubectl::new(Some("my k".to_owned())).context("east").into();
        assert_eq!(
            create_again(&elsewhere, "west"),
            "kubectl mesh-secret create --kubeconfig 'my k' --context west-admin --name west -n mesh --into east"
        );
        elsewhere.secret.metadata.name = Some("istio-kubeconfig".to_owned());
        assert_eq!(create_again(&elsewhere, "west").kind(), "step");
        elsewhere.secret.metadata.annotations = Some(BTreeMap::from([(
            CLUSTER_ANNOTATION.to_owned(),
            "north".to_owned(),
        )]));
        assert_eq!(
            create_again(&elsewhere, "west"),
            "kubectl mesh-secret create --kubeconfig 'my k' --context west-admin --name north -n mesh --into east --type config"
        );
    }

    #[test]
    fn a_token_of_one_holder_alone_is_not_answered_with_one_that_all_share() {
        let token = |secret: &str, life: Option<i64>| TokenFacts {
            subject: Some("system:serviceaccount:istio-system:reader".to_owned()),
            issuer: None,
            audience: Vec::new(),
            issued_at: life.map(|_| Timestamp::UNIX_EPOCH),
            expires_at: life.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            secret: Some(secret.to_owned()),
            secret_uid: None,
            account_uid: None,
        };
        let usual = "reader-istio-remote-secret-token";
        let bound = "reader-token-for-east".to_owned();
        for (secret, life, expected) in [
            (usual.to_owned(), None, "c"),
            (format!("{usual}.0a1b2c3d"), None, "c"),
            (format!("{usual}-east"), None, "c --for east"),
            (format!("{usual}-east.0a1b2c3d"), None, "c --for east"),
            (bound.clone(), Some(7200), "c --token-duration 2h"),
            (bound.clone(), Some(5400), "c --token-duration 90m"),
            (bound.clone(), Some(36_119), "c --token-duration 10h"),
            (bound, Some(60), "c --token-duration 10m"),
        ] {
            let command = match same_kind_as(&token(&secret, life)) {
                Some((flag, value)) => Command::new("c").flag(flag, &value),
                None => Command::new("c"),
            };
            assert_eq!(command.to_string(), expected, "{secret}");
        }
    }
}
