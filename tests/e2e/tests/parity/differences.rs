//! Where `create` means to differ from istioctl: what each does, why, and the proof that it is so.
//!
//! The texts are the rows of the table in `docs/istioctl.md`.

use mesh_testkit::command::Output;

use crate::manifest::{self, difference, kubeconfig_of, parsed};
use crate::objects;
use crate::world::World;

/// One meant difference.
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
        shown: namespace,
    },
    Difference {
        id: "token-choice",
        theirs: "lists every Secret of the namespace and takes the account's first token Secret",
        ours: "reads the token Secret of the usual name; only where it is missing, lists token Secrets",
        why: "which token is given out no longer depends on names that sort earlier, and Secrets that are nobody's business are not read",
        lines: &["--name west -n tokens"],
        shown: token_choice,
    },
    Difference {
        id: "token-wait",
        theirs: "asks once a second until Kubernetes has filled the token Secret, five times",
        ours: "watches the token Secret, for 30 s or `--request-timeout`",
        why: "done as soon as the token is there",
        lines: &["--name west"],
        shown: token_wait,
    },
    Difference {
        id: "reader-rights",
        theirs: "makes role and binding only together with the account",
        ours: "makes whichever of account, role and binding is missing when it makes a token Secret",
        why: "an account without rights gives a secret that istiod cannot read with",
        lines: &["--name west -n rightless"],
        shown: reader_rights,
    },
    Difference {
        id: "try-out",
        theirs: "prints a secret that was never used",
        ours: "uses it once, and refuses where the API server, its certificate or its answer is wrong; `--no-verify` skips that",
        why: "a secret that cannot work shows here, not in istiod's log",
        lines: &[
            "--name west -n ready --service-account powerless",
            "--name west -n ready --tls-server-name wrong.example.com",
        ],
        shown: try_out,
    },
    Difference {
        id: "carried-over",
        theirs: "drops the context's `tls-server-name`, `proxy-url` and `insecure-skip-tls-verify`, and its CA",
        ours: "carries over those without which the server is not reached, and says so",
        why: "behind a proxy or another name istioctl's secret does not work",
        lines: &["--name west -n ready --context unspecified"],
        shown: carried_over,
    },
    Difference {
        id: "loopback",
        theirs: "warns of a loopback address in the context, and takes one from `--server`",
        ours: "refuses it with the addresses that the cluster shows; `--allow-loopback` overrides",
        why: "in another cluster it means that cluster's own pod",
        lines: &[
            "--name west -n ready",
            "--name west -n ready --server https://127.0.0.1:1",
        ],
        shown: loopback,
    },
    Difference {
        id: "server-scheme",
        theirs: "takes any text as `--server`",
        ours: "wants `https://` or `http://`, and prints the corrected form",
        why: "istiod would speak plain HTTP to an address without a scheme",
        lines: &[
            "--name west -n ready --server 127.0.0.1:1",
            "--name west -n ready --server api.example.com",
            "--name west -n ready --server ftp://127.0.0.1:1",
        ],
        shown: server_scheme,
    },
    Difference {
        id: "cluster-name",
        theirs: "without `--name`: the UID of kube-system",
        ours: "without `--name`: what the cluster's istiod calls itself; else that UID, with a warning",
        why: "istiod refuses the proxies of a cluster that it knows by another name",
        lines: &["-n named"],
        shown: cluster_name,
    },
    Difference {
        id: "upper-case-name",
        theirs: "takes upper-case letters in `--name`",
        ours: "refuses them, and shows the nearest good name",
        why: "no Secret can have such a name: `kubectl apply` refuses what istioctl prints",
        lines: &["--name West -n ready"],
        shown: |world, lines| refused_here(world, lines, "is not a DNS label"),
    },
    Difference {
        id: "plugin-config",
        theirs: "prints the `auth-provider` without the pairs of `--auth-plugin-config`",
        ours: "prints them, and warns where istiod refuses the provider",
        why: "the flag was never bound",
        lines: &[
            "--name west -n ready --auth-type plugin --auth-plugin-name gcp --auth-plugin-config a=b,c=d --auth-plugin-config e=f=g",
        ],
        shown: plugin_config,
    },
    Difference {
        id: "plugin-from-nothing",
        theirs: "with `--auth-type=plugin` does not wait for the token Secret that it makes, and fails for want of the CA in it",
        ours: "waits as for a bearer token",
        why: "the second try would have worked",
        lines: &["--name west -n plugins --auth-type plugin --auth-plugin-name oidc"],
        shown: plugin_from_nothing,
    },
    Difference {
        id: "plugin-flags-alone",
        theirs: "ignores `--auth-plugin-name` and `--auth-plugin-config` without `--auth-type=plugin`",
        ours: "refuses them",
        why: "the result is a bearer token that nobody asked for",
        lines: &[
            "--name west -n ready --auth-plugin-name gcp",
            "--name west -n ready --auth-plugin-config a=b",
        ],
        shown: |world, lines| refused_here(world, lines, "need --auth-type=plugin"),
    },
    Difference {
        id: "manifests",
        theirs: "makes the reader's objects from the charts in `--manifests` (`-d`)",
        ours: "accepts it with a warning; the objects are built in",
        why: "they are the same in every supported release",
        lines: &[
            "--name west -n charts -d /nowhere",
            "--name west -n charts --manifests /nowhere",
        ],
        shown: manifests,
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
        shown: vklog,
    },
    Difference {
        id: "time-out",
        theirs: "`--kubeclient-timeout` wants a unit; 15 s otherwise",
        ours: "`--request-timeout`, also spelt `--kubeclient-timeout`: a bare number is seconds; 30 s otherwise",
        why: "kubectl's flag and its values",
        lines: &["--name west -n ready --kubeclient-timeout 20"],
        shown: accepted_here,
    },
    Difference {
        id: "impersonation",
        theirs: "ignores `--as-group` and `--as-uid` without `--as`",
        ours: "refuses them",
        why: "kubectl does; the command would run with rights that were to be given up",
        lines: &[
            "--name west -n ready --as-group nobodies",
            "--name west -n ready --as-uid 1",
        ],
        shown: |world, lines| refused_here(world, lines, "need --as"),
    },
    Difference {
        id: "errors",
        theirs: "prints an error twice and exits with 1, or 64 for a wrong flag",
        ours: "prints it once, with its cause and a hint, and exits with 2",
        why: "the same codes for every plugin of the suite",
        lines: &["--name west -n ready --service-account nobody"],
        shown: errors,
    },
    Difference {
        id: "chart-version",
        theirs: "labels the reader's objects with the version of the charts inside, which is 1.0.0 in istioctl's development builds",
        ours: "labels them with the Istio release that they were taken from",
        why: "the label says where the rules come from",
        lines: &["--name west -n versions"],
        shown: chart_version,
    },
    Difference {
        id: "field-manager",
        theirs: "writes as `istioctl` and `istio-ci`",
        ours: "writes as `kubectl-mesh`, by server-side apply",
        why: "one owner for all that the suite writes",
        lines: &["--name west -n managers"],
        shown: field_manager,
    },
];

