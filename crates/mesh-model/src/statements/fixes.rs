//! The commands that fix statements that disagree, to be pasted.

use serde_json::json;

use super::super::command::{Command, Kubectl, Remedy, suite};
use super::super::finding::Finding;
use super::super::names::{ISTIO_SYSTEM, NETWORK_LABEL};
use super::object::{Installer, Object, Release};
use super::{Part, Statement};

/// The remedy for pods: a restart injects them again, with the current settings.
const RESTART: &str = "restart what the pods belong to (kubectl rollout restart)";

/// Keys of the Helm values for the whole mesh, in Istio's charts and below `values` for istioctl.
const NETWORK: &str = "global.network";
const CLUSTER: &str = "global.multiCluster.clusterName";

/// Builds commands of kubectl, Helm and istioctl for one cluster.
#[derive(Debug, Clone)]
pub struct FixCommands<'a> {
    kubectl: &'a Kubectl,
}

impl<'a> FixCommands<'a> {
    /// Returns the builder for the cluster that `kubectl` selects.
    pub const fn new(kubectl: &'a Kubectl) -> Self {
        Self { kubectl }
    }

    /// Returns the kubectl flags that select the cluster.
    pub(super) const fn kubectl(&self) -> &'a Kubectl {
        self.kubectl
    }

    /// Adds the context of the cluster to the finding, if it has one.
    pub(super) fn placed(&self, finding: Finding) -> Finding {
        match self.kubectl.context_name() {
            Some(context) => finding.in_cluster(context),
            None => finding,
        }
    }

    /// Sets the network label of Istio's namespace, replacing another one if there is one.
    pub(super) fn label_namespace(
        &self,
        namespace: &str,
        network: &str,
        is_other: bool,
    ) -> Command {
        suite::label_network(network, self.kubectl, namespace, is_other)
    }

    /// Removes a label from a namespace.
    pub(super) fn unlabel_namespace(&self, namespace: &str, key: &str) -> Command {
        self.kubectl
            .command()
            .words("label namespace")
            .arg(namespace)
            .arg(&format!("{key}-"))
    }

    /// Sets this network for a part.
    pub(super) fn network(&self, one: &Statement, network: &str) -> Remedy {
        match one.part {
            Part::Namespace => self
                .label_namespace(&one.about.name, network, one.network.is_some())
                .into(),
            Part::Injector => self
                .install("istiod", &one.about, NETWORK, NETWORK, network)
                .unwrap_or_else(|| by_hand(NETWORK, network)),
            Part::Ztunnel => self
                .install("ztunnel", &one.about, "network", NETWORK, network)
                .unwrap_or_else(|| self.set_env(&one.about, "NETWORK", network)),
            Part::Gateway => self
                .on(&one.about, "label")
                .pair(NETWORK_LABEL, network)
                .words("--overwrite")
                .into(),
            Part::GatewayPods | Part::Pods if one.is_labelled => {
                self.relabel_template(&one.about, network)
            }
            Part::Istiod | Part::GatewayPods | Part::Pods => self.restart(&one.about),
        }
    }

    /// Sets the label of pods in their template, which restarts them. If istioctl installed them, the label is in the
    /// selector as well, which is immutable.
    fn relabel_template(&self, object: &Object, network: &str) -> Remedy {
        if !object.is_known() || object.installer.is_some() {
            return format!(
                "install what these pods belong to again for network {network}: their label {NETWORK_LABEL} comes from there"
            )
            .into();
        }
        let labels = json!({NETWORK_LABEL: network});
        let patch = json!({"spec": {"template": {"metadata": {"labels": labels}}}}).to_string();
        self.on(object, "patch").flag("-p", &patch).into()
    }

    /// Sets this cluster name for a part.
    pub(super) fn cluster(&self, one: &Statement, cluster: &str) -> Remedy {
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

    /// Changes the label of the pods of a namespace from `other` to `network`.
    pub(super) fn relabel_pods(&self, one: &Statement, other: &str, network: &str) -> Command {
        self.kubectl
            .in_namespace(&one.about.namespace)
            .words("label pods")
            .flag("-l", &format!("{NETWORK_LABEL}={other}"))
            .pair(NETWORK_LABEL, network)
            .words("--overwrite")
    }

    fn restart(&self, object: &Object) -> Remedy {
        if object.is_known() {
            self.on(object, "rollout restart").into()
        } else {
            RESTART.into()
        }
    }

    fn set_env(&self, object: &Object, variable: &str, value: &str) -> Remedy {
        self.on(object, "set env").pair(variable, value).into()
    }

    /// Returns `kubectl -n NAMESPACE VERB KIND NAME`.
    fn on(&self, object: &Object, verb: &'static str) -> Command {
        self.kubectl
            .in_namespace(&object.namespace)
            .words(verb)
            .arg(&object.resource)
            .arg(&object.name)
    }

    /// Sets one value with the tool that installed the object: `of_chart` is its key in the chart, `of_mesh` among
    /// istioctl's values. `None` if the tool is unknown or cannot select the same cluster.
    fn install(
        &self,
        chart: &str,
        object: &Object,
        of_chart: &str,
        of_mesh: &str,
        value: &str,
    ) -> Option<Remedy> {
        match object.installer.as_ref()? {
            Installer::Helm(release) => self.upgrade(release, chart, of_chart, value),
            Installer::Istioctl { revision } => {
                self.reinstall(&object.namespace, revision.as_deref(), of_mesh, value)
            }
        }
    }

    /// Sets one value of a Helm release and keeps all others.
    fn upgrade(&self, release: &Release, chart: &str, key: &str, value: &str) -> Option<Remedy> {
        let command = self
            .kubectl
            .helm()?
            .flag("-n", &release.namespace)
            .words("upgrade")
            .arg(&release.name)
            .arg(&format!("istio/{chart}"))
            .flag_if("--version", release.version.as_deref())
            .words("--reuse-values")
            // Helm converts values that look like numbers or booleans.
            .flag("--set-string", &format!("{key}={}", of_helm(value)));
        Some(command.into())
    }

    /// Returns the remedy for istioctl, which stores no settings in the cluster: all of them must be passed again.
    fn reinstall(
        &self,
        namespace: &str,
        revision: Option<&str>,
        key: &str,
        value: &str,
    ) -> Option<Remedy> {
        let flags = Command::new("--set")
            .arg(&format!("values.{key}={value}"))
            .on(self.kubectl)
            .flag_if("-i", Some(namespace).filter(|name| *name != ISTIO_SYSTEM))
            .flag_if("--revision", revision);
        self.kubectl
            .without_entries()
            .then(|| {
                format!("run istioctl install again with all that was given to it then (-f FILE), and with {flags}").into()
            })
    }
}

