//! The commands that mend what was found. They are pasted into a shell, and what they name may be anybody's words.

use jiff::SignedDuration;
use mesh_common::mesh::access_facts;
use mesh_common::mesh::names::{CONFIG_SECRET, ISTIO_SYSTEM};
use mesh_common::mesh::reader::token_secret_name;
use mesh_common::mesh::remote_secret::{annotated_cluster, secret_name};
use mesh_common::mesh::shell::shell_word;
use mesh_common::mesh::succession::usual_name;
use mesh_common::mesh::token::TokenFacts;

use super::secret::Held;

/// The command that makes the secret anew with a token of the same kind, as far as it can be known here.
pub(crate) fn create_again(held: &Held, key: &str) -> String {
    let secret = &held.secret;
    // The data key of a config secret is not the cluster's name.
    let (name, secret_type) = if secret.metadata.name.as_deref() == Some(CONFIG_SECRET) {
        let name = annotated_cluster(secret).map_or("NAME", String::as_str);
        (name, " --type config")
    } else {
        (key, "")
    };
    let kubeconfig = secret.data.as_ref().and_then(|data| data.get(key));
    let access = kubeconfig.and_then(|value| access_facts::read(&value.0));
    let token = access.and_then(|access| access.token);
    let source = held.sources.get(key).map_or("SOURCE", String::as_str);
    let holder = held.context.as_deref().unwrap_or("HOLDER");
    let kind = token.as_ref().map(same_kind).unwrap_or_default();
    create(
        [source, name, namespace(held), holder],
        &format!("{secret_type}{kind}"),
    )
}

/// `create` for a holder, with `more` flags, each with a blank before it.
pub(crate) fn create([source, name, namespace, holder]: [&str; 4], more: &str) -> String {
    let namespace = match namespace {
        ISTIO_SYSTEM => String::new(),
        other => format!(" -n {}", shell_word(other)),
    };
    format!(
        "kubectl mesh-secret create --context {} --name {}{namespace} --into {}{more}",
        shell_word(source),
        shell_word(name),
        shell_word(holder)
    )
}

/// The flags of `create` that give a token of the same kind, each with a blank before it: one that ends after the same time, or
/// one that is for the same holder alone.
pub(crate) fn same_kind(token: &TokenFacts) -> String {
    if let (Some(from), Some(to)) = (token.issued_at, token.expires_at) {
        return format!(" --token-duration {}", length(to.duration_since(from)));
    }
    let account = token.account().map_or("", |(_, account)| account);
    let shared = token_secret_name(account);
    let home = token.secret.as_deref().map(usual_name);
    let own = home.and_then(|name| name.strip_prefix(&shared)?.strip_prefix('-'));
    own.map_or_else(String::new, |holder| {
        format!(" --for {}", shell_word(holder))
    })
}

/// A life as it is asked for: in hours where it is long, and never shorter than Kubernetes grants.
fn length(life: SignedDuration) -> String {
    let minutes = life.as_mins().max(10);
    if minutes % 60 == 0 || minutes > 600 {
        format!("{}h", minutes / 60)
    } else {
        format!("{minutes}m")
    }
}

/// kubectl, told about the holder and the namespace of the secret.
pub(crate) fn kubectl(held: &Held) -> String {
    format!("{} -n {}", held.kubectl, shell_word(namespace(held)))
}

fn namespace(held: &Held) -> &str {
    held.secret
        .metadata
        .namespace
        .as_deref()
        .unwrap_or(ISTIO_SYSTEM)
}

/// Which of two secrets for one cluster may go: the one with the less usual name. Both secrets are told the same, so that
/// who follows both pieces of advice still has one of them.
pub(crate) fn surplus<'a>(one: &'a str, other: &'a str, cluster: &str) -> &'a str {
    let usual = secret_name(cluster);
    if one == usual || (other != usual && one < other) {
        other
    } else {
        one
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    fn held() -> Held {
        Held {
            context: Some("east".to_owned()),
            kubectl: "kubectl --context east".to_owned(),
            secret: k8s_openapi::api::core::v1::Secret::default(),
            istiods: Vec::new(),
            holder_uid: None,
            twins: Vec::new(),
            sources: BTreeMap::from([("west".to_owned(), "west-admin".to_owned())]),
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
            "kubectl mesh-secret create --context SOURCE --name south --into east"
        );
        let mut elsewhere = held();
        elsewhere.secret.metadata.namespace = Some("mesh".to_owned());
        assert_eq!(
            create_again(&elsewhere, "west; curl evil"),
            "kubectl mesh-secret create --context SOURCE --name 'west; curl evil' -n mesh --into east"
        );
        elsewhere.secret.metadata.name = Some("istio-kubeconfig".to_owned());
        assert_eq!(
            create_again(&elsewhere, "config"),
            "kubectl mesh-secret create --context SOURCE --name NAME -n mesh --into east --type config"
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
        };
        let usual = "reader-istio-remote-secret-token";
        let bound = "reader-token-for-east".to_owned();
        for (secret, life, expected) in [
            (usual.to_owned(), None, ""),
            (format!("{usual}.0a1b2c3d"), None, ""),
            (format!("{usual}-east"), None, " --for east"),
            (format!("{usual}-east.0a1b2c3d"), None, " --for east"),
            (bound.clone(), Some(7200), " --token-duration 2h"),
            (bound.clone(), Some(5400), " --token-duration 90m"),
            (bound.clone(), Some(36_119), " --token-duration 10h"),
            (bound, Some(60), " --token-duration 10m"),
        ] {
            assert_eq!(same_kind(&token(&secret, life)), expected, "{secret}");
        }
    }

    #[test]
    fn of_two_secrets_for_one_cluster_both_name_the_same_one_to_delete() {
        for (one, other, expected) in [
            ("istio-remote-secret-west", "a", "a"),
            ("istio-remote-secret-west", "z", "z"),
            ("a", "z", "z"),
        ] {
            assert_eq!(surplus(one, other, "west"), expected);
            assert_eq!(surplus(other, one, "west"), expected);
        }
    }
}
