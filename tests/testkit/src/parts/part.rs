//! The table of parts: name, source and link flags of each.
//!
//! It must not touch the disk beyond what [`Module`] reads for a version.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

use super::module::Module;
use super::source::Source;
use super::wheel::Wheel;

const ENVOY: Wheel = Wheel {
    name: "envoy",
    file: "envoy/_bin/envoy",
};

/// A program that tests run for real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The store below the API server.
    Etcd,
    /// The Kubernetes API server.
    KubeApiserver,
    /// The controllers, of which the one for tokens of `ServiceAccount`s matters most here.
    KubeControllerManager,
    /// The scheduler.
    KubeScheduler,
    /// The client that finds and runs the plugins.
    Kubectl,
    /// Istio's own client, with which the suite is compared.
    Istioctl,
    /// istiod.
    PilotDiscovery,
    /// The agent beside Envoy in gateways and sidecars.
    PilotAgent,
    /// The plugin manager of kubectl.
    Krew,
    /// krew's check of a manifest of its index.
    ValidateKrewManifest,
    /// Helm.
    Helm,
    /// Nodes and kubelets that only pretend.
    Kwok,
    /// The proxy itself, as its own project releases it.
    Envoy,
    /// A server that shows any certificate ([`crate::terminator`]).
    TlsTerminator,
}

impl Part {
    /// All parts, module by module.
    pub const ALL: [Self; 14] = [
        Self::Etcd,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
        Self::Istioctl,
        Self::PilotDiscovery,
        Self::PilotAgent,
        Self::Krew,
        Self::ValidateKrewManifest,
        Self::Helm,
        Self::Kwok,
        Self::Envoy,
        Self::TlsTerminator,
    ];

    /// The file name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
            Self::Istioctl => "istioctl",
            Self::PilotDiscovery => "pilot-discovery",
            Self::PilotAgent => "pilot-agent",
            Self::Krew => "krew",
            Self::ValidateKrewManifest => "validate-krew-manifest",
            Self::Helm => "helm",
            Self::Kwok => "kwok",
            Self::Envoy => "envoy",
            Self::TlsTerminator => "tls-terminator",
        }
    }

    /// Its source.
    pub fn source(self) -> Source {
        let (module, package) = match self {
            Self::Etcd => (Module::Kubernetes, "go.etcd.io/etcd/server/v3"),
            Self::KubeApiserver => (Module::Kubernetes, "k8s.io/kubernetes/cmd/kube-apiserver"),
            Self::KubeControllerManager => (
                Module::Kubernetes,
                "k8s.io/kubernetes/cmd/kube-controller-manager",
            ),
            Self::KubeScheduler => (Module::Kubernetes, "k8s.io/kubernetes/cmd/kube-scheduler"),
            Self::Kubectl => (Module::Kubernetes, "k8s.io/kubernetes/cmd/kubectl"),
            Self::Istioctl => (Module::Istio, "istio.io/istio/istioctl/cmd/istioctl"),
            Self::PilotDiscovery => (Module::Istio, "istio.io/istio/pilot/cmd/pilot-discovery"),
            Self::PilotAgent => (Module::Istio, "istio.io/istio/pilot/cmd/pilot-agent"),
            Self::Krew => (Module::Istio, "sigs.k8s.io/krew/cmd/krew"),
            Self::ValidateKrewManifest => {
                (Module::Istio, "sigs.k8s.io/krew/cmd/validate-krew-manifest")
            }
            Self::Helm => (Module::Istio, "helm.sh/helm/v3/cmd/helm"),
            Self::Kwok => (Module::Kwok, "sigs.k8s.io/kwok/cmd/kwok"),
            Self::TlsTerminator => (Module::TlsTerminator, "."),
            Self::Envoy => return Source::Wheel(ENVOY),
        };
        Source::Go { module, package }
    }

    /// The linker's flags: no symbols, and the version that the program says it has.
    ///
    /// Without a stamp the API server calls itself `v0.0.0-master` and istioctl says `unknown`.
    pub(super) fn link_flags(self) -> Result<String> {
        let mut flags = "-s -w".to_owned();
        for (variable, value) in self.stamps()? {
            flags.push_str(" -X ");
            flags.push_str(&variable);
            flags.push('=');
            flags.push_str(&value);
        }
        Ok(flags)
    }

    fn stamps(self) -> Result<Vec<(String, String)>> {
        match self {
            // These carry their version in their source, or need none, and Envoy is built already.
            Self::Etcd | Self::Kwok | Self::Envoy | Self::TlsTerminator => Ok(Vec::new()),
            Self::KubeApiserver
            | Self::KubeControllerManager
            | Self::KubeScheduler
            | Self::Kubectl => kubernetes_stamps(&Module::Kubernetes.version("k8s.io/kubernetes")?),
            Self::Istioctl | Self::PilotDiscovery | Self::PilotAgent => {
                Ok(istio_stamps(&Module::Istio.release("istio.io/istio")?))
            }
            Self::Krew | Self::ValidateKrewManifest => Ok(vec![(
                "sigs.k8s.io/krew/internal/version.gitTag".to_owned(),
                Module::Istio.version("sigs.k8s.io/krew")?,
            )]),
            Self::Helm => helm_stamps(Module::Istio),
        }
    }
}

