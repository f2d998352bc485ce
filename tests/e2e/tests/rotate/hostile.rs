//! A holder that is hostile to the cluster that it reads, beside real API servers: made-up tokens bring nothing, one that was
//! thrown out gets no new token by putting back the old one, and nobody's token is revoked on its word.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use mesh_common::model::access::{Access, AccessTrust, AccessUser};
use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

use crate::reader::{is_refused, kubeconfig, read_with};
use crate::rsa::decoded;

const SECRETS: &str = "/api/v1/namespaces/istio-system/secrets";
const USUAL: &str = "istio-reader-service-account-istio-remote-secret-token";
const READER: &str = "istio-reader-service-account";
const NAMESPACE: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}";

struct Scene {
    east: Cluster,
    west: Cluster,
    north: Cluster,
    workstation: Workstation,
}

impl Scene {
    /// East and north read west.
    fn new(names: [&str; 3]) -> Self {
        let clusters = Lab::get().unwrap().clusters(names, Kind::Bare).unwrap();
        for cluster in &clusters {
            cluster.apply(NAMESPACE).unwrap();
        }
        let workstation = Workstation::over(&clusters.each_ref());
        let [east, west, north] = clusters;
        let scene = Self {
            east,
            west,
            north,
            workstation,
        };
        let line = format!(
            "create --context {west} --name {west} --into {},{} --allow-loopback",
            scene.east.context(),
            scene.north.context(),
            west = scene.west.context()
        );
        scene.run(&line).expect_success();
        scene
    }

    fn run(&self, line: &str) -> Output {
        self.workstation
            .mesh_secret(line.split_whitespace())
            .output()
    }

    /// East writes this token for `cluster` into its secret for west.
    fn replace(&self, cluster: &Cluster, token: &str) {
        let access = Access {
            server: cluster.server().to_owned(),
            trust: AccessTrust::Authorities(cluster.ca_pem().as_bytes().to_vec()),
            tls_server_name: None,
            proxy_url: None,
            user: AccessUser::Token(token.into()),
        };
        let key = self.west.name();
        let kubeconfig = BASE64_STANDARD.encode(access.to_kubeconfig(key));
        let patch = json!({"data": {key: kubeconfig}}).to_string();
        let name = format!("istio-remote-secret-{key}");
        let words = [
            "-n",
            "istio-system",
            "patch",
            "secret",
            &name,
            "--type",
            "merge",
            "-p",
            &patch,
        ];
        self.east.kubectl(words).unwrap().output().expect_success();
    }

    /// Names and UIDs of all Secrets of west, and what they hold.
    fn secrets_of_west(&self) -> Vec<(Value, Value)> {
        let all = self.west.get("/api/v1/secrets").unwrap();
        let items = all["items"].as_array().unwrap().iter();
        items
            .map(|one| (one["metadata"]["uid"].clone(), one["data"].clone()))
            .collect()
    }
}

fn uid(cluster: &Cluster, path: &str) -> Value {
    cluster.get(path).unwrap()["metadata"]["uid"].clone()
}

/// A token without a signature that says to be bound to a Secret.
fn made_up(cluster: &Cluster, namespace: &str, account: &str, secret: &str) -> String {
    let base = format!("/api/v1/namespaces/{namespace}");
    let claims = json!({"sub": format!("system:serviceaccount:{namespace}:{account}"),
        "iss": "https://kubernetes.default.svc", "iat": 1_700_000_000, "exp": 4_000_000_000_i64,
        "kubernetes.io": {"namespace": namespace,
            "serviceaccount": {"name": account, "uid": uid(cluster, &format!("{base}/serviceaccounts/{account}"))},
            "secret": {"name": secret, "uid": uid(cluster, &format!("{base}/secrets/{secret}"))}}});
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part(r#"{"alg":"RS256"}"#),
        part(&claims.to_string()),
        part("none")
    )
}

