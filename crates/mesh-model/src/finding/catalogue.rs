//! The checks: their ids, titles and usual severities, and the reasons why they matter.
//!
//! `xtask tidy` checks that some code reports each entry. `docs/checks.md` is generated from this list.

use super::check_id::catalogue;

catalogue! {
    Clusters "Clusters and their API servers" {
        ApiReachable "api-reachable" Error
            "The cluster could not be read"
            "Nothing is known about a cluster whose API server does not answer, or does not accept the credential of the \
            context. Its checks are skipped, not passed; its secrets in other clusters are still tested.";
        ContextSameCluster "context-same-cluster" Error
            "Two of the named contexts are the same cluster"
            "Both kube-system namespaces have the same UID, so it is one cluster under two names, or a copy of its etcd. A mesh \
            of two clusters needs two clusters.";
    }
    ControlPlane "Control planes" {
        IstiodMissing "istiod-missing" Error
            "No istiod runs in the cluster, and no other cluster manages it"
            "Without a control plane nothing in the cluster gets a proxy, configuration or certificates. A remote cluster has no \
            istiod of its own, and the annotation topology.istio.io/controlPlaneClusters names the one that manages it. Where its \
            proxies connect to an external control plane, it is a warning: the cluster in which that runs was not read.";
        IstiodNotReady "istiod-not-ready" Error
            "No replica of istiod is ready"
            "Proxies keep their last configuration, but no new pod starts, no certificate is renewed and no change of another \
            cluster arrives.";
        IstiodVersionSkew "istiod-version-skew" Warning
            "The istiods of the clusters are more than one minor version apart"
            "Istio supports control planes and proxies that are one minor version apart. Beyond that, what one istiod publishes may \
            not be understood in the other cluster.";
        ApiClockSkew "api-clock-skew" Warning
            "The clock of an API server is wrong"
            "istiod issues certificates that are valid from two minutes ago. Where the clocks of two clusters are further apart, workloads of \
            one reject new certificates of the other. Tokens and expiry times are judged by the clock too.";
        RootNamespaceDiffers "root-namespace-differs" Error
            "Istio is in a namespace of another name than in the other clusters"
            "An istiod looks for the network and the mesh configuration of another cluster in the namespace that it is in itself. Where Istio \
            is in another one there, it finds neither.";
        IstiodRotationBug "istiod-rotation-bug" Warning
            "The version of istiod has a known bug in taking over a new remote secret"
            "Istio 1.30.0 to 1.30.2 may go on with an old token after a rotation, and 1.30.3 may lose gateways and endpoints of other \
            clusters. A restart of istiod helps until the next rotation.";
        DiscoverySelectorsHideGateway "discovery-selectors-hide-gateway" Error
            "istiod does not read Istio's namespace of another cluster"
            "With meshConfig.discoverySelectors an istiod reads only namespaces that one of them selects, in its own cluster and in the \
            others. Without the namespace of Istio it knows neither the network nor the gateways of a cluster.";
        MeshIdMismatch "mesh-id-mismatch" Warning
            "The clusters have different mesh IDs"
            "The mesh ID (values.global.meshID) names the mesh in telemetry and to its proxies. Clusters of one mesh should have the \
            same.";
    }
    Networks "Networks and cluster IDs" {
        ClusterIdDefault "cluster-id-default" Error
            "istiod has no cluster ID of its own"
            "Without values.global.multiCluster.clusterName an istiod calls its cluster Kubernetes, as every other one without a \
            name does. A mesh needs a different cluster ID for each cluster.";
        ClusterIdDuplicate "cluster-id-duplicate" Error
            "Two clusters have the same cluster ID"
            "istiod ignores a remote secret with its own cluster ID, so neither of the two reads the other, and endpoints of both count \
            as those of one cluster.";
        NetworkWithoutGateway "network-without-gateway" Error
            "No east-west gateway leads into a network that other networks use"
            "Workloads of other networks get the addresses of pods that they cannot reach, or no endpoint at all. Each network needs at \
            least one east-west gateway.";
        NetworkSwapped "network-swapped" Warning
            "Clusters with gateways for one another are on the same network"
            "Within one network requests go to the addresses of pods directly, and gateways are not used. Clusters whose pods do not reach one \
            another need networks of different names.";
        MeshNetworksLegacy "meshnetworks-legacy" Warning
            "Networks are configured by hand, not as labels name them"
            "meshNetworks is from the time before the label topology.istio.io/network. Where it names a cluster that istiod does not know, \
            differs between control planes, or stands beside labelled gateways, requests go to addresses that nobody expects.";
        SingleNetworkOverlap "single-network-overlap" Error
            "Pods of two clusters on one network have the same address"
            "On one network requests go to the addresses of pods directly, so those for a pod of the other cluster arrive at the \
            pod of the same address in their own. Clusters whose pods have the same addresses need networks of their own.";
        NetworkLabelMissing "network-label-missing" Error
            "Istio's namespace does not name the cluster's network"
            "Istio takes the network of a cluster from the label topology.istio.io/network of the namespace istio-system. \
            Without it, istiod of another cluster takes pods without a network of their own to be on its own network, so \
            traffic goes directly to pod addresses that cannot be reached from there.";
        NetworkLabelMisspelled "network-label-misspelled" Error
            "The namespace has a label that was meant to name its network"
            "Istio reads topology.istio.io/network and no other spelling. A label with another spelling has no effect, and the \
            cluster stays on the default network.";
        NetworkValuesDisagree "network-values-disagree" Error
            "Parts of one cluster name different networks"
            "The namespace's label, global.network of istiod's injector, the gateway's label and ztunnel all have to be the \
            same. Where they differ, istiod sends some of the traffic through an east-west gateway that it could send \
            directly, or the other way round.";
        NetworkPodsStale "network-pods-stale" Warning
            "Pods run with another network than the cluster's"
            "A proxy gets its network when its pod is created (ISTIO_META_NETWORK), and keeps it until the pod is created again. \
            Until then its network differs from the one that istiod has for it.";
        ClusterIdProxyDrift "cluster-id-proxy-drift" Error
            "A part of the cluster has another cluster ID than istiod"
            "A proxy sends its cluster ID (ISTIO_META_CLUSTER_ID) when it connects. istiod rejects the proxy if that is \
            neither its own cluster ID nor the name of a remote secret.";
        ClusterIdSecretKey "cluster-id-secret-key" Error
            "A remote secret calls a cluster by another name than its own istiod does"
            "istiod uses the data key of a remote secret as the cluster ID. If the cluster's own proxies use another one, \
            gateways are not found by cluster, locality and metrics name a cluster that does not exist, and proxies are \
            rejected.";
    }
    Gateways "East-west gateways" {
        EwgMissing "ewg-missing" Error
            "No east-west gateway that istiod knows of"
            "istiod finds the gateways of a network by the label topology.istio.io/network on a Service or a Gateway. \
            Without one, workloads on other networks cannot reach the services of this cluster.";
        EwgPortMissing "ewg-port-missing" Error
            "The gateway's Service lacks the port that other networks dial"
            "Sidecars dial port 15443 of a gateway's Service (or the one that its label networking.istio.io/gatewayPort \
            names), ambient proxies dial 15008. istiod ignores a gateway whose Service has neither.";
        EwgAddressPending "ewg-address-pending" Error
            "The gateway has no address yet"
            "istiod reads a gateway's addresses from the status of its load balancer, or from spec.externalIPs. Without one, \
            other clusters cannot connect.";
        EwgAddressStale "ewg-address-stale" Warning
            "istiod of another cluster still has an address that the gateway lost"
            "istiod looks at the addresses of a gateway's Service again only where there are some, so it keeps the last ones of a \
            gateway that lost all. Requests for that network go there until istiod restarts.";
        EwgAddressHostname "ewg-address-hostname" Warning
            "The gateway's host name does not resolve"
            "Where a load balancer has a host name, istiod resolves it itself and sends the addresses to the proxies, unless \
            RESOLVE_HOSTNAME_GATEWAYS of istiod is false. If the name does not resolve, the network has no gateway.";
        EwgAddressLoopback "ewg-address-loopback" Error
            "The gateway's address is a loopback or local address"
            "A loopback or link-local address, or a name in .local, is a different machine for every client, so other clusters \
            cannot reach this gateway.";
        EwgAddressDuplicate "ewg-address-duplicate" Error
            "Two gateways have the same address and port"
            "Traffic for one network then arrives in the other. It happens where load balancers of two clusters take their \
            addresses from one pool.";
        EwgAddressMixed "ewg-address-mixed" Warning
            "The gateway has a private address beside a public one"
            "istiod in other clusters load-balances over every address of a gateway. For clients that reach only one of them, \
            a part of the requests fails.";
        EwgNodePortIgnored "ewg-nodeport-ignored" Error
            "The gateway is of type NodePort, and istiod uses no node address for it"
            "istiod uses the nodes that the annotation traffic.istio.io/nodeSelector names, and of these only addresses of \
            type ExternalIP. Without both, the gateway has no address for other clusters.";
        EwgL7Lb "ewg-l7-lb" Error
            "A load balancer in front of the gateway terminates TLS"
            "Traffic between clusters is mutual TLS from workload to workload. A load balancer that answers with a \
            certificate of its own, or speaks HTTP, breaks it; it has to pass TCP through.";
        EwgPods "ewg-pods" Error
            "The gateway's pods are missing or not ready"
            "Without a ready pod into which istiod injected a proxy, nothing answers at the gateway's address.";
        EwgRevisionGone "ewg-revision-gone" Error
            "The gateway belongs to a revision of istiod that no longer runs"
            "Its proxies get no configuration, and no certificate once theirs has expired, after a day by default. A gateway has to \
            move to another revision before the istiod of its own is removed.";
        EwgConfigRejected "ewg-config-rejected" Error
            "The gateway's proxy rejects its configuration"
            "A proxy that rejects a change goes on with its old configuration, and starts without any when its pod is created again. Nothing \
            but istiod's page /debug/syncz shows it.";
        ProxyStale "proxy-stale" Error
            "The gateway's proxy does not get the configuration of istiod"
            "A proxy that is connected to no istiod, or does not answer it, goes on with the endpoints and certificates that it had, until \
            they are gone.";
        EwgIpFamily "ewg-ip-family" Warning
            "The gateway has only IPv6 addresses, and pods of another cluster only IPv4 addresses"
            "Pods with only IPv4 addresses cannot connect to an IPv6 address. istiod gives them no gateway then, or before Istio \
            1.30 one that they cannot reach.";
        EwgNetworkView "ewg-network-view" Warning
            "The gateway's proxies serve more than their own network"
            "A gateway should send traffic only to workloads of its own network, which ISTIO_META_REQUESTED_NETWORK_VIEW of \
            its pods sets. Otherwise it may forward a request to the gateway of another network, which sends it back.";
        EwgExposeMissing "ewg-expose-missing" Error
            "No Gateway exposes the cluster's services to other networks"
            "The port for mutual TLS opens with a Gateway whose server there has tls.mode AUTO_PASSTHROUGH. Without one, the \
            proxy does not listen there. For the gateway of a remote cluster it stands in the cluster whose istiod manages that one.";
        EwgExposeSelector "ewg-expose-selector" Error
            "The Gateway that exposes services does not select the gateway's pods"
            "A Gateway applies to the pods that its selector names, and with PILOT_SCOPE_GATEWAY_TO_NAMESPACE to those of its \
            own namespace only. One that selects no pod of the gateway opens no port.";
        EwgExposeHosts "ewg-expose-hosts" Error
            "The Gateway that exposes services is for hosts that no service has"
            "The sample's host *.local fits the cluster domain cluster.local. In a cluster with another domain it matches no \
            service, so nothing is forwarded.";
    }
    Ambient "Ambient" {
        AmbientEwgSpec "ambient-ewg-spec" Error
            "The ambient gateway is not what other clusters expect"
            "An east-west gateway of ambient is a Gateway of class istio-east-west with a listener of protocol HBONE that \
            terminates TLS on port 15008. istiods of other clusters assume that port.";
        AmbientEwgStatus "ambient-ewg-status" Error
            "The ambient gateway has no address in its status"
            "istiods of other clusters read the address of an ambient gateway only from status.addresses. Until it is \
            there, they cannot reach this network.";
    }
    Probes "Probes of a gateway" {
        Probe15021 "probe-15021" Warning
            "The gateway's proxy is not ready"
            "Port 15021 answers /healthz/ready with 200 once the proxy has its configuration from istiod. Load balancers \
            often use it as their health check.";
        Probe15443 "probe-15443" Error
            "No workload answers with mutual TLS through the gateway"
            "Port 15443 forwards TLS to the workload of the service in the SNI, which has to present a certificate of the mesh. \
            In a healthy mesh it then rejects the probe, which has no client certificate.";
        Probe15443Root "probe-15443-root" Error
            "The clusters have different root CAs"
            "Workloads of two clusters accept one another only if each certificate chain ends at a root CA that the other \
            trusts. The probe sees the certificates that workloads really use, whatever the Secret cacerts contains.";
        Probe15008 "probe-15008" Error
            "The gateway does not terminate HBONE"
            "Ambient proxies of other clusters open a tunnel of mutual TLS to port 15008, which the gateway answers with its \
            own certificate of the mesh.";
        Probe15012 "probe-15012" Error
            "istiod does not answer through the gateway"
            "A cluster without a control plane of its own gets configuration and certificates through port 15012 of the \
            gateway, with a certificate that names istiod.";
        Probe15017 "probe-15017" Error
            "istiod's injector does not answer through the gateway"
            "The API server of a cluster without a control plane of its own calls the injection webhook through port 15017 \
            of the gateway. Without an answer, no sidecar is injected there.";
    }
    Trust "Trust between the clusters" {
        RootDiffers "root-differs" Error
            "Two clusters trust no common root certificate"
            "Workloads of two clusters accept one another only if the chain of each ends at a root that the other trusts. Without a \
            common root every request between these clusters fails in the TLS handshake.";
        RootPartial "root-partial" Warning
            "Two clusters trust some common root certificates, and each or one of them more"
            "During a change of the root this is right for a while, and should end with the same roots in all clusters. It is an error \
            where one does not trust the root that the istiod of the other signs with: every request between them fails then.";
        RootCmMissing "root-cm-missing" Error
            "The ConfigMap with the root certificate is missing in Istio's namespace"
            "istiod writes the ConfigMap istio-ca-root-cert into the namespaces of its cluster and of the clusters that it manages, and pods \
            with a proxy mount it. Without it, new ones wait in ContainerCreating.";
        TrustDomainMismatch "trust-domain-mismatch" Error
            "Workloads of one cluster do not accept the trust domain of another"
            "A certificate names its workload with the trust domain of its mesh configuration. Workloads accept their own trust domain and \
            the aliases of their own cluster, and reset the connection of any other one.";
        TrustDomainAmbient "trust-domain-ambient" Error
            "Two clusters with ztunnel have different trust domains"
            "ztunnel expects every workload of another cluster under its own trust domain, and does not know aliases.";
        CacertsAbsent "cacerts-absent" Error
            "istiod has no intermediate CA of the mesh's root"
            "Without the Secret cacerts istiod makes a root certificate of its own, which no other cluster trusts. In a mesh of several \
            clusters each istiod needs an intermediate CA of one root.";
        CacertsIstioGenerated "cacerts-istio-generated" Error
            "istiod has made the Secret cacerts itself"
            "The Secret has the key istio-generated: its root is one that istiod made (USE_CACERTS_FOR_SELF_SIGNED_CA), and no other cluster \
            trusts it.";
        CacertsIncomplete "cacerts-incomplete" Error
            "The Secret cacerts lacks a key that istiod needs"
            "istiod reads ca-cert.pem, ca-key.pem, cert-chain.pem and root-cert.pem, or tls.crt, tls.key and ca.crt. With some of them and not \
            all it does not start.";
        CacertsVerify "cacerts-verify" Error
            "istiod cannot use the certificates of the Secret cacerts"
            "The intermediate CA has to be signed by the root, over the certificates of the chain, and the key has to be its own. Otherwise \
            istiod does not start, or goes on with the certificates that it has.";
        CacertsChainContent "cacerts-chain-content" Error
            "The chain of the Secret cacerts lacks the intermediate CA"
            "Workloads present their own certificate and the chain. Where the intermediate CA is not in it, other clusters cannot verify them, \
            although istiod starts.";
        CacertsEkuSig "cacerts-eku-sig" Error
            "A certificate of the Secret cacerts is limited to other uses"
            "Workloads are clients and servers with one certificate, and so each CA above it has to be for both, or for every use, and has to \
            be allowed to sign. istiod does not look at all of that, but other workloads do.";
        CacertsSharedKey "cacerts-shared-key" Warning
            "Two clusters sign with the same private key"
            "Whoever gets the key of one cluster can then sign for workloads of the other, and neither can be replaced alone. Each cluster \
            should have an intermediate CA of its own.";
        CacertsExpiry "cacerts-expiry" Error
            "A certificate of the Secret cacerts has expired, or expires soon"
            "No certificate of a workload lives longer than the CA that issued it. When that has expired, no workload gets a new one, and \
            istiod does not start any more.";
        ExternalCa "external-ca" Info
            "Another authority than istiod issues the certificates of workloads"
            "With ENABLE_CA_SERVER=false or EXTERNAL_CA istiod signs nothing itself, so the checks of the Secret cacerts do not apply.";
        RootNotEffective "root-not-effective" Error
            "istiod does not use the root of the Secret cacerts"
            "istiod reads the root when it starts, and takes no other one afterwards. Proxies go on trusting the old root until istiod and \
            then the workloads are restarted.";
    }
    Secrets "Remote secrets" {
        SecretMissing "secret-missing" Info
            "There is no remote secret for a cluster"
            "istiod reads the services and endpoints of another cluster only with a remote secret for it. In a mesh where \
            each cluster uses the services of every other, each needs one for each of the others.";
        SecretWrongNamespace "secret-wrong-namespace" Error
            "The remote secret is in a namespace that istiod does not read"
            "istiod reads remote secrets of its own namespace only. In another namespace it has no effect, and no error is logged.";
        SecretLabel "secret-label" Error
            "The secret lacks the label by which istiod finds it"
            "istiod watches the Secrets with istio/multiCluster=true. Without that label, or with another value, it \
            ignores the secret.";
        SecretUnparsable "secret-unparsable" Error
            "istiod cannot use the data of the secret"
            "Each value of a remote secret is a kubeconfig. istiod drops one that is empty, does not load or is not valid, \
            and does not know the cluster.";
        SecretAuthDenied "secret-auth-denied" Error
            "The kubeconfig authenticates in a way that istiod does not allow"
            "A kubeconfig from another team could run a program or read a file inside istiod. istiod therefore rejects \
            credential plugins, files and the like, unless PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS allows them.";
        SecretStrayKey "secret-stray-key" Error
            "The secret has a data key that is not the cluster's name"
            "istiod registers a cluster for every data key of a remote secret. A second key for the same cluster registers each of \
            its endpoints twice.";
        SecretDuplicate "secret-duplicate" Error
            "Two remote secrets are for the same cluster"
            "Under one name istiod uses the secret that it sees first, which may change when it restarts; under two names it \
            registers each endpoint twice.";
        SecretSelf "secret-self" Error
            "A remote secret is for the cluster that holds it"
            "istiod reads its own cluster without a secret. It ignores a secret with its own cluster ID, and with another name \
            it registers each of its own endpoints twice.";
        SecretWrongCluster "secret-wrong-cluster" Error
            "The secret gives access to another cluster than its name says"
            "istiod then takes the endpoints of one cluster for those of another: traffic, locality and policies are wrong \
            without any error.";
        SecretServerLoopback "secret-server-loopback" Error
            "The server's address is a loopback or local address"
            "istiod connects to the address from its own pod. With a loopback address it connects to itself, and a name that \
            only one machine or cluster resolves cannot be reached.";
        SecretServerScheme "secret-server-scheme" Error
            "The server is used without TLS, or its certificate is not checked"
            "With an address without https:// istiod speaks plain HTTP and sends no credential. With insecure-skip-tls-verify \
            a man in the middle gets the token.";
        SecretServerUnreachable "secret-server-unreachable" Error
            "The API server does not answer at the secret's address"
            "istiod needs a lasting connection to the API server of the other cluster. A server that does not answer from here \
            may answer from istiod's pod, and the other way round, so check from there too.";
        SecretCaMismatch "secret-ca-mismatch" Error
            "The server's certificate is not signed by the CA in the secret, or is not valid"
            "istiod trusts the server only by certificate-authority-data of the kubeconfig. It fails where a load balancer \
            presents another certificate, where the name differs, or where one of them has expired.";
        SecretTokenInvalid "secret-token-invalid" Error
            "The API server does not accept the token"
            "It has expired, or its ServiceAccount or Secret was deleted. istiod can no longer read that cluster.";
        SecretTokenExpiry "secret-token-expiry" Error
            "The token has expired, expires soon, or does not expire"
            "istiod does not renew a token. When it expires, istiod loses access to the cluster. A token that does not expire \
            can be used by anybody who copies it, until its Secret is deleted.";
        SecretTokenIdentity "secret-token-identity" Warning
            "The token is not that of Istio's reader"
            "The chart's ServiceAccount istio-reader-service-account can read what istiod needs, and nothing else. Another \
            account may have fewer permissions, or many more.";
        SecretCertificateInvalid "secret-certificate-invalid" Error
            "The API server does not accept the client certificate"
            "It has expired, or is signed by a CA that the server does not trust. istiod can no longer read that \
            cluster.";
        SecretCertificateExpiry "secret-certificate-expiry" Error
            "The client certificate has expired, expires soon, or is not valid yet"
            "istiod does not renew a client certificate. When it expires, istiod loses access to the cluster.";
        SecretCertificateIdentity "secret-certificate-identity" Warning
            "The secret authenticates by a client certificate"
            "A client certificate cannot be revoked before it expires, and usually belongs to an administrator. A token of \
            Istio's reader has fewer permissions and can be revoked.";
        SecretRbac "secret-rbac" Error
            "The credential has fewer permissions than istiod needs, or more"
            "If a permission is missing, istiod's first sync of that cluster does not complete. Permissions beyond the chart's \
            reader role can be used by anybody who gets the secret.";
    }
    IstiodView "What istiod knows of the other clusters" {
        ClusterzAbsent "clusterz-absent" Error
            "istiod does not know the cluster of a remote secret"
            "istiod lists the clusters that it reads at /debug/clusterz. It leaves out a cluster whose secret it does not see or \
            cannot use, and its proxies get no endpoints of that cluster.";
        ClusterzTimeout "clusterz-timeout" Error
            "istiod could not read the cluster of a remote secret in time"
            "istiod becomes ready without a cluster that it could not read within PILOT_REMOTE_CLUSTER_TIMEOUT (30 s), and goes on \
            trying. The server does not answer from istiod's pod, or the token may not read all that istiod needs.";
        ClusterzSyncing "clusterz-syncing" Error
            "istiod has been reading the cluster of a remote secret for long"
            "The first reading of a cluster takes a few seconds. Until it is complete, proxies get no endpoints of that cluster.";
        ClusterzClosed "clusterz-closed" Error
            "istiod has stopped reading the cluster of a remote secret"
            "The connection was closed and no other one took its place, as some versions do where a secret is replaced by one that does \
            not work. Endpoints of that cluster do not change any more, or are gone.";
        ClusterzUnavailable "clusterz-unavailable" Warning
            "A running istiod does not answer at its monitoring port"
            "Port 15014 of each istiod is asked through the API server, as istioctl does. Without an answer nothing is known of the \
            clusters that this istiod reads, and it may not work at all.";
        ClusterzReplicasDisagree "clusterz-replicas-disagree" Warning
            "The istiods of a cluster do not know the same clusters"
            "Each replica reads the other clusters by itself. Proxies that are connected to one that lacks a cluster get no endpoints of \
            it, while the others work.";
        NetworkzGatewayMissing "networkz-gateway-missing" Error
            "istiod knows no gateway of another network"
            "istiod lists the gateways that it sends its proxies to at /debug/networkz. Without one for a network, proxies get addresses \
            of pods there that they cannot reach, or no endpoint at all.";
        NetworkzGatewayMismatch "networkz-gateway-mismatch" Error
            "istiod knows other addresses or ports of a gateway than those that it has"
            "Proxies send requests for the other network to the addresses at /debug/networkz. Where these are not the gateway's, requests \
            fail or arrive elsewhere.";
    }
}