/// Escapes a value: for Helm, a comma ends it.
fn of_helm(value: &str) -> String {
    value.replace('\\', r"\\").replace(',', r"\,")
}

/// Joins several fixes: each once, in order, and in words if one of them is not a command.
pub(super) fn together(fixes: impl Iterator<Item = impl Into<Remedy>>) -> Remedy {
    let mut each: Vec<Remedy> = Vec::new();
    for fix in fixes {
        let fix = fix.into();
        if !each.contains(&fix) {
            each.push(fix);
        }
    }
    let commands = each.iter().map(|fix| fix.command().cloned());
    let commands: Option<Vec<Command>> = commands.collect();
    if let Some(all) = commands.and_then(|all| all.into_iter().reduce(Command::then)) {
        return all.into();
    }
    let in_words = each.iter().map(|fix| match fix.command() {
        Some(command) => format!("run {command}"),
        None => fix.to_string(),
    });
    let in_words: Vec<String> = in_words.collect();
    in_words.join(" and then ").into()
}

/// Returns the remedy if it is unknown how Istio was installed.
fn by_hand(key: &str, value: &str) -> Remedy {
    format!("upgrade istiod with values.{key}={value}").into()
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
    fn every_part_is_fixed_by_its_own_command() {
        let kubectl = Kubectl::new(Some("k".to_owned())).context("my east");
        let commands = FixCommands::new(&kubectl);
        for (one, network, cluster) in [
            (
                about(Part::Namespace, "namespace", None),
                "kubectl mesh-label network n --kubeconfig k --context 'my east' -n x",
                "upgrade istiod with values.global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", helm()),
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.network=n",
                "helm --kubeconfig k --kube-context 'my east' -n mesh upgrade r istio/istiod --version 1.31.0 --reuse-values --set-string global.multiCluster.clusterName=c",
            ),
            (
                about(Part::Injector, "configmap", None),
                "upgrade istiod with values.global.network=n",
                "upgrade istiod with values.global.multiCluster.clusterName=c",
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
                "run istioctl install again with all that was given to it then (-f FILE), and with --set values.global.network=n --kubeconfig k --context 'my east' -i mesh",
                "run istioctl install again with all that was given to it then (-f FILE), and with --set values.global.multiCluster.clusterName=c --kubeconfig k --context 'my east' -i mesh",
            ),
            (
                about(Part::Ztunnel, "daemonset", istioctl(Some("canary"))),
                "run istioctl install again with all that was given to it then (-f FILE), and with --set values.global.network=n --kubeconfig k --context 'my east' -i mesh --revision canary",
                "run istioctl install again with all that was given to it then (-f FILE), and with --set values.global.multiCluster.clusterName=c --kubeconfig k --context 'my east' -i mesh --revision canary",
            ),
            (about(Part::Pods, "", None), RESTART, RESTART),
        ] {
            assert_eq!(commands.network(&one, "n"), network);
            assert_eq!(commands.cluster(&one, "c"), cluster);
        }
        let gateway = about(Part::Gateway, "service", None);
        assert_eq!(
            commands.network(&gateway, "n"),
            "kubectl --kubeconfig k --context 'my east' -n mesh label service x topology.istio.io/network=n --overwrite"
        );
    }

    #[test]
    fn no_tool_is_led_astray() {
        let kubectl = Kubectl::default()
            .context("east")
            .entries(None, Some("admin"));
        let commands = FixCommands::new(&kubectl);
        for installer in [helm(), istioctl(None)] {
            let injector = about(Part::Injector, "configmap", installer);
            let fix = commands.network(&injector, "n").to_string();
            assert!(fix.starts_with("upgrade istiod"), "{fix}");
        }
    }
}
