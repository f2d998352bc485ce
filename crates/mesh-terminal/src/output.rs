//! `-o`: one serde model for every format.

use std::str::FromStr;

use clap::Args;
use serde::Serialize;

use super::jsonpath::Template;
use mesh_model::Error;
use mesh_model::visible::{escaped, in_one_line, printable};
use mesh_model::yaml::report_to_yaml;

/// A format of `-o` for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table,
    /// A table for people with a wide terminal.
    Wide,
    /// The model as JSON.
    Json,
    /// The model as YAML.
    Yaml,
    /// `secret/NAME` lines.
    Name,
    /// `jsonpath=TEMPLATE` over the model.
    JsonPath(Template),
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "table" => Ok(Self::Table),
            "wide" => Ok(Self::Wide),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            other => match other.strip_prefix("jsonpath=") {
                Some(template) => Ok(Self::JsonPath(template.parse()?)),
                None => Err(Error::usage(
                    "one of table, wide, json, yaml, name, jsonpath=TEMPLATE is needed",
                )),
            },
        }
    }
}

/// Flags for the output of a report with a table.
#[derive(Debug, Clone, Args)]
pub struct OutputFlags {
    /// Format: table, wide, json, yaml, name or jsonpath=TEMPLATE
    #[arg(
        long = "output",
        short = 'o',
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub format: Format,
    /// Print tables without headers
    #[arg(long)]
    pub no_headers: bool,
}

impl From<Format> for OutputFlags {
    fn from(format: Format) -> Self {
        Self {
            format,
            no_headers: false,
        }
    }
}

/// The style of the text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// True if lines may be longer than 80 columns.
    pub wide: bool,
    /// True if tables have headers.
    pub headers: bool,
}

/// A report that can be rendered in every format.
pub trait Report: Serialize {
    /// Returns the text for people.
    fn to_text(&self, style: Style) -> String;

    /// Returns `kind/name` of each object, in the report's order.
    fn names(&self) -> Vec<String>;
}

/// Returns the report in the requested format, ending in a line break unless it is empty.
///
/// # Errors
/// A model that cannot be written as JSON.
pub fn render(report: &impl Report, output: &OutputFlags) -> Result<String, Error> {
    let headers = !output.no_headers;
    let failed = |e| Error::refused("cannot write the report").because(e);
    let value = || serde_json::to_value(report).map_err(failed);
    let text = |wide| report.to_text(Style { wide, headers });
    Ok(match &output.format {
        Format::Table => text(false),
        Format::Wide => text(true),
        Format::Json => escaped(
            serde_json::to_string_pretty(report).map_err(failed)?
                + "
",
        ),
        Format::Yaml => report_to_yaml(value()?),
        Format::Name => report
            .names()
            .iter()
            .map(|name| in_one_line(name) + "\n")
            .collect(),
        Format::JsonPath(template) => printable(&template.fill(&value()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::table::Table;
    use super::*;

    #[derive(Serialize)]
    struct Names(Vec<&'static str>);

    impl Report for Names {
        fn to_text(&self, style: Style) -> String {
            let mut table = Table::new(["NAME"], style);
            for name in &self.0 {
                table.row([(*name).to_owned()]);
            }
            table.to_text()
        }

        fn names(&self) -> Vec<String> {
            self.0.iter().map(|name| (*name).to_owned()).collect()
        }
    }

    #[test]
    fn no_format_steers_the_terminal_and_json_stays_json() {
        let report = Names(vec!["a\u{1b}[2J\nsecret/b", "\u{9b}31m\u{202e}\u{2028}"]);
        for (format, expected) in [
            (
                "name",
                "a\u{fffd}[2J secret/b\n\u{fffd}31m\u{fffd}\u{fffd}\n",
            ),
            (
                "json",
                "[\n  \"a\\u001b[2J\\nsecret/b\",\n  \"\\u009b31m\\u202e\\u2028\"\n]\n",
            ),
            (
                "yaml",
                "- \"a\\u001b[2J\\nsecret/b\"\n- \"\\u009b31m\\u202e\\u2028\"\n",
            ),
            ("jsonpath={[1]}", "\u{fffd}31m\u{fffd}\u{fffd}"),
        ] {
            let text = render(&report, &asked(format, false)).unwrap();
            assert_eq!(text, expected);
        }
    }

    fn asked(format: &str, no_headers: bool) -> OutputFlags {
        OutputFlags {
            format: format.parse().unwrap(),
            no_headers,
        }
    }

    #[test]
    fn headers_can_be_left_out_of_tables_and_mean_nothing_elsewhere() {
        let report = Names(vec!["secret/a"]);
        for (format, with, without) in [
            ("table", "NAME\nsecret/a\n", "secret/a\n"),
            ("wide", "NAME\nsecret/a\n", "secret/a\n"),
            ("name", "secret/a\n", "secret/a\n"),
        ] {
            let texts = [false, true].map(|no| render(&report, &asked(format, no)).unwrap());
            assert_eq!(texts, [with, without], "{format}");
        }
    }
}
