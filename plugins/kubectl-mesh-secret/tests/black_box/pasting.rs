//! What is printed of secrets full of hostile names, pasted into shells.

use mesh_testkit::black_box::{hostile, pasted};
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{Cluster, Kubeconfig, User};
use mesh_testkit::shell::{commands, payloads, printed};
use serde_json::{Value, json};

use crate::support::{World, istiod, reader_token, token_from_to, token_of};

/// The number of shapes of kubeconfigs.
const SHAPES: usize = 8;

/// A kubeconfig in which this name stands in one place, another one for each shape.
fn kubeconfig(world: &World, name: &str, shape: usize) -> String {
    let west = world.west.kubeconfig_cluster();
    let token = User::new().token(&reader_token(&world.west));
    let claims = json!({
        "sub": format!("system:serviceaccount:{name}:{name}"), "iss": name, "iat": 1, "exp": 2,
        "kubernetes.io": {"namespace": name, "serviceaccount": {"name": name, "uid": name}, "secret": {"name": name, "uid": name}},
        "kubernetes.io/serviceaccount/namespace": name,
        "kubernetes.io/serviceaccount/secret.name": name,
        "kubernetes.io/serviceaccount/service-account.name": name,
    });
    let (cluster, user) = match shape % SHAPES {
        0 => (Cluster::new(&format!("10.0.0.1:6443/{name}")), token),
        1 => (west.tls_server_name(name), token),
        2 => (west, User::new().token(&token_of(&claims))),
        3 => (Cluster::new(&format!("https://127.0.0.1:1/{name}")), token),
        4 => (west, User::new().token_file(std::path::Path::new(name))),
        5 => (west.proxy_url(&format!("http://127.0.0.1:1/{name}")), token),
        6 => (Cluster::new(name).insecure_skip_tls_verify(), token),
        _ => (west, User::new().token(&token_from_to(-7200, 1200))),
    };
    Kubeconfig::single(name, cluster, user).to_yaml()
}

/// A secret that is called so, for a cluster that is called so, as no API server would take it.
fn secret(world: &World, name: &str, shape: usize) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": name}},
        "stringData": {name: kubeconfig(world, name, shape)}})
}

/// East holds a secret of each name, and its server hands them out as they are.
fn filled() -> World {
    let world = World::new();
    world.east.create(istiod("east"));
    world.west.create(istiod("west"));
    for (shape, payload) in payloads().iter().enumerate() {
        let mut wanted = secret(&world, "placeholder", shape);
        let name = format!("s-{shape}");
        wanted["metadata"]["name"] = json!(name);
        world.east.create(wanted);
        let kubeconfig = kubeconfig(&world, payload.text, shape);
        world.east.edit("secrets", "istio-system", &name, |object| {
            object["metadata"]["name"] = json!(payload.text);
            object["metadata"]["annotations"]["networking.istio.io/cluster"] = json!(payload.text);
            object["data"] = json!({payload.text: base64(&kubeconfig)});
            if shape % 5 == 0 {
                object["metadata"]["labels"]["istio/multiCluster"] = json!("True");
            }
        });
    }
    world
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text)
}

/// JSON that is YAML as well, which takes fewer characters as they are.
fn escaped(value: &Value) -> String {
    let escape = |c: char| match u32::from(c) {
        0x7f..=0xffff => format!("\\u{:04x}", u32::from(c)),
        _ => c.to_string(),
    };
    value.to_string().chars().map(escape).collect()
}

fn count(output: &Output) -> usize {
    commands(&printed(output)).len()
}

#[test]
fn nothing_that_is_printed_of_secrets_runs_a_name() {
    let world = filled();
    let mut found = 0;
    for line in [
        "list --context east,west",
        "list --context east,west -o json",
        "inspect --context east",
        "inspect --context east -o json",
        "inspect --context east --probe -o json",
        "delete west --context east",
        "rotate west --context east",
        "rotate --all --dry-run",
        "create --context west --name west --into east",
        "exchange --context east,west --dry-run",
    ] {
        let output = world.run(line).output();
        pasted(&output);
        found += count(&output);
    }
    assert!(found > 60, "{found} commands were pasted");
}

#[test]
fn nothing_that_is_printed_of_a_manifest_runs_a_name() {
    let world = World::new();
    let secrets: Vec<Value> = payloads()
        .iter()
        .enumerate()
        .map(|(shape, payload)| secret(&world, payload.text, shape))
        .collect();
    let list = escaped(&json!({"apiVersion": "v1", "kind": "List", "items": secrets}));
    for line in ["inspect -f -", "inspect -f - -o json"] {
        let output = world.run(line).stdin(list.clone()).output();
        assert!(output.stdout.contains("canary"), "{}", output.golden());
        pasted(&output);
    }
}

/// The names of contexts, clusters and objects are hostile, and east holds a secret for west that works.
#[test]
fn nothing_that_is_printed_of_a_wired_mesh_runs_a_name() {
    let mut found = 0;
    for turn in 0..8 {
        for line in [
            "list --all-contexts",
            "inspect --context east -o json",
            "inspect --context east --probe",
            "rotate west --context east --wait 0",
            "delete west --context east --revoke --yes",
            "create --context west --into east --type config",
            "exchange --all-contexts",
        ] {
            let world = World::new();
            for cluster in [&world.east, &world.west] {
                cluster.create(istiod(cluster.name()));
            }
            world
                .run("create --name west --allow-loopback --into east")
                .output()
                .expect_success();
            let output = hostile(&world, world.run(line), turn);
            found += count(&output);
        }
    }
    assert!(found > 10, "{found} commands were pasted");
}

/// A server may say anything in its certificate.
#[test]
fn nothing_that_is_printed_of_a_certificate_runs_a_name() {
    let world = World::new();
    let names = payloads();
    let ascii = names
        .iter()
        .filter(|payload| payload.text.is_ascii() && !payload.hidden);
    for payload in ascii.step_by(4) {
        let other = world.west.ca().server(&[payload.text]);
        world.west.show_certificate(&other);
        let output = world.run("create --context west --name west").output();
        assert_eq!(output.code, 2, "{}", output.golden());
        pasted(&output);
    }
}
