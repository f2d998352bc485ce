//! An empty cluster needs one command, and Istio can still be installed afterwards.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use mesh_e2e::plugin::{Workstation, part};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::embedded::{self, TokenController};
use mesh_testkit::parts::{Module, Part, module_dir, workspace_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

const READER: &str = "/api/v1/namespaces/istio-system/serviceaccounts/istio-reader-service-account";
const ROLE: &str =
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/istio-reader-clusterrole-istio-system";
const BINDING: &str =
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istio-reader-clusterrole-istio-system";
const TOKEN: &str = "/api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token";

#[test]
fn one_command_makes_what_istios_charts_make() {
    let nothing = Lab::get().unwrap().cluster("nothing", Kind::Bare).unwrap();
    let workstation = Workstation::over(&[&nothing]);
    let made = create(&workstation, &nothing).expect_success();
    snapbox::assert_data_eq!(
        made.stderr,
        snapbox::str![[r"
namespace/istio-system created in context nothing
serviceaccount/istio-reader-service-account created in context nothing
clusterrole.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context nothing
clusterrolebinding.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context nothing
secret/istio-reader-service-account-istio-remote-secret-token created in context nothing

"]]
    );
    let charts = rendered_by_istioctl(&workstation);
    for (path, kind, name) in [
        (READER, "ServiceAccount", "istio-reader-service-account"),
        (ROLE, "ClusterRole", "istio-reader-clusterrole-istio-system"),
        (
            BINDING,
            "ClusterRoleBinding",
            "istio-reader-clusterrole-istio-system",
        ),
    ] {
        let chart = charts
            .iter()
            .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
            .unwrap_or_else(|| panic!("istioctl renders no {kind} {name}"));
        assert_eq!(gist(&nothing.get(path).unwrap()), gist(chart), "{kind}");
    }

    let again = create(&workstation, &nothing).expect_success();
    assert_eq!(
        (again.stderr.as_str(), again.stdout),
        ("", made.stdout),
        "a second run makes nothing"
    );
}

#[test]
fn istioctl_installs_over_it() {
    let later = Lab::get().unwrap().cluster("later", Kind::Nodes).unwrap();
    let workstation = Workstation::over(&[&later]);
    let before = create(&workstation, &later).expect_success();
    workstation
        .program(
            part(Part::Istioctl),
            ["install", "-y", "--context", "later"],
        )
        .args(["--set", "profile=minimal"])
        .deadline(Duration::from_mins(3))
        .output()
        .expect_success();
    let after = create(&workstation, &later).expect_success();
    assert_eq!(after.stdout, before.stdout, "the token stays");
    assert_eq!(after.stderr, unnamed("later"));
}

/// Returns what is said of an istiod that was installed without a name for its cluster; that nothing else is said shows that
/// nothing was missing.
fn unnamed(cluster: &str) -> String {
    format!(
        "warning: the cluster's own istiod has no name, so its proxies use the cluster ID Kubernetes, and istiod in the \
         other clusters rejects them under another name: set values.global.multiCluster.clusterName={cluster} and upgrade istiod\n"
    )
}

/// Helm's answer is the same as after istioctl's own command, and both of the documented ways lead on.
#[test]
fn helm_installs_over_it_as_documented() {
    let lab = Lab::get().unwrap();
    let [ours, theirs] = lab
        .clusters(["helm-ours", "helm-theirs"], Kind::Bare)
        .unwrap();
    let workstation = Workstation::over(&[&ours, &theirs]);
    create(&workstation, &ours).expect_success();
    workstation
        .program(
            part(Part::Istioctl),
            ["create-remote-secret", "--context", "helm-theirs"],
        )
        .args(["--name", "helm-theirs"])
        .output()
        .expect_success();

    let charts = module_dir(Module::Istio, "istio.io/istio")
        .unwrap()
        .join("manifests/charts");
    let install = |cluster: &Cluster| {
        workstation
            .program(part(Part::Helm), ["--kube-context", cluster.context()])
            .args(["install", "istio-base", "-n", "istio-system"])
            .arg(charts.join("base"))
            .output()
    };
    let (ours_said, theirs_said) = (install(&ours), install(&theirs));
    assert_eq!(ours_said.code, theirs_said.code);
    assert_eq!(ours_said.stderr, theirs_said.stderr);
    let page = std::fs::read_to_string(workspace_dir().join("docs/install-order.md")).unwrap();
    let documented = page
        .split("    Error: ")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .unwrap();
    assert!(
        ours_said.stderr.contains(&words(documented)),
        "{}",
        ours_said.golden()
    );
    let releases = workstation
        .program(part(Part::Helm), ["--kube-context", ours.context()])
        .args(["list", "--all", "--short", "-n", "istio-system"])
        .output()
        .expect_success();
    assert_eq!(releases.stdout, "", "Helm changed nothing");

    let ways: Vec<&str> = page
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(ways.len(), 2, "two ways are documented");
    for (way, cluster) in ways.iter().zip([&ours, &theirs]) {
        let token = cluster.get(TOKEN).unwrap()["data"]["token"].clone();
        for line in way.lines() {
            let line = line
                .replace("context west", &format!("context {}", cluster.context()))
                .replace("istio/base", charts.join("base").to_str().unwrap())
                .replace(
                    "istio/istiod",
                    charts
                        .join("istio-control/istio-discovery")
                        .to_str()
                        .unwrap(),
                );
            shell(&workstation, &line).output().expect_success();
        }
        let stays = cluster.get(TOKEN).unwrap()["data"]["token"].clone();
        assert_eq!(stays, token, "the token stays");
        let after = create(&workstation, cluster).expect_success();
        assert_eq!(
            after.stderr,
            unnamed(cluster.name()),
            "nothing is missing after Helm"
        );
    }
}

#[test]
fn the_token_is_awaited_by_one_watch() {
    let slow = TokenController::After(Duration::from_millis(700));
    let cluster = embedded::Cluster::builder("slow")
        .token_controller(slow)
        .start();
    let workstation = Workstation::with(&cluster.kubeconfig());
    workstation
        .mesh_secret(["create", "--name", "slow", "--allow-loopback"])
        .manifest_requested()
        .output()
        .expect_success();
    let secrets: Vec<String> = cluster
        .requests()
        .iter()
        .filter(|request| request.path.contains("/secrets"))
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    let secrets = secrets
        .join("\n")
        .replace("istio-reader-service-account", "READER");
    snapbox::assert_data_eq!(
        secrets,
        snapbox::str![[r"
GET /api/v1/namespaces/istio-system/secrets/READER-istio-remote-secret-token
GET /api/v1/namespaces/istio-system/secrets?fieldSelector=type=kubernetes.io/service-account-token&limit=500
PATCH /api/v1/namespaces/istio-system/secrets/READER-istio-remote-secret-token?fieldManager=kubectl-mesh
GET /api/v1/namespaces/istio-system/secrets?fieldSelector=metadata.name=READER-istio-remote-secret-token&resourceVersion=[..]&timeoutSeconds=30&watch=true
"]]
    );
}

fn create(workstation: &Workstation, cluster: &Cluster) -> Output {
    workstation
        .mesh_secret(["create", "--context", cluster.context()])
        .args(["--name", cluster.name(), "--allow-loopback"])
        .manifest_requested()
        .output()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shell(workstation: &Workstation, line: &str) -> Run {
    let of = |name: Part| part(name).parent().unwrap().to_owned();
    workstation
        .program("/bin/sh", ["-c", line])
        .path_dir(of(Part::Helm))
        .path_dir(of(Part::Kubectl))
        .deadline(Duration::from_mins(2))
}

fn rendered_by_istioctl(workstation: &Workstation) -> Vec<Value> {
    let manifest = workstation
        .program(part(Part::Istioctl), ["manifest", "generate"])
        .output()
        .expect_success();
    serde_saphyr::from_multiple(&manifest.stdout).unwrap()
}

/// The marks of an installation: labels but for the charts' own version, which is that of a development build in
/// the module, and what the object says.
fn gist(object: &Value) -> Value {
    let mut labels = object["metadata"]["labels"].clone();
    for version in ["app.kubernetes.io/version", "helm.sh/chart"] {
        if let Some(label) = labels.get_mut(version) {
            *label = "any".into();
        }
    }
    json!({
        "labels": labels,
        "annotations": object["metadata"]["annotations"],
        "rules": object["rules"],
        "roleRef": object["roleRef"],
        "subjects": object["subjects"],
    })
}