/// istioctl prints a secret for each line; here each is an error that says so.
fn refused_here(world: &World, lines: &[&str], says: &str) {
    for line in lines {
        parsed(line, &world.istioctl(line));
        let ours = world.create(line);
        refused(line, &ours, says);
    }
}

fn refused(line: &str, ours: &Output, says: &str) {
    assert_eq!(
        (ours.code, ours.stdout.as_str()),
        (2, ""),
        "{line}: {}",
        ours.stderr
    );
    assert!(
        ours.stderr.contains(says),
        "{line}: {says:?} is not in\n{}",
        ours.stderr
    );
}

/// istioctl refuses each line; here each gives a secret.
fn accepted_here(world: &World, lines: &[&str]) {
    for line in lines {
        assert!(!world.istioctl(line).success(), "istioctl accepts {line}");
        parsed(line, &world.create(line));
    }
}

fn namespace(world: &World, lines: &[&str]) {
    let current = world.kubeconfig_with_current("with-namespace");
    for line in lines {
        let theirs = world
            .istioctl_run(line)
            .env("KUBECONFIG", &current)
            .output();
        assert_eq!(
            parsed(line, &theirs)["metadata"]["namespace"],
            "of-the-context"
        );
        let ours = world
            .create_run(&format!("{line} --allow-loopback"))
            .env("KUBECONFIG", &current)
            .output();
        assert_eq!(parsed(line, &ours)["metadata"]["namespace"], "istio-system");
    }
}

fn token_choice(world: &World, lines: &[&str]) {
    let namespace = format!("tokens-{}", std::process::id());
    let usual = format!("--name west -n {namespace}");
    let before = parsed(&usual, &world.istioctl(&usual));
    world.token(&namespace, "another-token", "istio-reader-service-account");
    for line in lines {
        let line = line.replace("tokens", &namespace);
        let theirs = parsed(&line, &world.istioctl(&line));
        let path = difference(&theirs, &before).unwrap();
        assert!(
            path.ends_with(".users[0].user.token"),
            "they differ at {path}"
        );
        let ours = parsed(&line, &world.create(&line));
        assert_eq!(difference(&ours, &before), None);
    }
    let list = format!("list /api/v1/namespaces/{namespace}/secrets");
    assert!(world.requests("istioctl", &namespace).contains(&list));
    let usual = format!(
        "get /api/v1/namespaces/{namespace}/secrets/istio-reader-service-account-istio-remote-secret-token"
    );
    assert_eq!(world.requests("kubectl-mesh", &namespace), [usual]);
}

