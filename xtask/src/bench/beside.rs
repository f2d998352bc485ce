//! `kubectl mesh-verify` beside the commands of istioctl that look at a mesh, over real API servers with real istiods.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mesh_testkit::real::Kind;

use super::crowd::Crowd;
use super::measure::{Costs, Meter};
use super::meshes::Row;
use super::tools::{Tool, Tools};
use super::{exchange, verify};

/// Two clusters: istioctl's commands take one at a time, so that it would lose by more with each further one.
const SIZE: usize = 2;

/// The commands of istioctl. Those that find something, as they do in every mesh, end with a code of their own.
const COMMANDS: [&str; 3] = [
    "analyze --all-namespaces",
    "remote-clusters",
    "experimental precheck",
];

/// Measures both over a mesh whose clusters have a remote secret for each other.
pub(super) fn measure(tools: &Tools, meter: &Meter, home: &Path, runs: usize) -> Result<Vec<Row>> {
    eprintln!("bench: mesh-verify beside istioctl over {SIZE} real clusters with istiods");
    let crowd = Crowd::real(SIZE, Kind::Istiod)?;
    meter.run(tools.path(Tool::Ours), &exchange::arguments(&crowd), home)?;
    let row = |what: &str| Row {
        kind: crowd.what(),
        clusters: SIZE,
        what: what.to_owned(),
        pairs: crowd.pairs().len(),
        costs: Costs::default(),
        asked: None,
    };
    let (mut ours, mut theirs) = (row("verify"), row("analyze, remote-clusters, precheck"));
    let script = script(&crowd, tools.path(Tool::Istioctl))?;
    for _ in 0..runs {
        let arguments = verify::arguments(&crowd, &["--all-contexts"]);
        ours.costs.add(meter.run(tools.verify(), &arguments, home)?);
        theirs
            .costs
            .add(meter.run("/bin/sh".as_ref(), &[&script], home)?);
    }
    Ok(vec![ours, theirs])
}

/// Writes a script that runs each command of istioctl for each cluster. It fails where one cannot be run at all.
fn script(crowd: &Crowd, istioctl: &Path) -> Result<PathBuf> {
    let mut lines = String::from("set -u\n");
    for name in &crowd.names {
        for command in COMMANDS {
            let _ = writeln!(
                lines,
                "'{}' {command} --context {name} --kubeconfig '{}' || [ $? -lt 126 ] || exit",
                istioctl.display(),
                crowd.kubeconfig.display(),
            );
        }
    }
    let path = crowd.kubeconfig.with_extension("verify.sh");
    fs::write(&path, lines)?;
    Ok(path)
}