fn kubernetes_stamps(version: &str) -> Result<Vec<(String, String)>> {
    let (major, minor) = major_and_minor(version)?;
    let packages = [
        "k8s.io/component-base/version",
        "k8s.io/client-go/pkg/version",
    ];
    Ok(packages
        .iter()
        .flat_map(|package| {
            [
                (format!("{package}.gitVersion"), version.to_owned()),
                (format!("{package}.gitMajor"), major.to_owned()),
                (format!("{package}.gitMinor"), minor.to_owned()),
                (format!("{package}.gitTreeState"), "clean".to_owned()),
            ]
        })
        .collect())
}

fn istio_stamps(release: &str) -> Vec<(String, String)> {
    let values = [
        ("buildVersion", release),
        ("buildTag", release),
        ("buildStatus", "Clean"),
        ("buildHub", "docker.io/istio"),
    ];
    values
        .into_iter()
        .map(|(name, value)| {
            (
                format!("istio.io/istio/pkg/version.{name}"),
                value.to_owned(),
            )
        })
        .collect()
}

/// Helm also carries the Kubernetes version that `helm template` assumes: the one of its client libraries, where
/// `v0.37.0` stands for Kubernetes 1.37.
fn helm_stamps(module: Module) -> Result<Vec<(String, String)>> {
    let libraries = module.version("k8s.io/client-go")?;
    let (_, minor) = major_and_minor(&libraries)?;
    let mut stamps = vec![(
        "helm.sh/helm/v3/internal/version.version".to_owned(),
        module.version("helm.sh/helm/v3")?,
    )];
    for package in [
        "helm.sh/helm/v3/pkg/lint/rules",
        "helm.sh/helm/v3/pkg/chartutil",
    ] {
        stamps.push((format!("{package}.k8sVersionMajor"), "1".to_owned()));
        stamps.push((format!("{package}.k8sVersionMinor"), minor.to_owned()));
    }
    Ok(stamps)
}

fn major_and_minor(version: &str) -> Result<(&str, &str)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => Ok((major, minor)),
        (_, None) | (None, _) => bail!("{version} is not a version"),
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|part| part.name() == text)
            .with_context(|| {
                let names: Vec<_> = Self::ALL.iter().map(|part| part.name()).collect();
                format!("there is no part {text}; there are {}", names.join(", "))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_go_part_is_a_tool_of_its_module() {
        for part in Part::ALL {
            let Source::Go { module, package } = part.source() else {
                continue;
            };
            if package == "." {
                continue;
            }
            let tools = module.tools().unwrap();
            assert!(
                tools.iter().any(|tool| tool == package),
                "{part} is not among the tools of {module:?}: {tools:?}"
            );
        }
    }

    #[test]
    fn stamps_carry_the_pinned_versions() {
        let kubectl = Part::Kubectl.link_flags().unwrap();
        let version = Module::Kubernetes.version("k8s.io/kubernetes").unwrap();
        assert!(kubectl.contains(&format!(
            "-X k8s.io/client-go/pkg/version.gitVersion={version}"
        )));
        let istioctl = Part::Istioctl.link_flags().unwrap();
        let release = Module::Istio.release("istio.io/istio").unwrap();
        assert!(istioctl.contains(&format!("version.buildVersion={release}")));
        assert!(!release.starts_with('v'));
    }
}
