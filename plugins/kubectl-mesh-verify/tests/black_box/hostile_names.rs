//! Names and texts of a cluster that try to be more than that, in each format.

use mesh_testkit::black_box::{
    MARKER, all_text_is_hostile, hostile, says_nothing_hidden, says_nothing_hostile,
};
use serde_json::{Value, json};

use crate::scene::{NAMESPACE, Scene};

const FORMATS: [&str; 6] = ["table", "wide", "short", "json", "yaml", "name"];
const TURNS: usize = 4;

/// Something to find of a gateway, of a secret, and of a network; and something that is ignored.
fn broken() -> Scene {
    let scene = Scene::broken_west();
    scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
        pod["status"]["conditions"][0]["status"] = json!("False");
        pod["spec"]["containers"][0]["env"] = json!([]);
    });
    scene
}

#[test]
fn no_format_lets_a_name_steer_hide_or_run() {
    for format in FORMATS {
        for turn in 0..TURNS {
            let scene = broken();
            let line = format!("--allow-loopback --context east,west -o {format}");
            let output = hostile(&scene, scene.run(&line), turn);
            says_nothing_hidden(&output);
            if format == "json" {
                let report: Result<Value, _> = serde_json::from_str(&output.stdout);
                assert!(report.is_ok(), "{}", output.golden());
            }
        }
    }
}

#[test]
fn no_format_lets_a_text_of_a_cluster_imitate_a_line() {
    let scene = broken();
    scene.west.edit("namespaces", "", NAMESPACE, |namespace| {
        namespace["metadata"]["labels"]["topology.istio.io/network"] = json!(MARKER);
        namespace["metadata"]["annotations"]["mesh.istio-multicluster.dev/ignore"] =
            json!(format!("secret-*,{MARKER} {MARKER}"));
    });
    all_text_is_hostile(&scene);
    let lines = FORMATS.map(|format| format!("--allow-loopback --context east,west -o {format}"));
    let lines = lines.each_ref().map(String::as_str);
    let shown = says_nothing_hostile(&scene, &lines);
    assert!(shown >= 4, "{shown} show some of it");
}
