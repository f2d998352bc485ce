//! Every label, annotation and well-known name of Istio and Kubernetes that the suite uses, each once.
//!
//! A name is defined here with its source and nowhere else.

/// The default namespace of Istio's control plane.
pub const ISTIO_SYSTEM: &str = "istio-system";

/// Label that makes a Secret a remote secret for istiod, with the value `true`.
/// Source: `MultiClusterSecretLabel` in Istio's `pkg/kube/multicluster/secretcontroller.go`.
pub const MULTI_CLUSTER_LABEL: &str = "istio/multiCluster";

/// Label selector for remote secrets, with the label's value, as istiod's own informer has it.
pub const REMOTE_SECRETS: &str = "istio/multiCluster=true";

/// Annotation of a remote secret with the name of the cluster that it gives access to; people and istioctl read it,
/// istiod does not. Source: `clusterNameAnnotationKey` in Istio's `istioctl/pkg/multicluster/cluster.go`.
pub const CLUSTER_ANNOTATION: &str = "networking.istio.io/cluster";

/// Prefix of the name that istioctl gives to a remote secret.
/// Source: `remoteSecretPrefix` in Istio's `istioctl/pkg/multicluster/remote_secret.go`.
pub const REMOTE_SECRET_PREFIX: &str = "istio-remote-secret-";

/// Name of the Secret that an external istiod reads its config cluster's kubeconfig from, and the key inside.
/// Source: `configSecretName` and `configSecretKey`, same file.
pub const CONFIG_SECRET: &str = "istio-kubeconfig";
/// The data key of [`CONFIG_SECRET`].
pub const CONFIG_SECRET_KEY: &str = "config";

/// The ServiceAccount with which other clusters' control planes read this cluster. Source: `DefaultServiceAccountName`
/// in Istio's `pkg/config/constants`.
pub const READER_ACCOUNT: &str = "istio-reader-service-account";
/// The ServiceAccount with which an external istiod reads its config cluster. Source:
/// `DefaultConfigServiceAccountName`, same file.
pub const CONFIG_ACCOUNT: &str = "istiod";
/// Suffix to a ServiceAccount's name in the name of the token Secret that istioctl creates for it. Source:
/// `tokenSecretName` in Istio's `istioctl/pkg/multicluster/remote_secret.go`.
pub const TOKEN_SECRET_SUFFIX: &str = "-istio-remote-secret-token";

/// Label that Istio's chart sets on the reader's ServiceAccount, ClusterRole and binding. Source:
/// `templates/reader-clusterrole.yaml` of the chart istiod.
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

/// The namespace whose UID identifies the cluster; istioctl does the same.
pub const KUBE_SYSTEM: &str = "kube-system";

/// The default cluster ID of istiod; two clusters with it cannot be told apart. Source: `CLUSTER_ID` in Istio's
/// `pilot/pkg/features`.
pub const UNNAMED_CLUSTER: &str = "Kubernetes";

/// The field manager of everything that the suite applies. See
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>.
pub const FIELD_MANAGER: &str = "kubectl-mesh";
/// Annotation on everything that the suite applied, with plugin and version as its value.
pub const APPLIED_BY: &str = "mesh.istio-multicluster.dev/applied-by";
/// Annotation on a remote secret that the suite applied: UID of kube-system in the cluster that it gives access to. It
/// identifies the cluster after its address or CA has changed.
pub const REMOTE_UID: &str = "mesh.istio-multicluster.dev/remote-uid";
/// Annotation that printed commands set on a remote secret so that istiods read it again after another Secret for the
/// same cluster is deleted; its value is the UID of that Secret, so that the value is always new.
pub const READ_AGAIN_AFTER: &str = "mesh.istio-multicluster.dev/read-again-after";
/// Annotation with the checks whose findings about the object are ignored, and the reason: `ID[,ID] reason`.
pub const IGNORE: &str = "mesh.istio-multicluster.dev/ignore";
/// Annotation on a token's own Secret with the holder that it was created for.
pub const MADE_FOR: &str = "mesh.istio-multicluster.dev/holder";

/// Prefix of the annotations with which the backing Secret of a token records the secrets of holders; the UID of the
/// holder's secret follows.
pub const HOLDER_PREFIX: &str = "holder.mesh.istio-multicluster.dev/";

