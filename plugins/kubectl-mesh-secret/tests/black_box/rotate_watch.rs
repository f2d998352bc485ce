//! `rotate` beside istiods that can be asked: nothing is revoked before each of them has taken the new secret, whatever they
//! do instead. That these istiods say what real ones say is held against real ones in the suite's e2e tests.

use std::time::Duration;

use mesh_testkit::command::Running;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::istiod::{FakeIstiod, Page};
use snapbox::{Data, assert_data_eq};

use crate::support::{Mesh, golden_file};

const WITHIN: Duration = Duration::from_secs(20);
const METRICS: &str = "/metrics";
const CLUSTERZ: &str = "/debug/clusterz";
/// Only where all do what they should: nobody waits for it to be over.
const LINE: &str = "rotate west";
/// Where it is waited for in vain.
const SHORT: &str = "rotate west --wait 1s";

fn is_said(mesh: &Mesh, output: &mesh_testkit::command::Output, name: &str) {
    let golden = Data::read_from(&golden_file("rotate_watch", name), None);
    assert_data_eq!(mesh.golden(output), golden);
}

/// Both holders have the new token, which works, and the old one does so as well or not.
fn is_left(mesh: &Mesh, old: &str, accepted: bool) {
    mesh.holders_work();
    assert_eq!(mesh.is_accepted(old), accepted, "the old token");
}

/// East's istiod does what it should; north's is made to do something else: the old token is then not revoked, and once the
/// istiod does what it should as well, the same command completes it.
fn keeps_the_old_token(name: &str, line: &str, arrange: impl FnOnce(&Mesh, &FakeIstiod<'_>)) {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    arrange(&mesh, &north);
    let output = mesh.world.run(line).output();
    is_said(&mesh, &output, name);
    is_left(&mesh, &old, true);
    north.heal();
    is_completed(&mesh, &old);
}

fn is_completed(mesh: &Mesh, old: &str) {
    mesh.world.run(LINE).output().expect_success();
    is_left(mesh, old, false);
}

/// Waits until one of these pages was asked for so many times more.
fn is_asked(istiod: &FakeIstiod<'_>, times: usize) {
    let before = istiod.asked(METRICS);
    let asked = wait_until(WITHIN, || {
        (istiod.asked(METRICS) >= before + times).then_some(())
    });
    assert!(asked.is_some(), "it is not asked");
}

/// Begins a rotation, and gives it back once both holders' secrets are written and `istiod` was asked since.
fn until_it_waits(mesh: &Mesh, istiod: &FakeIstiod<'_>, line: &str) -> Running {
    let running = mesh.world.run(line).spawn();
    for holder in mesh.holders() {
        running.wait_for_stdout(&format!("rotated in context {}\n", holder.name()));
    }
    is_asked(istiod, 2);
    running
}

fn forwards(cluster: &Cluster) -> usize {
    let requests = cluster.requests();
    let forwards = requests
        .iter()
        .filter(|one| one.path.contains("/portforward"));
    forwards.count()
}

#[test]
fn istiods_that_take_the_new_secret_let_the_old_token_end() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    mesh.clear();
    let output = mesh.world.run(LINE).output();
    is_said(&mesh, &output, "taken");
    // Once before the secret is written, and twice after it.
    let requests = mesh.north.requests();
    let lines = requests
        .iter()
        .map(|one| format!("{} {}\n", one.method, one.path));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    let golden = Data::read_from(&golden_file("rotate_watch", "requests"), None);
    assert_data_eq!(lines.concat(), golden);
    is_left(&mesh, &old, false);
}

#[test]
fn one_that_never_hears_of_it() {
    keeps_the_old_token("deaf", SHORT, |_, istiod| istiod.deaf(true));
}

#[test]
fn one_that_never_hears_of_it_is_not_overruled() {
    let line = "rotate west --wait 1s --revoke-unseen";
    keeps_the_old_token("deaf_overruled", line, |_, istiod| istiod.deaf(true));
}

#[test]
fn one_that_cannot_connect_with_it() {
    keeps_the_old_token("timeout", SHORT, |_, istiod| istiod.says("timeout"));
}

#[test]
fn one_that_has_the_cluster_from_another_secret() {
    keeps_the_old_token("other_secret", SHORT, |_, istiod| {
        let page = r#"[{"id":"west","secretName":"istio-system/mine","syncStatus":"synced"}]"#;
        istiod.page(CLUSTERZ, Page::Text(page.to_owned()));
    });
}

#[test]
fn one_whose_debug_pages_are_switched_off() {
    keeps_the_old_token("not_found", SHORT, |_, istiod| {
        istiod.page(CLUSTERZ, Page::Status(404));
    });
}

