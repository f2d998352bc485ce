//! The matrix of flags: the words behind `istioctl create-remote-secret` and behind `kubectl mesh-secret create`.
//!
//! What stands in `differences` is not here.

/// Over namespace `ready`, where everything there is to make is there.
pub(crate) const BOTH_ACCEPT: &[&str] = &[
    "--name west -n ready",
    "-n ready",
    "--name west --namespace ready",
    "--name west --namespace=ready",
    "--name west -i ready",
    "--name west --istioNamespace ready",
    "--name west -n ready -i elsewhere",
    "--name west -n '' -i ready",
    "--name west -n ready -i ''",
    // Names.
    "--name '' -n ready",
    "--name 1 -n ready",
    "--name eu-west-1 -n ready",
    "--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -n ready",
    "--name 1e3 -n ready",
    "--name true -n ready",
    "--name null -n ready",
    "--name 0x1f -n ready",
    "--name east --name west -n ready",
    // Types.
    "--name west -n ready --type=remote",
    "--name west -n ready --type config",
    "-n ready --type config",
    "--name west -n ready --type config --service-account custom",
    // Accounts and their tokens.
    "--name west -n ready --create-service-account",
    "--name west -n ready --create-service-account=true",
    "--name west -n ready --create-service-account=false",
    "--name west -n ready --create-service-account=T",
    "--name west -n ready --create-service-account=0",
    "--name west -n ready --service-account istio-reader-service-account",
    "--name west -n ready --service-account custom",
    "--name west -n ready --service-account custom --create-service-account=false",
    "--name west -n ready --service-account ''",
    "--name west -n ready --service-account custom --secret-name custom-token",
    "--name west -n ready --secret-name istio-reader-service-account-istio-remote-secret-token",
    "--name west -n ready --secret-name second-token",
    "--name west -n ready --secret-name ''",
    // Servers.
    "--name west -n ready --server {server}",
    "--name west -n ready --server {server}/",
    "--name west -n ready --server https://localhost:{port}",
    "--name west -n ready --server https://127.0.0.1:1",
    "--name west -n ready --server http://127.0.0.1:1",
    "--name west -n ready --server https://127.0.0.1:1/clusters/west?a=b",
    "--name west -n ready --server ''",
    "--name west -n ready --tls-server-name localhost",
    "--name west -n ready --tls-server-name kubernetes.default.svc --server https://localhost:{port}",
    "--name west -n ready --tls-server-name ''",
    // How the holder authenticates.
    "--name west -n ready --auth-type bearer-token",
    "--name west -n ready --auth-type plugin",
    "--name west -n ready --auth-type plugin --auth-plugin-name gcp",
    "--name west -n ready --auth-type=plugin --auth-plugin-name=oidc",
    "--name west -n ready --auth-type plugin --auth-plugin-name oidc --type config",
    "--name west -n ready --auth-plugin-name ''",
    // Connecting.
    "--name west -n ready --context parity",
    "--name west -n ready --context with-namespace",
    "--name west -n ready --context ''",
    "--name west -n ready --kubeconfig {kubeconfig}",
    "--name west -n ready --kubeconfig ''",
    "--name west -n ready -c {kubeconfig} --context=parity",
    "--name west -n ready --kubeclient-timeout 20s",
    "--name west -n ready --kubeclient-timeout=1h2m3.5s",
    "--name west -n ready --kubeclient-timeout 0",
    "--name west -n ready --as somebody --as-group system:masters",
    "--name west -n ready --as somebody --as-group one --as-group system:masters --as-uid 1",
    "--name west -n ready --as ''",
];

/// Arguments that neither accepts.
pub(crate) const BOTH_REFUSE: &[&str] = &[
    // Words.
    "--name west -n ready stray",
    "--name west -n ready --no-such-flag",
    "--name west -n ready --type",
    "--name west -n ready --type=other",
    "--name west -n ready --type=''",
    "--name west -n ready --type=Remote",
    "--name west -n ready --auth-type=other",
    "--name west -n ready --auth-type=Bearer-Token",
    "--name west -n ready --auth-type plugin --auth-plugin-name oidc --auth-plugin-config pair",
    "--name west -n ready --create-service-account=maybe",
    "--name west -n ready --create-service-account false",
    "--name west -n ready --kubeclient-timeout soon",
    "--name -west -n ready",
    "--name we_st -n ready",
    "--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -n ready",
    "--name west -n Not_A_Namespace",
    // What is not there.
    "--name west -n absent --create-service-account=false",
    "--name west -n default --create-service-account=false",
    "--name west -n ready --service-account nobody",
    "--name west -n ready --service-account nobody --create-service-account=false",
    "--name west -n accountless --type config",
    "--name west -n ready --secret-name nothing",
    "--name west -n absent --secret-name nothing --create-service-account=false",
    "--name west -n ready --secret-name custom-token",
    "--name west -n ready --service-account custom --secret-name second-token",
    // Clusters and users.
    "--name west -n ready --context nowhere",
    "--name west -n ready --kubeconfig /nowhere/config",
    "--name west -n ready -c /dev/null",
    "--name west -n ready --as nobody",
];

/// Words, and the accounts that are there before.
pub(crate) struct Fresh {
    pub(crate) line: &'static str,
    pub(crate) accounts: &'static [&'static str],
}

/// Over a namespace of its own.
pub(crate) const FRESH: &[Fresh] = &[
    Fresh {
        line: "--name west",
        accounts: &[],
    },
    Fresh {
        line: "",
        accounts: &[],
    },
    Fresh {
        line: "--name west --create-service-account=true",
        accounts: &[],
    },
    Fresh {
        line: "--name west --create-service-account=false",
        accounts: &["istio-reader-service-account"],
    },
    Fresh {
        line: "--name west --service-account custom",
        accounts: &["custom"],
    },
    Fresh {
        line: "--name west --service-account custom --create-service-account=false",
        accounts: &["custom"],
    },
    Fresh {
        line: "--name west --type config",
        accounts: &["istiod"],
    },
];
