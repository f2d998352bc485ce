//! Shows of each intended difference that it is as described: both commands are run, and a change of either is noticed.

use mesh_testkit::command::Output;

use crate::manifest::{self, difference, kubeconfig_of, parsed};
use crate::objects;
use crate::world::{World, requests};

/// istioctl prints a secret for each line; here each is an error that says so.
pub(crate) fn refused_here(world: &World, lines: &[&str], says: &str) {
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
pub(crate) fn accepted_here(world: &World, lines: &[&str]) {
    for line in lines {
        assert!(!world.istioctl(line).success(), "istioctl accepts {line}");
        parsed(line, &world.create(line));
    }
}

pub(crate) fn namespace(world: &World, lines: &[&str]) {
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

pub(crate) fn token_choice(world: &World, lines: &[&str]) {
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
    assert!(requests("istioctl", &namespace).contains(&list));
    let usual = format!(
        "get /api/v1/namespaces/{namespace}/secrets/istio-reader-service-account-istio-remote-secret-token"
    );
    assert_eq!(requests("kubectl-mesh", &namespace), [usual]);
}

pub(crate) fn token_wait(world: &World, lines: &[&str]) {
    for line in lines {
        let [mine, other] =
            ["ours", "theirs"].map(|whose| format!("wait-{whose}-{}", std::process::id()));
        parsed(line, &world.istioctl(&format!("{line} -n {other}")));
        parsed(line, &world.create(&format!("{line} -n {mine}")));
        let polled = requests("istioctl", &other);
        assert!(!polled.is_empty() && !has(&polled, "watch"), "{polled:#?}");
        let watched = requests("kubectl-mesh", &mine);
        let gets = watched.iter().filter(|request| request.starts_with("get "));
        assert!(has(&watched, "watch") && gets.count() == 1, "{watched:#?}");
    }
}

fn has(requests: &[String], verb: &str) -> bool {
    requests
        .iter()
        .any(|request| request.split(' ').next() == Some(verb))
}

pub(crate) fn reader_rights(world: &World, lines: &[&str]) {
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

pub(crate) fn try_out(world: &World, lines: &[&str]) {
    let [powerless, misnamed] = lines else {
        panic!("two lines")
    };
    refused_here(world, &[powerless], "is not allowed to read the cluster");
    refused_here(world, &[misnamed], "is for other names");
    for line in lines {
        let unproven = world.create(&format!("{line} --no-verify"));
        manifest::same(line, &world.istioctl(line), &unproven);
    }
}

pub(crate) fn carried_over(world: &World, lines: &[&str]) {
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

pub(crate) fn loopback(world: &World, lines: &[&str]) {
    for line in lines {
        parsed(line, &world.istioctl(line));
        refused(
            line,
            &world.create_run(line).output(),
            "add --allow-loopback",
        );
        let allowed = world.create(line);
        manifest::same(line, &world.istioctl(line), &allowed);
    }
}

pub(crate) fn server_scheme(world: &World, lines: &[&str]) {
    let [bare, name, other] = lines else {
        panic!("three lines")
    };
    refused_here(world, &[bare], "hint: add --server https://127.0.0.1:1\n");
    refused_here(
        world,
        &[name],
        "hint: add --server https://api.example.com\n",
    );
    refused_here(world, &[other], "is neither https:// nor http://");
}

pub(crate) fn upper_case_name(world: &World, lines: &[&str]) {
    for line in lines {
        let secrets = [world.istioctl(line), world.create(line)].map(|o| parsed(line, &o));
        for (secret, name) in secrets
            .iter()
            .zip(["istio-remote-secret-West", "istio-remote-secret-west"])
        {
            assert_eq!(secret["metadata"]["name"], name);
            assert!(!secret["stringData"]["West"].is_null(), "{line}");
        }
    }
}

pub(crate) fn cluster_name(world: &World, lines: &[&str]) {
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

pub(crate) fn plugin_config(world: &World, lines: &[&str]) {
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

pub(crate) fn plugin_from_nothing(world: &World, lines: &[&str]) {
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

pub(crate) fn manifests(world: &World, lines: &[&str]) {
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

pub(crate) fn vklog(world: &World, lines: &[&str]) {
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

pub(crate) fn errors(world: &World, lines: &[&str]) {
    for line in lines {
        let (theirs, ours) = (world.istioctl(line), world.create(line));
        let count = |output: &Output| output.stderr.to_lowercase().matches("error: ").count();
        assert_eq!((theirs.code, count(&theirs)), (1, 2), "{}", theirs.stderr);
        assert_eq!((ours.code, count(&ours)), (2, 1), "{}", ours.stderr);
        let has = |start| ours.stderr.contains(start);
        assert!(has("hint: ") || has("check: "), "{}", ours.stderr);
    }
    assert_eq!(world.istioctl("--no-such-flag").code, 64);
    assert_eq!(world.create("--no-such-flag").code, 2);
}

pub(crate) fn chart_version(world: &World, lines: &[&str]) {
    for line in lines {
        let [theirs, ours] = made_by_each(world, line, &objects::KINDS[1], "versions");
        let version = |object: &serde_json::Value| {
            object["metadata"]["labels"]["app.kubernetes.io/version"].clone()
        };
        assert_eq!(version(&theirs), "1.0.0");
        assert_eq!(version(&ours), mesh_common::model::reader::CHART_VERSION);
    }
}

pub(crate) fn field_manager(world: &World, lines: &[&str]) {
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
            assert_eq!(first(&ours), mesh_common::model::names::FIELD_MANAGER);
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