fn token_wait(world: &World, lines: &[&str]) {
    for line in lines {
        let [mine, other] =
            ["ours", "theirs"].map(|whose| format!("wait-{whose}-{}", std::process::id()));
        parsed(line, &world.istioctl(&format!("{line} -n {other}")));
        parsed(line, &world.create(&format!("{line} -n {mine}")));
        let watches = |agent, namespace: &str| {
            let requests = world.requests(agent, namespace);
            assert!(
                !requests.is_empty(),
                "the API server logged nothing of {agent}"
            );
            requests
                .iter()
                .filter(|request| request.starts_with("watch "))
                .count()
        };
        assert_eq!(watches("istioctl", &other), 0);
        let requests = world.requests("kubectl-mesh", &mine);
        let polls = requests
            .iter()
            .filter(|request| request.starts_with("get "))
            .count();
        assert!(
            watches("kubectl-mesh", &mine) > 0 && polls == 1,
            "{requests:#?}"
        );
    }
}

fn reader_rights(world: &World, lines: &[&str]) {
    world
        .cluster
        .apply(
            "
apiVersion: v1
kind: Namespace
metadata: {name: rightless}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: istio-reader-service-account, namespace: rightless}
",
        )
        .unwrap();
    let role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/istio-reader-clusterrole-rightless";
    for line in lines {
        parsed(line, &world.istioctl(line));
        assert!(world.cluster.get(role).is_err(), "istioctl makes the role");
        let usual = "/api/v1/namespaces/rightless/secrets/istio-reader-service-account-istio-remote-secret-token";
        assert_eq!(
            world.cluster.request("DELETE", usual, None).unwrap().status,
            200
        );
        parsed(line, &world.create(line));
        world.cluster.get(role).unwrap();
    }
}

fn try_out(world: &World, lines: &[&str]) {
    let [powerless, misnamed] = lines else {
        panic!("two lines")
    };
    refused_here(world, &[powerless], "may not read the cluster");
    refused_here(world, &[misnamed], "is for other names");
    for line in lines {
        let unproven = world.create(&format!("{line} --no-verify"));
        manifest::same(line, &world.istioctl(line), &unproven);
    }
}

fn carried_over(world: &World, lines: &[&str]) {
    for line in lines {
        let ours = world.create(line);
        let (mut theirs, mut carried) = (parsed(line, &world.istioctl(line)), parsed(line, &ours));
        let cluster = &mut kubeconfig_of(&mut carried)["clusters"][0]["cluster"];
        assert_eq!(cluster["tls-server-name"].take(), "localhost");
        assert!(
            ours.stderr.contains("warning: ") && ours.stderr.contains("its tls-server-name"),
            "{}",
            ours.stderr
        );
        assert!(
            kubeconfig_of(&mut theirs)["clusters"][0]["cluster"]
                .get("tls-server-name")
                .is_none()
        );
        assert_eq!(difference(&theirs, &carried), None);
    }
}

fn loopback(world: &World, lines: &[&str]) {
    for line in lines {
        parsed(line, &world.istioctl(line));
        refused(
            line,
            &world.create_run(line).output(),
            "hint: --allow-loopback",
        );
        let allowed = world.create(line);
        manifest::same(line, &world.istioctl(line), &allowed);
    }
}

fn server_scheme(world: &World, lines: &[&str]) {
    let [bare, name, other] = lines else {
        panic!("three lines")
    };
    refused_here(world, &[bare], "hint: --server https://127.0.0.1:1\n");
    refused_here(world, &[name], "hint: --server https://api.example.com\n");
    refused_here(world, &[other], "is neither https:// nor http://");
}

fn cluster_name(world: &World, lines: &[&str]) {
    world
        .cluster
        .apply(
            "
apiVersion: v1
kind: Namespace
metadata: {name: named}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: named, labels: {app: istiod}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec:
      containers:
      - {name: discovery, image: pilot, env: [{name: CLUSTER_ID, value: named-by-istiod}]}
",
        )
        .unwrap();
    let system = world.cluster.get("/api/v1/namespaces/kube-system").unwrap();
    let uid = system["metadata"]["uid"].as_str().unwrap();
    for line in lines {
        let names = [world.istioctl(line), world.create(line)].map(|output| {
            parsed(line, &output)["metadata"]["name"]
                .as_str()
                .unwrap()
                .to_owned()
        });
        assert_eq!(
            names,
            [
                format!("istio-remote-secret-{uid}"),
                "istio-remote-secret-named-by-istiod".to_owned()
            ]
        );
    }
    let unnamed = world.create("-n ready");
    assert!(
        unnamed
            .stderr
            .contains("warning: no istiod names this cluster"),
        "{}",
        unnamed.stderr
    );
}

