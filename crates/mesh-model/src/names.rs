//! Every label, annotation and well-known name of Istio and Kubernetes that the suite speaks of, each once.
//!
//! A name is written down here with its source and nowhere else.

/// Where Istio's control plane lives unless told otherwise.
pub const ISTIO_SYSTEM: &str = "istio-system";

/// Label that makes a Secret a remote secret for istiod, with the value `true`.
/// Source: `MultiClusterSecretLabel` in Istio's `pkg/kube/multicluster/secretcontroller.go`.
pub const MULTI_CLUSTER_LABEL: &str = "istio/multiCluster";

/// Selects what istiod takes for remote secrets: the label with its value, as istiod's own informer has it.
pub const REMOTE_SECRETS: &str = "istio/multiCluster=true";

/// Annotation of a remote secret that says whose API server it leads to; people and istioctl read it, istiod does not.
/// Source: `clusterNameAnnotationKey` in Istio's `istioctl/pkg/multicluster/cluster.go`.
pub const CLUSTER_ANNOTATION: &str = "networking.istio.io/cluster";

/// Prefix of the name that istioctl gives to a remote secret.
/// Source: `remoteSecretPrefix` in Istio's `istioctl/pkg/multicluster/remote_secret.go`.
pub const REMOTE_SECRET_PREFIX: &str = "istio-remote-secret-";

/// Name of the Secret that an external istiod reads its config cluster's kubeconfig from, and the key inside.
/// Source: `configSecretName` and `configSecretKey`, same file.
pub const CONFIG_SECRET: &str = "istio-kubeconfig";
/// The data key of [`CONFIG_SECRET`].
pub const CONFIG_SECRET_KEY: &str = "config";

/// The ServiceAccount that other clusters' control planes read this cluster with.
/// Source: `DefaultServiceAccountName` in Istio's `pkg/config/constants`.
pub const READER_ACCOUNT: &str = "istio-reader-service-account";
/// The ServiceAccount that an external istiod reads its config cluster with.
/// Source: `DefaultConfigServiceAccountName`, same file.
pub const CONFIG_ACCOUNT: &str = "istiod";
/// What follows a ServiceAccount's name in the name of the token Secret that istioctl makes for it.
/// Source: `tokenSecretName` in Istio's `istioctl/pkg/multicluster/remote_secret.go`.
pub const TOKEN_SECRET_SUFFIX: &str = "-istio-remote-secret-token";

/// Label that Istio's chart gives to the reader's ServiceAccount, ClusterRole and binding.
/// Source: `templates/reader-clusterrole.yaml` of the chart istiod.
pub const READER_APP: &str = "istio-reader";

/// Secret type of a ServiceAccount's token.
/// Source: <https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets>.
pub const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";
/// Annotation of a token Secret that names its ServiceAccount; same source.
pub const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
/// Data key of the token in a token Secret; same source.
pub const TOKEN_KEY: &str = "token";
/// Data key of the cluster's CA in a token Secret and in [`ROOT_CA_CONFIG_MAP`]; same source.
pub const CA_KEY: &str = "ca.crt";
/// `ConfigMap` with the cluster's CA that Kubernetes keeps in every namespace.
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.
pub const ROOT_CA_CONFIG_MAP: &str = "kube-root-ca.crt";

/// The namespace whose UID stands for the cluster; istioctl does the same.
pub const KUBE_SYSTEM: &str = "kube-system";

/// What istiod calls itself when nobody named it; two such clusters cannot be told apart.
/// Source: `CLUSTER_ID` in Istio's `pilot/pkg/features`.
pub const UNNAMED_CLUSTER: &str = "Kubernetes";

/// The field manager of everything that the suite applies.
/// Source of the idea: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>.
pub const FIELD_MANAGER: &str = "kubectl-mesh";
/// Annotation that marks what the suite applied, with plugin and version as its value.
pub const APPLIED_BY: &str = "mesh.istio-multicluster.dev/applied-by";
/// Annotation on a remote secret that the suite applied: UID of kube-system in the cluster that it gives access to, by which the
/// cluster is known again when its address or CA changes.
pub const REMOTE_UID: &str = "mesh.istio-multicluster.dev/remote-uid";
/// Annotation that printed commands set on a remote secret to have istiods look at it again once another Secret for the same
/// cluster is gone; its value is the UID of that Secret, so that it is never there before.
pub const READ_AGAIN_AFTER: &str = "mesh.istio-multicluster.dev/read-again-after";
/// Annotation on a token's own Secret that says for which holder it was made.
pub const MADE_FOR: &str = "mesh.istio-multicluster.dev/holder";

/// What the annotations begin with by which the Secret that a token ends with records the secrets of holders; the UID of the
/// holder's secret follows.
pub const HOLDER_PREFIX: &str = "holder.mesh.istio-multicluster.dev/";

