//! The kinds that are read with only the fields that the suite uses: those of Istio and of the Gateway API, and those of Kubernetes
//! whose other fields would be much to read and most of a program's size.

#[macro_use]
mod kind;

mod istio;
mod node;
mod workload;

pub use istio::{
    ApiGateway, ApiGatewaySpec, ApiGatewayStatus, GatewayAddress, IstioGateway, IstioGatewaySpec,
    Listener, ListenerTls, MutualTls, PeerAuthentication, PeerAuthenticationSpec, PodSelector,
    Server, ServerPort, ServerTls, VirtualService, VirtualServiceSpec,
};
pub use node::{Node, NodeAddresses};
pub use workload::{
    Container, ContainerState, ContainerStatus, DaemonSet, Deployment, DeploymentStatus, EnvVar,
    EnvVarSource, Pod, PodSpec, PodStatus, PodTemplateSpec, Running, WorkloadSpec,
};
