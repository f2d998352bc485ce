//! `-o`: the formats of reports, and one line for each finding.

use std::str::FromStr;

use mesh_common::model::Error;
use mesh_common::terminal::output;

/// A format of `-o`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    /// One line for each finding.
    Short,
    /// A format that all reports have.
    Report(output::Format),
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "short" {
            return Ok(Self::Short);
        }
        text.parse().map(Self::Report).map_err(|error: Error| {
            if text.starts_with("jsonpath=") {
                error
            } else {
                Error::usage(
                    "one of table, wide, short, json, yaml, name, jsonpath=TEMPLATE is needed",
                )
            }
        })
    }
}

impl Format {
    /// Returns whether people read it, so that notes on stderr help.
    pub(crate) fn is_for_people(&self) -> bool {
        matches!(
            self,
            Self::Short | Self::Report(output::Format::Table | output::Format::Wide)
        )
    }
}
