//! What an istiod calls the cluster that it runs in, read from the objects of its installation.

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;

use super::cluster_name::ClusterId;
use super::names::UNNAMED_CLUSTER;

/// The label selector of istiod's Deployments and pods, of every revision.
pub const SELECTOR: &str = "app=istiod";
/// The label selector of the injector's webhook configurations.
pub const INJECTOR_SELECTOR: &str = "app=sidecar-injector";

/// The names that the istiods of a cluster give to it: `CLUSTER_ID` of the container `discovery`, else its argument
/// `--clusterID`. `Kubernetes` is what an istiod without a name says, and counts as none. Sorted, without doubles.
/// Source: <https://istio.io/latest/docs/reference/commands/pilot-discovery/#envvars>.
pub fn cluster_ids(deployments: &[Deployment]) -> Vec<ClusterId> {
    let mut ids: Vec<ClusterId> = deployments.iter().filter_map(cluster_id).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn cluster_id(deployment: &Deployment) -> Option<ClusterId> {
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.iter().find_map(|container| {
        let from_env = container
            .env
            .iter()
            .flatten()
            .find(|env| env.name == "CLUSTER_ID")
            .and_then(|e| e.value.clone());
        let from_argument = container
            .args
            .iter()
            .flatten()
            .find_map(|argument| argument.strip_prefix("--clusterID=").map(str::to_owned));
        from_env.or(from_argument).and_then(named)
    })
}

/// The domain of the cluster's Services, as the first istiod that says one is told: its argument `--domain`.
/// Source: `templates/deployment.yaml` of the chart istiod.
pub fn domain(deployments: &[Deployment]) -> Option<String> {
    deployments.iter().find_map(|deployment| {
        let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
        let mut arguments = pod
            .containers
            .iter()
            .flat_map(|one| one.args.iter().flatten());
        let value = arguments.find_map(|argument| match argument.strip_prefix("--domain") {
            Some("") => Some(None),
            Some(rest) => rest.strip_prefix('=').map(|value| Some(value.to_owned())),
            None => None,
        })?;
        // With the value as an argument of its own, that is the next one.
        value.or_else(|| arguments.next().cloned())
    })
}

/// The names in the injection paths `/inject/cluster/NAME/…` of a remote cluster's webhooks, sorted, without doubles.
/// Source: `istiodRemote.injectionPath` of Istio's chart; `--slash--` stands for a slash.
pub fn injected_cluster_ids(webhooks: &[MutatingWebhookConfiguration]) -> Vec<ClusterId> {
    let mut ids: Vec<ClusterId> = webhooks
        .iter()
        .flat_map(|configuration| configuration.webhooks.iter().flatten())
        .filter_map(|webhook| {
            let config = &webhook.client_config;
            let path = config
                .service
                .as_ref()
                .and_then(|s| s.path.clone())
                .or_else(|| config.url.clone())?;
            let (_, rest) = path.split_once("/inject/")?;
            let parts: Vec<&str> = rest.split('/').collect();
            let value = parts.chunks(2).find(|pair| pair[0] == "cluster")?.get(1)?;
            named(value.replace("--slash--", "/"))
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn named(id: String) -> Option<ClusterId> {
    (!id.is_empty() && id != UNNAMED_CLUSTER).then_some(ClusterId(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment(container: &serde_json::Value) -> Deployment {
        serde_json::from_value(
            json!({"spec": {"selector": {}, "template": {"spec": {"containers": [container]}}}}),
        )
        .unwrap()
    }

    #[test]
    fn istiod_names_its_cluster_by_environment_or_argument() {
        let env = |value: &str| json!({"name": "discovery", "env": [{"name": "CLUSTER_ID", "value": value}]});
        for (container, expected) in [
            (env("west"), vec![ClusterId("west".to_owned())]),
            (env("Kubernetes"), vec![]),
            (env(""), vec![]),
            (
                json!({"name": "d", "args": ["discovery", "--clusterID=w"]}),
                vec![ClusterId("w".to_owned())],
            ),
            (json!({"name": "d"}), vec![]),
        ] {
            assert_eq!(
                cluster_ids(&[deployment(&container)]),
                expected,
                "{container}"
            );
        }
    }

    #[test]
    fn the_domain_is_an_argument_in_two_spellings() {
        for (args, expected) in [
            (
                json!(["discovery", "--domain", "corp.example"]),
                Some("corp.example"),
            ),
            (json!(["--domain=corp.example"]), Some("corp.example")),
            (json!(["--domains=x", "--domain"]), None),
            (json!([]), None),
        ] {
            let one = deployment(&json!({"name": "discovery", "args": args}));
            assert_eq!(domain(&[one]).as_deref(), expected, "{args}");
        }
    }

    #[test]
    fn a_remote_is_named_by_its_injection_path() {
        let webhook = |config: serde_json::Value| -> MutatingWebhookConfiguration {
            let hook = json!({"name": "w", "admissionReviewVersions": [], "sideEffects": "None", "clientConfig": config});
            serde_json::from_value(json!({"webhooks": [hook]})).unwrap()
        };
        let service =
            |path: &str| json!({"service": {"name": "istiod", "namespace": "i", "path": path}});
        for (config, expected) in [
            (service("/inject/cluster/west/net/n1"), Some("west")),
            (service("/inject/net/n1/cluster/a--slash--b"), Some("a/b")),
            (
                json!({"url": "https://h:15017/inject/cluster/c3/net/n"}),
                Some("c3"),
            ),
            (service("/inject"), None),
            (service("/inject/cluster/Kubernetes"), None),
        ] {
            let ids = injected_cluster_ids(&[webhook(config.clone())]);
            assert_eq!(ids.first().map(ClusterId::as_str), expected, "{config}");
        }
    }
}
