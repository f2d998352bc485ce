//! The cluster ID and the configuration of istiods, read from the objects of their installation.

use k8s_openapi::Metadata;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::cluster_name::ClusterId;
use super::container_env::{is_on, value};
use super::exposure::Revision;
use super::istio_version::IstioVersion;
use super::names::{
    ANY_TRUST_DOMAIN_VARIABLE, CA_SERVER_VARIABLE, CLUSTER_ID_FLAG, CLUSTER_ID_VARIABLE,
    DOMAIN_FLAG, EXTERNAL_CA_VARIABLE, EXTERNAL_CONFIG_VARIABLE, EXTERNAL_SECRETS_VARIABLE,
    EXTERNAL_WEBHOOK_VARIABLE, KUBECONFIG_FOLDER_VARIABLE, MORE_ROOTS_VARIABLE,
    RESOLVE_GATEWAYS_VARIABLE, REVISION_LABEL, ROOT_CONFIG_MAP_VARIABLE, SCOPE_GATEWAYS_VARIABLE,
    UNNAMED_CLUSTER, VERSION_LABEL,
};
use crate::resources::{Container, Deployment};

/// The label selector of istiod's Deployments and pods, of every revision.
pub const SELECTOR: &str = "app=istiod";
/// The name of istiod's container. Source: `templates/deployment.yaml` of the chart istiod.
const ISTIOD_CONTAINER: &str = "discovery";
/// The label selector of the injector's webhook configurations.
pub const INJECTOR_SELECTOR: &str = "app=sidecar-injector";

/// Returns the cluster IDs of the istiods of a cluster: the argument `--clusterID`, whose default is `CLUSTER_ID`.
/// `Kubernetes` is the ID of an istiod without one, and is left out. Sorted, without duplicates. Source:
/// <https://istio.io/latest/docs/reference/commands/pilot-discovery/#envvars>.
pub fn cluster_ids(deployments: &[Deployment]) -> Vec<ClusterId> {
    let mut ids: Vec<ClusterId> = deployments.iter().filter_map(cluster_id).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Returns whether an istiod runs without a cluster ID, so that it and its proxies use `Kubernetes` for their cluster,
/// as those of any other such cluster do.
pub fn is_unnamed(deployments: &[Deployment]) -> bool {
    deployments.iter().any(|deployment| {
        let pod = deployment
            .spec
            .as_ref()
            .and_then(|spec| spec.template.spec.as_ref());
        let mut variables = pod
            .iter()
            .flat_map(|pod| &pod.containers)
            .flat_map(|one| one.env.iter().flatten());
        // An ID that comes from another object (`valueFrom`) cannot be read here.
        let is_elsewhere =
            variables.any(|env| env.name == CLUSTER_ID_VARIABLE && env.value_from.is_some());
        pod.is_some() && !is_elsewhere && cluster_id(deployment).is_none()
    })
}

fn cluster_id(deployment: &Deployment) -> Option<ClusterId> {
    let containers = containers(deployment);
    let from_env = || value(containers, CLUSTER_ID_VARIABLE).map(str::to_owned);
    argument(containers, CLUSTER_ID_FLAG)
        .or_else(from_env)
        .and_then(named)
}

/// Returns the revision of an istiod, of its Deployment or of a pod.
pub fn revision_of<O: Metadata<Ty = ObjectMeta>>(istiod: &O) -> Revision {
    let labels = istiod.metadata().labels.as_ref();
    let value = labels.and_then(|labels| labels.get(REVISION_LABEL));
    Revision::of_label(value.map(String::as_str))
}

/// Returns the version of each Deployment's istiod: from the tag of its image, otherwise from the label that the chart
/// sets; `None` if neither is a version.
pub fn versions(deployments: &[Deployment]) -> Vec<Option<IstioVersion>> {
    let version = |deployment: &Deployment| {
        let containers = containers(deployment);
        let istiod = containers.iter().find(|one| one.name == ISTIOD_CONTAINER);
        let image = istiod.or(containers.first())?.image.as_deref();
        let labels = deployment.metadata.labels.as_ref();
        let label = labels.and_then(|labels| labels.get(VERSION_LABEL));
        image
            .and_then(tag)
            .and_then(IstioVersion::read)
            .or_else(|| IstioVersion::read(label?))
    };
    deployments.iter().map(version).collect()
}

/// Returns the tag of an image, which a digest may follow; the port of a registry is not a tag.
fn tag(image: &str) -> Option<&str> {
    let image = image.split('@').next()?;
    let name = image.rsplit('/').next()?;
    name.split_once(':').map(|(_, tag)| tag)
}

/// Returns the domain of the cluster's Services, from the first istiod that has the argument `--domain`. Source:
/// `templates/deployment.yaml` of the chart istiod.
pub fn domain(deployments: &[Deployment]) -> Option<String> {
    let mut told = deployments.iter().map(containers);
    told.find_map(|containers| argument(containers, DOMAIN_FLAG))
}

/// Returns whether an Istio Gateway configures only pods of its own namespace, for this istiod. Source:
/// `ScopeGatewayToNamespace` in Istio's `pilot/pkg/features/pilot.go`.
pub fn scopes_gateways(deployment: &Deployment) -> bool {
    is_on(containers(deployment), SCOPE_GATEWAYS_VARIABLE, false)
}

/// Returns whether this istiod has its remote clusters from files, and looks at no remote secret.
pub fn reads_files(deployment: &Deployment) -> bool {
    value(containers(deployment), KUBECONFIG_FOLDER_VARIABLE).is_some()
}

/// Returns whether this istiod resolves the host names of gateways; otherwise it ignores gateways that have no other address.
/// Source: `resolveHostnameGateways` in Istio's `pilot/pkg/model/network.go`.
pub fn resolves_gateways(deployment: &Deployment) -> bool {
    is_on(containers(deployment), RESOLVE_GATEWAYS_VARIABLE, true)
}

/// Returns whether proxies of this istiod trust the further root certificates of its configuration.
pub fn trusts_more_roots(deployment: &Deployment) -> bool {
    is_on(containers(deployment), MORE_ROOTS_VARIABLE, false)
}

/// Returns whether this istiod writes the root certificate into a `ConfigMap` of another name than the usual one.
pub fn renames_root_config_map(deployment: &Deployment) -> bool {
    value(containers(deployment), ROOT_CONFIG_MAP_VARIABLE).is_some()
}

/// Returns whether servers of this istiod accept clients of every trust domain.
pub fn admits_every_trust_domain(deployment: &Deployment) -> bool {
    is_on(containers(deployment), ANY_TRUST_DOMAIN_VARIABLE, false)
}

/// Returns whether this istiod is that of an external control plane, which takes the configuration of another cluster than its own.
pub fn is_of_another_cluster(deployment: &Deployment) -> bool {
    let variables = [
        EXTERNAL_WEBHOOK_VARIABLE,
        EXTERNAL_SECRETS_VARIABLE,
        EXTERNAL_CONFIG_VARIABLE,
    ];
    let mut variables = variables.into_iter();
    variables.any(|name| value(containers(deployment), name).is_some())
}

/// Returns whether another authority than this istiod issues the certificates of workloads.
pub fn has_other_ca(deployment: &Deployment) -> bool {
    let containers = containers(deployment);
    value(containers, EXTERNAL_CA_VARIABLE).is_some()
        || !is_on(containers, CA_SERVER_VARIABLE, true)
}

fn containers(deployment: &Deployment) -> &[Container] {
    let spec = deployment.spec.as_ref();
    let pod = spec.and_then(|spec| spec.template.spec.as_ref());
    pod.map_or(&[], |pod| &pod.containers)
}

/// Returns the value of a flag, given as `FLAG VALUE` or as `FLAG=VALUE`; the last one wins.
fn argument(containers: &[Container], flag: &str) -> Option<String> {
    let of = |container: &Container| {
        let mut found = None;
        let mut arguments = container.args.iter().flatten();
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix(flag) {
                Some("") => found = arguments.next().cloned(),
                Some(rest) => found = rest.strip_prefix('=').map(str::to_owned).or(found),
                None => (),
            }
        }
        found
    };
    containers.iter().find_map(of)
}

