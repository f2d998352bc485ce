//! `rotate` beside istiods that can be asked: nothing is revoked before each of them has taken the new secret, whatever they
//! do instead. That these istiods say what real ones say is held against real ones in the suite's e2e tests.

use std::time::Duration;

use mesh_testkit::istiod::{FakeIstiod, Page};
use snapbox::{Data, assert_data_eq};

use crate::support::{CLUSTERZ, LINE, METRICS, Mesh, SHORT, Watched, golden_file};

/// East's istiod does what it should; north's is made to do something else: the old token is then not revoked, and once the
/// istiod does what it should as well, the same command completes it.
fn keeps_the_old_token(name: &str, line: &str, arrange: impl FnOnce(&FakeIstiod<'_>)) {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    arrange(&north);
    scene.says(line, name);
    scene.is_left(true);
    north.heal();
    scene.is_completed();
}

#[test]
fn istiods_that_take_the_new_secret_let_the_old_token_end() {
    let scene = Watched::new();
    let _istiods = scene.istiods();
    scene.mesh.clear();
    scene.says(LINE, "taken");
    // Once before the secret is written, and twice after it.
    let requests = scene.mesh.north.requests();
    let lines = requests
        .iter()
        .map(|one| format!("{} {}\n", one.method, one.path));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    let golden = Data::read_from(&golden_file("rotate_watch", "requests"), None);
    assert_data_eq!(lines.concat(), golden);
    scene.is_left(false);
}

#[test]
fn one_that_never_hears_of_it() {
    keeps_the_old_token("deaf", SHORT, |istiod| istiod.deaf(true));
}

#[test]
fn one_that_never_hears_of_it_is_not_overruled() {
    let line = "rotate west --wait 1s --revoke-unseen";
    keeps_the_old_token("deaf_overruled", line, |istiod| istiod.deaf(true));
}

#[test]
fn one_that_cannot_connect_with_it() {
    keeps_the_old_token("timeout", SHORT, |istiod| istiod.says("timeout"));
}

#[test]
fn one_that_has_the_cluster_from_another_secret() {
    keeps_the_old_token("other_secret", SHORT, |istiod| {
        let page = r#"[{"id":"west","secretName":"istio-system/mine","syncStatus":"synced"}]"#;
        istiod.page(CLUSTERZ, Page::Text(page.to_owned()));
    });
}

#[test]
fn one_whose_debug_pages_are_switched_off() {
    keeps_the_old_token("not_found", SHORT, |istiod| {
        istiod.page(CLUSTERZ, Page::Status(404));
    });
}

#[test]
fn one_that_fails() {
    keeps_the_old_token("fails", SHORT, |istiod| {
        istiod.page(METRICS, Page::Status(500));
    });
}

#[test]
fn one_whose_list_is_none() {
    keeps_the_old_token("garbage_list", SHORT, |istiod| {
        istiod.page(CLUSTERZ, Page::Text("<html>".to_owned()));
    });
}

#[test]
fn one_whose_metrics_are_none() {
    keeps_the_old_token("garbage_metrics", SHORT, |istiod| {
        istiod.page(METRICS, Page::Text("<html>".to_owned()));
    });
}

#[test]
fn one_that_does_not_answer() {
    keeps_the_old_token("hangs", SHORT, |istiod| {
        istiod.page(METRICS, Page::Hangs);
    });
}

#[test]
fn one_that_hangs_up() {
    keeps_the_old_token("hangs_up", SHORT, |istiod| {
        istiod.page(METRICS, Page::HangsUp);
    });
}

#[test]
fn one_that_does_not_listen() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    north.stop();
    scene.says(SHORT, "does_not_listen");
    scene.is_left(true);
    north.restart();
    scene.is_completed();
}

