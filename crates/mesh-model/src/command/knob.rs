//! What a person sets to change what a job does.

/// One setting of a job. A plugin shows it as its flag; another caller, which has no flags, as what it reads it from.
///
/// A variant is named as the flag that sets it in every plugin that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knob {
    /// Accepts a loopback address as the server.
    AllowLoopback,
    /// Asks for an ambient gateway.
    Ambient,
    /// An annotation of the gateway's Service.
    Annotation,
    /// How istiod authenticates.
    AuthType,
    /// The authorities that the server is trusted by.
    CaFile,
    /// The authorities that this command trusts the server by.
    CertificateAuthority,
    /// The DNS domain of the cluster's Services.
    ClusterDomain,
    /// The contexts of the clusters.
    Context,
    /// Creates the namespace where it is missing.
    CreateNamespace,
    /// Creates the service account where it is missing.
    CreateServiceAccount,
    /// The Secret with the certificate that a gateway presents.
    Credential,
    /// What a gateway exposes.
    Expose,
    /// External IP addresses of the Service.
    ExternalIp,
    /// How external traffic is routed.
    ExternalTrafficPolicy,
    /// Takes over fields that another field manager owns.
    ForceConflicts,
    /// The form of the objects.
    Format,
    /// The context that the token is asked for in.
    FromContext,
    /// The host name under which istiod is exposed.
    Host,
    /// Exposes istiod with a certificate of the gateway's own.
    Https,
    /// Trusts any certificate.
    InsecureSkipTlsVerify,
    /// How internal traffic is routed.
    InternalTrafficPolicy,
    /// The contexts of the clusters that get the secret.
    Into,
    /// The IP families of the Service.
    IpFamily,
    /// How many IP families the Service has.
    IpFamilyPolicy,
    /// The namespace of istiod.
    IstioNamespace,
    /// The kubeconfig file.
    Kubeconfig,
    /// The file of kubectl's preferences.
    Kuberc,
    /// The class of the load balancer.
    LoadBalancerClass,
    /// The addresses that the load balancer accepts.
    LoadBalancerSourceRange,
    /// The name.
    Name,
    /// The namespace.
    Namespace,
    /// The network.
    Network,
    /// Assumes that no other cluster uses the token.
    NoOtherHolders,
    /// Leaves the secret untried.
    NoVerify,
    /// The nodes that traffic goes to.
    NodeSelector,
    /// Replaces another value.
    Overwrite,
    /// The platform of the cluster.
    Platform,
    /// A port.
    Port,
    /// The ports.
    Ports,
    /// Tries the secret.
    Probe,
    /// The proxy on the way to the server.
    ProxyUrl,
    /// Deletes what nothing asks for.
    Prune,
    /// The context of the remote cluster.
    RemoteContext,
    /// Replaces a secret for another cluster.
    Replace,
    /// The number of replicas.
    Replicas,
    /// How long a request may take.
    RequestTimeout,
    /// The revision of the control plane.
    Revision,
    /// Ends the token.
    Revoke,
    /// Ends the token also where adoption could not be checked.
    RevokeUnseen,
    /// The token Secret.
    SecretName,
    /// The labels of the gateway.
    Selector,
    /// The URL of the API server.
    Server,
    /// The service account.
    ServiceAccount,
    /// The type of the Service.
    ServiceType,
    /// Services of one cluster only.
    SingleCluster,
    /// The name in the server's certificate.
    TlsServerName,
    /// How long the token is valid.
    TokenDuration,
    /// The taints that the gateway tolerates.
    Toleration,
    /// The type of the secret.
    Type,
    /// How long to wait.
    Wait,
}

impl Knob {
    /// Returns the flag that sets it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::AllowLoopback => "--allow-loopback",
            Self::Ambient => "--ambient",
            Self::Annotation => "--annotation",
            Self::AuthType => "--auth-type",
            Self::CaFile => "--ca-file",
            Self::CertificateAuthority => "--certificate-authority",
            Self::ClusterDomain => "--cluster-domain",
            Self::Context => "--context",
            Self::CreateNamespace => "--create-namespace",
            Self::CreateServiceAccount => "--create-service-account",
            Self::Credential => "--credential",
            Self::Expose => "--expose",
            Self::ExternalIp => "--external-ip",
            Self::ExternalTrafficPolicy => "--external-traffic-policy",
            Self::ForceConflicts => "--force-conflicts",
            Self::Format => "--format",
            Self::FromContext => "--from-context",
            Self::Host => "--host",
            Self::Https => "--https",
            Self::InsecureSkipTlsVerify => "--insecure-skip-tls-verify",
            Self::InternalTrafficPolicy => "--internal-traffic-policy",
            Self::Into => "--into",
            Self::IpFamily => "--ip-family",
            Self::IpFamilyPolicy => "--ip-family-policy",
            Self::IstioNamespace => "--istio-namespace",
            Self::Kubeconfig => "--kubeconfig",
            Self::Kuberc => "--kuberc",
            Self::LoadBalancerClass => "--load-balancer-class",
            Self::LoadBalancerSourceRange => "--load-balancer-source-range",
            Self::Name => "--name",
            Self::Namespace => "-n",
            Self::Network => "--network",
            Self::NoOtherHolders => "--no-other-holders",
            Self::NoVerify => "--no-verify",
            Self::NodeSelector => "--node-selector",
            Self::Overwrite => "--overwrite",
            Self::Platform => "--platform",
            Self::Port => "--port",
            Self::Ports => "--ports",
            Self::Probe => "--probe",
            Self::ProxyUrl => "--proxy-url",
            Self::Prune => "--prune",
            Self::RemoteContext => "--remote-context",
            Self::Replace => "--replace",
            Self::Replicas => "--replicas",
            Self::RequestTimeout => "--request-timeout",
            Self::Revision => "--revision",
            Self::Revoke => "--revoke",
            Self::RevokeUnseen => "--revoke-unseen",
            Self::SecretName => "--secret-name",
            Self::Selector => "--selector",
            Self::Server => "--server",
            Self::ServiceAccount => "--service-account",
            Self::ServiceType => "--service-type",
            Self::SingleCluster => "--single-cluster",
            Self::TlsServerName => "--tls-server-name",
            Self::TokenDuration => "--token-duration",
            Self::Toleration => "--toleration",
            Self::Type => "--type",
            Self::Wait => "--wait",
        }
    }
}

/// How a caller names its settings.
pub trait Knobs {
    /// Returns the setting as a person writes it, with its value where there is one. The value is quoted already.
    fn setting(&self, knob: Knob, value: Option<&str>) -> String;
}

/// The flags of the plugins: `--network net-a`.
#[derive(Debug, Clone, Copy)]
pub struct Flags;

impl Knobs for Flags {
    fn setting(&self, knob: Knob, value: Option<&str>) -> String {
        let flag = knob.flag();
        match value {
            None => flag.to_owned(),
            // Else the shell's reader takes it for another flag.
            Some(value) if value.starts_with('-') => format!("{flag}={value}"),
            Some(value) => format!("{flag} {value}"),
        }
    }
}
