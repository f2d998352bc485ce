//! The commands that mend what disagrees, ready to be pasted.

use serde_json::json;

use super::super::command::{Command, Remedy};
use super::super::names::{ISTIO_SYSTEM, NETWORK_LABEL};
use super::super::shell::shell_word;
use super::object::{Installer, Object, Release};
use super::{Part, Statement};

/// Injection says anew what a pod is told.
const RESTART: &str = "kubectl rollout restart, for what the pods belong to";

/// Keys of the values that Istio's charts, and istioctl below `values`, take for the whole mesh.
const NETWORK: &str = "global.network";
const CLUSTER: &str = "global.multiCluster.clusterName";

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

    /// Gives Istio's namespace its label, in place of another one where it has one.
    pub(super) fn label_namespace(&self, namespace: &str, network: &str, is_other: bool) -> String {
        let (_, flags) = self.kubectl.split_once(' ').unwrap_or_default();
        let network = shell_word(network);
        let overwrite = if is_other { " --overwrite" } else { "" };
        let command = format!("kubectl mesh-label network {network}{overwrite} {flags}");
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
            Part::Namespace => {
                self.label_namespace(&one.about.name, network, one.network.is_some())
            }
            Part::Injector => self
                .install("istiod", &one.about, NETWORK, NETWORK, network)
                .unwrap_or_else(|| by_hand(NETWORK, network)),
            Part::Ztunnel => self
                .install("ztunnel", &one.about, "network", NETWORK, network)
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
            Part::GatewayPods | Part::Pods if one.is_labelled => {
                self.relabel_template(&one.about, network)
            }
            Part::Istiod | Part::GatewayPods | Part::Pods => self.restart(&one.about),
        }
    }

    /// Gives pods their label by the template that they are made of, which restarts them. Where istioctl installed them, that
    /// label is part of the selector as well, and Kubernetes lets nobody change that.
    fn relabel_template(&self, object: &Object, network: &str) -> String {
        if !object.is_known() || object.installer.is_some() {
            return format!(
                "install what these pods belong to again for network {network}: their label {NETWORK_LABEL} comes from there"
            );
        }
        let labels = json!({NETWORK_LABEL: network});
        let patch = json!({"spec": {"template": {"metadata": {"labels": labels}}}}).to_string();
        let name = shell_word(&object.name);
        let patch = shell_word(&patch);
        self.on(
            object,
            &format!("patch {} {name} -p {patch}", object.resource),
        )
    }

    /// Makes a part say this cluster's name.
    pub(super) fn cluster(&self, one: &Statement, cluster: &str) -> String {
        const OF_ZTUNNEL: &str = "multiCluster.clusterName";
        match one.part {
            Part::Pods | Part::GatewayPods => self.restart(&one.about),
            Part::Ztunnel => self
                .install("ztunnel", &one.about, OF_ZTUNNEL, CLUSTER, cluster)
                .unwrap_or_else(|| self.set_env(&one.about, "ISTIO_META_CLUSTER_ID", cluster)),
            Part::Namespace | Part::Istiod | Part::Injector | Part::Gateway => self
                .install("istiod", &one.about, CLUSTER, CLUSTER, cluster)
                .unwrap_or_else(|| by_hand(CLUSTER, cluster)),
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

    /// Sets one value by what installed the object: `of_chart` is its key in the chart, `of_mesh` among istioctl's values.
    /// Nothing where it is not known who did, or that tool cannot be led to the same cluster.
    fn install(
        &self,
        chart: &str,
        object: &Object,
        of_chart: &str,
        of_mesh: &str,
        value: &str,
    ) -> Option<String> {
        match object.installer.as_ref()? {
            Installer::Helm(release) => self.upgrade(release, chart, of_chart, value),
            Installer::Istioctl { revision } => {
                self.reinstall(&object.namespace, revision.as_deref(), of_mesh, value)
            }
        }
    }

    /// Sets one value of a release of Helm's and keeps all others.
    fn upgrade(&self, release: &Release, chart: &str, key: &str, value: &str) -> Option<String> {
        let helm = self.helm()?;
        let (name, namespace) = (shell_word(&release.name), shell_word(&release.namespace));
        let version = release.version.as_ref();
        let version = version.map_or_else(String::new, |version| {
            format!(" --version {}", shell_word(version))
        });
        // Helm makes numbers and booleans of what looks like them.
        let pair = format!("{key}={value}");
        let pair = shell_word(&pair);
        Some(format!(
            "{helm} -n {namespace} upgrade {name} istio/{chart}{version} --reuse-values --set-string {pair}"
        ))
    }

    /// istioctl keeps no settings in the cluster, so whoever installed has to give them again: as FILE.
    fn reinstall(
        &self,
        namespace: &str,
        revision: Option<&str>,
        key: &str,
        value: &str,
    ) -> Option<String> {
        let flags = self.without_entries()?.strip_prefix("kubectl")?;
        let mut command = format!("istioctl install{flags} -f FILE");
        if namespace != ISTIO_SYSTEM {
            command = format!("{command} -i {}", shell_word(namespace));
        }
        if let Some(revision) = revision {
            command = format!("{command} --revision {}", shell_word(revision));
        }
        let pair = format!("values.{key}={value}");
        Some(format!("{command} --set {}", shell_word(&pair)))
    }

    /// Neither Helm nor istioctl knows the entries of users and clusters.
    fn without_entries(&self) -> Option<&str> {
        let entries = [" --cluster ", " --user "];
        let has = entries.iter().any(|flag| self.kubectl.contains(flag));
        (!has).then_some(self.kubectl)
    }

    /// Helm has another word for a context.
    fn helm(&self) -> Option<String> {
        let helm = self.without_entries()?.replacen("kubectl", "helm", 1);
        Some(helm.replacen(" --context ", " --kube-context ", 1))
    }
}

/// Several fixes as one: each once and one after the other, in words where one of them is no command.
pub(super) fn together(fixes: impl Iterator<Item = impl Into<Remedy>>) -> Remedy {
    let mut each: Vec<Remedy> = Vec::new();
    for fix in fixes {
        let fix = fix.into();
        if !each.contains(&fix) {
            each.push(fix);
        }
    }
    let commands = each.iter().map(|fix| match fix {
        Remedy::Command(command) => Some(command.clone()),
        Remedy::Step(_) => None,
    });
    let commands: Option<Vec<Command>> = commands.collect();
    match commands.and_then(|all| all.into_iter().reduce(Command::then)) {
        Some(all) => all.into(),
        None => {
            let each: Vec<String> = each.iter().map(Remedy::to_string).collect();
            Remedy::Step(each.join("; then "))
        }
    }
}

/// What is to be said where nobody knows how Istio was installed.
fn by_hand(key: &str, value: &str) -> String {
    format!("install istiod again with values.{key}={value}")
}

fn label_pair(network: &str) -> String {
    shell_word(&format!("{NETWORK_LABEL}={network}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(part: Part, resource: &str, installer: impl Into<Option<Installer>>) -> Statement {
        let mut one = Statement::new(part, "o".to_owned(), None, None);
        one.about = Object {
            resource: resource.to_owned(),
            namespace: "mesh".to_owned(),
            name: "x".to_owned(),
            installer: installer.into(),
        };
        one
    }

    fn helm() -> Installer {
        Installer::Helm(Release {
            name: "r".to_owned(),
            namespace: "mesh".to_owned(),
            version: Some("1.31.0".to_owned()),
        })
    }

    fn istioctl(revision: Option<&str>) -> Installer {
        let revision = revision.map(str::to_owned);
        Installer::Istioctl { revision }
    }

    #[test]
    fn every_part_is_mended_by_its_own_command() {
        let tools = Tools::new("kubectl --kubeconfig k --context 'my east'");
        for (one, network, cluster) in [
            (
                about(Part::Namespace, "namespace", None),
                "kubectl mesh-label network n --kubeconfig k --context 'my east' -n x",
                "install istiod again with values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", helm()),
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.network=n",
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", None),
                "install istiod again with values.global.network=n",
                "install istiod again with values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Ztunnel, "daemonset", None),
                "kubectl --kubeconfig k --context 'my east' -n mesh set env daemonset x NETWORK=n",
                "kubectl --kubeconfig k --context 'my east' -n mesh set env daemonset x ISTIO_META_CLUSTER_ID=c",
            ),
            (
                about(Part::Pods, "deployment", None),
                "kubectl --kubeconfig k --context 'my east' -n mesh rollout restart deployment x",
                "kubectl --kubeconfig k --context 'my east' -n mesh rollout restart deployment x",
            ),
            (
                about(Part::Injector, "configmap", istioctl(None)),
                "istioctl install --kubeconfig k --context 'my east' -f FILE -i mesh --set values.global.network=n",
                "istioctl install --kubeconfig k --context 'my east' -f FILE -i mesh --set values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Ztunnel, "daemonset", istioctl(Some("canary"))),
                "istioctl install --kubeconfig k --context 'my east' -f FILE -i mesh --revision canary --set values.global.network=n",
                "istioctl install --kubeconfig k --context 'my east' -f FILE -i mesh --revision canary --set values.global.multiCluster.clusterName=c",
            ),
            (about(Part::Pods, "", None), RESTART, RESTART),
        ] {
            assert_eq!(tools.network(&one, "n"), network);
            assert_eq!(tools.cluster(&one, "c"), cluster);
        }
        let gateway = about(Part::Gateway, "service", None);
        assert_eq!(
            tools.network(&gateway, "n"),
            "kubectl --kubeconfig k --context 'my east' -n mesh label service x topology.istio.io/network=n --overwrite"
        );
    }

    #[test]
    fn no_tool_is_led_astray() {
        let tools = Tools::new("kubectl --context east --user admin");
        for installer in [helm(), istioctl(None)] {
            let injector = about(Part::Injector, "configmap", installer);
            assert!(tools.network(&injector, "n").starts_with("install istiod"));
        }
    }
}
