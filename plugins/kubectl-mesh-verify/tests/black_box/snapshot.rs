//! `snapshot` and `--from`: a file gives the report of the moment at which it was written, without the clusters.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::black_box;
use mesh_testkit::cases;
use mesh_testkit::command::{Output, Run};
use mesh_testkit::gateway::{Door, MeshAuthority};
use serde_json::{Value, json};

use crate::scene::{NAMESPACE, PLUGIN, Scene, golden_file};

const BOTH: &str = "--allow-loopback --context east,west";

/// A verification of this text on standard input, in a folder without a kubeconfig.
fn verify_text(text: impl Into<Vec<u8>>, line: &str) -> Output {
    let run = Run::new(PLUGIN).args(["--from", "-"]);
    run.args(line.split_whitespace()).stdin(text).output()
}

fn snapshot(scene: &Scene, line: &str) -> String {
    scene.run(&format!("snapshot - {line}")).output().stdout
}

/// The report without the moment at which it was made.
fn timeless(output: &Output) -> String {
    let is_moment = |line: &&str| line.trim_start().starts_with("\"takenAt\"");
    let lines = output.stdout.lines().filter(|line| !is_moment(line));
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Compares the reports of the clusters with those of the snapshot, after the clusters are gone.
fn is_the_same(mut scene: Scene, line: &str) {
    const FORMATS: [&str; 4] = ["table", "wide", "short", "json"];
    let run = |format: &str| scene.run(&format!("{line} -o {format}")).output();
    let expected = FORMATS.map(run);
    let text = snapshot(&scene, line);
    scene.east.stop();
    scene.west.stop();
    for (expected, format) in expected.iter().zip(FORMATS) {
        let again = verify_text(text.clone(), &format!("-o {format}"));
        assert_eq!(timeless(&again), timeless(expected), "{format}");
        assert_eq!(again.code, expected.code, "{format}: {}", again.golden());
    }
    let found = expected[3].stdout.contains("\"counts\"");
    assert!(found, "{}", expected[3].golden());
}

mod reports {
    use super::*;

    #[test]
    fn of_a_healthy_mesh() {
        is_the_same(Scene::healthy(), BOTH);
    }

    #[test]
    fn of_the_current_context_and_what_it_leads_to() {
        is_the_same(Scene::healthy(), "--allow-loopback");
    }

    #[test]
    fn of_all_contexts() {
        let scene = Scene::healthy();
        let (west, user) = (
            scene.west.kubeconfig_cluster(),
            scene.west.kubeconfig_user(),
        );
        let again = scene.kubeconfig().entry("again", west, user);
        scene.write(&again.current_context("again"));
        is_the_same(scene, "--allow-loopback --all-contexts");
    }

    #[test]
    fn of_a_mesh_that_is_not_tested() {
        let line = format!("{BOTH} --no-probes --no-credential-checks");
        is_the_same(Scene::healthy(), &line);
    }

    #[test]
    fn without_loopback_addresses() {
        is_the_same(Scene::healthy(), "--context east,west");
    }

    #[test]
    fn of_a_mesh_with_a_broken_secret_gateway_and_istiod() {
        let scene = Scene::healthy();
        scene.east.delete(
            "secrets",
            NAMESPACE,
            "istio-reader-service-account-istio-remote-secret-token",
        );
        scene
            .east
            .delete("secrets", NAMESPACE, "istio-remote-secret-west");
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["status"]["conditions"][0]["status"] = json!("False");
        });
        scene.west_gateway.open(15443, Door::HangsUp);
        scene.edit_west("deployments", "istiod", |istiod| {
            istiod["status"] = json!({});
        });
        is_the_same(scene, BOTH);
    }

    #[test]
    fn of_clusters_with_different_roots() {
        let [one, other] = [(); 2].map(|()| MeshAuthority::several(1).remove(0));
        is_the_same(Scene::of(one, other), BOTH);
    }

    #[test]
    fn of_a_cluster_that_is_away() {
        let mut scene = Scene::healthy();
        scene.east.stop();
        is_the_same(scene, BOTH);
    }
}

