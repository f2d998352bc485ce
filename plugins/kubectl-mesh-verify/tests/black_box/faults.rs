//! The verification while the first read of a cluster fails, and spelled in every way.

use mesh_testkit::black_box::{self, Ends, Spelled, check_spellings};

use crate::scene::{Scene, golden_file};

fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Scene) -> E) {
    black_box::check(&golden_file("faults", name), Scene::healthy, arrange);
}

mod reading {
    mesh_testkit::verb_faults!(super::check, "--allow-loopback");
}

mod ends {
    mesh_testkit::cases! { super::check;
        a_closed_pipe_is_silent: |scene| scene.run("--allow-loopback").stdout_closed();
    }
}

#[test]
fn every_golden_file_has_its_case() {
    let names = [reading::NAMES, ends::NAMES];
    let strays = black_box::strays(&golden_file("faults", "x"), &names);
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn it_is_spelled_as_with_kubectl() {
    let spelled = Spelled {
        report: "--no-probes",
        one_namespace: true,
        several: true,
        formats: &[
            "table",
            "wide",
            "short",
            "json",
            "yaml",
            "name",
            "jsonpath={.kind}",
        ],
    };
    check_spellings(&Scene::healthy(), spelled);
}