/// Annotation on the backing Secret of a token: the Secret of the next token, while a rotation updates the holders.
pub const SUCCESSOR: &str = "mesh.istio-multicluster.dev/successor";
/// Annotation on the backing Secret of a token that replaces another one: the Secret of the previous token.
pub const PREDECESSOR: &str = "mesh.istio-multicluster.dev/predecessor";
/// Annotation in which kubectl's client-side apply stores the whole manifest, including the credential in it. Source:
/// <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/>.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Annotation by which Argo CD tracks its objects: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`. Source:
/// <https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>.
pub const ARGO_TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
/// Label of the Secrets in which Argo CD stores its deployment targets, with the value `cluster` for a cluster. Source:
/// <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters>.
pub const ARGO_SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";
/// Label by which Argo CD tracks its objects if it is configured to use labels and this one; same source. Its default
/// label is in general use.
pub const ARGO_INSTANCE: &str = "argocd.argoproj.io/instance";
/// Annotation by which Helm identifies its objects. Source: <https://helm.sh/docs/topics/charts_hooks/> and
/// `pkg/action/validate.go` of Helm.
pub const HELM_RELEASE: &str = "meta.helm.sh/release-name";
/// Annotation with the namespace of [`HELM_RELEASE`]; same source.
pub const HELM_RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// Group of the labels (`/name` and `/namespace`) by which Flux tracks what a Kustomization applied. Source:
/// <https://fluxcd.io/flux/components/kustomize/kustomizations/>.
pub const FLUX_KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";
/// Group of the same labels for a `HelmRelease`. Source: <https://fluxcd.io/flux/components/helm/helmreleases/>.
pub const FLUX_HELM: &str = "helm.toolkit.fluxcd.io";

