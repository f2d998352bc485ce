//! The table of what a snapshot keeps of free text: annotations, environment variables, arguments, and data of `ConfigMap`s. People
//! and programs write credentials into each of them, so everything that no check names is left out when it is read.

use crate::names::{
    ANY_TRUST_DOMAIN_VARIABLE, APPLIED_BY, ARGO_TRACKING_ID, CA_ADDRESS_VARIABLE,
    CA_SERVER_VARIABLE, CLUSTER_ANNOTATION, CLUSTER_ID_FLAG, CLUSTER_ID_VARIABLE,
    CONTROL_PLANE_ANNOTATION, DOMAIN_FLAG, EXTERNAL_CA_VARIABLE, EXTERNAL_CONFIG_VARIABLE,
    EXTERNAL_SECRETS_VARIABLE, EXTERNAL_WEBHOOK_VARIABLE, HELM_RELEASE, HELM_RELEASE_NAMESPACE,
    IGNORE, KUBECONFIG_FOLDER_VARIABLE, MORE_ROOTS_VARIABLE, NETWORK_VARIABLE,
    NETWORK_VIEW_VARIABLE, NODE_SELECTOR_ANNOTATION, PROXY_CLUSTER_VARIABLE,
    PROXY_NETWORK_VARIABLE, READ_AGAIN_AFTER, REMOTE_UID, RESOLVE_GATEWAYS_VARIABLE,
    ROOT_CONFIG_MAP_VARIABLE, SCOPE_GATEWAYS_VARIABLE,
};

/// The annotations whose values are kept, of every kind.
pub(crate) const ANNOTATIONS: [&str; 10] = [
    CLUSTER_ANNOTATION,
    APPLIED_BY,
    REMOTE_UID,
    READ_AGAIN_AFTER,
    ARGO_TRACKING_ID,
    CONTROL_PLANE_ANNOTATION,
    NODE_SELECTOR_ANNOTATION,
    HELM_RELEASE,
    HELM_RELEASE_NAMESPACE,
    IGNORE,
];

/// The environment variables that are kept, of every container.
pub(super) const VARIABLES: [&str; 17] = [
    EXTERNAL_WEBHOOK_VARIABLE,
    EXTERNAL_SECRETS_VARIABLE,
    EXTERNAL_CONFIG_VARIABLE,
    ANY_TRUST_DOMAIN_VARIABLE,
    MORE_ROOTS_VARIABLE,
    CA_SERVER_VARIABLE,
    EXTERNAL_CA_VARIABLE,
    CLUSTER_ID_VARIABLE,
    KUBECONFIG_FOLDER_VARIABLE,
    SCOPE_GATEWAYS_VARIABLE,
    PROXY_NETWORK_VARIABLE,
    PROXY_CLUSTER_VARIABLE,
    NETWORK_VIEW_VARIABLE,
    NETWORK_VARIABLE,
    CA_ADDRESS_VARIABLE,
    RESOLVE_GATEWAYS_VARIABLE,
    ROOT_CONFIG_MAP_VARIABLE,
];

/// The flags that are kept of the arguments, of every container.
pub(super) const FLAGS: [&str; 2] = [CLUSTER_ID_FLAG, DOMAIN_FLAG];

/// The values of sidecar injection that are kept of an injector's `ConfigMap`, each with the path to it.
pub(super) const INJECTOR_VALUES: [&[&str]; 3] = [
    &["global", "network"],
    &["global", "multiCluster", "clusterName"],
    &["global", "proxy", "clusterDomain"],
];
