//! Rights in the Istio namespace alone, on real API servers: what istioctl and `kubectl apply` do for such an operator is done too,
//! and what cannot be compared is said.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use mesh_e2e::plugin::{Workstation, part};
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Cluster, Kind, Lab};

const EAST: &str = "narrow-east";
const WEST: &str = "narrow-west";

/// All rights in istio-system, and none beside it.
const TENANT: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tenant, namespace: istio-system}
rules:
- {apiGroups: ['', apps], resources: ['*'], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tenant, namespace: istio-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tenant}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: tenant}
";

/// A kubeconfig of a tenant of both clusters, in which an administrator has made the reader.
fn desk_of_a_tenant(clusters: &[Cluster; 2]) -> Workstation {
    let [east, west] = clusters;
    let admin = Workstation::over(&[east, west]);
    for cluster in clusters {
        let line = format!("create --context {0} --name {0}", cluster.context());
        run(&admin, &line).expect_success();
        cluster.apply(TENANT).unwrap();
    }
    let config = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
        let tenant = User::new().client_certificate(&cluster.client("tenant", &[]).unwrap());
        config.entry(cluster.context(), cluster.entry(), tenant)
    });
    Workstation::with(&config)
}

fn run(workstation: &Workstation, line: &str) -> Output {
    let words = std::iter::once("mesh-secret").chain(line.split_whitespace());
    let run = workstation.kubectl(words).arg("--allow-loopback");
    run.manifest_requested().output()
}

#[test]
fn a_tenant_gets_what_istioctl_gives() {
    let lab = Lab::get().unwrap();
    let clusters = lab.clusters([EAST, WEST], Kind::Bare).unwrap();
    let workstation = desk_of_a_tenant(&clusters);

    let theirs = workstation
        .program(part(Part::Istioctl), ["create-remote-secret"])
        .args(["--context", WEST, "--name", WEST])
        .output()
        .expect_success();
    let ours = run(
        &workstation,
        &format!("create --context {WEST} --name {WEST}"),
    )
    .expect_success();
    assert_eq!(ours.stdout, theirs.stdout);
    assert!(
        ours.stderr.starts_with(&format!(
            "warning: skipped comparing context {WEST} with other clusters by UID: "
        )),
        "{}",
        ours.golden()
    );

    workstation
        .kubectl(["apply", "--context", EAST, "-f", "-"])
        .stdin(theirs.stdout.as_str())
        .output()
        .expect_success();
    let into = format!("create --context {WEST} --name {WEST} --into {EAST}");
    let into = run(&workstation, &into).expect_success();
    assert_eq!(
        into.stdout,
        format!("secret/istio-remote-secret-{WEST} unchanged in context {EAST}\n")
    );

    let line =
        format!("exchange --context {EAST},{WEST} --name {EAST}={EAST} --name {WEST}={WEST}");
    let exchanged = run(&workstation, &line).expect_success();
    assert!(
        exchanged.stdout.contains(&format!(
            "istio-remote-secret-{EAST} created in context {WEST}"
        )),
        "{}",
        exchanged.golden()
    );
    let again = run(&workstation, &line).expect_success();
    assert_eq!(
        again.stdout.matches(" unchanged in context ").count(),
        2,
        "{}",
        again.golden()
    );
}
