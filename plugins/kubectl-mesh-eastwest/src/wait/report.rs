//! The report after a wait: the model is that of `status`, and its text names the gateways without an address.

use mesh_common::model::eastwest::EastWestStatus;
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::counted;
use mesh_common::terminal::verdict::Verdict;
use serde::Serialize;

use crate::status::{names, read, table, write_cluster, write_gateway, write_unreached};

/// All clusters after the wait.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Waited(pub EastWestStatus);

impl Report for Waited {
    fn to_text(&self, style: Style) -> String {
        let Self(status) = self;
        let wide = style.wide;
        let mut text = table(status, style).to_text();
        let mut missing = 0;
        for item in &status.items {
            let without = item
                .gateways
                .iter()
                .filter(|one| one.gateway.lacks().is_some());
            let without: Vec<_> = without.collect();
            for one in &without {
                write_gateway(one, &item.context, wide, &mut text);
            }
            if item.gateways.is_empty() || !without.is_empty() {
                missing += 1;
                write_cluster(item, wide, &mut text);
            }
        }
        write_unreached(status, &mut text);
        text.push('\n');
        let verdict = Verdict {
            conclusion: match missing {
                0 => "all have an address".to_owned(),
                _ => format!("{} without an address", counted(missing, "cluster")),
            },
            ..read(status)
        };
        verdict.write(&mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}
