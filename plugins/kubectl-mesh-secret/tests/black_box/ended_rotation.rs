//! `rotate` where the old token ended before, because the Secret that it lived with is gone: such a token proves nothing, so the
//! secrets are left as they are, with the commands that make new ones.

use std::time::Duration;

use mesh_testkit::black_box::writes;
use snapbox::{assert_data_eq, file};

use crate::ended::{CREATE, ROTATE, by_hand, carriers, is_repaired};
use crate::support::{Mesh, NAMESPACE, USUAL};

#[test]
fn every_holder_is_named_with_the_command_that_makes_its_secret_again() {
    let (mesh, gone) = by_hand();
    mesh.clear();
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["ended/rotated.txt"]);
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
    mesh.paste("hint: ", &output.stderr);
    is_repaired(&mesh, &gone, "pasted");
    // The next rotation is one as any other.
    let manifest = mesh.manifest("");
    mesh.world.run(ROTATE).output().expect_success();
    assert!(!mesh.is_accepted(&manifest), "the old token still works");
    mesh.holders_work();
}

#[test]
fn it_is_said_whatever_was_said_of_its_age() {
    let (mesh, _) = by_hand();
    let line = "rotate --all --expiring-within 1h";
    let output = mesh.world.run(line).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/of_any_age.txt"]);
}

#[test]
fn what_create_began_for_one_holder_is_not_completed_for_the_other() {
    let (mesh, gone) = by_hand();
    let one = CREATE.replace(",north", "");
    mesh.world.run(&one).output().expect_success();
    let old = Mesh::token(&mesh.north);
    let output = mesh.world.run(ROTATE).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/begun_by_create.txt"]);
    assert_eq!(Mesh::token(&mesh.north), old);
    mesh.paste("hint: ", &output.stderr);
    is_repaired(&mesh, &gone, "begun by create");
}

#[test]
fn a_token_that_expired_proves_nothing_either() {
    let mesh = Mesh::with("--token-duration 10m");
    mesh.world.west.advance_clock(Duration::from_hours(1));
    mesh.clear();
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["ended/expired.txt"]);
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
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
    is_repaired(&mesh, &gone, "successor");
    assert!(mesh.secrets_of_west().contains(&USUAL.to_owned()));
}
