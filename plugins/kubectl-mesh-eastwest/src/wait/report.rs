//! What is shown when a wait is over: the model is that of `status`, and people are told of what still lacks an address.

use std::time::Duration;

use jiff::SignedDuration;
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, line};
use serde::Serialize;

use crate::status::{Seen, Status, table};

/// All clusters after the wait.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Waited(pub Status);

impl Report for Waited {
    fn to_text(&self, style: Style) -> String {
        let Self(status) = self;
        let wide = style.wide;
        let mut text = table(status, style).to_text();
        let mut lacking = 0;
        for item in &status.items {
            let without = item
                .gateways
                .iter()
                .filter(|one| one.gateway.lacks().is_some());
            let without: Vec<_> = without.collect();
            for one in &without {
                one.write(&item.context, wide, &mut text);
            }
            if item.gateways.is_empty() || !without.is_empty() {
                lacking += 1;
                item.write(wide, &mut text);
            }
        }
        status.write_unreached(&mut text);
        text.push('\n');
        let clusters = counted(status.items.len(), "cluster");
        let gateways = status.items.iter().map(|item| item.gateways.len()).sum();
        let gateways = counted(gateways, "gateway");
        let verdict = match lacking {
            0 => "all have an address".to_owned(),
            _ => format!("{} without an address", counted(lacking, "cluster")),
        };
        line(&format!("{clusters}, {gateways}: {verdict}"), &mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }
}

/// The gateways that lack an address after `limit`, each as an error; `name` is the one that was waited for alone.
pub(super) fn ran_out(seen: &Seen, name: Option<&str>, limit: Duration) -> Vec<Error> {
    let context = &seen.facts.context;
    let after = match SignedDuration::try_from(limit) {
        Ok(SignedDuration::ZERO) => String::new(),
        Ok(limit) => format!(" after {limit:#}"),
        Err(_) => " in all this time".to_owned(),
    };
    let error = |sentence: String| Error::new(Kind::WaitRanOut, sentence + &after);
    if seen.gateways.is_empty() {
        let called = name.map_or_else(String::new, |name| format!(" called {name}"));
        return vec![error(format!(
            "context {context} has no east-west gateway{called}"
        ))];
    }
    let lacking = seen.gateways.iter().filter_map(|(gateway, _)| {
        let (described, lack) = (gateway.described(), gateway.lacks()?);
        Some(error(format!("{described} in context {context} {lack}")))
    });
    lacking.collect()
}
