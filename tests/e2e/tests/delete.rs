//! `delete` on real clusters: istiods let go of the cluster, a revoked token is refused, and what `create` prints deletes as
//! istioctl's manifest does.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use mesh_e2e::istiod::is_said;
use mesh_e2e::plugin::{Workstation, part};
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Cluster, Kind, Lab};

const WITHIN: Duration = Duration::from_secs(30);
const TOKEN: &str = "istio-reader-service-account-istio-remote-secret-token";

fn pair() -> [Cluster; 2] {
    Lab::get()
        .unwrap()
        .clusters(["delete-east", "delete-west"], Kind::Istiod)
        .unwrap()
}

fn bare(name: &str) -> Cluster {
    Lab::get().unwrap().cluster(name, Kind::Bare).unwrap()
}

fn mesh_secret(workstation: &Workstation, line: &str) -> Output {
    let words = std::iter::once("mesh-secret").chain(line.split_whitespace());
    workstation.kubectl(words).manifest_requested().output()
}

fn holds(cluster: &Cluster, secret: &str) -> bool {
    let path = format!("/api/v1/namespaces/istio-system/secrets/{secret}");
    cluster.request("GET", &path, None).unwrap().status == 200
}

#[test]
fn istiod_lets_go_of_a_cluster_that_is_gone() {
    let [east, west] = pair();
    let workstation = Workstation::over(&[&east, &west]);
    mesh_secret(
        &workstation,
        "exchange --context delete-east,delete-west --allow-loopback",
    )
    .expect_success();
    is_said(&east, "delete-west", Some("synced"));
    is_said(&west, "delete-east", Some("synced"));

    west.stop_api_server().unwrap();
    let line = "delete delete-west --context delete-east --yes";
    let deleted = mesh_secret(&workstation, line).expect_success();
    assert_eq!(
        deleted.stdout,
        "secret/istio-remote-secret-delete-west deleted in context delete-east\n"
    );
    is_said(&east, "delete-west", None);

    // kubectl says not found of what is gone, and so does a second run.
    let again = mesh_secret(&workstation, line);
    assert_eq!((again.code, again.stdout.as_str()), (2, ""));
    assert!(
        again
            .stderr
            .contains("no remote secret delete-west in namespace"),
        "{}",
        again.golden()
    );
    mesh_secret(&workstation, &format!("{line} --ignore-not-found")).expect_success();
    west.start_api_server().unwrap();
}

#[test]
fn a_revoked_token_is_refused_and_not_before_every_holder_is_named() {
    let [north, south] = [bare("delete-north"), bare("delete-south")];
    let [east, _] = pair();
    south
        .apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")
        .unwrap();
    let workstation = Workstation::over(&[&north, &south, &east]);
    let create = "create --context delete-north --name delete-north --allow-loopback";
    let holders = "delete-east,delete-south";
    mesh_secret(&workstation, &format!("{create} --into {holders}")).expect_success();
    let shared = mesh_secret(&workstation, create).expect_success();
    let own = mesh_secret(
        &workstation,
        &format!("{create} --token-duration 1h --for somebody"),
    )
    .expect_success();
    is_said(&east, "delete-north", Some("synced"));
    assert!(is_accepted(&workstation, &shared) && is_accepted(&workstation, &own));

    let alone = mesh_secret(
        &workstation,
        "delete delete-north --context delete-east --revoke --yes",
    );
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""));
    let other = "in context delete-south contains the token for delete-north too";
    assert!(alone.stderr.contains(other), "{}", alone.golden());
    assert!(holds(&east, "istio-remote-secret-delete-north") && holds(&north, TOKEN));

    // With a context that nobody can read it is refused as well.
    south.stop_api_server().unwrap();
    let both = format!("delete delete-north --context {holders} --revoke --yes");
    let unread = mesh_secret(&workstation, &both);
    assert_eq!((unread.code, unread.stdout.as_str()), (2, ""));
    assert!(
        unread
            .stderr
            .contains("context delete-south cannot be read"),
        "{}",
        unread.golden()
    );
    south.start_api_server().unwrap();

    let revoked = mesh_secret(&workstation, &both).expect_success();
    let last = format!("token of secret/{TOKEN} revoked in context delete-north\n");
    assert!(revoked.stdout.ends_with(&last), "{}", revoked.golden());
    is_said(&east, "delete-north", None);
    let refused = wait_until(WITHIN, || {
        (!is_accepted(&workstation, &shared)).then_some(())
    });
    assert!(refused.is_some(), "the token still works");
    assert!(
        is_accepted(&workstation, &own),
        "somebody else's token was revoked too"
    );

    // The token that is bound to a Secret of its own ends with that.
    workstation
        .kubectl(["--context", "delete-south", "apply", "-f", "-"])
        .stdin(own.stdout.clone())
        .output()
        .expect_success();
    let line = "delete delete-north --context delete-south --revoke --yes";
    let revoked = mesh_secret(&workstation, line).expect_success();
    let anchor =
        "token of secret/istio-reader-service-account-token-for-somebody revoked in context";
    assert!(revoked.stdout.contains(anchor), "{}", revoked.golden());
    let refused = wait_until(WITHIN, || (!is_accepted(&workstation, &own)).then_some(()));
    assert!(refused.is_some(), "the token still works");
}

/// Tells whether the API server accepts the token of a manifest.
fn is_accepted(workstation: &Workstation, manifest: &Output) -> bool {
    let words = [
        "inspect",
        "-f",
        "-",
        "--probe",
        "--allow-loopback",
        "-o",
        "jsonpath={.items[0].clusters[0].probe.authenticated.result}",
    ];
    let output = workstation
        .mesh_secret(words)
        .stdin(manifest.stdout.clone())
        .output();
    match output.stdout.trim() {
        "passed" => true,
        "failed" => false,
        _ => panic!("{}", output.golden()),
    }
}

#[test]
fn what_create_prints_deletes_as_istioctls_manifest_does() {
    let [east, _] = pair();
    let source = bare("delete-piped");
    let workstation = Workstation::over(&[&source, &east]);
    let create = "create --context delete-piped --name delete-piped --allow-loopback";
    let ours = || mesh_secret(&workstation, create).expect_success().stdout;
    let theirs = || {
        let words = ["create-remote-secret", "--context", "delete-piped"];
        workstation
            .program(part(Part::Istioctl), words)
            .args(["--name", "delete-piped"])
            .manifest_requested()
            .output()
            .expect_success()
            .stdout
    };
    let kubectl = |verb: &str, manifest: String| {
        let words = ["--context", "delete-east", verb, "-f", "-"];
        workstation.kubectl(words).stdin(manifest).output()
    };
    // Each deletes what the other made.
    for (made, deleted) in [(ours(), theirs()), (theirs(), ours()), (ours(), ours())] {
        kubectl("apply", made).expect_success();
        is_said(&east, "delete-piped", Some("synced"));
        let output = kubectl("delete", deleted).expect_success();
        let said = "secret \"istio-remote-secret-delete-piped\" deleted";
        assert!(output.stdout.starts_with(said), "{}", output.golden());
        is_said(&east, "delete-piped", None);
    }
    assert_eq!(kubectl("delete", ours()).code, 1);
}