/// Everything in the Secrets of a cluster that gives access, as it is written in files and as it is.
fn hidden(scene: &Scene) -> Vec<String> {
    let mut hidden = Vec::new();
    for cluster in [&scene.east, &scene.west] {
        hidden.push(cluster.admin_token().to_owned());
        let key = cluster.admin_identity().key_pem.clone();
        hidden.extend(key.lines().nth(1).map(str::to_owned));
        hidden.push(BASE64_STANDARD.encode(key));
        let secrets = cluster.objects().into_iter();
        let secrets = secrets.filter(|object| object["kind"] == "Secret");
        let data: Vec<Value> = secrets.map(|mut secret| secret["data"].take()).collect();
        for (key, value) in data.iter().filter_map(Value::as_object).flatten() {
            // Certificates are no secrets, and the namespace is everywhere.
            let is_public = key.contains("cert") || key == "ca.crt" || key == "namespace";
            if is_public {
                continue;
            }
            let encoded = value.as_str().unwrap().to_owned();
            let decoded = String::from_utf8(BASE64_STANDARD.decode(&encoded).unwrap()).unwrap();
            // A text of several lines is in no JSON as it is.
            if key == "ca-key.pem" {
                hidden.extend(decoded.lines().nth(1).map(str::to_owned));
            }
            hidden.extend([encoded, decoded]);
        }
    }
    hidden
}

#[test]
fn no_secret_is_in_a_file() {
    let scene = Scene::healthy();
    let hidden = hidden(&scene);
    // Administrators' tokens and keys, a token Secret, a remote secret and the authority's key, of each cluster.
    assert_eq!(hidden.len(), 2 * (3 + 2 * 3 + 1), "{}", hidden.len());
    let text = snapshot(&scene, BOTH);
    assert!(text.contains("\"caCerts\": {") || text.contains("\"caCerts\":{"));
    for hidden in &hidden {
        assert!(!text.contains(hidden), "{hidden} is in the file");
    }
    let file: Value = serde_json::from_str(&text).unwrap();
    let checks = file["credentialChecks"]["seen"].as_array().unwrap();
    assert_eq!(checks.len(), 2, "{file:#}");
    for check in checks {
        let mark = check["mark"].as_str().unwrap();
        let holder = check["heldIn"][0]["context"].as_str().unwrap();
        assert_eq!(text.matches(mark).count(), 2, "{holder}");
    }
    // Nobody can try a credential against a mark: those of another run are others.
    let again: Value = serde_json::from_str(&snapshot(&scene, BOTH)).unwrap();
    assert_ne!(again["credentialChecks"], file["credentialChecks"]);
}

#[test]
fn a_snapshot_asks_what_a_verification_asks_and_a_file_asks_nothing() {
    let scene = Scene::healthy();
    let requests = |run: Run| {
        for cluster in [&scene.east, &scene.west] {
            cluster.clear_recordings();
        }
        let output = run.output();
        let asked = [&scene.east, &scene.west].map(|cluster| {
            let requests = cluster.requests().into_iter();
            // Each begins with the number of its connection.
            let path = |line: String| line.split_once(' ').unwrap().1.to_owned();
            let mut requests: Vec<String> = requests.map(|one| path(one.to_string())).collect();
            requests.sort();
            (requests, cluster.connections().len())
        });
        (output, asked)
    };
    let (_, verified) = requests(scene.run(BOTH));
    let (taken, read) = requests(scene.run(&format!("snapshot mesh.json {BOTH}")));
    assert_eq!(read, verified);
    assert_eq!(
        (taken.code, taken.stdout.as_str(), taken.stderr.as_str()),
        (0, "", "snapshot of 2 clusters written to mesh.json\n")
    );
    let hellos = scene.west_gateway.hellos().len();
    let (output, nothing) = requests(scene.run("--from mesh.json"));
    assert_eq!(output.code, 0, "{}", output.golden());
    assert_eq!(nothing, [(Vec::new(), 0), (Vec::new(), 0)]);
    assert_eq!(scene.west_gateway.hellos().len(), hellos);
}

