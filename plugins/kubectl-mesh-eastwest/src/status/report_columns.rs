//! The table of `status`: a row for each address of each gateway.

use mesh_common::model::eastwest::{
    Address, Check, ClusterStatus, EastWestStatus, GatewayStatus, Verdict,
};
use mesh_common::terminal::output::Style;
use mesh_common::terminal::table::Table;
use unicode_width::UnicodeWidthStr as _;

/// The width of the table; cells that are cut to fit are whole in `wide`.
const WIDTH: usize = 80;

const NARROW: [&str; 8] = [
    "CONTEXT", "NETWORK", "ADDRESS", "PODS", "15021", "15443", "15008", "15012",
];
const WIDE: [&str; 12] = [
    "CONTEXT", "NETWORK", "GATEWAY", "TYPE", "ADDRESS", "RESOLVED", "PODS", "15021", "15443",
    "15008", "15012", "15017",
];
/// The columns of [`NARROW`] that may be cut.
const CUT: std::ops::Range<usize> = 0..3;
/// Less than this tells nothing.
const SHORTEST: usize = 7;

pub(crate) fn table(status: &EastWestStatus, style: Style) -> Table {
    let wide = style.wide;
    let mut rows = Vec::new();
    for item in &status.items {
        rows.extend(of_cluster(item, wide));
    }
    for lost in &status.unreached {
        rows.push(bare(&lost.context, "-", "<unreached>", wide));
    }
    if !wide {
        fit(&mut rows);
    }
    let mut table = if wide {
        Table::new(WIDE, style)
    } else {
        Table::new(NARROW, style)
    };
    for row in rows {
        table.row(row);
    }
    table
}

fn of_cluster(item: &ClusterStatus, wide: bool) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for one in &item.gateways {
        let addresses: Vec<Option<&Address>> = if one.gateway.addresses.is_empty() {
            vec![None]
        } else {
            one.gateway.addresses.iter().map(Some).collect()
        };
        rows.extend(
            addresses
                .into_iter()
                .map(|address| row(item, one, address, wide)),
        );
    }
    if rows.is_empty() {
        let network = item.network.clone().unwrap_or_else(|| "-".to_owned());
        let address = if item.is_known { "<none>" } else { "<unknown>" };
        rows.push(bare(&item.context, &network, address, wide));
    }
    rows
}

/// A row for a cluster without a gateway.
fn bare(context: &str, network: &str, address: &str, wide: bool) -> Vec<String> {
    let mut cells = vec![context, network];
    if wide {
        cells.extend(["-", "-"]);
    }
    cells.push(address);
    cells.into_iter().map(str::to_owned).collect()
}

fn row(
    item: &ClusterStatus,
    one: &GatewayStatus,
    address: Option<&Address>,
    wide: bool,
) -> Vec<String> {
    let gateway = &one.gateway;
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let value = address.map_or("<pending>".to_owned(), |address| address.value.clone());
    let pods = gateway.pods.map_or("?".to_owned(), |pods| {
        format!("{}/{}", pods.ready, pods.total)
    });
    let probe = |check: Check| {
        let at = address.map(|address| address.value.as_str());
        let mut verdicts = one.probes.iter();
        let here = |verdict: &&Verdict| verdict.check == check && verdict.address.as_deref() == at;
        verdicts
            .find(here)
            .map_or("-".to_owned(), |verdict| verdict.word.clone())
    };
    let mut cells = vec![item.context.clone(), or_dash(&gateway.network)];
    if wide {
        cells.push(gateway.object.clone());
        cells.push(or_dash(&gateway.service_type));
    }
    cells.push(value);
    if wide {
        cells.push(resolved(address));
    }
    cells.push(pods);
    cells.extend(
        [
            Check::Readiness,
            Check::Sidecar,
            Check::Hbone,
            Check::Istiod,
        ]
        .map(probe),
    );
    if wide {
        cells.push(probe(Check::Webhook));
    }
    cells
}

fn resolved(address: Option<&Address>) -> String {
    let resolved = address.map_or(&[][..], |address| &address.resolved);
    let texts: Vec<String> = resolved.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        "-".to_owned()
    } else {
        texts.join(",")
    }
}

/// Cuts the longest of the cells that may be cut, until the table fits.
fn fit(rows: &mut [Vec<String>]) {
    let mut widths: Vec<usize> = NARROW.iter().map(|head| head.width()).collect();
    for row in rows.iter() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let between = 3 * (NARROW.len() - 1);
    while widths.iter().sum::<usize>() + between > WIDTH {
        let widest = CUT.max_by_key(|column| widths[*column]).unwrap_or_default();
        if widths[widest] <= SHORTEST {
            break;
        }
        widths[widest] -= 1;
    }
    for row in rows {
        for column in CUT {
            if let Some(cell) = row.get_mut(column) {
                *cell = cut(cell, widths[column]);
            }
        }
    }
}

/// Leaves the middle out: names of load balancers begin and end with what tells them apart.
fn cut(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let (mut start, mut end) = (String::new(), String::new());
    let mut left = width.saturating_sub(1);
    let (mut forwards, mut backwards) = (cell.chars(), cell.chars().rev());
    while left > 0 {
        start.extend(forwards.next());
        left -= 1;
        if left > 0 {
            end.extend(backwards.next());
            left -= 1;
        }
    }
    format!("{start}…{}", end.chars().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{NARROW, WIDTH, cut, fit};

    #[test]
    fn the_longest_cells_are_cut_until_the_table_fits() {
        let long = "k8s-istiosys-istioeas-0123456789-abcdef.elb.eu-central-1.amazonaws.com";
        let words = [
            "arn:aws:eks:eu-central-1:1:cluster/east",
            "net-a",
            long,
            "1/1",
            "ok",
            "refused",
            "-",
            "-",
        ];
        let mut rows = vec![
            words.map(str::to_owned).to_vec(),
            vec!["dead".to_owned(), "?".to_owned()],
        ];
        fit(&mut rows);
        let widths: Vec<usize> = (0..NARROW.len())
            .map(|column| rows[0][column].chars().count().max(NARROW[column].len()))
            .collect();
        assert_eq!(widths.iter().sum::<usize>() + 3 * 7, WIDTH);
        assert_eq!(rows[0][1], "net-a");
        assert!(
            rows[0][2].starts_with("k8s-is") && rows[0][2].ends_with("ws.com"),
            "{rows:?}"
        );
        assert_eq!(rows[1][0], "dead");
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(cut("net-a", 7), "net-a");
        assert_eq!(cut("abcdefgh", 5), "ab…gh");
    }
}
