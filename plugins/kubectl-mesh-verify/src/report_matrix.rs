//! The clusters of the mesh as a table: version, network, gateway, and which of the others each one reads.

use mesh_common::model::verify::{MeshVerification, PairState, VerifiedCluster};
use mesh_common::terminal::output::Style;
use mesh_common::terminal::table::Table;

/// How wide a terminal is at least.
const WIDTH: usize = 80;
/// The most clusters that have a column each.
const MATRIX: usize = 8;
const HEADS: [&str; 5] = ["CLUSTER", "ISTIO", "NETWORK", "EAST-WEST", "READS"];
/// The columns with names, which may be long.
const NAMES: [&str; 4] = ["CLUSTER", "NETWORK", "EAST-WEST", "READS"];

/// Returns the table.
pub(crate) fn matrix(verification: &MeshVerification, style: Style) -> String {
    let mut table = Table::new(HEADS, style);
    for cluster in &verification.clusters {
        table.row([
            cluster.context.clone(),
            or_dash(&cluster.istio.join(",")),
            or_dash(cluster.network.as_deref().unwrap_or_default()),
            or_dash(&cluster.gateways.join(",")),
            reads(cluster, verification),
        ]);
    }
    if style.wide {
        table.to_text()
    } else {
        table.to_text_within(WIDTH, &NAMES)
    }
}

/// Returns the states of the cluster's access to each other one, or their number if there are many.
fn reads(cluster: &VerifiedCluster, verification: &MeshVerification) -> String {
    if !cluster.reached {
        return "<not read>".to_owned();
    }
    let pairs = verification.pairs.iter();
    let own: Vec<_> = pairs
        .filter(|pair| pair.holder == cluster.context)
        .collect();
    if own.is_empty() {
        return "-".to_owned();
    }
    if verification.clusters.len() > MATRIX {
        let good = own.iter().filter(|pair| pair.state <= PairState::Warning);
        return format!("{} of {}", good.count(), own.len());
    }
    let each = own
        .iter()
        .map(|pair| format!("{} {}", pair.remote, pair.state.word()));
    each.collect::<Vec<String>>().join(", ")
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}
