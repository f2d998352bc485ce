//! Which pairs are made right, from what, and that a second run finds nothing to do.

use mesh_testkit::kubeconfig::User;
use serde_json::Value;

use super::faults::remote_secret;
use super::mesh::{EXCHANGE, Mesh};
use crate::support::{decoded, istiod, reader_token};

/// The golden files of this file's tests.
pub(super) const GOLDEN: &[&str] = &[
    "six_pairs",
    "again",
    "from_nothing",
    "dry_client",
    "dry_server",
    "fresh_dry_client",
    "fresh_dry_server",
    "one_primary",
    "two_primaries",
    "taken_over",
    "names_given",
    "name_of_another",
];

#[test]
fn six_pairs_and_nothing_the_second_time() {
    let mesh = Mesh::new();
    let output = mesh.run(EXCHANGE).output();
    mesh.is_golden("six_pairs", &output);
    mesh.is_complete();
    mesh.forget();
    let again = mesh.run(EXCHANGE).output();
    mesh.is_golden("again", &again);
    assert_eq!(mesh.writes(), Vec::<String>::new());
}

#[test]
fn what_the_sources_lack_is_made_and_told() {
    let mesh = Mesh::fresh();
    let output = mesh.run(EXCHANGE).output();
    mesh.told("from_nothing", &output);
    mesh.is_complete();
    mesh.is_settled();
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let mesh = Mesh::new();
    for (mode, name) in [("client", "dry_client"), ("server", "dry_server")] {
        mesh.forget();
        let output = mesh.run(&format!("{EXCHANGE} --dry-run={mode}")).output();
        mesh.is_golden(name, &output);
        assert_eq!(mesh.held(), "", "{mode}");
    }
    assert!(
        mesh.writes()
            .iter()
            .all(|write| write.contains("dryRun=All")),
        "{:?}",
        mesh.writes()
    );
}

#[test]
fn a_dry_run_over_fresh_clusters_says_what_it_would_make() {
    let mesh = Mesh::fresh();
    for (mode, name) in [
        ("client", "fresh_dry_client"),
        ("server", "fresh_dry_server"),
    ] {
        mesh.forget();
        let output = mesh.run(&format!("{EXCHANGE} --dry-run={mode}")).output();
        mesh.told(name, &output);
        assert_eq!(mesh.held(), "", "{mode}");
    }
}

#[test]
fn remotes_hold_nothing_and_are_held_by_every_primary() {
    let mesh = Mesh::new();
    let output = mesh
        .run("exchange --primary east --remote west,north --allow-loopback")
        .output();
    mesh.is_golden("one_primary", &output);
    assert_eq!(mesh.held(), "east: north west");
    let output = mesh
        .run("exchange --primary east,west --remote north --allow-loopback")
        .output();
    mesh.is_golden("two_primaries", &output);
    assert_eq!(mesh.held(), "east: north west, west: east north");
}

