//! `list` over a holder with thousands of remote secrets for one cluster, as a hostile holder may have them.

use std::fs;
use std::path::Path;

use anyhow::Result;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{self, Kubeconfig, User};
use serde_json::json;

use super::arena::private;
use super::measure::{Costs, Meter};
use super::tools::{Tool, Tools};
use crate::repo;

/// Runs `list` as often as `runs` says over `count` secrets, each with the same one data key.
pub(super) fn measure(
    tools: &Tools,
    meter: &Meter,
    home: &Path,
    count: usize,
    runs: usize,
) -> Result<Costs> {
    eprintln!("bench: list over {count} remote secrets for one cluster");
    let holder = Cluster::start("holder");
    let server = kubeconfig::Cluster::new("https://10.0.0.1:6443");
    let access = Kubeconfig::single("west", server, User::new().token("t")).to_yaml();
    for number in 0..count {
        holder.create(
            json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"west": access},
            "metadata": {"name": format!("twin-{number:05}"), "namespace": "istio-system",
                "labels": {"istio/multiCluster": "true"}}}),
        );
    }
    let folder = repo::folder()?.join("bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join("twins.kubeconfig");
    fs::write(&path, holder.kubeconfig().to_yaml())?;
    private(&path)?;
    let kubeconfig = format!("--kubeconfig={}", path.display());
    let words = ["list", "--context=holder", "--fail-on=never", &kubeconfig];
    let mut costs = Costs::default();
    for _ in 0..runs {
        costs.add(meter.run(tools.path(Tool::Ours), &words, home)?);
    }
    Ok(costs)
}
