//! The commands that mend what disagrees, ready to be pasted.

use super::super::names::{ISTIO_SYSTEM, NETWORK_LABEL};
use super::super::shell::shell_word;
use super::object::{Object, Release};
use super::{Part, Statement};

/// Injection says anew what a pod is told.
const RESTART: &str = "kubectl rollout restart, for what the pods belong to";

/// How the tools of the trade are told about one cluster.
#[derive(Debug, Clone)]
pub struct Tools<'a> {
    /// The start of a kubectl command line, such as `kubectl --context east`.
    kubectl: &'a str,
}

impl<'a> Tools<'a> {
    /// The tools for the cluster that this start of a kubectl command line leads to.
    pub const fn new(kubectl: &'a str) -> Self {
        Self { kubectl }
    }

    /// Gives Istio's namespace its label.
    pub(super) fn label_namespace(&self, namespace: &str, network: &str) -> String {
        let (_, flags) = self.kubectl.split_once(' ').unwrap_or_default();
        let network = shell_word(network);
        let command = format!("kubectl mesh-label network {network} {flags}");
        if namespace == ISTIO_SYSTEM {
            command.trim_end().to_owned()
        } else {
            format!("{} -n {}", command.trim_end(), shell_word(namespace))
        }
    }

    /// Takes a label from a namespace.
    pub(super) fn unlabel_namespace(&self, namespace: &str, key: &str) -> String {
        let (namespace, key) = (shell_word(namespace), shell_word(key));
        format!("{} label namespace {namespace} {key}-", self.kubectl)
    }

    /// Makes a part say this network.
    pub(super) fn network(&self, one: &Statement, network: &str) -> String {
        match one.part {
            Part::Namespace => self.label_namespace(&one.about.name, network),
            Part::Injector => self
                .upgrade(&one.about, "istiod", "global.network", network)
                .unwrap_or_else(|| {
                    format!("install istiod again with values.global.network={network}")
                }),
            Part::Ztunnel => self
                .upgrade(&one.about, "ztunnel", "network", network)
                .unwrap_or_else(|| self.set_env(&one.about, "NETWORK", network)),
            Part::Gateway => self.on(
                &one.about,
                &format!(
                    "label {} {} {} --overwrite",
                    one.about.resource,
                    shell_word(&one.about.name),
                    label_pair(network)
                ),
            ),
            Part::Istiod | Part::GatewayPods | Part::Pods => self.restart(&one.about),
        }
    }

    /// Makes a part say this cluster's name.
    pub(super) fn cluster(&self, one: &Statement, cluster: &str) -> String {
        const OF_ISTIOD: &str = "global.multiCluster.clusterName";
        match one.part {
            Part::Pods | Part::GatewayPods => self.restart(&one.about),
            Part::Ztunnel => self
                .upgrade(&one.about, "ztunnel", "multiCluster.clusterName", cluster)
                .unwrap_or_else(|| self.set_env(&one.about, "ISTIO_META_CLUSTER_ID", cluster)),
            Part::Namespace | Part::Istiod | Part::Injector | Part::Gateway => self
                .upgrade(&one.about, "istiod", OF_ISTIOD, cluster)
                .unwrap_or_else(|| {
                    format!("install istiod again with values.{OF_ISTIOD}={cluster}")
                }),
        }
    }

    /// Makes the pods of a gateway serve this network alone.
    pub(super) fn view(&self, one: &Statement, network: &str) -> Option<String> {
        let known = one.about.is_known();
        known.then(|| self.set_env(&one.about, "ISTIO_META_REQUESTED_NETWORK_VIEW", network))
    }

    /// Gives the pods of a namespace that have the label `other` the label `network`.
    pub(super) fn relabel_pods(&self, one: &Statement, other: &str, network: &str) -> String {
        let (other, network) = (label_pair(other), label_pair(network));
        self.on(
            &one.about,
            &format!("label pods -l {other} {network} --overwrite"),
        )
    }

    fn restart(&self, object: &Object) -> String {
        if !object.is_known() {
            return RESTART.to_owned();
        }
        let name = shell_word(&object.name);
        self.on(
            object,
            &format!("rollout restart {} {name}", object.resource),
        )
    }

