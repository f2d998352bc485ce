//! `-o`: one serde model feeds every format.

use std::str::FromStr;

use serde::Serialize;

use super::jsonpath::Template;
use crate::mesh::Error;
use crate::mesh::yaml::to_yaml;

/// A format of `-o` for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// For people with a wide terminal.
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

/// What a report can be turned into.
pub trait Report: Serialize {
    /// For people; `wide` may go beyond 80 columns.
    fn to_text(&self, wide: bool) -> String;

    /// `kind/name` of each object, in the report's order.
    fn names(&self) -> Vec<String>;
}

/// The report in the format asked for, ending in a line break unless it is empty.
///
/// # Errors
/// Only a model that cannot be written as JSON.
pub fn render(report: &impl Report, format: &Format) -> Result<String, Error> {
    let value = || {
        serde_json::to_value(report)
            .map_err(|e| Error::refused("cannot write the report").because(e))
    };
    Ok(match format {
        Format::Table => report.to_text(false),
        Format::Wide => report.to_text(true),
        Format::Json => format!("{:#}\n", value()?),
        Format::Yaml => to_yaml(&value()?),
        Format::Name => report.names().into_iter().map(|name| name + "\n").collect(),
        Format::JsonPath(template) => template.fill(&value()?),
    })
}