#[test]
fn several_that_cannot_be_asked_are_all_named() {
    let scene = Watched::new();
    let _istiods = scene.istiods();
    let others = ["istiod-2", "istiod-3"].map(|pod| FakeIstiod::start(&scene.mesh.north, pod));
    others[0].page(CLUSTERZ, Page::Status(404));
    others[1].page(METRICS, Page::HangsUp);
    scene.says(SHORT, "several_fail");
    scene.is_left(true);
}

#[test]
fn one_that_can_be_asked_is_not_passed_over_because_of_one_that_cannot() {
    let line = "rotate west --wait 1s --revoke-unseen";
    let scene = Watched::new();
    let _istiods = scene.istiods();
    let others = ["istiod-2", "istiod-3"].map(|pod| FakeIstiod::start(&scene.mesh.north, pod));
    others[0].page(CLUSTERZ, Page::Status(404));
    others[1].deaf(true);
    scene.says(line, "one_unseen_one_deaf");
    scene.is_left(true);
    others[1].heal();
    scene.mesh.world.run(line).output().expect_success();
    scene.is_left(false);
}

#[test]
fn without_the_right_to_forward_ports() {
    for (name, verb, resource) in [
        ("forward_forbidden", "create", "pods/portforward"),
        ("forward_get_forbidden", "get", "pods/portforward"),
        ("pods_forbidden", "list", "pods"),
    ] {
        let scene = Watched::new();
        let _istiods = scene.istiods();
        scene.mesh.north.deny("admin", verb, resource);
        scene.says(LINE, name);
        scene.is_left(true);
        let line = "rotate west --revoke-unseen";
        scene.says(line, &format!("{name}_overruled"));
        scene.is_left(false);
    }
}

#[test]
fn a_holder_without_istiods() {
    let scene = Watched::new();
    let _istiod = FakeIstiod::start(&scene.mesh.world.east, "istiod-1");
    scene.says(LINE, "no_istiod");
    scene.is_left(true);
    let _istiod = FakeIstiod::start(&scene.mesh.north, "istiod-1");
    scene.is_completed();
}

#[test]
fn a_version_that_keeps_the_old_token_is_named_with_the_remedy() {
    for version in ["1.30.0", "1.30.2"] {
        let scene = Watched::new();
        let [_east, north] = scene.istiods();
        let north = north.version(version);
        scene.says(LINE, &format!("keeps_{version}"));
        scene.is_left(true);
        // What it says alone is not believed.
        assert_eq!(scene.mesh.world.run(LINE).output().code, 3);
        // The remedy puts another pod in the place of each.
        scene.mesh.north.advance_clock(Duration::from_secs(2));
        let _other = FakeIstiod::start(&scene.mesh.north, "istiod-2").version(version);
        north.delete();
        scene.is_completed();
    }
}

#[test]
fn a_version_that_loses_others_is_named_with_the_remedy() {
    let scene = Watched::new();
    let _east = FakeIstiod::start(&scene.mesh.world.east, "istiod-1");
    let _north = FakeIstiod::start(&scene.mesh.north, "istiod-1").version("1.30.3");
    scene.says(LINE, "loses_others");
    scene.is_left(false);
}

#[test]
fn tokens_of_each_holders_own_end_where_the_istiod_has_taken_them() {
    let mesh = Mesh::with("--token-duration 2h");
    let before = mesh.holders().map(Mesh::token);
    let istiod = |holder| FakeIstiod::start(holder, "istiod-1");
    let [_east, north] = mesh.holders().map(istiod);
    north.deaf(true);
    let output = mesh.world.run("rotate --all --wait 1s").output();
    let golden = golden_file("rotate_watch", "own_tokens");
    assert_data_eq!(mesh.golden(&output), Data::read_from(&golden, None));
    mesh.holders_work();
    let after = mesh.holders().map(Mesh::token);
    assert!(before.iter().all(|token| !after.contains(token)));
    // What north's old token is bound to stays beside what the new ones are.
    let secrets = mesh.secrets_of_west();
    let homes = secrets.iter().filter(|name| name.contains("-for-"));
    assert_eq!(homes.count(), 3, "{secrets:?}");
}
