//! A server that is hostile in each way that there is, beside a cluster that is fine: it costs itself alone, whatever it says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mesh_testkit::black_box::says_nothing_hidden;
use mesh_testkit::hostile::{BODIES, HEADS, HTTP2, HostileServer, Mode, SOCKETS};

use crate::list::wired;
use crate::support::World;

const MIB: u64 = 1024 * 1024;
/// The number of modes that are tried at the same time: most of the time is waiting.
const WORKERS: usize = 6;

/// Each mode costs itself alone, and ends within its time, its memory and a few lines.
fn each_costs_itself_alone(modes: &[Mode]) {
    let world = wired();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(mode) = modes.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(costs_more(&world, *mode));
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers = [(); WORKERS].map(|()| scope.spawn(work));
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the fault in how the mode ends, if there is one.
fn costs_more(world: &World, mode: Mode) -> Option<String> {
    let server = HostileServer::start(mode);
    let config = world.kubeconfig().entry(
        "hostile",
        server.kubeconfig_cluster(),
        server.kubeconfig_user(),
    );
    let file = config_file(world, mode);
    config.write(&file);
    let output = world
        .run("list --context east,hostile --allow-loopback --request-timeout 2s -v")
        .env("KUBECONFIG", &file)
        .memory(256 * MIB)
        .deadline(Duration::from_mins(2))
        .output();
    says_nothing_hidden(&output);
    let is_fine = server.connections() > 0
        && output.code == 3
        && output.stdout.starts_with("HOLDER")
        && output.stdout.contains("\neast      west ")
        && output.stdout.contains("\ncontext hostile: not read: ")
        && !output.stderr.contains("panicked")
        && output.stdout.len() + told(&output.stderr) < 4_000;
    let start = || output.golden().chars().take(4_000).collect::<String>();
    (!is_fine).then(|| format!("{}: {}", mode.name, start()))
}

/// The length of what is said besides the log of requests.
fn told(stderr: &str) -> usize {
    let lines = stderr.lines().filter(|line| !line.starts_with("DEBUG"));
    lines.map(str::len).sum()
}

fn config_file(world: &World, mode: Mode) -> std::path::PathBuf {
    let name: String = mode
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    world.dir.path().join(format!("{name}.config"))
}

#[test]
fn before_http() {
    each_costs_itself_alone(SOCKETS);
}

#[test]
fn in_the_head() {
    each_costs_itself_alone(HEADS);
}

#[test]
fn in_the_body() {
    each_costs_itself_alone(BODIES);
}

#[test]
fn by_http2() {
    each_costs_itself_alone(HTTP2);
}