/// Returns the names in the injection paths `/inject/cluster/NAME/…` of a remote cluster's webhooks, sorted, without
/// duplicates. Source: `istiodRemote.injectionPath` of Istio's chart; `--slash--` stands for a slash.
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
            (
                json!({"name": "d", "args": ["discovery", "--clusterID", "w"]}),
                vec![ClusterId("w".to_owned())],
            ),
            (
                json!({"name": "d", "args": ["--clusterID=w"], "env": [{"name": "CLUSTER_ID", "value": "v"}]}),
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
    fn the_version_is_the_images_or_the_charts() {
        let digest = "docker.io/istio/pilot@sha256:0a1b";
        for (image, label, expected) in [
            (
                "docker.io/istio/pilot:1.28.0-distroless",
                None,
                Some((28, 0)),
            ),
            (
                "registry:5000/pilot:v1.31.0@sha256:0a1b",
                None,
                Some((31, 0)),
            ),
            ("pilot:1.30.2", Some("1.29.1"), Some((30, 2))),
            (digest, Some("1.29.1"), Some((29, 1))),
            ("pilot:latest", Some("1.27.0"), Some((27, 0))),
            ("registry:5000/pilot", None, None),
            (digest, Some("latest"), None),
        ] {
            let mut one = deployment(&json!({"name": "discovery", "image": image}));
            let labels = label.map(|label| (VERSION_LABEL.to_owned(), label.to_owned()));
            one.metadata.labels = Some(labels.into_iter().collect());
            let read = versions(&[one])[0];
            let read = read.map(|version| (version.minor, version.patch.unwrap()));
            assert_eq!(read, expected, "{image} {label:?}");
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
            (json!(["--domain=a.b", "--domain", "c.d"]), Some("c.d")),
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