/// An account that may do everything, and the token in its Secret.
fn powerful(cluster: &Cluster) -> String {
    for object in [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "argocd", "namespace": "kube-system"}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "argocd"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "argocd", "namespace": "kube-system"}]}),
        json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
            "metadata": {"name": "argocd", "namespace": "kube-system",
                "annotations": {"kubernetes.io/service-account.name": "argocd"}}}),
    ] {
        cluster.apply(&object.to_string()).unwrap();
    }
    let path = "/api/v1/namespaces/kube-system/secrets/argocd";
    let filled = cluster.wait_for(path, |secret| secret["data"]["token"].is_string());
    decoded(&filled.unwrap()["data"]["token"])
}

#[test]
fn nothing_is_made_or_deleted_on_the_word_of_a_token_that_its_cluster_did_not_accept() {
    let scene = Scene::new(["made-up-east", "made-up-west", "made-up-north"]);
    let (east, west) = (scene.east.context(), scene.west.context());
    let real = powerful(&scene.west);
    let before = scene.secrets_of_west();
    let tokens = [
        made_up(&scene.west, "kube-system", "argocd", "argocd"),
        made_up(&scene.west, "istio-system", READER, USUAL),
        real,
    ];
    for token in &tokens {
        scene.replace(&scene.west, token);
        for line in [
            format!("rotate {west} --context {east} --revoke-unseen"),
            format!("delete {west} --context {east} --revoke --yes --dry-run=server"),
        ] {
            let output = scene.run(&line);
            assert!(!output.stdout.contains(" revoked "), "{}", output.golden());
            assert!(
                !output.stdout.contains(&format!("in context {west}")),
                "{}",
                output.golden()
            );
        }
    }
    assert_eq!(scene.secrets_of_west(), before);
}

#[test]
fn who_was_thrown_out_and_puts_back_the_real_token_gets_no_new_one() {
    let scene = Scene::new(["put-back-east", "put-back-west", "put-back-north"]);
    let (east, west, north) = (
        scene.east.context(),
        scene.west.context(),
        scene.north.context(),
    );
    let path = format!("{SECRETS}/istio-remote-secret-{west}");
    let mut secret = scene.east.get(&path).unwrap();
    let old = kubeconfig(&scene.east, &scene.west);
    scene
        .run(&format!("delete {west} --context {east} --yes"))
        .expect_success();
    let metadata = &secret["metadata"];
    secret["metadata"] = json!({"name": metadata["name"], "namespace": metadata["namespace"],
        "labels": metadata["labels"], "annotations": metadata["annotations"]});
    scene.east.apply(&secret.to_string()).unwrap();

    let output = scene.run("rotate --all --revoke-unseen");
    assert_eq!(output.code, 3, "{}", output.golden());
    assert_eq!(kubeconfig(&scene.east, &scene.west), old);
    let new = kubeconfig(&scene.north, &scene.west);
    assert_ne!(new, old);
    read_with(&new).unwrap();
    // The operator's word ends it.
    let line = format!("rotate {west} --context {north} --no-other-holders --revoke-unseen");
    scene.run(&line).expect_success();
    is_refused(&old);
    read_with(&new).unwrap();
}

#[test]
fn a_secret_for_west_with_a_live_token_of_north_revokes_nothing_there() {
    let scene = Scene::new(["cut-off-east", "cut-off-west", "cut-off-north"]);
    let (east, west, north) = (
        scene.east.context(),
        scene.west.context(),
        scene.north.context(),
    );
    let line = format!("create --context {north} --name {north} --into {west} --allow-loopback");
    scene.run(&line).expect_success();
    let token = decoded(&scene.north.get(&format!("{SECRETS}/{USUAL}")).unwrap()["data"]["token"]);
    let others = kubeconfig(&scene.west, &scene.north);
    scene
        .run(&format!("delete {north} --context {west} --yes"))
        .expect_success();
    scene.replace(&scene.north, &token);
    let output = scene.run(&format!("delete {west} --context {east} --revoke --yes"));
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("does not have that name"),
        "{}",
        output.golden()
    );
    read_with(&others).unwrap();
}
