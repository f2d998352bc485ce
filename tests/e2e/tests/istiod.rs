//! The main job over real istiods: what `create` prints or applies is taken, in both directions.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use mesh_e2e::plugin::{Workstation, part};
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Cluster, Kind, Lab};

const WITHIN: Duration = Duration::from_secs(30);

#[test]
fn istiods_read_each_other_by_piped_secrets() {
    let [east, west] = pair();
    let workstation = Workstation::over(&[&east, &west]);
    for (source, holder) in [(&west, &east), (&east, &west)] {
        let manifest = workstation
            .kubectl(["mesh-secret", "create", "--context", source.context()])
            .args(["--name", source.name(), "--allow-loopback"])
            .manifest_requested()
            .output()
            .expect_success();
        workstation
            .kubectl(["--context", holder.context(), "apply", "-f", "-"])
            .stdin(manifest.stdout)
            .output()
            .expect_success();
    }
    is_synced(&east, "west");
    is_synced(&west, "east");
    shown_by_istioctl(&workstation, &east, "west");
    shown_by_port_forward(&workstation, &west, "east");
}

#[test]
fn istiods_read_a_source_whose_secret_was_applied_into_them() {
    let [east, west] = pair();
    let north = Lab::get().unwrap().cluster("north", Kind::Bare).unwrap();
    let workstation = Workstation::over(&[&east, &west, &north]);
    let applied = workstation
        .kubectl(["mesh-secret", "create", "--context", "north"])
        .args(["--name", "north", "--into", "east,west", "--allow-loopback"])
        .output()
        .expect_success();
    for holder in [&east, &west] {
        let context = holder.context();
        let line = format!("secret/istio-remote-secret-north created in context {context}\n");
        assert!(applied.stdout.contains(&line), "{}", applied.golden());
        is_synced(holder, "north");
    }
}

fn pair() -> [Cluster; 2] {
    Lab::get()
        .unwrap()
        .clusters(["east", "west"], Kind::Istiod)
        .unwrap()
}

fn is_synced(holder: &Cluster, source: &str) {
    let mut last = None;
    let found = wait_until(WITHIN, || {
        last = holder.sync_status(source).unwrap();
        (last.as_deref() == Some("synced")).then_some(())
    });
    let name = holder.name();
    assert!(
        found.is_some(),
        "{name}'s istiod says of {source}: {last:?}"
    );
}

/// istioctl asks each istiod by a port-forward to its pod.
fn shown_by_istioctl(workstation: &Workstation, holder: &Cluster, source: &str) {
    let istioctl = part(Part::Istioctl);
    let shown = workstation
        .program(istioctl, ["remote-clusters", "--context", holder.context()])
        .output()
        .expect_success();
    let row: Vec<&str> = shown
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|row| row.first() == Some(&source))
        .unwrap_or_else(|| panic!("{}", shown.golden()));
    let secret = format!("istio-system/istio-remote-secret-{source}");
    assert_eq!(row[1..3], [secret.as_str(), "synced"], "{}", shown.golden());
}

fn shown_by_port_forward(workstation: &Workstation, holder: &Cluster, source: &str) {
    let forward = workstation
        .kubectl(["--context", holder.context(), "-n", "istio-system"])
        .args(["port-forward", "deployment/istiod", ":15014"])
        .spawn();
    forward.wait_for_stdout("Forwarding from 127.0.0.1:");
    let port = forward
        .stdout()
        .split("127.0.0.1:")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next().map(str::to_owned))
        .unwrap();
    let page = mesh_testkit::http::Endpoint::plain(&format!("127.0.0.1:{port}"))
        .request("GET", "/debug/clusterz", None)
        .unwrap()
        .json();
    let entry = page
        .as_array()
        .and_then(|entries| entries.iter().find(|entry| entry["id"] == source))
        .unwrap_or_else(|| panic!("{page}"));
    assert_eq!(entry["syncStatus"], "synced", "{page}");
}