/// Annotation on the Secret that a token lives with: the Secret of the token that is to replace it, while holders are moved.
pub const SUCCESSOR: &str = "mesh.istio-multicluster.dev/successor";
/// Annotation on the Secret of a token that replaces another one: the Secret of that one.
pub const PREDECESSOR: &str = "mesh.istio-multicluster.dev/predecessor";
/// Annotation in which kubectl's client-side apply keeps the whole manifest, the credential in it included.
/// Source: <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/>.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Annotation by which Argo CD knows its own: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`.
/// Source: <https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>.
pub const ARGO_TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
/// Label of the Secrets in which Argo CD keeps what it deploys to, with the value `cluster` for a cluster.
/// Source: <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters>.
pub const ARGO_SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";
/// Label by which it does where labels are asked for and that one is chosen; same source. Its usual label is everybody's.
pub const ARGO_INSTANCE: &str = "argocd.argoproj.io/instance";
/// Group of the labels (`/name` and `/namespace`) by which Flux knows what a Kustomization applied.
/// Source: <https://fluxcd.io/flux/components/kustomize/kustomizations/>.
pub const FLUX_KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";
/// The same of a `HelmRelease`. Source: <https://fluxcd.io/flux/components/helm/helmreleases/>.
pub const FLUX_HELM: &str = "helm.toolkit.fluxcd.io";

/// Label with the network of a cluster (on Istio's namespace), of a gateway (on its Service or Gateway) or of a pod.
/// Source: `TopologyNetwork` in Istio's API, `label/labels.gen.go`.
pub const NETWORK_LABEL: &str = "topology.istio.io/network";
/// Annotation on Istio's namespace of a cluster without a control plane of its own: which clusters' istiods lead it.
/// Source: `TopologyControlPlaneClusters` in Istio's API, `annotation/annotations.gen.go`.
pub const CONTROL_PLANE_ANNOTATION: &str = "topology.istio.io/controlPlaneClusters";
/// Label that makes a Service one of the whole mesh in ambient mode, with the value `true`.
/// Source: <https://istio.io/latest/docs/ambient/install/multicluster/> and `serviceScopeConfigs` of Istio's mesh config.
pub const GLOBAL_LABEL: &str = "istio.io/global";
/// Name of the `ConfigMap` with the injector's values; `-REVISION` follows it.
/// Source: `templates/istiod-injector-configmap.yaml` of the chart istiod.
pub const INJECTOR_CONFIG: &str = "istio-sidecar-injector";
/// Label that injection gives to every pod with a proxy.
/// Source: `files/injection-template.yaml` of the chart istiod.
pub const INJECTED_LABEL: &str = "service.istio.io/canonical-name";
/// Label with the version of what an object is a part of.
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>; Istio's charts set it.
pub const VERSION_LABEL: &str = "app.kubernetes.io/version";
/// The label selector of ztunnel's `DaemonSet`.
/// Source: `templates/daemonset.yaml` of the chart ztunnel.
pub const ZTUNNEL_SELECTOR: &str = "app.kubernetes.io/name=ztunnel";
/// Name that Istio's guides give to the east-west gateway.
/// Source: `samples/multicluster/gen-eastwest-gateway.sh` of Istio.
pub const EAST_WEST_GATEWAY: &str = "istio-eastwestgateway";
/// Label with the revision of the control plane that an object belongs to.
/// Source: `IoIstioRev` in Istio's API, `label/labels.gen.go`.
pub const REVISION_LABEL: &str = "istio.io/rev";
/// Label on a gateway's Service (or Gateway) with the port that leads into its network, where that is not 15443.
/// Source: `NetworkingGatewayPort` in Istio's API, `label/labels.gen.go`; read in `getGatewayDetails` of istiod's
/// `pilot/pkg/serviceregistry/kube/controller/network.go`.
pub const GATEWAY_PORT_LABEL: &str = "networking.istio.io/gatewayPort";
/// Variable of a gateway's proxy with the network whose endpoints alone it is told of.
/// Source: `RequestedNetworkView` in Istio's `pkg/model/proxy.go`.
pub const NETWORK_VIEW_VARIABLE: &str = "ISTIO_META_REQUESTED_NETWORK_VIEW";
/// Annotation on a Gateway of the Gateway API with the type of the Service that istiod makes for it.
/// Source: `NetworkingServiceType` in Istio's API, `annotation/annotations.gen.go`.
pub const SERVICE_TYPE_ANNOTATION: &str = "networking.istio.io/service-type";
/// Annotation on a `NodePort` Service by which istiod picks the nodes whose addresses are the gateway's.
/// Source: `TrafficNodeSelector`, same file.
pub const NODE_SELECTOR_ANNOTATION: &str = "traffic.istio.io/nodeSelector";
/// Label of a pod whose proxy takes mutual TLS, with the value `istio`.
/// Source: `SecurityTlsMode` in Istio's API, `label/labels.gen.go`.
pub const TLS_MODE_LABEL: &str = "security.istio.io/tlsMode";
/// Label of what istiod makes for a Gateway of the Gateway API, with the Gateway's name.
/// Source: <https://gateway-api.sigs.k8s.io/geps/gep-1762/>.
pub const GATEWAY_NAME_LABEL: &str = "gateway.networking.k8s.io/gateway-name";
/// `ConfigMap` with the roots that a cluster's proxies trust, and the key inside.
/// Source: `CACertNamespaceConfigMap` and `CACertNamespaceConfigMapDataName` in Istio's `pkg/config/constants`.
pub const MESH_ROOT_CONFIG_MAP: &str = "istio-ca-root-cert";
/// The data key of [`MESH_ROOT_CONFIG_MAP`].
pub const MESH_ROOT_KEY: &str = "root-cert.pem";
/// `ConfigMap` with the mesh's configuration, for the revision without a name.
/// Source: `templates/configmap.yaml` of the chart istiod.
pub const MESH_CONFIG_MAP: &str = "istio";
/// The data key of [`MESH_CONFIG_MAP`].
pub const MESH_CONFIG_KEY: &str = "mesh";