#[test]
fn a_selection_is_made_of_a_file_as_of_clusters() {
    let scene = Scene::healthy();
    scene
        .west
        .delete("secrets", NAMESPACE, "istio-remote-secret-east");
    let text = snapshot(&scene, BOTH);
    for (line, code) in [
        ("", 1),
        ("--skip secret-missing", 0),
        ("--fail-on never", 0),
        ("--fail-on never --deny secret-*", 1),
        ("--only ewg-pods", 0),
    ] {
        let output = verify_text(text.clone(), line);
        assert_eq!(output.code, code, "{line}: {}", output.golden());
    }
}

#[test]
fn a_file_of_another_version_is_read() {
    let scene = Scene::healthy();
    let text = snapshot(&scene, BOTH);
    let same = verify_text(text.clone(), "-o json").stdout;
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    newer["later"] = json!([{"a": 1}]);
    newer["asked"]["later"] = json!(null);
    newer["clusters"][0]["later"] = json!({"seen": []});
    newer["clusters"][0]["services"]["seen"][0]["later"] = json!(1);
    newer["credentialChecks"]["seen"][0]["later"] = json!(true);
    assert_eq!(verify_text(newer.to_string(), "-o json").stdout, same);

    let mut older: Value = serde_json::from_str(&text).unwrap();
    let root = older.as_object_mut().unwrap();
    for field in [
        "takenBy",
        "credentialChecks",
        "credentialsLeftOut",
        "duplicates",
        "unreached",
    ] {
        root.remove(field).unwrap();
    }
    let west = older["clusters"][1].as_object_mut().unwrap();
    for field in ["roots", "gatewayProbes", "meshConfigs"] {
        west.remove(field).unwrap();
    }
    let output = verify_text(older.to_string(), "-o json");
    assert_eq!(output.code, 0, "{}", output.golden());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let reason = |context: &str, check: &str| {
        let mut skipped = report["skipped"].as_array().unwrap().iter();
        let found = skipped.find(|one| one["context"] == context && one["check"] == check);
        found.map(|one| one["reason"].as_str().unwrap().to_owned())
    };
    let lacks = Some("the snapshot does not have it".to_owned());
    assert_eq!(reason("west", "root-differs"), lacks);
    assert_eq!(reason("west", "mesh-id-mismatch"), lacks);
    assert_eq!(reason("east", "root-differs"), None);
    let unprobed = Some("gateways are not probed".to_owned());
    assert_eq!(reason("west", "probe-15021"), unprobed);
    assert_eq!(reason("east", "probe-15021"), None);
    let unused = Some("credentials are not used".to_owned());
    assert_eq!(reason("east", "secret-token-invalid"), unused);
}

/// The plugin beside files that are no snapshots.
fn check_bad_file(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    black_box::check(&golden_file("snapshot", name), Scene::healthy, arrange);
}

fn from_file(scene: &Scene, bytes: &[u8]) -> Run {
    fs::write(scene.dir.path().join("mesh.json"), bytes).unwrap();
    scene.run("--from mesh.json")
}

