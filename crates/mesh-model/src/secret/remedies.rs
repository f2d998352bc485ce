//! The fix commands. Their arguments are shell-quoted, because the names in them come from untrusted objects.

use crate::access_facts::AccessFacts;
use crate::command::{Command, Knob, Kubectl, Remedy, Step, named, suite};
use crate::names::{CONFIG_SECRET, ISTIO_SYSTEM, READ_AGAIN_AFTER};
use crate::reader::token_secret_name;
use crate::remote_secret::annotated_cluster;
use crate::rotation_names::default_token_secret_name;
use crate::server::without_login;
use crate::token::{SHORTEST_MINUTES, TokenFacts};
use jiff::SignedDuration;

use super::found::FoundSecret;
use super::replace::{in_place, kept as kept_by_others};

/// Returns the remedy that creates the secret again with a token of the same kind: a command, if all of its words are
/// known here.
pub(super) fn create_again(found: &FoundSecret, key: &str) -> Remedy {
    match create_command(found, key) {
        Ok(command) => command.into(),
        Err(step) => step.into(),
    }
}

/// Returns the same remedy with one more flag.
pub(super) fn create_again_with(found: &FoundSecret, key: &str, knob: Knob, value: &str) -> Remedy {
    match create_command(found, key) {
        Ok(command) => command.flag(knob.flag(), value).into(),
        Err(step) => and_add(step, knob, value).into(),
    }
}

fn and_add(step: Step, knob: Knob, value: &str) -> Step {
    step.text(", and ").step(Step::add(knob, value))
}

/// Returns the same remedy with a setting whose value only a person knows; `value` describes it.
pub(super) fn create_again_by_hand(
    found: &FoundSecret,
    key: &str,
    knob: Knob,
    value: &str,
) -> Remedy {
    let step = create_step(found, key).text(", and add ").knob(knob);
    step.text(format!(" with {value}")).into()
}

/// Returns the remedy that creates the secret in the namespace that `found` has, and deletes the one in namespace `outside`, which
/// no istiod reads, unless it has other clusters as well.
pub(super) fn move_to(found: &FoundSecret, key: &str, outside: &str) -> Remedy {
    let (Some(remote), Some(holder)) = (found.remote_contexts.get(key), found.context.as_deref())
    else {
        return create_step(found, key).into();
    };
    let create = create_from(found, key, remote, key, holder);
    let name = found.facts.secret.metadata.name.as_deref();
    match name.filter(|_| {
        found
            .facts
            .secret
            .data
            .as_ref()
            .is_some_and(|data| data.len() == 1)
    }) {
        Some(name) => delete(&found.kubectl, holder, outside, name)
            .then(create)
            .into(),
        None => create.into(),
    }
}

/// Returns the command, or a step in words if the context of the remote cluster or of the holder is unknown.
fn create_command(found: &FoundSecret, key: &str) -> Result<Command, Step> {
    let secret = &found.facts.secret;
    let name = if is_config(found) {
        annotated_cluster(secret).map(String::as_str)
    } else {
        Some(key)
    };
    match (name, found.remote_contexts.get(key)) {
        (Some(name), Some(remote)) => Ok(in_place(found, key, remote, name)?.0),
        (Some(_) | None, _) => Err(create_step(found, key)),
    }
}

/// Returns `create` with a token of the same kind as the secret's.
pub(super) fn create_from(
    found: &FoundSecret,
    key: &str,
    remote: &str,
    name: &str,
    holder: &str,
) -> Command {
    let (kubectl, namespace) = (&found.kubectl, namespace(found));
    let command = suite::secret_create(kubectl, remote, Some(name), namespace, holder);
    let command = if is_config(found) {
        command.words("--type config")
    } else {
        command
    };
    let command = match same_kind(found, key) {
        Some((knob, value)) => command.flag(knob.flag(), &value),
        None => command,
    };
    allowing_loopback(command, found.allow_loopback)
}