#[test]
fn the_requests_of_a_run_are_few() {
    let mesh = Mesh::new();
    mesh.run(EXCHANGE).output().expect_success();
    let [east, ..] = mesh.clusters();
    let mut requests: Vec<String> = east.requests().iter().map(ToString::to_string).collect();
    requests.sort();
    snapbox::assert_data_eq!(
        requests.join("\n") + "\n",
        snapbox::str![[r#"
1 GET /api/v1/namespaces/istio-system 200
1 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200
1 GET /api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster=true&limit=500 200
1 GET /api/v1/namespaces/kube-system 200
1 GET /api/v1/namespaces/kube-system 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200
1 PATCH /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token?fieldManager=kubectl-mesh merge-patch 200
1 PATCH /api/v1/namespaces/istio-system/secrets/istio-remote-secret-north?fieldManager=kubectl-mesh apply 201
1 PATCH /api/v1/namespaces/istio-system/secrets/istio-remote-secret-west?fieldManager=kubectl-mesh apply 201

"#]]
    );
    for cluster in mesh.clusters() {
        assert_eq!(cluster.connections().len(), 1, "{}", cluster.name());
    }
}

#[test]
fn a_client_certificate_costs_a_second_connection_and_no_third() {
    let mesh = Mesh::new();
    let config = mesh.clusters().into_iter().fold(
        mesh_testkit::kubeconfig::Kubeconfig::new(),
        |config, cluster| {
            let user = User::new().client_certificate(cluster.admin_identity());
            config.entry(cluster.name(), cluster.kubeconfig_cluster(), user)
        },
    );
    mesh.write(&config);
    mesh.run(EXCHANGE).output().expect_success();
    mesh.is_complete();
    for cluster in mesh.clusters() {
        assert_eq!(cluster.connections().len(), 2, "{}", cluster.name());
    }
}

#[test]
fn names_may_be_given_where_no_istiod_says_them() {
    let mesh = Mesh::new();
    for cluster in mesh.clusters() {
        cluster.delete("deployments", "istio-system", "istiod");
    }
    let output = mesh
        .run(&format!(
            "{EXCHANGE} --name east=a --name west=b --name north=c"
        ))
        .output();
    mesh.is_golden("names_given", &output);
    assert_eq!(mesh.held(), "east: b c, north: a b, west: a c");
    mesh.west.create(istiod("other"));
    let output = mesh
        .run("exchange --context east,west --allow-loopback --name east=a --name west=b")
        .output();
    mesh.is_golden("name_of_another", &output);
}

#[test]
fn a_secret_for_the_holder_itself_is_none_for_another() {
    let mesh = Mesh::new();
    mesh.east.create_as(
        "argocd-controller",
        remote_secret("istio-remote-secret-east", "east"),
    );
    let output = mesh.run(&format!("{EXCHANGE} --name east=east")).output();
    assert_eq!(output.code, 0, "{}", output.golden());
    assert_eq!(
        output.stdout.matches(" created in context ").count(),
        6,
        "{}",
        output.golden()
    );
    assert_eq!(
        mesh.held(),
        "east: east north west, north: east west, west: east north"
    );
}

#[test]
fn secrets_that_the_guides_made_are_taken_over() {
    let mesh = Mesh::new();
    let secret = |source: &str| {
        let mut secret = remote_secret(&format!("istio-remote-secret-{source}"), source);
        // As kubectl leaves it, with what it remembers of the last manifest.
        secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            "{}".into();
        secret
    };
    for cluster in mesh.clusters() {
        let others = ["east", "west", "north"]
            .into_iter()
            .filter(|name| *name != cluster.name());
        for (other, manager) in others.zip(["kubectl-client-side-apply", "istioctl"]) {
            cluster.create_as(manager, secret(other));
        }
    }
    let before = mesh.secrets();
    let output = mesh.run(EXCHANGE).output();
    mesh.is_golden("taken_over", &output);
    for (of, (uid, data)) in mesh.secrets() {
        assert_eq!(before[&of].0, uid, "{of:?} was made anew");
        assert_ne!(before[&of].1, data, "{of:?} was left as it was");
    }
    mesh.is_complete();
    mesh.is_settled();
}

#[test]
fn nothing_secret_is_said_however_loud_it_is() {
    let mesh = Mesh::fresh();
    let mut said = String::new();
    for more in [
        "",
        "",
        "--token-duration 1h",
        "--dry-run=server",
        "--token-duration 1h --prune",
    ] {
        let output = mesh
            .run(&format!("{EXCHANGE} -vvv {more}"))
            .output()
            .expect_success();
        said += &output.golden();
    }
    let mut tokens: Vec<String> = mesh
        .clusters()
        .map(|cluster| cluster.admin_token().to_owned())
        .into();
    tokens.extend(mesh.clusters().map(reader_token));
    for (_, data) in mesh.secrets().into_values() {
        tokens.extend(data.as_object().unwrap().values().map(token_in));
    }
    assert!(
        tokens.len() == 12 && tokens.iter().all(|token| token.len() > 20),
        "{}",
        tokens.len()
    );
    for token in tokens {
        // The parts of a web token are as good as the whole.
        for part in token.split('.').filter(|part| part.len() > 40) {
            assert!(!said.contains(part), "it shows a token:\n{said}");
        }
    }
}

/// The token of a kubeconfig as a Secret holds it.
fn token_in(kubeconfig: &Value) -> String {
    let text = decoded(kubeconfig);
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("token: "));
    line.unwrap().to_owned()
}
