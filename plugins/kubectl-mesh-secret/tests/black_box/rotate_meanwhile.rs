//! `rotate` while it waits for istiods: these change what they do, are started again, or somebody presses Ctrl-C.

use std::time::Duration;

use mesh_testkit::command::Running;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::istiod::{FakeIstiod, Page};

use crate::support::{LINE, METRICS, Mesh, SHORT, Watched};

const WITHIN: Duration = Duration::from_secs(20);

/// Waits until it was asked so often in all.
fn is_asked(istiod: &FakeIstiod<'_>, times: usize) {
    let asked = wait_until(WITHIN, || (istiod.asked(METRICS) >= times).then_some(()));
    assert!(asked.is_some(), "it is not asked");
}

/// Begins a rotation, and gives it back once both holders' secrets are written and `istiod` was asked since.
fn until_it_waits(mesh: &Mesh, istiod: &FakeIstiod<'_>, line: &str) -> Running {
    let running = mesh.world.run(line).spawn();
    for holder in mesh.holders() {
        running.wait_for_stdout(&format!("rotated in context {}\n", holder.name()));
    }
    is_asked(istiod, istiod.asked(METRICS) + 2);
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
fn one_of_several_that_lags() {
    let scene = Watched::new();
    let _istiods = scene.istiods();
    let lagging = FakeIstiod::start(&scene.mesh.north, "istiod-2");
    lagging.deaf(true);
    scene.says(SHORT, "one_of_several");
    scene.is_left(true);
    // One that hears of it in time is waited for.
    let asked = lagging.asked(METRICS);
    let running = scene.mesh.world.run(LINE).spawn();
    is_asked(&lagging, asked + 3);
    lagging.deaf(false);
    let output = running.wait();
    scene.is_said(&output, "one_of_several_in_time");
    scene.is_left(false);
}

#[test]
fn one_that_stops_answering_after_the_secret_is_written() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    north.deaf(true);
    let running = until_it_waits(&scene.mesh, &north, "rotate west --wait 5s");
    north.page(METRICS, Page::HangsUp);
    let output = running.wait();
    scene.is_said(&output, "hangs_up_later");
    scene.is_left(true);
    north.heal();
    scene.is_completed();
}

#[test]
fn one_that_is_started_again_meanwhile() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    north.deaf(true);
    let running = until_it_waits(&scene.mesh, &north, LINE);
    north.stop();
    let before = forwards(&scene.mesh.north);
    let tried = wait_until(WITHIN, || {
        (forwards(&scene.mesh.north) > before + 1).then_some(())
    });
    assert!(tried.is_some(), "it is not waited for");
    scene.mesh.north.advance_clock(Duration::from_secs(2));
    north.restart();
    let output = running.wait();
    scene.is_said(&output, "started_again");
    scene.is_left(false);
}

#[test]
fn one_that_is_started_again_within_the_second() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    north.deaf(true);
    let running = until_it_waits(&scene.mesh, &north, LINE);
    north.restart();
    let output = running.wait();
    scene.is_said(&output, "started_again");
    scene.is_left(false);
}

#[test]
fn ctrl_c_while_they_are_waited_for() {
    let scene = Watched::new();
    let [_east, north] = scene.istiods();
    north.says("syncing");
    let running = until_it_waits(&scene.mesh, &north, LINE);
    running.interrupt();
    let output = running.wait();
    scene.is_said(&output, "ctrl_c");
    scene.is_left(true);
    north.heal();
    scene.is_completed();
}

#[test]
fn ctrl_c_while_one_does_not_answer() {
    let scene = Watched::new();
    let istiods = scene.istiods();
    for istiod in &istiods {
        istiod.deaf(true);
    }
    let running = until_it_waits(&scene.mesh, &istiods[1], LINE);
    for istiod in &istiods {
        let asked = istiod.asked(METRICS);
        istiod.page(METRICS, Page::Hangs);
        is_asked(istiod, asked + 1);
    }
    running.interrupt();
    let output = running.wait();
    scene.is_said(&output, "ctrl_c_unanswered");
    scene.is_left(true);
    for istiod in &istiods {
        istiod.heal();
    }
    scene.is_completed();
}

#[test]
fn ctrl_c_before_anything_is_written_to_a_holder() {
    let scene = Watched::new();
    let istiods = scene.istiods();
    for istiod in &istiods {
        istiod.page(METRICS, Page::Hangs);
    }
    let running = scene.mesh.world.run(LINE).spawn();
    for istiod in &istiods {
        is_asked(istiod, 1);
    }
    running.interrupt();
    let output = running.wait();
    scene.is_said(&output, "ctrl_c_before");
    scene.is_left(true);
    for istiod in &istiods {
        istiod.heal();
    }
    scene.is_completed();
}
