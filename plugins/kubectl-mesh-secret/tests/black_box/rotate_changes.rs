//! `rotate`: it writes what its dry run tells, and nothing else.

use std::collections::BTreeSet;

use mesh_testkit::black_box::written_objects;
use mesh_testkit::command::Output;
use serde_json::json;

use crate::support::{Mesh, NAMESPACE, SECRET};

/// Contexts, and the Secrets in them.
type Secrets = BTreeSet<(String, String)>;

/// The Secrets that a dry run says it would write.
fn told(output: &Output) -> Secrets {
    let lines = output.stdout.lines().chain(output.stderr.lines());
    let changes = lines.filter_map(|line| line.strip_suffix(" (dry run)"));
    let changes = changes.filter_map(|line| {
        let (object, context) = line.split_once(" in context ")?;
        let object = object.trim_start_matches("token of ");
        let (name, _) = object.strip_prefix("secret/")?.split_once(' ')?;
        Some((context.to_owned(), name.to_owned()))
    });
    changes.collect()
}

fn written(mesh: &Mesh) -> Secrets {
    let each = mesh.clusters().into_iter().flat_map(|cluster| {
        let written = written_objects(cluster).into_iter();
        written.map(|object| {
            let name = object.strip_prefix("secrets istio-system/");
            (cluster.name().to_owned(), name.unwrap().to_owned())
        })
    });
    each.collect()
}

/// A rotation that was stopped after the holders got the new token, before it recorded them.
fn unrecorded(mesh: &Mesh) {
    let output = mesh.world.run("rotate west").output();
    assert_eq!(output.code, 3, "{}", output.golden());
    for secret in mesh.secrets_of_west() {
        mesh.world
            .west
            .edit("secrets", NAMESPACE, &secret, |secret| {
                let annotations = secret["metadata"]["annotations"].as_object_mut().unwrap();
                annotations.retain(|key, _| !key.starts_with("holder."));
            });
    }
    mesh.world
        .east
        .edit("secrets", NAMESPACE, SECRET, |secret| {
            let annotations = &mut secret["metadata"]["annotations"];
            annotations["kubectl.kubernetes.io/last-applied-configuration"] = json!("{}");
        });
}

/// What is rotated in which state of a mesh.
struct Scene<'s> {
    case: &'s str,
    mesh: fn() -> Mesh,
    /// What is done in the mesh before.
    arrange: &'s dyn Fn(&Mesh),
    /// The contexts of the holders.
    holders: &'s str,
    exit: i32,
    /// The number of Secrets that are written.
    count: usize,
}

#[test]
fn what_a_dry_run_tells_is_written_and_nothing_else() {
    let rotated = |mesh: &Mesh| {
        let line = "rotate west --revoke-unseen";
        mesh.world.run(line).output().expect_success();
    };
    let halfway = |mesh: &Mesh| {
        let output = mesh.world.run("rotate west").output();
        assert_eq!(output.code, 3, "{}", output.golden());
    };
    let first = Scene {
        case: "the first rotation",
        mesh: Mesh::sharing,
        arrange: &|_| {},
        holders: "east,north",
        exit: 0,
        count: 4,
    };
    let scenes = [
        Scene {
            case: "the second rotation",
            arrange: &rotated,
            count: 5,
            ..first
        },
        Scene {
            case: "tokens that end",
            mesh: || Mesh::with("--token-duration 2h"),
            count: 6,
            ..first
        },
        // The old token's Secret is marked, and its token not revoked.
        Scene {
            case: "a holder that is left out",
            holders: "east",
            exit: 3,
            count: 3,
            ..first
        },
        Scene {
            case: "one that was stopped",
            arrange: &halfway,
            count: 1,
            ..first
        },
        Scene {
            case: "one without records",
            arrange: &unrecorded,
            count: 3,
            ..first
        },
        first,
    ];
    for scene in scenes {
        let (case, mesh) = (scene.case, (scene.mesh)());
        (scene.arrange)(&mesh);
        mesh.clear();
        let line = format!("rotate west --context {} --revoke-unseen", scene.holders);
        let output = mesh.world.run(&format!("{line} --dry-run")).output();
        let expected = told(&output);
        assert_eq!(written(&mesh), Secrets::new(), "{case}: a dry run wrote");
        assert_eq!(expected.len(), scene.count, "{case}: {}", output.golden());
        mesh.clear();
        let output = mesh.world.run(&line).output();
        assert_eq!(output.code, scene.exit, "{case}: {}", output.golden());
        assert_eq!(written(&mesh), expected, "{case}: {}", output.golden());
    }
}
