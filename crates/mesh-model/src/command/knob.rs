//! The settings that a caller of a job can change.

/// One setting of a job. A plugin shows it as its flag; a caller without flags shows it as the key that it is read
/// from.
///
/// A variant has the name of the flag that sets it in every plugin that has that flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knob {
    /// Accepts a loopback address as the server.
    AllowLoopback,
    /// Asks for an ambient gateway.
    Ambient,
    /// An annotation of the gateway's Service.
    Annotation,
    /// The authentication method of istiod.
    AuthType,
    /// The certificate authorities that the kubeconfig in the secret trusts.
    CaFile,
    /// The certificate authorities that this command itself trusts.
    CertificateAuthority,
    /// The DNS domain of the cluster's Services.
    ClusterDomain,
    /// The contexts of the clusters.
    Context,
    /// Creates the namespace if it does not exist.
    CreateNamespace,
    /// Creates the service account if it does not exist.
    CreateServiceAccount,
    /// The Secret with the certificate that a gateway presents.
    Credential,
    /// The things that a gateway exposes.
    Expose,
    /// External IP addresses of the Service.
    ExternalIp,
    /// The routing policy for external traffic.
    ExternalTrafficPolicy,
    /// Takes over fields that another field manager owns.
    ForceConflicts,
    /// The holder that a token is for alone.
    For,
    /// The output form of the objects.
    Format,
    /// The context of the cluster whose settings are read.
    FromContext,
    /// The host name under which istiod is exposed.
    Host,
    /// Exposes istiod over HTTPS with a certificate of the gateway.
    Https,
    /// Accepts any server certificate.
    InsecureSkipTlsVerify,
    /// The routing policy for internal traffic.
    InternalTrafficPolicy,
    /// The contexts of the clusters that get the secret, the holders.
    Into,
    /// The IP families of the Service.
    IpFamily,
    /// The IP family policy of the Service.
    IpFamilyPolicy,
    /// The namespace of istiod.
    IstioNamespace,
    /// The kubeconfig file.
    Kubeconfig,
    /// The file of kubectl's preferences.
    Kuberc,
    /// The class of the load balancer.
    LoadBalancerClass,
    /// The address of the load balancer.
    LoadBalancerIp,
    /// The client addresses that the load balancer accepts.
    LoadBalancerSourceRange,
    /// The name.
    Name,
    /// The namespace.
    Namespace,
    /// The network.
    Network,
    /// Assumes that no other cluster uses the token.
    NoOtherHolders,
    /// Skips the test connection with the new secret.
    NoVerify,
    /// The labels of the nodes that the gateway's pods run on.
    NodeSelector,
    /// Replaces an existing value.
    Overwrite,
    /// The platform of the cluster.
    Platform,
    /// A port.
    Port,
    /// The ports.
    Ports,
    /// Tests the secret by connecting with it.
    Probe,
    /// The proxy through which the server is reached.
    ProxyUrl,
    /// Deletes objects that the configuration no longer contains.
    Prune,
    /// The context of the remote cluster.
    RemoteContext,
    /// Replaces a secret for another cluster.
    Replace,
    /// The number of replicas.
    Replicas,
    /// The maximum duration of a request.
    RequestTimeout,
    /// The revision of the control plane.
    Revision,
    /// Revokes the old token.
    Revoke,
    /// Revokes the old token even if adoption of the new one could not be checked.
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
    /// Asks for a gateway without a network, for a mesh of one cluster.
    SingleCluster,
    /// The host name in the server's certificate.
    TlsServerName,
    /// The lifetime of the token.
    TokenDuration,
    /// The taints that the gateway tolerates.
    Toleration,
    /// The type of the secret.
    Type,
    /// The maximum time to wait.
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
            Self::For => "--for",
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
            Self::LoadBalancerIp => "--load-balancer-ip",
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

/// A caller's way to name its settings.
pub trait Knobs {
    /// Returns the setting as a person writes it, with its value if it has one. The value is already quoted.
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
            // Otherwise the value would be parsed as another flag.
            Some(value) if value.starts_with('-') => format!("{flag}={value}"),
            Some(value) => format!("{flag} {value}"),
        }
    }
}