/// Adds the flag without which `create` refuses a loopback address.
pub(super) fn allowing_loopback(create: Command, allow_loopback: bool) -> Command {
    if allow_loopback {
        create.words("--allow-loopback")
    } else {
        create
    }
}

/// Returns whether it is the secret whose data key is not the name of the cluster.
pub(super) fn is_config(found: &FoundSecret) -> bool {
    found.facts.secret.metadata.name.as_deref() == Some(CONFIG_SECRET)
}

/// Returns the step in words that creates the secret again.
fn create_step(found: &FoundSecret, key: &str) -> Step {
    create_step_from(
        found,
        key,
        found.remote_contexts.get(key).map(String::as_str),
        key,
    )
}

/// Returns the same step for the cluster `name`, from the context that gives access to it, if that is known.
pub(super) fn create_step_from(
    found: &FoundSecret,
    key: &str,
    remote: Option<&str>,
    name: &str,
) -> Step {
    let from = match (remote, access(found, key)) {
        (Some(context), _) => format!("context {}", named(context)),
        (None, Some(access)) if !access.server.is_empty() => {
            format!(
                "a context that gives access to {}",
                named(&without_login(&access.server))
            )
        }
        (None, _) => "a context that gives access to that cluster".to_owned(),
    };
    let into = match found.context.as_deref() {
        Some(holder) => format!("into context {}", named(holder)),
        None => "into the cluster whose istiod uses it".to_owned(),
    };
    let step = Step::new(format!(
        "create the secret for cluster {} again (kubectl mesh-secret create), from {from}, {into}",
        named(name)
    ));
    let namespace = Some(namespace(found)).filter(|name| *name != ISTIO_SYSTEM);
    let flags = [
        namespace.map(|name| (Knob::Namespace, name.to_owned())),
        is_config(found).then(|| (Knob::Type, "config".to_owned())),
        same_kind(found, key),
    ];
    flags
        .into_iter()
        .flatten()
        .fold(step, |step, (knob, value)| and_add(step, knob, &value))
}

fn access<'a>(found: &'a FoundSecret, key: &str) -> Option<&'a AccessFacts> {
    found.judged(key)?.access.as_ref()
}

/// Returns the flag of `create` for a token of the same kind as the secret's.
fn same_kind(found: &FoundSecret, key: &str) -> Option<(Knob, String)> {
    same_kind_as(access(found, key)?.token.as_ref()?)
}

/// Returns the flag for a token with the same lifetime, or for one that is for the same holder alone.
fn same_kind_as(token: &TokenFacts) -> Option<(Knob, String)> {
    if let (Some(from), Some(to)) = (token.issued_at, token.expires_at) {
        return Some((Knob::TokenDuration, length(to.duration_since(from))));
    }
    let account = token.account().map_or("", |(_, account)| account);
    let shared = token_secret_name(account);
    let home = token.secret.as_deref().map(default_token_secret_name)?;
    let own = home.strip_prefix(&shared)?.strip_prefix('-')?;
    Some((Knob::For, own.to_owned()))
}

/// Returns a lifetime for the flag: in hours if it is long, and never shorter than Kubernetes grants.
pub fn length(life: SignedDuration) -> String {
    let minutes = life.as_mins().max(SHORTEST_MINUTES.into());
    if minutes % 60 == 0 || minutes > 600 {
        format!("{}h", minutes / 60)
    } else {
        format!("{minutes}m")
    }
}

/// The most secrets that are named one by one.
pub(super) const MOST_NAMED: usize = 5;

/// Returns the command that deletes a secret with the suite's own verb, which shows what it deletes and asks first.
pub fn delete(kubectl: &Kubectl, context: &str, namespace: &str, name: &str) -> Command {
    suite::secret_delete(&[&format!("secret/{name}")], kubectl, &[context], namespace)
}