/// Label with the network of a cluster (on Istio's namespace), of a gateway (on its Service or Gateway) or of a pod.
/// Source: `TopologyNetwork` in Istio's API, `label/labels.gen.go`.
pub const NETWORK_LABEL: &str = "topology.istio.io/network";
/// Annotation on Istio's namespace of a cluster without a control plane of its own, with the clusters whose istiods
/// manage it. Source: `TopologyControlPlaneClusters` in Istio's API, `annotation/annotations.gen.go`.
pub const CONTROL_PLANE_ANNOTATION: &str = "topology.istio.io/controlPlaneClusters";
/// Label that makes a Service available in the whole mesh in ambient mode, with the value `true`. Source:
/// <https://istio.io/latest/docs/ambient/install/multicluster/> and `serviceScopeConfigs` of Istio's mesh config.
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
/// The DNS domain of the Services of a cluster, where it has no other: `--cluster-domain` of the kubelet.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// Name of the east-west gateway in Istio's guides. Source: `samples/multicluster/gen-eastwest-gateway.sh` of Istio.
pub const EAST_WEST_GATEWAY: &str = "istio-eastwestgateway";
/// Label with the tag that an injector's webhooks are for, whose revision is their label [`REVISION_LABEL`].
/// Source: `IoIstioTag` in Istio's API, `label/labels.gen.go`.
pub const TAG_LABEL: &str = "istio.io/tag";
/// Label with the revision of the control plane that an object belongs to.
/// Source: `IoIstioRev` in Istio's API, `label/labels.gen.go`.
pub const REVISION_LABEL: &str = "istio.io/rev";
/// Label of a namespace whose pods the default revision injects. Source: `templates/mutatingwebhook.yaml` of the chart istiod.
pub const INJECTION_LABEL: &str = "istio-injection";
/// Label on a gateway's Service (or Gateway) with the port for traffic into its network, if that is not 15443. Source:
/// `NetworkingGatewayPort` in Istio's API, `label/labels.gen.go`; read in `getGatewayDetails` of istiod's
/// `pilot/pkg/serviceregistry/kube/controller/network.go`.
pub const GATEWAY_PORT_LABEL: &str = "networking.istio.io/gatewayPort";
/// Argument of istiod with the ID of its cluster, and the environment variable that is its default. Source:
/// <https://istio.io/latest/docs/reference/commands/pilot-discovery/>.
pub const CLUSTER_ID_FLAG: &str = "--clusterID";
/// The environment variable that is the default of [`CLUSTER_ID_FLAG`].
pub const CLUSTER_ID_VARIABLE: &str = "CLUSTER_ID";
/// Argument of istiod with the domain of the cluster's Services.
/// Source: `templates/deployment.yaml` of the chart istiod.
pub const DOMAIN_FLAG: &str = "--domain";
/// Environment variable of istiod: whether an Istio Gateway configures only pods of its own namespace. Source:
/// `ScopeGatewayToNamespace` in Istio's `pilot/pkg/features/pilot.go`.
pub const SCOPE_GATEWAYS_VARIABLE: &str = "PILOT_SCOPE_GATEWAY_TO_NAMESPACE";
/// Environment variable of istiod: a folder of kubeconfigs that it uses instead of remote secrets, since 1.30. Source:
/// `MulticlusterKubeconfigPath` in Istio's `pilot/pkg/features/pilot.go`.
pub const KUBECONFIG_FOLDER_VARIABLE: &str = "PILOT_MULTICLUSTER_KUBECONFIG_PATH";
/// Environment variable of the istiod of an external control plane, which runs in another cluster than the one whose configuration it
/// takes. Source: <https://istio.io/latest/docs/setup/install/external-controlplane/>.
pub const EXTERNAL_WEBHOOK_VARIABLE: &str = "INJECTION_WEBHOOK_CONFIG_NAME";
/// Another one of it; same source.
pub const EXTERNAL_SECRETS_VARIABLE: &str = "LOCAL_CLUSTER_SECRET_WATCHER";
/// Another one of it; same source.
pub const EXTERNAL_CONFIG_VARIABLE: &str = "SHARED_MESH_CONFIG";
/// Environment variable of istiod: whether it resolves the host names of gateways, as it does by default. Source:
/// `ResolveHostnameGateways` in Istio's `pilot/pkg/features/pilot.go`.
pub const RESOLVE_GATEWAYS_VARIABLE: &str = "RESOLVE_HOSTNAME_GATEWAYS";
/// Environment variable of istiod: false if it signs no certificates. Source: `EnableCAServer` in Istio's
/// `pilot/pkg/features/security.go`.
pub const CA_SERVER_VARIABLE: &str = "ENABLE_CA_SERVER";
/// Environment variable of istiod: the authority that signs for it. Source: `externalCaType` in Istio's
/// `pilot/pkg/bootstrap/istio_ca.go`.
pub const EXTERNAL_CA_VARIABLE: &str = "EXTERNAL_CA";
/// Environment variable of istiod: the name of the ConfigMap with the root certificate, where it is another one. Source:
/// `PilotCACertConfigMap` in Istio's `pilot/pkg/features/pilot.go`, since 1.27.
pub const ROOT_CONFIG_MAP_VARIABLE: &str = "PILOT_CA_CERT_CONFIGMAP";
/// Environment variable of istiod: whether proxies trust the further root certificates of its configuration. Source: `MultiRootMesh`
/// in Istio's `pilot/pkg/features/pilot.go`.
pub const MORE_ROOTS_VARIABLE: &str = "ISTIO_MULTIROOT_MESH";
/// Environment variable of istiod: whether servers accept clients of every trust domain. Source: `SkipValidateTrustDomain` in Istio's
/// `pilot/pkg/features/security.go`.
pub const ANY_TRUST_DOMAIN_VARIABLE: &str = "PILOT_SKIP_VALIDATE_TRUST_DOMAIN";
/// Environment variable of a proxy with its network. Source: `files/injection-template.yaml` of the chart istiod.
pub const PROXY_NETWORK_VARIABLE: &str = "ISTIO_META_NETWORK";
/// Environment variable of a proxy, and of ztunnel, with the ID of its cluster; same source.
pub const PROXY_CLUSTER_VARIABLE: &str = "ISTIO_META_CLUSTER_ID";
/// Environment variable of a proxy with the address of the CA that signs its certificates; same source.
pub const CA_ADDRESS_VARIABLE: &str = "CA_ADDR";
/// Environment variable of ztunnel with its network. Source: `templates/daemonset.yaml` of the chart ztunnel.
pub const NETWORK_VARIABLE: &str = "NETWORK";
/// Environment variable of a gateway's proxy with the only network whose endpoints it gets. Source:
/// `RequestedNetworkView` in Istio's `pkg/model/proxy.go`.
pub const NETWORK_VIEW_VARIABLE: &str = "ISTIO_META_REQUESTED_NETWORK_VIEW";
/// Annotation on a Gateway of the Gateway API with the type of the Service that istiod creates for it. Source:
/// `NetworkingServiceType` in Istio's API, `annotation/annotations.gen.go`.
pub const SERVICE_TYPE_ANNOTATION: &str = "networking.istio.io/service-type";
/// Annotation on a `NodePort` Service with which istiod selects the nodes whose addresses are the gateway's. Source:
/// `TrafficNodeSelector`, same file.
pub const NODE_SELECTOR_ANNOTATION: &str = "traffic.istio.io/nodeSelector";
/// Label of a pod whose proxy accepts mutual TLS, with the value `istio`. Source: `SecurityTlsMode` in Istio's API,
/// `label/labels.gen.go`.
pub const TLS_MODE_LABEL: &str = "security.istio.io/tlsMode";
/// Label of the objects that istiod creates for a Gateway of the Gateway API, with the Gateway's name. Source:
/// <https://gateway-api.sigs.k8s.io/geps/gep-1762/>.
pub const GATEWAY_NAME_LABEL: &str = "gateway.networking.k8s.io/gateway-name";
/// `ConfigMap` with the root certificates that a cluster's proxies trust, and the key inside. Source:
/// `CACertNamespaceConfigMap` and `CACertNamespaceConfigMapDataName` in Istio's `pkg/config/constants`.
pub const MESH_ROOT_CONFIG_MAP: &str = "istio-ca-root-cert";
/// The data key of [`MESH_ROOT_CONFIG_MAP`].
pub const MESH_ROOT_KEY: &str = "root-cert.pem";
/// `ConfigMap` with the mesh's configuration, for the revision without a name.
/// Source: `templates/configmap.yaml` of the chart istiod.
pub const MESH_CONFIG_MAP: &str = "istio";
/// The data key of [`MESH_CONFIG_MAP`].
pub const MESH_CONFIG_KEY: &str = "mesh";
/// The data key of [`MESH_CONFIG_MAP`] with the networks that are configured by hand.
pub const MESH_NETWORKS_KEY: &str = "meshNetworks";
