//! Faults of kubeconfigs, credentials, proxies and servers as users of any plugin see them: stdout, stderr and exit code
//! together, one golden file each.

use std::path::{Path, PathBuf};

use mesh_testkit::black_box::{self, Ends, World};
use serde_json::json;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/faults/{name}.txt"))
}

/// East and west with Istio's namespace.
fn world() -> Box<World> {
    let world = World::bare(env!("CARGO_BIN_EXE_mesh-sample"));
    for cluster in [&world.east, &world.west] {
        cluster.create(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}),
        );
    }
    Box::new(world)
}

fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Box<World>) -> E) {
    black_box::check(&golden(name), world, arrange);
}

mod kubeconfig {
    mesh_testkit::kubeconfig_faults!(super::check, "read");
}

mod connection {
    mesh_testkit::connection_faults!(super::check, "read");
}

mod verb {
    mesh_testkit::verb_faults!(super::check, "read");
}

mod ends {
    mesh_testkit::cases! { super::check;
        nothing_is_wrong: |world| world.run("read");
        a_closed_pipe_is_silent: |world| world.run("read").stdout_closed();
    }
}

#[test]
fn every_kind_of_proxy_is_gone_through() {
    black_box::through_proxies(&mut world(), "read", 0);
}

#[test]
fn every_golden_file_has_its_case() {
    let names = [
        kubeconfig::NAMES,
        connection::NAMES,
        verb::NAMES,
        ends::NAMES,
    ];
    let strays = black_box::strays(&golden("x"), &names);
    assert!(strays.is_empty(), "{strays:?}");
}
