//! The commands that mend what was found. They are pasted into a shell, and what they name may be anybody's words.

use mesh_common::mesh::names::{CONFIG_SECRET, ISTIO_SYSTEM};
use mesh_common::mesh::remote_secret::{annotated_cluster, secret_name};
use mesh_common::mesh::shell::shell_word;

use super::secret::Held;

/// The command that makes the secret anew, as far as it can be known here.
pub(crate) fn create_again(held: &Held, key: &str) -> String {
    let secret = &held.secret;
    let holder = shell_word(held.context.as_deref().unwrap_or("HOLDER"));
    let source = shell_word(held.sources.get(key).map_or("SOURCE", String::as_str));
    // The data key of a config secret is not the cluster's name.
    let (name, secret_type) = if secret.metadata.name.as_deref() == Some(CONFIG_SECRET) {
        let name = annotated_cluster(secret).map_or("NAME", String::as_str);
        (name, " --type config")
    } else {
        (key, "")
    };
    let namespace = match namespace(held) {
        ISTIO_SYSTEM => String::new(),
        other => format!(" -n {}", shell_word(other)),
    };
    format!(
        "kubectl mesh-secret create --context {source} --name {}{secret_type}{namespace} --into {holder}",
        shell_word(name)
    )
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
            "kubectl mesh-secret create --context SOURCE --name NAME --type config -n mesh --into east"
        );
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