cases! { check_bad_file;
    missing: |scene| scene.run("--from mesh.json");
    directory: |scene| scene.run("--from .");
    empty: |scene| from_file(scene, b"");
    empty_pipe: |scene| scene.run("--from -").stdin("");
    not_json: |scene| from_file(scene, b"apiVersion: v1\nkind: Secret\ndata: {token: c2VjcmV0}\n");
    not_text: |scene| from_file(scene, &[0x1f, 0x8b, 8, 0, 0xff, 0xfe]);
    another_kind: |scene| {
        let report = scene.verify("--context east,west -o json").output().stdout;
        from_file(scene, report.as_bytes())
    };
    newer: |scene| {
        let text = snapshot(scene, BOTH);
        let text = text.replace("mesh.istio-multicluster.dev/v1alpha1", "mesh.istio-multicluster.dev/v2");
        from_file(scene, text.as_bytes())
    };
    cut_off: |scene| {
        let text = snapshot(scene, "--context east --no-probes --no-credential-checks");
        let kept: String = text.lines().take(20).map(|line| line.to_owned() + "\n").collect();
        from_file(scene, kept.as_bytes())
    };
    of_another_shape: |scene| from_file(scene, br#"{
  "apiVersion": "mesh.istio-multicluster.dev/v1alpha1",
  "kind": "MeshSnapshot",
  "takenAt": "2026-11-28T00:00:00Z",
  "clusters": "token: very-secret"
}
"#);
    with_flags_for_reading: |scene| scene.run("--from mesh.json --context east --no-probes");
    no_cluster_was_read: |scene| {
        scene.east.stop();
        scene.west.stop();
        scene.run(&format!("snapshot mesh.json {BOTH}"))
    };
    one_cluster_was_read: |scene| {
        scene.east.stop();
        scene.run(&format!("snapshot mesh.json {BOTH}"))
    };
    the_current_context: |scene| {
        let (west, user) = (scene.west.kubeconfig_cluster(), scene.west.kubeconfig_user());
        scene.write(&scene.kubeconfig().entry("zz", west, user).current_context("west"));
        scene.run("snapshot mesh.json --allow-loopback")
    };
    no_folder: |scene| scene.run("snapshot none/mesh.json --context east");
    over_a_folder: |scene| scene.run("snapshot . --overwrite --context east");
    over_a_file: |scene| {
        fs::write(scene.dir.path().join("mesh.json"), "theirs").unwrap();
        scene.run("snapshot mesh.json --context east")
    };
}

/// The names of the files in the folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|one| one.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let mut scene = Scene::healthy();
    let folder = scene.dir.path().to_owned();
    let file = folder.join("mesh.json");
    fs::write(&file, "theirs").unwrap();
    let before = files(&folder);
    scene.east.clear_recordings();
    let refused = scene.run(&format!("snapshot mesh.json {BOTH}")).output();
    assert_eq!(refused.code, 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
    assert!(
        scene.east.requests().is_empty(),
        "it is refused before anything is read"
    );

    let replaced = scene.run(&format!("snapshot mesh.json --overwrite {BOTH}"));
    replaced.output().expect_success();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with('{') && text.ends_with("}\n"), "{text}");
    assert_eq!(files(&folder), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    scene.east.stop();
    scene.west.stop();
    let failed = scene.run(&format!("snapshot mesh.json --overwrite {BOTH}"));
    assert_eq!(failed.output().code, 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(files(&folder), before);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_device_is_not_replaced() {
    let scene = Scene::healthy();
    let folder = scene.dir.path();
    fs::write(folder.join("kept.json"), "old").unwrap();
    std::os::unix::fs::symlink("kept.json", folder.join("link.json")).unwrap();
    let line = format!("snapshot link.json --overwrite {BOTH}");
    scene.run(&line).output().expect_success();
    assert!(
        fs::symlink_metadata(folder.join("link.json"))
            .unwrap()
            .is_symlink()
    );
    let text = fs::read_to_string(folder.join("kept.json")).unwrap();
    assert!(text.contains("MeshSnapshot"), "{text}");
    let output = scene.run("snapshot /dev/null --overwrite").output();
    assert_eq!(output.code, 2);
    assert_eq!(
        output.stderr,
        "error: /dev/null is not a regular file\nhint: write to standard output with -\n"
    );
}

mod reading {
    fn check<E: mesh_testkit::black_box::Ends>(
        name: &str,
        arrange: impl Fn(&mut crate::scene::Scene) -> E,
    ) {
        let golden = crate::scene::golden_file("snapshot", name);
        mesh_testkit::black_box::check(&golden, crate::scene::Scene::healthy, arrange);
    }

    mesh_testkit::verb_faults!(check, "snapshot --allow-loopback");
}

#[test]
fn every_golden_file_has_its_case() {
    let strays = black_box::strays(&golden_file("snapshot", "x"), &[NAMES, reading::NAMES]);
    assert!(strays.is_empty(), "{strays:?}");
}
