//! `checks` and `explain`, which need no cluster.

use mesh_testkit::command::Run;
use snapbox::{assert_data_eq, str};

use crate::scene::golden_file;

fn run(line: &str) -> Run {
    Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_verify")).args(line.split_whitespace())
}

#[test]
fn every_check_is_listed_and_explained() {
    let listed = run("checks").output().expect_success();
    assert_data_eq!(
        listed.golden(),
        snapbox::Data::read_from(&golden_file("catalogue", "checks"), None)
    );
    let names = run("checks -o name").output().expect_success().stdout;
    assert!(names.lines().count() > 50, "{names}");
    for id in names.lines() {
        let explained = run(&format!("explain {id}")).output().expect_success();
        assert!(
            explained.stdout.starts_with(&format!("{id} (")),
            "{}",
            explained.stdout
        );
        assert!(
            explained
                .stdout
                .lines()
                .all(|row| row.chars().count() <= 100 || !row.starts_with(' '))
        );
    }
}

#[test]
fn a_check_is_explained_with_what_follows_from_it() {
    let explained = run("explain ewg-pods").output().expect_success();
    assert_data_eq!(
        explained.golden(),
        snapbox::Data::read_from(&golden_file("catalogue", "explain"), None)
    );
    assert_data_eq!(
        run("explain ewg-pod").output().golden(),
        str![[r#"
$ kubectl-mesh_verify explain ewg-pod
[stderr]
error: no check is called "ewg-pod"
hint: did you mean ewg-pods?
[exit 2]

"#]]
    );
}

#[test]
fn the_rights_are_printed_with_what_is_lost_without_each() {
    let printed = run("checks --rights -n mesh").output().expect_success();
    assert_data_eq!(
        printed.golden(),
        snapbox::Data::read_from(&golden_file("catalogue", "rights"), None)
    );
    let names = run("checks --rights -o name").output().expect_success();
    assert_eq!(
        names.stdout,
        "clusterrole.rbac.authorization.k8s.io/kubectl-mesh-verify\nrole.rbac.authorization.k8s.io/kubectl-mesh-verify\n"
    );
    let output = run("checks -n mesh").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("hint: add --rights"),
        "{}",
        output.golden()
    );
}