#[test]
fn one_that_fails() {
    keeps_the_old_token("fails", SHORT, |_, istiod| {
        istiod.page(METRICS, Page::Status(500));
    });
}

#[test]
fn one_whose_list_is_none() {
    keeps_the_old_token("garbage_list", SHORT, |_, istiod| {
        istiod.page(CLUSTERZ, Page::Text("<html>".to_owned()));
    });
}

#[test]
fn one_whose_metrics_are_none() {
    keeps_the_old_token("garbage_metrics", SHORT, |_, istiod| {
        istiod.page(METRICS, Page::Text("<html>".to_owned()));
    });
}

#[test]
fn one_that_does_not_answer() {
    keeps_the_old_token("hangs", SHORT, |_, istiod| {
        istiod.page(METRICS, Page::Hangs);
    });
}

#[test]
fn one_that_hangs_up() {
    keeps_the_old_token("hangs_up", SHORT, |_, istiod| {
        istiod.page(METRICS, Page::HangsUp);
    });
}

#[test]
fn one_that_does_not_listen() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.stop();
    let output = mesh.world.run(SHORT).output();
    is_said(&mesh, &output, "does_not_listen");
    is_left(&mesh, &old, true);
    north.restart();
    is_completed(&mesh, &old);
}

#[test]
fn one_of_several_that_lags() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    let lagging = FakeIstiod::start(&mesh.north, "istiod-2");
    lagging.deaf(true);
    let output = mesh.world.run(SHORT).output();
    is_said(&mesh, &output, "one_of_several");
    is_left(&mesh, &old, true);
    // One that hears of it in time is waited for.
    let running = mesh.world.run(LINE).spawn();
    is_asked(&lagging, 3);
    lagging.deaf(false);
    let output = running.wait();
    is_said(&mesh, &output, "one_of_several_in_time");
    is_left(&mesh, &old, false);
}

#[test]
fn several_that_cannot_be_asked_are_all_named() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    let others = ["istiod-2", "istiod-3"].map(|pod| FakeIstiod::start(&mesh.north, pod));
    others[0].page(CLUSTERZ, Page::Status(404));
    others[1].page(METRICS, Page::HangsUp);
    let output = mesh.world.run(SHORT).output();
    is_said(&mesh, &output, "several_fail");
    is_left(&mesh, &old, true);
}

#[test]
fn one_that_can_be_asked_is_not_passed_over_because_of_one_that_cannot() {
    let line = "rotate west --wait 1s --revoke-unseen";
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    let others = ["istiod-2", "istiod-3"].map(|pod| FakeIstiod::start(&mesh.north, pod));
    others[0].page(CLUSTERZ, Page::Status(404));
    others[1].deaf(true);
    let output = mesh.world.run(line).output();
    is_said(&mesh, &output, "one_unseen_one_deaf");
    is_left(&mesh, &old, true);
    others[1].heal();
    mesh.world.run(line).output().expect_success();
    is_left(&mesh, &old, false);
}

#[test]
fn one_that_stops_answering_after_the_secret_is_written() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.deaf(true);
    let running = until_it_waits(&mesh, &north, "rotate west --wait 5s");
    north.page(METRICS, Page::HangsUp);
    let output = running.wait();
    is_said(&mesh, &output, "hangs_up_later");
    is_left(&mesh, &old, true);
    north.heal();
    is_completed(&mesh, &old);
}

#[test]
fn without_the_right_to_forward_ports() {
    for (name, verb, resource) in [
        ("forward_forbidden", "create", "pods/portforward"),
        ("forward_get_forbidden", "get", "pods/portforward"),
        ("pods_forbidden", "list", "pods"),
    ] {
        let mesh = Mesh::sharing();
        let old = mesh.manifest("");
        let _istiods = mesh
            .holders()
            .map(|holder| FakeIstiod::start(holder, "istiod-1"));
        mesh.north.deny("admin", verb, resource);
        let output = mesh.world.run(LINE).output();
        is_said(&mesh, &output, name);
        is_left(&mesh, &old, true);
        let line = "rotate west --revoke-unseen";
        let output = mesh.world.run(line).output();
        is_said(&mesh, &output, &format!("{name}_overruled"));
        is_left(&mesh, &old, false);
    }
}

#[test]
fn a_holder_without_istiods() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _istiod = FakeIstiod::start(&mesh.world.east, "istiod-1");
    let output = mesh.world.run(LINE).output();
    is_said(&mesh, &output, "no_istiod");
    is_left(&mesh, &old, true);
    let _istiod = FakeIstiod::start(&mesh.north, "istiod-1");
    is_completed(&mesh, &old);
}

