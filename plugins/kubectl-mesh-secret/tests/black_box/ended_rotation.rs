//! `rotate` where the old token ended before, because the Secret that it lived with is gone: every holder gets another one, and
//! nothing is left to be revoked.

use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::Fault;
use snapbox::{assert_data_eq, file};

use crate::ended::{CREATE, ROTATE, by_hand, carriers, is_mended};
use crate::support::{Mesh, NAMESPACE, USUAL};

#[test]
fn every_holder_gets_another_token() {
    let (mesh, gone) = by_hand();
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["ended/rotated.txt"]);
    is_mended(&mesh, &gone, "rotated");
    // The next rotation is one as any other.
    let manifest = mesh.manifest("");
    mesh.world.run(ROTATE).output().expect_success();
    assert!(!mesh.is_accepted(&manifest), "the old token still works");
    mesh.holders_work();
}

#[test]
fn it_is_due_whatever_was_said_of_its_age() {
    let (mesh, gone) = by_hand();
    let line = "rotate --all --expiring-within 1h";
    mesh.world.run(line).output().expect_success();
    is_mended(&mesh, &gone, "due");
}

#[test]
fn a_holder_that_is_left_out_is_named_and_gets_the_same_token_later() {
    let (mesh, gone) = by_hand();
    let line = "rotate west --context east";
    let output = mesh.world.run(line).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/left_out.txt"]);
    let made = carriers(&mesh);
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["ended/left_out_later.txt"]);
    assert_eq!(carriers(&mesh), made);
    is_mended(&mesh, &gone, "left out");
}

#[test]
fn what_create_began_for_one_holder_is_completed_for_the_other() {
    let (mesh, gone) = by_hand();
    let one = CREATE.replace(",north", "");
    mesh.world.run(&one).output().expect_success();
    mesh.world.run("rotate west").output().expect_success();
    is_mended(&mesh, &gone, "begun by create");
}

#[test]
fn a_dry_run_writes_nothing() {
    let (mesh, _) = by_hand();
    let output = mesh.world.run("rotate west --dry-run").output();
    assert_data_eq!(mesh.golden(&output), file!["ended/rotate_dry_run.txt"]);
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
}

#[test]
fn whatever_strikes_a_second_run_completes_it() {
    for (cluster, name) in [
        ("west", "*-token.*"),
        ("west", "*-token"),
        ("east", "istio-remote-secret-west"),
        ("north", "istio-remote-secret-west"),
    ] {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/{name}");
        for fault in [
            Fault::on("PATCH", &path).status(500),
            Fault::on("PATCH", &path).reset_in_body(),
        ] {
            let case = format!("{cluster} {name}");
            let (mesh, gone) = by_hand();
            let clusters = mesh.clusters();
            let struck = clusters.iter().find(|one| one.name() == cluster).unwrap();
            struck.inject(fault);
            let output = mesh.world.run("rotate west").output();
            assert_eq!(output.code, 2, "{case}: {}", output.golden());
            mesh.clear();
            // Where only the last answer was lost, it is a rotation as any other.
            mesh.world.run(ROTATE).output().expect_success();
            is_mended(&mesh, &gone, &case);
        }
    }
}

#[test]
fn a_successor_that_somebody_deleted_is_not_made_again() {
    let mesh = Mesh::sharing();
    // Nothing is revoked, since no istiod can be asked.
    assert_eq!(mesh.world.run("rotate west").output().code, 3);
    let gone = carriers(&mesh).pop().unwrap();
    mesh.world.west.delete("secrets", NAMESPACE, &gone);
    let output = mesh.world.run(ROTATE).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/successor_gone.txt"]);
    mesh.paste("hint: ", &output.stderr);
    mesh.holders_work();
    mesh.world.run(ROTATE).output().expect_success();
    is_mended(&mesh, &gone, "successor");
    assert!(mesh.secrets_of_west().contains(&USUAL.to_owned()));
}
