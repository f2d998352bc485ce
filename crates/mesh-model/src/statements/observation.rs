//! The statements of a cluster, from what was read of it.

use k8s_openapi::api::core::v1::Service;

use super::{IdentityObservation, Part, Statement};
use crate::names::NETWORK_LABEL;
use crate::read::Read;
use crate::resources::Pod;
use crate::snapshot::ClusterSnapshot;
use crate::whose::{is_remote_gateway, is_remote_service};

impl IdentityObservation {
    /// Returns the statements of a cluster, in the order of their weight.
    pub fn of(cluster: &ClusterSnapshot) -> Self {
        let mut seen = Self {
            context: cluster.context.clone(),
            kubectl: cluster.kubectl.clone(),
            uid: cluster.uid().map(str::to_owned),
            namespace: cluster.namespace.seen().cloned().flatten(),
            ..Self::default()
        };
        seen.note("which cluster it is", &cluster.uid);
        seen.note(Part::Namespace.word(), &cluster.namespace);
        let namespace = seen.namespace.as_ref().map(Statement::of_namespace);
        seen.statements.extend(namespace);
        seen.note(Part::Istiod.word(), &cluster.istiods);
        let istiods = cluster.istiods.items().iter();
        seen.statements.extend(istiods.map(Statement::of_istiod));
        seen.note(Part::Injector.word(), &cluster.injectors);
        let injectors = cluster.injectors.items().iter();
        seen.statements
            .extend(injectors.filter_map(Statement::of_injector));
        seen.note("gateway of the Gateway API", &cluster.api_gateways);
        let own = cluster.api_gateways.items().iter();
        let own = own.filter(|gateway| !is_remote_gateway(gateway));
        seen.statements.extend(own.map(Statement::of_api_gateway));
        seen.note(Part::Gateway.word(), &cluster.services);
        let mut of_gateways = Vec::new();
        for gateway in cluster
            .services
            .items()
            .iter()
            .filter(|one| is_own_gateway(one))
        {
            let pods = cluster.pods_behind(gateway).unwrap_or(&Read::NotAsked);
            seen.note(Part::GatewayPods.word(), pods);
            of_gateways.extend(pods.items().iter().map(key));
            seen.statements.push(Statement::of_gateway(gateway));
            let pods = Statement::of_pods(Part::GatewayPods, pods.items());
            seen.statements.extend(pods);
        }
        seen.note(Part::Ztunnel.word(), &cluster.ztunnels);
        let ztunnels = cluster.ztunnels.items().iter();
        seen.statements.extend(ztunnels.map(Statement::of_ztunnel));
        seen.note(Part::Pods.word(), &cluster.injected_pods);
        let mut pods = cluster.injected_pods.items().to_vec();
        pods.retain(|pod| !of_gateways.contains(&key(pod)));
        seen.statements
            .extend(Statement::of_pods(Part::Pods, &pods));
        seen
    }

    /// Notes why a part could not be read.
    fn note<T>(&mut self, part: &'static str, read: &Read<T>) {
        self.is_partial |= read.may_be_there();
        let reason = read.reason().map(str::to_owned);
        self.skipped.extend(reason.map(|reason| (part, reason)));
    }
}

/// Returns whether a Service says a network, as a gateway of this cluster; which one that is, is what is to be found out.
pub fn is_own_gateway(service: &Service) -> bool {
    let labels = service.metadata.labels.as_ref();
    let says_network = labels.is_some_and(|labels| labels.contains_key(NETWORK_LABEL));
    says_network && !is_remote_service(service, None)
}

fn key(pod: &Pod) -> (Option<String>, Option<String>) {
    (pod.metadata.namespace.clone(), pod.metadata.name.clone())
}