/// Returns the remedy that deletes the surplus secrets, and makes istiod read the one that stays again.
pub(super) fn without(surplus: &[&FoundSecret], kept: &FoundSecret, key: &str) -> Remedy {
    let names = surplus.iter().map(|one| format!("secret/{}", one.name()));
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let is_whole = |one: &&FoundSecret| {
        one.has_only(key) && one.facts.uid().is_some() && kept_by_others(one).is_none()
    };
    let first = surplus.first();
    let gone = first.and_then(|one| Some((one.context.as_deref()?, one.facts.uid()?)));
    if let Some((context, uid)) =
        gone.filter(|_| surplus.iter().all(is_whole) && names.len() <= MOST_NAMED)
    {
        let namespace = namespace(kept);
        let delete = suite::secret_delete(&names, &kept.kubectl, &[context], namespace);
        return delete
            .then(read_again(&kept.kubectl, namespace, kept.name(), uid))
            .into();
    }
    let managed = match surplus {
        [only] => kept_by_others(only),
        _ => None,
    };
    if let Some(step) = managed {
        return step.into();
    }
    let which = match surplus {
        [only] => format!("secret {}", named(only.name())),
        _ => "each of the others".to_owned(),
    };
    format!(
        "remove data key {} from {which}, and then annotate secret {}, since istiod reads it again only when it changes",
        named(key),
        named(kept.name())
    )
    .into()
}

/// Returns the command that makes istiods read the remaining secret again after the one with this UID was deleted: it
/// sets an annotation to a new value.
pub fn read_again(kubectl: &Kubectl, namespace: &str, secret: &str, gone_uid: &str) -> Command {
    kubectl
        .in_namespace(namespace)
        .words("annotate --overwrite secret")
        .arg(secret)
        .pair(READ_AGAIN_AFTER, gone_uid)
}

/// Returns kubectl with the flags for the holder and the namespace of the secret.
pub(super) fn kubectl(found: &FoundSecret) -> Command {
    found.kubectl.in_namespace(namespace(found))
}

pub(super) fn namespace(found: &FoundSecret) -> &str {
    found
        .facts
        .secret
        .metadata
        .namespace
        .as_deref()
        .unwrap_or(ISTIO_SYSTEM)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::names::CLUSTER_ANNOTATION;
    use jiff::Timestamp;

    use super::*;

    fn found() -> FoundSecret {
        FoundSecret {
            remote_contexts: BTreeMap::from([("west".to_owned(), "west-admin".to_owned())]),
            ..FoundSecret::in_east()
        }
    }

    #[test]
    fn a_remedy_names_the_contexts_that_are_known() {
        assert_eq!(
            create_again(&found(), "west"),
            "kubectl mesh-secret create --context west-admin --name west --into east"
        );
        assert_eq!(
            create_again(&found(), "south"),
            "create the secret for cluster south again (kubectl mesh-secret create), from a context that gives access to that cluster, into context east"
        );
        let mut elsewhere = found();
        elsewhere.facts.secret_mut().metadata.namespace = Some("mesh".to_owned());
        let evil = "west; curl evil";
        elsewhere
            .remote_contexts
            .insert(evil.to_owned(), "x".to_owned());
        assert_eq!(
            create_again_with(&elsewhere, evil, Knob::Server, "https://w;reboot"),
            "kubectl mesh-secret create --context x --name 'west; curl evil' -n mesh --into east --server 'https://w;reboot'"
        );
        elsewhere.kubectl = Kubectl::new(Some("my k".to_owned())).context("east").into();
        assert_eq!(
            create_again(&elsewhere, "west"),
            "kubectl mesh-secret create --kubeconfig 'my k' --context west-admin --name west -n mesh --into east"
        );
        elsewhere.facts.secret_mut().metadata.name = Some("istio-kubeconfig".to_owned());
        assert_eq!(create_again(&elsewhere, "west").kind(), "step");
        elsewhere.facts.secret_mut().metadata.annotations = Some(BTreeMap::from([(
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
                Some((knob, value)) => Command::new("c").flag(knob.flag(), &value),
                None => Command::new("c"),
            };
            assert_eq!(command.to_string(), expected, "{secret}");
        }
    }
}
