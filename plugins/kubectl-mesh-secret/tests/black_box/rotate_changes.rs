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

/// A mesh, what is done in it before, and the number of Secrets that a rotation writes then.
type Scene<'s> = (&'s str, fn() -> Mesh, &'s dyn Fn(&Mesh), usize);

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
    let scenes: [Scene<'_>; 5] = [
        ("the first rotation", Mesh::sharing, &|_| {}, 4),
        ("the second rotation", Mesh::sharing, &rotated, 5),
        (
            "tokens that end",
            || Mesh::with("--token-duration 2h"),
            &|_| {},
            6,
        ),
        ("one that was stopped", Mesh::sharing, &halfway, 1),
        ("one without records", Mesh::sharing, &unrecorded, 3),
    ];
    for (case, mesh, arrange, count) in scenes {
        let mesh = mesh();
        arrange(&mesh);
        mesh.clear();
        let line = "rotate west --context east,north --revoke-unseen";
        let output = mesh.world.run(&format!("{line} --dry-run")).output();
        let expected = told(&output);
        assert_eq!(written(&mesh), Secrets::new(), "{case}: a dry run wrote");
        assert_eq!(expected.len(), count, "{case}: {}", output.golden());
        mesh.clear();
        let output = mesh.world.run(line).output();
        assert_eq!(output.code, 0, "{case}: {}", output.golden());
        assert_eq!(written(&mesh), expected, "{case}: {}", output.golden());
    }
}
