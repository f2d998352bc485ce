//! Text of a cluster, in whatever holds any: names, labels, annotations, kubeconfigs, refusals, istiods. None of it steers a
//! terminal, hides, or passes for what the plugin says itself.

use mesh_testkit::black_box::{
    HOSTILE, MARKER, all_text_is_hostile, says_nothing_hidden, says_nothing_hostile,
};
use mesh_testkit::istiod::FakeIstiod;
use mesh_testkit::kubeconfig::{Cluster, Kubeconfig, User};
use serde_json::{Value, json};

use crate::list::wired;
use crate::support::{NAMESPACE, SHORT, Watched, World, istiod, namespace, token_of};

/// Command lines over both clusters, each in every format that it has.
const LINES: [&str; 34] = [
    "list --context east,west -o table",
    "list --context east,west -o wide",
    "list --context east,west -o json",
    "list --context east,west -o yaml",
    "list --context east,west -o name",
    "list --context east,west -o jsonpath={.items}",
    "list --context east,west -o jsonpath={.items[*].cluster}",
    "inspect --context east,west -o table",
    "inspect --context east,west -o wide",
    "inspect --context east,west -o json",
    "inspect --context east,west -o yaml",
    "inspect --context east,west -o name",
    "inspect --context east,west -o jsonpath={.items}",
    "inspect --context east --probe --allow-loopback -o table",
    "inspect --context east --probe --allow-loopback -o wide",
    "inspect --context east --probe --allow-loopback -o json",
    "inspect --context east --probe --allow-loopback -o yaml",
    "inspect zz9marker --context east",
    "create --context west --allow-loopback --dry-run",
    "create --context west --allow-loopback",
    "create --context west --name west --allow-loopback --into east --dry-run",
    "create --context east --name east --allow-loopback --into west --dry-run",
    "exchange --context east,west --allow-loopback --dry-run",
    "exchange --context east,west --allow-loopback --dry-run --prune",
    "rotate --all --dry-run",
    "rotate west --dry-run --context east",
    "rotate zz9marker --dry-run --context east",
    "delete west --context east --dry-run",
    "delete --context east --dry-run -o name zz9marker",
    "delete west --context east --dry-run --revoke",
    "list --context east,west -vvv",
    "inspect --context east,west -vvv",
    "create --context west --allow-loopback -vvv",
    "rotate --all --dry-run -vvv",
];

/// Command lines of completion.
const COMPLETED: [&str; 6] = [
    "__complete inspect --context east ",
    "__complete inspect --context east -n ",
    "__complete delete --context east ",
    "__complete rotate --context east ",
    "__complete list --context east -n ",
    "__complete create --context west --service-account ",
];

/// A Secret in which everything that may be hostile is.
fn secret(name: &str, key: &str, kubeconfig: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE,
            "labels": {"istio/multiCluster": "true", "app.kubernetes.io/managed-by": MARKER},
            "annotations": {"networking.istio.io/cluster": MARKER, "argocd.argoproj.io/tracking-id": MARKER,
                "meta.helm.sh/release-name": MARKER}},
        "stringData": {key: kubeconfig}})
}

fn kubeconfig(cluster: Cluster, user: User) -> String {
    Kubeconfig::single(HOSTILE, cluster, user).to_yaml()
}

/// East holds secrets that are hostile in each of their parts, and both have objects of which hostile text is told.
fn world() -> World {
    let world = wired();
    let west = || world.west.kubeconfig_cluster();
    let claims = json!({"sub": format!("system:serviceaccount:{HOSTILE}:{HOSTILE}"), "iss": HOSTILE,
        "iat": 1_700_000_000, "exp": 4_000_000_000_i64, "aud": [HOSTILE],
        "kubernetes.io": {"namespace": HOSTILE, "serviceaccount": {"name": HOSTILE, "uid": HOSTILE},
            "secret": {"name": HOSTILE, "uid": HOSTILE}}});
    let provider = json!({"name": HOSTILE, "config": {HOSTILE: HOSTILE}});
    let texts = [
        kubeconfig(Cluster::new(HOSTILE), User::new().token("t")),
        kubeconfig(
            Cluster::new(&format!("https://{HOSTILE}")),
            User::new().token(HOSTILE),
        ),
        kubeconfig(west().tls_server_name(HOSTILE), User::new().token("t")),
        kubeconfig(
            west().proxy_url(&format!("http://{HOSTILE}:3128")),
            User::new().token("t"),
        ),
        kubeconfig(west(), User::new().token(&token_of(&claims))),
        kubeconfig(west(), User::new().field("auth-provider", provider)),
        kubeconfig(west(), User::new().token_file(HOSTILE.as_ref())),
        kubeconfig(west(), User::new().basic(HOSTILE, HOSTILE)),
        kubeconfig(
            west().field("certificate-authority", HOSTILE),
            User::new().impersonate(HOSTILE, &[HOSTILE]),
        ),
        HOSTILE.to_owned(),
    ];
    for (number, text) in texts.iter().enumerate() {
        world.east.create(secret(
            &format!("{MARKER}-{number}"),
            &format!("{MARKER}{number}"),
            text,
        ));
    }
    let known = kubeconfig(west(), User::new().token("t"));
    world.east.create(secret("twin", "west", &known));
    world.east.create(namespace(MARKER));
    let mut elsewhere = secret("elsewhere", MARKER, &known);
    elsewhere["metadata"]["namespace"] = MARKER.into();
    world.east.create(elsewhere);
    let mut other = istiod(MARKER);
    other["metadata"]["name"] = MARKER.into();
    world.east.create(other);
    all_text_is_hostile(&world);
    world
}

#[test]
fn nothing_that_is_said_of_a_cluster_steers_hides_or_imitates() {
    let world = world();
    let shown = says_nothing_hostile(&world, &LINES);
    assert!(shown >= LINES.len() / 2, "{shown} show some of it");
}

#[test]
fn completion_offers_names_that_no_shell_reads_anything_into() {
    let world = world();
    for line in COMPLETED {
        let mut output = world.run(line).arg("").output();
        // What stands between a name and what is said of it.
        output.stdout = output.stdout.replace('\t', " | ");
        says_nothing_hidden(&output);
        assert!(output.stdout.contains(':'), "{line}: {}", output.golden());
        assert!(!output.stdout.contains("imitated"), "{}", output.golden());
        let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-._:/@=,".contains(c);
        for offered in output.stdout.lines().map(|row| row.split(" | ").next()) {
            let offered = offered.unwrap_or_default();
            assert!(offered.chars().all(is_harmless), "{}", output.golden());
        }
    }
}

#[test]
fn what_an_istiod_says_is_short_and_one_line() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    for status in [
        HOSTILE.to_owned(),
        format!("{HOSTILE}{}", "x".repeat(7_000_000)),
    ] {
        north.says(&status);
        is_short(&scene);
    }
    north.heal();
    scene.is_left(true);
}

#[test]
fn what_a_pod_refuses_with_is_short_and_one_line() {
    let scene = Watched::new();
    let [_east, north]: [FakeIstiod<'_>; 2] = scene.istiods();
    north.refuses(&HOSTILE.repeat(7_000_000 / HOSTILE.len()));
    is_short(&scene);
    north.restart();
    scene.is_completed();
}

fn is_short(scene: &Watched) {
    for line in [SHORT, "rotate west --wait 1s -vvv"] {
        let output = scene.mesh.world.run(line).output();
        let start: String = output.golden().chars().take(4_000).collect();
        assert!([3, 4].contains(&output.code), "{start}");
        assert!(output.golden().len() < 16_000, "{start}");
        says_nothing_hidden(&output);
    }
}