#[test]
fn one_that_is_started_again_meanwhile() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.deaf(true);
    let running = until_it_waits(&mesh, &north, LINE);
    north.stop();
    let before = forwards(&mesh.north);
    let tried = wait_until(WITHIN, || {
        (forwards(&mesh.north) > before + 1).then_some(())
    });
    assert!(tried.is_some(), "it is not waited for");
    mesh.north.advance_clock(Duration::from_secs(2));
    north.restart();
    let output = running.wait();
    is_said(&mesh, &output, "started_again");
    is_left(&mesh, &old, false);
}

#[test]
fn one_that_is_started_again_within_the_second() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.deaf(true);
    let running = until_it_waits(&mesh, &north, LINE);
    north.restart();
    let output = running.wait();
    is_said(&mesh, &output, "started_again");
    is_left(&mesh, &old, false);
}

#[test]
fn ctrl_c_while_they_are_waited_for() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.says("syncing");
    let running = until_it_waits(&mesh, &north, LINE);
    running.interrupt();
    let output = running.wait();
    is_said(&mesh, &output, "ctrl_c");
    is_left(&mesh, &old, true);
    north.heal();
    is_completed(&mesh, &old);
}

#[test]
fn ctrl_c_while_one_does_not_answer() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    for istiod in &istiods {
        istiod.deaf(true);
    }
    let running = until_it_waits(&mesh, &istiods[1], LINE);
    for istiod in &istiods {
        istiod.page(METRICS, Page::Hangs);
    }
    is_asked(&istiods[1], 1);
    running.interrupt();
    let output = running.wait();
    is_said(&mesh, &output, "ctrl_c_unanswered");
    is_left(&mesh, &old, true);
    for istiod in &istiods {
        istiod.heal();
    }
    is_completed(&mesh, &old);
}

#[test]
fn ctrl_c_before_anything_is_written_to_a_holder() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let istiods = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    for istiod in &istiods {
        istiod.page(METRICS, Page::Hangs);
    }
    let running = mesh.world.run(LINE).spawn();
    is_asked(&istiods[1], 1);
    is_asked(&istiods[0], 0);
    running.interrupt();
    let output = running.wait();
    is_said(&mesh, &output, "ctrl_c_before");
    is_left(&mesh, &old, true);
    for istiod in &istiods {
        istiod.heal();
    }
    is_completed(&mesh, &old);
}

#[test]
fn a_version_that_keeps_the_old_token_is_named_with_the_remedy() {
    for version in ["1.30.0", "1.30.2"] {
        let mesh = Mesh::sharing();
        let old = mesh.manifest("");
        let [_east, north] = mesh
            .holders()
            .map(|holder| FakeIstiod::start(holder, "istiod-1"));
        let north = north.version(version);
        let output = mesh.world.run(LINE).output();
        is_said(&mesh, &output, &format!("keeps_{version}"));
        is_left(&mesh, &old, true);
        // What it says alone is not believed.
        assert_eq!(mesh.world.run(LINE).output().code, 3);
        // The remedy puts another pod in the place of each.
        mesh.north.advance_clock(Duration::from_secs(2));
        let _other = FakeIstiod::start(&mesh.north, "istiod-2").version(version);
        north.delete();
        is_completed(&mesh, &old);
    }
}

#[test]
fn a_version_that_loses_others_is_named_with_the_remedy() {
    let mesh = Mesh::sharing();
    let old = mesh.manifest("");
    let _east = FakeIstiod::start(&mesh.world.east, "istiod-1");
    let _north = FakeIstiod::start(&mesh.north, "istiod-1").version("1.30.3");
    let output = mesh.world.run(LINE).output();
    is_said(&mesh, &output, "loses_others");
    is_left(&mesh, &old, false);
}

#[test]
fn tokens_of_each_holders_own_end_where_the_istiod_has_taken_them() {
    let mesh = Mesh::with("--token-duration 2h");
    let before = mesh.holders().map(Mesh::token);
    let [_east, north] = mesh
        .holders()
        .map(|holder| FakeIstiod::start(holder, "istiod-1"));
    north.deaf(true);
    let output = mesh.world.run("rotate --all --wait 1s").output();
    is_said(&mesh, &output, "own_tokens");
    mesh.holders_work();
    for (before, holder) in before.iter().zip(mesh.holders()) {
        assert_ne!(&Mesh::token(holder), before);
    }
    // West keeps what the token of north was bound to, and what the new ones are.
    assert_eq!(
        mesh.secrets_of_west().len(),
        4,
        "{:?}",
        mesh.secrets_of_west()
    );
}
