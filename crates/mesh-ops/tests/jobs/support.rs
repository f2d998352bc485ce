//! Targets, connectors and collected events.

use std::cell::RefCell;

use jiff::Timestamp;
use mesh_client::{Connector, ConnectorOptions, Interrupt, Kubeconfig, Overrides, Target};
use mesh_model::event::Event;
use mesh_ops::Job;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{self, User};
use tempfile::TempDir;

/// The events of a job.
pub(crate) type Collected = RefCell<Vec<Event>>;

/// A connector of a program that calls jobs as a library.
pub(crate) fn connector() -> Connector {
    Connector::new(ConnectorOptions::new("jobs/1", now()))
}

fn now() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

/// An interrupt that is never pressed.
pub(crate) fn no_interrupt() -> Interrupt {
    Interrupt::new().1
}

/// Calls `work` with a job that tells `events`, and that nobody interrupts.
pub(crate) async fn with_job<T>(events: &Collected, work: impl AsyncFnOnce(Job<'_>) -> T) -> T {
    let (connector, interrupt) = (connector(), no_interrupt());
    let job = Job {
        connector: &connector,
        interrupt: &interrupt,
        events,
        applied_by: "jobs/1",
        now: now(),
    };
    work(job).await
}

/// The cluster as a job is told of it.
pub(crate) fn target(cluster: &Cluster) -> Target {
    kubeconfig(cluster).target(&Overrides::default()).unwrap()
}

/// A kubeconfig that knows this cluster alone.
pub(crate) fn kubeconfig(cluster: &Cluster) -> Kubeconfig {
    written(&cluster.kubeconfig())
}

fn written(kubeconfig: &kubeconfig::Kubeconfig) -> Kubeconfig {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config");
    kubeconfig.write(&path);
    Kubeconfig::load(None, Some(path.as_os_str()), None).unwrap()
}

/// The cluster as another user is told of it.
pub(crate) fn target_as(cluster: &Cluster, token: &str) -> Target {
    let user = User::new().token(token);
    let kubeconfig = kubeconfig::Kubeconfig::new();
    let kubeconfig = kubeconfig.entry(cluster.name(), cluster.kubeconfig_cluster(), user);
    written(&kubeconfig.current_context(cluster.name()))
        .target(&Overrides::default())
        .unwrap()
}

/// Each event in one line, and none of them left.
pub(crate) fn lines(events: &Collected) -> Vec<String> {
    let lines = events.take().into_iter().map(|event| match event {
        Event::Done { change, dry_run } => format!("done: {change}{}", dry_run.suffix()),
        Event::Step { change, dry_run } => format!("step: {change}{}", dry_run.suffix()),
        Event::Line(line) => format!("line: {line}"),
        Event::Note(line) => format!("note: {line}"),
        Event::Warning { text, .. } => format!("warning: {text}"),
    });
    lines.collect()
}
