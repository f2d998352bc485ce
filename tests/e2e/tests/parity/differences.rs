//! Intended differences between `create` and istioctl: what each does and why. The proofs are in [`crate::proofs`].
//!
//! The texts are the rows of the table in `docs/istioctl.md`.

use crate::proofs;
use crate::world::World;

/// One intended difference.
pub(crate) struct Difference {
    pub(crate) id: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    pub(crate) why: &'static str,
    /// The words of the commands that show it.
    pub(crate) lines: &'static [&'static str],
    /// Fails where it is not so.
    pub(crate) shown: fn(&World, &[&str]),
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        id: "namespace",
        theirs: "the namespace of the default kubeconfig's current context, whatever `--context` and `--kubeconfig` say",
        ours: "`-n`, then `--istio-namespace`, then `istio-system`; never from a context",
        why: "the secret landed in `default` or in an application's namespace",
        lines: &["--name west --context parity"],
        shown: proofs::namespace,
    },
    Difference {
        id: "token-choice",
        theirs: "lists every Secret of the namespace and takes the account's first token Secret",
        ours: "reads the token Secret of the usual name; only where it is missing, lists token Secrets",
        why: "the token no longer depends on names that sort earlier, and unrelated Secrets are not read",
        lines: &["--name west -n tokens"],
        shown: proofs::token_choice,
    },
    Difference {
        id: "token-wait",
        theirs: "asks once a second until Kubernetes has filled the token Secret, five times",
        ours: "watches the token Secret, for 30 s or `--request-timeout`",
        why: "done as soon as the token is there",
        lines: &["--name west"],
        shown: proofs::token_wait,
    },
    Difference {
        id: "reader-rights",
        theirs: "creates role and binding only together with the account",
        ours: "creates whichever of account, role and binding is missing, when it creates a token Secret and when the test of the secret is forbidden",
        why: "with an account without permissions istiod cannot use the secret",
        lines: &["--name west -n rightless"],
        shown: proofs::reader_rights,
    },
    Difference {
        id: "try-out",
        theirs: "prints an untested secret",
        ours: "uses it once, and fails where the API server, its certificate or its answer is wrong; `--no-verify` skips that",
        why: "a secret that cannot work is found here, not in istiod's log",
        lines: &[
            "--name west -n ready --service-account powerless",
            "--name west -n ready --tls-server-name wrong.example.com",
        ],
        shown: proofs::try_out,
    },
    Difference {
        id: "carried-over",
        theirs: "drops the context's `tls-server-name`, `proxy-url` and `insecure-skip-tls-verify`, and its CA",
        ours: "carries over those without which the server cannot be reached, and says so",
        why: "behind a proxy or another name istioctl's secret does not work",
        lines: &["--name west -n ready --context unspecified"],
        shown: proofs::carried_over,
    },
    Difference {
        id: "loopback",
        theirs: "warns of a loopback address in the context, and accepts one from `--server`",
        ours: "refuses it with the addresses that the cluster shows; `--allow-loopback` overrides",
        why: "istiod in another cluster would connect to itself",
        lines: &[
            "--name west -n ready",
            "--name west -n ready --server https://127.0.0.1:1",
        ],
        shown: proofs::loopback,
    },
    Difference {
        id: "server-scheme",
        theirs: "accepts any text as `--server`",
        ours: "requires `https://` or `http://`, and prints the corrected form",
        why: "istiod would use plain HTTP for an address without a scheme",
        lines: &[
            "--name west -n ready --server 127.0.0.1:1",
            "--name west -n ready --server api.example.com",
            "--name west -n ready --server ftp://127.0.0.1:1",
        ],
        shown: proofs::server_scheme,
    },
    Difference {
        id: "cluster-name",
        theirs: "without `--name`: the UID of kube-system",
        ours: "without `--name`: the cluster ID of the cluster's own istiod; else that UID, with a warning",
        why: "istiod rejects the proxies of a cluster that it has under another name",
        lines: &["-n named"],
        shown: proofs::cluster_name,
    },
    Difference {
        id: "upper-case-name",
        theirs: "accepts upper-case letters in `--name`",
        ours: "accepts them in the data key, and names the Secret in lower case",
        why: "no Secret can have such a name: `kubectl apply` refuses what istioctl prints",
        lines: &["--name West -n ready"],
        shown: proofs::upper_case_name,
    },
    Difference {
        id: "name-with-dots",
        theirs: "refuses a dot in `--name`",
        ours: "accepts it",
        why: "the cluster ID of an istiod may be `prod.example.com`",
        lines: &["--name w.est -n ready"],
        shown: proofs::accepted_here,
    },
    Difference {
        id: "plugin-config",
        theirs: "prints the `auth-provider` without the pairs of `--auth-plugin-config`",
        ours: "prints them, and warns where istiod rejects the provider",
        why: "the flag was never bound",
        lines: &[
            "--name west -n ready --auth-type plugin --auth-plugin-name gcp --auth-plugin-config a=b,c=d --auth-plugin-config e=f=g",
        ],
        shown: proofs::plugin_config,
    },
    Difference {
        id: "plugin-from-nothing",
        theirs: "with `--auth-type=plugin` does not wait for the token Secret that it creates, and fails since the CA is missing in it",
        ours: "waits as for a bearer token",
        why: "a second run would have worked",
        lines: &["--name west -n plugins --auth-type plugin --auth-plugin-name oidc"],
        shown: proofs::plugin_from_nothing,
    },
    Difference {
        id: "plugin-flags-alone",
        theirs: "ignores `--auth-plugin-name` and `--auth-plugin-config` without `--auth-type=plugin`",
        ours: "refuses them",
        why: "the result would be a bearer token that was not requested",
        lines: &[
            "--name west -n ready --auth-plugin-name gcp",
            "--name west -n ready --auth-plugin-config a=b",
        ],
        shown: |world, lines| proofs::refused_here(world, lines, "need --auth-type=plugin"),
    },
    Difference {
        id: "manifests",
        theirs: "creates the reader's objects from the charts in `--manifests` (`-d`)",
        ours: "accepts it with a warning; the objects are built in",
        why: "they are the same in every supported release",
        lines: &[
            "--name west -n charts -d /nowhere",
            "--name west -n charts --manifests /nowhere",
        ],
        shown: proofs::manifests,
    },
    Difference {
        id: "vklog",
        theirs: "logs with `--vklog`, on standard output before the manifest",
        ours: "accepts it with a warning; `-v` logs, on standard error",
        why: "a log line in a manifest breaks the pipe",
        lines: &[
            "--name west -n ready --vklog 3",
            "--name west -n ready --vklog=9",
        ],
        shown: proofs::vklog,
    },
    Difference {
        id: "time-out",
        theirs: "`--kubeclient-timeout` wants a unit; 15 s otherwise",
        ours: "`--request-timeout`, also spelt `--kubeclient-timeout`: a bare number is seconds; 30 s otherwise",
        why: "kubectl's flag and its values",
        lines: &["--name west -n ready --kubeclient-timeout 20"],
        shown: proofs::accepted_here,
    },
    Difference {
        id: "impersonation",
        theirs: "ignores `--as-group` and `--as-uid` without `--as`",
        ours: "refuses them",
        why: "as kubectl does; the command would run with permissions that were to be dropped",
        lines: &[
            "--name west -n ready --as-group nobodies",
            "--name west -n ready --as-uid 1",
        ],
        shown: |world, lines| proofs::refused_here(world, lines, "need --as"),
    },
    Difference {
        id: "errors",
        theirs: "prints an error twice and exits with 1, or 64 for a wrong flag",
        ours: "prints it once, with its cause and a hint, and exits with 2",
        why: "the same codes for every plugin of the suite",
        lines: &["--name west -n ready --service-account nobody"],
        shown: proofs::errors,
    },
    Difference {
        id: "chart-version",
        theirs: "labels the reader's objects with the version of the charts inside, which is 1.0.0 in istioctl's development builds",
        ours: "labels them with the Istio release that they were taken from",
        why: "the label says which release the rules are from",
        lines: &["--name west -n versions"],
        shown: proofs::chart_version,
    },
    Difference {
        id: "field-manager",
        theirs: "writes as `istioctl` and `istio-ci`",
        ours: "writes as `kubectl-mesh`, by server-side apply",
        why: "one field manager for everything that the suite writes",
        lines: &["--name west -n managers"],
        shown: proofs::field_manager,
    },
];