    fn set_env(&self, object: &Object, variable: &str, value: &str) -> String {
        let name = shell_word(&object.name);
        let pair = format!("{variable}={value}");
        let pair = shell_word(&pair);
        self.on(
            object,
            &format!("set env {} {name} {pair}", object.resource),
        )
    }

    fn on(&self, object: &Object, rest: &str) -> String {
        format!(
            "{} -n {} {rest}",
            self.kubectl,
            shell_word(&object.namespace)
        )
    }

    /// Sets one value of a release of Helm's and keeps all others; nothing where Helm did not install it, or cannot be led
    /// to the same cluster.
    fn upgrade(&self, object: &Object, chart: &str, key: &str, value: &str) -> Option<String> {
        let Release {
            name,
            namespace,
            version,
        } = object.release.as_ref()?;
        let helm = self.helm()?;
        let (name, namespace) = (shell_word(name), shell_word(namespace));
        let version = version.as_ref().map_or_else(String::new, |version| {
            format!(" --version {}", shell_word(version))
        });
        // Helm makes numbers and booleans of what looks like them.
        let pair = format!("{key}={value}");
        let pair = shell_word(&pair);
        Some(format!(
            "{helm} -n {namespace} upgrade {name} istio/{chart}{version} --reuse-values --set-string {pair}"
        ))
    }

    /// Helm has another word for a context, and none for the entries of users and clusters.
    fn helm(&self) -> Option<String> {
        let entries = [" --cluster ", " --user "];
        if entries.iter().any(|flag| self.kubectl.contains(flag)) {
            return None;
        }
        let helm = self.kubectl.replacen("kubectl", "helm", 1);
        Some(helm.replacen(" --context ", " --kube-context ", 1))
    }
}

fn label_pair(network: &str) -> String {
    shell_word(&format!("{NETWORK_LABEL}={network}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(part: Part, resource: &str, release: bool) -> Statement {
        let mut one = Statement::new(part, "o".to_owned(), None, None);
        one.about = Object {
            resource: resource.to_owned(),
            namespace: "mesh".to_owned(),
            name: "x".to_owned(),
            release: release.then(|| Release {
                name: "r".to_owned(),
                namespace: "mesh".to_owned(),
                version: Some("1.31.0".to_owned()),
            }),
        };
        one
    }

    #[test]
    fn every_part_is_mended_by_its_own_command() {
        let tools = Tools::new("kubectl --kubeconfig k --context 'my east'");
        for (one, network, cluster) in [
            (
                about(Part::Namespace, "namespace", false),
                "kubectl mesh-label network n --kubeconfig k --context 'my east' -n x",
                "install istiod again with values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", true),
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.network=n",
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", false),
                "install istiod again with values.global.network=n",
                "install istiod again with values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Ztunnel, "daemonset", false),
                "kubectl --kubeconfig k --context 'my east' -n mesh set env daemonset x NETWORK=n",
                "kubectl --kubeconfig k --context 'my east' -n mesh set env daemonset x ISTIO_META_CLUSTER_ID=c",
            ),
            (
                about(Part::Pods, "deployment", false),
                "kubectl --kubeconfig k --context 'my east' -n mesh rollout restart deployment x",
                "kubectl --kubeconfig k --context 'my east' -n mesh rollout restart deployment x",
            ),
            (about(Part::Pods, "", false), RESTART, RESTART),
        ] {
            assert_eq!(tools.network(&one, "n"), network);
            assert_eq!(tools.cluster(&one, "c"), cluster);
        }
        let gateway = about(Part::Gateway, "service", false);
        assert_eq!(
            tools.network(&gateway, "n"),
            "kubectl --kubeconfig k --context 'my east' -n mesh label service x topology.istio.io/network=n --overwrite"
        );
    }

    #[test]
    fn helm_is_not_led_astray() {
        let injector = about(Part::Injector, "configmap", true);
        let tools = Tools::new("kubectl --context east --user admin");
        assert!(tools.network(&injector, "n").starts_with("install istiod"));
    }
}