fn plugin_config(world: &World, lines: &[&str]) {
    for line in lines {
        let ours = world.create(line);
        let (mut theirs, mut bound) = (parsed(line, &world.istioctl(line)), parsed(line, &ours));
        let config =
            |secret| kubeconfig_of(secret)["users"][0]["user"]["auth-provider"]["config"].take();
        assert_eq!(config(&mut theirs), serde_json::json!({}));
        assert_eq!(
            config(&mut bound),
            serde_json::json!({"a": "b", "c": "d", "e": "f=g"})
        );
        assert_eq!(difference(&theirs, &bound), None);
        assert!(
            ours.stderr
                .contains("warning: istiod refuses auth-provider"),
            "{}",
            ours.stderr
        );
    }
}

fn plugin_from_nothing(world: &World, lines: &[&str]) {
    for line in lines {
        let theirs = world.istioctl(line);
        assert!(
            !theirs.success() && theirs.stderr.contains("no \"ca.crt\" data"),
            "{}",
            theirs.stderr
        );
        parsed(
            line,
            &world.create(&line.replace("plugins", "plugins-ours")),
        );
        manifest::same(line, &world.istioctl(line), &world.create(line));
    }
}

fn manifests(world: &World, lines: &[&str]) {
    for line in lines {
        let theirs = world.istioctl(line);
        assert!(
            !theirs.success() && theirs.stderr.contains("profile"),
            "{}",
            theirs.stderr
        );
    }
    for line in lines {
        let ours = world.create(line);
        parsed(line, &ours);
        assert!(
            ours.stderr
                .contains("warning: --manifests does nothing here"),
            "{}",
            ours.stderr
        );
    }
}

fn vklog(world: &World, lines: &[&str]) {
    for line in lines {
        let (theirs, ours) = (world.istioctl(line), world.create(line));
        assert!(
            theirs.success() && !theirs.stdout.starts_with("# This file"),
            "istioctl's output is clean"
        );
        assert!(
            theirs.stdout.ends_with(&ours.stdout),
            "{line}: the manifests differ"
        );
        parsed(line, &ours);
        assert!(
            ours.stderr.contains("warning: --vklog does nothing here"),
            "{}",
            ours.stderr
        );
    }
}

fn errors(world: &World, lines: &[&str]) {
    for line in lines {
        let (theirs, ours) = (world.istioctl(line), world.create(line));
        let count = |output: &Output| output.stderr.to_lowercase().matches("error: ").count();
        assert_eq!((theirs.code, count(&theirs)), (1, 2), "{}", theirs.stderr);
        assert_eq!((ours.code, count(&ours)), (2, 1), "{}", ours.stderr);
        assert!(ours.stderr.contains("hint: "), "{}", ours.stderr);
    }
    assert_eq!(world.istioctl("--no-such-flag").code, 64);
    assert_eq!(world.create("--no-such-flag").code, 2);
}

fn chart_version(world: &World, lines: &[&str]) {
    for line in lines {
        let [theirs, ours] = made_by_each(world, line, &objects::KINDS[1], "versions");
        let version = |object: &serde_json::Value| {
            object["metadata"]["labels"]["app.kubernetes.io/version"].clone()
        };
        assert_eq!(version(&theirs), "1.0.0");
        assert_eq!(version(&ours), mesh_common::mesh::reader::CHART_VERSION);
    }
}

fn field_manager(world: &World, lines: &[&str]) {
    for (kind, manager) in [
        (&objects::KINDS[1], "istio-ci"),
        (&objects::KINDS[4], "istioctl"),
    ] {
        for line in lines {
            let [theirs, ours] = made_by_each(world, line, kind, "managers");
            let first = |object: &serde_json::Value| {
                object["metadata"]["managedFields"][0]["manager"].clone()
            };
            assert_eq!(first(&theirs), manager);
            assert_eq!(first(&ours), mesh_common::mesh::names::FIELD_MANAGER);
        }
    }
}

/// The object as each makes it, each in a namespace of its own in place of `namespace`.
fn made_by_each(
    world: &World,
    line: &str,
    kind: &objects::Kind,
    namespace: &str,
) -> [serde_json::Value; 2] {
    let [other, mine] = ["theirs", "ours"].map(|whose| format!("{namespace}-{whose}"));
    world
        .istioctl(&line.replace(namespace, &other))
        .expect_success();
    world
        .create(&line.replace(namespace, &mine))
        .expect_success();
    [
        objects::raw(world, kind, &other),
        objects::raw(world, kind, &mine),
    ]
}
